//! The two ends of a tunnel have no proposal in common.

use crate::model::pairing::{Pair, file_name, pairs};
use crate::model::{Connection, IkeVersion, Ipsec};
use crate::proposal::{Field, Kind, ProposalList};
use confvet_core::{Context, Edit, Findings, Keys, Rule, Set};

pub(super) static RULE: Rule<Set<Ipsec>> = Rule { name: "ipsec/mirror-proposals", check };

fn check(set: &Set<Ipsec>, context: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for pair in pairs(set) {
        for (field, name) in [(Field::Ike, "IKE"), (Field::Esp, "ESP"), (Field::Ah, "AH")] {
            let (Some(a), Some(b)) = lists(&pair, field) else { continue };
            let faulty = !a.faults.is_empty() || !b.faults.is_empty() || a.items.is_empty() || b.items.is_empty();
            if faulty || !reported.insert((a.span, b.span)) {
                continue;
            }
            let with_groups = field == Field::Ike;
            let agree = a.items.iter().take(64).any(|x| b.items.iter().take(64).any(|y| x.agrees_with(y, with_groups)));
            if !agree {
                if a.closed && b.closed {
                    let message = format!(
                        "no common {name} proposal with {}: `{}` here, `{}` there",
                        file_name(context, pair.file_a),
                        b.text,
                        a.text
                    );
                    findings
                        .report(b.span, message)
                        .label(a.span, "the other end")
                        .suggest("propose the same on both ends", take_over(&pair, a, b));
                }
            } else if field == Field::Esp {
                groups(&pair, a, b, context, findings);
            }
        }
    }
}

fn lists<'a>(pair: &Pair<'a>, field: Field) -> (Option<&'a ProposalList>, Option<&'a ProposalList>) {
    let a = pair.a.proposals_of(pair.conn_a.connection, field);
    (a, pair.b.proposals_of(pair.conn_b.connection, field))
}

/// One end wants a group when it rekeys, the other offers none, or another one.
fn groups(pair: &Pair<'_>, a: &ProposalList, b: &ProposalList, context: &Context<'_>, findings: &mut Findings) {
    let (conn_a, conn_b) = (pair.conn_a.connection, pair.conn_b.connection);
    // libreswan takes the group of IKE when `esp=` names none; strongSwan's defaults have none.
    let offers = |list: &ProposalList, connection: &Connection| list.any_item_has_group() || connection.pfs;
    let wants = |list: &ProposalList| list.every_item_has_group() && list.closed;
    let file = file_name(context, pair.file_a);
    let v1 = conn_a.ike_version == IkeVersion::V1 || conn_b.ike_version == IkeVersion::V1;
    let dies = if v1 { "the tunnel does not come up" } else { "the tunnel comes up and dies at the first rekey" };
    let group = |list: &ProposalList| {
        list.items
            .iter()
            .flat_map(crate::proposal::Proposal::groups)
            .next()
            .map_or_else(String::new, |group| context.text(group.span).to_owned())
    };
    let mut model = (a, b);
    let message = if wants(b) && a.closed && !offers(a, conn_a) {
        // The end without a group is the one to change.
        model = (b, a);
        format!("`{}` is required for rekeying here, but {file} offers no DH group: {dies}", group(b))
    } else if wants(a) && b.closed && !offers(b, conn_b) {
        format!("`{}` is required for rekeying at {file}, but this end offers no DH group: {dies}", group(a))
    } else if wants(a) && wants(b) && !share_group(a, b) {
        format!("`{}` is required for rekeying here, `{}` at {file}: {dies}", group(b), group(a))
    } else {
        return;
    };
    findings
        .report(b.span, message)
        .label(a.span, "the other end")
        .suggest("propose the same on both ends", take_over(pair, model.0, model.1));
}

/// The list of one end for the other, where both are written in one language.
fn take_over(pair: &Pair<'_>, from: &ProposalList, to: &ProposalList) -> Option<Edit> {
    let same_program = pair.a.program.dialect == pair.b.program.dialect;
    let same_file = pair.conn_a.connection.origin == pair.conn_b.connection.origin;
    (same_program && same_file && !from.text.contains([' ', '\t'])).then(|| Edit::replace(to.span, from.text.as_str()))
}

fn share_group(a: &ProposalList, b: &ProposalList) -> bool {
    let groups = |list: &ProposalList| -> Keys<&'static str> {
        list.items.iter().flat_map(|item| item.of(Kind::Ke)).map(|group| group.algorithm.name).collect()
    };
    let theirs = groups(b);
    groups(a).iter().any(|group| theirs.contains(group))
}
