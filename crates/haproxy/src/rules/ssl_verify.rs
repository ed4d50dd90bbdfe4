//! TLS to servers that does not prove who they are.

use crate::model::{Haproxy, Mode, Proxy, Server, ServerOption};
use crate::syntax::Word;
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/ssl-verify", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if let Some(none) =
        haproxy.global_setting("ssl-server-verify").and_then(|line| line.word(1)).filter(|word| word.text == "none")
    {
        findings
            .report(none.span, "servers accept any certificate, unless they say otherwise")
            .help("delete the line, and give each server a `ca-file`");
    }
    let mut reported = Vec::new();
    for proxy in haproxy.proxies.iter().filter(|proxy| !proxy.is_disabled()) {
        let names_itself = haproxy.at_least((3, 3, 0)) && proxy.mode() == Mode::Http;
        for server in proxy.servers.iter().filter(|server| !server.address.is_local()) {
            let checks_other_port = server.ssl().is_none();
            let Some(ssl) = server.ssl().or_else(|| server.flag("check-ssl")) else {
                plain(proxy.mode(), proxy.name(), server, findings);
                continue;
            };
            let verify = server.option("verify");
            let none = verify.filter(|verify| verify.text() == "none");
            let finding = match none {
                // A check of another port of the same host is no way to the traffic.
                Some(none) if !checks_other_port || server.option("addr").is_some() => {
                    let span = none.value().map_or(none.span(), |value| value.span);
                    Some((span, format!("`{}` accepts any certificate", server.name().text), none))
                }
                Some(_) => None,
                None if !checks_other_port && !names_itself && unnamed(server) => Some((
                    ssl.span(),
                    format!(
                        "any certificate of that CA is accepted for `{}`: add `verifyhost` or `sni`",
                        server.name().text
                    ),
                    ssl,
                )),
                None => None,
            };
            let Some((span, message, option)) = finding.filter(|(span, ..)| !reported.contains(span)) else { continue };
            reported.push(span);
            suggest(findings.report(span, message), server, option, none.is_some());
        }
    }
    optional_certificates(haproxy, findings);
}

fn unnamed(server: &Server) -> bool {
    server.option("ca-file").is_some() && server.option("sni").is_none() && server.option("verifyhost").is_none()
}

fn suggest(report: confvet_core::Report<'_>, server: &Server, option: ServerOption<'_>, none: bool) {
    if none {
        report.help("write `verify required ca-file @system-ca`, or name your own CA").suggest_as(
            Safety::Unsafe,
            "verify against the system's CAs",
            [Edit::replace(option.whole(), "verify required ca-file @system-ca")],
        );
    } else if let Some(host) = server.address.host_name() {
        report.suggest_as(Safety::Unsafe, "check the name", server.append(&format!("verifyhost {host}")));
    }
}

/// A port that speaks TLS, without TLS.
fn plain(mode: Mode, proxy: &str, server: &Server, findings: &mut Findings) {
    let Some(port) = server.address.fixed_port().filter(|port| matches!(port, 443 | 8443 | 6443 | 9443)) else {
        return;
    };
    let says_so = server.options().any(|option| option.name() == "no-ssl");
    let plain = [proxy, server.name().text].iter().any(|name| name.to_ascii_lowercase().contains("plain"));
    if mode == Mode::Http && !says_so && !plain {
        findings
            .report(
                server.address.span,
                format!(
                    "`{}` is reached on port {port} without `ssl`: the request travels in the clear, or is refused",
                    server.name().text
                ),
            )
            .help("add `ssl verify required ca-file @system-ca`");
    }
}

/// Client certificates that are asked for and never looked at: not by the proxy, not by the rules it inherits, and not
/// by any backend that it may send to.
fn optional_certificates(haproxy: &Haproxy, findings: &mut Findings) {
    let mut any_backend = None;
    for proxy in &haproxy.proxies {
        let Some(optional) =
            proxy.binds.iter().filter_map(|bind| bind.option("verify")).find(|verify| verify.text() == "optional")
        else {
            continue;
        };
        let by_name = |name: Word<'_>| haproxy.backend(name.text).is_some_and(looks_at_certificates);
        let looked_at = looks_at_certificates(proxy)
            || haproxy.defaults_of(proxy).is_some_and(looks_at_certificates)
            || proxy.routes().filter_map(|route| route.word(1)).any(|name| {
                if name.is_known() {
                    by_name(name)
                } else {
                    let mut backends = haproxy.proxies.iter().filter(|proxy| proxy.has_backend_side());
                    *any_backend.get_or_insert_with(|| backends.any(looks_at_certificates))
                }
            });
        if !looked_at {
            let span = optional.value().map_or(optional.span(), |value| value.span);
            findings
                .report(span, "client certificates are asked for, and no rule looks at them")
                .help("deny unless `{ ssl_c_used }` and `{ ssl_c_verify 0 }`, or write `verify required`");
        }
    }
}

/// A rule, or what a rule hands on, depends on the certificate of the client. Logs only tell of it.
fn looks_at_certificates(proxy: &Proxy) -> bool {
    let logs = |keyword: &str| keyword.contains("log-format") || keyword.starts_with("unique-id");
    proxy.statements.iter().filter(|statement| statement.may_look() && !logs(statement.keyword())).any(|statement| {
        statement.words().iter().any(|word| word.text.contains("ssl_c_") || word.text.contains("ssl_fc_has_crt"))
    })
}
