//! A password that is guessed at once.

use crate::model::{Document, Exposure, RedisConf, Secret, sha256};
use crate::schema;
use crate::syntax::Token;
use confvet_core::{Context, Findings, Keys, Rule, Severity, Span};
use std::sync::LazyLock;

pub(super) static RULE: Rule<Document> = Rule { name: "redis/weak-password", check };

/// What scanners try first.
const WELL_KNOWN: &[&str] = &[
    "foobared",
    "password",
    "redis",
    "admin",
    "123456",
    "12345678",
    "root",
    "secret",
    "test",
    "default",
    "redispassword",
    "redis123",
    "passw0rd",
    "pass",
    "qwerty",
];

const SHORTEST: usize = 16;

const HELP: &str = "use 32 random characters or more: nobody types them";

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    if let Some(conf) = document.conf() {
        if conf.is_for_tests() {
            return;
        }
        let local = matches!(conf.exposure(), Some(Exposure::Nowhere | Exposure::Loopback));
        for (token, span) in conf.plain_passwords() {
            judge(&token.text, span, None, local, findings);
        }
        for user in &conf.users {
            judge_user(user, local, findings);
        }
    }
    for user in document.acl().into_iter().flat_map(|acl| &acl.users) {
        let local = document.conf().is_some_and(|conf| !conf.listens_beyond_loopback());
        judge_user(user, local, findings);
    }
}

fn judge_user(user: &crate::model::AclUser, local: bool, findings: &mut Findings) {
    for rule in user.passwords() {
        let span = rule.token.span.slice(1..rule.token.span.len());
        match rule.secret() {
            Some(Secret::Plain(password)) => judge(password, span, Some(&user.name.text), local, findings),
            Some(Secret::Hash(hash)) if is_hash_of_a_known_one(hash) => {
                findings
                    .report(
                        span,
                        "this is the hash of a well-known password, and Redis does not slow down who tries many",
                    )
                    .severity(if local { Severity::Info } else { Severity::Error })
                    .help(HELP);
            }
            _ => {}
        }
    }
}

/// Hashes of the well-known passwords and of the empty one.
fn is_hash_of_a_known_one(hash: &str) -> bool {
    static HASHES: LazyLock<Keys<String>> =
        LazyLock::new(|| WELL_KNOWN.iter().chain(&["", "changeme"]).map(|password| sha256(password)).collect());
    HASHES.contains(hash)
}

fn judge(password: &str, span: Span, user: Option<&str>, local: bool, findings: &mut Findings) {
    if password.is_empty() || schema::is_placeholder_password(password) {
        return;
    }
    let lower = password.to_ascii_lowercase();
    let known = WELL_KNOWN.contains(&lower.as_str()) || user.is_some_and(|user| user.eq_ignore_ascii_case(password));
    let length = password.chars().count();
    let (what, severity) = if known {
        ("a well-known default".to_owned(), Severity::Error)
    } else if length < SHORTEST {
        (format!("only {length} characters long"), Severity::Warning)
    } else {
        return;
    };
    findings
        .report(span, format!("this password is {what}, and Redis does not slow down who tries many"))
        .severity(if local { Severity::Info } else { severity })
        .help(HELP);
}

impl RedisConf {
    /// The passwords that directives hold in plain text.
    fn plain_passwords(&self) -> impl Iterator<Item = (&Token, Span)> {
        let secret = |statement: &&crate::model::Statement| {
            statement.key.is_some_and(|key| schema::is_secret(key) && !key.name.starts_with("tls-"))
        };
        self.statements.iter().filter(secret).filter_map(|statement| {
            let token = statement.values().last()?;
            Some((token, token.span))
        })
    }
}
