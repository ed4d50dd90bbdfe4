//! A timeout made for HTTP cuts idle database connections.

use crate::model::{Haproxy, Mode};
use confvet_core::units::display_duration;
use confvet_core::{Context, Findings, Rule};
use std::time::Duration;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/short-tcp-idle-timeout", check };

const LONG_ENOUGH: Duration = Duration::from_secs(300);

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy
        .proxies
        .iter()
        .filter(|proxy| proxy.mode() == Mode::Tcp && proxy.has_backend_side() && !proxy.is_disabled())
    {
        let database =
            proxy.servers.iter().filter_map(|server| server.address.fixed_port()).find_map(crate::model::database_on);
        let Some(database) = database.filter(|database| !matches!(*database, "mail" | "SSH" | "LDAP" | "RDP")) else {
            continue;
        };
        // The clients' side of a backend is the frontend's, and each of those may have its own.
        let Some(limit) = proxy.idle_limit() else { continue };
        let Some(duration) = limit.duration.filter(|duration| *duration < LONG_ENOUGH) else { continue };
        let message = format!(
            "idle {database} connections through `{}` are cut after {} (`{}`)",
            proxy.name(),
            display_duration(duration),
            limit.statement.setting()
        );
        let lines = "timeout client 30m\n    timeout server 30m";
        let report = findings
            .report(limit.span(), message)
            .label(proxy.header(), "applies here")
            .help("set `timeout client` and `timeout server` to 30m, or `timeout tunnel` to 1h, in this proxy");
        let nothing_own = proxy.all("timeout").next().is_none();
        report.suggest(
            "give this proxy timeouts of its own",
            (nothing_own && proxy.has_frontend_side() && !proxy.statements.is_empty())
                .then(|| proxy.insert_first(lines)),
        );
    }
}
