//! Networks that collide: within a connection, between connections, with ranges that belong to somebody else.

use super::{Connection, Ipsec, Mode};
use crate::selector::{Relation, Selector, address_count, relation};
use ipnet::IpNet;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A list longer than this is compared up to here: what is wrong with it shows long before.
const MAX_COMPARED: usize = 256;

/// Ranges that belong to somebody else, and what goes wrong there.
const RESERVED: &[(&str, Reserved)] = &[
    ("127.0.0.0/8", Reserved::Loopback),
    ("::1/128", Reserved::Loopback),
    ("169.254.0.0/16", Reserved::LinkLocal),
    ("fe80::/10", Reserved::LinkLocal),
    ("224.0.0.0/4", Reserved::Multicast),
    ("ff00::/8", Reserved::Multicast),
    ("240.0.0.0/4", Reserved::Future),
    ("100.64.0.0/10", Reserved::SharedNat),
    ("172.17.0.0/16", Reserved::Docker),
];

/// Who uses a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reserved {
    /// The host itself.
    Loopback,
    /// One link; cloud metadata services.
    LinkLocal,
    /// Groups of hosts.
    Multicast,
    /// Nobody yet.
    Future,
    /// Carriers, behind their NAT.
    SharedNat,
    /// Docker's default bridge.
    Docker,
}

/// What collides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CollisionKind {
    /// The remote network of a connection and its own local network.
    OwnNetwork,
    /// The same pair of networks, claimed by another connection with another peer.
    OtherConnection {
        /// The other connection.
        name: compact_str::CompactString,
    },
    /// A range that belongs to somebody else.
    Reserved {
        /// Whose.
        owner: Reserved,
    },
}

/// Two networks that share addresses where they should not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collision {
    /// The connection.
    pub connection: compact_str::CompactString,
    /// What collides.
    pub kind: CollisionKind,
    /// The network that should change.
    pub network: IpNet,
    /// The network it collides with.
    pub with: IpNet,
    /// How `network` lies to `with`.
    pub relation: Relation,
    /// How many addresses both hold.
    pub addresses: u128,
    /// Where `network` stands.
    #[serde(skip)]
    pub span: confvet_core::Span,
    /// Where `with` stands; `None` for a reserved range.
    #[serde(skip)]
    pub other_span: Option<confvet_core::Span>,
}

/// A remote network that overlaps the local one in the same connection.
#[derive(Debug, Clone, Copy)]
pub struct OwnOverlap<'a> {
    /// The local network.
    pub local: &'a Selector,
    /// The remote network.
    pub remote: &'a Selector,
    /// How the remote lies to the local one.
    pub relation: Relation,
}

/// Two connections with different peers that claim the same pair of networks.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The earlier connection.
    pub first: &'a Connection,
    /// The later one.
    pub second: &'a Connection,
    /// The networks of the earlier one: local, remote.
    pub first_pair: (&'a Selector, &'a Selector),
    /// The networks of the later one.
    pub second_pair: (&'a Selector, &'a Selector),
}

/// What keeps networks out of tunnels that contain them: `passthrough` conns, a plugin, or no routes at all.
#[derive(Debug, Clone)]
pub struct Exemptions<'a> {
    everything: bool,
    connections: Vec<&'a Connection>,
}

impl Exemptions<'_> {
    /// Is the network exempt?
    pub fn cover(&self, local: IpNet) -> bool {
        let contains =
            |selectors: &[Selector]| selectors.iter().filter_map(Selector::net).any(|net| net.contains(&local));
        self.everything
            || self
                .connections
                .iter()
                .any(|connection| contains(connection.local.selectors()) && contains(connection.remote.selectors()))
    }
}

impl Connection {
    /// Remote networks that overlap local ones, each remote network once. Full tunnels, single hosts and what is told
    /// apart by marks, interfaces or NAT are no overlaps.
    pub fn own_overlaps(&self) -> Vec<OwnOverlap<'_>> {
        if self.is_shunt()
            || self.routed_by.is_some()
            || self.local.virtual_ip.is_some()
            || self.remote.virtual_ip.is_some()
        {
            return Vec::new();
        }
        let harmless = |selector: &&Selector| !selector.is_default_route() && !selector.is_single_host();
        let mut overlaps = Vec::new();
        for remote in self.remote.selectors().iter().filter(harmless).take(MAX_COMPARED) {
            let found = (self.local.selectors().iter().filter(harmless).take(MAX_COMPARED))
                .find_map(|local| Some((local, remote.relation(local)?)));
            if let Some((local, relation)) = found {
                overlaps.push(OwnOverlap { local, remote, relation });
            }
        }
        overlaps
    }
}

