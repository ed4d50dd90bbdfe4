//! A check of the origin that foreign sites pass.

use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/origin-regex", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for check in nginx.origin_checks() {
        let Some(hole) = check.hole().or_else(|| check.never_passes()) else { continue };
        let severity = match (hole.is_harmless, check.with_credentials) {
            (true, _) => Severity::Info,
            (false, true) => Severity::Error,
            (false, false) => Severity::Warning,
        };
        let mut report = findings.report(check.span(), hole.message).severity(severity);
        if let Some((safety, text)) = hole.replacement {
            report = report.suggest_as(safety, "close the hole", [Edit::replace(check.span(), text)]);
        }
        let _ = report;
    }
    for misspelt in nginx.uses_of(|_, name| name == "http_referrer") {
        findings
            .report(misspelt.span, "there is no header `Referrer`: browsers send `Referer`")
            .severity(Severity::Error)
            .suggest_as(Safety::Safe, "use `$http_referer`", [Edit::replace(misspelt.span, "${http_referer}")]);
    }
}
