//! Nodes of one cluster that know different parts of it.

use super::{seed_host_http_port, seed_hosts_missing_node};
use crate::cluster::{Cluster, Directory, Machine, Peer};
use crate::model::Elasticsearch;
use crate::node::Seed;
use confvet_core::{Context, Findings, Keys, Map, Rule, Safety, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Elasticsearch>> = Rule { name: "elasticsearch/seed-hosts-inconsistent", check };

/// What seeds dial, and in whose lists.
type Listed<'a> = Map<(Machine, u16), Vec<(&'a Lister<'a>, &'a Seed)>>;

/// A node with its list of seeds, mistaken entries left out.
struct Lister<'a> {
    peer: Peer<'a>,
    /// Where the list is written.
    span: Span,
    seeds: Vec<&'a Seed>,
    places: Keys<(Machine, u16)>,
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
        let mut listed: Listed<'_> = Map::new();
        for lister in &listers {
            for seed in &lister.seeds {
                listed.or_default(cluster.dialled(seed)).push((lister, *seed));
            }
        }
        for lister in listers.iter().filter(|lister| !lister.has_mistakes) {
            report(&cluster, lister, &masters, &listed, context, findings);
        }
    }
}

impl<'a> Lister<'a> {
    fn of(cluster: &Cluster<'a>, peer: Peer<'a>) -> Option<Self> {
        let span = peer.node.seed_span()?;
        let all = peer.node.seeds()?;
        let is_right = |seed: &&Seed| {
            seed_hosts_missing_node::mistaken_for(cluster, peer, seed).is_none()
                && !seed_host_http_port::is_http(cluster, peer, seed)
        };
        let seeds: Vec<&Seed> = all.iter().filter(is_right).collect();
        let places = seeds.iter().map(|seed| cluster.dialled(seed)).collect();
        let reached = cluster.reached_by_all(seeds.iter().copied());
        Some(Self { peer, span, has_mistakes: seeds.len() < all.len(), seeds, places, reached })
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
    listed: &Listed<'_>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let mut missing = listed.iter().filter(|(place, _)| !lister.places.contains(place)).filter_map(|(_, listings)| {
        let own = |seed: &Seed, peer: Peer<'_>| cluster.reached_by(seed).iter().any(|reached| reached.is(peer));
        listings.iter().find(|(other, seed)| !own(seed, lister.peer) && !own(seed, other.peer))
    });
    let Some((other, seed)) = missing.next() else { return };
    let others = || lister.reached.iter().filter(|other| !other.is(lister.peer));
    let has_masters = masters.iter().any(|master| !master.is(lister.peer));
    let cut_off = others().next().is_none() || (has_masters && !others().any(|other| other.is_among(masters)));
    let report = findings
        .report(
            lister.span,
            format!(
                "seed hosts differ inside cluster {}: {} is missing here ({} has it)",
                cluster.name,
                seed.scalar.text,
                other.peer.place(context)
            ),
        )
        .label(other.span, "this list has it")
        .severity(if cut_off { Severity::Error } else { Severity::Warning })
        .help("list the master-eligible nodes, the same on every node");
    // Seeds more than the others have do no harm: only whose they are may be unknown.
    let closed = cluster.is_closed();
    let of_master = |seed: &Seed| cluster.reached_by(seed).iter().any(|reached| reached.is_among(masters));
    let wanted = std::iter::once(*seed).chain(missing.map(|(_, seed)| *seed)).filter(|seed| !closed || of_master(seed));
    let wanted: Vec<&str> = wanted.map(|seed| seed.scalar.text.as_str()).collect();
    let list = lister.peer.node.seed_setting();
    let edit = list.and_then(|list| list.append_items(context.sources, &wanted));
    let safety = if closed { Safety::Safe } else { Safety::Unsafe };
    report.suggest_as(safety, "list what the others list", edit);
}
