//! The leader key expires before the leader has given up trying.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, Version};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/timing-inequality", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let timing = config.timing();
    let places = [timing.ttl.span, timing.retry_timeout.span, timing.loop_wait.span];
    let Some(place) = places.into_iter().flatten().next() else { return };
    let (ttl, loop_wait, retry) = (timing.ttl.value, timing.loop_wait.value, timing.retry_timeout.value);
    let sum = timing.sum();
    let adjusts = config.patroni.as_ref().map(|version| *version >= Version::new(3, 2, 0));
    if sum > ttl {
        let effective = timing.effective(config.patroni.as_ref());
        let effect = if adjusts == Some(false) {
            "the leader key can expire while the leader still tries".to_owned()
        } else {
            format!(
                "Patroni 3.2 and later run with ttl={}, loop_wait={}, retry_timeout={}",
                effective.ttl, effective.loop_wait, effective.retry_timeout
            )
        };
        let message = format!("loop_wait {loop_wait} + 2 x retry_timeout {retry} = {sum} exceeds ttl {ttl}: {effect}");
        let grave = adjusts != Some(true) && ttl <= loop_wait.saturating_add(retry);
        let mut report = findings
            .report(place, message)
            .category(config.category(place, Category::Outage))
            .severity(if grave { Severity::Error } else { Severity::Warning });
        for other in places.into_iter().flatten().filter(|other| *other != place) {
            report = report.label(other, "");
        }
        let raise = match timing.ttl.span {
            Some(span) => Some(Edit::replace(span, sum.to_string())),
            None => {
                config.dynamic_entry("", "retry_timeout").and_then(|entry| entry.insert_after(&format!("ttl: {sum}")))
            }
        };
        report.suggest(format!("raise `ttl` to {sum}"), raise);
    }
    for (key, seconds, least) in
        [("ttl", timing.ttl, 20), ("loop_wait", timing.loop_wait, 1), ("retry_timeout", timing.retry_timeout, 3)]
    {
        let Some(span) = seconds.span.filter(|_| seconds.value < least) else { continue };
        findings
            .report(
                span,
                format!("`{key}: {}` is below the least value, Patroni 3.2 and later use {least}", seconds.value),
            )
            .category(config.category(span, Category::Outage))
            .severity(Severity::Warning);
    }
}
