//! A policy that deletes what must not get lost.

use crate::cloud::{Cloud, Modules, Resource};
use crate::deployment::servers;
use crate::model::{Document, Policy, RedisConf, Workload, WorkloadReason};
use confvet_core::{Context, Edit, Findings, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/eviction-on-datastore", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let modules = Modules::of(set);
    for group in modules.groups() {
        check_group(group, modules.workload_of(group), findings);
    }
    for (user, span) in modules.clouds().flat_map(Cloud::users_of_defaults) {
        check_default(user, span, findings);
    }
    for conf in servers(set) {
        check_server(conf, findings);
    }
}

fn check_server(conf: &RedisConf, findings: &mut Findings) {
    let (Some(policy), Some(cap)) = (conf.policy(), conf.maxmemory()) else { return };
    let Some(span) = policy.span().filter(|_| cap.value.bytes() > 0) else { return };
    let appends = conf.switch("appendonly").filter(|setting| setting.value).and_then(|setting| setting.span());
    let (what, severity) = match (policy.value, conf.workload) {
        (Policy::AllKeys(_), Some((Workload::Queue, _))) => ("queue entries", Severity::Error),
        (Policy::Volatile(_), Some((Workload::Queue, _))) => ("queue entries with a TTL", Severity::Warning),
        (Policy::AllKeys(_), Some((Workload::Store, _))) => ("data", Severity::Error),
        (Policy::AllKeys(_), Some((Workload::Sessions, _))) => ("sessions", Severity::Warning),
        // The policy itself makes it look like a cache; the append-only file says otherwise.
        (Policy::AllKeys(_), Some((Workload::Cache, WorkloadReason::Settings))) if appends.is_some() => {
            ("data", Severity::Warning)
        }
        _ => return,
    };
    let message = format!("`{}` may delete {what} when memory is full", policy.value);
    let mut report = findings.report(span, message).severity(severity);
    if let Some(appends) = appends {
        report = report.label(appends, "kept on disk, so not meant to be thrown away");
    }
    report
        .help("use `noeviction` and alarm on memory; if this is a cache, say `redis_workload = \"cache\"` in confvet.toml")
        .suggest("evict nothing", [Edit::replace(span, "noeviction")]);
}

fn check_group(group: &Resource, workload: Option<Workload>, findings: &mut Findings) {
    let Some((policy, parameter)) = group.policy() else { return };
    let (what, severity) = match (policy, workload) {
        (Policy::AllKeys(_), Some(Workload::Queue)) => ("queue entries", Severity::Error),
        (Policy::Volatile(_), Some(Workload::Queue)) => ("queue entries with a TTL", Severity::Warning),
        (Policy::AllKeys(_), Some(Workload::Store)) => ("data", Severity::Error),
        (Policy::AllKeys(_), Some(Workload::Sessions)) => ("sessions", Severity::Warning),
        _ => return,
    };
    let how = if parameter.is_some() { "" } else { ", the default of ElastiCache," };
    let span = parameter.map_or(group.header, |parameter| parameter.value.span);
    findings
        .report(span, format!("`{policy}`{how} may delete {what} when memory is full"))
        .severity(severity)
        .help("set `maxmemory-policy` to `noeviction` and alarm on memory")
        .suggest("evict nothing", parameter.map(|_| Edit::replace(span, "noeviction")));
}

/// A default group cannot be changed: another one must be used.
fn check_default(user: &Resource, span: Span, findings: &mut Findings) {
    if !user.is_memorydb && user.workload == Some(Workload::Queue) {
        findings
            .report(
                span,
                "`volatile-lru`, the default of ElastiCache, may delete queue entries with a TTL when memory is full",
            )
            .severity(Severity::Warning)
            .help("use a parameter group with `maxmemory-policy` `noeviction`, and alarm on memory");
    }
}
