//! One pre-shared key for everybody.

use crate::model::{Auth, Connection, Ipsec};
use crate::syntax::secrets::Secret;
use confvet_core::{Context, Findings, Keys, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/psk-any-peer", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for connection in model.live() {
        let remote = &connection.remote;
        let named = || remote.id.as_ref().is_some_and(|id| crate::model::end::normalised_id(id).is_some());
        if remote.auth != Auth::Psk || !remote.is_any() || remote.second_round || remote.is_group() || named() {
            continue;
        }
        let span = remote.address_span.unwrap_or(connection.name_span);
        if reported.insert(span) {
            let message = format!("any host that knows this pre-shared key can connect as `{}`", connection.name);
            findings.report(span, message);
        }
    }
    shared_key(model, findings);
}

/// A key without selectors serves every peer.
fn shared_key(model: &Ipsec, findings: &mut Findings) {
    let open = |secret: &&Secret| secret.selectors.iter().all(|selector| selector.value.starts_with("%any"));
    if model.psks().find(open).is_none() {
        return;
    }
    let by_psk = |connection: &&Connection| connection.local.auth == Auth::Psk && !connection.remote.is_wildcard();
    let peers: Keys<Vec<String>> = model.live().filter(by_psk).map(|connection| connection.remote.handles()).collect();
    if peers.len() < 2 {
        return;
    }
    for secret in model.psks().filter(open) {
        let message = format!("one pre-shared key for {} peers: each can impersonate the others", peers.len());
        findings.report(secret.token, message);
    }
}
