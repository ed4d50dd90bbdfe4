//! A member whose scope is not quite that of the others: it founds a cluster of its own.

use super::Cluster;
use crate::Document;
use crate::hba::HbaAddress;
use crate::model::Config;
use confvet_core::{Address, Context, Findings, Map, Rule, Set, Spanned, nearest};
use std::net::IpAddr;

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/scope-differs", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    let clusters = super::clusters(set);
    if clusters.iter().all(|cluster| cluster.members.len() > 1) {
        return;
    }
    let by_address: Map<IpAddr, usize> = (clusters.iter().enumerate())
        .flat_map(|(at, cluster)| cluster.members.iter().filter_map(move |config| Some((own_ip(config)?, at))))
        .collect();
    let by_spelling = spellings(&clusters);
    let mut said: Vec<bool> = vec![false; clusters.len()];
    for (at, cluster) in clusters.iter().enumerate() {
        let [odd] = cluster.members.as_slice() else { continue };
        let near = variants(cluster.name).into_iter().filter_map(|spelling| by_spelling.get(&spelling)).flatten();
        let named = named_hosts(odd).filter_map(|ip| by_address.get(&ip));
        let mut others: Vec<usize> = near.chain(named).copied().filter(|other| *other != at && !said[*other]).collect();
        others.sort_unstable();
        others.dedup();
        let belongs =
            |other: &usize| is_one_cluster(odd, &clusters[*other].members, cluster.name, clusters[*other].name);
        let Some(other) = others.into_iter().find(belongs) else { continue };
        let there = &clusters[other].members;
        // Of two members that stand alone the later one is the odd one.
        let first_is_odd = there.len() > 1 || ctx.path(odd.file()) > ctx.path(there[0].file());
        let (odd, mate) = if first_is_odd { (*odd, there[0]) } else { (there[0], *odd) };
        said[if first_is_odd { at } else { other }] = true;
        report(odd, mate, if first_is_odd { there.len() } else { 1 }, ctx, findings);
    }
}

fn report(odd: &Config, mate: &Config, count: usize, ctx: &Context<'_>, findings: &mut Findings) {
    let scopes = odd.scope().zip(mate.scope()).filter(|(here, there)| here.value != there.value);
    let namespaces = || odd.text("namespace").zip(mate.text("namespace"));
    let (key, (here, there)) = match scopes {
        Some(scopes) => ("scope", scopes),
        None => match namespaces() {
            Some(namespaces) => ("namespace", namespaces),
            None => return,
        },
    };
    let Spanned { value, span } = here;
    let whom = if count == 1 { "the other member".to_owned() } else { format!("{count} other members") };
    findings
        .report(
            span,
            format!(
                "`{key}` is `{value}` here and `{}` in {whom} ({}): this member founds a cluster of its own",
                there.value,
                ctx.path(mate.file())
            ),
        )
        .label(there.span, "the others' cluster")
        .suggest(format!("write `{}`", there.value), [confvet_core::Edit::replace(span, there.value)]);
}

fn own_ip(config: &Config) -> Option<IpAddr> {
    match config.address("postgresql.connect_address")?.value.hosts().next()? {
        Address::Ip(ip) if !ip.is_loopback() && !ip.is_unspecified() => Some(ip),
        _ => None,
    }
}

/// Single hosts that a member lets replicate.
fn named_hosts(config: &Config) -> impl Iterator<Item = IpAddr> + '_ {
    let records = config.hba().lines().iter().filter_map(|line| line.record.as_ref());
    records.filter(|record| record.is_for_replication()).filter_map(|record| match record.address.value {
        HbaAddress::Network { address, .. }
            if record.mask_length() == Some(if address.is_ipv4() { 32 } else { 128 }) =>
        {
            Some(address)
        }
        _ => None,
    })
}

/// Do two members use one store, with one replication user, and is one of them meant to be in the other's cluster?
fn is_one_cluster(odd: &Config, others: &[&Config], name: &str, other_name: &str) -> bool {
    let Some(mate) = others.first() else { return false };
    let store = |config: &Config| {
        (config.dcs_sections().first().and_then(|entry| entry.key.text()).map(str::to_owned), config.dcs_endpoints())
    };
    let (Some(here), Some(there)) = (own_ip(odd), own_ip(mate)) else { return false };
    let user = |config: &Config| config.replication_user().map(|user| user.value.to_owned());
    let group = |config: &Config| config.local("citus.group").and_then(confvet_yaml::Node::as_i64);
    let same = store(odd) == store(mate)
        && !odd.dcs_endpoints().is_empty()
        && !odd.asks_loopback_store()
        && user(odd) == user(mate)
        && group(odd) == group(mate);
    let names_each_other = named_hosts(odd).any(|ip| others.iter().any(|other| own_ip(other) == Some(ip)))
        && others.iter().any(|other| named_hosts(other).any(|ip| ip == here));
    same && (names_each_other || (in_one_subnet(here, there) && is_slip(name, other_name)))
}

fn in_one_subnet(a: IpAddr, b: IpAddr) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.octets()[..3] == b.octets()[..3],
        (IpAddr::V6(a), IpAddr::V6(b)) => a.segments()[..4] == b.segments()[..4],
        _ => false,
    }
}

/// Near enough for a slip of the fingers; names that differ in a number are different names.
fn is_slip(a: &str, b: &str) -> bool {
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    digits(a) == digits(b) && (a.eq_ignore_ascii_case(b) || nearest(a, [b], 2).is_some())
}

/// The clusters by every spelling that is up to two letters shorter than their name: two names within two slips share one.
fn spellings(clusters: &[Cluster<'_>]) -> Map<String, Vec<usize>> {
    let mut by_spelling: Map<String, Vec<usize>> = Map::new();
    for (at, cluster) in clusters.iter().enumerate() {
        for spelling in variants(cluster.name) {
            let names = by_spelling.or_default(spelling);
            if names.last() != Some(&at) && names.len() < 16 {
                names.push(at);
            }
        }
    }
    by_spelling
}

/// Longer names than this have too many spellings, and nobody types them by hand.
const LONGEST: usize = 40;

fn variants(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.to_lowercase().chars().collect();
    let mut found = vec![letters.iter().collect::<String>()];
    if letters.len() > LONGEST {
        return found;
    }
    for first in 0..letters.len() {
        let without = |other: usize| -> String {
            letters
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != first && *at != other)
                .map(|(_, letter)| letter)
                .collect()
        };
        found.push(without(first));
        found.extend((first + 1..letters.len()).map(without));
    }
    found
}
