//! Two connections with different peers claim the same pair of networks.

use crate::model::Ipsec;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/subnet-conflict", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    for claim in model.double_claims() {
        let (Some(local), Some(remote)) = (claim.second_pair.0.net(), claim.second_pair.1.net()) else { continue };
        let message = format!(
            "`{local}` ↔ `{remote}` is claimed by conn `{}` (peer {}) and conn `{}` (peer {}): only one can carry it",
            claim.first.name,
            claim.first.remote.address_text(),
            claim.second.name,
            claim.second.remote.address_text(),
        );
        findings
            .report(claim.second_pair.1.span, message)
            .label(claim.first_pair.1.span, format!("claimed by conn `{}`", claim.first.name))
            .help("set one of them to `auto=add`, or give each a mark or an interface and let routing decide");
    }
}
