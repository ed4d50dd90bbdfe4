//! A directive with the wrong number of values: the server refuses to start.

use crate::model::{ArityCause, Document, Problem, ProblemKind};
use crate::syntax::quote;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/wrong-arity", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        let ProblemKind::Arity { key, takes, found, cause } = kind else { continue };
        let message = format!("`{key}` takes {takes}, got {found}");
        let values = |count: usize| {
            conf.statements.iter().find(|line| line.span.contains(*span)).map(|line| {
                let first = line.values().first().map_or(*span, |token| token.span);
                line.values().get(count.saturating_sub(1)).map_or(first, |last| first.to(last.span))
            })
        };
        match cause {
            ArityCause::Missing | ArityCause::Surplus => {
                findings.report(*span, message);
            }
            ArityCause::UnitApart(joined) => {
                let whole: Option<Span> = values(2);
                findings.report(*span, format!("{message}: write `{joined}` without a space")).suggest_as(
                    Safety::Safe,
                    format!("write `{joined}`"),
                    whole.map(|span| Edit::replace(span, joined)),
                );
            }
            ArityCause::Unquoted(list) => {
                let (quoted, whole) = (quote(list), values(*found));
                findings.report(*span, format!("{message}: quote the list")).suggest_as(
                    Safety::Safe,
                    "quote the list",
                    whole.map(|span| Edit::replace(span, quoted)),
                );
            }
            ArityCause::Glued(separator, sign) => {
                let follows = conf.statements.iter().find(|line| line.name.span == *span);
                let at_end = follows.is_some_and(|line| separator.end == line.name.span.end && !line.args.is_empty());
                let text = if at_end { "" } else { " " };
                findings
                    .report(*span, format!("`{key}` takes its value behind a space, not behind `{sign}`"))
                    .suggest_as(Safety::Safe, format!("drop the `{sign}`"), [Edit::replace(*separator, text)]);
            }
        }
    }
}
