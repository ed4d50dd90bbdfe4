//! WAL that is archived nowhere, or a command that cannot work.

use crate::Document;
use crate::model::{Config, Parameters, Setting};
use crate::parameter::boolean;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/archive-misconfigured", check: each_part!(check) };

/// Commands that report success and do nothing.
const NOTHING: &[&str] = &["/bin/true", "/usr/bin/true", "true", ":", "exit 0", "cd ."];

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(parameters) = Parameters::of(document) else { return };
    restore(parameters, findings);
    let is_open = parameters.is_open() || parameters.config().is_some_and(|config| config.has_base_conf(ctx));
    if is_open {
        return;
    }
    let set = |name: &str| parameters.get(name).filter(|setting| setting.text().is_some_and(|text| !text.is_empty()));
    let (mode, command, library) = (set("archive_mode"), set("archive_command"), set("archive_library"));
    if [mode, command, library].into_iter().flatten().any(|setting| setting.is_unknown()) {
        return;
    }
    let is_on = mode.and_then(|mode| mode.text()).is_some_and(|text| boolean(text) == Some(true) || text == "always");
    if let (Some(mode), true, None, None) = (mode, is_on, command, library) {
        findings.report(
            mode.span(),
            "`archive_mode` is on and there is no `archive_command`: finished WAL is never removed and fills the disk",
        );
    }
    let Some(command) = command else { return };
    if let Some(library) = library {
        let is_refused = parameters.postgresql().is_some_and(|major| major >= 15);
        findings
            .report(
                library.span(),
                "`archive_library` and `archive_command` are both set, and the archiver refuses that",
            )
            .severity(if is_refused { Severity::Error } else { Severity::Warning })
            .label(command.span(), "the command");
    }
    archive(mode, command, is_on, findings);
}

fn archive(mode: Option<Setting<'_>>, command: Setting<'_>, is_on: bool, findings: &mut Findings) {
    let text = command.text().unwrap_or_default().trim();
    if NOTHING.contains(&text) {
        findings
            .report(command.span(), format!("`archive_command: {text}` archives nothing and reports success"))
            .severity(Severity::Info)
            .category(Category::DataLoss);
    } else if !text.contains("%p") {
        findings
            .report(command.span(), "`archive_command` does not say `%p`, the file to archive")
            .severity(Severity::Warning)
            .category(Category::DataLoss);
    } else if !is_on {
        let report = findings
            .report(command.span(), "`archive_command` is not used, since `archive_mode` is off")
            .severity(Severity::Info)
            .category(Category::DataLoss);
        if let Some(mode) = mode {
            report.label(mode.span(), "off here");
        }
    }
}

fn restore(parameters: Parameters<'_>, findings: &mut Findings) {
    let recovery = parameters.config().map(Config::recovery_settings).unwrap_or_default();
    let in_recovery = recovery.into_iter().filter(|setting| setting.name() == "restore_command");
    for setting in parameters.get("restore_command").into_iter().chain(in_recovery) {
        let text = setting.text().unwrap_or_default();
        if setting.is_unknown() || text.is_empty() {
            continue;
        }
        if let Some(missing) = ["%f", "%p"].into_iter().find(|mark| !text.contains(mark)) {
            let what = if missing == "%f" { "the file that is wanted" } else { "where it is to be put" };
            findings
                .report(setting.span(), format!("`restore_command` does not say `{missing}`, {what}"))
                .severity(Severity::Warning)
                .category(Category::Outage);
        }
    }
}
