//! A key that Patroni does not know, and ignores without a word.

use crate::model::Document;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/unknown-key", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    for unknown in config.unknown_keys() {
        let key = unknown.key.text().unwrap_or_default();
        let place =
            if unknown.section.is_empty() { "at the root".to_owned() } else { format!("in `{}`", unknown.section) };
        let hint = unknown.near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        findings
            .report(unknown.key.span(), format!("Patroni does not know `{key}` {place} and ignores it{hint}"))
            .severity(if unknown.near.is_some() { Severity::Warning } else { Severity::Info })
            .suggest_as(
                Safety::Unsafe,
                "correct the name",
                unknown.near.map(|near| Edit::replace(unknown.key.span(), near)),
            );
    }
}
