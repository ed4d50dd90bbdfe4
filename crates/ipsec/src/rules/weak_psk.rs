//! A pre-shared key that somebody will guess.

use crate::model::Ipsec;
use crate::rules::placeholder::is_placeholder;
use crate::syntax::secrets::Secret;
use confvet_core::{Context, Findings, Keys, Rule, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/weak-psk", check };

const DICTIONARY: &[&str] = &[
    "abc123",
    "admin",
    "changeme",
    "example",
    "foo",
    "foobar",
    "ipsec",
    "libreswan",
    "mypsk",
    "mysecret",
    "openswan",
    "passw0rd",
    "password",
    "presharedkey",
    "psk",
    "qwerty",
    "secret",
    "secretkey",
    "sharedsecret",
    "strongswan",
    "supersecret",
    "swan",
    "test",
    "test123",
    "testing",
    "vpn",
    "vpnpassword",
    "vpnsecret",
];

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for secret in model.psks().filter(|secret| !secret.bytes.expose().is_empty()) {
        if is_placeholder(context.text(secret.value)) {
            continue;
        }
        let Some((severity, weakness)) = judge(secret) else { continue };
        let severity = if model.is_test { Severity::Info } else { severity };
        findings
            .report(secret.value, format!("the pre-shared key {weakness}: use at least 32 random characters"))
            .severity(severity);
    }
}

fn judge(secret: &Secret) -> Option<(Severity, String)> {
    let bytes = secret.bytes.expose();
    if is_common(bytes) {
        return Some((Severity::Error, "is a dictionary word".to_owned()));
    }
    let unit = if secret.encoded { "bytes" } else { "characters" };
    if bytes.len() <= 8 {
        return Some((Severity::Error, format!("has only {} {unit}", bytes.len())));
    }
    let least = if secret.encoded { 16 } else { 20 };
    if bytes.len() < least {
        return Some((Severity::Warning, format!("has only {} {unit}", bytes.len())));
    }
    let different: Keys<u8> = bytes.iter().copied().collect();
    (different.len() < 8).then(|| (Severity::Warning, format!("has only {} different {unit}", different.len())))
}

/// A word of the dictionary, digits in order, or one character over and over.
fn is_common(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let folded: String = text.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let run = !folded.is_empty() && "1234567890".starts_with(&folded) && text.len() == folded.len();
    let mut letters = text.chars();
    let first = letters.next();
    let single = first.is_some() && letters.all(|letter| Some(letter) == first);
    DICTIONARY.binary_search(&folded.as_str()).is_ok() || run || single
}
