//! A line that needs HTTP in a proxy that forwards bytes.

use crate::model::{Haproxy, Mode, Proxy, Statement};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/http-feature-in-tcp-mode", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.template || (haproxy.is_part() && haproxy.defaults.is_empty()) {
        return;
    }
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.mode() == Mode::Tcp && !proxy.is_disabled()) {
        if becomes_http(haproxy, proxy) {
            continue;
        }
        let mode = proxy.mode_setting();
        let why = if mode.is_some() { "`mode tcp` applies" } else { "no `mode` is set, which means tcp" };
        let mut seen_stats = false;
        let mut may_speak_http = None;
        if proxy.servers_may_have("cookie")
            && let Some(option) =
                proxy.servers.iter().find_map(|server| server.own_options().find(|option| option.name() == "cookie"))
        {
            findings
                .report(option.whole(), format!("`cookie` is ignored: {} is in tcp mode ({why})", proxy.title()))
                .severity(Severity::Warning)
                .label(mode.map_or(proxy.header(), crate::model::Statement::span), "tcp mode");
        }
        for statement in proxy.statements.iter().filter(|statement| needs_http(proxy, statement)) {
            // One word of the page is enough for all its lines.
            if statement.is("stats") && std::mem::replace(&mut seen_stats, true) {
                continue;
            }
            let span = if statement.is("option") { statement.setting_span() } else { statement.keyword_span() };
            let shown = if statement.is("option") { statement.setting() } else { statement.keyword().to_owned() };
            let report = findings
                .report(span, format!("`{shown}` is ignored: {} is in tcp mode ({why})", proxy.title()))
                .severity(if guards(statement) { Severity::Error } else { Severity::Warning })
                .label(mode.map_or(proxy.header(), crate::model::Statement::span), "tcp mode");
            let changeable = mode.is_none_or(|mode| !proxy.owns(mode))
                && *may_speak_http
                    .get_or_insert_with(|| proxy.database().is_none() && haproxy.may_become(proxy, Mode::Http));
            if changeable {
                report.suggest("insert `mode http`", [proxy.insert_first("mode http")]);
            }
        }
    }
}

/// HTTP is spoken in the end: the connection is upgraded, here or in the backend.
fn becomes_http(haproxy: &Haproxy, proxy: &Proxy) -> bool {
    let switches = proxy.all("tcp-request").any(|rule| rule.text(2) == "switch-mode");
    switches
        || proxy
            .routes()
            .any(|route| haproxy.backend(route.text(1)).is_some_and(|backend| backend.mode() == Mode::Http))
}

fn needs_http(proxy: &Proxy, statement: &Statement) -> bool {
    match statement.keyword() {
        "http-request"
        | "http-response"
        | "http-after-response"
        | "redirect"
        | "cookie"
        | "monitor-uri"
        | "compression"
        | "capture"
        | "errorfile"
        | "errorfiles"
        | "http-error"
        | "http-reuse" => true,
        "stats" => proxy.has_frontend_side() && statement.text(1) != "socket",
        "option" => statement.needs_http() && !statement.is_negated(),
        "balance" => ["uri", "url_param", "hdr("].iter().any(|algorithm| statement.text(1).starts_with(algorithm)),
        _ => false,
    }
}

/// The line keeps somebody out, or is all that the proxy is for.
fn guards(statement: &Statement) -> bool {
    match statement.keyword() {
        "http-request" => matches!(statement.text(1), "deny" | "auth" | "reject" | "tarpit" | "silent-drop"),
        "stats" | "redirect" => true,
        _ => false,
    }
}
