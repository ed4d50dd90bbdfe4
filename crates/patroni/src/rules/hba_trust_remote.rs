//! Anybody who reaches the port becomes a user of the database without a password.

use crate::hba::ConnectionType;
use crate::model::Document;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-trust-remote", check };

/// Lists longer than this are made by programs; looking through all earlier lines for each would take too long.
const LONGEST: usize = 400;

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    if ctx.facts.text(Fact::Environment) == Some("test") {
        return;
    }
    let lines = document.effective_hba();
    for (index, line) in lines.iter().enumerate() {
        let Some(record) = &line.record else { continue };
        let remote = record.connection.value != ConnectionType::Local && !record.address.value.is_confined();
        let shadowed = lines[..index.min(LONGEST)]
            .iter()
            .filter_map(|line| line.record.as_ref())
            .any(|first| first.covers(record));
        if record.method.value != "trust" || !remote || shadowed {
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
