//! A node that dials others and listens only to itself.

use crate::cluster::Directory;
use crate::model::Elasticsearch;
use crate::node::{Binding, Carrier, SEED_KEYS, Server};
use confvet_core::{Context, Edit, Findings, Rule, Set};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/loopback-in-cluster", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        for peer in cluster.sound().filter(|peer| peer.node.carrier == Carrier::Files && !peer.node.is_single_node()) {
            let node = peer.node;
            // Before 2.0 a node listened everywhere by itself.
            if node.release.is_before(2, 0) {
                continue;
            }
            let Some(first) = node.remote_seeds().next() else { continue };
            let count = node.remote_seeds().count();
            let (host, span, edit) = match node.binding(Server::Transport) {
                Binding::Loopback(host) => {
                    let exact = context.text(host.content) == host.text.as_str();
                    let edit = exact.then(|| Edit::replace(host.content, "_site_"));
                    (host.text.to_string(), host.span, edit)
                }
                Binding::Unset => {
                    let Some(setting) = node.first_of(SEED_KEYS) else { continue };
                    let edit = node.insert_beside(setting, context.sources, "network.host: _site_");
                    ("loopback by default".to_owned(), setting.key_span, edit)
                }
                Binding::Image | Binding::Reachable(_) | Binding::Unknown => continue,
            };
            let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
            findings
                .report(
                    span,
                    format!("transport is bound to {host}: {}{more} cannot reach this node", first.scalar.text),
                )
                .help("set network.host to `_site_` or to the address of the node")
                .suggest("bind to the site-local address", edit);
        }
    }
}
