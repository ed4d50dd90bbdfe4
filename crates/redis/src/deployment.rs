//! Which files belong together: the servers of one deployment, the Sentinels that watch them, the snapshots taken of
//! them. Worked out once for each set, by look-ups in sorted lists.

use crate::model::{Document, Info, Mode, Monitor, RedisConf};
use crate::value;
use confvet_core::{Address, Facts, HostId, Map, Set, source};

/// A configuration with what is known about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) conf: &'a RedisConf,
    pub(crate) facts: &'a Facts,
    pub(crate) host: Option<HostId>,
    /// The snapshot that was taken of it.
    pub(crate) info: Option<&'a Info>,
}

/// All files of a stack, related to each other.
#[derive(Debug)]
pub(crate) struct Deployment<'a> {
    pub(crate) servers: Vec<Node<'a>>,
    pub(crate) sentinels: Vec<Node<'a>>,
    /// Snapshots that belong to no server here.
    pub(crate) lone_snapshots: Vec<(&'a Info, &'a Facts)>,
    relations: &'a Relations,
}

/// Who belongs to whom, by places among the servers, the Sentinels and the members of a set. Owned, so that it is kept for
/// all rules.
#[derive(Debug, Default)]
struct Relations {
    /// For each server the snapshot that was taken of it.
    snapshots: Vec<Option<usize>>,
    lone_snapshots: Vec<usize>,
    masters: Vec<Option<usize>>,
    replicas: Vec<Vec<usize>>,
    /// What Sentinels watch, by the address of their `monitor` statements.
    watches: Vec<WatchIndexes>,
    /// For each server the watches that it belongs to.
    watches_of: Vec<Vec<usize>>,
}

/// What the relations of a set are found with.
struct Survey<'a> {
    set: &'a Set<Document>,
    servers: Vec<Node<'a>>,
    sentinels: Vec<Node<'a>>,
    by_address: Index<(&'a Address, i64)>,
    loopback_by_port: Index<i64>,
    /// By the address that they copy from.
    copies_of: Index<(&'a Address, i64)>,
    relations: Relations,
}

/// Where a configuration listens and whom it copies from, as others name these places.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Endpoints {
    /// The addresses of its own, without the ports.
    addresses: Vec<Address>,
    ports: Vec<i64>,
    master: Option<(Address, i64)>,
}

impl Endpoints {
    pub(crate) fn of(conf: &RedisConf) -> Self {
        let announced = conf.number("replica-announce-port").filter(|port| port.value > 0);
        let ports = [conf.port(), conf.tls_port(), announced].into_iter().flatten().map(|port| port.value);
        let mut addresses: Vec<Address> = conf.binds().into_iter().map(|bind| bind.address).collect();
        if addresses.iter().any(Address::is_wildcard) || addresses.is_empty() {
            addresses.push(Address::parse("127.0.0.1"));
        }
        let announced = conf.text("replica-announce-ip").filter(|ip| !ip.value.is_empty());
        addresses.extend(announced.map(|ip| Address::parse(ip.value)));
        addresses.sort_unstable();
        addresses.dedup();
        let master = conf.replica_of();
        let master = master.map(|(host, port)| (Address::parse(&host.text), value::leading_integer(&port.text)));
        Self { addresses, ports: ports.filter(|&port| port > 0).collect(), master }
    }
}

/// Places by a key, sorted once and then searched by halving.
#[derive(Debug)]
struct Index<K>(Vec<(K, usize)>);

impl<K: Ord> Index<K> {
    fn new(mut entries: Vec<(K, usize)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        Self(entries)
    }

    fn get(&self, key: &K) -> &[(K, usize)] {
        let start = self.0.partition_point(|(other, _)| other < key);
        let count = self.0[start..].iter().take_while(|(other, _)| other == key).count();
        &self.0[start..start + count]
    }

    /// The place, if there is exactly one.
    fn only(&self, key: &K) -> Option<usize> {
        match self.get(key) {
            [(_, only)] => Some(*only),
            _ => None,
        }
    }
}

/// All `sentinel monitor` statements of one address, and the servers that they are about.
#[derive(Debug, Default)]
struct WatchIndexes {
    /// The Sentinel, and the place of its statement among all that it has.
    monitors: Vec<(usize, usize)>,
    servers: Vec<usize>,
}

/// A master with its replicas, and the Sentinels that watch them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch<'d, 'a> {
    deployment: &'d Deployment<'a>,
    indexes: &'d WatchIndexes,
}

/// Is there a Sentinel among the files? Without one there is nothing that is watched.
pub(crate) fn has_sentinels(set: &Set<Document>) -> bool {
    set.members.iter().any(|member| member.model().sentinel().is_some())
}

