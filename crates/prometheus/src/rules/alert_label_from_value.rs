//! A label of an alert that is made from the value: each change of the value is another alert.

use crate::model::{Document, RuleKind};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/alert-label-from-value", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for (_, rule) in document.rules().filter(|(_, rule)| rule.kind == RuleKind::Alert) {
        for label in &rule.value_labels {
            if label.only_decides {
                findings
                    .report(label.span, "this label changes with the value: each change makes a new alert")
                    .severity(Severity::Info);
            } else {
                findings
                    .report(
                        label.span,
                        "a label built from the value makes a new alert at each evaluation; move it to `annotations`",
                    )
                    .suggest("move it to `annotations`", label.to_annotations.clone());
            }
        }
    }
}
