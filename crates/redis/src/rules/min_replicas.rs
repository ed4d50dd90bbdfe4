//! A number of replicas that writes wait for, and that does not exist or does not count.

use crate::deployment::{Deployment, has_sentinels, servers};
use crate::model::{Document, RedisConf, Setting, Workload};
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/min-replicas", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let is_stated =
        |conf: &RedisConf| ["min-replicas-to-write", "min-replicas-max-lag"].iter().any(|key| conf.last(key).is_some());
    if !has_sentinels(set) && !servers(set).any(is_stated) {
        return;
    }
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
        if wanted.value == 0 {
            switched_off(conf, &wanted, &lag, findings);
            if deployment.is_watched(index) && !conf.is_replica() {
                unprotected(conf, &wanted, findings);
            }
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

/// `min-replicas-max-lag` alone does nothing.
fn switched_off(conf: &RedisConf, wanted: &Setting<'_, i64>, lag: &Setting<'_, i64>, findings: &mut Findings) {
    let Some(span) = lag.span().filter(|_| lag.value > 0) else { return };
    // Whoever writes both defaults down means nothing by it.
    let repeats_defaults = wanted.is_explicit() && lag.value == 10;
    if !repeats_defaults && !conf.is_partial() {
        let report = findings
            .report(
                wanted.span().unwrap_or(span),
                format!("`min-replicas-max-lag {}` has no effect while `min-replicas-to-write` is 0", lag.value),
            )
            .severity(Severity::Warning)
            .category(Category::DataLoss)
            .help("write `min-replicas-to-write 1` to refuse writes that no replica receives");
        if wanted.is_explicit() {
            report.label(span, "waits for nobody");
        }
    }
}

/// A master that Sentinel may replace, and that goes on taking writes when it is cut off.
fn unprotected(conf: &RedisConf, wanted: &Setting<'_, i64>, findings: &mut Findings) {
    if matches!(conf.workload(), Some(Workload::Store | Workload::Queue)) && !conf.is_partial() {
        findings
            .report(
                wanted.span().unwrap_or_else(|| conf.start()),
                "a master that is cut off goes on taking writes, which are lost after the failover",
            )
            .severity(Severity::Info)
            .category(Category::DataLoss)
            .help("`min-replicas-to-write 1` makes it refuse them");
    }
}
