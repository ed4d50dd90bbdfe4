//! Replicas that Sentinel may never promote.

use crate::deployment::{Deployment, Node, has_sentinels};
use crate::model::Document;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/no-promotable-replica", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    if !has_sentinels(set) {
        return;
    }
    let deployment = Deployment::of(set);
    for watch in deployment.watches() {
        let Some((sentinel, monitor)) = watch.monitors().next() else { continue };
        let replicas: Vec<&Node<'_>> = watch.replicas().collect();
        let stated = deployment.sentinels[sentinel].facts.number(Fact::RedisReplicas);
        if stated.is_some_and(|stated| (replicas.len() as u64) < stated) {
            continue;
        }
        let priority =
            |node: &&Node<'_>| node.conf.number("replica-priority").filter(|priority| priority.value == 0)?.span();
        let never: Vec<_> = replicas.iter().filter_map(priority).collect();
        let [first, others @ ..] = never.as_slice() else { continue };
        if never.len() < replicas.len() {
            continue;
        }
        let name = &monitor.name.text;
        // A single file may be one of many.
        let is_certain = !others.is_empty() || set.complete || stated.is_some();
        let message = if is_certain {
            format!("every replica of `{name}` has replica-priority 0: Sentinel will never promote one")
        } else {
            format!("replica-priority 0: Sentinel will never promote this replica of `{name}`")
        };
        let mut report = findings.report(*first, message);
        if !is_certain {
            report = report.severity(Severity::Info);
        }
        for other in others {
            report = report.label(*other, "nor this one");
        }
        report
            .label(monitor.statement.span, "watched here")
            .suggest("let this replica be promoted", [Edit::replace(*first, "100")]);
    }
}
