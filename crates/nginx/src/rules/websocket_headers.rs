//! Half of a WebSocket upgrade.

use crate::keys::key;
use crate::layout;
use crate::model::{Family, Nginx, ProxyHttpVersion};
use crate::template;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/websocket-headers", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for pass in nginx.passes().iter().filter(|pass| pass.family == Family::Proxy) {
        let scope = pass.scope(nginx);
        if scope.sees_unread_include() {
            continue;
        }
        let Some(upgrade) =
            scope.proxy_header("Upgrade").filter(|line| line.text(1).eq_ignore_ascii_case("$http_upgrade"))
        else {
            continue;
        };
        let connection = scope.proxy_header("Connection").map(|line| line.text(1));
        let forwarded =
            connection.is_some_and(|value| value.eq_ignore_ascii_case("upgrade") || template::has_variables(value));
        if !forwarded {
            let report = findings
                .report(upgrade.span(), "Upgrade is forwarded but Connection is not: the WebSocket handshake fails");
            if connection.is_none() {
                report.suggest(
                    "forward both",
                    layout::after(upgrade, &["proxy_set_header Connection \"upgrade\";".to_owned()], ctx),
                );
            }
        } else if scope.proxy_http_version(nginx) == ProxyHttpVersion::Http10 {
            let set = scope.effective(key!("proxy_http_version"));
            let by_default = set.is_none() && nginx.release().version.is_none();
            let (message, severity) = if by_default {
                let message = "Upgrade is forwarded without `proxy_http_version 1.1`: before nginx 1.29.7 that is HTTP/1.0, and the WebSocket handshake fails";
                (message, Severity::Info)
            } else {
                let message = "Upgrade is forwarded over HTTP/1.0, which has none: the WebSocket handshake fails";
                (message, Severity::Warning)
            };
            let report = findings.report(upgrade.span(), message).severity(severity);
            if set.is_none() {
                report.suggest("speak HTTP/1.1", [layout::before(upgrade, "proxy_http_version 1.1;", ctx)]);
            }
        }
    }
}
