//! A parameter that this PostgreSQL does not have: Patroni drops it.

use crate::model::{Document, Side};
use crate::parameter::{DcsOnly, Parameter};
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/parameter-unknown", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    for setting in config.parameters(Side::Dynamic).chain(config.parameters(Side::Local)) {
        let (name, key) = (setting.name(), setting.entry.key);
        let dotted = name.contains('.') || name.is_empty() || setting.entry.is_merge();
        if dotted || config.is_unknown(key) || DcsOnly::find(name).is_some() {
            continue;
        }
        if Parameter::exists(name) {
            let Some(major) = config.postgresql.filter(|major| Parameter::find(name, Some(*major)).is_empty()) else {
                continue;
            };
            findings
                .report(key.span(), format!("PostgreSQL {major} has no parameter `{name}`, so Patroni drops it"))
                .severity(Severity::Warning);
            continue;
        }
        let near = Parameter::near(name);
        let message = match near {
            Some(near) => format!("PostgreSQL has no parameter `{name}`, so Patroni drops it; did you mean `{near}`?"),
            None => format!("PostgreSQL has no parameter `{name}`, so Patroni drops it"),
        };
        findings
            .report(key.span(), message)
            .severity(if near.is_some() { Severity::Error } else { Severity::Warning })
            .suggest_as(Safety::Unsafe, "correct the name", near.map(|near| Edit::replace(key.span(), near)));
    }
}
