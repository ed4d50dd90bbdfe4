//! Two things of one name where HAProxy allows only one.

use crate::condition::Branch;
use crate::model::{Haproxy, Proxy, SectionKind};
use crate::values::leading_number;
use confvet_core::{Context, Findings, Map, Rule, Span};
use std::hash::Hash;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/duplicate-name", check };

/// What has been seen under a name.
type Seen<K> = Map<K, Vec<(Span, Branch)>>;

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    proxies(haproxy, context, findings);
    servers(haproxy, context, findings);
    defaults(haproxy, context, findings);
    numbers(haproxy, context, findings);
    let mut sections: Seen<(SectionKind, &str)> = Seen::new();
    for section in
        haproxy.others.iter().filter(|section| section.name.is_some() && section.kind != SectionKind::Userlist)
    {
        let span = section.name_span();
        once(
            haproxy,
            context,
            findings,
            &mut sections,
            (section.kind, section.name()),
            span,
            section.branch,
            section.kind.as_str(),
        );
    }
    for twice in haproxy.twice_in_spoe() {
        let name = context.text(twice.second);
        report(haproxy, context, findings, twice.what, name, twice.second, twice.first, twice.branch);
    }
    // HAProxy minds a name that stands twice among the peers only if it is its own.
    let Some(own) = haproxy.global_setting("localpeer").and_then(|localpeer| localpeer.word(1)) else { return };
    for peers in haproxy.of_kind(SectionKind::Peers) {
        let mut seen: Seen<&str> = Seen::new();
        for peer in peers.statements.iter().filter(|line| line.is("peer") || line.is("server")) {
            let Some(name) = peer.word(1).filter(|name| name.text == own.text) else { continue };
            once(haproxy, context, findings, &mut seen, name.text, name.span, peer.branch, "peer");
        }
    }
}

fn proxies(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    if !haproxy.shares_names() {
        return;
    }
    let mut sides: Seen<(bool, &str)> = Seen::new();
    let read = haproxy.proxies.iter().filter(|proxy| !proxy.is_left_out());
    for proxy in read.filter(|proxy| proxy.name.as_ref().is_some_and(crate::syntax::Name::is_known)) {
        let span = proxy.name_span();
        let mine = [(proxy.has_frontend_side(), true), (proxy.has_backend_side(), false)];
        let clash = mine
            .iter()
            .filter(|(has, _)| *has)
            .find_map(|&(_, side)| clashing(haproxy, &sides, &(side, proxy.name()), proxy.branch));
        let shared = || {
            let other = clashing(haproxy, &sides, &(!proxy.has_frontend_side(), proxy.name()), proxy.branch);
            other.filter(|_| haproxy.at_least((3, 3, 0)))
        };
        if let Some(first) = clash.or_else(shared) {
            report(haproxy, context, findings, proxy.kind.as_str(), proxy.name(), span, first, proxy.branch);
        }
        for (_, side) in mine.into_iter().filter(|(has, _)| *has) {
            sides.or_default((side, proxy.name())).push((span, proxy.branch));
        }
    }
}

/// Have two servers one name, or may the slots of a template have it?
fn has_doubles(proxy: &Proxy) -> bool {
    if !proxy.may_have_doubles() {
        return false;
    }
    let mut names: Vec<&str> = proxy.servers.iter().map(|server| server.name().text).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1]) || proxy.servers.iter().any(|server| server.slots.is_some())
}

fn servers(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy.proxies.iter().filter(|proxy| has_doubles(proxy)) {
        let mut seen: Seen<String> = Seen::new();
        for server in proxy.servers.iter().filter(|server| server.name().is_known()) {
            let names: Vec<String> = match server.slots {
                Some((low, high)) => (low..=high.min(low.saturating_add(999)))
                    .map(|slot| format!("{}{slot}", server.name().text))
                    .collect(),
                None => vec![server.name().text.to_string()],
            };
            for name in names {
                once(
                    haproxy,
                    context,
                    findings,
                    &mut seen,
                    name,
                    server.name().span,
                    server.statement.branch,
                    "server",
                );
            }
        }
    }
}

