//! Text of the documentation where an address or a key belongs.

use crate::keys::{Key, KeySet, SectionKind};
use crate::model::Ipsec;
use crate::syntax::has_hole;
use confvet_core::{Context, Findings, Rule};
use std::sync::LazyLock;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/placeholder", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let consequence = match model.program.dialect {
        crate::Dialect::Strongswan => ": strongSwan takes it for a name",
        crate::Dialect::Libreswan => ": libreswan refuses the file",
        crate::Dialect::Unknown => "",
    };
    for (section, setting) in model.conf.all_settings() {
        let wanted = section.kind == SectionKind::Conn && setting.key.is_some_and(|key| ADDRESSES.contains(key));
        if wanted && !setting.hole && is_placeholder(&setting.value) {
            let message = format!("`{}` still holds the placeholder `{}`{consequence}", setting.name, setting.value);
            findings.report(setting.value_span, message);
        }
    }
    for secret in &model.secrets.entries {
        for selector in secret.selectors.iter().filter(|selector| is_placeholder(selector)) {
            findings.report(selector.span, format!("the secret is for the placeholder `{}`", selector.value));
        }
        if is_placeholder(context.text(secret.value)) {
            findings.report(secret.value, "the secret is still a placeholder");
        }
    }
}

/// Keys whose values are addresses, networks or identities.
static ADDRESSES: LazyLock<KeySet> = LazyLock::new(|| Key::all().filter(|&key| holds_an_address(key)).collect());

fn holds_an_address(key: Key) -> bool {
    let name = key.name();
    matches!(key, Key::LEFT | Key::RIGHT)
        || name.contains("subnet")
        || name.ends_with("sourceip")
        || name.ends_with("id") && (name.starts_with("left") || name.starts_with("right"))
}

/// Does the text stand for something that was never filled in?
pub(super) fn is_placeholder(text: &str) -> bool {
    // Most values begin with a digit or a sigil: they are none.
    let begins = text.trim_start().bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    if !begins && !text.contains('<') || has_hole(text) {
        return false;
    }
    let lower = text.trim().to_ascii_lowercase();
    let brackets = lower.find('<').is_some_and(|open| lower[open..].contains('>'));
    let words = ["x.x.x.x", "a.b.c.d", "changeme", "change-me", "change_me", "todo", "fixme", "example-psk"];
    let yours = lower.strip_prefix("your").is_some_and(|rest| rest.starts_with(['-', '_', ' ']));
    let crosses = lower.len() >= 3 && lower.bytes().all(|byte| byte == b'x');
    brackets || words.contains(&lower.as_str()) || yours || crosses
}
