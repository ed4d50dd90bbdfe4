//! Two gateways that face each other: which connection of one meets which of the other.

use super::end::normalised_id;
use super::{Connection, End, Ipsec, Peer};
use crate::selector::{Essence, Scope, Selector, relation};
use confvet_core::{FileId, Keys, Map, Set, Source, Span};

/// Two connections that face each other.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The gateway whose path sorts first.
    pub a: &'a Ipsec,
    /// The other one: findings stand here.
    pub b: &'a Ipsec,
    /// The connection of the first.
    pub conn_a: Oriented<'a>,
    /// The connection of the second.
    pub conn_b: Oriented<'a>,
    /// The file of the first, for messages.
    pub file_a: FileId,
    /// Indexes of both gateways among those with live connections.
    members: (usize, usize),
}

/// A connection with the sides it is read by: the programs swap left and right when their own address is on the right.
#[derive(Debug, Clone, Copy)]
pub struct Oriented<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// The end that is this gateway.
    pub local: &'a End,
    /// The end that is the peer.
    pub remote: &'a End,
}

impl<'a> Oriented<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, local: &connection.local, remote: &connection.remote }
    }

    fn swapped(self) -> Self {
        Self { connection: self.connection, local: self.remote, remote: self.local }
    }
}

/// What is compared of a network list: `dynamic` is the host's own address when it is known.
pub fn essence(end: &End) -> Vec<Essence> {
    let own = match end.addresses.as_slice() {
        [Peer::Ip(ip)] => Scope::Net((*ip).into()),
        _ => Scope::Dynamic,
    };
    let mut all: Vec<_> = end.selectors().iter().map(Selector::essence).collect();
    if all.is_empty() {
        all.push((own, None, None));
    }
    for entry in &mut all {
        if entry.0 == Scope::Dynamic {
            entry.0 = own;
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

impl Pair<'_> {
    /// Do the networks of both mirror each other exactly?
    pub fn is_mirror(&self) -> bool {
        essence(self.conn_a.local) == essence(self.conn_b.remote)
            && essence(self.conn_a.remote) == essence(self.conn_b.local)
    }

    /// How many networks of one end the other end knows as well.
    fn shared(&self) -> usize {
        let count = |a: &End, b: &End| {
            let b = essence(b);
            essence(a).iter().filter(|entry| b.contains(entry)).count()
        };
        count(self.conn_a.local, self.conn_b.remote) + count(self.conn_a.remote, self.conn_b.local)
    }
}

/// May two lists agree on anything?
pub fn lists_meet(a: &End, b: &End) -> bool {
    let b = essence(b);
    essence(a).iter().any(|x| {
        b.iter().any(|y| match (x.0, y.0) {
            (Scope::Net(x), Scope::Net(y)) => relation(x, y).is_some(),
            _ => true,
        })
    })
}

/// Is one end's remote the other end's local? `Some(true)` when an address or name says so, `Some(false)` when nothing
/// contradicts, `None` when something does.
fn meets(remote: &End, local: &End) -> Option<bool> {
    let wanted = remote.handles();
    if !wanted.is_empty() {
        let has = local.handles();
        if wanted.iter().any(|handle| has.contains(handle)) {
            return Some(true);
        }
    }
    let named = |end: &End| end.id.as_ref().is_some_and(|id| normalised_id(id).is_some());
    let open = |end: &End| end.is_wildcard() && !named(end);
    (open(remote) || open(local)).then_some(false)
}

fn face(a: Oriented<'_>, b: Oriented<'_>) -> bool {
    match (meets(a.remote, b.local), meets(b.remote, a.local)) {
        (Some(x), Some(y)) => x || y,
        _ => false,
    }
}

/// All pairs of the set, each once. Only loaded tunnels take part.
pub fn pairs(set: &Set<Ipsec>) -> Vec<Pair<'_>> {
    let gateways: Vec<(&Ipsec, FileId)> = set.members.iter().map(|member| (member.model(), member.file)).collect();
    pair_up(&gateways)
}

/// All pairs among some gateways, each with the file it starts from.
pub fn pair_up<'a>(gateways: &[(&'a Ipsec, FileId)]) -> Vec<Pair<'a>> {
    let members: Vec<&(&'a Ipsec, FileId)> =
        gateways.iter().filter(|(gateway, _)| gateway.live().next().is_some()).collect();
    if members.len() < 2 {
        return Vec::new();
    }
    let live: Vec<Vec<&Connection>> = members.iter().map(|(gateway, _)| gateway.live().collect()).collect();
    let mut claims: Map<String, Keys<usize>> = Map::new();
    for (member, connections) in live.iter().enumerate() {
        for handle in connections.iter().flat_map(|connection| connection.local.handles()) {
            claims.or_default(handle).insert(member);
        }
    }
    // Where three gateways or more claim to be the same, no two of them make an unmistakable pair.
    let is_disputed = |connection: &Connection| {
        let handles = connection.local.handles();
        handles.iter().any(|handle| claims.get(handle).is_some_and(|members| members.len() > 2))
    };
    let (mut everything, mut undisputed) = (Index::default(), Index::default());
    for (member, connections) in live.iter().enumerate() {
        for (at, connection) in connections.iter().enumerate() {
            everything.add(connection, member, at);
            if !is_disputed(connection) {
                undisputed.add(connection, member, at);
            }
        }
    }
    let mut all = Vec::new();
    for (member_a, connections) in live.iter().enumerate() {
        for &connection in connections {
            let a = Oriented::new(connection);
            let index = if is_disputed(connection) { &undisputed } else { &everything };
            for (member_b, candidates) in index.candidates(connection, member_a) {
                let (first, second) = (members[member_a], members[member_b]);
                let candidates = candidates.into_iter().filter_map(|index| {
                    let b = Oriented::new(live[member_b][index]);
                    let identical = same_ends(a, b);
                    // A program swaps left and right when its own address is on the right; that takes two addresses.
                    let mut orientations = vec![(a, b)];
                    if is_concrete(b) {
                        orientations.push((a, b.swapped()));
                    }
                    if is_concrete(a) {
                        orientations.push((a.swapped(), b));
                    }
                    let mut orientations = orientations.into_iter().skip(usize::from(identical));
                    let found = orientations.find(|&(a, b)| face(a, b))?;
                    Some(Pair {
                        a: first.0,
                        b: second.0,
                        conn_a: found.0,
                        conn_b: found.1,
                        file_a: first.1,
                        members: (member_a, member_b),
                    })
                });
                let candidates: Vec<Pair<'_>> = candidates.collect();
                // Where a perfect mirror exists the others are other tunnels.
                let best = candidates.iter().find(|pair| pair.is_mirror()).or_else(|| {
                    let name = |pair: &&Pair<'_>| pair.conn_b.connection.name == connection.name;
                    candidates.iter().rev().max_by_key(|pair| (pair.shared(), name(pair)))
                });
                all.extend(best.copied());
            }
        }
    }
    keep_best(all.into_iter().filter(|pair| is_unmistakable(pair, &claims)).collect())
}

