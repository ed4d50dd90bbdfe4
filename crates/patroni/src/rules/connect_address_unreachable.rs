//! An address that leads other members to themselves.

use crate::Document;
use crate::address::HostPort;
use crate::model::Config;
use confvet_core::{Address, Category, Context, Fact, Findings, Rule, Severity, Spanned};

pub(super) static RULE: Rule<Document> =
    Rule { name: "patroni/connect-address-unreachable", check: each_config!(check) };

fn check(config: &Config, ctx: &Context<'_>, findings: &mut Findings) {
    let demo = config.is_demo();
    for (path, listen) in [
        ("restapi.connect_address", "restapi.listen"),
        ("postgresql.connect_address", "postgresql.listen"),
        ("postgresql.proxy_address", ""),
        ("raft.self_addr", ""),
    ] {
        address(config, path, listen, demo, ctx, findings);
    }
    same_port(config, findings);
    same_address(config, findings);
}

fn address(config: &Config, path: &str, listen: &str, demo: bool, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(address) = config.address(path) else { return };
    let Some(host) = address.value.hosts().next() else { return };
    let listen = config.address(listen);
    let what = match () {
        () if host.is_loopback() => "a loopback address",
        () if host.is_wildcard() => "a wildcard",
        () => {
            let only_loopback =
                listen.as_ref().is_some_and(|listen| listen.value.hosts().all(|host| host.is_loopback()));
            let Some(listen) = listen.filter(|_| path != "postgresql.proxy_address") else { return };
            if only_loopback {
                let message = format!("`{path}` says `{host}` and nothing listens there but loopback");
                findings.report(address.span, message).label(listen.span, "this is all it listens on");
                return;
            }
            // Containers publish ports under other numbers.
            let translated = ctx.facts.is_true(Fact::Container) || config.may_be_completed();
            other_address(path, &address, &host, &listen, translated, findings);
            return;
        }
    };
    let mut report = findings
        .report(address.span, format!("`{path}: {host}` is {what}: other members are told to connect to themselves"))
        .category(config.category(address.span, Category::Outage));
    if demo {
        report = report.severity(Severity::Info);
    }
    if let Some(listen) = listen {
        report.label(listen.span, "");
    }
}

/// Others are sent to an address or a port that is not listened on: right behind a translation of addresses only.
fn other_address(
    path: &str,
    address: &Spanned<HostPort<'_>>,
    host: &Address,
    listen: &Spanned<HostPort<'_>>,
    translated: bool,
    findings: &mut Findings,
) {
    let is_ip = |host: &Address| matches!(host, Address::Ip(_));
    let hosts: Vec<Address> = listen.value.hosts().collect();
    let is_there = hosts.iter().any(|other| other.is_wildcard() || other == host);
    let default = if path.starts_with("postgresql") { 5432 } else { 8008 };
    let (told, bound) = (address.value.port_or(default), listen.value.port_or(default));
    let message = if !is_there && is_ip(host) && hosts.iter().all(is_ip) {
        format!("`{path}` says `{host}`, which is not listened on")
    } else if let (Some(told), Some(bound)) = (told, bound)
        && told != bound
        && !translated
    {
        format!("`{path}` says port {told}, and {bound} is listened on")
    } else {
        return;
    };
    findings
        .report(address.span, message)
        .severity(Severity::Warning)
        .label(listen.span, "this is listened on")
        .help("right only where addresses or ports are translated");
}

fn same_address(config: &Config, findings: &mut Findings) {
    let (api, database) = (config.text("restapi.connect_address"), config.text("postgresql.connect_address"));
    if let Some((api, database)) = api.zip(database).filter(|(api, database)| api.value == database.value) {
        findings
            .report(database.span, "the REST API and PostgreSQL cannot both be reached at this address")
            .label(api.span, "the same address");
    }
}

fn same_port(config: &Config, findings: &mut Findings) {
    let (Some(api), Some(database)) = (config.address("restapi.listen"), config.address("postgresql.listen")) else {
        return;
    };
    let same_port = api.value.port_or(0).is_some_and(|port| port != 0 && database.value.port_or(5432) == Some(port));
    let wildcard = api.value.hosts().chain(database.value.hosts()).any(|host| host.is_wildcard());
    let shared = api.value.hosts().any(|host| database.value.hosts().any(|other| other == host));
    if same_port && (wildcard || shared) {
        findings
            .report(api.span, "the REST API and PostgreSQL listen on the same port: the second of them fails to start")
            .label(database.span, "the same port");
    }
}
