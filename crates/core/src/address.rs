//! Addresses and the machines they belong to. Nothing is ever resolved: only what the files and confvet.toml say counts.

use crate::{Keys, Map};
use serde::{Serialize, Serializer};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// An IP address or a host name, normalised for comparison: brackets and zone stripped, IPv4-mapped IPv6 turned into
/// IPv4, names in lower case without the final dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// An IP literal.
    Ip(IpAddr),
    /// A host name.
    Name(String),
}

impl Address {
    /// Reads a host as it stands in a configuration, without a port. Never fails: what is no IP literal is a name.
    ///
    /// ```
    /// use confvet_core::Address;
    /// assert_eq!(Address::parse("[::ffff:10.0.0.1]"), Address::parse("10.0.0.1"));
    /// assert_eq!(Address::parse("PG1.Internal."), Address::parse("pg1.internal"));
    /// ```
    pub fn parse(text: &str) -> Self {
        let bare = text.trim();
        let bare = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(bare);
        let without_zone = bare.split_once('%').map_or(bare, |(address, _)| address);
        match without_zone.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => Address::Ip(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)),
            Ok(address) => Address::Ip(address),
            Err(_) => Address::Name(bare.trim_end_matches('.').to_ascii_lowercase()),
        }
    }

    /// Splits `host:port`, `[v6]:port` and `host`. A port that is no number, or a bare IPv6 address, gives no port.
    pub fn parse_with_port(text: &str) -> (Self, Option<u16>) {
        let text = text.trim();
        if text.parse::<Ipv6Addr>().is_ok() {
            return (Self::parse(text), None);
        }
        match text.rsplit_once(':') {
            Some((host, port)) => match port.parse() {
                Ok(port) => (Self::parse(host), Some(port)),
                Err(_) => (Self::parse(text), None),
            },
            None => (Self::parse(text), None),
        }
    }

    /// `127.0.0.0/8`, `::1` or `localhost`: never another machine.
    pub fn is_loopback(&self) -> bool {
        match self {
            Address::Ip(ip) => ip.is_loopback(),
            Address::Name(name) => name == "localhost" || name.starts_with("localhost."),
        }
    }

    /// `0.0.0.0`, `::`, `*` or empty: every address of the host.
    pub fn is_wildcard(&self) -> bool {
        match self {
            Address::Ip(ip) => ip.is_unspecified(),
            Address::Name(name) => name.is_empty() || name == "*",
        }
    }

    /// Only reachable from inside: RFC 1918, link-local, unique local or loopback. Names are never private.
    pub fn is_private(&self) -> bool {
        match self {
            Address::Ip(IpAddr::V4(ip)) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
            Address::Ip(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_loopback(),
            Address::Name(_) => false,
        }
    }

    /// The part of a name before the first dot.
    pub fn first_label(&self) -> Option<&str> {
        match self {
            Address::Ip(_) => None,
            Address::Name(name) => Some(name.split('.').next().unwrap_or(name)),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(ip) => ip.fmt(f),
            Address::Name(name) => f.write_str(name),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A machine within one stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u32);

/// A machine: its name and every address that is known to be its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name it goes by in messages.
    pub name: String,
    /// Names and IP addresses, loopback and wildcards excepted.
    pub aliases: Vec<Address>,
}

/// The machines of one stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hosts {
    hosts: Vec<Host>,
    by_alias: Map<Address, HostId>,
    /// The machines that have a name with this first label.
    by_label: Map<String, Keys<HostId>>,
}

impl Hosts {
    /// Adds what is known about a machine, merging it with the machine that already has one of the addresses.
    pub fn add(&mut self, name: &str, addresses: impl IntoIterator<Item = Address>) -> HostId {
        let mut aliases: Vec<Address> = addresses.into_iter().collect();
        aliases.push(Address::parse(name));
        aliases.retain(|address| !address.is_loopback() && !address.is_wildcard());
        let known = aliases.iter().filter_map(|alias| self.by_alias.get(alias).copied()).min();
        let id = known.unwrap_or_else(|| {
            self.hosts.push(Host { name: name.to_owned(), aliases: Vec::new() });
            HostId(u32::try_from(self.hosts.len() - 1).unwrap_or(u32::MAX))
        });
        for alias in aliases {
            self.add_alias(id, alias);
        }
        id
    }

