//! Pools of one cluster that list different nodes, written for today's roles.

use crate::model::{Haproxy, Pool, Purpose, Server};
use confvet_core::{Context, Edit, Findings, Keys, Map, Rule, Safety, Severity};

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
    let nodes: Vec<Nodes<'_>> = pools.iter().filter_map(Nodes::of).collect();
    let mut readers: Map<&str, Vec<usize>> = Map::new();
    for (number, reader) in nodes.iter().enumerate() {
        if reads(reader.pool) && reader.pool.purpose != Purpose::Writer {
            for host in &reader.set {
                readers.or_default(host).push(number);
            }
        }
    }
    for writer in nodes.iter().filter(|nodes| nodes.pool.checks_leader() && nodes.pool.purpose != Purpose::Reader) {
        let lists = writer.set.iter().filter_map(|host| readers.get(host.as_str()));
        let related: Keys<usize> = lists.flat_map(|numbers| numbers.iter().take(MOST)).copied().collect();
        for reader in related.sorted().take(MOST).map(|&number| &nodes[number]) {
            compare(writer, reader, true, context, findings);
            compare(reader, writer, false, context, findings);
        }
    }
}

/// With how many pools that share a node one pool is compared; nobody has that many over one cluster.
const MOST: usize = 16;

/// The nodes of a pool, where all of them are written out.
struct Nodes<'a> {
    pool: &'a Pool<'a>,
    hosts: Vec<String>,
    set: Keys<String>,
}

impl<'a> Nodes<'a> {
    fn of(pool: &'a Pool<'a>) -> Option<Self> {
        let servers = &pool.proxy.servers;
        let hosts: Vec<String> = servers.iter().map(Server::host).collect::<Option<_>>()?;
        let set = hosts.iter().cloned().collect();
        servers.iter().all(|server| server.slots.is_none()).then_some(Self { pool, hosts, set })
    }
}

/// The nodes of `other` that `pool` lacks.
fn compare(mine: &Nodes<'_>, theirs: &Nodes<'_>, writes: bool, context: &Context<'_>, findings: &mut Findings) {
    let (pool, other) = (mine.pool, theirs.pool);
    let missing: Vec<(&Server, &String)> = other
        .proxy
        .servers
        .iter()
        .zip(&theirs.hosts)
        .filter(|(server, host)| !mine.set.contains(*host) && !server.is_disabled())
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
        .help("list every node in both pools")
        .suggest_as(Safety::Unsafe, "copy the lines", copies(mine, &missing, context));
}

/// The lines of the missing servers behind the last server, unless a name is taken.
fn copies(mine: &Nodes<'_>, missing: &[(&Server, &String)], context: &Context<'_>) -> Option<Edit> {
    let proxy = mine.pool.proxy;
    let last = proxy.servers.last()?;
    let free = missing.iter().all(|(server, _)| !proxy.has_server(server.name().text) && !server.is_backup());
    let lines: Vec<&str> = missing.iter().map(|(server, _)| context.text(server.statement.span())).collect();
    free.then(|| last.statement.insert_line_after(&lines.join("\n    ")))
}
