//! A number of replicas that writes wait for, and that does not exist or does not count.

use crate::deployment::Deployment;
use crate::model::Document;
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/min-replicas", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        let conf = node.conf;
        let (Some(wanted), Some(lag)) = (conf.number("min-replicas-to-write"), conf.number("min-replicas-max-lag"))
        else {
            continue;
        };
        if wanted.value > 0
            && lag.value == 0
            && let (Some(span), Some(lag_span)) = (wanted.span(), lag.span())
        {
            findings
                .report(span, format!("`min-replicas-to-write {}` has no effect with max-lag 0", wanted.value))
                .severity(Severity::Warning)
                .category(Category::DataLoss)
                .label(lag_span, "switches it off")
                .suggest("count replicas of the last ten seconds", [Edit::replace(lag_span, "10")]);
            continue;
        }
        let in_files = i64::try_from(deployment.replicas_of(index)).ok().filter(|&count| count > 0 && set.complete);
        let stated = node.facts.number(Fact::RedisReplicas).and_then(|count| i64::try_from(count).ok());
        let Some(there) = stated.or(in_files).filter(|&there| wanted.value > there && lag.value > 0) else { continue };
        let Some(span) = wanted.span() else { continue };
        let report = findings.report(
            span,
            format!("writes need {} replicas but only {there} exist: every write fails with NOREPLICAS", wanted.value),
        );
        if there >= 2 {
            report.suggest("leave room for a dead replica", [Edit::replace(span, (there - 1).to_string())]);
        }
    }
}
