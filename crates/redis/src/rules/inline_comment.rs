//! A comment behind a directive: Redis has none, and reads the words as values.

use crate::model::{Document, Problem, ProblemKind};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/inline-comment", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        let ProblemKind::InlineComment { key, words, line, refused } = kind else { continue };
        let comment = ctx.text(*span);
        let count = if *words == 1 { "1 more argument".to_owned() } else { format!("{words} more arguments") };
        let report = findings
            .report(*span, format!("Redis has no trailing comments: `{comment}` is read as {count} of `{key}`"));
        let report = if *refused { report } else { report.category(Category::Maintainability) };
        // The blanks in front of the comment go with it.
        let statement = ctx.text(*line);
        let before = &statement[..statement.len().saturating_sub(comment.len())];
        let kept = before.trim_end().len();
        let removed = line.slice(kept..statement.len());
        report.suggest_as(
            Safety::Safe,
            "move the comment to its own line above",
            [Edit::insert_before(*line, format!("{comment}\n")), Edit::delete(removed)],
        );
    }
}
