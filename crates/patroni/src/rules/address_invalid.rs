//! An address that Patroni cannot split into host and port, or that leads elsewhere.

use crate::Document;
use crate::address::{HostPort, Port, parts};
use crate::model::Config;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};
use confvet_yaml::Node;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/address-invalid", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    for path in [
        "restapi.listen",
        "restapi.connect_address",
        "postgresql.listen",
        "postgresql.connect_address",
        "postgresql.proxy_address",
        "raft.self_addr",
        "raft.bind_addr",
    ] {
        if let Some(node) = config.local(path).filter(|node| !config.is_unknown(*node)) {
            own_address(config, path, node, findings);
        }
    }
    for partner in config.local("raft.partner_addrs").into_iter().flat_map(Node::items) {
        if !config.is_unknown(partner) {
            own_address(config, "raft.partner_addrs", partner, findings);
        }
    }
    for section in config.dcs_sections() {
        let store = section.key.text().unwrap_or_default();
        for key in ["host", "hosts"] {
            let Some(hosts) = section.value.get(key) else { continue };
            let path = format!("{store}.{key}");
            for node in hosts.items().chain((!hosts.is_sequence()).then_some(hosts)) {
                store_address(config, store, &path, node, findings);
            }
        }
    }
}

fn own_address(config: &Config, path: &str, node: Node<'_>, findings: &mut Findings) {
    let Some(text) = node.as_str() else { return };
    if let Some(scheme) = HostPort::scheme(text) {
        let message = format!("`{path}` takes host:port, and `{scheme}` makes Patroni stop at start");
        let rest = text[scheme.len()..].trim_end_matches('/');
        findings.report(node.offset(0..scheme.len()), message).suggest_as(
            Safety::Safe,
            "drop the scheme",
            [Edit::replace(node.offset(0..text.len()), rest)],
        );
        return;
    }
    let address = HostPort::split(text);
    match address.port {
        Port::Bad(port) => {
            let start = text.len() - port.len();
            let message = format!("`{path}`: `{port}` is no port from 1 to 65535, and Patroni stops at start");
            findings.report(node.offset(start..text.len()), message);
        }
        Port::Missing if path == "restapi.listen" => {
            findings.report(node.span(), format!("`{path}`: `{text}` has no port, and Patroni stops at start"));
        }
        Port::Missing if path.ends_with("connect_address") => {
            let (port, said) = if path.starts_with("restapi") { (8008, "no port") } else { (5432, "port 5432") };
            let listens = config.address(&path.replace("connect_address", "listen")).map(|at| at.value.port);
            let safety = if listens == Some(Port::Number(port)) { Safety::Safe } else { Safety::Unsafe };
            if path.starts_with("postgresql") && listens == Some(Port::Number(port)) {
                return;
            }
            findings
                .report(node.span(), format!("`{path}`: `{text}` has no port, so other members are told {said}"))
                .severity(Severity::Warning)
                .category(config.category(node.span(), Category::Outage))
                .suggest_as(
                    safety,
                    format!("add `:{port}`"),
                    [Edit::insert_after(node.offset(0..text.len()), format!(":{port}"))],
                );
        }
        Port::Number(_) | Port::Missing => {
            for (range, part) in parts(address.host) {
                if path == "postgresql.listen" && matches!(HostPort::split(part).port, Port::Number(_)) {
                    let message =
                        format!("`{path}`: `{part}`: only the last host takes a port, it holds for all of them");
                    findings.report(node.offset(range), message);
                }
            }
        }
    }
}

fn store_address(config: &Config, store: &str, path: &str, node: Node<'_>, findings: &mut Findings) {
    let Some(text) = node.as_str().filter(|text| !text.trim_start().starts_with('[') || text.contains("]:")) else {
        return;
    };
    if config.is_unknown(node) {
        return;
    }
    let blanks = text.trim().contains([' ', ';']) && !text.contains(',');
    if blanks && !text.contains("://") {
        let list = text.split([' ', ';']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",");
        findings
            .report(node.span(), format!("`{path}`: hosts are parted by commas; `{text}` makes Patroni stop at start"))
            .suggest_as(Safety::Safe, "part them by commas", [Edit::replace(node.offset(0..text.len()), list)]);
        return;
    }
    for (range, part) in parts(text) {
        if let Some(scheme) = HostPort::scheme(part) {
            let span = node.offset(range.start..range.start + scheme.len());
            let plain = part[scheme.len()..].trim_end_matches('/');
            let message = format!("`{path}` takes host:port, and `{scheme}` makes Patroni stop at start");
            let help = "for TLS set `protocol: https` beside it";
            let tls = scheme == "https://" && config.local(store).and_then(|section| section.get("protocol")).is_none();
            let safety = if tls { Safety::Unsafe } else { Safety::Safe };
            findings.report(span, message).help(help).suggest_as(
                safety,
                "drop the scheme",
                [Edit::replace(node.offset(range), plain)],
            );
            continue;
        }
        let HostPort { port, .. } = HostPort::split(part);
        if let Port::Bad(port) = port {
            let message = format!("`{path}`: `{port}` is no port from 1 to 65535, and Patroni stops at start");
            findings.report(node.offset(range.end - port.len()..range.end), message);
            continue;
        }
        let other = match (store, port) {
            ("etcd" | "etcd3", Port::Number(8500)) => "Consul's port",
            ("etcd" | "etcd3", Port::Number(2181)) => "ZooKeeper's port",
            ("etcd" | "etcd3", Port::Number(2380)) => "the port of etcd's peers; clients use 2379",
            ("consul" | "zookeeper", Port::Number(2379)) => "etcd's port",
            ("zookeeper", Port::Number(8500)) => "Consul's port",
            _ => continue,
        };
        findings
            .report(node.offset(range), format!("`{path}`: `{part}` has {other}"))
            .severity(Severity::Warning)
            .category(Category::Outage);
    }
}
