//! IKEv1 negotiates one network a side.

use crate::keys::Key;
use crate::model::{IkeVersion, Ipsec};
use confvet_core::{Category, Context, Findings, Keys, Rule, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/ikev1-single-subnet", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let libreswan = model.program.is_libreswan();
    let mut reported = Keys::new();
    for connection in model.live().filter(|connection| connection.ike_version == IkeVersion::V1) {
        let reader = model.reader(connection);
        let serves = reader.is_on(Key::LEFTMODECFGSERVER) || reader.is_on(Key::RIGHTMODECFGSERVER);
        let cisco_split = reader.is_on(Key::CISCO_SPLIT) && serves;
        if model.charon.cisco_unity || cisco_split {
            continue;
        }
        for end in connection.ends().into_iter().filter(|end| !end.plural) {
            let [first, second, ..] = end.selectors() else { continue };
            if !reported.insert(second.span) {
                continue;
            }
            let consequence = if libreswan {
                "libreswan does not load the conn".to_owned()
            } else {
                format!("only `{}` is used", first.text)
            };
            let report = findings.report(second.span, format!("IKEv1 negotiates one subnet per side: {consequence}"));
            if model.program.is_libreswan_since((5, 0, 0)) {
                report.severity(Severity::Error).category(Category::Invalid);
            }
        }
    }
}
