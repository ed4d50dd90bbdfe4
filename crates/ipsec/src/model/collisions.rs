//! Networks that collide: within a connection, between connections, with ranges that belong to somebody else.

use super::pairing::Pair;
use super::{Connection, Ipsec, Mode, Peer};
use crate::keys::Key;
use crate::selector::{Relation, Selector, address_count, relation};
use confvet_core::Map;
use ipnet::{IpNet, Ipv4Net};
use serde::Serialize;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Up to so many pairs are compared one by one; longer lists are sorted and swept.
const FEW_PAIRS: usize = 64;

/// Networks around one that are looked at in a sweep: no honest list nests deeper, or names one network for more ports.
const MAX_NESTED: usize = 64;

/// Of connections that claim one network, so many of the latest show a conflict as well as all of them.
const MAX_HOLDERS: usize = 8;

/// `passthrough` conns that are looked at.
const MAX_EXEMPTIONS: usize = 256;

/// Other connections a connection is compared with.
const MAX_RIVALS: usize = 64;

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

/// Ranges that are nobody's on the Internet, or have an owner of their own above.
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
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
    /// Addresses of the Internet that look meant as private ones. They collide with their real owners: `with` is the
    /// network itself.
    PublicSpace,
    /// Both ends of the tunnel have the network behind them.
    OtherEnd {
        /// The connection of the other end.
        name: compact_str::CompactString,
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
    /// Where `with` stands; `None` for a range that no file names.
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
        overlaps(self.local.selectors(), self.remote.selectors())
    }

    /// The tunnel's own addresses lie in a network: somebody really has it.
    pub fn has_an_end_in(&self, net: Ipv4Net) -> bool {
        self.ends().into_iter().flat_map(|end| &end.addresses).any(|peer| match peer {
            Peer::Ip(IpAddr::V4(ip)) => net.contains(ip),
            _ => false,
        })
    }
}

/// For each remote network the local one it overlaps worst: an equal one, else one inside it, else one around it. Full
/// tunnels and single hosts overlap nothing.
fn overlaps<'a>(local: &'a [Selector], remote: &'a [Selector]) -> Vec<OwnOverlap<'a>> {
    let counts = |selector: &&Selector| !selector.is_default_route() && !selector.is_single_host();
    if local.len().saturating_mul(remote.len()) > FEW_PAIRS {
        let counted = |list: &'a [Selector]| list.iter().filter(counts).collect::<Vec<_>>();
        return sweep(&counted(local), &counted(remote));
    }
    let worst = |remote: &'a Selector| {
        let found = local.iter().filter(counts).filter_map(|local| {
            let relation = remote.relation(local)?;
            Some(OwnOverlap { local, remote, relation })
        });
        found.min_by_key(|overlap| badness(overlap.relation))
    };
    remote.iter().filter(counts).filter_map(worst).collect()
}

/// The smaller the worse.
fn badness(relation: Relation) -> u8 {
    match relation {
        Relation::Equal => 0,
        Relation::Contains => 1,
        Relation::Inside => 2,
    }
}

