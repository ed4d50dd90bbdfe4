//! Members that log in to each other with different credentials.

use super::Cluster;
use crate::Document;
use confvet_core::{Context, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/credentials-differ", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    for Cluster { members, .. } in super::clusters(set) {
        for user in ["replication", "superuser", "rewind"] {
            for key in ["username", "password"] {
                let path = format!("postgresql.authentication.{user}.{key}");
                let mut known = members.iter().filter_map(|config| config.text(&path));
                let Some(first) = known.next() else { continue };
                for other in known.filter(|other| other.value != first.value) {
                    let file = ctx.path(first.span.file);
                    findings
                        .report(
                            other.span,
                            format!("the {key} of the {user} user differs from the one in {file}: after a failover the nodes cannot log in to each other"),
                        )
                        .severity(if user == "rewind" { Severity::Warning } else { Severity::Error })
                        .label(first.span, "the other one");
                }
            }
        }
    }
}
