//! A network with bits set below its prefix.

use crate::model::{Connection, End, Ipsec};
use confvet_core::{Context, Edit, Findings, Keys, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/subnet-host-bits", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for selector in model.connections.iter().flat_map(Connection::ends).flat_map(End::remarkable_selectors) {
        let Some(net) = selector.net().filter(|_| selector.host_bits) else { continue };
        let tiny = net.max_prefix_len() - net.prefix_len() <= 1;
        if tiny || !reported.insert(selector.span) {
            continue;
        }
        let written = selector.text.split(['[', ' ']).next().unwrap_or_default();
        let report = findings.report(selector.span, format!("`{written}` has host bits set: it is taken as `{net}`"));
        if context.text(selector.span) == written {
            report.suggest(format!("write `{net}`"), [Edit::replace(selector.span, net.to_string())]);
        }
    }
}
