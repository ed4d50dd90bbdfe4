//! A cache that may throw nothing away: when memory is full every write fails.

use crate::cloud::{Cloud, Modules, Resource};
use crate::deployment::{Deployment, Node};
use crate::model::{Document, Info, Policy, Setting, Workload};
use confvet_core::{Context, Edit, Findings, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/noeviction-cache", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        let follows_master = deployment.master_of(index).is_some();
        let ignores_limit = node.conf.switch("replica-ignore-maxmemory").is_some_and(|setting| setting.value);
        if !(follows_master && ignores_limit) {
            check_node(node, findings);
        }
    }
    for (info, facts) in &deployment.lone_snapshots {
        check_snapshot(info, Workload::stated(facts).or_else(|| Workload::named(&info.path)), findings);
    }
    let modules = Modules::of(set);
    for group in modules.groups() {
        check_group(group, modules.workload_of(group), findings);
    }
    for (user, span) in modules.clouds().flat_map(Cloud::users_of_defaults) {
        if user.is_memorydb && user.workload == Some(Workload::Cache) {
            findings
                .report(
                    span,
                    "cache with the default `noeviction`: when the node's memory is full every write fails with OOM",
                )
                .help("use a parameter group with `maxmemory-policy` `allkeys-lru`");
        }
    }
}

/// The node type limits the memory of every group, so that the policy alone matters.
fn check_group(group: &Resource, workload: Option<Workload>, findings: &mut Findings) {
    let Some((Policy::NoEviction, parameter)) = group.policy() else { return };
    if workload != Some(Workload::Cache) {
        return;
    }
    let how = if parameter.is_some() { "" } else { "the default " };
    let span = parameter.map_or(group.header, |parameter| parameter.value.span);
    findings
        .report(
            span,
            format!("cache with {how}`noeviction`: when the node's memory is full every write fails with OOM"),
        )
        .help("a cache wants `allkeys-lru`, or `allkeys-lfu` from 4.0 on")
        .suggest("evict the least recently used keys", parameter.map(|_| Edit::replace(span, "allkeys-lru")));
}

fn check_node(node: &Node<'_>, findings: &mut Findings) {
    let conf = node.conf;
    let (Some(policy), Some(cap)) = (conf.policy(), conf.maxmemory()) else { return };
    let snapshot_cap = node.info.and_then(Info::limit);
    if policy.value != Policy::NoEviction
        && let Some(info) = node.info.filter(|info| info.policy() == Some(Policy::NoEviction))
    {
        // What was set at run time holds until the next start.
        check_snapshot(info, conf.workload(), findings);
        return;
    }
    // An append-only file and an explicit policy: this data is meant to stay.
    if policy.is_explicit() && conf.is_on("appendonly") {
        return;
    }
    if policy.value != Policy::NoEviction || (cap.value.bytes() == 0 && (cap.is_explicit() || snapshot_cap.is_none())) {
        return;
    }
    match conf.workload() {
        Some(Workload::Cache) => report_cache(node, policy, cap.statement.map(|line| line.span), findings),
        Some(_) => {}
        None => {
            if let Some(info) = node.info.filter(|info| is_about_to_refuse(info)) {
                report_full(info, findings);
            } else if !policy.is_explicit()
                && let Some(line) = cap.statement
            {
                findings
                    .report(line.span, "memory is capped and no policy is written: the default is `noeviction`, writes fail at the limit")
                    .severity(Severity::Info)
                    .help("write `maxmemory-policy` down, whichever is meant");
            }
        }
    }
}