    fn add_alias(&mut self, id: HostId, alias: Address) {
        if self.by_alias.contains_key(&alias) {
            return;
        }
        if let Some(label) = alias.first_label() {
            self.by_label.or_default(label.to_owned()).insert(id);
        }
        self.by_alias.insert(alias.clone(), id);
        self.hosts[id.0 as usize].aliases.push(alias);
    }

    /// The machine with this id.
    ///
    /// # Panics
    /// If the id comes from another stack, which is a mistake in the caller.
    pub fn get(&self, id: HostId) -> &Host {
        &self.hosts[id.0 as usize]
    }

    /// All machines.
    pub fn iter(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.hosts.iter().enumerate().map(|(index, host)| (HostId(u32::try_from(index).unwrap_or(u32::MAX)), host))
    }

    /// The machine an address belongs to. A name also finds the machine one of whose names begins with it as a first
    /// label (or whose first label it begins with), unless two machines have that first label.
    pub fn find(&self, address: &Address) -> Option<HostId> {
        if let Some(id) = self.by_alias.get(address) {
            return Some(*id);
        }
        let label = address.first_label()?;
        let sharers = self.by_label.get(label)?;
        let short = Address::Name(label.to_owned());
        let related = *address == short || self.by_alias.contains_key(&short);
        sharers.only().copied().filter(|_| related)
    }

    /// Do two addresses mean the same machine? Loopback and wildcard addresses never do: whose they are depends on the
    /// file they stand in.
    pub fn same(&self, a: &Address, b: &Address) -> bool {
        if a.is_loopback() || b.is_loopback() || a.is_wildcard() || b.is_wildcard() {
            return false;
        }
        if a == b {
            return true;
        }
        if let (Some(a), Some(b)) = (self.find(a), self.find(b)) {
            return a == b;
        }
        let (Address::Name(long), Address::Name(short)) = (a, b) else { return false };
        let first_label_is = |long: &str, short: &str| !short.contains('.') && long.split('.').next() == Some(short);
        let label = a.first_label().unwrap_or_default();
        let sharers = self.by_label.get(label).map_or(0, Keys::len);
        (first_label_is(long, short) || first_label_is(short, long)) && sharers <= 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_split_off() {
        let cases = [
            ("10.0.0.1:8008", "10.0.0.1", Some(8008)),
            ("[2001:db8::1]:9300", "2001:db8::1", Some(9300)),
            ("2001:db8::1", "2001:db8::1", None),
            ("pg1", "pg1", None),
            ("pg1:x", "pg1:x", None),
        ];
        for (text, host, port) in cases {
            assert_eq!(Address::parse_with_port(text), (Address::parse(host), port), "{text}");
        }
    }

    #[test]
    fn names_match_by_first_label_only_when_it_is_unique() {
        let mut hosts = Hosts::default();
        let one = hosts.add("pg1", [Address::parse("10.0.1.10"), Address::parse("pg1.internal")]);
        assert_eq!(hosts.find(&Address::parse("10.0.1.10")), Some(one));
        assert!(hosts.same(&Address::parse("pg1.internal"), &Address::parse("10.0.1.10")));
        assert!(hosts.same(&Address::parse("es1"), &Address::parse("es1.internal")));
        assert!(!hosts.same(&Address::parse("es1.a"), &Address::parse("es1.b")));
        assert!(!hosts.same(&Address::parse("127.0.0.1"), &Address::parse("127.0.0.1")));
        hosts.add("x", [Address::parse("es1.a")]);
        hosts.add("y", [Address::parse("es1.b")]);
        assert!(!hosts.same(&Address::parse("es1"), &Address::parse("es1.internal")));
        assert_eq!(hosts.find(&Address::parse("es1")), None);
    }
}
