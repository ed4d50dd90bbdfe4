//! A proposal that makes the daemon leave the connection out.

use crate::dialect::{Dialect, Program};
use crate::model::{Connection, IkeVersion, Ipsec, Origin};
use crate::proposal::{Field, ProposalFault, ProposalFaultKind, ProposalList};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/invalid-proposal", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    // The proposals of swanctl.conf are part of `ipsec/swanctl-discarded`.
    let conf = model.connections.iter().filter(|connection| connection.origin == Origin::IpsecConf);
    let mut users: Vec<Option<&Connection>> = vec![None; model.proposals.len()];
    let mut all_ikev1 = vec![true; model.proposals.len()];
    for connection in conf {
        for index in connection.proposals.iter().flatten() {
            let user = &mut users[*index];
            if user.is_none_or(|known| !known.is_loaded() && connection.is_loaded()) {
                *user = Some(connection);
            }
            all_ikev1[*index] &= connection.ike_version == IkeVersion::V1;
        }
    }
    for (list, (user, all_ikev1)) in model.proposals.iter().zip(users.iter().zip(all_ikev1)) {
        let Some(user) = user.filter(|user| !user.is_shunt()) else { continue };
        for fault in &list.faults {
            report(&model.program, user, list, fault, findings);
        }
        if all_ikev1 && model.program.is_libreswan() && list.faults.is_empty() {
            ikev1(list, user, findings);
        }
    }
}

fn ikev1(list: &ProposalList, user: &Connection, findings: &mut Findings) {
    if let Some(plus) = list.text.find('+') {
        let span = list.span.slice(plus..plus + 1);
        findings.report(span, format!("`+` lists are for IKEv2 only: conn `{}` is not loaded", user.name));
    } else if let Some(transform) = list.refused_by_ikev1() {
        let token = transform.algorithm.token;
        findings.report(transform.span, format!("`{token}` is for IKEv2 only: conn `{}` is not loaded", user.name));
    }
}

fn report(program: &Program, user: &Connection, list: &ProposalList, fault: &ProposalFault, findings: &mut Findings) {
    let message = format!("{}: conn `{}` is not loaded", explain(program, list.field, fault), user.name);
    let report = findings.report(fault.span, message);
    match &fault.kind {
        ProposalFaultKind::Unknown { respelled: Some(word), .. } => {
            report.suggest_as(Safety::Safe, format!("write `{word}`"), [Edit::replace(fault.span, word.as_str())]);
        }
        ProposalFaultKind::Exclamation if program.is_libreswan() => {
            report.suggest_as(Safety::Safe, "remove the `!`", [Edit::delete(fault.span)]);
        }
        ProposalFaultKind::NoGroup => {
            report.suggest_as(Safety::Unsafe, "add a group", [Edit::insert_after(fault.span, "-modp2048")]);
        }
        _ => {}
    }
}

/// What is wrong, without what it costs. Shared with swanctl.conf.
pub(super) fn explain(program: &Program, field: Field, fault: &ProposalFault) -> String {
    let token = &fault.text;
    let title = if program.dialect == Dialect::Unknown { "strongSwan or libreswan" } else { program.dialect.title() };
    match &fault.kind {
        ProposalFaultKind::Unknown { respelled: Some(word), .. } => {
            format!("`{token}` is no {title} algorithm; it is written `{word}`")
        }
        ProposalFaultKind::Unknown { near: Some(near), .. } => {
            format!("`{token}` is no {title} algorithm; did you mean `{near}`?")
        }
        ProposalFaultKind::Unknown { .. } => format!("`{token}` is no {title} algorithm"),
        ProposalFaultKind::OtherVersion { since: Some((major, minor, _)), removed: None } => {
            format!("{title} has `{token}` since {major}.{minor}")
        }
        ProposalFaultKind::OtherVersion { removed: Some((major, minor, _)), .. } => {
            format!("{title} has no `{token}` since {major}.{minor}")
        }
        ProposalFaultKind::OtherVersion { .. } => format!("{title} has no `{token}`"),
        ProposalFaultKind::Unsupported if field == Field::Ike => {
            format!("{title} does not support `{token}` in `ike`")
        }
        ProposalFaultKind::Unsupported => format!("{title} does not support `{token}` here"),
        ProposalFaultKind::BadKeyLength => format!("`{token}`: the cipher has no such key length"),
        ProposalFaultKind::EmptyItem => "an empty item in the list".to_owned(),
        ProposalFaultKind::Exclamation if program.is_libreswan() => "`!` means nothing to libreswan".to_owned(),
        ProposalFaultKind::Exclamation => "`!` may only stand at the very end of the list".to_owned(),
        ProposalFaultKind::Separator => format!("`{token}`: strongSwan joins algorithms by `-` only"),
        ProposalFaultKind::Blank => format!("`{token}` holds a blank"),
        ProposalFaultKind::NoGroup => format!("`{token}` names no key exchange group, as `modp2048`"),
        ProposalFaultKind::NoPrf => format!("`{token}` names no hash from which keys could be derived, as `prfsha256`"),
        ProposalFaultKind::NoCipher => format!("`{token}` names no cipher"),
        ProposalFaultKind::MixedCiphers => format!("`{token}` mixes AEAD and classic ciphers"),
        ProposalFaultKind::IntegrityWithAead => {
            format!("`{token}` beside an AEAD cipher, which brings its own integrity protection")
        }
        ProposalFaultKind::GroupsDiffer => "all proposals of `esp` name the same group, or none does".to_owned(),
    }
}
