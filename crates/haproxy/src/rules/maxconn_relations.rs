//! Limits that contradict each other.

use crate::model::{Haproxy, Proxy, Server, ServerOption, Statement, Timeout};
use confvet_core::units::display_duration;
use confvet_core::{Context, Fact, Findings, Keys, Rule, Safety, Severity};
use std::time::Duration;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/maxconn-relations", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let global =
        haproxy.global_setting("maxconn").and_then(|line| Some((line, line.number(1).filter(|limit| *limit > 0)?)));
    if let Some((line, limit)) = global {
        descriptors(haproxy, context, line, limit, findings);
    }
    if let (None, Some(section), Some(memory)) =
        (haproxy.global_setting("maxconn"), haproxy.globals.first(), context.facts.size(Fact::Memory))
        && memory.0 < SMALL
        && !haproxy.is_part()
    {
        findings
            .report(
                section.header(),
                format!("no global `maxconn`: the limit of open files decides, not the {memory} of memory"),
            )
            .severity(Severity::Info)
            .help("set `maxconn` to what the memory holds");
    }
    for proxy in haproxy.proxies.iter().filter(|proxy| !proxy.is_disabled()) {
        let servers = if proxy.servers_may_have("minconn") { &proxy.servers[..] } else { &[] };
        for server in servers {
            let number =
                |name: &str| server.option(name).and_then(|option| Some((option.value()?.span, option.number()?)));
            if let (Some((min_span, min)), Some((max_span, max))) = (number("minconn"), number("maxconn"))
                && min > max
                && max > 0
            {
                findings
                    .report(min_span, format!("`minconn {min}` is more than `maxconn {max}`"))
                    .label(max_span, "the limit");
            }
        }
        let own = proxy
            .last("maxconn")
            .filter(|_| proxy.has_frontend_side())
            .and_then(|line| Some((line.word(1)?, line.number(1)?)));
        if let (Some((word, limit)), Some((line, global))) = (own, global)
            && limit > global
        {
            findings
                .report(word.span, format!("`maxconn {limit}` is never reached: global maxconn is {global}"))
                .label(line.span(), "the limit of the process");
        }
    }
    let mut leaders = Keys::new();
    for pool in haproxy.postgres_pools(context.facts).iter().filter(|pool| pool.checks_leader()) {
        one_active_node(haproxy, pool.proxy, global, findings);
        leaders.insert(pool.proxy.header());
    }
    let limited = |proxy: &&Proxy| proxy.has_backend_side() && proxy.servers_may_have("maxconn");
    for proxy in haproxy.proxies.iter().filter(limited).filter(|proxy| !leaders.contains(&proxy.header())) {
        narrow_backend(haproxy, proxy, global, findings);
    }
}

/// With less memory than this, connections run out of it before they run out of descriptors.
const SMALL: u64 = 1 << 30;

/// The process needs two descriptors a connection, and some more.
fn descriptors(haproxy: &Haproxy, context: &Context<'_>, line: &Statement, limit: u64, findings: &mut Findings) {
    let relaxed = haproxy.global().any(|line| line.is("strict-limits") && line.is_negated());
    if relaxed {
        return;
    }
    let ulimit = haproxy.global_setting("ulimit-n").and_then(|line| Some((line, line.number(1)?)));
    let (allowed, name) = match (ulimit, context.facts.number(Fact::Nofile)) {
        (Some((_, allowed)), _) => (allowed, "ulimit-n"),
        (None, Some(allowed)) => (allowed, "the limit of open files"),
        (None, None) => return,
    };
    let binds: usize = haproxy.proxies.iter().map(|proxy| proxy.binds.len()).sum();
    let checks: usize =
        haproxy.proxies.iter().flat_map(|proxy| &proxy.servers).filter(|server| server.is_checked()).count();
    let needed = limit.saturating_mul(2).saturating_add(20).saturating_add((binds + checks) as u64);
    if allowed >= needed {
        return;
    }
    let span = line.word(1).map_or(line.span(), |word| word.span);
    let report = findings
        .report(
            span,
            format!(
                "maxconn {limit} needs about {needed} file descriptors, {name} is {allowed}: HAProxy refuses to start"
            ),
        )
        .severity(Severity::Error);
    if let Some((ulimit, _)) = ulimit {
        report.label(ulimit.span(), "too low").help("delete `ulimit-n`: it is computed").suggest_as(
            Safety::Safe,
            "delete `ulimit-n`",
            [ulimit.delete()],
        );
    }
}

/// How many clients may come in to this proxy.
fn entrance(haproxy: &Haproxy, proxy: &Proxy, global: Option<(&Statement, u64)>) -> Option<u64> {
    let mut users = haproxy.users_of(proxy);
    let frontend = if proxy.has_frontend_side() {
        proxy
    } else {
        let user = users.next()?;
        if users.next().is_some() {
            return None;
        }
        user
    };
    let own = frontend.effective("maxconn").and_then(|line| line.number(1)).filter(|limit| *limit > 0);
    match (own, global) {
        (Some(own), Some((_, global))) => Some(own.min(global)),
        (Some(own), None) => Some(own),
        (None, global) => global.map(|(_, global)| global),
    }
}

/// Only one server of the pool is ever UP.
fn one_active_node(haproxy: &Haproxy, proxy: &Proxy, global: Option<(&Statement, u64)>, findings: &mut Findings) {
    let Some(option) = proxy.servers.iter().find_map(|server| server.option("maxconn")) else { return };
    let (Some(limit), Some(entering)) = (
        option.number().and_then(|limit| u64::try_from(limit).ok()).filter(|limit| *limit > 0),
        entrance(haproxy, proxy, global),
    ) else {
        return;
    };
    if limit.saturating_mul(2) < entering {
        say(proxy, option.value().map_or(option.span(), |value| value.span), entering, limit, findings);
    }
}

fn narrow_backend(haproxy: &Haproxy, proxy: &Proxy, global: Option<(&Statement, u64)>, findings: &mut Findings) {
    let active = || proxy.servers.iter().filter(|server| !server.is_backup() && !server.is_disabled());
    let limit = |server: &Server| {
        let limit = server.option("maxconn").and_then(|option| u64::try_from(option.number()?).ok());
        limit.filter(|limit| *limit > 0).map(|limit| limit.saturating_mul(u64::from(server.count())))
    };
    let Some(entering) = entrance(haproxy, proxy, global) else { return };
    let Some(first) = active().next().filter(|server| server.option("maxconn").is_some()) else { return };
    let Some(total) = active().try_fold(0_u64, |sum, server| Some(sum.saturating_add(limit(server)?))) else { return };
    if total < entering / 10 && proxy.timeout(Timeout::Queue).is_none() {
        let value = first.option("maxconn").and_then(ServerOption::value);
        let span = value.map_or(first.name().span, |value| value.span);
        say(proxy, span, entering, total, findings);
    }
}

fn say(proxy: &Proxy, span: confvet_core::Span, entering: u64, reaching: u64, findings: &mut Findings) {
    let queue = proxy.timeout(Timeout::Queue).or(proxy.timeout(Timeout::Connect)).and_then(|timeout| timeout.duration);
    let wait = queue.map_or_else(
        || "for ever".to_owned(),
        |queue: Duration| format!("{} for a slot and fail", display_duration(queue)),
    );
    findings
        .report(
            span,
            format!(
                "{entering} clients may enter, {reaching} reach the servers of `{}`, the rest wait {wait}",
                proxy.name()
            ),
        )
        .label(proxy.header(), "here they queue");
}
