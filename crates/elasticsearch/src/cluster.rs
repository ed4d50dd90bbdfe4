//! The nodes of a stack as clusters: who belongs together, who names whom, how many may become master.

use crate::model::Elasticsearch;
use crate::node::{Carrier, Node, Seed, Server};
use confvet_core::{Address, Context, Member, Set};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A node of a set, with the configuration it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer<'a> {
    /// The configuration.
    pub(crate) member: &'a Member<Elasticsearch>,
    /// The node.
    pub(crate) node: &'a Node,
    /// Its number within the set.
    index: usize,
}

/// Nodes with one cluster name, or with names that were meant to be one.
#[derive(Debug)]
pub(crate) struct Cluster<'a> {
    /// The name most of them have; empty when nobody knows it.
    pub(crate) name: &'a str,
    /// In the order of the files.
    pub(crate) peers: Vec<Peer<'a>>,
    directory: &'a Directory<'a>,
}

/// All nodes of a set, by the addresses at which they are reached.
#[derive(Debug)]
pub(crate) struct Directory<'a> {
    set: &'a Set<Elasticsearch>,
    peers: Vec<Peer<'a>>,
    by_host: HashMap<Machine, Vec<usize>>,
}

/// What an address comes down to within the stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Machine {
    Host(u32),
    Address(Address),
}

/// Two nodes that mean to be one cluster and bear different names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameMismatch<'a> {
    /// The one whose name is the odd one.
    pub(crate) odd: Peer<'a>,
    /// The other.
    pub(crate) other: Peer<'a>,
}

/// How many nodes may become master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MasterCount {
    /// That many are here.
    pub(crate) count: u32,
    /// And there are no others.
    pub(crate) certain: bool,
}

impl MasterCount {
    /// More than half of them.
    pub(crate) fn quorum(self) -> u32 {
        self.count / 2 + 1
    }
}

impl<'a> Directory<'a> {
    /// Looks at the nodes of a set that have settings.
    pub(crate) fn new(set: &'a Set<Elasticsearch>) -> Self {
        let mut directory = Self { set, peers: Vec::new(), by_host: HashMap::new() };
        for member in &set.members {
            for node in member.model().nodes.iter().filter(|node| node.has_settings()) {
                let index = directory.peers.len();
                directory.peers.push(Peer { member, node, index });
                let mut machines: Vec<Machine> = Vec::new();
                let own = node.addresses().iter().map(|address| address.value.clone());
                let name = node.name().map(|name| Address::parse(&name.text));
                for address in own.chain(node.names.iter().cloned()).chain(name) {
                    machines.push(directory.machine(&address));
                    machines.push(Machine::Address(address));
                }
                if member.model().nodes.len() == 1 {
                    machines.extend(member.host.map(|host| Machine::Host(host.0)));
                }
                machines.dedup();
                for machine in machines {
                    let nodes = directory.by_host.entry(machine).or_default();
                    if nodes.last() != Some(&index) {
                        nodes.push(index);
                    }
                }
            }
        }
        directory
    }

    fn machine(&self, address: &Address) -> Machine {
        match self.set.hosts.find(address) {
            Some(host) => Machine::Host(host.0),
            None => Machine::Address(address.clone()),
        }
    }

    /// The nodes that a seed reaches: those on its host, and of several the ones on its port.
    pub(crate) fn reached_by(&self, seed: &Seed) -> Vec<Peer<'a>> {
        let mut found: Vec<usize> = Vec::new();
        for machine in [self.machine(&seed.address), Machine::Address(seed.address.clone())] {
            found.extend(self.by_host.get(&machine).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        let peers: Vec<Peer<'a>> = found.into_iter().map(|index| self.peers[index]).collect();
        let on_port: Vec<Peer<'a>> = peers
            .iter()
            .copied()
            .filter(|peer| peer.node.port(Server::Transport).unwrap_or(9300) == seed.dialled_port())
            .collect();
        if peers.len() > 1 && !on_port.is_empty() { on_port } else { peers }
    }

    /// Pairs of nodes that name each other (or one the other, when the names are nearly the same) and differ in the name
    /// of their cluster. The odd one bears the rarer name, on a tie the later file.
    pub(crate) fn name_mismatches(&self) -> Vec<NameMismatch<'a>> {
        let mut named: HashSet<(usize, usize)> = HashSet::new();
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for peer in &self.peers {
            if let Some(name) = peer.own_cluster_name() {
                *uses.entry(name).or_default() += 1;
            }
            for seed in peer.node.remote_seeds() {
                named.extend(self.reached_by(seed).iter().map(|other| (peer.index, other.index)));
            }
        }
        let mut pairs: Vec<(usize, usize)> =
            named.iter().map(|&(a, b)| (a.min(b), a.max(b))).filter(|(a, b)| a != b).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut found: Vec<NameMismatch<'a>> = Vec::new();
        for (a, b) in pairs {
            let (first, second) = (self.peers[a], self.peers[b]);
            let (Some(one), Some(two)) = (first.own_cluster_name(), second.own_cluster_name()) else { continue };
            let mutual = named.contains(&(a, b)) && named.contains(&(b, a));
            if one == two || !(mutual || confvet_core::did_you_mean(one, [two]).is_some()) {
                continue;
            }
            let (odd, other) = if uses[one] < uses[two] { (first, second) } else { (second, first) };
            if !found.iter().any(|known| known.odd.index == odd.index) {
                found.push(NameMismatch { odd, other });
            }
        }
        found
    }

