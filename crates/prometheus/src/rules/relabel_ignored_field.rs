//! A field that the action of its rule does not look at.

use crate::model::Document;
use crate::relabel::{Action, Field};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/relabel-ignored-field", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for step in document.chains().flat_map(|chain| chain.steps).filter(|step| step.well_formed) {
        for field in step.ignored_fields() {
            let action = step.rule.action;
            let Some(span) = step.key_span(field) else { continue };
            let few = field == Field::Separator && action.joins_sources();
            let why = if few { " with fewer than two source labels" } else { "" };
            let report = findings.report(span, format!("`{action}` ignores `{}`{why}", field.as_str()));
            match (field, action) {
                (Field::Regex, Action::Lowercase | Action::Uppercase) => {
                    report.help("write what matches to a label that starts with `__tmp_` first, with `replace`");
                }
                (Field::SourceLabels, _) => {
                    report.help("`labelmap` maps every label whose name matches `regex`");
                }
                _ => {}
            }
        }
    }
}
