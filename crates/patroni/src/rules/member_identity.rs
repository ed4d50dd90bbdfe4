//! Two members of one cluster that share what must be their own.

use super::Cluster;
use crate::Document;
use crate::model::Config;
use confvet_core::{Address, Context, Findings, Map, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/member-identity", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    for Cluster { members, .. } in super::clusters(set) {
        let mut names: Map<String, Span> = Map::new();
        let mut slots: Map<String, (String, Span)> = Map::new();
        let mut addresses: Map<String, Span> = Map::new();
        let mut directories: Map<String, Span> = Map::new();
        two_machines(&members, findings);
        for config in members {
            if let Some(name) = config.name() {
                if let Some(first) = names.insert(name.value.to_owned(), name.span) {
                    let file = ctx.path(first.file);
                    let message = format!(
                        "member name `{}` is also used in {file}: the second node refuses to start",
                        name.value
                    );
                    findings.report(name.span, message).label(first, "the same name");
                } else {
                    let slot = Config::slot_name(name.value);
                    if let Some((other, first)) = slots.insert(slot.clone(), (name.value.to_owned(), name.span)) {
                        let message = format!(
                            "`{}` and `{other}` share the replication slot `{slot}`: only one of them can stream",
                            name.value
                        );
                        findings.report(name.span, message).label(first, "the other member");
                    }
                }
            }
            same_directory(config, &mut directories, ctx, findings);
            for path in ["postgresql.connect_address", "restapi.connect_address"] {
                let Some(address) = config.text(path) else { continue };
                if config.address(path).is_some_and(|at| at.value.hosts().any(|host| host.is_loopback())) {
                    continue;
                }
                if let Some(first) = addresses.insert(format!("{path} {}", address.value), address.span) {
                    let file = ctx.path(first.file);
                    findings
                        .report(
                            address.span,
                            format!("`{path}: {}` is also the address of the member in {file}", address.value),
                        )
                        .label(first, "the same address");
                }
            }
        }
    }
}

/// Two members on one host must not share what each of them writes.
fn same_directory(config: &Config, seen: &mut Map<String, Span>, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(host) = config.address("postgresql.connect_address").map(|address| address.value.host) else { return };
    for (path, severity) in [("postgresql.data_dir", Severity::Error), ("postgresql.pgpass", Severity::Info)] {
        let Some(value) = config.text(path) else { continue };
        if let Some(first) = seen.insert(format!("{path} {host} {}", value.value), value.span) {
            findings
                .report(
                    value.span,
                    format!("`{path}` is also that of the member in {} on the same host", ctx.path(first.file)),
                )
                .severity(severity)
                .label(first, "the same place");
        }
    }
}

/// The addresses of one member lead to two others: one of them was forgotten when the file was copied.
fn two_machines(members: &[&Config], findings: &mut Findings) {
    let host = |config: &Config, path: &str| config.address(path).and_then(|address| address.value.hosts().next());
    let mut machines: Map<Address, usize> = Map::new();
    for config in members {
        if let Some(address) = host(config, "postgresql.connect_address") {
            *machines.or_default(address) += 1;
        }
    }
    for config in members {
        let (Some(api), Some(database)) =
            (config.address("restapi.connect_address"), host(config, "postgresql.connect_address"))
        else {
            continue;
        };
        let Some(other) = api.value.hosts().next().filter(|other| *other != database) else { continue };
        let is_ip = matches!((&other, &database), (Address::Ip(_), Address::Ip(_)));
        if is_ip && machines.contains_key(&other) {
            findings.report(
                api.span,
                format!(
                    "`restapi.connect_address` leads to `{other}`, another member's machine, and not to `{database}`"
                ),
            );
        }
    }
}
