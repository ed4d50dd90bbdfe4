//! A value that its directive does not take: the server refuses to start.

use crate::model::{Document, Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/invalid-value", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        let ProblemKind::Value { key, expected, meant, secret } = kind else { continue };
        let got = if *secret { String::new() } else { format!(", got `{}`", ctx.text(*span)) };
        let near = meant.as_ref().map(|(word, _)| format!(": did you mean `{word}`?")).unwrap_or_default();
        let report = findings.report(*span, format!("`{key}` must be {expected}{got}{near}"));
        if let Some((word, certain)) = meant {
            let safety = if *certain { Safety::Safe } else { Safety::Unsafe };
            report.suggest_as(safety, format!("write `{word}`"), [Edit::replace(*span, word)]);
        }
    }
}
