//! Bound to a real address, but told nothing about other nodes.

use crate::cluster::Directory;
use crate::model::Elasticsearch;
use crate::node::{Binding, Node, SEED_KEYS, Server};
use confvet_core::{Context, Findings, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/discovery-not-configured", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let alone = cluster.peers.len() < 2;
        for peer in cluster.sound().filter(|peer| peer.node.in_production() && !is_configured(peer.node)) {
            let node = peer.node;
            let Some((host, span)) = bound_to(node) else { continue };
            if node.release.is_from(7, 0) {
                let single = || {
                    let anchor = node.settings().find(|setting| setting.value_span.contains(span))?;
                    node.insert_beside(anchor, context.sources, "discovery.type: single-node")
                };
                findings
                    .report(span, format!("bound to {host} without discovery settings: bootstrap check fails since 7.0"))
                    .severity(node.release.temper(Severity::Error))
                    .help("for one node set `discovery.type: single-node`; for several set discovery.seed_hosts and, for the first start, cluster.initial_master_nodes")
                    .suggest("run it as a single node", single().filter(|_| alone));
            } else if node.release.is_before(7, 0) && !alone {
                findings
                    .report(span, format!("bound to {host} without seed hosts: this node finds none of the others and forms a cluster of its own"))
                    .severity(Severity::Warning)
                    .help("list the master-eligible nodes in discovery.zen.ping.unicast.hosts");
            }
        }
    }
}

fn is_configured(node: &Node) -> bool {
    node.is_open()
        || node.has_dynamic_discovery()
        || SEED_KEYS.iter().any(|key| node.means(key))
        || node.means("discovery.seed_providers")
        || node.means("cluster.initial_master_nodes")
        || node.means("cluster.initial_cluster_manager_nodes")
        || (node.release.is_opensearch() && node.get("discovery.type").is_some())
}

fn bound_to(node: &Node) -> Option<(String, Span)> {
    match node.binding(Server::Transport) {
        Binding::Reachable(host) => Some((host.text.to_string(), host.span)),
        Binding::Image => {
            let image = node.container.as_ref()?.image?;
            Some(("all interfaces by the image".to_owned(), image))
        }
        Binding::Unset | Binding::Loopback(_) | Binding::Unknown => None,
    }
}
