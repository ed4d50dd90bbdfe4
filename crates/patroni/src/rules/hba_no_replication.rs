//! Replicas are not admitted: `all` does not include replication.

use crate::Document;
use crate::hba::{Connection, ConnectionType, HbaRecord, Outcome, Verdict, decide};
use crate::model::{Config, HbaInEffect, HbaList};
use confvet_core::{Address, Context, Fact, Facts, Findings, Rule, Set, Severity, Spanned};
use std::net::IpAddr;

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/hba-no-replication", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    for member in &set.members {
        for config in member.model().configs() {
            let Some((list, user)) = managed(config, &member.facts) else { continue };
            if admits_others(list, user.value) {
                itself(config, list, user.value, findings);
            } else {
                nobody(list, user, findings);
            }
        }
    }
    for cluster in super::clusters(set) {
        for (config, other) in cluster.pairs() {
            peer(config, other, ctx, findings);
        }
    }
}

/// The list in effect and the user, where both are known and others are meant to stream.
fn managed<'a>(config: &'a Config, facts: &Facts) -> Option<(&'a HbaList, Spanned<&'a str>)> {
    let (HbaInEffect::Only(list) | HbaInEffect::AfterInitdb(list)) = config.hba() else { return None };
    let alone = config.is_demo() || facts.number(Fact::Members) == Some(1);
    let readable = list.lines.iter().all(|line| line.record.is_some());
    Some((list, config.replication_user()?)).filter(|_| !alone && readable)
}

fn remote(record: &HbaRecord) -> bool {
    record.connection.value != ConnectionType::Local && !record.rejects()
}

fn is_for_replication(record: &HbaRecord) -> bool {
    record.databases.iter().any(|name| name.is_keyword("replication") || name.is_open())
}

fn admits_others(list: &HbaList, user: &str) -> bool {
    let records = list.lines.iter().filter_map(|line| line.record.as_ref());
    let admits = |record: &HbaRecord| record.names_user(user) != Verdict::Passes && !record.address.value.is_confined();
    records.into_iter().any(|record| remote(record) && is_for_replication(record) && admits(record))
}

/// No other host is let in at all.
fn nobody(list: &HbaList, user: Spanned<&str>, findings: &mut Findings) {
    let records = || list.lines.iter().filter_map(|line| line.record.as_ref()).filter(|record| remote(record));
    let near = records().find(|record| is_for_replication(record));
    let why = match near {
        Some(record) if record.names_user(user.value) == Verdict::Passes => {
            let named = record.users.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(",");
            format!(" (a line names user `{named}`)")
        }
        Some(record) => format!(" (a line only covers `{}`)", record.address_text),
        None => " (`all` does not include replication)".to_owned(),
    };
    let report = findings
        .report(list.key_span, format!("no pg_hba line lets `{}` stream from another host{why}", user.value))
        .label(user.span, "the user of the replicas")
        .help(format!("add `host replication {} ADDRESS/32 scram-sha-256` for each member", user.value));
    if let Some(record) = near {
        report.label(record.connection.span, "the nearest line");
    }
}

/// Patroni asks its own PostgreSQL for its timeline over a replication connection.
fn itself(config: &Config, list: &HbaList, user: &str, findings: &mut Findings) {
    let from: Vec<Option<IpAddr>> = match config.uses_socket_for_replication() {
        true => vec![None],
        false => config.own_client_addresses().into_iter().map(Some).collect(),
    };
    let Some(place) = from.first() else { return };
    let attempt = |from| decide(&list.lines, &Connection { database: None, user, from, tls: Some(true) });
    let refused = from.iter().all(|from| matches!(attempt(*from), Outcome::NoLine | Outcome::Rejected(_)));
    if refused && matches!(config.hba(), HbaInEffect::Only(_)) {
        let (place, line) = match place {
            Some(ip) => {
                let length = if ip.is_ipv4() { 32 } else { 128 };
                (format!("`{ip}`"), format!("host replication {user} {ip}/{length} scram-sha-256"))
            }
            None => ("the Unix socket".to_owned(), format!("local replication {user} peer")),
        };
        findings
            .report(
                list.key_span,
                format!("no pg_hba line lets `{user}` stream from {place}, where Patroni asks for its own timeline"),
            )
            .severity(Severity::Warning)
            .help(format!("add `{line}`"));
    }
}

/// One member does not let another one in, so that it cannot follow when this one leads.
fn peer(config: &Config, other: &Config, ctx: &Context<'_>, findings: &mut Findings) {
    let Some((list, _)) = managed(config, &Facts::new()) else { return };
    let Some(user) = other.replication_user().filter(|user| admits_others(list, user.value)) else { return };
    let Some(address) = other.address("postgresql.connect_address") else { return };
    let Some(Address::Ip(ip)) = address.value.hosts().next().filter(|host| !host.is_loopback() && !host.is_wildcard())
    else {
        return;
    };
    let connection = Connection { database: None, user: user.value, from: Some(ip), tls: Some(true) };
    if !matches!(decide(&list.lines, &connection), Outcome::NoLine | Outcome::Rejected(_)) {
        return;
    }
    let name = other.name().map_or(ctx.path(other.file()), |name| name.value);
    findings
        .report(
            list.key_span,
            format!("no pg_hba line lets `{}` stream from `{ip}`, the address of `{name}`", user.value),
        )
        .label(address.span, "the other member's address")
        .help(format!(
            "add `host replication {} {ip}/{} scram-sha-256`",
            user.value,
            if ip.is_ipv4() { 32 } else { 128 }
        ));
}
