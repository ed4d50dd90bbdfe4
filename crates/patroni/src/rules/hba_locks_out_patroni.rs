//! Patroni itself is not admitted to its own PostgreSQL.

use crate::Document;
use crate::hba::{Connection, ConnectionType, HbaRecord, Outcome, Verdict, decide};
use crate::model::{Config, HbaInEffect, HbaList};
use confvet_core::{Address, Context, Fact, Findings, Rule, Set, Severity, Spanned};
use std::net::IpAddr;

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/hba-locks-out-patroni", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for member in &set.members {
        for config in member.model().configs() {
            superuser(config, findings);
            if !config.is_demo() && member.facts.number(Fact::Members) != Some(1) {
                rewind(config, findings);
            }
        }
    }
    for cluster in super::clusters(set) {
        for (config, other) in cluster.pairs() {
            rewind_from(config, other, findings);
        }
    }
}

/// The user that pg_rewind logs in with is let in from no other host.
fn rewind(config: &Config, findings: &mut Findings) {
    let Some((list, user)) = rewinding(config) else { return };
    let records = || list.lines.iter().filter_map(|line| line.record.as_ref());
    if list.lines.iter().any(|line| line.record.is_none()) || remote_line(config, list, user.value) {
        return;
    }
    let has_remote = records().any(|record| !record.address.value.is_confined());
    let database = config.database();
    let only = if has_remote { "" } else { ", as all lines are for this host" };
    findings
        .report(
            list.key_span,
            format!(
                "pg_rewind connects as `{}` to `{database}` and no pg_hba line admits it from another host{only}",
                user.value
            ),
        )
        .severity(Severity::Warning)
        .label(user.span, "the user of pg_rewind");
}

fn rewinding(config: &Config) -> Option<(&HbaList, Spanned<&str>)> {
    let HbaInEffect::Only(list) = config.hba() else { return None };
    config.pg_rewind()?;
    Some((list, config.rewind_user()?))
}

fn remote_line(config: &Config, list: &HbaList, user: &str) -> bool {
    let connection = |record: &HbaRecord| record.connection.value != ConnectionType::Local && !record.rejects();
    let records = list.lines.iter().filter_map(|line| line.record.as_ref());
    records.into_iter().any(|record| {
        connection(record)
            && !record.address.value.is_confined()
            && record.names_user(user) != Verdict::Passes
            && record.names_database(config.database(), user) != Verdict::Passes
    })
}

/// A member whose address another one's list leaves out cannot rewind from it.
fn rewind_from(config: &Config, other: &Config, findings: &mut Findings) {
    let Some((list, _)) = rewinding(config) else { return };
    let Some(user) = other.rewind_user().filter(|user| remote_line(config, list, user.value)) else { return };
    let Some(address) = other.address("postgresql.connect_address") else { return };
    let Some(Address::Ip(ip)) = address.value.hosts().next().filter(|host| !host.is_loopback() && !host.is_wildcard())
    else {
        return;
    };
    if matches!(attempt(config, user.value, Some(ip)), Outcome::NoLine | Outcome::Rejected(_)) {
        findings
            .report(
                list.key_span,
                format!(
                    "pg_rewind connects as `{}` to `{}` from `{ip}` and no pg_hba line admits it",
                    user.value,
                    config.database()
                ),
            )
            .severity(Severity::Warning)
            .label(address.span, "the other member's address");
    }
}

/// The user Patroni itself logs in with.
fn superuser(config: &Config, findings: &mut Findings) {
    let HbaInEffect::Only(list) = config.hba() else { return };
    let Some(user) = config.superuser() else { return };
    let from: Vec<Option<IpAddr>> =
        if config.uses_socket() { vec![None] } else { config.own_client_addresses().into_iter().map(Some).collect() };
    let Some(first) = from.first() else { return };
    let place = first.map_or("the Unix socket".to_owned(), |ip| format!("`{ip}`"));
    let outcomes: Vec<Outcome<'_>> = from.iter().map(|from| attempt(config, user.value, *from)).collect();
    if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Admitted(_) | Outcome::Unknown)) {
        return;
    }
    let rejected = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Rejected(line) => Some(line.span),
        _ => None,
    });
    let database = config.database();
    let message = format!(
        "Patroni connects as `{}` to `{database}` from {place} and no pg_hba line admits it: the bootstrap fails",
        user.value
    );
    let line = match first {
        None => format!("local all {} peer", user.value),
        Some(ip) => format!("host all {} {ip}/{} scram-sha-256", user.value, if ip.is_ipv4() { 32 } else { 128 }),
    };
    let report = findings.report(rejected.unwrap_or(list.key_span), message).help(format!("add `{line}`"));
    if let Some(listen) = config.local("postgresql.listen") {
        report.label(listen.span(), "the address comes from here");
    }
}

fn attempt<'a>(config: &'a Config, user: &str, from: Option<IpAddr>) -> Outcome<'a> {
    let connection = Connection { database: Some(config.database()), user, from, tls: Some(true) };
    decide(config.hba().lines(), &connection)
}