/// Gateways with connections to a peer, or for a peer, that is not known: so many are compared with one that may be it.
const MAX_OPEN: usize = 64;

/// Connections of one gateway that are compared with one of another.
const MAX_CANDIDATES: usize = 64;

/// The connections of each gateway, in the order of the gateways.
type Places = Vec<(usize, Vec<usize>)>;

/// Connections by what finds their ends, so that each is compared with those it can face and with no others.
#[derive(Default)]
struct Index {
    /// Both ends are known: by what finds the one and the other, in order.
    by_ends: Map<(String, String), Places>,
    /// The same, by either end.
    by_end: Map<String, Places>,
    /// One end is not known: by the other.
    open: Map<String, Places>,
}

impl Index {
    /// Adds a connection; those of a gateway come one after the other, and the gateways in their order.
    fn add(&mut self, connection: &Connection, member: usize, at: usize) {
        let [local, remote] = connection.ends().map(End::handles);
        let known = if local.is_empty() || remote.is_empty() { &mut self.open } else { &mut self.by_end };
        for handle in local.iter().chain(&remote) {
            push(known.or_default(handle.clone()), member, at);
        }
        for ends in pairs_of_handles(&local, &remote) {
            push(self.by_ends.or_default(ends), member, at);
        }
    }

    /// Connections of later gateways that may face this one.
    fn candidates(&self, connection: &Connection, member: usize) -> Map<usize, Vec<usize>> {
        let [local, remote] = connection.ends().map(End::handles);
        let mut found = Map::new();
        let mut add = |places: Option<&Places>, limit: usize| {
            let places = places.map_or(&[][..], Vec::as_slice);
            let later = places.partition_point(|(other, _)| *other <= member);
            for &(other, ref indexes) in places[later..].iter().take(limit) {
                let known: &mut Vec<usize> = found.or_default(other);
                let room = MAX_CANDIDATES.saturating_sub(known.len());
                let new: Vec<usize> = indexes.iter().copied().filter(|at| !known.contains(at)).take(room).collect();
                known.extend(new);
            }
        };
        for ends in pairs_of_handles(&local, &remote) {
            add(self.by_ends.get(&ends), usize::MAX);
        }
        let is_open = local.is_empty() || remote.is_empty();
        for handle in local.iter().chain(&remote) {
            add(self.open.get(handle), MAX_OPEN);
            add(self.by_end.get(handle).filter(|_| is_open), MAX_OPEN);
        }
        found.into_sorted()
    }
}

