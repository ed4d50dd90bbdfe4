//! Which files belong together: the servers of one deployment, the Sentinels that watch them, the snapshots taken of
//! them. Built once for each set rule, by look-ups in sorted maps.

use crate::cloud::{Cloud, Resource};
use crate::model::{Document, Info, Monitor, RedisConf};
use crate::syntax::Token;
use crate::value;
use confvet_core::{Address, Facts, HostId, Member, Set, source};
use std::collections::BTreeMap;

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
    set: &'a Set<Document>,
    pub(crate) servers: Vec<Node<'a>>,
    pub(crate) sentinels: Vec<Node<'a>>,
    /// Snapshots that belong to no server here.
    pub(crate) lone_snapshots: Vec<(&'a Info, &'a Facts)>,
    by_address: BTreeMap<(Address, i64), Vec<usize>>,
    loopback_by_port: BTreeMap<i64, Vec<usize>>,
    /// By the address that they copy from.
    copies_of: BTreeMap<(Address, i64), Vec<usize>>,
    masters: Vec<Option<usize>>,
    replicas: Vec<Vec<usize>>,
    /// What Sentinels watch, by the address of their `monitor` statements.
    watches: Vec<WatchIndexes>,
    /// For each server the watches that it belongs to.
    watches_of: Vec<Vec<usize>>,
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

impl<'a> Deployment<'a> {
    pub(crate) fn of(set: &'a Set<Document>) -> Self {
        let node =
            |member: &'a Member<Document>, conf| Node { conf, facts: &member.facts, host: member.host, info: None };
        let mut servers = Vec::new();
        let mut sentinels = Vec::new();
        let mut snapshots: BTreeMap<&str, Vec<(&Info, &Facts)>> = BTreeMap::new();
        for member in &set.members {
            let document = member.model();
            servers.extend(document.server().map(|conf| node(member, conf)));
            sentinels.extend(document.sentinel().map(|conf| node(member, conf)));
            if let Some(info) = document.info() {
                snapshots.entry(source::parent(&info.path)).or_default().push((info, &member.facts));
            }
        }
        let mut deployment = Deployment {
            set,
            servers,
            sentinels,
            lone_snapshots: Vec::new(),
            by_address: BTreeMap::new(),
            loopback_by_port: BTreeMap::new(),
            copies_of: BTreeMap::new(),
            masters: Vec::new(),
            replicas: Vec::new(),
            watches: Vec::new(),
            watches_of: Vec::new(),
        };
        deployment.assign_snapshots(snapshots);
        deployment.index_addresses();
        deployment.relate();
        deployment
    }

