//! Nodes of one cluster that know different parts of it.

use super::{seed_host_http_port, seed_hosts_missing_node};
use crate::cluster::{Cluster, Directory, Machine, Peer};
use crate::model::Elasticsearch;
use crate::node::Seed;
use crate::settings::Setting;
use confvet_core::{Context, Findings, Rule, Set, Severity};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/seed-hosts-inconsistent", check };

/// A node with its list of seeds, mistaken entries left out.
struct Lister<'a> {
    peer: Peer<'a>,
    setting: &'a Setting,
    seeds: Vec<Seed>,
    places: BTreeSet<(Machine, u16)>,
    has_mistakes: bool,
}

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        if cluster.sound().any(|peer| peer.node.has_dynamic_discovery()) {
            continue;
        }
        let listers: Vec<Lister<'_>> = cluster.sound().filter_map(|peer| Lister::of(&cluster, peer)).collect();
        if listers.len() < 2 || listers.iter().all(|lister| lister.reaches_all_masters(&cluster)) {
            continue;
        }
        let mut listed: BTreeMap<(Machine, u16), Vec<(&Lister<'_>, &Seed)>> = BTreeMap::new();
        for lister in &listers {
            for seed in &lister.seeds {
                listed.entry(cluster.dialled(seed)).or_default().push((lister, seed));
            }
        }
        for lister in listers.iter().filter(|lister| !lister.has_mistakes) {
            report(&cluster, lister, &listed, context, findings);
        }
    }
}

impl<'a> Lister<'a> {
    fn of(cluster: &Cluster<'a>, peer: Peer<'a>) -> Option<Self> {
        let setting = peer.node.seed_setting()?;
        let mut seeds = peer.node.seeds()?;
        let all = seeds.len();
        seeds.retain(|seed| {
            seed_hosts_missing_node::mistaken_for(cluster, peer, seed).is_none()
                && !seed_host_http_port::is_http(cluster, peer, seed)
        });
        let places = seeds.iter().map(|seed| cluster.dialled(seed)).collect();
        Some(Self { peer, setting, has_mistakes: seeds.len() < all, seeds, places })
    }

    /// Does the list hold every master-eligible node, its own aside?
    fn reaches_all_masters(&self, cluster: &Cluster<'_>) -> bool {
        let masters = cluster.masters().filter(|master| !master.is(self.peer));
        let mut masters = masters.peekable();
        masters.peek().is_some() && masters.all(|master| self.reaches(cluster, master)) && cluster.is_closed()
    }

    fn reaches(&self, cluster: &Cluster<'_>, peer: Peer<'_>) -> bool {
        self.seeds.iter().any(|seed| cluster.reached_by(seed).iter().any(|reached| reached.is(peer)))
    }
}

fn report(
    cluster: &Cluster<'_>,
    lister: &Lister<'_>,
    listed: &BTreeMap<(Machine, u16), Vec<(&Lister<'_>, &Seed)>>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let missing = listed.iter().filter(|(place, _)| !lister.places.contains(place)).find_map(|(_, listings)| {
        let own = |seed: &Seed, peer: Peer<'_>| cluster.reached_by(seed).iter().any(|reached| reached.is(peer));
        listings.iter().find(|(other, seed)| !own(seed, lister.peer) && !own(seed, other.peer))
    });
    let Some((other, seed)) = missing else { return };
    let others: Vec<Peer<'_>> = cluster.sound().filter(|other| !other.is(lister.peer)).collect();
    let mut masters = others.iter().filter(|other| other.node.is_master_eligible() == Some(true)).peekable();
    let has_masters = masters.peek().is_some();
    let reaches_nobody = !others.iter().any(|other| lister.reaches(cluster, *other));
    let cut_off = reaches_nobody || (has_masters && !masters.any(|master| lister.reaches(cluster, *master)));
    findings
        .report(
            lister.setting.value_span,
            format!(
                "seed hosts differ inside cluster {}: {} is missing here ({} has it)",
                cluster.name,
                seed.scalar.text,
                context.path(other.peer.node.file)
            ),
        )
        .label(other.setting.value_span, "this list has it")
        .severity(if cut_off { Severity::Error } else { Severity::Warning })
        .help("list the master-eligible nodes, the same on every node");
}
