//! A label that starts with `__` and is set behind the scrape: it is stored with every series.

use crate::model::{Document, RelabelStep, Stage};
use crate::relabel::Action;
use confvet_core::{Context, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/hidden-label-stored", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for chain in document.comparable_chains() {
        if !matches!(chain.stage, Stage::Metric | Stage::Write) {
            continue;
        }
        for (index, step) in chain.steps.iter().enumerate().filter(|(_, step)| step.is_sound()) {
            let Some((name, whole)) = hidden_label(step) else { continue };
            let later = &chain.steps[index + 1..];
            // Any label that starts like this shows whether a later rule takes them all away.
            let example = if whole { name.to_owned() } else { format!("{name}x") };
            if later.iter().any(|later| later.is_sound() && later.deletes_name(&example)) {
                continue;
            }
            let shown = if whole { name.to_owned() } else { format!("{name}…") };
            let reach = match chain.stage {
                Stage::Write => "is sent with every series",
                _ => "is stored with every series",
            };
            let message = format!("`{shown}` {reach}: only `relabel_configs` drops labels that start with `__`");
            let report = findings.report(place(step), message);
            let report = report.suggest("delete it at the end of the list", document.drop_later(step));
            if is_marker(step, name, later) {
                report.severity(Severity::Info);
            }
        }
    }
}

/// The label that a rule sets and that starts with `__`, or the start of its name.
fn hidden_label(step: &RelabelStep) -> Option<(&str, bool)> {
    let (name, whole) = step.written_label()?;
    let public = !name.starts_with("__") || whole && matches!(name, "__name__" | "__type__" | "__unit__");
    let sets = step.rule.action != Action::Replace || step.rule.replacement.constant() != Some("");
    (!public && sets).then_some((name, whole))
}

fn place(step: &RelabelStep) -> Span {
    let written = if step.rule.action == Action::LabelMap { &step.replacement } else { &step.target };
    written.as_ref().map_or(step.span, |text| text.span)
}

/// The label only marks series which the one rule that reads it drops.
fn is_marker(step: &RelabelStep, name: &str, later: &[RelabelStep]) -> bool {
    let mut readers = later.iter().filter(|later| later.reads(name));
    let (Some(reader), None) = (readers.next(), readers.next()) else { return false };
    let written = step.rule.replacement.constant();
    reader.rule.action == Action::Drop
        && reader.rule.source_labels == [name]
        && written.is_some_and(|written| reader.rule.regex.finite(2) == Some(vec![written.to_owned()]))
}
