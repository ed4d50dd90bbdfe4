//! Samples further apart than a query looks back: series vanish between them.

use crate::model::{Document, RuleKind};
use crate::units::Millis;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Severity, Spanned};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/interval-exceeds-lookback", check };

/// The default of `--query.lookback-delta`.
const LOOKBACK: Millis = Millis(300_000);

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let fact = ctx.facts.duration(Fact::PrometheusLookbackDelta);
    let lookback = fact.map_or(LOOKBACK, |delta| Millis(u64::try_from(delta.as_millis()).unwrap_or(u64::MAX)));
    let mut judge = |key: &str, interval: Spanned<Millis>, only_alerts: bool| {
        if interval.value.0 * 2 <= lookback.0 {
            return;
        }
        let long = interval.value >= lookback;
        let message = if long {
            format!(
                "{key} `{}` is not shorter than the query lookback of `{lookback}`: series disappear between samples",
                interval.value
            )
        } else {
            format!(
                "{key} `{}` is more than half the query lookback of `{lookback}`: one missed sample leaves a gap",
                interval.value
            )
        };
        let severity = if long && !only_alerts { Severity::Warning } else { Severity::Info };
        findings
            .report(interval.span, message)
            .severity(severity)
            .suggest("sample every two minutes", [Edit::replace(interval.span, "2m")]);
    };
    if let Some(config) = &document.setup {
        if let Some(interval) = config.global.scrape_interval {
            judge("scrape_interval", interval, false);
        }
        if let Some(interval) = config.global.evaluation_interval {
            judge("evaluation_interval", interval, false);
        }
    }
    for interval in document.jobs().filter_map(|job| job.scrape_interval) {
        judge("scrape_interval", interval, false);
    }
    for group in &document.groups {
        let only_alerts = group.rules.iter().all(|rule| rule.kind == RuleKind::Alert);
        if let Some(interval) = group.interval {
            judge("interval", interval, only_alerts);
        }
    }
}
