//! Health checks so slow that the old primary stays in rotation while Patroni elects a new one.

use crate::model::{Haproxy, Server, ServerOption, Timeout};
use confvet_core::units::display_duration;
use confvet_core::{Context, Edit, Fact, Findings, Rule};
use std::time::Duration;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-slow-detection", check };

/// Patroni's default.
const TTL: Duration = Duration::from_secs(30);

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let ttl = context.facts.duration(Fact::PatroniTtl).unwrap_or(TTL);
    for pool in haproxy.patroni_pools(context.facts).iter().filter(|pool| pool.is_role_checked() && pool.takes_writes())
    {
        let name = pool.proxy.name();
        let mut reported = Vec::new();
        for server in pool.checked() {
            if server.flag("agent-check").is_some()
                || (server.option("on-error").is_some() && server.option("observe").is_some())
            {
                continue;
            }
            let (Some(detection), Some(recovery)) = (server.detection(), server.recovery()) else { continue };
            let ttl_text = display_duration(ttl);
            let (blame, message) = if detection >= ttl / 2 {
                let blame = slowest(server, "inter", "fall");
                let (inter, fall) = (server.inter().unwrap_or_default(), server.fall().unwrap_or_default());
                let shown = format!("inter {} x fall {fall}", display_duration(inter));
                (
                    blame,
                    format!(
                        "a demoted primary stays in `{name}` for {} ({shown}); Patroni elects a new one after ttl {ttl_text}",
                        display_duration(detection)
                    ),
                )
            } else if recovery >= ttl {
                let blame =
                    slowest(server, if server.option("downinter").is_some() { "downinter" } else { "inter" }, "rise");
                (
                    blame,
                    format!(
                        "a new primary is used in `{name}` only after {}; Patroni elects it after ttl {ttl_text}",
                        display_duration(recovery)
                    ),
                )
            } else if let Some(check) = pool
                .proxy
                .timeout(Timeout::Check)
                .filter(|check| check.duration.is_some_and(|duration| duration > ttl / 2))
            {
                if !reported.contains(&check.span()) {
                    reported.push(check.span());
                    findings
                        .report(
                            check.span(),
                            format!(
                                "one check of `{name}` may take {}; Patroni elects a new primary after ttl {ttl_text}",
                                display_duration(check.duration.unwrap_or_default())
                            ),
                        )
                        .label(pool.proxy.header(), "this pool takes writes");
                }
                continue;
            } else {
                continue;
            };
            let span = blame.and_then(ServerOption::value).map_or(server.name().span, |value| value.span);
            if reported.contains(&span) {
                continue;
            }
            reported.push(span);
            let report = findings
                .report(span, message)
                .label(pool.proxy.header(), "this pool takes writes")
                .help("write `inter 3s fall 3 rise 2`");
            let quick = [("inter", "3s"), ("fall", "3"), ("rise", "2"), ("downinter", "3s"), ("fastinter", "1s")];
            let edits = quick.iter().filter_map(|(option, value)| {
                let written = server.option(option).and_then(ServerOption::value)?;
                let slower = match *option {
                    "fall" => server.fall() > Some(3),
                    "rise" => server.rise() > Some(2),
                    name => server.option(name).and_then(ServerOption::time) > Some(Duration::from_secs(3)),
                };
                slower.then(|| Edit::replace(written.span, *value))
            });
            report.suggest("check every three seconds", edits.collect::<Vec<_>>());
        }
    }
}

/// The option that contributes most: the interval, unless it is quick and the count is high.
fn slowest<'a>(server: &'a Server, interval: &str, count: &str) -> Option<ServerOption<'a>> {
    let interval = server.option(interval).filter(|interval| interval.time() > Some(Duration::from_secs(3)));
    interval.or_else(|| server.option(count)).or_else(|| server.option("inter"))
}
