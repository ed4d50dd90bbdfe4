//! A node that dials others and listens only to itself.

use crate::cluster::Directory;
use crate::model::Elasticsearch;
use crate::node::{Binding, Carrier, SEED_KEYS, Server};
use confvet_core::{Context, Findings, Rule, Set};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/loopback-in-cluster", check };

fn check(set: &Set<Elasticsearch>, _: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        for peer in cluster.sound().filter(|peer| peer.node.carrier == Carrier::Files && !peer.node.is_single_node()) {
            let node = peer.node;
            // Before 2.0 a node listened everywhere by itself.
            if node.release.is_before(2, 0) {
                continue;
            }
            let seeds = node.remote_seeds();
            let Some(first) = seeds.first() else { continue };
            let (host, span) = match node.binding(Server::Transport) {
                Binding::Loopback(host) => (host.text.to_string(), host.span),
                Binding::Unset => {
                    let Some(setting) = node.first_of(SEED_KEYS) else { continue };
                    ("loopback by default".to_owned(), setting.key_span)
                }
                Binding::Image | Binding::Reachable(_) | Binding::Unknown => continue,
            };
            let more = if seeds.len() > 1 { format!(" and {} more", seeds.len() - 1) } else { String::new() };
            findings
                .report(
                    span,
                    format!("transport is bound to {host}: {}{more} cannot reach this node", first.scalar.text),
                )
                .help("set network.host to `_site_` or to the address of the node");
        }
    }
}
