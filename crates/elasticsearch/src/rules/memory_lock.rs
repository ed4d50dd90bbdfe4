//! Memory locking that the container does not allow.

use crate::edits::insert_below;
use crate::model::Elasticsearch;
use crate::node::{Carrier, Container, LockLimit, Node};
use crate::settings::Setting;
use confvet_core::units::ByteSize;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Spanned};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/memory-lock", check };

const KEYS: &[&str] = &["bootstrap.memory_lock", "bootstrap.mlockall"];

/// `ulimits` below the image's line, where the service has none.
fn unlock(container: &Container, context: &Context<'_>) -> Option<Edit> {
    let image = container.image.filter(|_| !container.states_limits)?;
    insert_below(image, context.sources, &["ulimits:", "  memlock:", "    soft: -1", "    hard: -1"])
}

/// The unit lets the process lock less than its heap.
fn report_limit(
    node: &Node,
    setting: &Setting,
    limit: &Spanned<LockLimit>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let LockLimit::Bytes(bytes) = limit.value else { return };
    let options = node.jvm_options();
    let jdks = options.jdks(&node.known_jdks(context));
    let heap = jdks.iter().filter_map(|&jdk| options.heap(jdk).maximum).map(|heap| heap.size).max();
    // Whatever the heap is, it is no smaller than this.
    if bytes >= heap.unwrap_or(ByteSize::mib(128)) {
        return;
    }
    let of = heap.map_or_else(|| "the heap".to_owned(), |heap| format!("the heap of {heap}"));
    let effect = if node.in_production() { "bootstrap check fails" } else { "nothing is locked" };
    findings
        .report(
            setting.value_span,
            format!("memory_lock is requested but the limit of locked memory is {bytes}, less than {of}: {effect}"),
        )
        .label(limit.span, "the limit")
        .severity(if node.in_production() { Severity::Error } else { Severity::Warning })
        .help("set `LimitMEMLOCK=infinity` in a drop-in of the unit");
}

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    // Pods take the limit of their machine's container runtime, which is not here.
    for node in model.sound_nodes().filter(|node| !matches!(node.carrier, Carrier::Kubernetes | Carrier::ConfigMap)) {
        let setting = node.first_of(KEYS);
        let locks = KEYS.iter().any(|key| node.is_true(key));
        if let (Some(container), Some(setting), true) = (&node.container, setting, locks) {
            if !container.may_lock_memory {
                let service = node.label.as_ref().map_or("the service", |label| label.value.as_str());
                let effect = if node.in_production() { "bootstrap check fails" } else { "nothing is locked" };
                findings
                    .report(
                        setting.value_span,
                        format!("memory_lock is requested but {service} has no memlock ulimit of -1: {effect}"),
                    )
                    .severity(if node.in_production() { Severity::Error } else { Severity::Warning })
                    .help("add `ulimits: {memlock: {soft: -1, hard: -1}}` to the service")
                    .suggest_as(Safety::Safe, "let the service lock memory", unlock(container, context));
            }
        } else if locks && let (Some(setting), Some(limit)) = (setting, &node.lock_limit) {
            report_limit(node, setting, limit, context, findings);
        } else if node.carrier == Carrier::Files
            && !locks
            && node.in_production()
            && !node.is_dev(context)
            && setting.is_none_or(|_| KEYS.iter().any(|key| node.bool(key) == Some(false)))
            && let Some(anchor) = setting
                .map(|setting| setting.value_span)
                .or_else(|| node.anchor(&["cluster.name"]).map(|anchor| anchor.key_span))
        {
            findings
                .report(anchor, "memory is not locked: a swapped-out heap page stalls the collector for seconds")
                .severity(Severity::Info)
                .category(Category::Performance)
                .help("set bootstrap.memory_lock: true and raise the memlock limit, or switch swap off");
        }
    }
}
