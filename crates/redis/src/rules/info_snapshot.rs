//! What a snapshot shows to be wrong at the moment it was taken.

use crate::model::{Document, Info, Policy, Workload, with_commas};
use confvet_core::units::ByteSize;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/info-snapshot", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(info) = document.info() else { return };
    let workload = Workload::stated(ctx.facts).or_else(|| Workload::named(&info.path));
    full(info, findings);
    failed_saves(info, findings);
    lost_master(info, findings);
    memory(info, findings);
    clients(info, findings);
    let evicted = info.number("evicted_keys").unwrap_or_default();
    if let Some(field) = info.field("evicted_keys").filter(|_| evicted > 0)
        && matches!(workload, Some(Workload::Store | Workload::Queue))
    {
        findings
            .report(
                field.span,
                format!("{} keys have been evicted from data that must not get lost", with_commas(evicted)),
            )
            .category(Category::DataLoss);
    }
    few_expire(info, workload, findings);
    if let Some(field) = info.field("maxmemory").filter(|field| field.value == "0") {
        findings.report(field.span, "there is no memory limit").severity(Severity::Info);
    }
}

/// Under other policies than `allkeys-…` rules of their own say more.
fn few_expire(info: &Info, workload: Option<Workload>, findings: &mut Findings) {
    let spoken = info.limit().is_some() && info.policy().is_some_and(|policy| !policy.evicts_all_keys());
    if workload != Some(Workload::Cache) || spoken || !info.keys().fewer_expire_than(50) {
        return;
    }
    if let Some((numbers, line)) = info.permanent_keys() {
        findings
            .report(line, format!("less than half of this cache expires: {numbers}"))
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
}

fn full(info: &Info, findings: &mut Findings) {
    let (Some(percent), Some(policy), Some(field)) = (info.fill(), info.policy(), info.field("used_memory")) else {
        return;
    };
    let keys = info.keys();
    let stuck = policy == Policy::NoEviction || (policy.evicts_volatile_keys() && keys.expires == 0);
    if !stuck || percent < 80 {
        return;
    }
    let (with_ttl, all) = (with_commas(keys.expires), with_commas(keys.keys));
    let soon = if percent >= 95 { "writes are about to fail" } else { "writes will fail when it is full" };
    let message = format!(
        "{percent} % of maxmemory used and nothing can be evicted (`{policy}`, {with_ttl} of {all} keys with TTL): {soon}"
    );
    let mut report =
        findings.report(field.span, message).severity(if percent >= 95 { Severity::Error } else { Severity::Warning });
    if let Some(limit) = info.field("maxmemory") {
        report = report.label(limit.span, "the limit");
    }
    for line in &info.keyspace {
        report = report.label(line.span, "the keys");
    }
}

fn failed_saves(info: &Info, findings: &mut Findings) {
    for (name, what) in [
        ("rdb_last_bgsave_status", "the last snapshot"),
        ("aof_last_write_status", "the last write to the append-only file"),
        ("aof_last_bgrewrite_status", "the last rewrite of the append-only file"),
    ] {
        if let Some(field) = info.field(name).filter(|field| field.value == "err") {
            findings
                .report(
                    field.span,
                    format!("{what} failed: with `stop-writes-on-bgsave-error yes` writes are refused (MISCONF)"),
                )
                .category(Category::DataLoss);
        }
    }
}

fn lost_master(info: &Info, findings: &mut Findings) {
    let is_replica = info.field("role").is_some_and(|role| role.value == "slave");
    if let Some(field) = info.field("master_link_status").filter(|field| is_replica && field.value == "down") {
        findings.report(field.span, "the replica has lost its master");
    }
}

fn memory(info: &Info, findings: &mut Findings) {
    let total = info.size("total_system_memory").filter(|total| total.bytes() > 0);
    let used = info.size("used_memory").unwrap_or(ByteSize(0));
    let mut warn = |name: &str, message: String| {
        if let Some(field) = info.field(name) {
            findings.report(field.span, message).severity(Severity::Warning);
        }
    };
    if let (Some(total), Some(resident)) = (total, info.size("used_memory_rss"))
        && resident > total.percent(90)
    {
        warn("used_memory_rss", format!("the process takes {resident} of the machine's {total}"));
    }
    if let (Some(total), Some(limit)) = (total, info.limit())
        && limit > total
    {
        warn("maxmemory", format!("the limit of {limit} exceeds the machine's {total}"));
    }
    let ratio = info.field("mem_fragmentation_ratio").and_then(|field| field.value.parse::<f64>().ok());
    if let Some(ratio) = ratio.filter(|_| used >= ByteSize::mib(512)) {
        if ratio < 1.0 && ratio > 0.0 {
            warn(
                "mem_fragmentation_ratio",
                format!("a ratio of {ratio} means that the kernel has swapped parts of Redis out"),
            );
        } else if ratio > 2.0 {
            warn(
                "mem_fragmentation_ratio",
                format!("a ratio of {ratio}: the process takes more than twice the memory of its data"),
            );
        }
    }
}

fn clients(info: &Info, findings: &mut Findings) {
    let rejected = info.number("rejected_connections").unwrap_or_default();
    if let Some(field) = info.field("rejected_connections").filter(|_| rejected > 0) {
        findings
            .report(
                field.span,
                format!("{} connections were refused because `maxclients` was reached", with_commas(rejected)),
            )
            .severity(Severity::Warning);
    }
    if let (Some(connected), Some(most), Some(field)) =
        (info.number("connected_clients"), info.number("maxclients"), info.field("connected_clients"))
        && most > 0
        && u128::from(connected) * 10 >= u128::from(most) * 9
    {
        findings
            .report(field.span, format!("{connected} of at most {most} clients are connected"))
            .severity(Severity::Warning);
    }
}
