//! The file is not what the program's YAML reader takes, or takes it for something else.

use crate::model::Elasticsearch;
use crate::release::Release;
use crate::settings::{Document, Shape, is_refused};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};
use confvet_yaml::{ProblemKind, SyntaxProblem};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/yaml-syntax", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (document, release) in model.read_documents() {
        for problem in document.syntax.iter().filter(|problem| is_refused(problem, release)) {
            report_syntax(problem, release, context, findings);
        }
        for (span, shape) in document.shapes.iter().filter(|(_, shape)| shape.is_refused(release)) {
            let (what, help) = describe(shape);
            findings.report(*span, format!("{what}: {release} cannot read this file")).help(help);
        }
        if let Some(span) = document.bad_bytes {
            findings
                .report(span, format!("this byte is not UTF-8: {release} cannot read this file"))
                .help("save the file as UTF-8");
        }
        report_aliases(document, findings);
    }
}

fn report_syntax(problem: &SyntaxProblem, release: &Release, context: &Context<'_>, findings: &mut Findings) {
    let text = context.text(problem.span);
    let report = findings.report(problem.span, format!("{problem}: {release} cannot read this file"));
    let report = match problem.kind.help() {
        Some(help) => report.help(help),
        None => report,
    };
    match &problem.kind {
        ProblemKind::TabIndent | ProblemKind::Tab => {
            report.suggest_as(
                Safety::Safe,
                "put blanks in place of the tab",
                [Edit::replace(problem.span, "  ".repeat(text.len()))],
            );
        }
        ProblemKind::MissingBlank(_) => {
            let tight = |&(at, _): &(usize, &str)| text[at + 1..].starts_with(|c: char| !c.is_whitespace());
            if let Some((colon, _)) = text.match_indices(':').find(tight).filter(|_| !text.contains('\n')) {
                let place = problem.span.slice(colon..colon + 1);
                report.suggest_as(Safety::Safe, "put a blank behind the colon", [Edit::insert_after(place, " ")]);
            }
        }
        ProblemKind::ReservedStart('*' | '%' | '@' | '`') if !text.contains(['"', '\\', '\n']) => {
            report.suggest_as(
                Safety::Safe,
                "put the value in quotes",
                [Edit::replace(problem.span, format!("\"{text}\""))],
            );
        }
        _ => {}
    }
}

fn describe(shape: &Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::MappingInList => {
            ("a mapping inside a list", "a list holds plain values only; put `key: value` in quotes if it is a text")
        }
        Shape::ListInList => ("a list inside a list", "a list holds plain values only"),
        Shape::EmptyItem => ("a list item without a value", "remove the dash, or write the value behind it"),
        Shape::RootNotMapping => ("the file is no mapping from keys to values", "write `key: value` lines"),
    }
}

fn report_aliases(document: &Document, findings: &mut Findings) {
    for alias in &document.aliases {
        let message = if alias.name.is_empty() {
            "merge key `<<` is not applied by Elasticsearch; it becomes a setting of that name".to_owned()
        } else {
            format!("alias `*{0}` is not resolved by Elasticsearch; the value is the text `{0}`", alias.name)
        };
        let report = findings
            .report(alias.span, message)
            .severity(Severity::Warning)
            .category(Category::Outage)
            .help("write the value out");
        if let Some(anchor) = alias.anchor {
            report.label(anchor, "the anchor");
        }
    }
}
