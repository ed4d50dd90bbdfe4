//! A statistics page that anybody can open.

use crate::model::{Haproxy, Mode, Proxy, SectionKind, Statement};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/stats-exposed", check };

/// Passwords that everybody tries first.
const WELL_KNOWN: &[&str] =
    &["admin:admin", "haproxy:haproxy", "user:password", "admin:password", "stats:stats", "root:root"];

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy.sections() {
        let lines: Vec<&Statement> = proxy.stats().filter(|line| enables(line)).collect();
        let Some(first) = lines.first() else { continue };
        let is_defaults = proxy.kind == SectionKind::Defaults;
        if (proxy.mode() != Mode::Http && !is_defaults)
            || proxy.is_disabled()
            || (is_defaults && proxy.mode() != Mode::Http)
        {
            continue;
        }
        let frontends: Vec<&Proxy> =
            if proxy.has_frontend_side() { vec![proxy] } else { haproxy.users_of(proxy).collect() };
        let bind =
            frontends.iter().flat_map(|proxy| &proxy.binds).find(|bind| !bind.is_local() && !wants_certificate(bind));
        if !is_defaults && bind.is_none() {
            continue;
        }
        let place = bind.map_or_else(|| "every proxy".to_owned(), |bind| format!("`{}`", bind.statement.text(1)));
        let admin = lines.iter().find(|line| line.text(1) == "admin").filter(|line| !only_local(line));
        let well_known = lines
            .iter()
            .filter(|line| line.text(1) == "auth")
            .filter_map(|line| line.word(2))
            .find(|pair| WELL_KNOWN.contains(&pair.text));
        if let Some(pair) = well_known {
            let mut report = findings
                .report(pair.span, format!("the stats page on {place} has a password that everybody tries first"))
                .severity(Severity::Error);
            if let Some(bind) = bind {
                report = report.label(bind.statement.span_of(1), "reachable from outside");
            }
            report.help("choose another password, or bind to 127.0.0.1");
            continue;
        }
        if guarded(proxy)
            || frontends.iter().any(|frontend| guarded(frontend))
            || (is_defaults && proxy.last("bind").is_some())
        {
            continue;
        }
        let span = admin.map_or(first.setting_span(), |line| line.span());
        let danger = if admin.is_some() { " and can disable servers" } else { "" };
        let report = findings
            .report(span, format!("the stats page on {place} needs no password{danger}"))
            .severity(if admin.is_some() { Severity::Error } else { Severity::Warning })
            .help("add `stats auth USER:PASSWORD`, or bind to 127.0.0.1")
            .suggest("ask for a password", password(proxy, first));
        if let Some(bind) = bind {
            report.label(bind.statement.span_of(1), "reachable from outside");
        }
    }
}

/// Any of these lines switches the page on.
fn enables(line: &Statement) -> bool {
    matches!(
        line.text(1),
        "enable"
            | "uri"
            | "auth"
            | "realm"
            | "refresh"
            | "hide-version"
            | "admin"
            | "scope"
            | "show-desc"
            | "show-legends"
            | "show-modules"
            | "show-node"
            | "http-request"
    )
}

fn wants_certificate(bind: &crate::model::Bind) -> bool {
    bind.option("verify").is_some_and(|verify| verify.text() == "required")
}

fn only_local(line: &Statement) -> bool {
    line.condition()
        .is_some_and(|condition| !condition.is_always() && condition.names().any(|(name, _)| name == "LOCALHOST"))
}

/// Somebody is asked who he is, or where he comes from.
fn guarded(proxy: &Proxy) -> bool {
    let statistics = |line: &Statement| {
        line.text(1) == "auth" || (line.text(1) == "http-request" && matches!(line.text(2), "auth" | "deny"))
    };
    let rule = |rule: &Statement| matches!(rule.text(1), "deny" | "auth" | "reject" | "tarpit" | "silent-drop");
    proxy.effective("stats auth").is_some()
        || proxy.stats().any(statistics)
        || proxy.rules("http-request").any(rule)
        || proxy.all("tcp-request").any(|rule| rule.text(2) == "reject")
}

/// A password that is meant to be changed. HAProxy refuses one beside `stats http-request`.
fn password(proxy: &Proxy, first: &Statement) -> Option<Edit> {
    let by_rule = proxy.stats().any(|line| line.text(1) == "http-request");
    (!by_rule).then(|| first.insert_line_after("stats auth admin:CHANGE-THIS-PASSWORD"))
}
