//! The dynamic configuration depends on which member happens to start first.

use super::Cluster;
use crate::Document;
use confvet_core::{Context, Findings, Rule, Set};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/bootstrap-drift", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    for Cluster { members, .. } in super::clusters(set) {
        let mut starters = members.into_iter().filter(|config| config.can_bootstrap());
        let Some(first) = starters.next() else { continue };
        let Some(there) = first.dcs() else { continue };
        for config in starters {
            let Some(here) = config.dcs() else { continue };
            let Some(difference) = config.first_dynamic_difference(first) else { continue };
            let file = ctx.path(first.file());
            findings
                .report(
                    difference.unwrap_or(here.key_span()),
                    format!("`bootstrap.dcs` differs from the one in {file}: only that of the member that starts first counts"),
                )
                .label(there.key_span(), "the other one");
        }
    }
}
