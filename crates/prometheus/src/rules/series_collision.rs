//! A label that tells series apart is taken away: they merge into one, and all but one of the samples are lost.

use crate::model::{Document, RelabelStep, Stage};
use crate::relabel::Action;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/series-collision", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for chain in document.chains() {
        if !matches!(chain.stage, Stage::Metric | Stage::Write) {
            continue;
        }
        let many_jobs = document.jobs().nth(1).is_some();
        let many = chain.job.is_none_or(|job| job.may_have_many() && !job.honor_labels);
        for (index, step) in chain.steps.iter().enumerate().filter(|(_, step)| step.is_sound()) {
            let earlier = &chain.steps[..index];
            let bounds = |name: &&str| removes(step, name) && !without_bounds(earlier, name);
            let mut lost: Vec<&str> = ["le", "quantile"].into_iter().filter(bounds).collect();
            let severe = !lost.is_empty();
            if many && removes(step, "instance") {
                lost.push("instance");
            }
            if many_jobs && chain.stage == Stage::Write && removes(step, "job") {
                lost.push("job");
            }
            if lost.is_empty() {
                continue;
            }
            let names: Vec<String> = lost.iter().map(|name| format!("`{name}`")).collect();
            let span = if step.rule.action == Action::Replace {
                step.target.as_ref().map_or(step.span, |target| target.span)
            } else {
                step.condition_span()
            };
            let message =
                format!("removing {} merges different series: only one sample per scrape survives", names.join(", "));
            findings
                .report(span, message)
                .severity(if severe { Severity::Error } else { Severity::Warning })
                .suggest("leave it on the series", without(document, step, &lost));
        }
    }
}

/// The rule without the names in its list; without any name left, no rule.
fn without(document: &Document, step: &RelabelStep, lost: &[&str]) -> Option<Edit> {
    let names = step.names_listed();
    let left: Vec<&str> = names.iter().map(|name| name.value.as_str()).filter(|name| !lost.contains(name)).collect();
    if step.rule.action != Action::LabelDrop || names.is_empty() {
        return None;
    }
    if left.is_empty() {
        return document.delete_step(step);
    }
    Some(Edit::replace(step.regex.as_ref()?.exact?, left.join("|")))
}

/// Does the rule delete the label, or overwrite it with one text for all?
fn removes(step: &RelabelStep, name: &str) -> bool {
    match step.rule.action {
        Action::LabelDrop | Action::LabelKeep => step.deletes_name(name),
        Action::Replace => {
            step.constant_target() == Some(name)
                && step.rule.replacement.constant().is_some()
                && step.rule.source_labels.is_empty()
                && step.rule.regex.matches("") == Some(true)
        }
        _ => false,
    }
}

/// Earlier rules leave no histogram (no summary) that could have the label.
fn without_bounds(earlier: &[RelabelStep], name: &str) -> bool {
    earlier.iter().filter(|step| step.rule.source_labels == ["__name__"]).any(|step| match step.rule.action {
        Action::Keep => step
            .rule
            .regex
            .finite(10_000)
            .is_some_and(|names| name == "quantile" || !names.iter().any(|metric| metric.ends_with("_bucket"))),
        Action::Drop => name == "le" && step.rule.regex.matches("some_other_bucket") == Some(true),
        _ => false,
    })
}
