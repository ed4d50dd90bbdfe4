//! The bytes of the file are not what the author sees: quotes that do not balance, a byte order mark, NUL bytes.

use crate::model::{Document, Problem, ProblemKind};
use crate::syntax::quote;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/lexical-error", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        match kind {
            ProblemKind::Unbalanced { quote: mark, rest, closed, secret } => {
                let message = if *closed {
                    format!("a closing `{mark}` must be followed by a blank: the rest of the line is glued to it")
                } else {
                    format!("unbalanced quotes: the `{mark}` opened here is never closed")
                };
                let report = findings.report(*span, message).help("put the whole value into double quotes");
                // A value that was meant as one word is quoted as a whole; a quote within is escaped.
                let whole = ctx.text(*rest).trim_end();
                let one_word = !whole.contains([' ', '\t']) && !whole.starts_with(['"', '\'']);
                if one_word {
                    let what = if *secret { "quote the password" } else { "quote the value" };
                    report.suggest(what, [Edit::replace(rest.slice(0..whole.len()), quote(whole))]);
                }
            }
            ProblemKind::ByteOrderMark => {
                findings.report(*span, "byte order mark: Redis reads it as part of the first directive").suggest_as(
                    Safety::Safe,
                    "remove the byte order mark",
                    [Edit::delete(*span)],
                );
            }
            ProblemKind::Utf16 => {
                findings
                    .report(*span, "the file is UTF-16: Redis reads its first bytes as part of a directive")
                    .help("save it as UTF-8 without a byte order mark");
            }
            ProblemKind::Nul(count) => {
                let more = if *count > 1 { format!(" ({count} in this file)") } else { String::new() };
                findings
                    .report(*span, format!("NUL byte: Redis drops the text behind it{more}"))
                    .category(Category::Outage);
            }
            ProblemKind::CarriageReturns { comment: true } => {
                findings
                    .report(*span, "lines end with carriage returns only: to Redis the whole file is one comment")
                    .category(Category::Outage);
            }
            ProblemKind::CarriageReturns { comment: false } => {
                findings.report(*span, "lines end with carriage returns only: to Redis the whole file is one line");
            }
            _ => {}
        }
    }
}
