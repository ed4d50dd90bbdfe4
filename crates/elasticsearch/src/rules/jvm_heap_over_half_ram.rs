//! The heap leaves too little memory for the file system cache and for buffers outside the heap.

use crate::jvm::HeapSetting;
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::units::ByteSize;
use confvet_core::{Context, Edit, Findings, HostId, Map, Member, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/jvm-heap-over-half-ram", check };

/// A node with a heap and a memory to live in.
struct Resident<'a> {
    node: &'a Node,
    heap: HeapSetting<'a>,
    memory: ByteSize,
    limit: Option<Span>,
    direct: ByteSize,
}

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let mut hosts: Map<HostId, Vec<Resident<'_>>> = Map::new();
    for member in &set.members {
        let own = Context { sources: context.sources, target: &member.target, facts: &member.facts };
        for resident in member.model().nodes.iter().filter_map(|node| Resident::of(node, &own)) {
            if report_one(&resident, &own, findings) {
                continue;
            }
            if let Some(host) = shared_host(member, &resident) {
                hosts.or_default(host).push(resident);
            }
        }
    }
    for residents in hosts.values().filter(|residents| residents.len() > 1) {
        report_together(residents, context, findings);
    }
}

/// The machine whose memory the node shares with others.
fn shared_host(member: &Member<Elasticsearch>, resident: &Resident<'_>) -> Option<HostId> {
    member.host.filter(|_| resident.limit.is_none())
}

impl<'a> Resident<'a> {
    /// The largest heap over the JDKs that may run it.
    fn of(node: &'a Node, context: &Context<'_>) -> Option<Self> {
        let (memory, limit) = node.memory(context)?;
        let options = node.jvm_options();
        let jdks = options.jdks(&node.known_jdks(context));
        let heap = jdks.iter().filter_map(|&jdk| options.heap(jdk).maximum).max_by_key(|heap| heap.size)?;
        let direct = jdks.iter().filter_map(|&jdk| options.flag_size(jdk, "MaxDirectMemorySize")).max();
        Some(Self { node, heap, memory, limit, direct: direct.unwrap_or_default() })
    }

    fn is_only_master(&self) -> bool {
        self.node.has_settings() && self.node.is_master_eligible() == Some(true) && self.node.is_data() == Some(false)
    }
}

fn percent(part: ByteSize, whole: ByteSize) -> u64 {
    let percent = u128::from(part.0) * 100 / u128::from(whole.0.max(1));
    u64::try_from(percent).unwrap_or(u64::MAX)
}

fn report_one(resident: &Resident<'_>, context: &Context<'_>, findings: &mut Findings) -> bool {
    let Resident { node, heap, memory, .. } = resident;
    let share = percent(heap.size, *memory);
    let allowed = memory.percent(if resident.is_only_master() { 60 } else { 50 } + 3);
    let severe = share >= 90 || heap.size.0.saturating_add(resident.direct.0) > memory.0;
    let small_and_for_development = node.container.is_some() && node.is_dev(context) && *memory < ByteSize::gib(2);
    if !severe && (heap.size <= allowed || small_and_for_development) {
        return false;
    }
    let severity = if severe { Severity::Error } else { Severity::Warning };
    let span = heap.option.value_span;
    let size = context.text(span);
    let mut report = findings
        .report(
            span,
            format!("heap {size} is {share}% of {memory}: leave half for the file system cache and off-heap buffers"),
        )
        .severity(severity)
        .help(format!("set -Xms and -Xmx to {}", proposal(*memory)));
    if let Some(limit) = resident.limit {
        report = report.label(limit, "the memory of the container");
    }
    report.suggest(format!("set the heap to {}", proposal(*memory)), edits(resident));
    true
}

/// Half of the memory, at most 31g.
fn proposal(memory: ByteSize) -> String {
    let half = memory.percent(50).min(ByteSize::gib(31));
    if half.0.is_multiple_of(ByteSize::GIB) {
        format!("{}g", half.0 / ByteSize::GIB)
    } else {
        format!("{}m", half.0 / ByteSize::MIB)
    }
}

fn edits(resident: &Resident<'_>) -> Vec<Edit> {
    let proposal = proposal(resident.memory);
    let sizes = resident.node.jvm_options().all().filter(|(_, option)| {
        option.heap().is_some_and(|(_, size)| size == resident.heap.size) && option.span != option.value_span
    });
    sizes.map(|(_, option)| Edit::replace(option.value_span, proposal.as_str())).collect()
}

/// Several nodes on one machine, each of which would be fine alone.
fn report_together(residents: &[Resident<'_>], context: &Context<'_>, findings: &mut Findings) {
    let memory = residents[0].memory;
    let total = ByteSize(residents.iter().map(|resident| resident.heap.size.0).fold(0, u64::saturating_add));
    let share = percent(total, memory);
    if residents.iter().any(|resident| resident.memory != memory) || share <= 53 {
        return;
    }
    let last = &residents[residents.len() - 1];
    let size = context.text(last.heap.option.value_span);
    let mut report = findings
        .report(
            last.heap.option.value_span,
            format!("heap {size} and those of the other nodes on this machine are {share}% of {memory}: leave half for the file system cache and off-heap buffers"),
        )
        .severity(if share >= 90 { Severity::Error } else { Severity::Warning });
    for other in &residents[..residents.len() - 1] {
        report = report.label(other.heap.option.value_span, "on the same machine");
    }
}
