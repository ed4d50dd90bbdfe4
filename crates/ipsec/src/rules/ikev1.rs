//! A connection that speaks IKEv1, or may.

use crate::keys::{Key, SectionKind};
use crate::model::{Auto, IkeVersion, Ipsec, Origin};
use confvet_core::{Category, Context, Edit, Findings, Keys, Rule, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/ikev1", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let mut settings = model.conf.all_settings();
    let accepted = settings.any(|(section, setting)| {
        section.kind == SectionKind::Setup && setting.key == Some(Key::IKEV1_POLICY) && setting.value == "accept"
    });
    let refused = model.program.is_libreswan_since((5, 0, 0)) && !accepted;
    let mut reported = Keys::new();
    for connection in model.live() {
        let span = connection.ike_version_span.unwrap_or(connection.name_span);
        if connection.ike_version == IkeVersion::V1 && reported.insert(span) {
            let why = if refused {
                "which libreswan 5 refuses without `ikev1-policy=accept`"
            } else {
                "deprecated by RFC 9395"
            };
            let mut report = findings.report(span, format!("conn `{}` uses IKEv1, {why}", connection.name));
            if refused {
                report = report.severity(Severity::Error).category(Category::Invalid);
            }
            let word = match (connection.origin, connection.ike_version_span.is_some()) {
                (Origin::Swanctl, true) => Some("2"),
                (Origin::IpsecConf, true)
                    if model.value(connection, Key::KEYEXCHANGE).is_some_and(|setting| setting.value_span == span) =>
                {
                    Some("ikev2")
                }
                (Origin::IpsecConf, true) => Some("insist"),
                _ => None,
            };
            report.suggest("use IKEv2, on both ends", word.map(|word| Edit::replace(span, word)));
        } else if connection.ike_version == IkeVersion::Both
            && model.program.is_strongswan()
            && connection.auto == Some(Auto::Add)
            && !model.value(connection, Key::KEYEXCHANGE).is_some_and(|setting| setting.hole)
            && reported.insert(connection.name_span)
        {
            findings
                .report(connection.name_span, "the version of IKE is left open: the peer may also choose IKEv1")
                .severity(Severity::Info);
        }
    }
}
