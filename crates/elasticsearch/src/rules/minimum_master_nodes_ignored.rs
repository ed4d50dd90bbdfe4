//! The guard against split brain of 6.x, in a version that does not look at it.

use crate::cluster::Directory;
use crate::model::Elasticsearch;
use crate::node::MINIMUM_MASTERS;
use confvet_core::{Category, Context, Findings, Rule, Safety, Set, Severity};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/minimum-master-nodes-ignored", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let old = cluster.peers.iter().find(|peer| peer.node.release.is_stated() && peer.node.release.is_before(7, 0));
        for node in cluster.peers.iter().map(|peer| peer.node).filter(|node| node.release.is_from(7, 0)) {
            let sound = |setting: &_| node.has_sound_home(setting);
            let Some(setting) = node.get(MINIMUM_MASTERS).filter(|setting| sound(setting)) else { continue };
            let refused = node.release.is_from(8, 0);
            let fate = if refused { "refused since 8.0" } else { "ignored in 7.x" };
            let severity = match old {
                // A rolling upgrade: the nodes that still run 6.x look at it.
                Some(_) if !refused => Severity::Info,
                _ if refused => node.release.temper(Severity::Error),
                _ => Severity::Warning,
            };
            let category = if severity == Severity::Error { Category::Invalid } else { Category::Maintainability };
            let report = findings
                .report(setting.key_span, format!("minimum_master_nodes is {fate}: the voting configuration decides"))
                .severity(severity)
                .category(category)
                .help("delete the line; what has to be right is cluster.initial_master_nodes at the first start");
            let report = match old.and_then(|peer| peer.node.get(MINIMUM_MASTERS)) {
                Some(theirs) => report.label(theirs.key_span, "still looked at on this node"),
                None => report,
            };
            if let Some(edit) = setting.delete(context.sources) {
                report.suggest_as(Safety::Safe, "delete the line", [edit]);
            }
        }
    }
}
