//! Something that nginx only takes with a warning.

use crate::keys::key;
use crate::layout;
use crate::model::Nginx;
use crate::release::display as display_version;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/deprecated", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let release = nginx.release();
    let severity = if release.version.is_some() { Severity::Warning } else { Severity::Info };
    for directive in nginx.deprecated_directives() {
        let Some(row) = directive.row() else { continue };
        let Some(instead) = row.deprecated else { continue };
        let name = &directive.name().text;
        let since =
            row.deprecated_since.map(|since| format!(" since nginx {}", display_version(since))).unwrap_or_default();
        let advice = if instead == "ignored" { "it does nothing any more".to_owned() } else { instead.to_owned() };
        findings.report(directive.name().span, format!("`{name}` is deprecated{since}: {advice}")).severity(severity);
    }
    if release.is_before((1, 25, 1)) {
        return;
    }
    for server in nginx.servers() {
        let on_http2 = server.block(nginx).has(key!("http2"));
        for listen in server.listens.iter().filter(|listen| listen.http2) {
            let directive = listen.directive(nginx);
            let Some(word) = directive.args().iter().find(|word| word.text == "http2") else { continue };
            let mut edits = vec![layout::delete_word(word.span, ctx)];
            let first = server.listens.iter().find(|listen| listen.http2);
            if first == Some(listen) && !on_http2 {
                edits.extend(layout::after(directive, &["http2 on;".to_owned()], ctx));
            }
            let report = findings
                .report(word.span, "`listen ... http2` is deprecated since nginx 1.25.1: use `http2 on;`")
                .severity(severity);
            // An older nginx refuses the new directive.
            if release.version.is_some() {
                report.suggest("use `http2 on;`", edits);
            }
        }
    }
}
