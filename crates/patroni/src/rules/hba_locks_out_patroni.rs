//! Patroni itself is not admitted to its own PostgreSQL.

use crate::hba::{Connection, Outcome, decide};
use crate::model::{Config, Document, HbaInEffect};
use confvet_core::{Context, Findings, Rule};
use std::net::IpAddr;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-locks-out-patroni", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
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
    fn attempt<'a>(config: &'a Config, user: &str, from: Option<IpAddr>) -> Outcome<'a> {
        let connection = Connection { database: Some(config.database()), user, from, tls: Some(true) };
        decide(config.hba().lines(), &connection)
    }
}