/// [`overlaps`] for long lists. Sorted by address and then by length, every network comes behind all that contain it,
/// so a stack of the networks that are still open holds all it can overlap.
fn sweep<'a>(local: &[&'a Selector], remote: &[&'a Selector]) -> Vec<OwnOverlap<'a>> {
    #[derive(Clone, Copy)]
    struct Open {
        net: IpNet,
        remote: bool,
        index: usize,
    }
    let open = |list: &[&Selector], remote: bool| -> Vec<Open> {
        let nets = list.iter().enumerate().filter_map(|(index, selector)| Some((index, selector.net()?)));
        nets.map(|(index, net)| Open { net, remote, index }).collect()
    };
    let mut all = open(local, false);
    all.extend(open(remote, true));
    all.sort_unstable_by_key(|open| (open.net, open.remote, open.index));
    let mut worst: Vec<Option<OwnOverlap<'a>>> = vec![None; remote.len()];
    let mut stack: Vec<Open> = Vec::new();
    for current in all {
        while stack.last().is_some_and(|around| !around.net.contains(&current.net)) {
            stack.pop();
        }
        for around in stack.iter().rev().filter(|around| around.remote != current.remote).take(MAX_NESTED) {
            let (local_at, remote_at) =
                if current.remote { (around.index, current.index) } else { (current.index, around.index) };
            let (local, remote) = (local[local_at], remote[remote_at]);
            let Some(relation) = remote.relation(local) else { continue };
            let place = &mut worst[remote_at];
            if place.is_none_or(|known| badness(relation) < badness(known.relation)) {
                *place = Some(OwnOverlap { local, remote, relation });
            }
        }
        stack.push(current);
    }
    worst.into_iter().flatten().collect()
}

/// A local network of `a` that `b` has as well, for packets of the same protocol.
fn same_local<'a>(a: &'a [Selector], b: &'a [Selector]) -> Option<(&'a Selector, &'a Selector)> {
    let same = |x: &Selector, y: &Selector| x.net().is_some() && x.net() == y.net() && x.shares_protocol(y);
    if a.len().saturating_mul(b.len()) <= FEW_PAIRS {
        return a.iter().find_map(|x| Some((x, b.iter().find(|y| same(x, y))?)));
    }
    let mut sorted: Vec<&Selector> = b.iter().filter(|selector| selector.net().is_some()).collect();
    sorted.sort_by_key(|selector| selector.net());
    a.iter().find_map(|x| {
        let start = sorted.partition_point(|y| y.net() < x.net());
        let mut equal = sorted[start..].iter().take_while(|y| y.net() == x.net()).take(MAX_NESTED);
        Some((x, *equal.find(|y| same(x, y))?))
    })
}

