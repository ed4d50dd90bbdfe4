//! Synchronous standbys that are wanted and not there.

use super::Cluster;
use crate::Document;
use crate::model::{Config, SyncMode, python_int};
use confvet_core::{Context, Fact, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/sync-unsatisfiable", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    for Cluster { name, members } in super::clusters(set) {
        let stated = ctx.facts.number(Fact::Members).unwrap_or(0);
        if members.len() < 2 || stated > members.len() as u64 {
            continue;
        }
        let is_on = |config: &&&Config| matches!(config.sync_mode(), Some(SyncMode::On | SyncMode::Quorum));
        let Some(config) = members.iter().find(is_on).copied() else { continue };
        // Whoever leads is no standby of its own.
        let candidates = members.iter().filter(|member| member.may_be_synchronous()).count();
        let left = |leader: &&Config| candidates - usize::from(leader.may_be_synchronous());
        let Some(fewest) = members.iter().filter(|member| member.may_lead()).map(left).min() else { continue };
        strict(config, &members, fewest, findings);
        count(config, name, fewest, findings);
    }
}

fn strict(config: &Config, members: &[&Config], fewest: usize, findings: &mut Findings) {
    if fewest != 1 || config.dynamic_switch("synchronous_mode_strict") != Some(true) {
        return;
    }
    let Some(switch) = config.dynamic("synchronous_mode_strict") else { return };
    let mut report = findings.report(
        switch.span(),
        "`synchronous_mode_strict` with one standby that may be synchronous: writes stop whenever it restarts",
    );
    for tags in members.iter().filter(|member| !member.may_be_synchronous()).filter_map(|member| member.local("tags")) {
        report = report.label(tags.key_span(), "this member may not be synchronous");
    }
}

fn count(config: &Config, name: &str, fewest: usize, findings: &mut Findings) {
    let Some(node) = config.dynamic("synchronous_node_count").filter(|node| !config.is_unknown(*node)) else { return };
    let wanted = python_int(node).and_then(|number| usize::try_from(number).ok());
    if let Some(wanted) = wanted.filter(|wanted| *wanted > fewest && fewest > 0) {
        findings
            .report(node.span(), format!("{wanted} synchronous standbys are wanted, and `{name}` has {fewest}"))
            .severity(Severity::Info);
    }
}
