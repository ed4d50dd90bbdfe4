//! Two targets that end up with the same labels: their samples are mixed into one series.

use crate::meta::{self, MetaKind};
use crate::model::{Document, Job, RelabelStep, Route, Stage, TargetRef};
use crate::relabel::{Action, FlatLabels};
use compact_str::CompactString;
use confvet_core::{Context, Findings, Map, Rule, Severity, Span};
use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hash, Hasher};

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
    // The first target with each set of public labels, by what the values hash to.
    let mut seen: Map<u64, (&Route<'_>, TargetRef<'_>)> = Map::new();
    let apart = document.jobs().all(keeps_job_label);
    for (job, route) in &routes {
        let mut told = false;
        if apart {
            if has_distinct_instances(job) {
                continue;
            }
            seen = Map::new();
        }
        for group in &job.groups {
            let start = route.start(group);
            let mut labels = FlatLabels::default();
            for address in &group.targets {
                let target = TargetRef { address, group };
                if !route.run(&start, &address.value, &mut labels) || !labels.set_instance() {
                    continue;
                }
                let earlier = seen.earlier(hash(&labels), (route, target));
                if let Some((other_route, other)) = earlier.filter(|_| !told) {
                    told = collide(other_route, *other, &labels);
                    if told {
                        report(job, target, &labels, (&other.address.value, &address.value), findings);
                    }
                }
            }
        }
    }
}

/// Its targets keep `job`, which is the name of the job and no other's, so that none of them can be mixed with those of
/// another job.
fn keeps_job_label(job: &Job) -> bool {
    let writes = |step: &RelabelStep| step.may_write("job") || step.deletes_name("job");
    !job.title().is_empty() && !job.group_sets("job") && !job.relabel.iter().any(writes)
}

/// No two of its targets end with the same `instance`, as can be told from their addresses alone: it is the address, or what
/// one rule makes of it. Most jobs are like that, and need not be simulated.
fn has_distinct_instances(job: &Job) -> bool {
    let moves =
        |step: &RelabelStep| !step.is_sound() || step.may_write("__address__") || step.deletes_name("__address__");
    let mut writers = job.relabel.iter().filter(|step| step.may_write("instance") || step.deletes_name("instance"));
    let (writer, second) = (writers.next(), writers.next());
    let by_address = |step: &RelabelStep| {
        step.constant_target() == Some("instance")
            && step.rule.action == Action::Replace
            && step.rule.source_labels == ["__address__"]
    };
    if second.is_some() || job.group_sets("instance") || job.relabel.iter().any(moves) || !writer.is_none_or(by_address)
    {
        return false;
    }
    let instance = |address: &'_ str| -> Option<String> {
        let rule = &writer?.rule;
        let found = rule.regex.captures(address)??;
        Some(rule.replacement.expand(&found)).filter(|text| !text.is_empty())
    };
    let of_target = |target: TargetRef<'_>| {
        let address = &target.address.value;
        instance(address).map_or_else(|| address.clone(), CompactString::from)
    };
    let mut instances: Vec<CompactString> = job.targets().map(of_target).collect();
    let all = instances.len();
    instances.sort_unstable();
    instances.dedup();
    instances.len() == all
}

fn is_public(name: &str) -> bool {
    !name.starts_with("__")
}

/// Of the values of the public labels alone: targets have much the same names.
fn hash(labels: &FlatLabels<'_>) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    labels.iter().filter(|(name, _)| is_public(name)).for_each(|(_, value)| value.hash(&mut hasher));
    hasher.finish()
}

/// Does an earlier target end with the same public labels, at another place?
fn collide(route: &Route<'_>, earlier: TargetRef<'_>, labels: &FlatLabels<'_>) -> bool {
    let start = route.start(earlier.group);
    let mut own = FlatLabels::default();
    if !route.run(&start, &earlier.address.value, &mut own) || !own.set_instance() {
        return false;
    }
    let same = |fits: fn(&str) -> bool| {
        own.iter().filter(|(name, _)| fits(name)).eq(labels.iter().filter(|(name, _)| fits(name)))
    };
    same(is_public) && !same(is_place)
}

fn report(
    job: &Job,
    target: TargetRef<'_>,
    labels: &FlatLabels<'_>,
    (first, second): (&str, &str),
    findings: &mut Findings,
) {
    let shown: Vec<String> = labels
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
    let shared = |name: &CompactString| {
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
