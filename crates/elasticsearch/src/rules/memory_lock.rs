//! Memory locking that the container does not allow.

use crate::model::Elasticsearch;
use crate::node::Carrier;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/memory-lock", check };

const KEYS: &[&str] = &["bootstrap.memory_lock", "bootstrap.mlockall"];

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes() {
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
                    .help("add `ulimits: {memlock: {soft: -1, hard: -1}}` to the service");
            }
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
