//! A cluster in which nobody can take over.

use super::Cluster;
use crate::Document;
use crate::model::{Config, SyncMode};
use confvet_core::{Context, Findings, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/cluster-no-candidate", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for Cluster { name, members } in super::clusters(set) {
        let [.., last] = members.as_slice() else { continue };
        if members.len() < 2 {
            continue;
        }
        let leaders = members.iter().filter(|config| config.may_lead()).count();
        if leaders == 0 {
            let message = format!("every member of `{name}` is nofailover: nobody can take over");
            findings.report(tag(last, &["nofailover", "failover_priority"]), message);
        } else if leaders == 1 && members.len() > 2 {
            let message = format!("only one member of `{name}` may become the leader: nobody can take over from it");
            let excluded = members.iter().rev().find(|config| !config.may_lead()).unwrap_or(last);
            findings.report(tag(excluded, &["nofailover", "failover_priority"]), message).severity(Severity::Warning);
        }
        synchronous(name, &members, findings);
        lag(&members, findings);
    }
}

/// Without a synchronous standby every replica is some bytes behind.
fn lag(members: &[&Config], findings: &mut Findings) {
    let mut limits = members.iter().filter_map(|config| Some((config, config.dynamic("maximum_lag_on_failover")?)));
    let Some((config, limit)) = limits.find(|(_, limit)| limit.as_i64() == Some(0)) else { return };
    if config.sync_mode() == Some(SyncMode::Off) {
        findings
            .report(limit.span(), "no replica that is a byte behind may take over, and without `synchronous_mode` all of them usually are")
            .severity(Severity::Warning);
    }
}

fn synchronous(name: &str, members: &[&Config], findings: &mut Findings) {
    let on = |config: &&&Config| matches!(config.sync_mode(), Some(SyncMode::On | SyncMode::Quorum));
    let Some(config) = members.iter().find(on) else { return };
    let candidates = members.iter().filter(|member| member.may_be_synchronous()).count();
    let leader_alone = members.iter().any(|leader| {
        let others = candidates - usize::from(leader.may_be_synchronous());
        leader.may_lead() && others == 0
    });
    if !leader_alone {
        return;
    }
    let strict = config.dynamic_switch("synchronous_mode_strict") == Some(true);
    let (effect, severity) = if strict {
        ("with `synchronous_mode_strict` all writes hang", Severity::Error)
    } else {
        ("commits wait for nobody", Severity::Warning)
    };
    let excluded = members.iter().rev().find(|member| !member.may_be_synchronous());
    let Some(excluded) = excluded else { return };
    let report = findings
        .report(
            tag(excluded, &["nosync", "sync_priority", "nostream"]),
            format!("no other member of `{name}` may be synchronous: {effect}"),
        )
        .severity(severity);
    if let Some(mode) = config.dynamic("synchronous_mode") {
        report.label(mode.span(), "synchronous mode is on");
    }
}

/// The first of these tags that a member has, or where its file begins.
fn tag(config: &Config, names: &[&str]) -> Span {
    let tags = config.local("tags");
    let found = names.iter().find_map(|name| tags.and_then(|tags| tags.get(name)));
    found.map_or(config.start(), confvet_yaml::Node::span)
}
