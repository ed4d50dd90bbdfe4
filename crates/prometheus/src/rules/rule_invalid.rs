//! A recording or alerting rule that the server refuses.

use crate::model::Document;
use crate::problem::{Check, report};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/rule-invalid", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    report(&document.problems, Check::RuleInvalid, findings);
}
