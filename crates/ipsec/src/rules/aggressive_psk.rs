//! Aggressive mode with a pre-shared key: the hash of the key goes out in clear.

use crate::model::{Auth, IkeVersion, Ipsec};
use confvet_core::{Category, Context, Edit, Findings, Keys, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/aggressive-psk", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for connection in model.live() {
        let Some(span) = connection.aggressive else { continue };
        let Some(end) = connection.ends().into_iter().find(|end| end.auth == Auth::Psk) else { continue };
        let ikev2 = connection.ike_version == IkeVersion::V2;
        let refused = ikev2 && model.program.is_libreswan_since((5, 4, 0));
        if ikev2 && !refused || !reported.insert(span) {
            continue;
        }
        let message = if refused {
            format!("aggressive mode is IKEv1's, but conn `{}` speaks IKEv2: libreswan drops it", connection.name)
        } else {
            "IKEv1 aggressive mode sends a hash of the pre-shared key in clear: it can be cracked offline".to_owned()
        };
        let mut report = findings.report(span, message);
        if refused {
            report = report.category(Category::Invalid);
        }
        if let Some(auth) = end.auth_span {
            report = report.label(auth, "by pre-shared key");
        }
        report.suggest("switch aggressive mode off", [Edit::replace(span, "no")]);
    }
}
