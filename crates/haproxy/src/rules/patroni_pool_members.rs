//! Pools of one cluster that list different nodes, written for today's roles.

use crate::model::{Haproxy, Pool, Purpose, Server};
use confvet_core::{Context, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-pool-members", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let pools: Vec<Pool<'_>> = haproxy.patroni_pools(context.facts).into_iter().filter(Pool::is_role_checked).collect();
    for pool in &pools {
        for backup in pool.proxy.servers.iter().filter_map(|server| server.flag("backup")) {
            findings
                .report(backup.span(), "`backup` in a role-checked pool: the check already leaves one node up, and `backup` only delays the switch")
                .severity(Severity::Info)
                .label(pool.proxy.header(), "only the nodes with the right role are UP here")
                .suggest_as(Safety::Safe, "delete `backup`", (!backup.statement.is("default-server")).then(|| backup.delete(false)));
        }
    }
    if haproxy.is_part() {
        return;
    }
    let reads = |pool: &Pool<'_>| {
        pool.purpose == Purpose::Reader || pool.endpoint().is_some_and(|endpoint| !endpoint.is_leader())
    };
    for writer in pools.iter().filter(|pool| pool.checks_leader() && pool.purpose != Purpose::Reader) {
        for reader in pools.iter().filter(|pool| reads(pool) && pool.purpose != Purpose::Writer) {
            compare(writer, reader, true, findings);
            compare(reader, writer, false, findings);
        }
    }
}

/// The nodes of `other` that `pool` lacks, when the two belong to one cluster.
fn compare(pool: &Pool<'_>, other: &Pool<'_>, writes: bool, findings: &mut Findings) {
    let hosts = |pool: &Pool<'_>| pool.proxy.servers.iter().map(Server::host).collect::<Option<Vec<String>>>();
    let (Some(mine), Some(theirs)) = (hosts(pool), hosts(other)) else { return };
    let templates = [pool, other].iter().any(|pool| pool.proxy.servers.iter().any(|server| server.slots.is_some()));
    if templates || !theirs.iter().any(|host| mine.contains(host)) {
        return;
    }
    let missing: Vec<(&Server, &String)> = other
        .proxy
        .servers
        .iter()
        .zip(&theirs)
        .filter(|(server, host)| !mine.contains(host) && !server.is_disabled())
        .collect();
    let Some((first, _)) = missing.first() else { return };
    let names: Vec<&str> = missing.iter().map(|(_, host)| host.as_str()).collect();
    let (node, is) = if names.len() == 1 { ("node", "is") } else { ("nodes", "are") };
    let consequence = if writes { "after a failover it cannot receive writes" } else { "it never serves reads" };
    let message = format!(
        "{node} {} {is} in `{}` but not in `{}`: {consequence}",
        names.join(", "),
        other.proxy.name(),
        pool.proxy.name()
    );
    findings
        .report(pool.proxy.header(), message)
        .label(first.statement.span(), "listed here")
        .help("list every node in both pools");
}
