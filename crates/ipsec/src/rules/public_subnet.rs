//! A network of the Internet that looks meant as a private one.

use crate::model::{Connection, Ipsec, Peer};
use confvet_core::{Context, Fact, Findings, Rule};
use ipnet::{IpNet, Ipv4Net};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::LazyLock;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/public-subnet", check };

/// Ranges that are nobody's on the Internet, or have a rule of their own.
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

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let owned: Vec<IpNet> = context.facts.list(Fact::OwnedPrefixes).iter().filter_map(|net| net.parse().ok()).collect();
    let mut reported = BTreeSet::new();
    for connection in model.live() {
        for selector in connection.ends().into_iter().flat_map(super::super::model::end::End::selectors) {
            let Some(IpNet::V4(net)) = selector.net() else { continue };
            let is_owned = owned.iter().any(|owned| owned.contains(&IpNet::V4(net)));
            let Some(hint) = meant_as_private(net).filter(|_| !is_owned && !holds_an_end(connection, net)) else {
                continue;
            };
            if reported.insert(selector.span) {
                let message =
                    format!("`{net}` is public address space, not RFC 1918{hint}: the real owners become unreachable");
                findings.report(selector.span, message);
            }
        }
    }
}

/// Which private range was probably meant; `None` when the network is fine.
fn meant_as_private(net: Ipv4Net) -> Option<&'static str> {
    static RANGES: LazyLock<Vec<Ipv4Net>> =
        LazyLock::new(|| SPECIAL.iter().filter_map(|range| range.parse().ok()).collect());
    if RANGES.iter().any(|range| range.contains(&net) || net.contains(range)) {
        return None;
    }
    let [first, second, ..] = net.addr().octets();
    let prefix = net.prefix_len();
    match (first, second) {
        (172, _) if (8..=24).contains(&prefix) => Some(" (`172.16.0.0/12` is)"),
        (192, 160..=175 | 68 | 186 | 198) if (16..=24).contains(&prefix) => Some(" (`192.168.0.0/16` is)"),
        _ if (8..=16).contains(&prefix) => Some(""),
        _ => None,
    }
}

/// The tunnel's own addresses lie in it: somebody really owns that network.
fn holds_an_end(connection: &Connection, net: Ipv4Net) -> bool {
    connection.ends().into_iter().flat_map(|end| &end.addresses).any(|peer| match peer {
        Peer::Ip(IpAddr::V4(ip)) => net.contains(ip),
        _ => false,
    })
}
