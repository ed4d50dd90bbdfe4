//! Transport mode carries only the two end hosts.

use crate::model::{Ipsec, Mode};
use confvet_core::{Context, Edit, Findings, Keys, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/transport-with-subnets", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    if !model.program.is_strongswan() {
        return;
    }
    let mut reported = Keys::new();
    for connection in
        model.live().filter(|connection| connection.mode == Mode::Transport && !connection.remote.is_any())
    {
        let wide = connection
            .ends()
            .into_iter()
            .flat_map(super::super::model::end::End::selectors)
            .find(|selector| !selector.is_single_host());
        let (Some(selector), Some(mode)) = (wide, connection.mode_span) else { continue };
        if reported.insert(selector.span) {
            findings
                .report(
                    selector.span,
                    format!(
                        "transport mode carries only the two end hosts: `{}` can never be negotiated",
                        selector.text
                    ),
                )
                .label(mode, "transport mode")
                .suggest("use tunnel mode", [Edit::replace(mode, "tunnel")]);
        }
    }
}
