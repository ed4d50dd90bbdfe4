//! A quorum that is never reached, or that one Sentinel reaches alone.

use crate::deployment::{Deployment, has_sentinels};
use crate::model::{Document, Monitor, RedisConf};
use confvet_core::{Context, Edit, Fact, Findings, Map, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/sentinel-quorum", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    if !has_sentinels(set) {
        return;
    }
    let deployment = Deployment::of(set);
    let mut files: Map<&str, i64> = Map::new();
    for sentinel in &deployment.sentinels {
        for monitor in sentinel.conf.monitors() {
            *files.or_default(monitor.name.as_str()) += 1;
        }
    }
    for sentinel in &deployment.sentinels {
        let known = known_peers(sentinel.conf);
        let stated = sentinel.facts.number(Fact::RedisSentinels).and_then(|number| i64::try_from(number).ok());
        for monitor in sentinel.conf.monitors() {
            let in_files = files.get(monitor.name.as_str()).copied().filter(|&count| count >= 2);
            let peers = known.get(monitor.name.as_str()).copied().unwrap_or_default();
            let certain = stated.or(in_files);
            if let Some(count) = certain.or((peers > 0).then_some(peers + 1)) {
                judge(&monitor, count, certain.is_some(), findings);
            }
        }
    }
}

/// The other Sentinels that a running one has written down.
fn known_peers(conf: &RedisConf) -> Map<&str, i64> {
    let mut known = Map::new();
    for line in conf.all("sentinel known-sentinel") {
        if let Some(master) = line.values().first() {
            *known.or_default(master.as_str()) += 1;
        }
    }
    known
}

fn judge(monitor: &Monitor<'_>, sentinels: i64, certain: bool, findings: &mut Findings) {
    let quorum = monitor.quorum_number();
    let majority = sentinels / 2 + 1;
    let tolerated = sentinels - majority;
    let (message, severity) = if quorum > sentinels {
        (
            format!("quorum {quorum} can never be reached by {sentinels} sentinels: there will be no failover"),
            Severity::Error,
        )
    } else if sentinels <= 2 && certain {
        let verb = if sentinels == 1 { "sentinel tolerates" } else { "sentinels tolerate" };
        (format!("{sentinels} {verb} no failure: a failover needs the votes of {majority}"), Severity::Warning)
    } else if quorum == 1 && sentinels >= 3 {
        (format!("quorum 1 lets a single sentinel of {sentinels} declare the master down"), Severity::Warning)
    } else if quorum < majority && sentinels >= 3 {
        (format!("quorum {quorum} is no majority of {sentinels} sentinels"), Severity::Info)
    } else if sentinels >= 4 && sentinels % 2 == 0 {
        (
            format!("{sentinels} sentinels tolerate {tolerated} failures, no more than {} do", sentinels - 1),
            Severity::Info,
        )
    } else {
        return;
    };
    let report = findings.report(monitor.quorum.span, message).severity(severity);
    if sentinels <= 2 && quorum <= sentinels {
        report.help("run three sentinels or five, on machines of their own");
    } else if quorum != majority && sentinels >= 3 {
        report
            .help(format!("a quorum of {majority} is a majority of {sentinels}"))
            .suggest(format!("write `{majority}`"), [Edit::replace(monitor.quorum.span, majority.to_string())]);
    }
}
