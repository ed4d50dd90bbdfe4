//! WAL that is archived nowhere, or an archive command that cannot work.

use crate::model::Document;
use crate::parameter::boolean;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/archive-misconfigured", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    if config.has_custom_conf() {
        return;
    }
    let set = |name: &str| config.parameter(name).filter(|setting| setting.text().is_some_and(|text| !text.is_empty()));
    let (mode, command, library) = (set("archive_mode"), set("archive_command"), set("archive_library"));
    let unknown = [mode, command, library].into_iter().flatten().any(|setting| config.is_unknown(setting.entry.value));
    let is_on = mode.and_then(|mode| mode.text()).is_some_and(|text| boolean(text) == Some(true) || text == "always");
    if unknown {
        return;
    }
    if let (Some(mode), true, None, None) = (mode, is_on, command, library) {
        findings.report(
            mode.span(),
            "`archive_mode` is on and there is no `archive_command`: finished WAL is never removed and fills the disk",
        );
    }
    let Some(command) = command else { return };
    let text = command.text().unwrap_or_default().trim();
    if let Some(library) = library {
        let is_refused = config.postgresql.is_some_and(|major| major >= 15);
        findings
            .report(
                library.span(),
                "`archive_library` and `archive_command` are both set, and the archiver refuses that",
            )
            .severity(if is_refused { Severity::Error } else { Severity::Warning })
            .label(command.span(), "the command");
    }
    if matches!(text, "/bin/true" | "true" | ":" | "exit 0" | "cd ." | "/usr/bin/true") {
        findings
            .report(command.span(), format!("`archive_command: {text}` archives nothing and reports success"))
            .severity(Severity::Info)
            .category(Category::DataLoss);
    } else if is_on && !text.contains("%p") {
        findings
            .report(command.span(), "`archive_command` does not say `%p`, the file to archive")
            .severity(Severity::Warning)
            .category(Category::DataLoss);
    }
}
