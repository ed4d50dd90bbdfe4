//! The variable trick, undone by the same host written out elsewhere.

use crate::model::{HostClass, Nginx};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/dynamic-dns-defeated", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for defeated in nginx.defeated_lookups() {
        let host = &defeated.host;
        let severity = if HostClass::of(host) == HostClass::Rotating { Severity::Error } else { Severity::Warning };
        let mut report = findings
            .report(
                defeated.pass.directive(nginx).span(),
                format!("`{host}` is also {}: nginx then uses the addresses found at start here too, and never asks the resolver", defeated.what),
            )
            .severity(severity)
            .label(defeated.literal, "this looks the name up at start, for the whole block");
        if let Some((span, text)) = defeated.through_variable(nginx) {
            report = report.suggest("use the variable here too", [Edit::replace(span, text)]);
        }
        let _ = report;
    }
}
