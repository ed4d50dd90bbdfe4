//! A relabel rule whose action lacks a field, or has one that it refuses.

use crate::model::Document;
use crate::problem::{Check, report};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/relabel-bad-fields", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    report(&document.problems, Check::RelabelFields, findings);
}
