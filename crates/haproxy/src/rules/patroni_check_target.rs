//! An HTTP health check that goes to the database's own port.

use crate::model::{CheckKind, Haproxy};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-check-target", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.check.kind == CheckKind::Http && !proxy.is_disabled()) {
        for server in &proxy.servers {
            let Some(port) = proxy.check_port(server) else { continue };
            let Some(database) = crate::model::database_on(port) else { continue };
            let Some(check) =
                server.check_option().filter(|_| server.option("track").is_none() && !server.is_disabled())
            else {
                continue;
            };
            if server.flag("check-via-socks4").is_some() || server.option("addr").is_some() {
                continue;
            }
            let with_port = proxy.servers.iter().find_map(|server| server.option("port")?.number());
            let rest = with_port.unwrap_or(8008);
            let report = findings.report(
                check.span(),
                format!("health check of `{}` speaks HTTP to port {port} ({database})", server.name().text),
            );
            let report = match proxy.check.option.as_ref() {
                Some(option) => report.label(option.setting_span(), "the check is an HTTP request"),
                None => report,
            };
            if server.option("port").is_none() && proxy.check.connect_port().is_none() && proxy.is_postgres() {
                report
                    .help(format!("add `port {rest}`, where Patroni answers"))
                    .suggest(format!("check port {rest}"), server.append(&format!("port {rest}")));
            }
        }
    }
}
