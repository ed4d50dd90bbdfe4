//! A heap just above the limit up to which HotSpot compresses object pointers holds less than one just below it.

use crate::jvm::HeapSetting;
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::units::ByteSize;
use confvet_core::{Context, Edit, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-heap-compressed-oops", check };

/// Up to here compressed pointers need no base to be added, measured with every JDK and collector.
const ZERO_BASED: ByteSize = ByteSize::mib(30720);

/// The smallest and the largest limit of the JDKs that are possible.
struct Limits {
    least: ByteSize,
    most: ByteSize,
}

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in &model.nodes {
        let options = node.jvm_options();
        let known = node.known_jdks(context);
        let mut heaps: Vec<(HeapSetting<'_>, Limits)> = Vec::new();
        for jdk in options.jdks(&known) {
            let (Some(maximum), Some(limit)) = (options.heap(jdk).maximum, options.compressed_limit(jdk)) else {
                continue;
            };
            match heaps.iter_mut().find(|(known, _)| known.option.value_span == maximum.option.value_span) {
                Some((_, limits)) => {
                    limits.least = limits.least.min(limit);
                    limits.most = limits.most.max(limit);
                }
                None => heaps.push((maximum, Limits { least: limit, most: limit })),
            }
        }
        for (maximum, mut limits) in heaps {
            if !known.is_empty() {
                limits.most = limits.least;
            }
            report(node, maximum, &limits, context, findings);
        }
    }
}

fn report(node: &Node, maximum: HeapSetting<'_>, limits: &Limits, context: &Context<'_>, findings: &mut Findings) {
    let span = maximum.option.value_span;
    let size = context.text(span);
    if maximum.size > limits.most {
        let useless_and_too_large = node.memory(context).is_some_and(|(memory, _)| memory.0 / 2 < maximum.size.0);
        findings
            .report(
                span,
                format!(
                    "-Xmx{size} is above the compressed-pointer limit ({}): every object reference doubles, so it \
                     holds no more than about {} with compressed pointers",
                    mebibytes(limits.most),
                    gibibytes(usable(maximum.size)),
                ),
            )
            .severity(if useless_and_too_large { Severity::Error } else { Severity::Warning })
            .help("set -Xms and -Xmx to 31g; 30g keeps pointers zero-based, 26g does on practically every system")
            .suggest("set the heap to 31g", heap_edits(node, "31g", context));
    } else if maximum.size > limits.least {
        findings
            .report(
                span,
                format!(
                    "-Xmx{size} is above the compressed-pointer limit of G1 on JDK 21 ({})",
                    mebibytes(limits.least)
                ),
            )
            .severity(Severity::Info)
            .help("31g is below the limit of every JDK");
    } else if maximum.size > ZERO_BASED && limits.most <= ByteSize::mib(32766) {
        findings
            .report(
                span,
                format!("-Xmx{size} keeps pointers compressed but no longer zero-based: each access adds a base"),
            )
            .severity(Severity::Info)
            .help("30g or less keeps them zero-based");
    }
}

/// What the heap holds, in terms of one with compressed pointers: it takes 40 to 50 GB to hold what fits just below 32.
fn usable(heap: ByteSize) -> ByteSize {
    heap.percent(70)
}

fn mebibytes(size: ByteSize) -> String {
    format!("{}m", size.0 / ByteSize::MIB)
}

fn gibibytes(size: ByteSize) -> String {
    format!("{}g", (size.0 + ByteSize::GIB / 2) / ByteSize::GIB)
}

/// Replaces every size of the heap that is above the limit too.
fn heap_edits(node: &Node, size: &str, context: &Context<'_>) -> Vec<Edit> {
    let above = |size: ByteSize| size > ByteSize::gib(31);
    let mut spans: Vec<Span> = node
        .jvm_options()
        .all()
        .filter(|(_, option)| option.heap().is_some_and(|(_, size)| above(size)))
        .map(|(_, option)| option.value_span)
        .filter(|span| !context.text(*span).contains('-'))
        .collect();
    spans.dedup();
    spans.into_iter().map(|span| Edit::replace(span, size)).collect()
}
