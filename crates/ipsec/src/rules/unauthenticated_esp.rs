//! Encryption without integrity protection.

use crate::model::Ipsec;
use crate::proposal::{Field, Kind};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/unauthenticated-esp", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    if !model.program.is_strongswan() {
        return;
    }
    for list in model.live_proposals() {
        if list.field != Field::Esp || !list.faults.is_empty() {
            continue;
        }
        for item in list.items.iter().filter(|item| !item.has_aead() && !item.has(Kind::Integ)) {
            let text = context.text(item.span);
            let message = if item.has(Kind::Encr) {
                format!(
                    "`{text}`: encryption without integrity protection; add a hash (`aes256-sha256`) or use `aes256gcm16`"
                )
            } else {
                format!("`{text}` names no cipher and no hash")
            };
            let report = findings.report(item.span, message);
            if let Some(cipher) = item.of(Kind::Encr).last() {
                report.suggest("add `sha256`", [Edit::insert_after(cipher.span, "-sha256")]);
            }
        }
    }
}