    /// A snapshot belongs to the only server of its directory, or to the one whose address is part of its name.
    fn assign_snapshots(&mut self, snapshots: BTreeMap<&'a str, Vec<(&'a Info, &'a Facts)>>) {
        let mut by_directory: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, server) in self.servers.iter().enumerate() {
            by_directory.entry(source::parent(&server.conf.path)).or_default().push(index);
        }
        for (directory, found) in snapshots {
            let here = by_directory.get(directory).map_or(&[][..], Vec::as_slice);
            for (info, facts) in found {
                let server = match here {
                    [only] => Some(*only),
                    many => many.iter().copied().find(|&index| self.servers[index].is_named_in(&info.path)),
                };
                match server {
                    Some(index) if self.servers[index].info.is_none() => self.servers[index].info = Some(info),
                    _ => self.lone_snapshots.push((info, facts)),
                }
            }
        }
    }

    fn index_addresses(&mut self) {
        for (index, server) in self.servers.iter().enumerate() {
            for (address, port) in server.own_addresses() {
                if address.is_loopback() {
                    self.loopback_by_port.entry(port).or_default().push(index);
                } else if !address.is_wildcard() {
                    self.by_address.entry((address, port)).or_default().push(index);
                }
            }
            let host = server.host.map(|host| self.set.hosts.get(host));
            for alias in host.iter().flat_map(|host| &host.aliases) {
                for port in server.ports() {
                    let entry = self.by_address.entry((alias.clone(), port)).or_default();
                    if !entry.contains(&index) {
                        entry.push(index);
                    }
                }
            }
        }
    }

    /// The server that listens on an address, if exactly one does. With a loopback address the port alone must match.
    fn index_at(&self, host: &Token, port: i64) -> Option<usize> {
        let address = Address::parse(&host.text);
        let found = if address.is_loopback() {
            self.loopback_by_port.get(&port)?
        } else {
            self.by_address.get(&(address, port))?
        };
        match found.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    fn relate(&mut self) {
        self.masters = self.servers.iter().map(|server| self.find_master(server.conf)).collect();
        self.replicas = vec![Vec::new(); self.servers.len()];
        for (replica, master) in self.masters.iter().enumerate() {
            if let Some(master) = master {
                self.replicas[*master].push(replica);
            }
        }
        for (index, server) in self.servers.iter().enumerate() {
            if let Some((host, port)) = server.conf.replica_of() {
                let of = (Address::parse(&host.text), value::leading_integer(&port.text));
                self.copies_of.entry(of).or_default().push(index);
            }
        }
        self.relate_watches();
    }

    fn relate_watches(&mut self) {
        let mut by_address: BTreeMap<(Address, i64), WatchIndexes> = BTreeMap::new();
        for (sentinel, node) in self.sentinels.iter().enumerate() {
            for (place, statement) in node.conf.statements.iter().enumerate() {
                let Some(monitor) = Monitor::of(statement) else { continue };
                let address = Address::parse(&monitor.host.text);
                let address = if address.is_loopback() { Address::parse("127.0.0.1") } else { address };
                let watch = by_address.entry((address, monitor.port_number())).or_default();
                if watch.monitors.is_empty() {
                    watch.servers = self.servers_at(&monitor);
                }
                watch.monitors.push((sentinel, place));
            }
        }
        self.watches = by_address.into_values().collect();
        self.watches_of = vec![Vec::new(); self.servers.len()];
        for (index, watch) in self.watches.iter().enumerate() {
            for &server in &watch.servers {
                self.watches_of[server].push(index);
            }
        }
    }

    fn find_master(&self, conf: &RedisConf) -> Option<usize> {
        let (host, port) = conf.replica_of()?;
        let index = self.index_at(host, value::leading_integer(&port.text))?;
        (!std::ptr::eq(self.servers[index].conf, conf)).then_some(index)
    }

    /// The parameter groups of ElastiCache and MemoryDB, and modules that hold parameters.
    pub(crate) fn parameter_groups(&self) -> impl Iterator<Item = &'a Resource> {
        self.clouds().flat_map(Cloud::groups)
    }

    /// The files about ElastiCache and MemoryDB.
    pub(crate) fn clouds(&self) -> impl Iterator<Item = &'a Cloud> {
        self.set.members.iter().filter_map(|member| member.model().cloud())
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
        self.masters[server].map(|master| &self.servers[master])
    }

    /// How many servers copy from this one, by their `replicaof`.
    pub(crate) fn replicas_of(&self, server: usize) -> usize {
        self.replicas[server].len()
    }

    /// The first server that copies from this one.
    pub(crate) fn first_replica(&self, server: usize) -> Option<&'a RedisConf> {
        self.replicas[server].first().map(|&replica| self.servers[replica].conf)
    }

    /// The server at the address of a `monitor` statement, and those that copy from it.
    fn servers_at(&self, monitor: &Monitor<'_>) -> Vec<usize> {
        let port = monitor.port_number();
        let address = Address::parse(&monitor.host.text);
        let mut found: Vec<usize> = self.index_at(monitor.host, port).into_iter().collect();
        if !address.is_loopback() {
            found.extend(self.copies_of.get(&(address, port)).into_iter().flatten().copied());
        } else if let Some(&master) = found.first() {
            found.extend(self.replicas[master].iter().copied());
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// All that is watched, with those who watch it.
    pub(crate) fn watches(&self) -> impl Iterator<Item = Watch<'_, 'a>> {
        self.watches.iter().map(|indexes| Watch { deployment: self, indexes })
    }

    /// Does a Sentinel whose file is here watch the server, so that it may be promoted or demoted?
    pub(crate) fn is_watched(&self, server: usize) -> bool {
        !self.watches_of[server].is_empty()
    }

    /// Can the server change between master and replica?
    pub(crate) fn is_replicated(&self, server: usize) -> bool {
        self.servers[server].conf.is_replica() || !self.replicas[server].is_empty() || self.is_watched(server)
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
    fn ports(&self) -> Vec<i64> {
        let announced = self.conf.number("replica-announce-port").filter(|port| port.value > 0);
        let own = [self.conf.port(), self.conf.tls_port(), announced];
        own.into_iter().flatten().map(|port| port.value).filter(|&port| port > 0).collect()
    }

    fn own_addresses(&self) -> Vec<(Address, i64)> {
        let announced = self.conf.text("replica-announce-ip").filter(|ip| !ip.value.is_empty());
        let mut addresses: Vec<Address> = self.conf.binds().into_iter().map(|bind| bind.address).collect();
        if addresses.iter().any(Address::is_wildcard) || addresses.is_empty() {
            addresses.push(Address::parse("127.0.0.1"));
        }
        addresses.extend(announced.map(|ip| Address::parse(ip.value)));
        addresses.sort_unstable();
        addresses.dedup();
        let ports = self.ports();
        addresses.iter().flat_map(|address| ports.iter().map(move |&port| (address.clone(), port))).collect()
    }

    fn is_named_in(&self, path: &str) -> bool {
        let name = source::file_name(path);
        let mut own = self.own_addresses().into_iter().map(|(address, _)| address);
        own.any(|address| !address.is_loopback() && !address.is_wildcard() && name.contains(&address.to_string()))
    }
}
