//! A conn without `auto` is never loaded.

use crate::keys::Key;
use crate::model::{Ipsec, Origin, Via};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/conn-never-loaded", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    for connection in model.connections.iter().filter(|connection| connection.origin == Origin::IpsecConf) {
        let sets_itself = |key| connection.values.get(key).is_some_and(|value| value.via == Via::Own);
        let is_tunnel = sets_itself(Key::LEFT) || sets_itself(Key::RIGHT);
        if connection.auto.is_some() || connection.is_template || !is_tunnel {
            continue;
        }
        let name = &connection.name;
        let by_hand =
            if model.program.is_strongswan() { format!(": `ipsec up {name}` will not know it") } else { String::new() };
        let severity = if model.program.is_strongswan() { Severity::Warning } else { Severity::Info };
        let last = connection.values.iter().filter(|value| value.via == Via::Own).map(|value| value.setting).max();
        let report = findings
            .report(connection.name_span, format!("conn `{name}` has no `auto`, so it is never loaded{by_hand}"))
            .severity(severity);
        let edit = last.map(|last| Edit::insert_before(model.setting(last).name_span, "auto=add\n\t"));
        report.suggest("load it", edit);
    }
}
