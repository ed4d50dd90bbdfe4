//! A range that holds fewer than two samples: the function over it gives nothing, and the alert never fires.

use crate::model::Document;
use crate::promql::Selector;
use crate::units::Millis;
use confvet_core::{Context, Edit, Fact, Findings, Map, Rule, Severity, Span};

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
    let intervals = Intervals::new(document, ctx);
    for (_, rule) in document.rules() {
        for used in rule.query.ranges.iter().filter(|used| FUNCTIONS.contains(&used.function.as_str())) {
            let Some(selector) = rule.query.selectors.get(used.selector) else { continue };
            let Some((interval, place)) = intervals.of(selector) else { continue };
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

/// How often series get a sample.
struct Intervals<'a> {
    /// Of the series that rules record: the interval of their group, if that is stated; the first group counts.
    recorded: Map<&'a str, Option<Interval>>,
    /// Of the series of each job.
    jobs: Map<&'a str, Interval>,
    /// Of the job that is scraped most often, or as a fact says.
    least: Option<Interval>,
}

impl<'a> Intervals<'a> {
    fn new(document: &'a Document, ctx: &Context<'_>) -> Self {
        let default = document.setup.as_ref().and_then(|config| config.global.evaluation_interval);
        let mut recorded = Map::new();
        for (group, rule) in document.rules() {
            if let Some(name) = rule.recorded_name() {
                let interval = group.interval.or(default).map(|interval| (interval.value, Some(interval.span)));
                recorded.or_insert(name, interval);
            }
        }
        let mut jobs = Map::new();
        for job in document.jobs() {
            let place = job.scrape_interval.or(document.global_interval()).map(|interval| interval.span);
            jobs.or_insert(job.title(), (document.interval(job), place));
        }
        let fact = ctx.facts.duration(Fact::PrometheusScrapeInterval).filter(|_| document.setup.is_none());
        let fact = fact.map(|interval| (Millis(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX)), None));
        let least = jobs.values().copied().min_by_key(|(interval, place)| (*interval, *place)).or(fact);
        Self { recorded, jobs, least }
    }

    fn of(&self, selector: &Selector) -> Option<Interval> {
        if let Some(interval) = selector.name.as_deref().and_then(|name| self.recorded.get(name)) {
            return *interval;
        }
        let named = selector.matchers.iter().find(|matcher| matcher.label == "job" && matcher.operator == "=");
        let of_job = named.and_then(|named| self.jobs.get(named.value.as_str()));
        of_job.copied().or(self.least)
    }
}
