//! The nodes of a stack as clusters: who belongs together, who names whom, how many may become master.

use crate::model::Elasticsearch;
use crate::node::{Carrier, Node, Seed, Server};
use confvet_core::{Address, Context, Keys, Map, Member, Set};

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
    /// Its number within the set.
    index: usize,
    directory: &'a Directory<'a>,
}

/// All nodes of a set, by the addresses at which they are reached, and the clusters they form.
#[derive(Debug)]
pub(crate) struct Directory<'a> {
    set: &'a Set<Elasticsearch>,
    topology: &'a Topology,
}

/// What follows from the nodes of a set, by their numbers: worked out once for all rules.
#[derive(Debug, Default)]
struct Topology {
    /// For each node with settings its configuration within the set, and its place there.
    places: Vec<(usize, usize)>,
    by_host: Map<Machine, Vec<usize>>,
    /// What each address that is a seed of some node comes down to.
    seeded: Map<Address, Seeded>,
    /// The node with the odd name, and the other.
    mismatches: Vec<(usize, usize)>,
    clusters: Vec<Members>,
    /// The cluster of each node.
    cluster_of: Vec<usize>,
}

/// An address that is a seed.
#[derive(Debug)]
struct Seeded {
    machine: Machine,
    /// The nodes there, whatever their ports.
    nodes: Vec<usize>,
}

/// The nodes of one cluster.
#[derive(Debug, Default)]
struct Members {
    nodes: Vec<usize>,
    /// The one whose name is the cluster's.
    named_by: usize,
    closed: bool,
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

impl Topology {
    fn of(set: &Set<Elasticsearch>) -> Self {
        let mut topology = Self::default();
        for (place, member) in set.members.iter().enumerate() {
            let nodes = member.model().nodes.iter().enumerate().filter(|(_, node)| node.has_settings());
            for (at, node) in nodes {
                topology.add(set, place, at, node);
            }
        }
        for index in 0..topology.places.len() {
            for seed in topology.node(set, index).seeds().unwrap_or_default() {
                if !topology.seeded.contains_key(&seed.address) {
                    let seeded = topology.find(set, &seed.address);
                    topology.seeded.insert(seed.address.clone(), seeded);
                }
            }
        }
        topology.mismatches = topology.find_mismatches(set);
        topology.find_clusters(set);
        topology
    }

