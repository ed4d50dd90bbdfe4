//! A `save` statement that does not say what it seems to say.

use crate::model::{Document, Problem, ProblemKind, SaveFault};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/save-format", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        let ProblemKind::Save(fault) = kind else { continue };
        let statement = conf.statements.iter().find(|line| line.span.contains(*span)).map(|line| line.span);
        let line = statement.unwrap_or(*span);
        let text = ctx.text(line);
        match fault {
            SaveFault::Ignored(instead) => {
                let lost = if conf.release.since((6, 2, 0)) {
                    "and the built-in save points are gone too"
                } else {
                    "so it sets no save point"
                };
                let message = format!("`{text}` is skipped without a word by {}, {lost}", conf.release);
                let report = findings.report(*span, message).category(Category::DataLoss);
                suggest(report, line, instead);
            }
            SaveFault::Refused(instead) => {
                let message = format!("`{text}` is refused: `save` takes pairs of seconds and changes, or `\"\"`");
                suggest(findings.report(*span, message), line, instead);
            }
            SaveFault::Swapped(meant) => {
                findings
                    .report(*span, format!("`{text}` saves after {} seconds: did you mean `{meant}`?", seconds(text)))
                    .severity(Severity::Warning)
                    .category(Category::Performance)
                    .suggest_as(Safety::Unsafe, format!("write `{meant}`"), [Edit::replace(line, meant)]);
            }
        }
    }
}

fn seconds(text: &str) -> &str {
    text.split_ascii_whitespace().nth(1).unwrap_or_default()
}

fn suggest(report: confvet_core::Report<'_>, line: Span, instead: &[String]) {
    if instead.is_empty() {
        report.help("write one `save SECONDS CHANGES` per line, or `save \"\"` for none");
        return;
    }
    let title =
        if instead.len() == 1 { format!("write `{}`", instead[0]) } else { "write one line per pair".to_owned() };
    report.suggest_as(Safety::Safe, title, [Edit::replace(line, instead.join("\n"))]);
}
