//! A relabel rule that never changes anything.

use crate::model::{Chain, Document, KnownLabels, RelabelStep, Stage, Text};
use crate::relabel::Action;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/relabel-dead-rule", check };

/// Samples that the server makes itself, behind `metric_relabel_configs`.
const SYNTHETIC: &[&str] = &[
    "up",
    "scrape_body_size_bytes",
    "scrape_duration_seconds",
    "scrape_sample_limit",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
    "scrape_timeout_seconds",
];

/// Why a rule is dead.
enum Reason<'a> {
    /// It can be seen in the rule.
    Plain(&'static str),
    /// Labels that it reads are never there.
    Absent(&'a [Text]),
    /// It works on labels that vanish anyway.
    Vanishing,
}

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    for chain in document.comparable_chains() {
        let mut labels = document.labels_before(&chain, ctx.version("prometheus"));
        let mut behind_drop = false;
        for (index, step) in chain.steps.iter().enumerate() {
            let behind_drop_reason = behind_drop.then_some(Reason::Plain("the drop in front of it leaves nothing"));
            let found = behind_drop_reason.or_else(|| reason(&chain, index, &labels));
            if let Some(reason) = found.filter(|_| step.is_sound()) {
                speak(document, step, &reason, findings);
            }
            behind_drop |= step.drops_everything();
            labels.pass(step);
        }
    }
}

fn speak(document: &Document, step: &RelabelStep, reason: &Reason<'_>, findings: &mut Findings) {
    let why = match reason {
        Reason::Plain(why) => why,
        Reason::Absent(_) => "the labels it looks for are never there",
        Reason::Vanishing => "`__meta_*` labels vanish behind the last rule anyway",
    };
    let span = step.action.as_ref().map_or(step.span, |action| action.span);
    let mut report = findings.report(span, format!("this rule never has an effect: {why}"));
    match reason {
        Reason::Plain(_) => {}
        Reason::Absent(names) => {
            for name in *names {
                report = report.label(name.span, "never set here");
            }
        }
        Reason::Vanishing => report = report.severity(Severity::Info),
    }
    report.suggest("delete the rule", document.delete_step(step));
}

fn reason<'a>(chain: &Chain<'a>, index: usize, labels: &KnownLabels<'_>) -> Option<Reason<'a>> {
    let step = &chain.steps[index];
    let rule = &step.rule;
    match rule.action {
        Action::Keep if rule.regex.matches_everything() => Some(Reason::Plain("its regex matches every value")),
        Action::Drop if only_synthetic(chain, step) => Some(synthetic()),
        Action::Keep | Action::Drop if labels.lacks_sources(step) => {
            let matched = rule.regex.matches(&labels.joined(step)?)?;
            (matched == (rule.action == Action::Keep)).then_some(Reason::Absent(&step.sources))
        }
        Action::Replace => replace(chain, step, labels),
        Action::LabelMap if step.maps_to_itself() => Some(Reason::Plain("it copies every label to its own name")),
        Action::LabelMap if is_last_of_targets(chain, index) && maps_into_meta(step) => Some(Reason::Vanishing),
        Action::LabelDrop => label_drop(chain, index, labels),
        Action::HashMod if chain.stage.is_target() => {
            let target = step.constant_target()?;
            let read = chain.steps[index + 1..].iter().any(|later| !later.is_sound() || later.reads(target));
            let steers = crate::model::is_scrape_label(target);
            (target.starts_with("__") && !read && !steers).then_some(Reason::Plain("no later rule reads its result"))
        }
        _ => None,
    }
}

fn synthetic() -> Reason<'static> {
    Reason::Plain("the server makes these samples behind `metric_relabel_configs`")
}

fn replace<'a>(chain: &Chain<'a>, step: &'a RelabelStep, labels: &KnownLabels<'_>) -> Option<Reason<'a>> {
    let rule = &step.rule;
    if step.writes_back() {
        return Some(Reason::Plain("it writes a label back to itself"));
    }
    if only_synthetic(chain, step) {
        return Some(synthetic());
    }
    if rule.source_labels.is_empty() {
        let never = rule.regex.matches("") == Some(false);
        return never
            .then_some(Reason::Plain("without source labels the value is empty, which its regex does not match"));
    }
    let never = rule.regex.matches(&labels.joined(step)?) == Some(false);
    let absent = labels.lacks_sources(step);
    match (never, absent) {
        (true, true) => Some(Reason::Absent(&step.sources)),
        (true, false) => Some(Reason::Plain("its regex does not match the value that its labels always have")),
        _ => None,
    }
}

fn label_drop<'a>(chain: &Chain<'a>, index: usize, labels: &KnownLabels<'_>) -> Option<Reason<'a>> {
    let step = &chain.steps[index];
    let names = step.names_listed();
    if names.is_empty() {
        let meta = step.rule.regex.prefix().starts_with("__meta_");
        return (meta && is_last_of_targets(chain, index)).then_some(Reason::Vanishing);
    }
    if !names.iter().all(|name| labels.lacks(&name.value)) {
        let meta = names.iter().all(|name| name.value.starts_with("__meta_"));
        return (meta && is_last_of_targets(chain, index)).then_some(Reason::Vanishing);
    }
    let instance = chain.stage == Stage::Target && names.iter().all(|name| name.value == "instance");
    Some(if instance {
        Reason::Plain("`instance` is set to the address behind the last rule")
    } else {
        Reason::Absent(names)
    })
}

fn is_last_of_targets(chain: &Chain<'_>, index: usize) -> bool {
    chain.stage.is_target() && index + 1 == chain.steps.len()
}

/// A `labelmap` whose copies are `__meta_*` labels too.
fn maps_into_meta(step: &RelabelStep) -> bool {
    step.written_label().is_some_and(|(start, _)| start.starts_with("__meta_"))
}

/// The rule is for samples that never pass through it. Other servers expose series of these names.
fn only_synthetic(chain: &Chain<'_>, step: &RelabelStep) -> bool {
    let scraped = |job: &crate::model::Job| !job.honor_labels && job.federation_path().is_none();
    chain.stage == Stage::Metric
        && chain.job.is_some_and(scraped)
        && step.rule.source_labels == ["__name__"]
        && step
            .rule
            .regex
            .finite(100)
            .is_some_and(|names| !names.is_empty() && names.iter().all(|name| SYNTHETIC.contains(&name.as_str())))
}
