//! Sentinel times that make failovers out of hiccups, or outages out of waiting.

use crate::model::Document;
use crate::value;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/sentinel-timing", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.sentinel().filter(|conf| !conf.is_for_tests()) else { return };
    for monitor in conf.monitors() {
        let master = monitor.name.as_str();
        let plain = |key: &'static str| {
            let setting = conf.sentinel_number(key, master)?;
            let token = setting.statement?.values().get(1)?;
            value::integer(&token.text)?;
            Some((setting.value, token.span))
        };
        let down = plain("sentinel down-after-milliseconds");
        match down {
            Some((time, span)) if (1..1_000).contains(&time) => {
                findings
                    .report(span, format!("down-after-milliseconds {time} ms is shorter than a slow command, fork or network hiccup: false failovers"))
                    .severity(if time < 200 { Severity::Error } else { Severity::Warning })
                    .help("5000 to 30000 is usual")
                    .suggest("wait five seconds", [Edit::replace(span, "5000")]);
            }
            Some((time, span)) if time > 120_000 => {
                findings
                    .report(
                        span,
                        format!("down-after-milliseconds {time} ms means {} s without a master", time / 1_000),
                    )
                    .help("5000 to 30000 is usual")
                    .suggest("wait thirty seconds", [Edit::replace(span, "30000")]);
            }
            _ => {}
        }
        let waits = down.map_or(30_000, |(time, _)| time);
        if let Some((time, span)) = plain("sentinel failover-timeout") {
            if (1..10_000).contains(&time) {
                findings.report(span, format!("failover-timeout {time} ms is too short for a failover to finish"));
            } else if time > 0 && time < waits.saturating_mul(2) && waits <= 120_000 {
                findings.report(
                    span,
                    format!("failover-timeout {time} ms is less than twice down-after-milliseconds ({waits})"),
                );
            }
        }
        if let Some((0, span)) = plain("sentinel parallel-syncs") {
            findings
                .report(span, "parallel-syncs 0: replicas are never pointed at the new master")
                .suggest("one after the other", [Edit::replace(span, "1")]);
        }
    }
}
