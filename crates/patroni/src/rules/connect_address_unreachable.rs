//! An address that leads other members to themselves.

use crate::model::{Config, Document};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/connect-address-unreachable", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let demo = config.is_demo();
    for (path, listen) in [
        ("restapi.connect_address", "restapi.listen"),
        ("postgresql.connect_address", "postgresql.listen"),
        ("postgresql.proxy_address", ""),
        ("raft.self_addr", ""),
    ] {
        address(config, path, listen, demo, findings);
    }
    same_port(config, findings);
}

fn address(config: &Config, path: &str, listen: &str, demo: bool, findings: &mut Findings) {
    let Some(address) = config.address(path) else { return };
    let Some(host) = address.value.hosts().next() else { return };
    let listen = config.address(listen);
    let what = match () {
        () if host.is_loopback() => "a loopback address",
        () if host.is_wildcard() => "a wildcard",
        () => {
            let only_loopback =
                listen.as_ref().is_some_and(|listen| listen.value.hosts().all(|host| host.is_loopback()));
            if let Some(listen) = listen.filter(|_| only_loopback && path != "postgresql.proxy_address") {
                let message = format!("`{path}` says `{host}` and nothing listens there but loopback");
                findings.report(address.span, message).label(listen.span, "this is all it listens on");
            }
            return;
        }
    };
    let mut report = findings
        .report(address.span, format!("`{path}: {host}` is {what}: other members are told to connect to themselves"));
    if demo {
        report = report.severity(Severity::Info);
    }
    if let Some(listen) = listen {
        report.label(listen.span, "");
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
