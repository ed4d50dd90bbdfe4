//! An even number of master-eligible nodes tolerates no more failures than one less.

use crate::cluster::Directory;
use crate::model::Elasticsearch;
use confvet_core::{Context, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/even-master-count", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let masters = cluster.master_count();
        let exempt = cluster.peers.iter().any(|peer| peer.node.is_dev(&peer.context(context)) || peer.node.is_open());
        if !masters.certain || masters.count == 0 || masters.count % 2 == 1 || exempt {
            continue;
        }
        let nodes: Vec<_> = cluster.masters().collect();
        let Some((last, others)) = nodes.split_last() else { continue };
        let count = masters.count;
        let effect = if count == 2 {
            "one loss leaves no majority".to_owned()
        } else {
            format!("{count} tolerate no more failures than {}", count - 1)
        };
        let anchor = |keys: &[&str], node: &crate::node::Node| -> Option<confvet_core::Span> {
            let label = node.label.as_ref().map(|label| label.span);
            node.first_of(keys).map(|setting| setting.value_span).or(label)
        };
        let keys = ["node.roles", "node.master", "node.name"];
        let Some(span) = anchor(&keys, last.node) else { continue };
        let mut report = findings
            .report(span, format!("{count} master-eligible nodes: {effect}"))
            .severity(if count == 2 { Severity::Warning } else { Severity::Info })
            .help("have three master-eligible nodes; the third may be voting-only");
        for other in others {
            if let Some(span) = anchor(&["node.name"], other.node) {
                report = report.label(span, "master-eligible too");
            }
        }
    }
}
