//! `discovery.type: single-node` beside what contradicts it, or a discovery type that does not exist.

use crate::cluster::{Cluster, Directory, Peer};
use crate::model::Elasticsearch;
use crate::node::{INITIAL_MASTER_KEYS, Node};
use crate::settings::Scalar;
use confvet_core::{Category, Context, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/single-node-conflict", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        for peer in cluster.sound() {
            let Some(kind) = peer.node.text("discovery.type") else { continue };
            if kind.text == "single-node" {
                report_single(&cluster, peer, kind, context, findings);
            } else {
                report_unknown(peer.node, kind, findings);
            }
        }
    }
}

fn report_single(cluster: &Cluster<'_>, peer: Peer<'_>, kind: &Scalar, context: &Context<'_>, findings: &mut Findings) {
    let node = peer.node;
    let from_7 = node.release.is_from(7, 0);
    let severity = node.release.temper(Severity::Error);
    if let Some(initial) = node.first_of(INITIAL_MASTER_KEYS).filter(|_| from_7) {
        let report = findings
            .report(kind.span, format!("discovery.type: single-node cannot be combined with {}", initial.key))
            .label(initial.key_span, "refused beside it")
            .severity(severity)
            .category(if severity == Severity::Error { Category::Invalid } else { Category::Outage })
            .help("for one node delete the list; for a cluster delete discovery.type");
        if let Some(edit) = initial.delete(context.sources) {
            report.suggest("delete the list of initial masters", [edit]);
        }
        return;
    }
    if from_7 && node.is_master_eligible() == Some(false) {
        findings
            .report(kind.span, "discovery.type: single-node on a node that is not master-eligible: it refuses to start")
            .severity(severity)
            .category(if severity == Severity::Error { Category::Invalid } else { Category::Outage });
        return;
    }
    let others: Vec<Peer<'_>> =
        cluster.peers.iter().copied().filter(|other| !other.is(peer) && belongs(peer, *other)).collect();
    if let Some(other) = others.first() {
        let names = if others.len() == 1 {
            "1 other node names".to_owned()
        } else {
            format!("{} other nodes name", others.len())
        };
        let report = findings
            .report(
                kind.span,
                format!("discovery.type: single-node makes this node refuse all others, but {names} this cluster"),
            )
            .severity(severity)
            .category(Category::Outage)
            .help("delete discovery.type");
        let report = match other.node.anchor(&["cluster.name"]) {
            Some(anchor) => report.label(anchor.key_span, "another node of the cluster"),
            None => report,
        };
        if let Some(edit) = node.get("discovery.type").and_then(|setting| setting.delete(context.sources)) {
            report.suggest("delete discovery.type", [edit]);
        }
    } else if let Some(seeds) = node.seed_setting().filter(|_| node.remote_seeds().next().is_some()) {
        findings
            .report(kind.span, "discovery.type: single-node ignores the seed hosts")
            .label(seeds.key_span, "ignored")
            .severity(Severity::Warning)
            .category(Category::Outage)
            .help("for a cluster delete discovery.type; for one node delete the seed hosts");
    }
}

/// Two single nodes of one name are two examples; a member of a cluster is not single. Files that bear the name of every
/// image or of every node by default need not have to do with each other.
fn belongs(peer: Peer<'_>, other: Peer<'_>) -> bool {
    if other.node.file == peer.node.file {
        return peer.own_cluster_name().is_some();
    }
    let named = peer.own_cluster_name().is_some_and(|name| !matches!(name, "elasticsearch" | "docker-cluster"));
    named && !other.node.is_single_node()
}

/// The discovery types of a release. Plugins may bring others.
fn known_types(node: &Node) -> &'static [&'static str] {
    let release = &node.release;
    if release.is_opensearch() || !release.is_stated() {
        &["zen", "single-node", "multi-node", "ec2", "gce", "azure"]
    } else if release.is_from(9, 0) {
        &["multi-node", "single-node"]
    } else if release.is_from(8, 0) {
        &["multi-node", "zen", "single-node"]
    } else if release.is_from(6, 0) {
        &["zen", "single-node"]
    } else {
        &["zen", "single-node", "ec2", "gce", "azure", "local", "none"]
    }
}

fn report_unknown(node: &Node, kind: &Scalar, findings: &mut Findings) {
    let known = known_types(node);
    if known.contains(&kind.text.as_str()) || node.release.is_before(5, 0) {
        return;
    }
    let has_plugin = node
        .get("plugin.mandatory")
        .is_some_and(|plugins| plugins.items().iter().any(|plugin| plugin.text.starts_with("discovery-")));
    let certain = !has_plugin && node.release.is_stated() && !node.release.is_opensearch();
    findings
        .report(
            kind.span,
            format!("unknown discovery type `{}`: {} knows {}", kind.text, node.release, known.join(", ")),
        )
        .severity(if certain { Severity::Error } else { Severity::Warning })
        .category(if certain { Category::Invalid } else { Category::Outage });
}
