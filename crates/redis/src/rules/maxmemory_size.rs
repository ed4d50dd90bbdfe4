//! A memory limit that is far too small, or leaves the machine no room.

use crate::deployment::{Deployment, Node, servers};
use crate::model::{Document, RedisConf, Setting};
use crate::value::write_memory;
use confvet_core::units::ByteSize;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/maxmemory-size", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for conf in servers(set) {
        too_small(conf, findings);
    }
    if set.members.iter().all(|member| !member.facts.knows(Fact::Memory)) {
        return;
    }
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        let stated = node.facts.number(Fact::RedisReplicas);
        let replicas = stated.unwrap_or_else(|| deployment.replicas_of(index) as u64);
        too_large(node, replicas, deployment.first_replica(index), findings);
    }
}

/// Less than a megabyte: the unit is missing.
fn too_small(conf: &RedisConf, findings: &mut Findings) {
    let Some(cap) = conf.maxmemory().filter(|cap| cap.value.bytes() > 0) else { return };
    let Some(token) = cap.statement.and_then(|line| line.value()) else { return };
    if cap.value >= ByteSize::mib(1) {
        return;
    }
    let meant = token.text.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{}mb", token.text));
    let near = meant.as_ref().map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default();
    findings
        .report(token.span, format!("`maxmemory {}` is {} bytes{near}", token.text, cap.value.bytes()))
        .severity(Severity::Error)
        .help("an empty server already uses more, so every write fails")
        .suggest("write megabytes", meant.map(|meant| Edit::replace(token.span, meant)));
}

fn too_large(node: &Node<'_>, replicas: u64, replica: Option<&RedisConf>, findings: &mut Findings) {
    let conf = node.conf;
    let Some(cap) = conf.maxmemory().filter(|cap| cap.value >= ByteSize::mib(1)) else { return };
    let Some(token) = cap.statement.and_then(|line| line.value()) else { return };
    let Some(memory) = node.facts.size(Fact::Memory) else { return };
    let served =
        replica.and_then(|replica| replica.last("replicaof")).map(|line| (line.span, "a replica that it serves"));
    let demand = conf.headroom_demand().or(served);
    let taken = ByteSize(cap.value.bytes().saturating_add(conf.explicit_buffers(replicas).bytes()));
    let (share, wanted) = if demand.is_some() { (75, 60) } else { (90, 75) };
    let severity = if cap.value >= memory {
        Severity::Error
    } else if taken > memory.percent(share) {
        Severity::Warning
    } else {
        return;
    };
    let left = ByteSize(memory.bytes().saturating_sub(taken.bytes()));
    let wanted = write_memory(ByteSize(memory.percent(wanted).bytes() / ByteSize::MIB * ByteSize::MIB));
    let message = format!(
        "`maxmemory {}` leaves {left} of {memory} for fork copy-on-write, replication and client buffers",
        token.text
    );
    let report = findings.report(token.span, message).severity(severity);
    let report = match demand {
        Some((span, why)) => report.label(span, why),
        None => report,
    };
    report.suggest(format!("write `{wanted}`"), [Edit::replace(token.span, wanted.clone())]);
}

impl RedisConf {
    /// The statement because of which the process needs memory beyond its data: it forks for saves, or serves replicas.
    fn headroom_demand(&self) -> Option<(Span, &'static str)> {
        if let Some(append) = self.switch("appendonly").filter(|setting| setting.value) {
            return append.span().map(|span| (span, "rewrites of the append-only file fork the process"));
        }
        if let Some((host, port)) = self.replica_of() {
            return Some((host.span.to(port.span), "a replica may have to serve replicas"));
        }
        if let Some(cluster) = self.switch("cluster-enabled").filter(|setting| setting.value) {
            return cluster.span().map(|span| (span, "a cluster replicates"));
        }
        let saves = self.save_points();
        let last = saves.last.filter(|_| !saves.points.is_empty());
        match last {
            Some(line) => Some((line.span, "snapshots fork the process")),
            None if !saves.points.is_empty() && self.release.is_known() => {
                self.last("maxmemory").map(|line| (line.name.span, "the built-in save points fork the process"))
            }
            None => None,
        }
    }

    /// What the replication backlog and the buffers of the replicas may take, where the file says so.
    fn explicit_buffers(&self, replicas: u64) -> ByteSize {
        let backlog = self.size("repl-backlog-size").filter(Setting::is_explicit).map_or(0, |size| size.value.bytes());
        let each = self.replica_buffer_limit().map_or(0, |limit| limit.hard.value.bytes());
        ByteSize(each.saturating_mul(replicas).saturating_add(backlog))
    }
}
