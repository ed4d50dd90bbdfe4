//! After a reload the old process keeps long connections, and no longer checks where they go.

use crate::model::{Haproxy, Mode};
use confvet_core::units::display_duration;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Severity};
use std::time::Duration;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-reload-keeps-sessions", check };

const LONG: Duration = Duration::from_secs(300);

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let Some(global) = haproxy.globals.first() else { return };
    if haproxy.global_setting("hard-stop-after").is_some() || haproxy.template {
        return;
    }
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.mode() == Mode::Tcp && !proxy.is_disabled()) {
        let Some(option) = proxy.servers.iter().find_map(|server| server.option("on-marked-down")) else { continue };
        let Some(limit) = proxy.idle_limit().and_then(|limit| limit.duration).filter(|limit| *limit >= LONG) else {
            continue;
        };
        let generated = proxy.servers.iter().any(|server| server.slots.is_some());
        let often = context.facts.is_true(Fact::HaproxyReloads) || generated;
        let message = format!(
            "no `hard-stop-after`: after a reload the old process keeps the connections of `{}` for up to {} and no longer checks its servers",
            proxy.name(),
            display_duration(limit)
        );
        let report = findings
            .report(global.header(), message)
            .severity(if often { Severity::Warning } else { Severity::Info })
            .label(option.span(), "never acts in the old process");
        let edit = match global.statements.last() {
            Some(last) => Edit::insert_after(last.span(), "\n    hard-stop-after 5m"),
            None => global.insert_first("hard-stop-after 5m"),
        };
        report.suggest("stop the old process after five minutes", [edit]);
        return;
    }
}
