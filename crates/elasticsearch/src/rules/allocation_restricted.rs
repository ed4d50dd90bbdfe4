//! Settings of maintenance that were left in the file, and awareness of attributes that nobody has.

use crate::cluster::{Cluster, Directory};
use crate::model::Elasticsearch;
use crate::node::Node;
use crate::settings::Setting;
use confvet_core::{Category, Context, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/allocation-restricted", check };

const AWARENESS: &str = "cluster.routing.allocation.awareness.attributes";
const FORCED: &str = "cluster.routing.allocation.awareness.force.";

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        for peer in cluster.sound() {
            report_switches(peer.node, context, findings);
            report_awareness(&cluster, peer.node, findings);
            report_others(peer.node, findings);
        }
        report_forced_values(&cluster, findings);
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
            .help("remove the line: maintenance belongs into the cluster settings API, where it ends with the maintenance")
            .suggest("remove the line", setting.delete(context.sources));
    }
}

/// `node.attr.zone`; before 5.0 `node.zone`.
fn attribute<'n>(node: &'n Node, name: &str) -> Option<&'n Setting> {
    let prefix = if node.release.is_before(5, 0) { "node." } else { "node.attr." };
    node.get(&format!("{prefix}{name}"))
}

fn report_awareness(cluster: &Cluster<'_>, node: &Node, findings: &mut Findings) {
    let Some(setting) = node.get(AWARENESS).filter(|setting| !setting.is_open()) else {
        return;
    };
    if node.is_managed() || node.is_open() {
        return;
    }
    let is_data = node.is_data() == Some(true);
    for name in setting.items() {
        // Operators and `-E` arguments set this one for every pod.
        if name.text == "k8s_node_name" || attribute(node, &name.text).is_some() {
            continue;
        }
        let message = if is_data {
            format!("awareness attribute {} is not defined on this node", name.text)
        } else if cluster.is_closed() && !cluster.peers.iter().any(|peer| attribute(peer.node, &name.text).is_some()) {
            format!("awareness attribute {} is not defined on any node of the cluster", name.text)
        } else {
            continue;
        };
        let prefix = if node.release.is_before(5, 0) { "node." } else { "node.attr." };
        findings
            .report(name.span, message)
            .severity(Severity::Error)
            .category(Category::Outage)
            .help(format!("set {prefix}{}: a data node without it receives no shards", name.text));
    }
}

/// `…awareness.force.zone.values: a, b`: copies for a value that no node has are never placed.
fn report_forced_values(cluster: &Cluster<'_>, findings: &mut Findings) {
    if !cluster.is_closed() {
        return;
    }
    for node in cluster.sound().map(|peer| peer.node).filter(|node| !node.is_managed()) {
        for setting in node.below(FORCED).filter(|setting| !setting.is_open()) {
            let name = setting.key.strip_prefix(FORCED).and_then(|rest| rest.strip_suffix(".values"));
            let Some(name) = name else { continue };
            let theirs: Vec<&Setting> = cluster.peers.iter().filter_map(|peer| attribute(peer.node, name)).collect();
            if theirs.iter().any(|attribute| attribute.is_open()) {
                continue;
            }
            for value in setting.items() {
                if !theirs.iter().any(|attribute| attribute.text() == value.text.as_str()) {
                    findings
                        .report(
                            value.span,
                            format!("no node of the cluster has {name} `{}`: its copies are never placed", value.text),
                        )
                        .severity(Severity::Warning)
                        .category(Category::Outage)
                        .help("list the values that nodes have");
                }
            }
        }
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
        let exempt = key == "node.store.allow_mmap" && node.is_contained();
        if let Some(setting) = node.get(key).filter(|_| node.bool(key) == Some(false) && !exempt) {
            findings
                .report(setting.value_span, message)
                .severity(severity)
                .category(if severity == Severity::Warning { Category::Security } else { Category::Performance });
        }
    }
}
