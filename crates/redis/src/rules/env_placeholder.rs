//! A placeholder that nobody filled in: Redis takes it literally.

use crate::model::{Document, Problem, ProblemKind};
use confvet_core::{Category, Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/env-placeholder", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        let ProblemKind::Placeholder { key, secret, refused } = kind else { continue };
        let text = ctx.text(*span);
        let report = if *secret {
            findings
                .report(*span, format!("Redis does not expand `{text}`: the password is literally this text"))
                .help("render the file before the server reads it, or pass the password on the command line")
        } else {
            findings
                .report(*span, format!("Redis does not expand `{text}`: the value of `{key}` is literally this text"))
                .help("render the file before the server reads it")
        };
        let category = match (refused, secret) {
            (true, _) => Category::Invalid,
            (false, true) => Category::Security,
            (false, false) => Category::Outage,
        };
        report.category(category);
    }
}
