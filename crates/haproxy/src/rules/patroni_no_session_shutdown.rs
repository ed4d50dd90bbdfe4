//! Connections to a demoted primary stay open.

use crate::model::{Endpoint, Haproxy, Purpose, Timeout};
use confvet_core::units::display_duration;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};
use std::time::Duration;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-no-session-shutdown", check };

const SHORT: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(300);

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for pool in haproxy.patroni_pools(context.facts) {
        let proxy = pool.proxy;
        if pool.endpoint().is_none_or(|endpoint| endpoint == Endpoint::Dead) {
            continue;
        }
        let Some(server) = pool.checked().find(|server| server.option("on-marked-down").is_none()) else { continue };
        let limit = proxy.idle_limit();
        let duration = limit.map(|limit| limit.duration);
        let no_limit =
            duration.is_none() || proxy.timeout(Timeout::Server).is_none() && proxy.timeout(Timeout::Tunnel).is_none();
        let Some(duration) = duration.unwrap_or(Some(Duration::MAX)) else { continue };
        let severity = if pool.takes_writes() {
            Severity::Warning
        } else if pool.purpose == Purpose::Reader {
            Severity::Info
        } else {
            continue;
        };
        if duration < SHORT || (severity == Severity::Info && duration < LONG) {
            continue;
        }
        let how_long =
            if no_limit { "for ever".to_owned() } else { format!("for up to {}", display_duration(duration)) };
        let name = proxy.name();
        let message = if severity == Severity::Warning {
            format!("`{name}`: connections to a demoted primary stay open {how_long}")
        } else {
            format!("`{name}`: connections to a replica that went away stay open {how_long}")
        };
        let own_default = proxy.all("default-server").rfind(|line| line.span().start < server.statement.span().start);
        let span = own_default.map_or(server.name().span, crate::model::Statement::keyword_span);
        let edit = match own_default {
            Some(line) => line.append_options("on-marked-down shutdown-sessions"),
            None => Some(Edit::insert_before(
                server.statement.span(),
                "default-server on-marked-down shutdown-sessions\n    ",
            )),
        };
        findings
            .report(span, message)
            .severity(severity)
            .label(proxy.header(), "this pool keeps them")
            .help("add `on-marked-down shutdown-sessions`")
            .suggest_as(Safety::Safe, "close them when a node goes down", edit);
    }
}
