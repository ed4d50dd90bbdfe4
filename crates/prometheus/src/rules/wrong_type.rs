//! A value of another kind than its key takes.

use crate::model::Document;
use crate::problem::{Check, report};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/wrong-type", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    report(&document.problems, Check::WrongType, findings);
}