    fn node<'a>(&self, set: &'a Set<Elasticsearch>, index: usize) -> &'a Node {
        let (place, at) = self.places[index];
        &set.members[place].model().nodes[at]
    }

    fn add(&mut self, set: &Set<Elasticsearch>, place: usize, at: usize, node: &Node) {
        let member = &set.members[place];
        let index = self.places.len();
        self.places.push((place, at));
        let mut machines: Vec<Machine> = Vec::new();
        let own = node.addresses().iter().map(|address| address.value.clone());
        let name = node.name().map(|name| Address::parse(&name.text));
        for address in own.chain(node.names.iter().cloned()).chain(name) {
            machines.push(machine(set, &address));
            machines.push(Machine::Address(address));
        }
        if member.model().nodes.len() == 1 {
            machines.extend(member.host.map(|host| Machine::Host(host.0)));
        }
        machines.dedup();
        for machine in machines {
            let nodes = self.by_host.or_default(machine);
            if nodes.last() != Some(&index) {
                nodes.push(index);
            }
        }
    }

    fn find(&self, set: &Set<Elasticsearch>, address: &Address) -> Seeded {
        let machine = machine(set, address);
        let mut nodes: Vec<usize> = Vec::new();
        for key in [&machine, &Machine::Address(address.clone())] {
            nodes.extend(self.by_host.get(key).into_iter().flatten());
        }
        nodes.sort_unstable();
        nodes.dedup();
        Seeded { machine, nodes }
    }

    /// The nodes that a seed reaches: those on its host, and of several the ones on its port.
    fn reached_by(&self, set: &Set<Elasticsearch>, seed: &Seed) -> Vec<usize> {
        let Some(seeded) = self.seeded.get(&seed.address) else { return Vec::new() };
        if seeded.nodes.len() < 2 {
            return seeded.nodes.clone();
        }
        let port = |index: &usize| self.node(set, *index).port(Server::Transport).unwrap_or(9300);
        let on_port: Vec<usize> =
            seeded.nodes.iter().copied().filter(|index| port(index) == seed.dialled_port()).collect();
        if on_port.is_empty() { seeded.nodes.clone() } else { on_port }
    }

    /// Pairs of nodes that name each other (or one the other, when the names are nearly the same) and differ in the name
    /// of their cluster. The odd one bears the rarer name, on a tie the later file.
    fn find_mismatches(&self, set: &Set<Elasticsearch>) -> Vec<(usize, usize)> {
        let names: Vec<Option<&str>> =
            (0..self.places.len()).map(|index| self.node(set, index).own_cluster_name()).collect();
        let own_name = |index: usize| names[index];
        let mut uses: Map<&str, usize> = Map::new();
        for name in names.iter().flatten() {
            *uses.or_default(name) += 1;
        }
        if uses.len() < 2 {
            return Vec::new();
        }
        let mut named: Keys<(usize, usize)> = Keys::new();
        for index in 0..self.places.len() {
            let name = own_name(index);
            for seed in self.node(set, index).remote_seeds() {
                let others = self.reached_by(set, seed).into_iter();
                named.extend(others.filter(|&other| own_name(other) != name).map(|other| (index, other)));
            }
        }
        let mut pairs: Vec<(usize, usize)> = named.iter().map(|&(a, b)| (a.min(b), a.max(b))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut odd_ones: Keys<usize> = Keys::new();
        let mut found = Vec::new();
        for (a, b) in pairs {
            let (Some(one), Some(two)) = (own_name(a), own_name(b)) else { continue };
            let mutual = named.contains(&(a, b)) && named.contains(&(b, a));
            if !mutual && confvet_core::did_you_mean(one, [two]).is_none() {
                continue;
            }
            let (odd, other) = if uses.get(one) < uses.get(two) { (a, b) } else { (b, a) };
            if odd_ones.insert(odd) {
                found.push((odd, other));
            }
        }
        found
    }

    /// The clusters, in the order of their first nodes. A node with a mistaken name counts where it was meant to be.
    fn find_clusters(&mut self, set: &Set<Elasticsearch>) {
        let meant: Map<usize, usize> = self.mismatches.iter().copied().collect();
        let mut places: Map<(&str, Option<u32>), usize> = Map::new();
        for index in 0..self.places.len() {
            let named_by = meant.get(&index).copied().unwrap_or(index);
            let own = self.node(set, named_by).own_cluster_name();
            let node = self.node(set, index);
            // A name that nobody wrote joins only what stands in one file.
            let name = own.or_else(|| node.cluster_name()).unwrap_or_default();
            let file = if own.is_none() { Some(node.file.0) } else { None };
            let place = *places.or_insert((name, file), self.clusters.len());
            if place == self.clusters.len() {
                self.clusters.push(Members { named_by, ..Members::default() });
            }
            self.clusters[place].nodes.push(index);
            self.cluster_of.push(place);
        }
        for place in 0..self.clusters.len() {
            self.clusters[place].closed = self.is_closed(set, place);
        }
    }

    /// Are all its nodes here? Declared so, or all of one compose file or manifest, or every seed of every node is one of
    /// them and nothing else finds nodes.
    fn is_closed(&self, set: &Set<Elasticsearch>, place: usize) -> bool {
        let nodes = || self.clusters[place].nodes.iter().map(|&index| self.node(set, index));
        let first = self.node(set, self.clusters[place].nodes[0]);
        let one_carrier =
            matches!(first.carrier, Carrier::Compose | Carrier::Eck) && nodes().all(|node| node.file == first.file);
        let is_here = |seed: &Seed| self.reached_by(set, seed).iter().any(|&index| self.cluster_of[index] == place);
        let by_seeds = |node: &Node| {
            let seeds = node.seeds().filter(|seeds| !seeds.is_empty());
            !node.has_dynamic_discovery() && seeds.is_some_and(|seeds| seeds.iter().all(is_here))
        };
        // How many nodes mount a ConfigMap it does not say.
        let countable = nodes().all(|node| node.carrier != Carrier::ConfigMap);
        countable && (set.complete || one_carrier || nodes().all(by_seeds))
    }
}

