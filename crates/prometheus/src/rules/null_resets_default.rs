//! A key with nothing behind it sets the value to nothing; it does not keep the default.

use crate::model::Document;
use crate::problem::{Check, report};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/null-resets-default", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    report(&document.problems, Check::NullDefault, findings);
}
