//! Two targets that end up with the same labels: their samples are mixed into one series.

use crate::meta::{self, MetaKind};
use crate::model::{Document, Job, RelabelStep, Stage, TargetRef};
use crate::relabel::{Action, Labels};
use confvet_core::{Context, Findings, Rule, Severity, Span};
use std::collections::HashMap;

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/identity-collapsed", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    known_targets(document, ctx, findings);
    for job in document.jobs().filter(|job| !job.discoveries.is_empty()) {
        discovered_targets(job, findings);
    }
}

fn known_targets(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let version = ctx.version("prometheus");
    let mut seen: HashMap<Labels, (Labels, &str)> = HashMap::new();
    for job in document.jobs() {
        let mut told = false;
        for target in job.targets() {
            let Some(mut labels) = document.final_labels(Stage::Target, job, target, version) else { continue };
            let Some(address) = labels.get("__address__").cloned() else { continue };
            labels.entry("instance".to_owned()).or_insert(address);
            labels.retain(|name, _| !name.starts_with("__meta_"));
            let public: Labels = labels
                .iter()
                .filter(|(name, _)| !name.starts_with("__"))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            let written = target.address.value.as_str();
            match seen.get(&public) {
                None => {
                    seen.insert(public, (labels, written));
                }
                Some((other, first)) if !told && differ(other, &labels) => {
                    told = true;
                    let shown: Vec<String> = public
                        .iter()
                        .filter(|(name, _)| matches!(name.as_str(), "job" | "instance"))
                        .map(|(name, value)| format!("{name}=\"{value}\""))
                        .collect();
                    let message = format!(
                        "`{first}` and `{written}` get the same labels {{{}}}: their samples are mixed into one series",
                        shown.join(", ")
                    );
                    let cause = cause(job, target);
                    let report = findings.report(cause.unwrap_or(target.address.span), message);
                    if cause.is_some() {
                        report.label(target.address.span, "the second target");
                    }
                }
                Some(_) => {}
            }
        }
    }
}

/// Are they scraped at two places?
fn differ(a: &Labels, b: &Labels) -> bool {
    let place =
        |name: &str| matches!(name, "__address__" | "__metrics_path__" | "__scheme__") || name.starts_with("__param_");
    let places = |labels: &Labels| {
        labels
            .iter()
            .filter(|(name, _)| place(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Labels>()
    };
    places(a) != places(b)
}

/// What sets `instance` or `job` for all of them.
fn cause(job: &Job, target: TargetRef<'_>) -> Option<Span> {
    let names = ["instance", "job"];
    let step = job.relabel.iter().rev().find(|step| {
        step.rule.action == Action::Replace && step.constant_target().is_some_and(|name| names.contains(&name))
    });
    let label = target.group.labels.iter().find(|(name, _)| names.contains(&name.value.as_str()));
    step.and_then(|step| step.target.as_ref()).map(|target| target.span).or_else(|| label.map(|(name, _)| name.span))
}

fn discovered_targets(job: &Job, findings: &mut Findings) {
    let writes =
        |step: &&RelabelStep| step.rule.action == Action::Replace && step.constant_target() == Some("instance");
    let Some(step) = job.relabel.iter().rev().find(writes).filter(|step| step.is_sound()) else { return };
    let Some(target) = &step.target else { return };
    let sources = &step.rule.source_labels;
    let guarded = !sources.is_empty() && step.regex.is_some();
    if step.rule.replacement.constant().is_some_and(|text| !text.is_empty()) && !guarded {
        findings
            .report(
                target.span,
                "every discovered target gets the same `instance`: their samples are mixed into one series",
            )
            .severity(Severity::Warning);
        return;
    }
    let shared = |name: &String| {
        let rows = meta::rows_of(name);
        !rows.is_empty() && rows.iter().all(|row| row.kind == MetaKind::Prefix)
    };
    if !sources.is_empty() && sources.iter().all(shared) {
        findings
            .report(
                target.span,
                format!("`instance` comes only from `{}`, which several machines may share", sources.join("`, `")),
            )
            .severity(Severity::Info);
    }
}
