//! Members that speak TLS with each other, and members that do not.

use super::Cluster;
use crate::Document;
use crate::model::Config;
use confvet_core::{Context, Findings, Rule, Set};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/restapi-tls-differs", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    for Cluster { members, .. } in super::clusters(set) {
        let mut members = members.into_iter().filter(|config| config.local("restapi.listen").is_some());
        let Some(first) = members.next() else { continue };
        for config in members.filter(|config| has_tls(config) != has_tls(first)) {
            let (Some(here), Some(there)) = (config.local("restapi"), first.local("restapi")) else { continue };
            let word = |config: &Config| if has_tls(config) { "https" } else { "http" };
            let message = format!(
                "this member's REST API speaks {}, the one in {} {}",
                word(config),
                ctx.path(first.file()),
                word(first)
            );
            findings.report(here.key_span(), message).label(there.key_span(), "");
        }
    }
}

fn has_tls(config: &Config) -> bool {
    config.local("restapi.certfile").is_some_and(|node| !node.is_null())
}
