//! A proxy without the timeouts that end dead connections.

use crate::model::{CheckKind, Haproxy, Mode, Proxy, SectionKind, Timeout};
use confvet_core::units::display_duration;
use confvet_core::{Context, Edit, Findings, Rule, Severity};
use std::time::Duration;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/missing-timeouts", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.is_part() && haproxy.defaults.is_empty() {
        return;
    }
    for proxy in
        haproxy.proxies.iter().filter(|proxy| matches!(proxy.mode(), Mode::Tcp | Mode::Http) && !proxy.is_disabled())
    {
        let missing = missing(proxy);
        if missing.is_empty() {
            details(haproxy, proxy, findings);
            continue;
        }
        let names: Vec<String> = missing.iter().map(|timeout| format!("`{}`", timeout.statement())).collect();
        let message = format!("no {} for {}: dead connections wait for ever", names.join(", "), proxy.title());
        let mut report = findings.report(proxy.header(), message).severity(Severity::Warning);
        if let Some(defaults) = haproxy.defaults_of(proxy) {
            report = report.label(defaults.header(), "nor in the defaults it inherits from");
        }
        report.suggest("set them", [set(haproxy, proxy, &missing)]);
    }
}

/// Sets timeouts where the proxy inherits from, else in the proxy itself.
fn set(haproxy: &Haproxy, proxy: &Proxy, missing: &[Timeout]) -> Edit {
    let lines: Vec<&str> = missing
        .iter()
        .map(|timeout| match timeout {
            Timeout::Check => "timeout check 5s",
            Timeout::Client => "timeout client 50s",
            Timeout::Connect => "timeout connect 5s",
            Timeout::HttpRequest => "timeout http-request 10s",
            Timeout::Queue => "timeout queue 30s",
            Timeout::Server => "timeout server 50s",
            Timeout::Tunnel => "timeout tunnel 1h",
        })
        .collect();
    let lines = lines.join("\n    ");
    let defaults = haproxy.defaults_of(proxy);
    match defaults.and_then(|defaults| defaults.statements.last()) {
        Some(last) => last.insert_line_after(&lines),
        None => defaults.unwrap_or(proxy).insert_first(&lines),
    }
}

fn missing(proxy: &Proxy) -> Vec<Timeout> {
    let unset = |timeout: Timeout| proxy.timeout(timeout).is_none();
    let mut missing = Vec::new();
    if proxy.has_frontend_side() && unset(Timeout::Client) {
        missing.push(Timeout::Client);
    }
    if proxy.has_backend_side() && !proxy.servers.is_empty() {
        if unset(Timeout::Connect) {
            missing.push(Timeout::Connect);
        }
        if unset(Timeout::Server) && (proxy.mode() == Mode::Http || unset(Timeout::Tunnel)) {
            missing.push(Timeout::Server);
        }
    }
    missing
}

/// Timeouts whose lack HAProxy does not speak of.
fn details(haproxy: &Haproxy, proxy: &Proxy, findings: &mut Findings) {
    let speaks = !matches!(proxy.check.kind, CheckKind::Connect | CheckKind::External);
    if let (true, None, Some(option)) = (speaks, proxy.timeout(Timeout::Check), proxy.check.option.as_ref())
        && let Some(server) = proxy.servers.iter().find(|server| server.is_checked())
        && let Some(inter) = server.inter()
    {
        findings
            .report(
                option.setting_span(),
                format!("no `timeout check`: inter ({}) limits the whole check", display_duration(inter)),
            )
            .severity(Severity::Info)
            .label(proxy.header(), "for the servers of this proxy")
            .suggest("set it", [set(haproxy, proxy, &[Timeout::Check])]);
    }
    let public = proxy.binds.iter().any(|bind| !bind.is_local());
    if proxy.mode() == Mode::Http && public && proxy.timeout(Timeout::HttpRequest).is_none() {
        findings
            .report(
                proxy.header(),
                format!(
                    "no `timeout http-request` for {}: a slow client holds a connection byte by byte",
                    proxy.title()
                ),
            )
            .severity(Severity::Info)
            .suggest("set it", [set(haproxy, proxy, &[Timeout::HttpRequest])]);
    }
    let limited = || proxy.servers.iter().any(|server| server.option("maxconn").is_some());
    let short = proxy
        .timeout(Timeout::Connect)
        .and_then(|connect| connect.duration)
        .is_some_and(|connect| connect < Duration::from_secs(10));
    if proxy.kind != SectionKind::Frontend && short && proxy.timeout(Timeout::Queue).is_none() && limited() {
        findings
            .report(
                proxy.header(),
                format!(
                    "no `timeout queue` for {}: requests wait for a free slot no longer than `timeout connect`",
                    proxy.title()
                ),
            )
            .severity(Severity::Info)
            .suggest("set it", [set(haproxy, proxy, &[Timeout::Queue])]);
    }
}
