//! Cookies that do not keep users where they belong.

use crate::model::{Haproxy, Mode, Proxy, Server, Statement};
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};
use std::collections::BTreeMap;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/cookie-persistence", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    for proxy in haproxy
        .proxies
        .iter()
        .filter(|proxy| proxy.has_backend_side() && !proxy.is_disabled() && !proxy.servers.is_empty())
    {
        let cookie = proxy.effective("cookie").filter(|_| proxy.mode() == Mode::Http);
        if let Some(cookie) = cookie {
            values(proxy, cookie, findings);
            attributes(proxy, cookie, findings);
        } else if proxy.mode() == Mode::Http
            && proxy.servers_may_have("cookie")
            && proxy.effective("cookie").is_none()
            && let Some((server, option)) =
                proxy.servers.iter().find_map(|server| Some((server, server.option("cookie")?)))
        {
            findings
                .report(
                    option.whole(),
                    format!("`cookie {}` is unused: `{}` has no `cookie` line", option.text(), proxy.name()),
                )
                .label(server.name.span, "nobody is sent here by it");
        }
        redispatch(proxy, cookie, findings);
    }
}

fn has(cookie: &Statement, word: &str) -> bool {
    cookie.from(2).iter().any(|other| other.text == word)
}

fn values(proxy: &Proxy, cookie: &Statement, findings: &mut Findings) {
    let keeps = ["insert", "prefix", "rewrite"].iter().any(|mode| has(cookie, mode));
    if !keeps || has(cookie, "dynamic") {
        return;
    }
    let mut seen: BTreeMap<&str, &Server> = BTreeMap::new();
    for server in
        proxy.servers.iter().filter(|server| !server.is_backup() && !server.is_disabled() && server.slots.is_none())
    {
        match server.option("cookie") {
            None => {
                findings
                    .report(
                        server.name.span,
                        format!(
                            "server `{}` has no cookie value: its clients are balanced anew on every request",
                            server.name.text
                        ),
                    )
                    .label(cookie.keyword_span(), "the others keep theirs")
                    .suggest("give it one", server.append(&format!("cookie {}", server.name.text)));
            }
            Some(option) if option.value().is_some_and(crate::syntax::Word::is_known) => {
                if let Some(first) = seen.insert(option.text(), server) {
                    findings
                        .report(
                            server.name.span,
                            format!(
                                "servers `{}` and `{}` share the cookie value `{}`",
                                first.name.text,
                                server.name.text,
                                option.text()
                            ),
                        )
                        .label(first.name.span, "the same value");
                }
            }
            Some(_) => {}
        }
    }
}

fn attributes(proxy: &Proxy, cookie: &Statement, findings: &mut Findings) {
    if !has(cookie, "insert") || !proxy.owns(cookie) {
        return;
    }
    let missing: Vec<&str> = ["indirect", "nocache"].into_iter().filter(|word| !has(cookie, word)).collect();
    if missing.is_empty() || (has(cookie, "preserve") && missing == ["indirect"]) {
        return;
    }
    let effect = match missing[..] {
        ["nocache"] => "a shared cache may store it",
        ["indirect"] => "the application sees it",
        _ => "the application sees it, and a shared cache may store it",
    };
    let words = missing.join(" ");
    let insert = cookie
        .from(2)
        .iter()
        .find(|word| word.text == "insert")
        .map(|word| Edit::insert_after(word.span, format!(" {words}")));
    findings
        .report(cookie.span(), format!("`cookie {} insert` without `{words}`: {effect}", cookie.text(1)))
        .severity(Severity::Info)
        .suggest_as(Safety::Safe, format!("add `{words}`"), insert);
}

/// Clients that stick to a server which refuses connections.
fn redispatch(proxy: &Proxy, cookie: Option<&Statement>, findings: &mut Findings) {
    let sticks = cookie.or_else(|| proxy.all("stick").find(|rule| matches!(rule.text(1), "on" | "match")));
    let retries = || proxy.option("redispatch").is_some() || proxy.effective("retry-on").is_some();
    let Some(line) = sticks.filter(|line| proxy.server_count() >= 2 && proxy.owns(line) && !retries()) else { return };
    findings
        .report(line.span(), "no `option redispatch`: clients stick to a dead server until its check notices")
        .severity(Severity::Info)
        .suggest_as(Safety::Safe, "let them go elsewhere", [line.insert_line_before("option redispatch")]);
}
