//! Replicas that Sentinel may never promote.

use crate::deployment::{Deployment, Node};
use crate::model::Document;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Set};
use std::collections::BTreeSet;

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/no-promotable-replica", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    let mut reported = BTreeSet::new();
    for sentinel in &deployment.sentinels {
        for monitor in sentinel.conf.monitors() {
            let watched = deployment.watched(&monitor);
            let replicas: Vec<&Node<'_>> = watched.into_iter().filter(|node| node.conf.is_replica()).collect();
            let stated = sentinel.facts.number(Fact::RedisReplicas);
            if stated.is_some_and(|stated| (replicas.len() as u64) < stated) {
                continue;
            }
            let priority =
                |node: &&Node<'_>| node.conf.number("replica-priority").filter(|priority| priority.value == 0)?.span();
            let never: Vec<_> = replicas.iter().filter_map(priority).collect();
            let [first, others @ ..] = never.as_slice() else { continue };
            if never.len() < replicas.len() || !reported.insert(*first) {
                continue;
            }
            let message = format!(
                "every replica of `{}` has replica-priority 0: Sentinel will never promote one",
                monitor.name.text
            );
            let mut report = findings.report(*first, message);
            for other in others {
                report = report.label(*other, "nor this one");
            }
            report
                .label(monitor.statement.span, "watched here")
                .suggest("let this replica be promoted", [Edit::replace(*first, "100")]);
        }
    }
}
