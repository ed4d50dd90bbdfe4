//! A server whose name is looked up once, at start.

use crate::model::{Haproxy, SectionKind, Server};
use crate::values::Host;
use confvet_core::{Address, Context, Edit, Fact, Findings, Keys, Rule, Severity, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/dns-server-without-resolvers", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let fixed: Keys<&str> = context.facts.list(Fact::StaticHosts).iter().map(String::as_str).collect();
    let resolvers = haproxy.of_kind(SectionKind::Resolvers).next();
    let mut used = Keys::new();
    let Some(first) = haproxy.proxies.first().map(|proxy| proxy.word) else { return };
    for proxy in &haproxy.proxies {
        for server in &proxy.servers {
            let configured = server.option("resolvers");
            if let Some(option) = configured {
                used.insert(option.text().to_owned());
            }
            let name = server.address.host_name().filter(|name| {
                *name != "localhost" && !fixed.contains(name) && name.contains(|c: char| c.is_ascii_alphabetic())
            });
            match (name, configured) {
                (Some(name), None) => {
                    unresolved(
                        server,
                        name,
                        resolvers.map(|section| (section.name(), section.header())),
                        first,
                        findings,
                    );
                }
                (Some(_), Some(option))
                    if server.option("init-addr").is_none()
                        && server.own_options().any(|own| own.name() == "resolvers") =>
                {
                    findings
                        .report(
                            option.whole(),
                            format!(
                                "`{}` must resolve at start: no `init-addr` lets HAProxy start while DNS is down",
                                server.name().text
                            ),
                        )
                        .severity(Severity::Info)
                        .help("add `init-addr last,libc,none`");
                }
                (None, Some(option))
                    if matches!(&server.address.host, Host::Inet(Address::Ip(ip)) if !ip.is_unspecified())
                        && server.own_options().any(|own| own.name() == "resolvers") =>
                {
                    findings
                        .report(
                            option.whole(),
                            format!(
                                "`resolvers` does nothing: the address of `{}` is an IP address",
                                server.name().text
                            ),
                        )
                        .severity(Severity::Info);
                }
                _ => {}
            }
        }
    }
    for section in haproxy.of_kind(SectionKind::Resolvers).filter(|section| used.contains(section.name())) {
        if !section.statements.iter().any(|line| line.is("nameserver") || line.is("parse-resolv-conf")) {
            findings.report(
                section.header(),
                format!("resolvers `{}` has no `nameserver`: nothing is ever resolved", section.name()),
            );
        }
    }
}

fn unresolved(server: &Server, name: &str, section: Option<(&str, Span)>, first: Span, findings: &mut Findings) {
    let slots = server.count();
    let never = server.option("init-addr").is_some_and(|init| init.text() == "none");
    let (severity, message) = if never {
        (Severity::Error, format!("`{name}` is never resolved: `init-addr none` needs `resolvers`"))
    } else if slots > 1 {
        (
            Severity::Error,
            format!(
                "all {slots} servers of this template get the same address of `{name}` for ever: they need `resolvers`"
            ),
        )
    } else {
        (
            Severity::Warning,
            format!(
                "`{name}` is resolved once, at start: HAProxy keeps the old address until a reload, and does not start while DNS is down"
            ),
        )
    };
    let report = findings.report(server.address.host_span, message).severity(severity);
    match section {
        Some((resolvers, header)) => {
            let mut words = format!("resolvers {resolvers}");
            if server.option("init-addr").is_none() {
                words.push_str(" init-addr last,libc,none");
            }
            report
                .label(header, "these resolvers are not used")
                .suggest("look it up again and again", server.append(&words));
        }
        None => {
            let words = if server.option("init-addr").is_none() {
                "resolvers dns init-addr last,libc,none"
            } else {
                "resolvers dns"
            };
            // In one place for all servers, so that there is one such section in the end.
            let section = Edit::insert_before(first, "resolvers dns\n    parse-resolv-conf\n    hold valid 10s\n\n");
            let at = server.statement.span();
            report
                .label(at, "no resolvers")
                .help("add a `resolvers` section with `parse-resolv-conf`, and `resolvers NAME init-addr last,libc,none` here")
                .suggest("add resolvers and use them", server.append(words).map(|append| [section, append]).into_iter().flatten().collect::<Vec<_>>());
        }
    }
}