/// Numbers given with `id`: of proxies, and of the servers and the `bind` lines of one proxy.
fn numbers(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let mut proxies: Seen<i64> = Seen::new();
    for proxy in &haproxy.proxies {
        if let Some((line, word)) = proxy.last("id").and_then(|line| Some((line, line.word(1)?)))
            && word.is_known()
        {
            let number = leading_number(word.text).0;
            once(haproxy, context, findings, &mut proxies, number, word.span, line.branch, "proxy id");
        }
        let servers = if proxy.servers_may_have("id") { &proxy.servers[..] } else { &[] };
        let of_servers = servers.iter().filter_map(|server| server.own_options().find(|option| option.name() == "id"));
        let of_binds = proxy.binds.iter().filter_map(|bind| bind.option("id"));
        for (options, what) in [(of_servers.collect::<Vec<_>>(), "server id"), (of_binds.collect(), "bind id")] {
            let mut seen: Seen<i64> = Seen::new();
            for option in options {
                if let (Some(number), Some(word)) = (option.number(), option.value()) {
                    once(haproxy, context, findings, &mut seen, number, word.span, option.statement.branch, what);
                }
            }
        }
    }
}

/// Two defaults sections of one name are fine, until somebody below asks for that name.
fn defaults(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let mut named: Map<&str, Vec<&Proxy>> = Map::new();
    for section in haproxy.defaults.iter().filter(|section| section.name.is_some()) {
        named.or_default(section.name()).push(section);
    }
    for proxy in haproxy.sections() {
        let Some(from) = proxy.from.as_ref() else { continue };
        let Some([first, second, ..]) = named.get(from.text.as_str()).map(Vec::as_slice) else { continue };
        let above = second.index < proxy.index;
        if above && !haproxy.exclude_each_other(first.branch, second.branch) {
            let (severity, category) = haproxy.refused(proxy.branch);
            let lines = (context.line(first.header()), context.line(second.header()));
            let message = format!("defaults `{}` is ambiguous: lines {} and {} define it", from.text, lines.0, lines.1);
            findings
                .report(from.span, message)
                .severity(severity)
                .category(category)
                .label(first.header(), "defined here")
                .label(second.header(), "and here");
        }
    }
}

fn clashing<K: Eq + Hash>(haproxy: &Haproxy, seen: &Seen<K>, key: &K, branch: Branch) -> Option<Span> {
    // Hundreds of arms of one `.if` are not worth comparing each with each.
    seen.get(key)?.iter().take(64).find(|(_, other)| !haproxy.exclude_each_other(branch, *other)).map(|(span, _)| *span)
}

#[expect(clippy::too_many_arguments, reason = "what to remember and what to say of it")]
fn once<K: Eq + Hash>(
    haproxy: &Haproxy,
    context: &Context<'_>,
    findings: &mut Findings,
    seen: &mut Seen<K>,
    key: K,
    span: Span,
    branch: Branch,
    kind: &str,
) {
    if let Some(first) = clashing(haproxy, seen, &key, branch) {
        let name = context.text(span);
        report(haproxy, context, findings, kind, name, span, first, branch);
    } else {
        seen.or_default(key).push((span, branch));
    }
}

#[expect(clippy::too_many_arguments, reason = "one message, written once")]
fn report(
    haproxy: &Haproxy,
    context: &Context<'_>,
    findings: &mut Findings,
    kind: &str,
    name: &str,
    span: Span,
    first: Span,
    branch: Branch,
) {
    let (severity, category) = haproxy.refused(branch);
    let place = if first.file == span.file {
        format!("line {}", context.line(first))
    } else {
        format!("{}:{}", context.path(first.file), context.line(first))
    };
    findings
        .report(span, format!("{kind} `{name}` is already defined at {place}"))
        .severity(severity)
        .category(category)
        .label(first, "defined here first");
}
