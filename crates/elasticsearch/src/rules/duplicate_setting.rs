//! One setting, set twice: refused, joined or overridden without a word, depending on spelling and version.

use crate::model::Elasticsearch;
use crate::release::Release;
use crate::settings::{Document, Duplicate, Form, Repetition};
use confvet_core::{Category, Context, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/duplicate-setting", check };

/// What the program makes of a repetition.
#[derive(Clone, Copy)]
enum Outcome {
    Refused,
    /// Refused by some of the possible versions, harmless in others.
    RefusedSince6,
    LastWins,
    /// Refused by some of the possible versions, overridden in others.
    Lost,
    Harmless,
}

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (document, release) in model.sound_documents().filter(|(document, _)| document.form != Form::Environment) {
        for duplicate in &document.duplicates {
            report(document, duplicate, release, context, findings);
        }
    }
}

/// Read 1.x; run 5.0, 5.6, 6.1, 6.3, 6.8, 7.0, 7.17.
fn outcome(how: Repetition, release: &Release) -> Outcome {
    let first = release.is_before(2, 0);
    match how {
        Repetition::Block if release.is_before(6, 0) => Outcome::Harmless,
        Repetition::Block if release.is_from(6, 0) => Outcome::Refused,
        Repetition::Block => Outcome::RefusedSince6,
        // From 6.0 on the repeated block is reported.
        Repetition::WithinBlock if !release.is_before(6, 0) => Outcome::Harmless,
        Repetition::OtherSpelling if release.is_from(7, 0) => Outcome::LastWins,
        Repetition::OtherSpelling if release.may_be_from(7, 0) => Outcome::Lost,
        _ if first => Outcome::LastWins,
        _ => Outcome::Refused,
    }
}

fn report(
    document: &Document,
    duplicate: &Duplicate,
    release: &Release,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let outcome = outcome(duplicate.how, release);
    let key = &duplicate.key;
    let line = context.line(duplicate.first);
    let (effect, severity, category) = match outcome {
        Outcome::Harmless => return,
        Outcome::Refused => (format!("{release} refuses the file"), Severity::Error, Category::Invalid),
        Outcome::RefusedSince6 => {
            ("Elasticsearch refuses the file since 6.0".to_owned(), Severity::Warning, Category::Outage)
        }
        Outcome::LastWins => ("the last one wins".to_owned(), Severity::Error, Category::Outage),
        Outcome::Lost => (
            "the last one wins from 7.0 on, and older versions refuse the file".to_owned(),
            Severity::Error,
            Category::Outage,
        ),
    };
    let Some((first, later)) = duplicate.settings else {
        let edits = document.merge_blocks(duplicate.first, duplicate.later, context.sources);
        findings
            .report(duplicate.later, format!("block `{key}` is repeated (first on line {line}); {effect}"))
            .label(duplicate.first, "the first block")
            .severity(severity)
            .category(category)
            .help("put all its settings into one block")
            .suggest_as(Safety::Safe, "join the blocks", edits.into_iter().flatten());
        return;
    };
    let (first, later) = (&document.settings[first], &document.settings[later]);
    let equal = first.text() == later.text();
    let severity = match outcome {
        Outcome::LastWins if equal || release.is_before(2, 0) => Severity::Warning,
        _ => severity,
    };
    let says = if first.secret { "sets it too".to_owned() } else { format!("says `{}`", first.text()) };
    let report = findings
        .report(duplicate.later, format!("{key} is set again (line {line} {says}); {effect}"))
        .label(duplicate.first, "set here first")
        .severity(severity)
        .category(category);
    if equal {
        report.suggest_as(Safety::Safe, "delete the repetition", document.delete(later, context.sources));
    } else {
        let edit = document.delete(first, context.sources);
        report.help("keep the one that is meant and delete the other").suggest_as(
            Safety::Unsafe,
            "keep the later one",
            edit,
        );
    }
}
