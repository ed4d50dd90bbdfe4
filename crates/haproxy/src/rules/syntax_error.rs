//! What the tokenizer refuses, and blocks that do not match.

use crate::model::Haproxy;
use crate::syntax::{SyntaxKind, SyntaxProblem};
use confvet_core::{Context, Edit, Findings, Report, Rule, Safety};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/syntax-error", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let missing_newline_is_fine = haproxy.target.is_some_and(|target| target < (2, 3, 0));
    for problem in &haproxy.syntax {
        if problem.kind == SyntaxKind::MissingNewline && missing_newline_is_fine {
            continue;
        }
        let report =
            findings.report(problem.span, format!("{}: HAProxy refuses the file here", what(problem, context)));
        mend(report, problem, context);
    }
    if haproxy.at_least((3, 3, 0)) {
        for (statement, empty) in haproxy.empty_words() {
            let (severity, category) = haproxy.refused(statement.branch);
            let message = "an empty argument ends the line: HAProxy refuses the file here";
            findings.report(empty.span, message).severity(severity).category(category);
        }
    }
}

fn what(problem: &SyntaxProblem, context: &Context<'_>) -> String {
    let written = context.text(problem.span);
    match problem.kind {
        SyntaxKind::UnclosedDouble => "unclosed double quote".to_owned(),
        SyntaxKind::UnclosedSingle => "unclosed single quote".to_owned(),
        SyntaxKind::BadHex => "`\\x` needs two hexadecimal digits".to_owned(),
        SyntaxKind::NotAVariable { next: Some(next), .. } => {
            format!("`$` followed by `{next}` in double quotes is not a variable")
        }
        SyntaxKind::NotAVariable { next: None, .. } => "`$` at the end of the line is not a variable".to_owned(),
        SyntaxKind::UnclosedBrace => "`${` needs a name and a `}`; the only default is `${NAME-value}`".to_owned(),
        SyntaxKind::TooManyWords => "the line has more than 64 words".to_owned(),
        SyntaxKind::Nul => "a NUL byte".to_owned(),
        SyntaxKind::Bom => "a byte order mark becomes part of the first word".to_owned(),
        SyntaxKind::MissingNewline => "the last line does not end with a line feed".to_owned(),
        SyntaxKind::Continuation { .. } => "line continuation does not exist in HAProxy".to_owned(),
        SyntaxKind::OutOfSection => format!("`{written}` stands before the first section"),
        SyntaxKind::UnclosedIf => "`.if` without `.endif`".to_owned(),
        SyntaxKind::LoneDirective => format!("`{written}` without `.if`"),
        SyntaxKind::AfterElse => format!("`{written}` after `.else`"),
        SyntaxKind::UnknownDirective => format!("`{written}` is no directive"),
        SyntaxKind::DirectiveArguments => format!("`{written}` is one word too many: quote the text"),
        SyntaxKind::BadCondition => format!("the condition `{written}` cannot be read"),
        SyntaxKind::TooDeep => "`.if` is nested more than 99 deep".to_owned(),
        SyntaxKind::Alert => "this `.alert` is reached".to_owned(),
    }
}

fn mend(report: Report<'_>, problem: &SyntaxProblem, context: &Context<'_>) {
    match problem.kind {
        SyntaxKind::MissingNewline => {
            report.suggest_as(Safety::Safe, "end the last line", [Edit::insert_after(problem.span, "\n")]);
        }
        SyntaxKind::Bom => {
            report.suggest_as(Safety::Safe, "remove the byte order mark", [Edit::delete(problem.span)]);
        }
        SyntaxKind::NotAVariable { requote: Some(word), .. } => {
            let text = context.text(word);
            let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
            let single = format!("'{inside}'");
            report.help("write the word in single quotes, or the dollar sign as `\\$`").suggest_as(
                Safety::Safe,
                "use single quotes",
                [Edit::replace(word, single)],
            );
        }
        SyntaxKind::NotAVariable { .. } => {
            report.help("write the word in single quotes, or the dollar sign as `\\$`");
        }
        SyntaxKind::Continuation { join } => {
            report.help("put the whole statement on one line").suggest_as(
                Safety::Unsafe,
                "join the lines",
                join.map(Edit::delete),
            );
        }
        _ => {}
    }
}
