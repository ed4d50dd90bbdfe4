//! A heap that was never sized: the shipped default, or what a legacy role key makes of automatic sizing.

use crate::jvm::JvmSource;
use crate::model::Elasticsearch;
use crate::node::{LEGACY_ROLES, Node};
use confvet_core::units::ByteSize;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-heap-too-small", check };

/// HotSpot starts with no less than this.
const LEAST: ByteSize = ByteSize::mib(2);

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in &model.nodes {
        let options = node.jvm_options();
        let mut heaps: Vec<_> =
            options.jdks(&node.known_jdks(context)).iter().filter_map(|&jdk| options.heap(jdk).maximum).collect();
        heaps.dedup_by_key(|heap| heap.option.span);
        for heap in heaps {
            let span = heap.option.value_span;
            let size = context.text(span);
            let memory = node.memory(context).map(|(memory, _)| memory);
            if heap.size < ByteSize::mib(128) {
                let refused = heap.size < LEAST;
                findings
                    .report(
                        span,
                        format!(
                            "heap {size}: {}",
                            if refused {
                                "the JVM refuses less than 2m"
                            } else {
                                "the node runs out of memory while it starts"
                            }
                        ),
                    )
                    .severity(Severity::Error)
                    .category(if refused { Category::Invalid } else { Category::Outage })
                    .help("a size without a letter counts bytes; write for example `4g`");
            } else if node.has_settings() && node.is_dev(context) {
                continue;
            } else if let Some(memory) =
                memory.filter(|memory| *memory >= ByteSize::gib(16) && is_shipped(heap.size) && holds_data(node))
            {
                findings
                    .report(span, format!("heap {size} with {memory} of memory"))
                    .severity(Severity::Warning)
                    .help("this is the size that is shipped; half of the memory, at most 31g, is usual");
            } else if heap.size < ByteSize::gib(1)
                && node.in_production()
                && (holds_data(node) || heap.size < ByteSize::mib(512))
            {
                findings
                    .report(span, format!("heap {size} for a node in production"))
                    .severity(Severity::Warning)
                    .help("give a data node 1g at the very least");
            }
        }
        report_legacy_roles(node, context, findings);
    }
}

fn is_shipped(size: ByteSize) -> bool {
    size == ByteSize::gib(1) || size == ByteSize::gib(2)
}

/// Dedicated masters and coordinating nodes need little.
fn holds_data(node: &Node) -> bool {
    !node.has_settings() || node.is_data() != Some(false)
}

fn report_legacy_roles(node: &Node, context: &Context<'_>, findings: &mut Findings) {
    let sized_by_itself = node.release.is_stated()
        && node.release.is_from(7, 11)
        && node.release.is_before(8, 0)
        && !node.release.is_opensearch();
    let has_files = node.jvm.iter().any(|file| file.source != JvmSource::Environment);
    if !sized_by_itself || !has_files || node.jvm_options().mentions_heap() || node.is_dev(context) {
        return;
    }
    let mut legacy: Vec<_> = LEGACY_ROLES.iter().filter_map(|key| node.get(key)).collect();
    legacy.sort_by_key(|setting| setting.key_span.start);
    if let Some(first) = legacy.first() {
        findings
            .report(first.key_span, format!("{} disables automatic heap sizing: this node runs with 1 GB", first.key))
            .severity(Severity::Warning)
            .help("say the roles in node.roles, or set -Xms and -Xmx")
            .suggest("say the roles in node.roles", node.say_roles(context.sources).unwrap_or_default());
    }
}
