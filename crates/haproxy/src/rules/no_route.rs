//! Requests that have nowhere to go.

use crate::model::{Haproxy, Mode, Proxy, SectionKind};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/no-route", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.is_part() {
        return;
    }
    for proxy in
        haproxy.proxies.iter().filter(|proxy| !proxy.is_disabled() && matches!(proxy.mode(), Mode::Tcp | Mode::Http))
    {
        if proxy.has_frontend_side() && proxy.binds.is_empty() && proxy.last("bind").is_none() {
            findings
                .report(proxy.header(), format!("{} has no `bind`: nobody can connect", proxy.title()))
                .severity(Severity::Info);
        } else if proxy.kind == SectionKind::Frontend {
            frontend(proxy, findings);
        }
        if proxy.kind == SectionKind::Backend {
            backend(haproxy, proxy, findings);
        }
    }
}

/// Answers every request itself.
fn answers(proxy: &Proxy) -> bool {
    let ends = |action: &str| {
        matches!(action, "return" | "redirect" | "deny" | "use-service" | "reject" | "tarpit" | "silent-drop" | "auth")
    };
    proxy.rules("http-request").any(|rule| rule.is_unconditional() && ends(rule.text(1)))
        || proxy.all("redirect").any(crate::model::Statement::is_unconditional)
        || proxy
            .rules("tcp-request content")
            .chain(proxy.rules("tcp-request connection"))
            .any(|rule| rule.is_unconditional() && matches!(rule.text(2), "reject" | "use-service"))
        || proxy.stats().next().is_some()
}

fn frontend(proxy: &Proxy, findings: &mut Findings) {
    let rules: Vec<_> = proxy.all("use_backend").collect();
    let covered = proxy.effective("default_backend").is_some()
        || rules.iter().any(|rule| rule.is_unconditional())
        || answers(proxy);
    if covered {
        return;
    }
    let outcome = if proxy.mode() == Mode::Http { "get 503" } else { "are closed" };
    let what = if proxy.mode() == Mode::Http { "requests" } else { "connections" };
    let message = match rules.len() {
        0 => format!("{what} to `{}` {outcome}: it has neither `use_backend` nor `default_backend`", proxy.name()),
        n => format!(
            "{what} that match none of the {n} `use_backend` rules of `{}` {outcome}: no `default_backend`",
            proxy.name()
        ),
    };
    findings.report(proxy.header(), message).help("add `default_backend`, or a last rule that answers");
}

fn backend(haproxy: &Haproxy, proxy: &Proxy, findings: &mut Findings) {
    let elsewhere = proxy.last("dispatch").is_some()
        || proxy.effective("transparent").is_some()
        || proxy.option("transparent").is_some();
    let any_variable = proxy.all("server").any(crate::model::Statement::has_variable);
    if proxy.usable_servers().next().is_some() || elsewhere || answers(proxy) || any_variable {
        return;
    }
    let Some(route) = haproxy.first_route_to(proxy) else { return };
    findings
        .report(proxy.header(), format!("backend `{}` has no usable server", proxy.name()))
        .label(route, "requests are sent here");
}
