//! Nothing keeps two halves of a cluster before 7.0 from electing a master each.

use crate::cluster::{Directory, MasterCount, Peer};
use crate::model::Elasticsearch;
use crate::node::{MINIMUM_MASTERS, SEED_KEYS};
use confvet_core::{Context, Findings, Rule, Safety, Set, Severity};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/minimum-master-nodes-missing", check };

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        let masters = cluster.master_count();
        if masters.certain && masters.count < 2 {
            continue;
        }
        for peer in cluster.masters().filter(|peer| needs_guard(*peer)) {
            report(masters, peer, context, findings);
        }
    }
}

/// Does the node take part in elections with others, and without a guard?
fn needs_guard(peer: Peer<'_>) -> bool {
    let node = peer.node;
    let among_others = node.is_bound() == Some(true) || node.remote_seeds().nth(1).is_some();
    let guarded = match node.get(MINIMUM_MASTERS) {
        Some(setting) => setting.is_open() || node.integer(MINIMUM_MASTERS).is_none_or(|value| value.value >= 1),
        None => node.means(MINIMUM_MASTERS),
    };
    node.release.is_before(7, 0)
        && !node.is_single_node()
        && !node.is_managed()
        && !node.is_open()
        && among_others
        && !guarded
}

fn report(masters: MasterCount, peer: Peer<'_>, context: &Context<'_>, findings: &mut Findings) {
    let node = peer.node;
    let seeds = u32::try_from(node.seeds().unwrap_or_default().len()).unwrap_or(u32::MAX);
    let (count, many) = if masters.certain { (masters.count, true) } else { (seeds.max(masters.count), seeds >= 2) };
    let quorum = count / 2 + 1;
    let set_badly = node.get(MINIMUM_MASTERS);
    let Some(anchor) = set_badly.or_else(|| node.anchor(SEED_KEYS)) else { return };
    let span = if set_badly.is_some() { anchor.value_span } else { anchor.key_span };
    let state = match set_badly {
        Some(setting) => format!("{MINIMUM_MASTERS} is `{}`", setting.text()),
        None => format!("{MINIMUM_MASTERS} is not set"),
    };
    let need = if many {
        format!("the default 1 lets every node elect itself; {count} master-eligible nodes need {quorum}")
    } else {
        "the default 1 lets every node elect itself".to_owned()
    };
    let severity = if many { node.release.temper(Severity::Error) } else { Severity::Warning };
    let report = findings
        .report(span, format!("{state}: {need}"))
        .severity(severity)
        .help("set it to more than half of the master-eligible nodes, the same on each of them");
    if !many || set_badly.is_some() {
        return;
    }
    let safety = if masters.certain { Safety::Safe } else { Safety::Unsafe };
    let line = format!("{MINIMUM_MASTERS}: {quorum}");
    if let Some(edit) = node
        .document()
        .filter(|document| document.form == crate::settings::Form::File)
        .and_then(|_| anchor.insert_beside(context.sources, &line))
    {
        report.suggest_as(safety, format!("set it to {quorum}"), [edit]);
    }
}
