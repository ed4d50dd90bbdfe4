//! No memory limit: Redis grows until the kernel kills it.

use crate::deployment::{Deployment, Node};
use crate::model::{Document, Info, Policy};
use crate::value::write_memory;
use confvet_core::units::ByteSize;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/maxmemory-unset", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        let limited_by_master = deployment
            .master_of(index)
            .and_then(|master| master.conf.maxmemory())
            .is_some_and(|cap| cap.value.bytes() > 0);
        let limited_in_fact = node.info.and_then(Info::limit).is_some();
        let reported = !limited_by_master && !limited_in_fact && !node.conf.is_partial() && check_node(node, findings);
        if let Some(info) = node.info.filter(|_| !reported) {
            check_snapshot(info, findings);
        }
    }
    for (info, _) in &deployment.lone_snapshots {
        check_snapshot(info, findings);
    }
}

/// Was anything reported?
fn check_node(node: &Node<'_>, findings: &mut Findings) -> bool {
    let conf = node.conf;
    let (Some(cap), Some(policy)) = (conf.maxmemory(), conf.policy()) else { return false };
    if cap.value.bytes() > 0 {
        return false;
    }
    let evicts = policy.is_explicit() && policy.value != Policy::NoEviction;
    let memory = node.facts.size(Fact::Memory);
    let in_container = node.facts.is_true(Fact::Container);
    if !(evicts || conf.is_cache() || memory.is_some() || in_container) {
        return false;
    }
    let what = if cap.is_explicit() { "`maxmemory` is 0" } else { "`maxmemory` is not set" };
    let policy_part = if evicts { format!("`{}` never evicts anything and ", policy.value) } else { String::new() };
    let span = cap.span().or(policy.span()).unwrap_or_else(|| conf.start());
    let severe = evicts || (conf.is_cache() && memory.is_some());
    let report = findings
        .report(span, format!("{what}: {policy_part}Redis grows until the kernel kills it"))
        .severity(if severe { Severity::Error } else { Severity::Warning });
    let Some(memory) = memory else {
        report.help("set `maxmemory` to about 60 % of the memory it may use");
        return true;
    };
    let limit = write_memory(rounded(memory.percent(60)));
    let edit = match (cap.span(), conf.first_statement()) {
        (Some(value), _) => Some(Edit::replace(value, limit.clone())),
        (None, Some(first)) => Some(Edit::insert_before(first.span, format!("maxmemory {limit}\n"))),
        (None, None) => None,
    };
    report
        .help(format!("60 % of the {memory} it may use are {limit}"))
        .suggest(format!("write `maxmemory {limit}`"), edit);
    true
}

/// Down to whole 64 MiB, where there are any.
fn rounded(size: ByteSize) -> ByteSize {
    let step = 64 * ByteSize::MIB;
    if size.bytes() < step { size } else { ByteSize(size.bytes() / step * step) }
}

fn check_snapshot(info: &Info, findings: &mut Findings) {
    let (Some(used), Some(total)) = (info.size("used_memory"), info.size("total_system_memory")) else { return };
    let Some(field) = info.field("maxmemory").filter(|field| field.value == "0") else { return };
    if used >= total.percent(70) {
        findings
            .report(field.span, format!("no `maxmemory`, and {used} of the machine's {total} are in use"))
            .severity(Severity::Warning);
    }
}
