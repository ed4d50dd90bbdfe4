//! Only keys with a time to live may be evicted, and none have one: the policy evicts nothing.

use crate::cloud::{Cloud, Modules, Resource};
use crate::deployment::Deployment;
use crate::model::{Document, Info, Policy, Workload, with_commas};
use confvet_core::{Context, Edit, Facts, Findings, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/volatile-policy-no-ttl", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    for (_, node) in deployment.servers() {
        let conf = node.conf;
        let (Some(policy), Some(cap)) = (conf.policy(), conf.maxmemory()) else { continue };
        let span = policy.span().or(cap.statement.map(|line| line.span));
        let Some(span) = span.filter(|_| policy.value.evicts_volatile_keys() && cap.value.bytes() > 0) else {
            continue;
        };
        let fix = policy.span().map(|value| Edit::replace(value, "allkeys-lru"));
        let workload = conf.workload();
        match node.info.filter(|info| info.keys().keys >= 20) {
            Some(info) => report_counted(info, policy.value, workload, span, fix, findings),
            None if workload == Some(Workload::Cache) && policy.is_explicit() && node.info.is_none() => {
                findings
                    .report(
                        span,
                        format!(
                            "`{}` only evicts keys with a TTL: a cache that forgets one behaves like `noeviction`",
                            policy.value
                        ),
                    )
                    .severity(Severity::Warning)
                    .help("a cache wants `allkeys-lru`")
                    .suggest("evict any key", fix);
            }
            None => {}
        }
    }
    for (info, facts) in &deployment.lone_snapshots {
        check_snapshot(info, facts, findings);
    }
    let modules = Modules::of(set);
    for group in modules.groups() {
        check_group(group, modules.workload_of(group), findings);
    }
    for (user, span) in modules.clouds().flat_map(Cloud::users_of_defaults).filter(|(user, _)| !user.is_memorydb) {
        if matches!(user.workload, Some(Workload::Cache) | None) {
            report_default(span, findings);
        }
    }
}

/// Of ElastiCache's own groups all have this policy.
fn report_default(span: Span, findings: &mut Findings) {
    findings
        .report(
            span,
            "`volatile-lru`, the default, only evicts keys with a TTL: a cache that forgets one behaves like `noeviction`",
        )
        .severity(Severity::Info)
        .help("a cache wants a parameter group with `maxmemory-policy` `allkeys-lru`");
}

fn check_group(group: &Resource, workload: Option<Workload>, findings: &mut Findings) {
    let Some((policy, parameter)) = group.policy().filter(|(policy, _)| policy.evicts_volatile_keys()) else { return };
    match (parameter, workload) {
        (None, Some(Workload::Cache) | None) => report_default(group.header, findings),
        (Some(parameter), Some(Workload::Cache)) => {
            let span = parameter.value.span;
            findings
                .report(
                    span,
                    format!(
                        "`{policy}` only evicts keys with a TTL: a cache that forgets one behaves like `noeviction`"
                    ),
                )
                .severity(Severity::Warning)
                .help("a cache wants `maxmemory-policy` `allkeys-lru`")
                .suggest("evict any key", [Edit::replace(span, "allkeys-lru")]);
        }
        _ => {}
    }
}

fn check_snapshot(info: &Info, facts: &Facts, findings: &mut Findings) {
    let (Some(policy), Some(field)) = (info.policy(), info.field("maxmemory_policy")) else { return };
    if policy.evicts_volatile_keys() && info.limit().is_some() && info.keys().keys >= 20 {
        let workload = Workload::stated(facts).or_else(|| Workload::named(&info.path));
        report_counted(info, policy, workload, field.span, None, findings);
    }
}

fn report_counted(
    info: &Info,
    policy: Policy,
    workload: Option<Workload>,
    span: Span,
    fix: Option<Edit>,
    findings: &mut Findings,
) {
    let keys = info.keys();
    if !keys.fewer_expire_than(20) || matches!(workload, Some(Workload::Queue | Workload::Store)) {
        return;
    }
    let (permanent, all) = (with_commas(keys.permanent()), with_commas(keys.keys));
    let message = format!(
        "`{policy}` only evicts keys with a TTL, and {permanent} of {all} keys have none: it behaves like `noeviction`"
    );
    let severity = if keys.expires == 0 { Severity::Error } else { Severity::Warning };
    let mut report = findings.report(span, message).severity(severity);
    for line in info.keyspace.iter().filter(|line| line.expires == 0 && line.keys > 0) {
        report = report.label(line.span, "nothing here expires");
    }
    report.help("a cache wants `allkeys-lru`").suggest("evict any key", fix);
}