    /// The clusters, in the order of their first nodes. A node with a mistaken name counts where it was meant to be.
    pub(crate) fn clusters(&'a self) -> Vec<Cluster<'a>> {
        let meant: BTreeMap<usize, &str> = self
            .name_mismatches()
            .into_iter()
            .filter_map(|mismatch| Some((mismatch.odd.index, mismatch.other.own_cluster_name()?)))
            .collect();
        let mut clusters: Vec<Cluster<'a>> = Vec::new();
        let mut places: HashMap<(&str, Option<u32>), usize> = HashMap::new();
        for &peer in &self.peers {
            let own = meant.get(&peer.index).copied().or_else(|| peer.own_cluster_name());
            // A name that nobody wrote joins only what stands in one file.
            let name = own.or_else(|| peer.node.cluster_name()).unwrap_or_default();
            let file = if own.is_none() { Some(peer.node.file.0) } else { None };
            let place = *places.entry((name, file)).or_insert(clusters.len());
            match clusters.get_mut(place) {
                Some(cluster) => cluster.peers.push(peer),
                None => clusters.push(Cluster { name, peers: vec![peer], directory: self }),
            }
        }
        clusters
    }
}

impl<'a> Peer<'a> {
    /// The name of its cluster, when it is written.
    pub(crate) fn own_cluster_name(self) -> Option<&'a str> {
        self.node.text("cluster.name").map(|name| name.text.as_str())
    }

    /// What is known beside the model on this node's machine.
    pub(crate) fn context(self, context: &Context<'a>) -> Context<'a> {
        Context { sources: context.sources, target: &self.member.target, facts: &self.member.facts }
    }

    /// Where it is described, for messages: the file, and the service or node set in it.
    pub(crate) fn place(self, context: &Context<'_>) -> String {
        let path = context.path(self.node.file);
        match &self.node.label {
            Some(label) => format!("{} of {path}", label.value),
            None => path.to_owned(),
        }
    }

    /// Do both state the same address as their first?
    pub(crate) fn has_address_of(self, other: Peer<'_>) -> bool {
        let [own, theirs] = [self, other].map(|peer| peer.node.addresses().first().map(|address| &address.value));
        own.is_some() && own == theirs
    }

    /// Do both run on one machine, as far as their places or addresses say?
    pub(crate) fn is_on_machine_of(self, other: Peer<'_>) -> bool {
        let placed = self.member.host.is_some() && self.member.host == other.member.host;
        placed || self.has_address_of(other)
    }

    /// Puts nodes in the order of the files, each once.
    pub(crate) fn sort(peers: &mut Vec<Peer<'_>>) {
        peers.sort_by_key(|peer| peer.index);
        peers.dedup_by_key(|peer| peer.index);
    }

    /// Is it among these, which are in the order of the files?
    pub(crate) fn is_among(self, peers: &[Peer<'_>]) -> bool {
        peers.binary_search_by_key(&self.index, |peer| peer.index).is_ok()
    }

    /// Is it the same node?
    pub(crate) fn is(self, other: Peer<'_>) -> bool {
        self.index == other.index
    }
}

impl<'a> Cluster<'a> {
    /// The nodes whose files the program can read.
    pub(crate) fn sound(&self) -> impl Iterator<Item = Peer<'a>> + '_ {
        self.peers.iter().copied().filter(|peer| !peer.node.is_broken())
    }

    /// The nodes that may become master.
    pub(crate) fn masters(&self) -> impl Iterator<Item = Peer<'a>> + '_ {
        self.sound().filter(|peer| peer.node.is_master_eligible() == Some(true))
    }

    /// The nodes of this cluster that a seed reaches.
    pub(crate) fn reached_by(&self, seed: &Seed) -> Vec<Peer<'a>> {
        let mut reached = self.directory.reached_by(seed);
        // The nodes of a cluster are in the order of their numbers.
        reached.retain(|peer| self.peers.binary_search_by_key(&peer.index, |own| own.index).is_ok());
        reached
    }

    /// Does the seed reach any node of the stack?
    pub(crate) fn is_known(&self, seed: &Seed) -> bool {
        !self.directory.reached_by(seed).is_empty()
    }

    /// The nodes of this cluster that a list of seeds reaches, each once.
    pub(crate) fn reached_by_all<'s>(&self, seeds: impl IntoIterator<Item = &'s Seed>) -> Vec<Peer<'a>> {
        let mut reached: Vec<Peer<'a>> = seeds.into_iter().flat_map(|seed| self.reached_by(seed)).collect();
        Peer::sort(&mut reached);
        reached
    }

    /// What a seed dials: machine and port, the same for all its spellings.
    pub(crate) fn dialled(&self, seed: &Seed) -> (Machine, u16) {
        (self.directory.machine(&seed.address), seed.dialled_port())
    }

    /// Are all its nodes here? Declared so, or all of one compose file or manifest, or every seed of every node is one of
    /// them and nothing else finds nodes.
    pub(crate) fn is_closed(&self) -> bool {
        if self.directory.set.complete {
            return true;
        }
        let first = self.peers[0].node;
        let one_carrier = matches!(first.carrier, Carrier::Compose | Carrier::Eck)
            && self.peers.iter().all(|peer| peer.node.file == first.file);
        one_carrier || self.is_closed_by_seeds()
    }

    fn is_closed_by_seeds(&self) -> bool {
        self.peers.iter().all(|peer| {
            let seeds = peer.node.seeds().filter(|seeds| !seeds.is_empty());
            !peer.node.has_dynamic_discovery()
                && seeds.is_some_and(|seeds| seeds.iter().all(|seed| !self.reached_by(seed).is_empty()))
        })
    }

    /// How many nodes may become master.
    pub(crate) fn master_count(&self) -> MasterCount {
        let unknown = self.peers.iter().any(|peer| peer.node.is_broken() || peer.node.is_master_eligible().is_none());
        let count = self.masters().map(|peer| peer.node.count).sum();
        MasterCount { count, certain: self.is_closed() && !unknown }
    }
}
