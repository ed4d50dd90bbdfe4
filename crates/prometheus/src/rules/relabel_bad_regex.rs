//! A regex that RE2 does not compile.

use crate::model::Document;
use crate::problem::{Check, report};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/relabel-bad-regex", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    report(&document.problems, Check::RelabelRegex, findings);
}
