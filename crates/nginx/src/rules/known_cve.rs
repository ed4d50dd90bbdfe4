//! Published flaws of the target version that this configuration reaches.

use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/known-cve", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    let target = nginx.release().version_text();
    let mut everywhere = Vec::new();
    for cve in nginx.known_flaws() {
        match cve.trigger {
            Some(trigger) => {
                findings
                    .report(
                        trigger,
                        format!("{} ({}, fixed in {}) applies to {target} and to this", cve.id, cve.name, cve.fixed),
                    )
                    .severity(if cve.minor { Severity::Info } else { Severity::Warning });
            }
            None => everywhere.push(cve.id),
        }
    }
    if let (Some(first), false) = (nginx.top().children().next(), everywhere.is_empty()) {
        findings.report(
            first.name().span,
            format!("{} apply to {target} whatever the configuration", everywhere.join(", ")),
        );
    }
}
