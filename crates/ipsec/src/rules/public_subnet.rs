//! A network of the Internet that looks meant as a private one.

use crate::model::collisions::mistaken_for_private;
use crate::model::{End, Ipsec};
use confvet_core::{Context, Fact, Findings, Keys, Rule};
use ipnet::IpNet;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/public-subnet", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let owned: Vec<IpNet> = context.facts.list(Fact::OwnedPrefixes).iter().filter_map(|net| net.parse().ok()).collect();
    let mut reported = Keys::new();
    for connection in model.live() {
        for selector in connection.ends().into_iter().flat_map(End::remarkable_selectors) {
            let Some(IpNet::V4(net)) = selector.net() else { continue };
            let is_owned = owned.iter().any(|owned| owned.contains(&IpNet::V4(net)));
            let Some(meant) = mistaken_for_private(net).filter(|_| !is_owned && !connection.has_an_end_in(net)) else {
                continue;
            };
            if reported.insert(selector.span) {
                let hint = meant.map(|range| format!(" (`{range}` is)")).unwrap_or_default();
                let message =
                    format!("`{net}` is public address space, not RFC 1918{hint}: the real owners become unreachable");
                findings.report(selector.span, message);
            }
        }
    }
}
