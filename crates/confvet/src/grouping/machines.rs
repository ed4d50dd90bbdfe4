//! The machines of one stack and which configuration is deployed on which.

use super::{PlacedBy, StackDecl, Unit};
use confvet_core::{Address, HostId, Hosts, Keys, Map};

type Place = Option<(HostId, PlacedBy)>;

/// Finds out the machines of a stack from what confvet.toml and the configurations say, and the machine of each unit.
pub(super) fn place(units: &[&Unit<'_>], declaration: &StackDecl) -> (Hosts, Vec<Place>) {
    let mut aliases = Aliases::default();
    for (host, (name, addresses)) in declaration.hosts.iter().enumerate() {
        let names = std::iter::once(Address::parse(name)).chain(addresses.iter().cloned());
        aliases.declare(host, names.filter(is_own));
    }
    let own = own_addresses(units, &aliases);
    for addresses in &own {
        aliases.join(addresses.iter().cloned());
    }
    let names = machine_names(units, &own, &mut aliases);
    for (name, addresses) in names.iter().zip(&own) {
        aliases.join(name.iter().cloned().chain(addresses.first().cloned()));
    }
    aliases.join_short_and_long_names();

    let mut hosts = aliases.into_hosts(&declaration.hosts);
    let declared: Map<&str, &str> =
        declaration.file_hosts.iter().map(|(path, host)| (path.as_str(), host.as_str())).collect();
    let mut places: Vec<Place> = Vec::with_capacity(units.len());
    for (index, unit) in units.iter().enumerate() {
        let by_declaration = declared.get(unit.path).map(|host| machine_named(host, &mut hosts));
        let place = by_declaration
            .map(|host| (host, PlacedBy::Declaration))
            .or_else(|| by_directory(unit.path, &mut hosts).map(|host| (host, PlacedBy::Directory)))
            .or_else(|| by_file_name(unit, &mut hosts).map(|host| (host, PlacedBy::FileName)))
            .or_else(|| by_statement(&own[index], names[index].as_ref(), &hosts).map(|h| (h, PlacedBy::OwnAddress)));
        places.push(place);
    }
    place_neighbours(units, &mut places);
    (hosts, places)
}

fn is_own(address: &Address) -> bool {
    !address.is_loopback() && !address.is_wildcard()
}

/// The addresses of each unit that tell its machine. An address that units of one system state beside different other
/// addresses floats between machines (a virtual IP, or a copying mistake) and tells nothing, unless it is declared.
fn own_addresses(units: &[&Unit<'_>], declared: &Aliases) -> Vec<Vec<Address>> {
    let mut own: Vec<Vec<Address>> = Vec::with_capacity(units.len());
    for unit in units {
        let mut addresses: Vec<Address> =
            unit.identity.addresses.iter().map(|address| address.value.clone()).filter(is_own).collect();
        addresses.sort_unstable();
        addresses.dedup();
        own.push(addresses);
    }
    let mut stated_with: Map<(&str, &Address), &Vec<Address>> = Map::new();
    let mut floating: Keys<Address> = Keys::new();
    for (unit, addresses) in units.iter().zip(&own) {
        for address in addresses {
            let first = stated_with.or_insert((unit.system, address), addresses);
            if *first != addresses && !declared.knows(address) {
                floating.insert(address.clone());
            }
        }
    }
    for addresses in &mut own {
        addresses.retain(|address| !floating.contains(address));
    }
    own
}

/// The member name of each unit where it can serve as a name of the machine: it reads like a host name, nobody else of
/// the system bears it elsewhere, and no other member of the cluster is on the same machine.
fn machine_names(units: &[&Unit<'_>], own: &[Vec<Address>], aliases: &mut Aliases) -> Vec<Option<Address>> {
    let mut machines: Vec<Option<usize>> = Vec::with_capacity(units.len());
    for addresses in own {
        machines.push(addresses.first().map(|address| aliases.machine_of(address)));
    }
    let mut bearers: Map<&str, Vec<usize>> = Map::new();
    let mut inhabitants: Map<(&str, &str, usize), Keys<&str>> = Map::new();
    for (index, unit) in units.iter().enumerate() {
        let Some(member) = unit.identity.member.as_ref().filter(|member| is_host_name(&member.value)) else { continue };
        bearers.or_default(&member.value).push(index);
        if let Some(machine) = machines[index] {
            let cluster = unit.identity.cluster.as_ref().map_or("", |cluster| &cluster.value);
            inhabitants.or_default((unit.system, cluster, machine)).insert(&member.value);
        }
    }
    let crowded: Keys<usize> =
        inhabitants.iter().filter(|(_, names)| names.len() > 1).map(|(&(_, _, machine), _)| machine).collect();
    let mut names = vec![None; units.len()];
    for (name, bearers) in bearers {
        let known: Keys<usize> = bearers.iter().filter_map(|&unit| machines[unit]).collect();
        let homeless: Vec<&str> =
            bearers.iter().filter(|&&unit| machines[unit].is_none()).map(|&unit| units[unit].system).collect();
        let systems: Keys<&str> = homeless.iter().copied().collect();
        let at_home = |&unit: &usize| machines[unit].is_some() && systems.contains(units[unit].system);
        let one_machine = known.len() <= 1
            && systems.len() == homeless.len()
            && !bearers.iter().any(at_home)
            && !known.iter().any(|machine| crowded.contains(machine));
        if one_machine {
            for unit in bearers {
                names[unit] = Some(Address::parse(name));
            }
        }
    }
    names
}

/// Letters, digits, `-`, `_` and dots, and not a bare number: neither a placeholder nor a counter.
fn is_host_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().all(plain) && name.contains(|c: char| c.is_ascii_alphabetic()) && is_own(&Address::parse(name))
}

fn machine_named(name: &str, hosts: &mut Hosts) -> HostId {
    hosts.find(&Address::parse(name)).unwrap_or_else(|| hosts.add(name, []))
}

/// A known name finds its machine; an IP literal is one.
fn known_machine(name: &str, hosts: &mut Hosts) -> Option<HostId> {
    let address = Address::parse(name);
    match address {
        Address::Ip(_) if is_own(&address) => Some(machine_named(name, hosts)),
        _ => hosts.find(&address),
    }
}

/// The innermost directory that is named like a machine.
fn by_directory(path: &str, hosts: &mut Hosts) -> Option<HostId> {
    let (directories, _) = path.rsplit_once('/')?;
    directories.rsplit('/').find_map(|directory| known_machine(directory, hosts))
}

/// `node1.yml`, `patroni-node1.yml`, `node1-patroni.yml`.
fn by_file_name(unit: &Unit<'_>, hosts: &mut Hosts) -> Option<HostId> {
    const LONGEST_FILE_NAME: usize = 255;
    let name = unit.path.rsplit('/').next().filter(|name| name.len() <= LONGEST_FILE_NAME)?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let separators = ['-', '_', '.'];
    let whole = [name, stem].into_iter();
    let ends = stem.match_indices(separators).map(|(at, _)| &stem[at + 1..]).filter(|end| is_host_name_or_ip(end));
    let before_system = stem
        .strip_suffix(unit.system)
        .and_then(|start| start.strip_suffix(separators))
        .filter(|start| is_host_name_or_ip(start));
    whole.chain(ends).chain(before_system).find_map(|candidate| known_machine(candidate, hosts))
}

fn is_host_name_or_ip(name: &str) -> bool {
    is_host_name(name) || matches!(Address::parse(name), Address::Ip(_))
}

/// The machine of the addresses a unit states, if they agree; without addresses that of its name.
fn by_statement(own: &[Address], name: Option<&Address>, hosts: &Hosts) -> Option<HostId> {
    let mut stated = own.iter().filter_map(|address| hosts.find(address));
    match stated.next() {
        Some(host) => stated.all(|other| other == host).then_some(host),
        None => hosts.find(name?),
    }
}

/// In a directory without further directories and with one file a system at most, all files are on one machine.
fn place_neighbours(units: &[&Unit<'_>], places: &mut [Place]) {
    let mut directories: Map<&str, Vec<usize>> = Map::new();
    let mut inner: Keys<&str> = Keys::new();
    for (index, unit) in units.iter().enumerate() {
        let mut directory = parent(unit.path);
        directories.or_default(directory).push(index);
        while !directory.is_empty() {
            directory = parent(directory);
            if !inner.insert(directory) {
                break;
            }
        }
    }
    for (directory, members) in directories {
        let systems: Keys<&str> = members.iter().map(|&unit| units[unit].system).collect();
        if inner.contains(directory) || systems.len() < members.len() {
            continue;
        }
        // A directory whose files carry the names of machines is not one machine's.
        if members.iter().any(|&unit| matches!(places[unit], Some((_, PlacedBy::FileName)))) {
            continue;
        }
        let hosts: Keys<HostId> = members.iter().filter_map(|&unit| places[unit]).map(|(host, _)| host).collect();
        let Some(&host) = hosts.only() else { continue };
        for unit in members {
            places[unit].get_or_insert((host, PlacedBy::Neighbour));
        }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Which addresses and names belong to the same machine: disjoint sets, of which two with different declarations are
/// never joined.
#[derive(Debug, Default)]
struct Aliases {
    numbers: Map<Address, usize>,
    parents: Vec<usize>,
    /// The declared host of a set, by its representative.
    declared: Vec<Option<usize>>,
}

impl Aliases {
    fn number(&mut self, address: Address) -> usize {
        let next = self.parents.len();
        let number = *self.numbers.or_insert(address, next);
        if number == next {
            self.parents.push(next);
            self.declared.push(None);
        }
        number
    }

    fn knows(&self, address: &Address) -> bool {
        self.numbers.contains_key(address)
    }

    fn representative(&mut self, mut number: usize) -> usize {
        while self.parents[number] != number {
            self.parents[number] = self.parents[self.parents[number]];
            number = self.parents[number];
        }
        number
    }

    fn machine_of(&mut self, address: &Address) -> usize {
        let number = self.number(address.clone());
        self.representative(number)
    }

    fn declare(&mut self, host: usize, addresses: impl Iterator<Item = Address>) {
        let addresses: Vec<Address> = addresses.collect();
        for address in &addresses {
            let set = self.machine_of(address);
            self.declared[set].get_or_insert(host);
        }
        self.join(addresses.into_iter());
    }

    /// They are of one machine.
    fn join(&mut self, addresses: impl Iterator<Item = Address>) {
        let mut first = None;
        for address in addresses {
            let set = self.machine_of(&address);
            let into = self.representative(*first.get_or_insert(set));
            self.unite(into, set);
        }
    }

    /// The set that was known first stands for both, so that the outcome follows the order of the units.
    fn unite(&mut self, a: usize, b: usize) {
        let (into, from) = (a.min(b), a.max(b));
        match (self.declared[into], self.declared[from]) {
            (Some(one), Some(other)) if one != other => return,
            (None, declared) => self.declared[into] = declared,
            _ => {}
        }
        self.parents[from] = into;
    }

    /// `pg1` and `pg1.internal` are one machine if no other name starts with that label, and nothing contradicts.
    fn join_short_and_long_names(&mut self) {
        let numbered: Vec<(Address, usize)> = self.numbers.iter().map(|(a, &number)| (a.clone(), number)).collect();
        let mut with_ip: Keys<usize> = Keys::new();
        let mut by_label: Map<&str, (bool, Keys<usize>)> = Map::new();
        for (address, number) in &numbered {
            let set = self.representative(*number);
            match (address, address.first_label()) {
                (Address::Name(name), Some(label)) => {
                    let (short, sets) = by_label.or_default(label);
                    sets.insert(set);
                    *short |= name == label;
                }
                _ => {
                    with_ip.insert(set);
                }
            }
        }
        for (short, sets) in by_label.into_sorted().into_values() {
            let pair: Vec<usize> = sets.into_iter().collect();
            let (&[a, b], true) = (pair.as_slice(), short) else { continue };
            if !(with_ip.contains(&a) && with_ip.contains(&b)) {
                let (a, b) = (self.representative(a), self.representative(b));
                self.unite(a, b);
            }
        }
    }

    /// The machines: the declared ones in their order, then the others in the order of the units.
    fn into_hosts(mut self, declared: &[(String, Vec<Address>)]) -> Hosts {
        let mut sets: Map<(bool, usize), Vec<Address>> =
            (0..declared.len()).map(|host| ((false, host), Vec::new())).collect();
        for (address, number) in std::mem::take(&mut self.numbers).into_sorted() {
            let set = self.representative(number);
            let key = self.declared[set].map_or((true, set), |host| (false, host));
            sets.or_default(key).push(address);
        }
        let mut hosts = Hosts::default();
        for ((undeclared, index), addresses) in sets.into_sorted() {
            let name = match declared.get(index).filter(|_| !undeclared) {
                Some((name, _)) => name.clone(),
                None => display_name(&addresses),
            };
            hosts.add(&name, addresses);
        }
        hosts
    }
}

/// The shortest name, else the first IP.
fn display_name(addresses: &[Address]) -> String {
    let names = addresses.iter().filter(|address| matches!(address, Address::Name(_)));
    let name = names.min_by_key(|name| name.first_label() != Some(&name.to_string()));
    name.or(addresses.first()).map_or_else(String::new, ToString::to_string)
}
