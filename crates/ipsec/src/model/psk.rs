//! Which pre-shared key serves a connection, by the rules of each program.

use super::{Auth, Connection, Ipsec, Peer};
use crate::model::end::normalised_id;
use crate::syntax::secrets::{Secret, SecretKind};
use confvet_core::Map;

/// What the search for a pre-shared key found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// The entry the program takes.
    Found(&'a Secret),
    /// No entry fits. Entries that name one of the two ends come with it.
    Missing(Vec<&'a Secret>),
    /// Too little is known to say.
    Unknown,
}

/// The pre-shared keys by the names they are for, so that each connection finds its own among very many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PskIndex {
    by_name: Map<String, Vec<usize>>,
    /// For anybody.
    open: Vec<usize>,
}

impl PskIndex {
    pub(super) fn new(entries: &[Secret]) -> Self {
        let mut index = Self::default();
        for (at, secret) in entries.iter().enumerate().filter(|(_, secret)| secret.kind == SecretKind::Psk) {
            if secret.selectors.is_empty() || has_wildcard(secret) {
                index.open.push(at);
            }
            for name in selectors(secret) {
                index.by_name.or_default(name).push(at);
            }
        }
        index
    }

    /// Entries that may fit, in the order of the file. Of very many for the same name the last count.
    fn candidates<'a>(&'a self, names: impl Iterator<Item = &'a String>) -> Vec<usize> {
        let named = names.filter_map(|name| self.by_name.get(name)).flat_map(|list| list.iter().rev().take(64));
        let mut found: Vec<usize> = named.chain(self.open.iter().rev().take(64)).copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Ipsec {
    /// The pre-shared keys.
    pub fn psks(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.entries.iter().filter(|secret| secret.kind == SecretKind::Psk)
    }

    /// The pre-shared key with which this gateway proves itself in a connection.
    pub fn psk_of(&self, connection: &Connection) -> Lookup<'_> {
        if !self.has_secrets || self.secrets.incomplete || connection.local.auth != Auth::Psk {
            return Lookup::Unknown;
        }
        let me = names(&connection.local, connection, self);
        let peer = names(&connection.remote, connection, self);
        let libreswan = self.program.is_libreswan();
        let rank = |secret: &&Secret| fit(secret, &me, &peer, libreswan);
        let entries = |names: &[String]| -> Vec<&Secret> {
            self.psk_index.candidates(names.iter()).into_iter().map(|at| &self.secrets.entries[at]).collect()
        };
        let both: Vec<String> = me.iter().chain(&peer).cloned().collect();
        let best = entries(&both).into_iter().filter_map(|secret| rank(&secret).map(|rank| (rank, secret)));
        if let Some((_, secret)) = best.max_by_key(|&(rank, _)| rank) {
            return Lookup::Found(secret);
        }
        if me.is_empty() || peer.is_empty() {
            return Lookup::Unknown;
        }
        let own_is_sure = connection.local.id.is_some() || !connection.local.is_wildcard();
        if !own_is_sure {
            return Lookup::Unknown;
        }
        let addresses = connection.local.handles().into_iter().chain(connection.remote.handles());
        let all: Vec<String> = both.into_iter().chain(addresses).collect();
        let names_one = |secret: &&Secret| selectors(secret).any(|selector| all.contains(&selector));
        Lookup::Missing(entries(&all).into_iter().filter(names_one).collect())
    }
}

/// The names under which an end is looked up: its id, or its address. IKEv1 of strongSwan also tries the addresses.
fn names(end: &super::End, connection: &Connection, model: &Ipsec) -> Vec<String> {
    let mut all: Vec<String> = end.identity().into_iter().collect();
    let by_address = connection.ike_version != super::IkeVersion::V2 && !model.program.is_libreswan();
    if by_address || all.is_empty() {
        all.extend(end.addresses.iter().filter_map(|peer| match peer {
            Peer::Ip(ip) => Some(ip.to_string()),
            Peer::Name(name) => Some(name.to_string()),
            _ => None,
        }));
    }
    all
}

fn selectors(secret: &Secret) -> impl Iterator<Item = String> + '_ {
    secret.selectors.iter().filter_map(|selector| normalised_id(selector))
}

fn has_wildcard(secret: &Secret) -> bool {
    secret.selectors.iter().any(|selector| selector.value.starts_with("%any") || selector.value == "0.0.0.0")
}

/// How well an entry fits; `None` when it does not.
fn fit(secret: &Secret, me: &[String], peer: &[String], libreswan: bool) -> Option<u8> {
    let names_me = selectors(secret).any(|selector| me.contains(&selector));
    let names_peer = selectors(secret).any(|selector| peer.contains(&selector));
    let any = has_wildcard(secret);
    let only_me = secret.selectors.len() == 1 && (names_me || any);
    let rank = u8::from(names_me) + 2 * u8::from(names_peer);
    let fits = if libreswan {
        secret.selectors.is_empty() || only_me || any || names_me && names_peer
    } else {
        secret.selectors.is_empty() || names_me || names_peer || any
    };
    fits.then_some(rank)
}