fn machine(set: &Set<Elasticsearch>, address: &Address) -> Machine {
    match set.hosts.find(address) {
        Some(host) => Machine::Host(host.0),
        None => Machine::Address(address.clone()),
    }
}

impl<'a> Directory<'a> {
    /// Looks at the nodes of a set that have settings.
    pub(crate) fn new(set: &'a Set<Elasticsearch>) -> Self {
        Self { set, topology: set.derived(Topology::of) }
    }

    fn peer(&self, index: usize) -> Peer<'a> {
        let member = &self.set.members[self.topology.places[index].0];
        Peer { member, node: self.topology.node(self.set, index), index }
    }

    /// Pairs of nodes that mean to be one cluster and bear different names.
    pub(crate) fn name_mismatches(&self) -> impl Iterator<Item = NameMismatch<'a>> + '_ {
        let mismatches = self.topology.mismatches.iter();
        mismatches.map(|&(odd, other)| NameMismatch { odd: self.peer(odd), other: self.peer(other) })
    }

    /// The clusters, in the order of their first nodes.
    pub(crate) fn clusters(&'a self) -> impl Iterator<Item = Cluster<'a>> {
        self.topology.clusters.iter().enumerate().map(|(index, members)| {
            let named_by = self.peer(members.named_by);
            Cluster {
                name: named_by.own_cluster_name().or_else(|| named_by.node.cluster_name()).unwrap_or_default(),
                peers: members.nodes.iter().map(|&node| self.peer(node)).collect(),
                index,
                directory: self,
            }
        })
    }
}

impl<'a> Peer<'a> {
    /// The name of its cluster, when it is written.
    pub(crate) fn own_cluster_name(self) -> Option<&'a str> {
        self.node.own_cluster_name()
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

    /// The nodes of this cluster that a seed of one of its nodes reaches.
    pub(crate) fn reached_by(&self, seed: &Seed) -> Vec<Peer<'a>> {
        let topology = self.directory.topology;
        let reached = topology.reached_by(self.directory.set, seed).into_iter();
        reached
            .filter(|&index| topology.cluster_of[index] == self.index)
            .map(|index| self.directory.peer(index))
            .collect()
    }

    /// Does the seed reach any node of the stack?
    pub(crate) fn is_known(&self, seed: &Seed) -> bool {
        self.directory.topology.seeded.get(&seed.address).is_some_and(|seeded| !seeded.nodes.is_empty())
    }

    /// The nodes of this cluster that a list of seeds reaches, each once.
    pub(crate) fn reached_by_all<'s>(&self, seeds: impl IntoIterator<Item = &'s Seed>) -> Vec<Peer<'a>> {
        let mut reached: Vec<Peer<'a>> = seeds.into_iter().flat_map(|seed| self.reached_by(seed)).collect();
        Peer::sort(&mut reached);
        reached
    }

    /// What a seed dials: machine and port, the same for all its spellings.
    pub(crate) fn dialled(&self, seed: &Seed) -> (Machine, u16) {
        let seeded = self.directory.topology.seeded.get(&seed.address);
        let machine = seeded.map_or_else(|| Machine::Address(seed.address.clone()), |seeded| seeded.machine.clone());
        (machine, seed.dialled_port())
    }

    /// Are all its nodes here?
    pub(crate) fn is_closed(&self) -> bool {
        self.directory.topology.clusters[self.index].closed
    }

    /// How many nodes may become master.
    pub(crate) fn master_count(&self) -> MasterCount {
        let unknown = self.peers.iter().any(|peer| peer.node.is_broken() || peer.node.is_master_eligible().is_none());
        let count = self.masters().map(|peer| peer.node.count).sum();
        MasterCount { count, certain: self.is_closed() && !unknown }
    }
}
