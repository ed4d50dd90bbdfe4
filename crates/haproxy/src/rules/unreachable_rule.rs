//! A rule that another one above it always wins against.

use crate::model::{Haproxy, Names, Proxy, SectionKind, Statement};
use crate::syntax::{Word, Words};
use crate::table::{Keyword, keyword};
use confvet_core::{Context, Findings, Rule, Severity};
use foldhash::{HashMap, HashMapExt};
use std::collections::hash_map::Entry;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/unreachable-rule", check };

const SETS: &[&str] = &[
    "http-request",
    "http-response",
    "tcp-request connection",
    "tcp-request session",
    "tcp-request content",
    "stats http-request",
];

/// A proxy without any of these has neither rules nor routes.
const KEYWORDS: Names =
    Names::of(&["http-request", "http-response", "tcp-request", "stats", "redirect", "use_backend", "default_backend"]);

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy.sections() {
        if !proxy.may_have(KEYWORDS) {
            continue;
        }
        for set in SETS.iter().filter(|set| proxy.rules(set).nth(1).is_some()) {
            hidden(haproxy, context, &proxy.rules(set).collect::<Vec<_>>(), findings);
        }
        routes(haproxy, context, proxy, findings);
        reordered(haproxy, proxy, findings);
    }
}

fn action(rule: &Statement) -> &str {
    match rule.keyword() {
        "tcp-request" | "stats" => rule.text(2),
        _ => rule.text(1),
    }
}

/// Ends the list for whom its condition holds.
fn is_final(rule: &Statement) -> bool {
    let action = Keyword::of(rule.action());
    match rule.id() {
        keyword::HTTP_REQUEST => matches!(
            action,
            keyword::ALLOW
                | keyword::AUTH
                | keyword::DENY
                | keyword::REDIRECT
                | keyword::REJECT
                | keyword::RETURN
                | keyword::TARPIT
                | keyword::SILENT_DROP
                | keyword::USE_SERVICE
        ),
        keyword::HTTP_RESPONSE => {
            matches!(action, keyword::ALLOW | keyword::DENY | keyword::REDIRECT | keyword::RETURN)
        }
        keyword::TCP_REQUEST => {
            matches!(action, keyword::ACCEPT | keyword::REJECT | keyword::SILENT_DROP | keyword::SWITCH_MODE)
        }
        keyword::STATS => matches!(rule.text(2), "allow" | "deny" | "auth"),
        _ => false,
    }
}

fn hidden(haproxy: &Haproxy, context: &Context<'_>, rules: &[&Statement], findings: &mut Findings) {
    let always =
        rules.iter().position(|rule| is_final(rule) && rule.is_unconditional() && haproxy.is_certain(rule.branch));
    if let Some(index) = always
        && let Some(rule) =
            rules[index + 1..].iter().find(|rule| !haproxy.exclude_each_other(rule.branch, rules[index].branch))
    {
        let winner = rules[index];
        findings
            .report(
                rule.span(),
                format!(
                    "never reached: line {} (`{}`) always applies first",
                    context.line(winner.span()),
                    action(winner)
                ),
            )
            .label(winner.span(), "always ends the list");
    }
    let end = always.unwrap_or(rules.len());
    same_condition(haproxy, context, &rules[..end], findings);
}

/// Two final rules under the same condition, and nothing between them that may change what it reads.
fn same_condition(haproxy: &Haproxy, context: &Context<'_>, rules: &[&Statement], findings: &mut Findings) {
    let mut seen: HashMap<Words<'_>, &Statement> = HashMap::new();
    seen.reserve(rules.len());
    for rule in rules {
        let Some(condition) = rule.condition() else {
            if !is_final(rule) {
                seen.clear();
            }
            continue;
        };
        let final_rule =
            is_final(rule) || rule.id() == keyword::USE_BACKEND && rule.word(1).is_some_and(Word::is_known);
        if !final_rule {
            seen.clear();
            continue;
        }
        match seen.entry(condition.words) {
            Entry::Occupied(first) if !haproxy.exclude_each_other(first.get().branch, rule.branch) => {
                let first = first.get();
                let message = format!(
                    "never reached: line {} has the same condition and applies first",
                    context.line(first.span())
                );
                findings.report(rule.span(), message).label(first.span(), "the same condition");
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(entry) => {
                entry.insert(rule);
            }
        }
    }
}

fn routes(haproxy: &Haproxy, context: &Context<'_>, proxy: &Proxy, findings: &mut Findings) {
    if !proxy.has_frontend_side() {
        return;
    }
    let rules: Vec<&Statement> = proxy.all("use_backend").collect();
    let default = proxy.last("default_backend");
    let always = rules.iter().position(|rule| {
        rule.is_unconditional() && haproxy.is_certain(rule.branch) && rule.word(1).is_some_and(Word::is_known)
    });
    if let Some(index) = always {
        let winner = rules[index];
        let line = context.line(winner.span());
        if let Some(hidden) = rules.get(index + 1).copied().or(default) {
            findings
                .report(
                    hidden.span(),
                    format!("never reached: line {line} (`use_backend {}`) always applies first", winner.text(1)),
                )
                .label(winner.span(), "has no condition");
        }
    }
    same_condition(haproxy, context, &rules[..always.unwrap_or(rules.len())], findings);
    if let (SectionKind::Listen, Some(default), Some(server)) = (proxy.kind, default, proxy.servers.first()) {
        findings
            .report(
                server.name().span,
                format!("never used: `default_backend` sends everything to `{}`", default.text(1)),
            )
            .label(default.span(), "wins against the servers of this `listen`")
            .suggest("use the servers", [default.delete()]);
    }
}

/// Which rules HAProxy evaluates first.
fn stage(rule: &Statement) -> Option<(u8, &'static str)> {
    Some(match rule.id() {
        keyword::TCP_REQUEST => match rule.text(1) {
            "connection" => (0, "tcp-request connection"),
            "session" => (1, "tcp-request session"),
            "content" => (2, "tcp-request content"),
            _ => return None,
        },
        keyword::HTTP_REQUEST => (3, "http-request"),
        keyword::REDIRECT => (4, "redirect"),
        keyword::USE_BACKEND => (5, "use_backend"),
        keyword::USE_SERVER => (6, "use-server"),
        _ => return None,
    })
}

/// Rules below those of a later stage, which are evaluated before them all the same.
fn reordered(haproxy: &Haproxy, proxy: &Proxy, findings: &mut Findings) {
    let mut latest: Option<(u8, &'static str, &Statement)> = None;
    for rule in &proxy.statements {
        let Some((number, name)) = stage(rule).filter(|_| haproxy.is_certain(rule.branch)) else { continue };
        match latest {
            Some((later, later_name, above)) if number < later => {
                findings
                    .report(rule.span(), format!("evaluated before the `{later_name}` rules above it"))
                    .severity(Severity::Info)
                    .label(above.span(), "this one comes later");
                return;
            }
            _ => latest = Some((number, name, rule)),
        }
    }
}