/// The configurations of servers.
pub(crate) fn servers(set: &Set<Document>) -> impl Iterator<Item = &RedisConf> {
    set.members.iter().filter_map(|member| member.model().server())
}

/// The servers and the Sentinels of a set, in its order.
fn nodes(set: &Set<Document>) -> (Vec<Node<'_>>, Vec<Node<'_>>) {
    let mut servers = Vec::new();
    let mut sentinels = Vec::new();
    for member in &set.members {
        let Some(conf) = member.model().conf() else { continue };
        let node = Node { conf, facts: &member.facts, host: member.host, info: None };
        match conf.mode {
            Mode::Server => servers.push(node),
            Mode::Sentinel => sentinels.push(node),
        }
    }
    (servers, sentinels)
}

impl Relations {
    fn of(set: &Set<Document>) -> Self {
        let (servers, sentinels) = nodes(set);
        let mut survey = Survey {
            set,
            servers,
            sentinels,
            by_address: Index(Vec::new()),
            loopback_by_port: Index(Vec::new()),
            copies_of: Index(Vec::new()),
            relations: Relations::default(),
        };
        survey.assign_snapshots();
        survey.index_addresses();
        survey.relate();
        survey.relations
    }
}

impl Survey<'_> {
    /// A snapshot belongs to the only server of its directory, or to the one whose address is part of its name.
    fn assign_snapshots(&mut self) {
        self.relations.snapshots = vec![None; self.servers.len()];
        let snapshots =
            self.set.members.iter().enumerate().filter_map(|(at, member)| Some((at, member.model().info()?)));
        let snapshots: Vec<(usize, &Info)> = snapshots.collect();
        if snapshots.is_empty() {
            return;
        }
        let mut by_directory: Map<&str, Vec<usize>> = Map::new();
        for (index, server) in self.servers.iter().enumerate() {
            by_directory.or_default(source::parent(&server.conf.path)).push(index);
        }
        for (member, info) in snapshots {
            let here = by_directory.get(source::parent(&info.path)).map_or(&[][..], Vec::as_slice);
            let server = match here {
                [only] => Some(*only),
                many => many.iter().copied().find(|&index| self.servers[index].is_named_in(&info.path)),
            };
            match server {
                Some(index) if self.relations.snapshots[index].is_none() => {
                    self.relations.snapshots[index] = Some(member);
                }
                _ => self.relations.lone_snapshots.push(member),
            }
        }
    }

    fn index_addresses(&mut self) {
        let mut by_address = Vec::with_capacity(self.servers.len());
        let mut loopback_by_port = Vec::new();
        let mut copies_of = Vec::new();
        for (index, server) in self.servers.iter().enumerate() {
            let Endpoints { addresses, ports, master } = &server.conf.endpoints;
            let host = server.host.map(|host| self.set.hosts.get(host));
            let aliases = host.into_iter().flat_map(|host| &host.aliases);
            for address in addresses.iter().chain(aliases).filter(|address| !address.is_wildcard()) {
                if address.is_loopback() {
                    loopback_by_port.extend(ports.iter().map(|&port| (port, index)));
                } else {
                    by_address.extend(ports.iter().map(|&port| ((address, port), index)));
                }
            }
            copies_of.extend(master.as_ref().map(|(address, port)| ((address, *port), index)));
        }
        self.by_address = Index::new(by_address);
        self.loopback_by_port = Index::new(loopback_by_port);
        self.copies_of = Index::new(copies_of);
    }

    /// The server that listens on an address, if exactly one does. With a loopback address the port alone must match.
    fn index_at(&self, address: &Address, port: i64) -> Option<usize> {
        if address.is_loopback() { self.loopback_by_port.only(&port) } else { self.by_address.only(&(address, port)) }
    }

    fn relate(&mut self) {
        self.relations.masters = self.servers.iter().map(|server| self.find_master(server.conf)).collect();
        self.relations.replicas = vec![Vec::new(); self.servers.len()];
        let Relations { masters, replicas, .. } = &mut self.relations;
        for (replica, master) in masters.iter().enumerate() {
            if let Some(master) = master {
                replicas[*master].push(replica);
            }
        }
        self.relate_watches();
    }

    fn relate_watches(&mut self) {
        let mut by_address: Map<(Address, i64), WatchIndexes> = Map::new();
        for (sentinel, node) in self.sentinels.iter().enumerate() {
            for (place, statement) in node.conf.statements.iter().enumerate() {
                let Some(monitor) = Monitor::of(statement) else { continue };
                let address = Address::parse(&monitor.host.text);
                let address = if address.is_loopback() { Address::parse("127.0.0.1") } else { address };
                let port = monitor.port_number();
                let watch = by_address.or_default((address.clone(), port));
                if watch.monitors.is_empty() {
                    watch.servers = self.servers_at(&address, port);
                }
                watch.monitors.push((sentinel, place));
            }
        }
        self.relations.watches = by_address.into_values().collect();
        self.relations.watches_of = vec![Vec::new(); self.servers.len()];
        let Relations { watches, watches_of, .. } = &mut self.relations;
        for (index, watch) in watches.iter().enumerate() {
            for &server in &watch.servers {
                watches_of[server].push(index);
            }
        }
    }

    fn find_master(&self, conf: &RedisConf) -> Option<usize> {
        let (address, port) = conf.endpoints.master.as_ref()?;
        let index = self.index_at(address, *port)?;
        (!std::ptr::eq(self.servers[index].conf, conf)).then_some(index)
    }

    /// The server at the address of a `monitor` statement, and those that copy from it.
    fn servers_at(&self, address: &Address, port: i64) -> Vec<usize> {
        let mut found: Vec<usize> = self.index_at(address, port).into_iter().collect();
        if !address.is_loopback() {
            found.extend(self.copies_of.get(&(address, port)).iter().map(|(_, server)| *server));
        } else if let Some(&master) = found.first() {
            found.extend(self.relations.replicas[master].iter().copied());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl<'a> Deployment<'a> {
    pub(crate) fn of(set: &'a Set<Document>) -> Self {
        let relations = set.derived(Relations::of);
        let (mut servers, sentinels) = nodes(set);
        let info = |member: usize| set.members[member].model().info();
        for (server, snapshot) in servers.iter_mut().zip(&relations.snapshots) {
            server.info = snapshot.and_then(info);
        }
        let lone = relations.lone_snapshots.iter();
        let lone = lone.filter_map(|&member| Some((info(member)?, &*set.members[member].facts)));
        Deployment { servers, sentinels, lone_snapshots: lone.collect(), relations }
    }

    /// All servers with their place among them.
    pub(crate) fn servers(&self) -> impl Iterator<Item = (usize, &Node<'a>)> {
        self.servers.iter().enumerate()
    }

    /// The server at this place.
    pub(crate) fn server(&self, index: usize) -> &Node<'a> {
        &self.servers[index]
    }

    /// The server that a replica copies from, if its file is here.
    pub(crate) fn master_of(&self, server: usize) -> Option<&Node<'a>> {
        self.relations.masters[server].map(|master| &self.servers[master])
    }

    /// How many servers copy from this one, by their `replicaof`.
    pub(crate) fn replicas_of(&self, server: usize) -> usize {
        self.relations.replicas[server].len()
    }

    /// The first server that copies from this one.
    pub(crate) fn first_replica(&self, server: usize) -> Option<&'a RedisConf> {
        self.relations.replicas[server].first().map(|&replica| self.servers[replica].conf)
    }

    /// All that is watched, with those who watch it.
    pub(crate) fn watches(&self) -> impl Iterator<Item = Watch<'_, 'a>> {
        self.relations.watches.iter().map(|indexes| Watch { deployment: self, indexes })
    }

    /// Does a Sentinel whose file is here watch the server, so that it may be promoted or demoted?
    pub(crate) fn is_watched(&self, server: usize) -> bool {
        !self.relations.watches_of[server].is_empty()
    }

    /// Can the server change between master and replica?
    pub(crate) fn is_replicated(&self, server: usize) -> bool {
        self.servers[server].conf.is_replica() || !self.relations.replicas[server].is_empty() || self.is_watched(server)
    }
}

