//! Neither end of a tunnel brings it up, or both do.

use crate::model::pairing::pairs;
use crate::model::{Auto, Ipsec};
use confvet_core::{Context, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Ipsec>> = Rule { name: "ipsec/nobody-initiates", check };

fn check(set: &Set<Ipsec>, _: &Context<'_>, findings: &mut Findings) {
    for pair in pairs(set) {
        let (a, b) = (pair.conn_a, pair.conn_b);
        if a.remote.is_any() || b.remote.is_any() {
            continue;
        }
        let (severity, message) = match (a.connection.auto, b.connection.auto) {
            (Some(Auto::Add), Some(Auto::Add)) => {
                (Severity::Warning, "both ends only wait for the other: nobody brings this tunnel up")
            }
            (Some(Auto::Start), Some(Auto::Start)) => {
                (Severity::Info, "both ends start this tunnel: there may be two SAs side by side")
            }
            _ => continue,
        };
        findings
            .report(b.connection.start_span(), message)
            .severity(severity)
            .label(a.connection.start_span(), "the other end")
            .help("let one end begin on demand (`auto=route`, `start_action = trap`)");
    }
}
