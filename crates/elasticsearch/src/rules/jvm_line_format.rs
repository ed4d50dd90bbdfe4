//! A line of jvm.options that is no option, or an option with something attached.

use crate::jvm::{JvmSource, LineProblem};
use crate::model::Elasticsearch;
use crate::release::Release;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-line-format", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    let read = |source: JvmSource| matches!(source, JvmSource::Main | JvmSource::Directory);
    for (file, node) in model.read_jvm_files().filter(|(file, _)| read(file.source)) {
        for &(span, problem) in &file.problems {
            report(span, problem, &node.release, context, findings);
        }
    }
}

/// What becomes of the line. Read 5.6, 6.3, 6.8; run with the launcher of 7.17.
fn verdict(problem: LineProblem, release: &Release) -> Option<(Severity, Category)> {
    use LineProblem::{
        BadSize, IndentedComment, IndentedOption, NoOption, Quotes, ReversedRange, SecondOption, TrailingBlank,
        TrailingComment, Variable, VariableInSize,
    };
    let refused = Some((Severity::Error, Category::Invalid));
    let warning = Some((Severity::Warning, Category::Outage));
    match problem {
        BadSize | VariableInSize => refused,
        Variable => warning,
        IndentedComment if release.is_before(6, 2) => None,
        IndentedOption | NoOption | ReversedRange | IndentedComment if release.is_before(6, 2) => warning,
        IndentedOption | NoOption | ReversedRange | IndentedComment => refused,
        // Up to 6.8 the shell splits all lines at blanks.
        TrailingBlank | SecondOption if release.is_before(7, 0) => None,
        TrailingBlank | SecondOption | TrailingComment | Quotes if release.is_from(7, 0) => refused,
        TrailingBlank | SecondOption | TrailingComment | Quotes => warning,
    }
}

fn describe(problem: LineProblem) -> (&'static str, &'static str) {
    match problem {
        LineProblem::IndentedOption => {
            ("improperly formatted: an option must start in column 1", "remove the blanks in front of the option")
        }
        LineProblem::IndentedComment => {
            ("improperly formatted: a comment must start in column 1", "remove the blanks in front of `#`")
        }
        LineProblem::NoOption => (
            "improperly formatted: a line is empty, starts with `#`, or is an option such as `-Xmx4g`",
            "write the option with its dash, or make the line a comment",
        ),
        LineProblem::ReversedRange => {
            ("improperly formatted: the range of JDKs ends before it begins", "write the lower version first")
        }
        LineProblem::TrailingBlank => ("blanks behind the option become part of it", "remove the blanks"),
        LineProblem::TrailingComment => {
            ("text after the option becomes part of it", "put the comment on a line of its own")
        }
        LineProblem::SecondOption => {
            ("a second option on the line becomes part of the first", "put each option on a line of its own")
        }
        LineProblem::Quotes => ("quotes become part of the option", "remove the quotes"),
        LineProblem::VariableInSize => (
            "variables are not replaced here, so this is no heap size",
            "write the size itself, or set it in ES_JAVA_OPTS",
        ),
        LineProblem::Variable => {
            ("variables other than ES_TMPDIR and ES_PATH_CONF are taken as they stand", "write the value itself")
        }
        LineProblem::BadSize => ("no heap size: digits and at most one letter of k, m, g, t", "write for example `4g`"),
    }
}

fn report(span: Span, problem: LineProblem, release: &Release, context: &Context<'_>, findings: &mut Findings) {
    let Some((severity, category)) = verdict(problem, release) else { return };
    let (what, help) = describe(problem);
    let ignored = severity == Severity::Warning && release.is_before(6, 2);
    let message = match problem {
        LineProblem::VariableInSize | LineProblem::Variable | LineProblem::BadSize => {
            format!("`{}`: {what}", context.text(span))
        }
        _ if ignored => "the line is ignored without a word: an option must start in column 1".to_owned(),
        _ => what.to_owned(),
    };
    let report = findings.report(span, message).severity(severity).category(category).help(help);
    match problem {
        LineProblem::IndentedOption | LineProblem::IndentedComment | LineProblem::TrailingBlank => {
            report.suggest_as(Safety::Safe, "remove the blanks", [Edit::delete(span)]);
        }
        LineProblem::TrailingComment => {
            let (start, comment) = (line_start(span, context), context.text(span).trim_start());
            let edits = [Edit::replace(start, format!("{comment}\n")), Edit::delete(span)];
            report.suggest_as(Safety::Safe, "put the comment above the option", edits);
        }
        LineProblem::SecondOption => {
            let text = context.sources.get(span.file).text();
            let before = &text[..span.start as usize];
            let blank = before.len() - before.trim_end_matches([' ', '\t']).len();
            let gap = Span::new(span.file, before.len() - blank..before.len());
            report.suggest_as(Safety::Safe, "put it on a line of its own", [Edit::replace(gap, "\n")]);
        }
        _ => {}
    }
}

/// The empty span at the start of the line.
fn line_start(span: Span, context: &Context<'_>) -> Span {
    let before = &context.sources.get(span.file).text()[..span.start as usize];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    Span::new(span.file, start..start)
}