fn push(places: &mut Places, member: usize, at: usize) {
    match places.last_mut() {
        Some((last, connections)) if *last == member => connections.push(at),
        _ => places.push((member, vec![at])),
    }
}

/// Each handle of one end with each of the other, in order: which end is which depends on the file.
fn pairs_of_handles(a: &[String], b: &[String]) -> Vec<(String, String)> {
    let ordered = |a: &String, b: &String| if a <= b { (a.clone(), b.clone()) } else { (b.clone(), a.clone()) };
    // A host has few addresses.
    a.iter().take(8).flat_map(|a| b.iter().take(8).map(move |b| ordered(a, b))).collect()
}

/// Does no third gateway claim to be one of the two? Copies of a set-up, or several set-ups with the same addresses,
/// would be compared across otherwise.
fn is_unmistakable(pair: &Pair<'_>, claims: &Map<String, Keys<usize>>) -> bool {
    let third = |member: &usize| *member != pair.members.0 && *member != pair.members.1;
    let mut ours = [pair.conn_a.local, pair.conn_b.local].into_iter().flat_map(End::handles);
    !ours.any(|handle| claims.get(&handle).is_some_and(|members| members.iter().any(third)))
}

/// Both ends have a known address.
fn is_concrete(connection: Oriented<'_>) -> bool {
    !connection.local.is_wildcard() && !connection.remote.is_wildcard()
}

/// Both files list the same ends under the same sides.
fn same_ends(a: Oriented<'_>, b: Oriented<'_>) -> bool {
    a.local.side == b.local.side
        && a.local.addresses == b.local.addresses
        && a.remote.addresses == b.remote.addresses
        && a.connection.origin == b.connection.origin
}

/// A connection that has a perfect mirror meets nobody else.
fn keep_best(pairs: Vec<Pair<'_>>) -> Vec<Pair<'_>> {
    let mirrored: Keys<Span> = (pairs.iter())
        .filter(|pair| pair.is_mirror())
        .flat_map(|pair| [pair.conn_a.connection.name_span, pair.conn_b.connection.name_span])
        .collect();
    let taken = |pair: &Pair<'_>| {
        mirrored.contains(&pair.conn_a.connection.name_span) || mirrored.contains(&pair.conn_b.connection.name_span)
    };
    pairs.into_iter().filter(|pair| pair.is_mirror() || !taken(pair)).collect()
}

/// The file of one end, as messages name it.
pub fn file_name<'a>(context: &confvet_core::Context<'a>, file: FileId) -> &'a str {
    let source: &Source = context.sources.get(file);
    source.path()
}
