//! Neither end of a tunnel brings it up, or both do.

use crate::model::pairing::{Pair, pairs};
use crate::model::{Auto, Ipsec, Origin};
use confvet_core::{Context, Edit, Findings, Rule, Set, Severity};

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
            .help("let one end begin on demand (`auto=route`, `start_action = trap`)")
            .suggest("begin on demand", on_demand(&pair));
    }
}

/// The word by which the end that is reported begins with the first packet.
fn on_demand(pair: &Pair<'_>) -> Option<Edit> {
    let connection = pair.conn_b.connection;
    let word = match connection.origin {
        Origin::Swanctl => "trap",
        Origin::IpsecConf if pair.b.program.is_libreswan() => "ondemand",
        Origin::IpsecConf => "route",
    };
    connection.auto_span.map(|auto| Edit::replace(auto, word))
}
