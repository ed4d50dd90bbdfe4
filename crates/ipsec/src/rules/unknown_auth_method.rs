//! A word in `leftauth` that strongSwan does not know means "any".

use crate::keys::{Key, Spelling};
use crate::model::Ipsec;
use confvet_core::{Category, Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/unknown-auth-method", check };

const KEYS: [(Key, bool); 4] =
    [(Key::LEFTAUTH, false), (Key::LEFTAUTH2, false), (Key::RIGHTAUTH, true), (Key::RIGHTAUTH2, true)];

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    if !model.program.is_strongswan() {
        return;
    }
    for setting in model.conf.settings.iter().filter(|setting| !setting.hole && !setting.value.is_empty()) {
        let Some(&(_, remote)) =
            KEYS.iter().find(|(key, _)| setting.key == Some(*key) && setting.spelling == Spelling::Exact)
        else {
            continue;
        };
        let value = setting.value.as_str();
        let bliss = model.program.version.is_none_or(|version| version < (6, 0, 0));
        if is_known(value, bliss) {
            continue;
        }
        let consequence =
            if remote { "the peer may authenticate any way it likes" } else { "this end offers whatever it has" };
        let message =
            format!("authentication method `{value}` unknown: strongSwan falls back to \"any\", so {consequence}");
        let category = if remote { Category::Security } else { Category::Outage };
        let report = findings.report(setting.value_span, message).category(category);
        let lower = value.to_ascii_lowercase();
        if lower != value && is_known(&lower, bliss) {
            report.suggest(format!("write `{lower}`"), [Edit::replace(setting.value_span, lower)]);
        }
    }
}

fn is_known(value: &str, bliss: bool) -> bool {
    let begins = ["ike:", "pubkey", "rsa", "ecdsa", "eap", "xauth"].iter().any(|word| value.starts_with(word));
    matches!(value, "psk" | "secret" | "any") || begins || bliss && value.starts_with("bliss")
}
