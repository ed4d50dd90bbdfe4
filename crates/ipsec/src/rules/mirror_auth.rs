//! What one end proves is not what the other end demands.

use crate::model::pairing::{Pair, file_name, pairs};
use crate::model::psk::Lookup;
use crate::model::{Auth, End, Ipsec};
use confvet_core::{Context, Edit, Findings, Keys, Rule, Safety, Set, Span};

pub(super) static RULE: Rule<Set<Ipsec>> = Rule { name: "ipsec/mirror-auth", check };

fn check(set: &Set<Ipsec>, context: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for pair in pairs(set) {
        if !class(&pair, context, findings) && !identity(&pair, context, findings) {
            keys(&pair, &mut reported, findings);
        }
    }
}

/// How an end proves itself and what the other demands.
fn class(pair: &Pair<'_>, context: &Context<'_>, findings: &mut Findings) -> bool {
    let (a, b) = (pair.conn_a, pair.conn_b);
    let file = file_name(context, pair.file_a);
    let differ = |local: &End, remote: &End| {
        let vague = |auth| matches!(auth, Auth::Any | Auth::Unknown);
        local.auth != remote.auth && !vague(local.auth) && !vague(remote.auth)
    };
    let span = |end: &End, name: Span| end.auth_span.unwrap_or(name);
    let (name_a, name_b) = (a.connection.name_span, b.connection.name_span);
    if differ(a.local, b.remote) {
        let message =
            format!("{file} proves itself by {}, this end demands {}", a.local.auth.as_str(), b.remote.auth.as_str());
        findings.report(span(b.remote, name_b), message).label(span(a.local, name_a), "the other end");
        return true;
    }
    if differ(b.local, a.remote) {
        let message =
            format!("this end proves itself by {}, {file} demands {}", b.local.auth.as_str(), a.remote.auth.as_str());
        findings.report(span(b.local, name_b), message).label(span(a.remote, name_a), "the other end");
        return true;
    }
    false
}

/// Which identity an end presents and which the other expects.
fn identity(pair: &Pair<'_>, context: &Context<'_>, findings: &mut Findings) -> bool {
    let (a, b) = (pair.conn_a, pair.conn_b);
    let file = file_name(context, pair.file_a);
    let span = |end: &End, name: Span| end.id.as_ref().map(|id| id.span).or(end.address_span).unwrap_or(name);
    let (name_a, name_b) = (a.connection.name_span, b.connection.name_span);
    if let Some((says, expects)) = mismatch(a.local, b.remote) {
        let message = format!("this end expects `{expects}`, {file} says `{says}`");
        let report = findings.report(span(b.remote, name_b), message).label(span(a.local, name_a), "the other end");
        if let (Some(id), Some(theirs)) = (&b.remote.id, &a.local.id) {
            let edit = Edit::replace(id.span, context.text(theirs.span));
            report.suggest_as(Safety::Unsafe, format!("expect `{says}`"), [edit]);
        }
        return true;
    }
    if let Some((says, expects)) = mismatch(b.local, a.remote) {
        let message = format!("this end says `{says}`, {file} expects `{expects}`");
        let report = findings.report(span(b.local, name_b), message).label(span(a.remote, name_a), "the other end");
        if let (Some(id), Some(theirs)) = (&b.local.id, &a.remote.id) {
            let edit = Edit::replace(id.span, context.text(theirs.span));
            report.suggest_as(Safety::Unsafe, format!("say `{expects}`"), [edit]);
        }
        return true;
    }
    false
}

/// What an end says and what is expected of it, when both are known and differ.
fn mismatch(presenter: &End, expecter: &End) -> Option<(String, String)> {
    // A certificate may bring its own subject as identity.
    if presenter.id.is_none() && (presenter.has_certificate || presenter.auth != Auth::Psk) {
        return None;
    }
    if presenter.virtual_ip.is_some() && presenter.id.is_none() {
        return None;
    }
    let (says, expects) = (presenter.identity()?, expecter.identity()?);
    // An unset expectation is the peer's address, which NAT may have changed.
    let by_address = expecter.id.is_none() && presenter.id.is_none();
    (says != expects && !by_address).then_some((says, expects))
}

/// Both ends have a pre-shared key, and it is not the same.
fn keys(pair: &Pair<'_>, reported: &mut Keys<(Span, Span)>, findings: &mut Findings) {
    let found = (pair.a.psk_of(pair.conn_a.connection), pair.b.psk_of(pair.conn_b.connection));
    let (Lookup::Found(a), Lookup::Found(b)) = found else { return };
    // Read the other way round the lookup could have found another entry.
    let swapped = !std::ptr::eq(pair.conn_a.local, &pair.conn_a.connection.local)
        || !std::ptr::eq(pair.conn_b.local, &pair.conn_b.connection.local);
    if swapped && pair.a.program.is_libreswan() && a.selectors.len() < 2 {
        return;
    }
    if a.bytes != b.bytes && reported.insert((a.token, b.token)) {
        findings.report(b.token, "the pre-shared keys of the two ends differ").label(a.token, "the other end");
    }
}