fn report_cache(node: &Node<'_>, policy: Setting<'_, Policy>, cap: Option<Span>, findings: &mut Findings) {
    let conf = node.conf;
    let Some(span) =
        policy.span().or(cap).or(node.info.and_then(|info| info.field("maxmemory")).map(|field| field.span))
    else {
        return;
    };
    let how = if policy.is_explicit() { "" } else { "the default " };
    let permanent = node.info.and_then(Info::permanent_keys);
    let few_expire = node.info.is_some_and(|info| info.keys().keys > 0 && info.keys().fewer_expire_than(50));
    let numbers = permanent.as_ref().map(|(numbers, _)| format!("; {numbers}")).unwrap_or_default();
    let limit = limit_text(node);
    let message = format!("cache with {how}`noeviction`: when {limit} is full every write fails with OOM{numbers}");
    let report = findings.report(span, message);
    let report = if few_expire { report.severity(Severity::Error) } else { report.severity(Severity::Warning) };
    let report = match (cap, policy.is_explicit()) {
        (Some(cap), true) => report.label(cap, "the limit"),
        _ => report,
    };
    let report = match &permanent {
        Some((_, line)) => report.label(*line, "as the snapshot counts them"),
        None => report,
    };
    let report = report.help("a cache wants `allkeys-lru`, or `allkeys-lfu` from 4.0 on");
    let edit = match (policy.span(), cap) {
        (Some(value), _) => Some(Edit::replace(value, "allkeys-lru")),
        (None, Some(cap)) => Some(Edit::insert_after(cap, "\nmaxmemory-policy allkeys-lru")),
        (None, None) => {
            conf.first_statement().map(|first| Edit::insert_before(first.span, "maxmemory-policy allkeys-lru\n"))
        }
    };
    report.suggest("evict the least recently used keys", edit);
}

/// The limit as the author wrote it, or as the snapshot shows it.
fn limit_text(node: &Node<'_>) -> String {
    let written = node.conf.maxmemory().and_then(|cap| Some(cap.statement?.value()?.text.to_string()));
    match (written, node.info.and_then(Info::limit)) {
        (Some(text), _) => format!("`maxmemory {text}`"),
        (None, Some(limit)) => format!("the limit of {limit}"),
        (None, None) => "memory".to_owned(),
    }
}

/// Nothing can go and little is free: whatever it is used for, it will soon take no more writes. From 80 % on
/// `redis/info-snapshot` says so.
fn is_about_to_refuse(info: &Info) -> bool {
    let keys = info.keys();
    keys.keys >= 100 && keys.expires == 0 && info.fill().is_some_and(|percent| (75..80).contains(&percent))
}

fn check_snapshot(info: &Info, workload: Option<Workload>, findings: &mut Findings) {
    if info.policy() != Some(Policy::NoEviction) || info.limit().is_none() {
        return;
    }
    match workload {
        Some(Workload::Cache) => {
            let Some(field) = info.field("maxmemory_policy") else { return };
            let keys = info.keys();
            let permanent = info.permanent_keys();
            let numbers = permanent.as_ref().map(|(numbers, _)| format!("; {numbers}")).unwrap_or_default();
            let limit = info.limit().map(|limit| format!(" of {limit}")).unwrap_or_default();
            let message =
                format!("cache with `noeviction`: when the limit{limit} is full every write fails with OOM{numbers}");
            let severe = keys.keys > 0 && keys.fewer_expire_than(50);
            let report = findings.report(field.span, message);
            let report = report.severity(if severe { Severity::Error } else { Severity::Warning });
            if let Some((_, line)) = permanent {
                report.label(line, "as the snapshot counts them");
            }
        }
        Some(_) => {}
        None if is_about_to_refuse(info) => report_full(info, findings),
        None => {}
    }
}

fn report_full(info: &Info, findings: &mut Findings) {
    let (Some(field), Some(percent)) = (info.field("maxmemory_policy"), info.fill()) else { return };
    let Some((numbers, line)) = info.permanent_keys() else { return };
    findings
        .report(
            field.span,
            format!("`noeviction` with {percent} % of the limit used: writes will fail with OOM; {numbers}"),
        )
        .severity(Severity::Warning)
        .label(line, "as the snapshot counts them")
        .help("if this is a cache it wants `maxmemory-policy allkeys-lru`");
}
