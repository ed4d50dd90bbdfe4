//! A seed that names the REST port: discovery does not speak HTTP.

use crate::cluster::{Cluster, Directory, Peer};
use crate::model::Elasticsearch;
use crate::node::{Carrier, Seed, Server};
use confvet_core::{Context, Edit, Findings, Rule, Safety, Set};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/seed-host-http-port", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        for peer in cluster.sound() {
            for seed in peer.node.seeds().unwrap_or_default() {
                if is_http(&cluster, peer, seed) {
                    let reached = cluster.reached_by(seed);
                    let port = reached.iter().find_map(|peer| peer.node.port(Server::Transport)).unwrap_or(9300);
                    report(seed, port, context, findings);
                }
            }
        }
    }
    let alone = set.members.iter().flat_map(|member| &member.model().nodes);
    for node in alone.filter(|node| node.carrier == Carrier::SeedFile) {
        for seed in node.seeds().unwrap_or_default().iter().filter(|seed| seed.is_url || seed.port == Some(9200)) {
            report(seed, 9300, context, findings);
        }
    }
}

/// Does the seed dial the port at which its node speaks HTTP?
pub(super) fn is_http(cluster: &Cluster<'_>, peer: Peer<'_>, seed: &Seed) -> bool {
    let Some(port) = seed.port else { return seed.is_url };
    let reached = cluster.reached_by(seed);
    // Without its file a node is taken to be like this one.
    let targets = if reached.is_empty() { vec![peer] } else { reached };
    let transport = targets.iter().any(|target| target.node.port(Server::Transport) == Some(port));
    let http = port == 9200 || targets.iter().any(|target| target.node.port(Server::Http) == Some(port));
    !transport && (http || seed.is_url)
}

/// `port` is the one that the node speaks the transport protocol at.
fn report(seed: &Seed, port: u16, context: &Context<'_>, findings: &mut Findings) {
    let text = &seed.scalar.text;
    let report = findings
        .report(seed.scalar.span, format!("`{text}`: discovery speaks the transport protocol ({port}), not HTTP"))
        .help(format!("name the host alone, or with port {port}"));
    let bare = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let bare = bare.split('/').next().unwrap_or(bare);
    let host = match seed.port {
        Some(port) => bare.strip_suffix(&format!(":{port}")).unwrap_or(bare),
        None => bare,
    };
    let mended = if seed.port.is_some() || port != 9300 { format!("{host}:{port}") } else { host.to_owned() };
    if context.text(seed.scalar.content) == text.as_str() {
        report.suggest_as(Safety::Safe, format!("write `{mended}`"), [Edit::replace(seed.scalar.content, mended)]);
    }
}
