//! Cookies that do not keep users where they belong.

use crate::model::{Haproxy, Mode, Proxy, Server, Statement};
use confvet_core::{Context, Edit, Findings, Keys, Map, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/cookie-persistence", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    // What several proxies inherit is spoken of once.
    let mut told: Keys<(Span, &str)> = Keys::new();
    for proxy in haproxy
        .proxies
        .iter()
        .filter(|proxy| proxy.has_backend_side() && !proxy.is_disabled() && !proxy.servers.is_empty())
    {
        let cookie = proxy.effective("cookie").filter(|_| proxy.mode() == Mode::Http);
        if let Some(cookie) = cookie {
            values(proxy, cookie, findings);
            attributes(haproxy, proxy, cookie, &mut told, findings);
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
                .label(server.name().span, "nobody is sent here by it");
        }
        redispatch(proxy, cookie, &mut told, findings);
    }
}

fn has(cookie: &Statement, word: &str) -> bool {
    cookie.from(2).iter().any(|other| other.text == word)
}

fn values(proxy: &Proxy, cookie: &Statement, findings: &mut Findings) {
    let keeps = cookie.from(2).iter().any(|word| matches!(word.text, "insert" | "prefix" | "rewrite"));
    if !keeps || has(cookie, "dynamic") {
        return;
    }
    let mut seen: Map<&str, &Server> = Map::new();
    for server in
        proxy.servers.iter().filter(|server| !server.is_backup() && !server.is_disabled() && server.slots.is_none())
    {
        match server.option("cookie") {
            None => {
                findings
                    .report(
                        server.name().span,
                        format!(
                            "server `{}` has no cookie value: its clients are balanced anew on every request",
                            server.name().text
                        ),
                    )
                    .label(cookie.keyword_span(), "the others keep theirs")
                    .suggest("give it one", server.append(&format!("cookie {}", server.name().text)));
            }
            Some(option) if option.value().is_some_and(crate::syntax::Word::is_known) => {
                if let Some(first) = seen.insert(option.text(), server) {
                    findings
                        .report(
                            server.name().span,
                            format!(
                                "servers `{}` and `{}` share the cookie value `{}`",
                                first.name().text,
                                server.name().text,
                                option.text()
                            ),
                        )
                        .label(first.name().span, "the same value");
                }
            }
            Some(_) => {}
        }
    }
}

/// Every client comes over TLS.
fn only_over_tls(haproxy: &Haproxy, proxy: &Proxy) -> bool {
    let entrances = || haproxy.users_of(proxy).chain(proxy.has_frontend_side().then_some(proxy));
    let mut binds = entrances().flat_map(|entrance| &entrance.binds).peekable();
    binds.peek().is_some() && binds.all(crate::model::Bind::terminates_tls)
}

fn attributes<'a>(
    haproxy: &Haproxy,
    proxy: &Proxy,
    cookie: &'a Statement,
    told: &mut Keys<(Span, &'a str)>,
    findings: &mut Findings,
) {
    if !has(cookie, "insert") {
        return;
    }
    let of_tls = only_over_tls(haproxy, proxy);
    let wanted = [
        ("indirect", !has(cookie, "preserve"), "the application sees it"),
        ("nocache", true, "a shared cache may store it"),
        ("httponly", of_tls, "scripts may read it"),
        ("secure", of_tls, "it may travel in the clear"),
    ];
    let missing: Vec<_> = wanted.into_iter().filter(|(word, holds, _)| *holds && !has(cookie, word)).collect();
    if missing.is_empty() || !told.insert((cookie.span(), "attributes")) {
        return;
    }
    let words = missing.iter().map(|(word, ..)| *word).collect::<Vec<_>>().join(" ");
    let effect = missing.iter().map(|(.., effect)| *effect).collect::<Vec<_>>().join(", and ");
    let insert = cookie
        .from(2)
        .iter()
        .find(|word| word.text == "insert")
        .map(|word| Edit::insert_after(word.span, format!(" {words}")));
    let mut report = findings
        .report(cookie.span(), format!("`cookie {} insert` without `{words}`: {effect}", cookie.text(1)))
        .severity(Severity::Info);
    if !proxy.owns(cookie) {
        report = report.label(proxy.header(), "inherits it");
    }
    report.suggest_as(Safety::Safe, format!("add `{words}`"), insert);
}

/// The same clients always meet the same server.
fn is_static(balance: &Statement) -> bool {
    let algorithm = balance.text(1);
    matches!(algorithm, "source" | "uri" | "url_param" | "hash") || algorithm.starts_with("hdr(")
}

/// Clients that stick to a server which refuses connections.
fn redispatch<'a>(
    proxy: &'a Proxy,
    cookie: Option<&'a Statement>,
    told: &mut Keys<(Span, &'a str)>,
    findings: &mut Findings,
) {
    let sticks = cookie
        .or_else(|| proxy.all("stick").find(|rule| matches!(rule.text(1), "on" | "match")))
        .or_else(|| proxy.effective("balance").filter(|balance| is_static(balance)));
    let retries = || proxy.option("redispatch").is_some() || proxy.effective("retry-on").is_some();
    let Some(line) = sticks.filter(|_| proxy.server_count() >= 2 && !retries()) else { return };
    if !told.insert((line.span(), "redispatch")) {
        return;
    }
    let mut report = findings
        .report(line.span(), "no `option redispatch`: clients stick to a dead server until its check notices")
        .severity(Severity::Warning);
    if !proxy.owns(line) {
        report = report.label(proxy.header(), "inherits it");
    }
    report.suggest_as(Safety::Safe, "let them go elsewhere", [line.insert_line_before("option redispatch")]);
}
