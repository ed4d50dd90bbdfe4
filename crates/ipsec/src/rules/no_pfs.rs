//! The keys of the tunnel depend on the IKE key alone.

use crate::keys::Key;
use crate::model::{Ipsec, Origin};
use crate::proposal::Field;
use confvet_core::{Context, Edit, Findings, Keys, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/no-pfs", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for connection in model.live() {
        if model.program.is_libreswan() {
            let off =
                model.value(connection, Key::PFS).filter(|_| !connection.pfs && connection.origin == Origin::IpsecConf);
            if let Some(pfs) = off.filter(|pfs| reported.insert(pfs.value_span)) {
                let message = "`pfs=no`: CHILD SA keys are derived from the IKE key only (no perfect forward secrecy)";
                findings
                    .report(pfs.value_span, message)
                    .suggest("switch it on", [Edit::replace(pfs.value_span, "yes")]);
            }
            continue;
        }
        let Some(esp) = model.proposals_of(connection, Field::Esp) else { continue };
        let open = !model.program.is_strongswan() || !esp.faults.is_empty() || esp.items.is_empty();
        if open || esp.any_item_has_group() || !reported.insert(esp.span) {
            continue;
        }
        let message = "no DH group in the ESP proposals: CHILD SA keys are derived from the IKE key only (no perfect forward secrecy)";
        let report = findings.report(esp.span, message);
        let ike = model.proposals_of(connection, Field::Ike);
        let group = ike.and_then(|ike| ike.items.iter().flat_map(crate::proposal::Proposal::groups).next());
        if let Some(group) = group.map(|group| context.text(group.span)) {
            let edits: Vec<Edit> =
                esp.items.iter().map(|item| Edit::insert_after(item.span, format!("-{group}"))).collect();
            report.suggest(format!("add `{group}`, on both ends together"), edits);
        }
    }
}
