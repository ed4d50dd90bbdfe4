//! Recovery after a full restart waits for more nodes than there are.

use crate::cluster::{Cluster, Directory, Peer};
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::{Category, Context, Edit, Findings, Rule, Set, Severity, Spanned};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/recovery-gates", check };

/// The keys of one kind of node, and which nodes count.
struct Gate {
    recover_after: &'static str,
    expected: &'static str,
    counts: fn(&Node) -> Option<bool>,
    nodes: &'static str,
}

const GATES: &[Gate] = &[
    Gate {
        recover_after: "gateway.recover_after_nodes",
        expected: "gateway.expected_nodes",
        counts: |_| Some(true),
        nodes: "nodes",
    },
    Gate {
        recover_after: "gateway.recover_after_master_nodes",
        expected: "gateway.expected_master_nodes",
        counts: Node::is_master_eligible,
        nodes: "master-eligible nodes",
    },
    Gate {
        recover_after: "gateway.recover_after_data_nodes",
        expected: "gateway.expected_data_nodes",
        counts: Node::is_data,
        nodes: "data nodes",
    },
];

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let closed = cluster.is_closed();
        for gate in GATES {
            let count = if closed { count(&cluster, gate) } else { None };
            for peer in cluster.sound() {
                report(peer, gate, count, context, findings);
            }
        }
    }
}

fn count(cluster: &Cluster<'_>, gate: &Gate) -> Option<i64> {
    let counted = |peer: &Peer<'_>| Some(if (gate.counts)(peer.node)? { i64::from(peer.node.count) } else { 0 });
    cluster.peers.iter().map(counted).sum()
}

/// Replaces what stands as a bare number.
fn set_to(value: &Spanned<i64>, number: i64, context: &Context<'_>) -> Option<Edit> {
    let bare = context.text(value.span).bytes().all(|byte| byte.is_ascii_digit()) && number > 0;
    bare.then(|| Edit::replace(value.span, number.to_string()))
}

fn report(peer: Peer<'_>, gate: &Gate, count: Option<i64>, context: &Context<'_>, findings: &mut Findings) {
    let node = peer.node;
    let positive = |key| node.integer(key).filter(|value| value.value > 0);
    let (recover_after, expected) = (positive(gate.recover_after), positive(gate.expected));
    let many = count.unwrap_or(i64::MAX);
    if let Some(value) = &recover_after {
        if value.value > many {
            findings
                .report(
                    value.span,
                    format!(
                        "{} is {}, but the cluster has {many} {}: recovery never starts",
                        gate.recover_after, value.value, gate.nodes
                    ),
                )
                .severity(Severity::Error)
                .suggest(format!("write {many}"), set_to(value, many, context));
        } else if let Some(expected) = expected.as_ref().filter(|expected| expected.value < value.value) {
            findings
                .report(
                    value.span,
                    format!(
                        "{} is {}, more than the {} of {}",
                        gate.recover_after, value.value, expected.value, gate.expected
                    ),
                )
                .label(expected.span, gate.expected)
                .severity(Severity::Warning)
                .help("recover after fewer nodes than are expected")
                .suggest(format!("write {}", expected.value), set_to(value, expected.value, context));
        }
    }
    let Some(value) = expected else { return };
    if value.value > many {
        findings
            .report(
                value.span,
                format!(
                    "{} is {}, but the cluster has {many} {}: recovery waits for gateway.recover_after_time",
                    gate.expected, value.value, gate.nodes
                ),
            )
            .severity(Severity::Warning)
            .suggest(format!("write {many}"), set_to(&value, many, context));
    } else if !GATES.iter().any(|gate| node.get(gate.recover_after).is_some())
        && node.get("gateway.recover_after_time").is_none()
    {
        findings
            .report(
                value.span,
                format!(
                    "{} alone makes recovery wait for gateway.recover_after_time whenever a node is missing",
                    gate.expected
                ),
            )
            .severity(Severity::Warning)
            .category(Category::Outage)
            .help(format!("set {} too", gate.recover_after));
    }
}
