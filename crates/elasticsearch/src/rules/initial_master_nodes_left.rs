//! The list for the first start is still there, or stands where it does nothing.

use crate::cluster::Directory;
use crate::model::Elasticsearch;
use crate::node::{Carrier, INITIAL_MASTER_KEYS};
use confvet_core::{Context, Fact, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/initial-master-nodes-left", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let mut said = false;
        for peer in cluster.sound().filter(|peer| peer.node.carrier == Carrier::Files) {
            let node = peer.node;
            let Some(setting) =
                node.first_of(INITIAL_MASTER_KEYS).filter(|_| node.release.is_from(7, 0) && !node.is_single_node())
            else {
                continue;
            };
            let key = &setting.key;
            let bootstrapped = peer.member.facts.bool(Fact::EsBootstrapped);
            let (message, severity) = if node.is_master_eligible() == Some(false) {
                (format!("{key} on a node that is not master-eligible does nothing"), Severity::Warning)
            } else if bootstrapped == Some(true) {
                (format!("{key} is for the first start only; remove it once the cluster has formed"), Severity::Warning)
            } else if bootstrapped.is_none() && !said {
                said = true;
                (format!("{key} is for the first start only; remove it once the cluster has formed"), Severity::Info)
            } else {
                continue;
            };
            let report = findings.report(setting.key_span, message).severity(severity);
            if let Some(edit) = setting.delete(context.sources).filter(|_| severity == Severity::Warning) {
                report.suggest("delete it", [edit]);
            }
        }
    }
}
