//! Sentinel times that make failovers out of hiccups, or outages out of waiting.

use crate::deployment::{Deployment, has_sentinels};
use crate::model::{AboutMasters, Document, RedisConf};
use crate::value;
use confvet_core::{Context, Edit, Fact, Facts, Findings, Map, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/sentinel-timing", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    if !has_sentinels(set) {
        return;
    }
    let deployment = Deployment::of(set);
    let about: Vec<AboutMasters<'_>> =
        deployment.sentinels.iter().map(|sentinel| sentinel.conf.about_masters()).collect();
    let known: Vec<Map<&str, u64>> =
        deployment.sentinels.iter().map(|sentinel| known_replicas(sentinel.conf)).collect();
    for watch in deployment.watches() {
        let in_files = watch.replicas().count() as u64;
        for (index, monitor) in watch.monitors() {
            let sentinel = &deployment.sentinels[index];
            if !sentinel.conf.is_for_tests() {
                let master = monitor.name.as_str();
                times(&about[index], master, findings);
                let noted = known[index].get(master).copied().unwrap_or_default();
                let replicas = replicas(sentinel.facts, noted, in_files);
                parallel_syncs(&about[index], master, replicas, findings);
            }
        }
    }
}

/// The replicas that a running Sentinel has written down.
fn known_replicas(conf: &RedisConf) -> Map<&str, u64> {
    let mut known = Map::new();
    for line in conf.all("sentinel known-replica") {
        if let Some(master) = line.values().first() {
            *known.or_default(master.as_str()) += 1;
        }
    }
    known
}

/// How many replicas there are: as stated, or as a Sentinel or the files know them; 0 if nothing is known.
fn replicas(facts: &Facts, noted: u64, in_files: u64) -> u64 {
    facts.number(Fact::RedisReplicas).unwrap_or_else(|| noted.max(in_files))
}

/// A number without a unit behind it, which has a rule of its own.
fn plain(about: &AboutMasters<'_>, key: &str, master: &str) -> Option<(i64, Span)> {
    let setting = about.number(key, master)?;
    let token = setting.statement?.values().get(1)?;
    value::integer(&token.text)?;
    Some((setting.value, token.span))
}

fn times(about: &AboutMasters<'_>, master: &str, findings: &mut Findings) {
    let down = plain(about, "sentinel down-after-milliseconds", master);
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
                .report(span, format!("down-after-milliseconds {time} ms means {} s without a master", time / 1_000))
                .help("5000 to 30000 is usual")
                .suggest("wait thirty seconds", [Edit::replace(span, "30000")]);
        }
        _ => {}
    }
    let waits = down.map_or(30_000, |(time, _)| time);
    if let Some((time, span)) = plain(about, "sentinel failover-timeout", master) {
        if (1..10_000).contains(&time) {
            findings.report(span, format!("failover-timeout {time} ms is too short for a failover to finish"));
        } else if time > 0 && time < waits.saturating_mul(2) && waits <= 120_000 {
            findings.report(
                span,
                format!("failover-timeout {time} ms is less than twice down-after-milliseconds ({waits})"),
            );
        }
    }
}

fn parallel_syncs(about: &AboutMasters<'_>, master: &str, replicas: u64, findings: &mut Findings) {
    let Some((count, span)) = plain(about, "sentinel parallel-syncs", master) else { return };
    if count == 0 {
        findings
            .report(span, "parallel-syncs 0: replicas are never pointed at the new master")
            .suggest("one after the other", [Edit::replace(span, "1")]);
    } else if count >= 2 && replicas > 0 && u64::try_from(count).is_ok_and(|count| count >= replicas) {
        let all = if replicas == 1 { "the only replica".to_owned() } else { format!("all {replicas} replicas") };
        findings
            .report(
                span,
                format!("parallel-syncs {count}: after a failover {all} resync at once, and none serves reads"),
            )
            .severity(Severity::Info)
            .suggest("one after the other", [Edit::replace(span, "1")]);
    }
}
