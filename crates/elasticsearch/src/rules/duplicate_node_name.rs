//! Two nodes of one cluster that share what must be their own: name, address, data directory.

use crate::cluster::{Directory, Peer};
use crate::model::Elasticsearch;
use crate::node::{Carrier, INITIAL_MASTER_KEYS, Node, Server};
use confvet_core::{Address, Context, Findings, Map, Rule, Set, Severity, source};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/duplicate-node-name", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let nodes: Vec<Peer<'_>> = cluster.sound().collect();
        report_names(&nodes, context, findings);
        report_addresses(&nodes, context, findings);
        report_data_paths(&nodes, context, findings);
        for peer in &nodes {
            report_ports(peer.node, findings);
        }
    }
}

fn report_names(nodes: &[Peer<'_>], context: &Context<'_>, findings: &mut Findings) {
    let mut first: Map<&str, Peer<'_>> = Map::new();
    for &peer in nodes {
        let Some(name) = peer.node.name() else { continue };
        let Some(earlier) = first.get(name.text.as_str()).copied() else {
            first.insert(&name.text, peer);
            continue;
        };
        // One file of settings that several services share names all of them alike.
        if earlier.node.name().is_some_and(|other| other.span == name.span) {
            continue;
        }
        let by_name = [earlier, peer]
            .iter()
            .any(|peer| peer.node.first_of(INITIAL_MASTER_KEYS).is_some() && peer.node.release.is_from(7, 0));
        let same_address = peer.has_address_of(earlier);
        let report = findings
            .report(name.span, format!("node.name `{}` is also used in {}", name.text, earlier.place(context)))
            .severity(if by_name || same_address { Severity::Error } else { Severity::Warning });
        if let Some(other) = earlier.node.name() {
            report.label(other.span, "the same name");
        }
    }
}

fn report_addresses(nodes: &[Peer<'_>], context: &Context<'_>, findings: &mut Findings) {
    let mut first: Map<(Address, u16), Peer<'_>> = Map::new();
    for &peer in nodes.iter().filter(|peer| peer.node.container.is_none()) {
        for server in [Server::Transport, Server::Http] {
            let Some(port) = peer.node.port(server) else { continue };
            let Some(address) = peer.node.addresses().first() else { continue };
            let place = (address.value.clone(), port);
            let Some(earlier) = first.get(&place).copied() else {
                first.insert(place, peer);
                continue;
            };
            if earlier.is(peer) {
                continue;
            }
            findings
                .report(
                    address.span,
                    format!("{} with port {port} is also used in {}", address.value, earlier.place(context)),
                )
                .severity(Severity::Error)
                .help("give each node on one machine ports of its own");
            break;
        }
    }
}

/// Nodes on one machine that write to one directory: the second cannot lock it.
fn report_data_paths(nodes: &[Peer<'_>], context: &Context<'_>, findings: &mut Findings) {
    let mut first: Map<String, Vec<Peer<'_>>> = Map::new();
    for &peer in nodes.iter().filter(|peer| peer.node.carrier == Carrier::Files) {
        let node = peer.node;
        let Some(setting) = node.get("path.data").filter(|setting| !setting.is_open()) else { continue };
        // Up to 7.17 several nodes may share a directory when this says so.
        let shared = node.release.is_before(8, 0)
            && node.integer("node.max_local_storage_nodes").is_some_and(|most| most.value >= 2);
        for path in setting.items() {
            let users = first.or_default(source::join("", &path.text));
            let earlier = users.iter().find(|earlier| earlier.is_on_machine_of(peer)).copied();
            users.push(peer);
            let Some(earlier) = earlier else { continue };
            let report = findings
                .report(path.span, format!("path.data `{}` is also used in {}", path.text, earlier.place(context)))
                .severity(if shared { Severity::Info } else { Severity::Error })
                .help("give each node on one machine a data directory of its own");
            if let Some(other) = earlier.node.get("path.data") {
                report.label(other.value_span, "the same directory");
            }
        }
    }
}

fn report_ports(node: &Node, findings: &mut Findings) {
    let (Some(http), Some(transport)) = (node.port(Server::Http), node.port(Server::Transport)) else { return };
    let keys = ["transport.port", "transport.tcp.port"];
    let (Some(first), Some(second)) = (node.get("http.port"), node.first_of(&keys)) else { return };
    if http == transport && http != 0 {
        findings
            .report(second.value_span, format!("http.port and {} are both {http}", second.key))
            .label(first.value_span, "http.port")
            .severity(Severity::Error)
            .help("the second server cannot bind: use 9200 and 9300");
    }
}
