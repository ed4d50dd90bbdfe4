//! Disk watermarks out of order, of two kinds, or switched off.

use crate::model::Elasticsearch;
use crate::node::Node;
use crate::settings::Form;
use crate::values::{Watermark, watermark};
use confvet_core::{Category, Context, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/disk-watermarks", check };

const PREFIX: &str = "cluster.routing.allocation.disk.watermark.";
const THRESHOLD: &str = "cluster.routing.allocation.disk.threshold_enabled";

/// One of the three, as set or by default.
struct Stage {
    name: &'static str,
    value: Watermark,
    text: String,
    span: Option<Span>,
}

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes() {
        if let Some(setting) = node.get(THRESHOLD).filter(|_| node.bool(THRESHOLD) == Some(false)) {
            findings
                .report(
                    setting.value_span,
                    "disk thresholds are off: a full disk stops writes in the middle and breaks shards",
                )
                .severity(Severity::Warning)
                .category(Category::DataLoss)
                .help("leave it on and set the watermarks instead");
        }
        if node.below(PREFIX).next().is_none() {
            continue;
        }
        let Some(stages) = stages(node) else { continue };
        if stages.iter().all(|stage| stage.span.is_none()) {
            continue;
        }
        if !report_kinds(node, &stages, context, findings) {
            report_order(node, &stages, findings);
        }
        report_traps(node, &stages, findings);
    }
}

/// The watermarks of a node; `None` when one of them cannot be read.
fn stages(node: &Node) -> Option<Vec<Stage>> {
    let defaults = [("low", 85.0), ("high", 90.0), ("flood_stage", 95.0)];
    let count = if node.release.is_before(6, 0) { 2 } else { 3 };
    let read = |&(name, default): &(&'static str, f64)| -> Option<Stage> {
        let Some(setting) = node.get(&format!("{PREFIX}{name}")) else {
            let text = format!("default {default}%");
            return Some(Stage { name, value: Watermark::Used(default), text, span: None });
        };
        let scalar = setting.scalar().filter(|scalar| !scalar.is_open())?;
        let value = watermark(&scalar.text, &node.release).ok()?;
        Some(Stage { name, value, text: scalar.text.to_string(), span: Some(scalar.span) })
    };
    defaults[..count].iter().map(read).collect()
}

/// What 6.0 refuses, earlier versions take.
fn refused(node: &Node) -> (Severity, Category) {
    match (node.release.is_from(6, 0), node.release.is_stated()) {
        (true, true) => (Severity::Error, Category::Invalid),
        (true, false) => (Severity::Warning, Category::Outage),
        (false, _) if node.release.is_before(6, 0) => (Severity::Warning, Category::Outage),
        // Every version with a flood stage refuses it.
        (false, _) => (Severity::Error, Category::Outage),
    }
}

fn is_used(stage: &Stage) -> bool {
    matches!(stage.value, Watermark::Used(_))
}

