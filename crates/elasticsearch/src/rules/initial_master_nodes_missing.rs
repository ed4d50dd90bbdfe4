//! Seeds are set, and nothing tells a new cluster which nodes are to elect its first master.

use crate::cluster::{Cluster, Directory, Peer};
use crate::model::Elasticsearch;
use crate::node::{INITIAL_MASTER_KEYS, SEED_KEYS};
use confvet_core::{Context, Fact, Findings, Rule, Set, Severity, source};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/initial-master-nodes-missing", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        if let Some(first) = first_waiting(&cluster, context) {
            report(&cluster, first, context, findings);
        }
    }
}

/// The first master-eligible node of a cluster that nothing bootstraps.
fn first_waiting<'a>(cluster: &Cluster<'a>, context: &Context<'a>) -> Option<Peer<'a>> {
    let silent = |peer: &Peer<'a>| {
        let context = peer.context(context);
        let node = peer.node;
        !node.release.is_from(7, 0)
            || node.is_single_node()
            || node.is_managed()
            || node.is_open()
            || node.is_master_eligible().is_none()
            || context.facts.is_true(Fact::EsBootstrapped)
            || INITIAL_MASTER_KEYS.iter().any(|key| node.means(key))
            || joins_later(context.path(node.file))
            || node.documents.iter().any(|document| document.comments(context.sources).any(says_joining))
    };
    if cluster.peers.iter().any(|peer| peer.node.is_broken()) || cluster.peers.iter().any(silent) {
        return None;
    }
    let waits = |peer: &Peer<'a>| peer.node.in_production() && SEED_KEYS.iter().any(|key| peer.node.get(key).is_some());

    cluster.masters().find(waits)
}

/// Does a directory say that the node joins a cluster that exists?
fn joins_later(path: &str) -> bool {
    source::parent(path).split('/').any(|part| matches!(part, "join" | "joining" | "scale-out" | "scaleout"))
}

/// Does a comment say so?
fn says_joining(comment: &str) -> bool {
    let comment = comment.to_ascii_lowercase();
    ["joins", "joining", "scale-out", "scale out", "existing cluster"].iter().any(|words| comment.contains(words))
}

fn report(cluster: &Cluster<'_>, peer: Peer<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(seeds) = peer.node.seed_setting() else { return };
    let masters = cluster.master_count();
    let names: Option<Vec<&str>> = cluster.masters().map(|peer| Some(peer.node.name()?.text.as_str())).collect();
    let report = findings
        .report(
            seeds.key_span,
            "seed hosts are set, so nothing bootstraps a new cluster: set cluster.initial_master_nodes for the first start",
        )
        .severity(if masters.certain { peer.node.release.temper(Severity::Error) } else { Severity::Info })
        .help("list the node.name of each master-eligible node; remove the setting once the cluster has formed");
    if let Some(names) = names.filter(|_| masters.certain && peer.node.container.is_none()) {
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let line = format!("cluster.initial_master_nodes: [{}]", quoted.join(", "));
        if let Some(edit) = seeds.insert_beside(context.sources, &line) {
            report.suggest("name the first masters", [edit]);
        }
    }
}
