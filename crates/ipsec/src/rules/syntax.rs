//! A line that does not follow the grammar: the program throws the whole file away.

use crate::dialect::Dialect;
use crate::model::Ipsec;
use crate::syntax::conf::{Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/syntax", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for problem in certain(model) {
        let Some(reason) = reason(problem.kind) else { continue };
        let lost = model.program.refuses_file();
        let token = context.text(problem.span);
        let message = match problem.kind {
            ProblemKind::Crlf(lines) => {
                format!(
                    "{lines} lines end with CR LF: the CR becomes a part of the last value on each line; no connection with a yes/no value or an enumeration is loaded"
                )
            }
            ProblemKind::Bom => format!("the file begins with a byte order mark; {lost}"),
            _ => format!("cannot parse `{}`: {reason}; {lost}", token.trim()),
        };
        let report = findings.report(problem.span, message);
        let edits = repair(problem, context);
        report.suggest_as(Safety::Safe, title(problem.kind), edits);
    }
}

/// Problems for which the program surely refuses the file. Two readers may refuse one value for two reasons, each at its
/// own place; when it is not known who reads it, the first is reported.
fn certain(model: &Ipsec) -> impl Iterator<Item = &Problem> {
    let problems = &model.conf.problems;
    let both = move |(index, problem): &(usize, &Problem)| {
        if model.program.surely(problem.refused_by) {
            return true;
        }
        let next = problems.get(index + 1).filter(|next| next.context == problem.context);
        let unknown = model.program.dialect == Dialect::Unknown;
        unknown && next.is_some_and(|next| model.program.surely(problem.refused_by.and(next.refused_by)))
    };
    problems.iter().enumerate().filter(both).map(|(_, problem)| problem)
}

fn reason(kind: ProblemKind) -> Option<&'static str> {
    Some(match kind {
        ProblemKind::Bom | ProblemKind::Crlf(_) => "",
        ProblemKind::EqualsInValue => "a value with `=` must be quoted",
        ProblemKind::ExtraWord => "a value of several words must be quoted",
        ProblemKind::UnterminatedQuote => "the quote is never closed",
        ProblemKind::MultilineQuote => "a quoted value must end on its line",
        ProblemKind::MissingEquals => "a setting is `key=value`",
        ProblemKind::MissingKey => "a line begins with a key",
        ProblemKind::MissingName => "the section has no name",
        ProblemKind::ExtraName => "a section has one name",
        ProblemKind::QuotedName => "a name must not hold blanks",
        ProblemKind::EqualsInName => "a name with `=` must be quoted",
        ProblemKind::CommentAtEnd => "a comment of one word on the last line needs a line end",
        ProblemKind::SettingAfterInclude => "the `include` above has ended the section",
        ProblemKind::ConfigWithoutSetup => "the section is `config setup`",
        ProblemKind::ConfigBlanks => "exactly one blank stands between `config` and `setup`",
        ProblemKind::UnknownStatement => "sections begin with `config setup`, `conn` or `ca`",
        ProblemKind::Semicolon => "comments begin with `#`",
        ProblemKind::Brackets => "sections are `conn NAME`, without brackets",
        ProblemKind::LateVersion => "`version` may only be the first statement",
        ProblemKind::IncludeInSection => "`include` must not stand within a section",
        ProblemKind::IncludeBraces => "`{a,b}` patterns are gone since libreswan 5.0",
        ProblemKind::CaSection => "libreswan has no `ca` sections",
        ProblemKind::ColumnZero | ProblemKind::IndentedHeader | ProblemKind::BeforeSection => return None,
    })
}

fn title(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Bom => "remove the byte order mark",
        ProblemKind::Crlf(_) => "end lines with LF",
        ProblemKind::Semicolon => "begin the comment with `#`",
        ProblemKind::ConfigBlanks => "leave one blank",
        ProblemKind::CommentAtEnd => "end the last line",
        _ => "quote the value",
    }
}

fn repair(problem: &Problem, context: &Context<'_>) -> Vec<Edit> {
    match problem.kind {
        ProblemKind::Bom => vec![Edit::delete(problem.span)],
        ProblemKind::Crlf(_) => {
            let file = problem.span.file;
            let text = context.sources.get(file).text();
            let ends = text.match_indices("\r\n").map(|(at, _)| confvet_core::Span::new(file, at..at + 1));
            ends.map(Edit::delete).collect()
        }
        ProblemKind::Semicolon => vec![Edit::replace(problem.span, "#")],
        ProblemKind::ConfigBlanks => vec![Edit::replace(problem.span, " ")],
        ProblemKind::CommentAtEnd => vec![Edit::insert_after(problem.span, "\n")],
        ProblemKind::EqualsInValue | ProblemKind::ExtraWord => {
            let value = context.text(problem.context);
            let plain = !value.contains(['"', '#', '\\', '{']) && !value.starts_with('=');
            if plain { vec![Edit::replace(problem.context, format!("\"{value}\""))] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}
