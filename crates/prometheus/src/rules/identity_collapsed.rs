//! Two targets that end up with the same labels: their samples are mixed into one series.

use crate::meta::{self, MetaKind};
use crate::model::{Document, Job, RelabelStep, Route, Stage, TargetRef};
use crate::relabel::{Action, FlatLabels, LabelSet};
use confvet_core::{Context, Findings, Rule, Severity, Span};
use foldhash::{HashMap, HashMapExt};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/identity-collapsed", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    known_targets(document, ctx, findings);
    for job in document.jobs().filter(|job| !job.discoveries.is_empty()) {
        discovered_targets(job, findings);
    }
}

fn known_targets(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let routes: Vec<(&Job, Route<'_>)> =
        document.jobs().map(|job| (job, document.route(Stage::Target, job, ctx.version("prometheus")))).collect();
    let mut seen: HashMap<FlatLabels<'_>, (FlatLabels<'_>, &str)> = HashMap::new();
    for (job, route) in &routes {
        let mut told = false;
        for target in job.targets() {
            let Some(mut place) = route.labels(target).filter(|labels| !labels.value("__address__").is_empty()) else {
                continue;
            };
            let address = place.value("__address__").to_owned();
            place.add("instance", address);
            let mut public = place.clone();
            public.retain(|name| !name.starts_with("__"));
            place.retain(is_place);
            let written = target.address.value.as_str();
            match seen.get(&public) {
                None => {
                    seen.insert(public, (place, written));
                }
                Some((other, first)) if !told && *other != place => {
                    told = true;
                    report(job, target, &public, (*first, written), findings);
                }
                Some(_) => {}
            }
        }
    }
}

fn report(
    job: &Job,
    target: TargetRef<'_>,
    public: &FlatLabels<'_>,
    (first, second): (&str, &str),
    findings: &mut Findings,
) {
    let shown: Vec<String> = public
        .iter()
        .filter(|(name, _)| matches!(*name, "job" | "instance"))
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    let message = format!(
        "`{first}` and `{second}` get the same labels {{{}}}: their samples are mixed into one series",
        shown.join(", ")
    );
    let cause = cause(job, target);
    let report = findings.report(cause.unwrap_or(target.address.span), message);
    if cause.is_some() {
        report.label(target.address.span, "the second target");
    }
}

/// Does the label say where a target is scraped?
fn is_place(name: &str) -> bool {
    matches!(name, "__address__" | "__metrics_path__" | "__scheme__") || name.starts_with("__param_")
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
