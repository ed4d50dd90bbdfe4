//! A database behind a proxy that speaks HTTP.

use crate::model::{Haproxy, Mode};
use confvet_core::{Context, Findings, Rule, Safety};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/database-in-http-mode", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.mode() == Mode::Http && !proxy.is_disabled()) {
        let (Some(database), Some(first), Some(mode)) = (proxy.database(), proxy.servers.first(), proxy.mode_setting())
        else {
            continue;
        };
        let report = findings
            .report(proxy.header(), format!("`{}` forwards {database} in http mode", proxy.name()))
            .label(mode.span(), "this mode applies")
            .label(first.address.span, database)
            .help("add `mode tcp`");
        if !proxy.owns(mode) && haproxy.may_become(proxy, Mode::Tcp) {
            report.suggest_as(Safety::Safe, "insert `mode tcp`", [proxy.insert_first("mode tcp")]);
        }
    }
}