impl Ipsec {
    /// What keeps networks out of tunnels that contain them.
    pub fn exemptions(&self) -> Exemptions<'_> {
        let passes = |connection: &&Connection| connection.is_loaded() && connection.mode == Mode::Pass;
        let connections = self.connections.iter().filter(passes).take(MAX_COMPARED).collect();
        Exemptions { everything: self.charon.bypass_lan || !self.charon.install_routes, connections }
    }

    /// Pairs of networks that two initiating connections with different peers claim.
    pub fn double_claims(&self) -> Vec<Claim<'_>> {
        type Holder<'a> = (&'a Connection, &'a Selector, &'a Selector);
        let mut by_pair: BTreeMap<(IpNet, IpNet), Vec<Holder<'_>>> = BTreeMap::new();
        let mut claims = Vec::new();
        let candidates = self.live().filter(|connection| {
            connection.initiates() && !connection.remote.is_wildcard() && !connection.remote.is_group()
        });
        for connection in candidates {
            let mut clash: Option<Claim<'_>> = None;
            for local in connection.local.selectors().iter().take(MAX_COMPARED) {
                for remote in connection.remote.selectors().iter().take(MAX_COMPARED) {
                    let (Some(local_net), Some(remote_net)) = (local.net(), remote.net()) else { continue };
                    let holders = by_pair.entry((local_net, remote_net)).or_default();
                    // Among many holders the last few show the conflict as well as all of them.
                    let rival = holders.iter().rev().take(8).find(|(other, other_local, other_remote)| {
                        are_rivals(other, connection)
                            && local.shares_protocol(other_local)
                            && remote.shares_protocol(other_remote)
                    });
                    if let Some(&(first, first_local, first_remote)) = rival {
                        clash.get_or_insert(Claim {
                            first,
                            second: connection,
                            first_pair: (first_local, first_remote),
                            second_pair: (local, remote),
                        });
                    }
                    holders.push((connection, local, remote));
                }
            }
            claims.extend(clash);
        }
        claims
    }

    /// Every network that collides with another, as data. The rules `ipsec/subnet-overlap`, `ipsec/subnet-conflict` and
    /// `ipsec/reserved-subnet` judge the same collisions and know more exceptions.
    pub fn collisions(&self) -> Vec<Collision> {
        let mut all = Vec::new();
        for connection in self.live() {
            for overlap in connection.own_overlaps() {
                let (Some(network), Some(with)) = (overlap.remote.net(), overlap.local.net()) else { continue };
                all.push(Collision {
                    connection: connection.name.clone(),
                    kind: CollisionKind::OwnNetwork,
                    network,
                    with,
                    relation: overlap.relation,
                    addresses: shared_addresses(network, with),
                    span: overlap.remote.span,
                    other_span: Some(overlap.local.span),
                });
            }
            for selector in connection.ends().into_iter().flat_map(super::End::selectors) {
                let Some((owner, with)) = selector.net().and_then(reserved_owner) else { continue };
                let Some((network, relation)) = selector.net().and_then(|net| Some((net, relation(net, with)?))) else {
                    continue;
                };
                all.push(Collision {
                    connection: connection.name.clone(),
                    kind: CollisionKind::Reserved { owner },
                    network,
                    with,
                    relation,
                    addresses: shared_addresses(network, with),
                    span: selector.span,
                    other_span: None,
                });
            }
        }
        for claim in self.double_claims() {
            let (Some(network), Some(with)) = (claim.second_pair.1.net(), claim.first_pair.1.net()) else { continue };
            all.push(Collision {
                connection: claim.second.name.clone(),
                kind: CollisionKind::OtherConnection { name: claim.first.name.clone() },
                network,
                with,
                relation: Relation::Equal,
                addresses: shared_addresses(network, with),
                span: claim.second_pair.1.span,
                other_span: Some(claim.first_pair.1.span),
            });
        }
        all
    }
}

/// Different peers, and nothing tells the two apart.
fn are_rivals(a: &Connection, b: &Connection) -> bool {
    let same_peer = a.remote.addresses == b.remote.addresses
        || matches!((&a.remote.id, &b.remote.id), (Some(x), Some(y)) if x.value == y.value);
    let apart = a.told_apart_by != b.told_apart_by || a.route_based || b.route_based;
    a.name_span != b.name_span && !same_peer && !apart
}

/// How many addresses two overlapping networks share: those of the smaller one.
pub fn shared_addresses(a: IpNet, b: IpNet) -> u128 {
    address_count(a).min(address_count(b))
}

/// The range of somebody else that a network overlaps. A network that is far wider is a route to everything, and small
/// link-local networks are the inside addresses of cloud tunnels.
pub fn reserved_owner(net: IpNet) -> Option<(Reserved, IpNet)> {
    static RANGES: LazyLock<Vec<(IpNet, Reserved)>> =
        LazyLock::new(|| RESERVED.iter().filter_map(|&(range, owner)| Some((range.parse().ok()?, owner))).collect());
    RANGES.iter().find_map(|&(range, ref owner)| {
        let related = relation(net, range)?;
        let too_wide = related == Relation::Contains && net.prefix_len() <= 11;
        let inside_address = *owner == Reserved::LinkLocal && net.addr().is_ipv4() && net.prefix_len() >= 29;
        let is_host = *owner == Reserved::LinkLocal && net.addr().is_ipv6() && net.prefix_len() == 128;
        (!too_wide && !inside_address && !is_host).then_some((*owner, range))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(net: &str) -> Option<Reserved> {
        reserved_owner(net.parse().unwrap()).map(|(owner, _)| owner)
    }

    #[test]
    fn ranges_of_others_are_known() {
        assert_eq!(owner("169.254.0.0/16"), Some(Reserved::LinkLocal));
        assert_eq!(owner("169.254.21.4/30"), None);
        assert_eq!(owner("172.17.0.0/16"), Some(Reserved::Docker));
        assert_eq!(owner("172.16.0.0/12"), Some(Reserved::Docker));
        assert_eq!(owner("172.18.0.0/16"), None);
        assert_eq!(owner("0.0.0.0/0"), None);
        assert_eq!(owner("100.64.3.0/24"), Some(Reserved::SharedNat));
    }

    #[test]
    fn the_smaller_network_counts() {
        let net = |text: &str| text.parse::<IpNet>().unwrap();
        assert_eq!(shared_addresses(net("10.0.0.0/8"), net("10.1.0.0/16")), 65_536);
    }
}
