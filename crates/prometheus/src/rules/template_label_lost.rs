//! A template prints a label that the expression has taken away: it is always empty.

use crate::labels::ResultLabels;
use crate::model::Document;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/template-label-lost", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for (_, rule) in document.rules().filter(|(_, rule)| rule.query.error.is_none()) {
        for label in rule.printed_labels.iter().filter(|label| rule.query.labels.lacks(&label.value)) {
            let name = &label.value;
            let why = match &rule.query.labels {
                ResultLabels::Only(kept) if kept.is_empty() => "the expression keeps no label".to_owned(),
                ResultLabels::Only(kept) => format!("the expression keeps only `{}`", kept.join("`, `")),
                _ => format!("the expression takes `{name}` away"),
            };
            findings
                .report(label.span, format!("`$labels.{name}` is always empty: {why}"))
                .help(format!("keep `{name}` in the aggregation, or leave it out of the text"));
        }
    }
}
