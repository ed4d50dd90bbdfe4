//! Two proxies that listen on the same address.

use crate::model::{Bind, Haproxy, Proxy};
use crate::values::{Endpoint, Port};
use confvet_core::{Address, Context, Findings, Rule, Severity};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/duplicate-bind", check };

/// An address as the kernel tells them apart: protocol, port range, interface and namespace.
struct Listener<'a> {
    proxy: &'a Proxy,
    bind: &'a Bind,
    endpoint: &'a Endpoint,
    address: IpAddr,
    low: u16,
    high: u16,
}

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    let mut by_port: BTreeMap<u16, Vec<Listener<'_>>> = BTreeMap::new();
    for proxy in haproxy.proxies.iter().filter(|proxy| !proxy.is_disabled()) {
        for bind in &proxy.binds {
            for endpoint in &bind.addresses {
                let Some(listener) = listener(proxy, bind, endpoint) else { continue };
                // Ranges are looked up by their first port; a range that starts elsewhere is compared through its own entry.
                let clash = by_port
                    .range(..=listener.high)
                    .rev()
                    .flat_map(|(_, listeners)| listeners)
                    .take(64)
                    .find_map(|first| clash(haproxy, first, &listener));
                if let Some((first, severity)) = clash {
                    report(context, first, &listener, severity, findings);
                }
                by_port.entry(listener.low).or_default().push(listener);
            }
        }
    }
}

fn listener<'a>(proxy: &'a Proxy, bind: &'a Bind, endpoint: &'a Endpoint) -> Option<Listener<'a>> {
    let Some(Address::Ip(address)) = endpoint.inet() else { return None };
    let (low, high) = match endpoint.port {
        Port::Fixed(port) if port != 0 => (port, port),
        Port::Range(low, high) => (low, high),
        _ => return None,
    };
    Some(Listener { proxy, bind, endpoint, address: *address, low, high })
}

fn clash<'l, 'a>(
    haproxy: &Haproxy,
    first: &'l Listener<'a>,
    second: &Listener<'_>,
) -> Option<(&'l Listener<'a>, Severity)> {
    let text = |listener: &Listener<'_>, name: &str| listener.bind.option(name).map(|option| option.text().to_owned());
    let apart = first.endpoint.quic != second.endpoint.quic
        || first.high < second.low
        || second.high < first.low
        || text(first, "interface") != text(second, "interface")
        || text(first, "namespace") != text(second, "namespace")
        || haproxy.exclude_each_other(first.bind.statement.branch, second.bind.statement.branch)
        || haproxy.exclude_each_other(first.proxy.branch, second.proxy.branch);
    if apart || first.address.is_ipv4() != second.address.is_ipv4() {
        return None;
    }
    let same_proxy = first.proxy.header() == second.proxy.header();
    if first.address == second.address {
        return Some((first, if same_proxy { Severity::Warning } else { Severity::Error }));
    }
    let wildcard = first.address.is_unspecified() || second.address.is_unspecified();
    (wildcard && !same_proxy).then_some((first, Severity::Warning))
}

fn report(
    context: &Context<'_>,
    first: &Listener<'_>,
    second: &Listener<'_>,
    severity: Severity,
    findings: &mut Findings,
) {
    let line = context.line(first.endpoint.span);
    let address = &second.endpoint.text;
    let title = first.proxy.title();
    let message = if first.address == second.address {
        format!(
            "`{address}` is already bound by {title} (line {line}): the kernel spreads connections over both at random"
        )
    } else {
        format!(
            "`{address}` overlaps with `{}` of {title} (line {line}): which one answers depends on the address the client connects to",
            first.endpoint.text
        )
    };
    findings.report(second.endpoint.span, message).severity(severity).label(first.endpoint.span, "bound here first");
}
