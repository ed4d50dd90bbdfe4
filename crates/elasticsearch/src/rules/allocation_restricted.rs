//! Settings of maintenance that were left in the file, and awareness of attributes that nobody has.

use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/allocation-restricted", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes() {
        report_switches(node, context, findings);
        report_awareness(node, findings);
        report_others(node, findings);
    }
}

fn report_switches(node: &Node, context: &Context<'_>, findings: &mut Findings) {
    for (key, what) in
        [("cluster.routing.allocation.enable", "allocation"), ("cluster.routing.rebalance.enable", "rebalancing")]
    {
        let Some(setting) = node.get(key) else { continue };
        let restricted = node.text(key).filter(|value| !value.text.eq_ignore_ascii_case("all"));
        let Some(value) = restricted.filter(|_| setting.line_comment(context.sources).is_none()) else { continue };
        findings
            .report(value.span, format!("{what} is {} for the whole cluster from this file", value.text))
            .severity(Severity::Warning)
            .help("remove the line: maintenance belongs into the cluster settings API, where it ends with the maintenance");
    }
}

fn report_awareness(node: &Node, findings: &mut Findings) {
    let Some(setting) =
        node.get("cluster.routing.allocation.awareness.attributes").filter(|setting| !setting.is_open())
    else {
        return;
    };
    if node.is_managed() || node.is_open() || node.is_data() != Some(true) {
        return;
    }
    let prefix = if node.release.is_before(5, 0) { "node." } else { "node.attr." };
    for attribute in setting.items() {
        // Operators and `-E` arguments set this one for every pod.
        if attribute.text == "k8s_node_name" || node.get(&format!("{prefix}{}", attribute.text)).is_some() {
            continue;
        }
        findings
            .report(attribute.span, format!("awareness attribute {} is not defined on this node", attribute.text))
            .severity(Severity::Error)
            .category(Category::Outage)
            .help(format!("set {prefix}{}: a data node without it receives no shards", attribute.text));
    }
}

fn report_others(node: &Node, findings: &mut Findings) {
    if let Some(value) = node.integer("cluster.max_shards_per_node").filter(|value| value.value > 3000) {
        findings
            .report(value.span, format!("{} shards a node: each costs heap, however small it is", value.value))
            .severity(Severity::Info)
            .category(Category::Performance);
    }
    for (key, message, severity) in [
        (
            "bootstrap.system_call_filter",
            "the system call filter is off: a break-in may start any program",
            Severity::Warning,
        ),
        ("node.store.allow_mmap", "memory-mapped files are off: searches are slower", Severity::Info),
    ] {
        let container = node.container.is_some() || node.is_managed();
        let exempt = key == "node.store.allow_mmap" && container;
        if let Some(setting) = node.get(key).filter(|_| node.bool(key) == Some(false) && !exempt) {
            findings
                .report(setting.value_span, message)
                .severity(severity)
                .category(if severity == Severity::Warning { Category::Security } else { Category::Performance });
        }
    }
}