fn report_kinds(node: &Node, stages: &[Stage], context: &Context<'_>, findings: &mut Findings) -> bool {
    let shares = stages.iter().filter(|stage| is_used(stage)).count();
    if shares == 0 || shares == stages.len() {
        return false;
    }
    let (severity, category) = refused(node);
    let odd_is_share = shares * 2 < stages.len() || (shares * 2 == stages.len() && is_used(&stages[stages.len() - 1]));
    let odd: Vec<&Stage> = stages.iter().filter(|stage| is_used(stage) == odd_is_share).collect();
    let rest: Vec<&Stage> = stages.iter().filter(|stage| is_used(stage) != odd_is_share).collect();
    let set = |name: &str| stages.iter().find(|stage| stage.name == name && stage.span.is_some());
    let at = odd.iter().find(|stage| stage.span.is_some()).copied().or_else(|| set("high")).or_else(|| set("low"));
    let Some(span) = at.and_then(|stage| stage.span) else { return true };
    let names = |stages: &[&Stage]| stages.iter().map(|stage| stage.name).collect::<Vec<_>>().join(" and ");
    let kind = |stage: &Stage| if is_used(stage) { "a share" } else { "bytes" };
    let verb = if rest.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{} {verb} {} but {} is {}: all must be of one kind",
        names(&rest),
        kind(rest[0]),
        odd.first().map_or("", |stage| stage.name),
        odd.iter()
            .map(|stage| if stage.span.is_some() { stage.text.clone() } else { format!("the {}", stage.text) })
            .next()
            .unwrap_or_default(),
    );
    let mut report = findings.report(span, message).severity(severity).category(category);
    for stage in rest.iter().filter_map(|stage| stage.span).filter(|other| *other != span) {
        report = report.label(stage, "");
    }
    let flood_missing = stages.iter().any(|stage| stage.name == "flood_stage" && stage.span.is_none());
    if let (true, Some(high)) = (flood_missing && shares == 1, set("high"))
        && let Watermark::Free(high_bytes) = high.value
        && let Some(setting) = node.get(&format!("{PREFIX}high"))
    {
        let flood = half_of(high_bytes);
        let report = report.help("set the flood stage in bytes too: it is free space, so less than high");
        let line = format!("{PREFIX}flood_stage: {flood}");
        let in_file = node.document().is_some_and(|document| document.form == Form::File);
        if let Some(edit) = setting.insert_beside(context.sources, &line).filter(|_| in_file) {
            report.suggest(format!("set the flood stage to {flood}"), [edit]);
        }
        return true;
    }
    report.help("write all of them as shares of used space, or all as free bytes");
    true
}

/// Half of a size, in the largest unit that fits.
fn half_of(bytes: i128) -> String {
    let half = (bytes / 2).max(1);
    let units = [(1 << 40, "tb"), (1 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb")];
    let (factor, unit) = units.into_iter().find(|(factor, _)| half % factor == 0).unwrap_or((1, "b"));
    format!("{}{unit}", half / factor)
}

fn report_order(node: &Node, stages: &[Stage], findings: &mut Findings) {
    for pair in stages.windows(2) {
        let (early, late) = (&pair[0], &pair[1]);
        let wrong = match (early.value, late.value) {
            (Watermark::Used(early), Watermark::Used(late)) => early > late,
            (Watermark::Free(early), Watermark::Free(late)) => early < late,
            _ => false,
        };
        let Some(span) = early.span.or(late.span).filter(|_| wrong) else { continue };
        let (severity, category) = refused(node);
        let relation = if is_used(early) { "is above" } else { "leaves less free space than" };
        let report = findings
            .report(span, format!("{} {} {relation} {} {}", early.name, early.text, late.name, late.text))
            .severity(severity)
            .category(category)
            .help(if is_used(early) {
                "low, high and flood_stage must not fall"
            } else {
                "bytes are free space: low, high and flood_stage must not rise"
            });
        if let Some(other) = late.span.filter(|other| *other != span) {
            report.label(other, late.name);
        }
    }
}

fn report_traps(node: &Node, stages: &[Stage], findings: &mut Findings) {
    for stage in stages.iter().filter(|stage| stage.name == "flood_stage") {
        let late = match stage.value {
            Watermark::Used(percent) => percent > 98.0,
            Watermark::Free(bytes) => (0..2 << 30).contains(&bytes),
        };
        if let Some(span) = stage.span.filter(|_| late) {
            findings
                .report(span, format!("flood_stage {} comes too late: merges need space of their own", stage.text))
                .severity(Severity::Warning)
                .category(Category::Outage)
                .help("leave at least 2% or 2gb free");
        }
    }
    let has_headroom = node.below(PREFIX).any(|setting| setting.key.ends_with("max_headroom"));
    if node.release.is_from(8, 5)
        && node.release.is_stated()
        && !has_headroom
        && let Some(first) = stages.iter().find_map(|stage| stage.span.filter(|_| is_used(stage)))
    {
        findings
            .report(first, "an explicit watermark drops the default max_headroom of all three")
            .severity(Severity::Info)
            .category(Category::Performance)
            .help("on large disks set the max_headroom settings too");
    }
}
