//! A cluster without a node that may become master, or without one that holds ordinary indices.

use crate::cluster::Directory;
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::{Context, Findings, Report, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/no-master-or-data-node", check };

fn check(set: &Set<Elasticsearch>, _: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let nodes: Vec<&Node> = cluster.peers.iter().map(|peer| peer.node).collect();
        if !cluster.master_count().certain
            || nodes.iter().any(|node| node.is_data().is_none() || node.is_single_node() || node.is_open())
        {
            continue;
        }
        let places: Vec<Span> = nodes.iter().filter_map(|node| roles_span(node)).collect();
        let Some(&first) = places.first() else { continue };
        let name = cluster.name;
        if cluster.master_count().count == 0 {
            let report = findings
                .report(first, format!("no node of cluster {name} can become master"))
                .severity(Severity::Error);
            with_places(report, &places).help("give at least one node, better three, the role master");
        }
        if !nodes.iter().any(|node| node.is_data() == Some(true)) {
            let report =
                findings.report(first, format!("no node of cluster {name} holds data")).severity(Severity::Warning);
            with_places(report, &places).help("give at least one node the role data");
        } else if nodes.iter().all(|node| node.release.is_from(7, 10) && !holds_content(node)) {
            let report = findings
                .report(first, "no node has data or data_content: indices outside data streams stay unassigned")
                .severity(Severity::Warning);
            with_places(report, &places).help("add data_content to the roles of a node with a data tier");
        }
    }
}

/// Where the node says what it is.
fn roles_span(node: &Node) -> Option<Span> {
    let setting = node.first_of(&["node.roles", "node.master", "node.data"])?;
    Some(setting.value_span)
}

fn holds_content(node: &Node) -> bool {
    match node.roles() {
        Some(roles) => roles.iter().any(|role| matches!(role.text.as_str(), "data" | "data_content")),
        None => node.is_data() == Some(true),
    }
}

fn with_places<'r>(report: Report<'r>, places: &[Span]) -> Report<'r> {
    places.iter().skip(1).take(8).fold(report, |report, place| report.label(*place, ""))
}
