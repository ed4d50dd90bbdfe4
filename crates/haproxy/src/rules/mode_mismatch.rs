//! A route to a backend of another mode.

use crate::model::{Haproxy, Mode, Proxy};
use confvet_core::{Context, Edit, Findings, Rule, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/mode-mismatch", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    agents(haproxy, findings);
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.mode() != Mode::Unknown && !proxy.is_disabled()) {
        for route in proxy.checked_routes() {
            let Some(name) = route.word(1).filter(|name| name.is_known()) else { continue };
            let Some(backend) = haproxy.backend(name.text) else { continue };
            let (from, to) = (proxy.mode(), backend.mode());
            let itself = backend.header() == proxy.header();
            let upgrade = from == Mode::Tcp && to == Mode::Http;
            if !itself && (from == to || upgrade || to == Mode::Unknown) {
                continue;
            }
            let message = if itself {
                format!("{} cannot use itself as a backend", proxy.title())
            } else {
                format!("{} {} cannot use {} backend `{}`", from.as_str(), proxy.title(), to.as_str(), name.text)
            };
            let (severity, category) = haproxy.refused(route.branch);
            let report = findings.report(name.span, message).severity(severity).category(category);
            let aligned = (!itself && proxy.has_frontend_side()).then(|| in_mode(backend, from));
            report
                .label(mode_span(proxy), format!("{} mode", from.as_str()))
                .label(mode_span(backend), format!("{} mode", to.as_str()))
                .suggest("give both one mode", aligned.flatten());
        }
    }
}

/// Gives a proxy a mode of its own.
fn in_mode(proxy: &Proxy, mode: Mode) -> Option<Edit> {
    match proxy.mode_setting().filter(|line| proxy.owns(line)) {
        Some(line) => line.word(1).map(|word| Edit::replace(word.span, mode.as_str())),
        None => Some(proxy.insert_first(&format!("mode {}", mode.as_str()))),
    }
}

/// What an agent speaks goes through a backend as bytes.
fn agents(haproxy: &Haproxy, findings: &mut Findings) {
    for used in haproxy.spoe_backends().into_iter().filter(|used| used.backend.mode() == Mode::Http) {
        let (severity, category) = haproxy.refused(used.branch);
        let message = format!("SPOE agent `{}` cannot use http backend `{}`", used.agent, used.name.text);
        findings
            .report(used.name.span, message)
            .severity(severity)
            .category(category)
            .label(mode_span(used.backend), "http mode")
            .suggest("give the backend tcp mode", in_mode(used.backend, Mode::Tcp));
    }
}

fn mode_span(proxy: &Proxy) -> Span {
    proxy.mode_setting().map_or(proxy.header(), crate::model::Statement::span)
}
