//! Anybody who reaches the port becomes a user of the database without a password.

use crate::Document;
use crate::hba::ConnectionType;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-trust-remote", check: each_part!(check) };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    if ctx.facts.text(Fact::Environment) == Some("test") {
        return;
    }
    for line in document.effective_hba() {
        let Some(record) = line.record.as_ref().filter(|record| record.method.value == "trust") else { continue };
        let remote = record.connection.value != ConnectionType::Local && !record.address.value.is_confined();
        if !remote || line.covered_by.is_some() {
            continue;
        }
        let with_certificate =
            record.options.iter().any(|(name, value)| name == "clientcert" && value == "verify-full");
        let only_replication = record.databases.iter().all(|name| name.is_keyword("replication"));
        let user = match record.users.as_slice() {
            [user] if !user.is_keyword("all") => format!("`{}`", user.text),
            _ => "any user, superusers too,".to_owned(),
        };
        let exact = ctx.text(record.method.span) == "trust";
        findings
            .report(
                record.method.span,
                format!("`trust` on `{}`: who reaches the port becomes {user} without a password", record.address_text),
            )
            .severity(if with_certificate && only_replication { Severity::Warning } else { Severity::Error })
            .suggest("ask for a password", exact.then(|| Edit::replace(record.method.span, "scram-sha-256")));
    }
}
