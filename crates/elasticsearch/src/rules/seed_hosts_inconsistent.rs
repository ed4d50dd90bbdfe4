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
    reached: Vec<Peer<'a>>,
    has_mistakes: bool,
}

fn check(set: &Set<Elasticsearch>, context: &Context<'_>, findings: &mut Findings) {
    let directory = Directory::new(set);
    for cluster in directory.clusters() {
        if cluster.sound().any(|peer| peer.node.has_dynamic_discovery()) {
            continue;
        }
        let listers: Vec<Lister<'_>> = cluster.sound().filter_map(|peer| Lister::of(&cluster, peer)).collect();
        let masters: Vec<Peer<'_>> = cluster.masters().collect();
        if listers.len() < 2
            || (cluster.is_closed() && !masters.is_empty() && listers.iter().all(|lister| lister.reaches_all(&masters)))
        {
            continue;
        }
        let mut listed: BTreeMap<(Machine, u16), Vec<(&Lister<'_>, &Seed)>> = BTreeMap::new();
        for lister in &listers {
            for seed in &lister.seeds {
                listed.entry(cluster.dialled(seed)).or_default().push((lister, seed));
            }
        }
        for lister in listers.iter().filter(|lister| !lister.has_mistakes) {
            report(&cluster, lister, &masters, &listed, context, findings);
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
        let reached = cluster.reached_by_all(&seeds);
        Some(Self { peer, setting, has_mistakes: seeds.len() < all, seeds, places, reached })
    }

    /// Does the list hold every master-eligible node, its own aside?
    fn reaches_all(&self, masters: &[Peer<'_>]) -> bool {
        masters.iter().filter(|master| !master.is(self.peer)).all(|master| master.is_among(&self.reached))
    }
}

fn report(
    cluster: &Cluster<'_>,
    lister: &Lister<'_>,
    masters: &[Peer<'_>],
    listed: &BTreeMap<(Machine, u16), Vec<(&Lister<'_>, &Seed)>>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let missing = listed.iter().filter(|(place, _)| !lister.places.contains(place)).find_map(|(_, listings)| {
        let own = |seed: &Seed, peer: Peer<'_>| cluster.reached_by(seed).iter().any(|reached| reached.is(peer));
        listings.iter().find(|(other, seed)| !own(seed, lister.peer) && !own(seed, other.peer))
    });
    let Some((other, seed)) = missing else { return };
    let others = || lister.reached.iter().filter(|other| !other.is(lister.peer));
    let has_masters = masters.iter().any(|master| !master.is(lister.peer));
    let cut_off = others().next().is_none() || (has_masters && !others().any(|other| other.is_among(masters)));
    findings
        .report(
            lister.setting.value_span,
            format!(
                "seed hosts differ inside cluster {}: {} is missing here ({} has it)",
                cluster.name,
                seed.scalar.text,
                other.peer.place(context)
            ),
        )
        .label(other.setting.value_span, "this list has it")
        .severity(if cut_off { Severity::Error } else { Severity::Warning })
        .help("list the master-eligible nodes, the same on every node");
}
