//! A method that cannot check the passwords there are, or that gives them away.

use crate::Document;
use crate::hba::{ConnectionType, HbaRecord};
use crate::model::Config;
use confvet_core::{Category, Context, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-method", check: each_part!(check) };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let records = || document.effective_hba().iter().filter_map(|line| line.record.as_ref());
    if let Document::Config(config) = document
        && let Some(scram) = records().find(|record| record.method.value == "scram-sha-256")
    {
        md5_secrets(config, scram, findings);
    }
    for record in records().filter(|record| !record.address.value.is_confined()) {
        in_clear(record, findings);
    }
    let is_new = document.postgresql().is_some_and(|major| major >= 14);
    if let Some(record) = records().find(|record| is_new && record.method.value == "md5") {
        findings
            .report(
                record.method.span,
                "`md5` also checks SCRAM secrets here; MD5 secrets are deprecated since PostgreSQL 18",
            )
            .severity(Severity::Info)
            .category(Category::Maintainability)
            .help("write `scram-sha-256` once all passwords are stored that way");
    }
}

/// Users whose secrets are MD5 ones cannot log in by SCRAM.
fn md5_secrets(config: &Config, scram: &HbaRecord, findings: &mut Findings) {
    let setting = config.parameter("password_encryption");
    if setting.is_some_and(|setting| setting.is_unknown()) {
        return;
    }
    let users = ["superuser", "replication"];
    let has_password = |user: &&str| config.local(&format!("postgresql.authentication.{user}.password")).is_some();
    let creates_users = config.can_bootstrap() && users.iter().any(has_password);
    let written = setting.and_then(|setting| setting.text());
    let by_default =
        written.is_none() && config.postgresql.is_some_and(|major| (10..14).contains(&major)) && creates_users;
    let explicit = written.is_some_and(|text| matches!(text, "md5" | "on" | "true"));
    if !by_default && !explicit {
        return;
    }
    let cause = if by_default { "`password_encryption` is md5 by default" } else { "`password_encryption` is md5" };
    let report = findings.report(
        scram.method.span,
        format!("`scram-sha-256` cannot check MD5 secrets, and {cause}: superuser and replication logins fail"),
    );
    match setting {
        Some(setting) => {
            let removed = if config.can_bootstrap() { setting.delete() } else { None };
            report.label(setting.span(), "this makes MD5 secrets").suggest_as(
                Safety::Safe,
                "remove `password_encryption`",
                removed,
            );
        }
        None => {
            report.help("set `password_encryption: scram-sha-256`");
        }
    }
}

/// Passwords that cross the network as they are, and names that only the client vouches for.
fn in_clear(record: &HbaRecord, findings: &mut Findings) {
    let unencrypted = matches!(
        record.connection.value,
        ConnectionType::Host | ConnectionType::HostNoSsl | ConnectionType::HostNoGssEnc
    );
    let method = record.method.value.as_str();
    match method {
        "password" if unencrypted => {
            findings
                .report(record.method.span, "`password` sends the password in clear text")
                .severity(Severity::Warning)
                .help("write `scram-sha-256`, or `hostssl`");
        }
        "ident" if record.connection.value != ConnectionType::Local => {
            findings
                .report(record.method.span, "`ident` believes the name that the client's own machine states")
                .severity(Severity::Warning);
        }
        "ldap" | "pam" | "radius" if record.connection.value == ConnectionType::HostNoSsl => {
            findings
                .report(record.method.span, format!("`{method}` sends the password in clear text"))
                .severity(Severity::Info);
        }
        _ => {}
    }
}