impl<'d, 'a> Watch<'d, 'a> {
    /// The servers: the master, and those that copy from it.
    pub(crate) fn servers(self) -> impl Iterator<Item = &'d Node<'a>> {
        self.indexes.servers.iter().map(|&server| &self.deployment.servers[server])
    }

    /// The servers that copy from the master.
    pub(crate) fn replicas(self) -> impl Iterator<Item = &'d Node<'a>> {
        self.servers().filter(|node| node.conf.is_replica())
    }

    /// The Sentinels by their place among [`Deployment::sentinels`], each with its `monitor` statement.
    pub(crate) fn monitors(self) -> impl Iterator<Item = (usize, Monitor<'a>)> {
        self.indexes.monitors.iter().filter_map(|&(sentinel, place)| {
            let statement = self.deployment.sentinels[sentinel].conf.statements.get(place)?;
            Some((sentinel, Monitor::of(statement)?))
        })
    }

    /// How many `monitor` statements there are.
    pub(crate) fn monitor_count(self) -> usize {
        self.indexes.monitors.len()
    }
}

impl Node<'_> {
    fn is_named_in(&self, path: &str) -> bool {
        let name = source::file_name(path);
        let mut own = self.conf.endpoints.addresses.iter();
        own.any(|address| !address.is_loopback() && !address.is_wildcard() && name.contains(&address.to_string()))
    }
}