impl Ipsec {
    /// What keeps networks out of tunnels that contain them.
    pub fn exemptions(&self) -> Exemptions<'_> {
        let passes = |connection: &&Connection| connection.is_loaded() && connection.mode == Mode::Pass;
        let connections = self.connections.iter().filter(passes).take(MAX_EXEMPTIONS).collect();
        Exemptions { everything: self.charon.bypass_lan || !self.charon.install_routes, connections }
    }

    /// Pairs of networks that two initiating connections with different peers claim, each connection once.
    pub fn double_claims(&self) -> Vec<Claim<'_>> {
        // The last holder of each network, each with the one before it.
        let mut last: Map<IpNet, usize> = Map::new();
        let mut holders: Vec<(&Connection, &Selector, Option<usize>)> = Vec::new();
        let mut claims = Vec::new();
        let wants_overlap = |connection: &Connection| {
            self.value(connection, Key::OVERLAPIP).is_some_and(|setting| setting.value != "no")
        };
        let candidates = self.live().filter(|connection| {
            connection.initiates() && !connection.remote.is_wildcard() && !connection.remote.is_group()
        });
        for connection in candidates.filter(|connection| !wants_overlap(connection)) {
            let mut clash: Option<Claim<'_>> = None;
            let mut strangers: Vec<&Connection> = Vec::new();
            for remote in connection.remote.selectors() {
                let Some(net) = remote.net() else { continue };
                let before = last.insert(net, holders.len());
                holders.push((connection, remote, before));
                let earlier = std::iter::successors(before, |&at| holders[at].2).map(|at| holders[at]);
                for (rival, rival_remote, _) in earlier.take(MAX_HOLDERS) {
                    let known = strangers.iter().any(|&stranger| std::ptr::eq(stranger, rival));
                    let compared = clash.is_none() && !known && strangers.len() < MAX_RIVALS;
                    if !compared || !rival_remote.shares_protocol(remote) || !are_rivals(rival, connection) {
                        continue;
                    }
                    match same_local(connection.local.selectors(), rival.local.selectors()) {
                        Some((own, theirs)) => {
                            clash = Some(Claim {
                                first: rival,
                                second: connection,
                                first_pair: (theirs, rival_remote),
                                second_pair: (own, remote),
                            });
                        }
                        None => strangers.push(rival),
                    }
                }
            }
            claims.extend(clash);
        }
        claims
    }

    /// Every network that collides with another, as data: connection by connection, first with its own networks, then
    /// with ranges of others, then with the Internet; conflicts between connections come last. The rules
    /// `ipsec/subnet-overlap`, `ipsec/reserved-subnet`, `ipsec/public-subnet` and `ipsec/subnet-conflict` report the same
    /// collisions, unless a fact says that a range is one's own. What both ends of a tunnel claim is in
    /// [`Pair::collisions`].
    ///
    /// ```
    /// let text = "conn a\n\tleftsubnet=10.1.0.0/16\n\tright=192.0.2.1\n\trightsubnet=10.0.0.0/8\n\tauto=start\n";
    /// let parsed = confvet_ipsec::parse(text);
    /// let collision = &parsed.model.collisions()[0];
    /// assert_eq!((collision.relation.verb(), collision.addresses), ("contains", 65_536));
    /// ```
    pub fn collisions(&self) -> Vec<Collision> {
        let mut all = Vec::new();
        let exemptions = self.exemptions();
        for connection in self.live() {
            for overlap in connection.own_overlaps() {
                let collision = Collision::of_overlap(connection, CollisionKind::OwnNetwork, &overlap);
                let Some(collision) = collision else { continue };
                if overlap.relation == Relation::Contains && exemptions.cover(collision.with) {
                    continue;
                }
                all.push(collision);
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
            for selector in connection.ends().into_iter().flat_map(super::End::selectors) {
                let Some(IpNet::V4(net)) = selector.net() else { continue };
                if mistaken_for_private(net).is_some() && !connection.has_an_end_in(net) {
                    all.push(Collision {
                        connection: connection.name.clone(),
                        kind: CollisionKind::PublicSpace,
                        network: net.into(),
                        with: net.into(),
                        relation: Relation::Equal,
                        addresses: address_count(net.into()),
                        span: selector.span,
                        other_span: None,
                    });
                }
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

impl Collision {
    /// Two lists that overlap, as data. `None` where an entry is no network.
    fn of_overlap(connection: &Connection, kind: CollisionKind, overlap: &OwnOverlap<'_>) -> Option<Self> {
        let (network, with) = (overlap.remote.net()?, overlap.local.net()?);
        Some(Self {
            connection: connection.name.clone(),
            kind,
            network,
            with,
            relation: overlap.relation,
            addresses: shared_addresses(network, with),
            span: overlap.remote.span,
            other_span: Some(overlap.local.span),
        })
    }
}

impl Pair<'_> {
    /// Networks that both ends have behind them, as data: the second gateway's against the first one's. Neither end can
    /// send the other what both keep for themselves.
    pub fn collisions(&self) -> Vec<Collision> {
        let (a, b) = (self.conn_a, self.conn_b);
        let found = overlaps(a.local.selectors(), b.local.selectors()).into_iter();
        let collision = |overlap: OwnOverlap<'_>| {
            let kind = CollisionKind::OtherEnd { name: a.connection.name.clone() };
            Collision::of_overlap(b.connection, kind, &overlap)
        };
        found.filter_map(collision).collect()
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

/// A public network that looks meant as a private one, with the private range that was probably meant. `None` when the
/// network is fine.
pub fn mistaken_for_private(net: Ipv4Net) -> Option<Option<&'static str>> {
    static RANGES: LazyLock<Vec<Ipv4Net>> =
        LazyLock::new(|| SPECIAL.iter().filter_map(|range| range.parse().ok()).collect());
    let private = net.addr().octets()[0] == 10 && net.prefix_len() >= 8;
    if private || RANGES.iter().any(|range| range.contains(&net) || net.contains(range)) {
        return None;
    }
    let [first, second, ..] = net.addr().octets();
    let prefix = net.prefix_len();
    match (first, second) {
        (172, _) if (8..=24).contains(&prefix) => Some(Some("172.16.0.0/12")),
        (192, 160..=175 | 68 | 186 | 198) if (16..=24).contains(&prefix) => Some(Some("192.168.0.0/16")),
        _ if (8..=16).contains(&prefix) => Some(None),
        _ => None,
    }
}

/// The range of somebody else that a network overlaps. A network that is far wider is a route to everything, and small
/// link-local networks are the inside addresses of cloud tunnels.
pub fn reserved_owner(net: IpNet) -> Option<(Reserved, IpNet)> {
    static RANGES: LazyLock<Vec<(IpNet, Reserved)>> =
        LazyLock::new(|| RESERVED.iter().filter_map(|&(range, owner)| Some((range.parse().ok()?, owner))).collect());
    // Most networks lie in 10/8 and 192.168/16.
    if net.prefix_len() >= 8 && matches!(net.addr(), IpAddr::V4(address) if matches!(address.octets()[0], 10 | 192)) {
        return None;
    }
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
    use crate::model::Origin;

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

    fn selectors(nets: &[String]) -> Vec<Selector> {
        let place = |range: std::ops::Range<usize>| confvet_core::Span::new(confvet_core::FileId(0), range);
        let program = crate::Program::strongswan(&confvet_core::Target::new());
        crate::selector::read_list(&nets.join(","), &program, Origin::IpsecConf, place).selectors
    }

    /// Networks of 10.0.0.0/8 with prefixes from 9 to 31, some with a protocol.
    fn many(seed: u32, count: u32) -> Vec<Selector> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let net = |_| {
            let (address, prefix) = (next() % 0x4000 * 64, 14 + next() % 18);
            let [_, b, c, d] = address.to_be_bytes();
            let protocol = ["", "", "[tcp/80-90]", "[tcp/85]", "[udp]"][next() as usize % 5];
            format!("10.{b}.{c}.{d}/{prefix}{protocol}")
        };
        selectors(&(0..count).map(net).collect::<Vec<_>>())
    }

    #[test]
    fn a_sweep_finds_what_comparing_all_pairs_finds() {
        let mut found = 0;
        for seed in 0..200 {
            let (local, remote) = (many(seed, 12), many(seed + 1_000, 12));
            let swept = sweep(&local.iter().collect::<Vec<_>>(), &remote.iter().collect::<Vec<_>>());
            let swept: Vec<_> = swept.iter().map(|overlap| (overlap.remote.span, overlap.relation)).collect();
            let mut compared = Vec::new();
            for remote in &remote {
                let relations = local.iter().filter_map(|local| remote.relation(local));
                compared.extend(relations.min_by_key(|&relation| badness(relation)).map(|worst| (remote.span, worst)));
            }
            assert_eq!(swept, compared, "seed {seed}");
            found += compared.len();
        }
        assert!(found > 200, "the lists hardly overlap: {found}");
    }

    #[test]
    fn the_time_grows_with_the_length_and_not_with_its_square() {
        let time = |count| {
            let (local, remote) = (many(1, count), many(2, count));
            let started = std::time::Instant::now();
            assert!(!overlaps(&local, &remote).is_empty());
            assert!(same_local(&local, &remote).is_some());
            started.elapsed().as_secs_f64()
        };
        let (short, long) = (time(1_000).max(0.000_1), time(16_000));
        // All pairs would take 256 times as long.
        assert!(long / short < 120.0, "sixteen times the length takes {} times as long", long / short);
    }

    #[test]
    fn public_space_is_told_from_private() {
        let hint = |net: &str| mistaken_for_private(net.parse().unwrap());
        assert_eq!(hint("172.0.0.0/16"), Some(Some("172.16.0.0/12")));
        assert_eq!(hint("192.169.0.0/24"), Some(Some("192.168.0.0/16")));
        assert_eq!(hint("11.0.0.0/8"), Some(None));
        for fine in ["172.31.0.0/16", "192.168.0.0/16", "100.64.0.0/16", "8.8.8.0/24", "0.0.0.0/0", "198.18.0.0/15"] {
            assert_eq!(hint(fine), None, "{fine}");
        }
    }

    #[test]
    fn the_smaller_network_counts() {
        let net = |text: &str| text.parse::<IpNet>().unwrap();
        assert_eq!(shared_addresses(net("10.0.0.0/8"), net("10.1.0.0/16")), 65_536);
    }
}
