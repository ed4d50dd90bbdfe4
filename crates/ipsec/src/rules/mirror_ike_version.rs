//! The two ends of a tunnel speak different versions of IKE.

use crate::keys::Key;
use crate::model::pairing::{Pair, file_name, pairs};
use crate::model::{Connection, IkeVersion, Ipsec, Origin};
use confvet_core::{Context, Edit, Findings, Rule, Set, Span};

pub(super) static RULE: Rule<Set<Ipsec>> = Rule { name: "ipsec/mirror-ike-version", check };

fn check(set: &Set<Ipsec>, context: &Context<'_>, findings: &mut Findings) {
    for pair in pairs(set) {
        let (a, b) = (pair.conn_a.connection, pair.conn_b.connection);
        let file = file_name(context, pair.file_a);
        let span = b.ike_version_span.unwrap_or(b.name_span);
        let other = a.ike_version_span.unwrap_or(a.name_span);
        let message = match (a.ike_version, b.ike_version) {
            (IkeVersion::V1, IkeVersion::V2) => format!("{file} speaks only IKEv1, this end only IKEv2"),
            (IkeVersion::V2, IkeVersion::V1) => format!("{file} speaks only IKEv2, this end only IKEv1"),
            (IkeVersion::Both, IkeVersion::V1) if only_initiator(a, b) => {
                format!("{file} starts IKEv2, this end accepts only IKEv1")
            }
            (IkeVersion::V1, IkeVersion::Both) if only_initiator(b, a) => {
                format!("this end starts IKEv2, {file} accepts only IKEv1")
            }
            (IkeVersion::V1, IkeVersion::V1) if a.aggressive.is_some() != b.aggressive.is_some() => {
                let word =
                    |connection: &Connection| if connection.aggressive.is_some() { "aggressive" } else { "main" };
                let span = b.aggressive.unwrap_or(b.name_span);
                let message = format!("{} mode here, {} mode at {file}", word(b), word(a));
                let main = a.aggressive.or(b.aggressive).map(|aggressive| Edit::replace(aggressive, "no"));
                findings
                    .report(span, message)
                    .label(a.aggressive.unwrap_or(a.name_span), "the other end")
                    .suggest("use main mode on both ends", main);
                continue;
            }
            _ => continue,
        };
        findings.report(span, message).label(other, "the other end").suggest("use IKEv2 on both ends", newer(&pair));
    }
}

/// The end that speaks only IKEv1 learns the newer version.
fn newer(pair: &Pair<'_>) -> Option<Edit> {
    let (older, model) = match pair.conn_a.connection.ike_version {
        IkeVersion::V1 => (pair.conn_a.connection, pair.a),
        _ => (pair.conn_b.connection, pair.b),
    };
    let by_key = |span: &Span| model.value(older, Key::KEYEXCHANGE).is_some_and(|value| value.value_span == *span);
    match older.origin {
        Origin::Swanctl => older.ike_version_span.map(|span| Edit::replace(span, "2")),
        Origin::IpsecConf => older.ike_version_span.filter(by_key).map(|span| Edit::replace(span, "ikev2")),
    }
}

/// Only the first of the two brings the tunnel up.
fn only_initiator(first: &Connection, second: &Connection) -> bool {
    first.initiates() && !second.initiates()
}
