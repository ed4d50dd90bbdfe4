//! A range that holds fewer than two samples: the function over it gives nothing, and the alert never fires.

use crate::model::{Document, RuleKind};
use crate::promql::Selector;
use crate::units::Millis;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/range-too-short", check };

const FUNCTIONS: &[&str] = &[
    "rate",
    "irate",
    "increase",
    "delta",
    "idelta",
    "deriv",
    "changes",
    "resets",
    "predict_linear",
    "double_exponential_smoothing",
    "holt_winters",
];

/// An interval and where it is set.
type Interval = (Millis, Option<Span>);

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let open_left = ctx.version("prometheus").is_none_or(|version| version.major >= 3);
    for rule in document.rule_files.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules) {
        for used in rule.query.ranges.iter().filter(|used| FUNCTIONS.contains(&used.function.as_str())) {
            let Some(selector) = rule.query.selectors.get(used.selector) else { continue };
            let Some((interval, place)) = interval(document, selector, ctx) else { continue };
            if used.length.0 >= interval.0.saturating_mul(2) {
                continue;
            }
            let empty = used.length <= interval;
            let what =
                if empty { "fewer than two samples in the window" } else { "one missed scrape leaves no result" };
            let span = rule.place(&used.range);
            let better = usual(interval.0.saturating_mul(4));
            let report = findings
                .report(
                    span,
                    format!(
                        "`{}` over `[{}]` with a scrape interval of `{interval}`: {what}",
                        used.function, used.length
                    ),
                )
                .severity(if empty && open_left { Severity::Error } else { Severity::Warning });
            let report = match place {
                Some(place) => report.label(place, "the scrape interval"),
                None => report,
            };
            report.suggest(
                "use four times the interval",
                (ctx.text(span).len() < 12).then(|| Edit::replace(span, better.to_string())),
            );
        }
    }
}

/// Rounded up to a range that people use.
fn usual(millis: u64) -> Millis {
    let steps = [60_000, 120_000, 300_000, 600_000];
    Millis(steps.into_iter().find(|&step| step >= millis).unwrap_or(millis))
}

fn interval(document: &Document, selector: &Selector, ctx: &Context<'_>) -> Option<Interval> {
    let recorded = selector.name.as_ref().and_then(|name| recording(document, name));
    if let Some(recorded) = recorded {
        return recorded;
    }
    if document.config.is_none() {
        let fact = ctx.facts.duration(Fact::PrometheusScrapeInterval)?;
        return Some((Millis(u64::try_from(fact.as_millis()).unwrap_or(u64::MAX)), None));
    }
    let named = selector.matchers.iter().find(|matcher| matcher.label == "job" && matcher.operator == "=");
    let of_job = |job: &crate::model::Job| {
        let place = job.scrape_interval.or(document.global_interval()).map(|interval| interval.span);
        (document.interval(job), place)
    };
    if let Some(job) = named.and_then(|named| document.jobs().find(|job| job.title() == named.value)) {
        return Some(of_job(job));
    }
    document.jobs().map(of_job).min_by_key(|(interval, _)| *interval)
}

/// The interval of the group that records a series: `Some(None)` if it is recorded at an interval nobody states.
#[expect(clippy::option_option, reason = "recorded by no group, or by one without a known interval")]
fn recording(document: &Document, name: &str) -> Option<Option<Interval>> {
    let records = |rule: &crate::model::AlertRule| {
        rule.kind == RuleKind::Record && rule.name.as_ref().is_some_and(|own| own.value == name)
    };
    let group =
        document.rule_files.iter().flat_map(|file| &file.groups).find(|group| group.rules.iter().any(records))?;
    let own = group.interval.or_else(|| document.config.as_ref()?.global.evaluation_interval);
    Some(own.map(|interval| (interval.value, Some(interval.span))))
}
