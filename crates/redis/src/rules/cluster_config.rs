//! Settings that a cluster refuses or suffers from.

use crate::model::{Document, RedisConf, Setting, Statement};
use confvet_core::{
    Address, Category, Context, Edit, Findings, HostId, Map, Rule, Safety, Set, Severity, Span, source,
};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/cluster-config", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    let mut nodes = Vec::new();
    for member in &set.members {
        if let Some(conf) = member.model().server() {
            check_conf(conf, ctx, findings);
            nodes.extend(conf.is_clustered().then_some((conf, member.host)));
        }
    }
    shared_state(&nodes, findings);
}

fn check_conf(conf: &RedisConf, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(enabled) = conf.switch("cluster-enabled") else { return };
    if !enabled.value {
        unused(conf, enabled.span(), findings);
        return;
    }
    let Some(switch) = enabled.span() else { return };
    if let Some(line) = conf.last("replicaof").filter(|_| conf.is_replica()) {
        let name = &line.name.text;
        findings
            .report(line.span, format!("`{name}` is not allowed in cluster mode"))
            .label(switch, "cluster mode")
            .help("replicas of a cluster are appointed with CLUSTER REPLICATE")
            .suggest_as(Safety::Safe, "remove the line", [Edit::delete(line.whole_line(ctx.sources))]);
    }
    bus_port(conf, switch, findings);
    if let Some(timeout) = conf.number("cluster-node-timeout")
        && let Some(span) = timeout.span()
    {
        let what = match timeout.value {
            ..1_000 => "a fork or a hiccup of the network starts a failover",
            1_000..=60_000 => "",
            _ => "a dead master stays master for that long",
        };
        if !what.is_empty() {
            findings
                .report(span, format!("cluster-node-timeout {} ms: {what}", timeout.value))
                .severity(Severity::Warning)
                .category(Category::Outage)
                .help("5000 to 30000 is usual; the default is 15000");
        }
    }
    databases(conf, switch, findings);
    let own_name = source::file_name(&conf.path);
    if let Some(file) = conf.last("cluster-config-file").and_then(Statement::value)
        && file.text == own_name
    {
        findings
            .report(file.span, "the cluster would write its state over this very file")
            .severity(Severity::Warning)
            .category(Category::Outage)
            .help("name a file of its own, such as `nodes.conf`");
    }
    if let Some(coverage) = conf.switch("cluster-require-full-coverage")
        && coverage.value
        && conf.is_cache()
    {
        findings
            .report(
                coverage.span().unwrap_or(switch),
                "one lost shard stops the whole cache: `cluster-require-full-coverage` is on",
            )
            .severity(Severity::Info)
            .category(Category::Outage)
            .help("a cache can go on with `cluster-require-full-coverage no`");
    }
}

fn bus_port(conf: &RedisConf, switch: Span, findings: &mut Findings) {
    let stated = conf.number("cluster-port").is_some_and(|port| port.value > 0);
    let tls = conf.tls_port().filter(|port| port.value > 0 && conf.is_on("tls-cluster"));
    let Some(port) = tls.or(conf.port()).filter(|port| port.value > 55535 && !stated) else { return };
    let Some(span) = port.span() else { return };
    findings
        .report(span, format!("port {} + 10000 exceeds 65535: the cluster bus cannot listen", port.value))
        .label(switch, "cluster mode")
        .help("take a port up to 55535, or set `cluster-port` from 7.0 on");
}

/// A cluster has one database; Valkey 9 can have more, under a name of their own.
fn databases(conf: &RedisConf, switch: Span, findings: &mut Findings) {
    let several = conf.number("databases").filter(|count| count.is_explicit() && count.value > 1);
    let excepted = conf.last("cluster-databases").is_some() || conf.release.is_valkey_since((9, 0, 0));
    if let Some(span) = several.and_then(|count| count.span()).filter(|_| !excepted) {
        findings
            .report(span, "a cluster has database 0 only: SELECT of another one fails")
            .severity(Severity::Info)
            .category(Category::Maintainability)
            .label(switch, "cluster mode");
    }
}

fn unused(conf: &RedisConf, switch: Option<Span>, findings: &mut Findings) {
    let Some(switch) = switch else { return };
    // A sample file that repeats the defaults means nothing by it.
    let differs = |key: &'static str| {
        let default = conf.last(key)?.key?.default_value(conf.release);
        conf.last(key).filter(|line| line.value().is_none_or(|value| value.text != default))
    };
    let Some(line) = differs("cluster-config-file").or_else(|| differs("cluster-node-timeout")) else { return };
    findings
        .report(switch, "cluster mode is off, so the cluster settings have no effect")
        .label(line.span, "such as this one")
        .severity(Severity::Warning)
        .category(Category::Maintainability);
}

/// A node of a cluster, and its machine if that is known.
type Node<'a> = (&'a RedisConf, Option<HostId>);

/// Two nodes of one machine that write their state into the same file.
fn shared_state(nodes: &[Node<'_>], findings: &mut Findings) {
    let mut seen: Map<(String, String, &str), (Node<'_>, Span)> = Map::new();
    for node in nodes {
        let (conf, _) = *node;
        let dir = conf.directory().filter(|dir| dir.value.starts_with('/'));
        let (Some(dir), Some(file)) = (dir, conf.text("cluster-config-file")) else { continue };
        let Some(span) = file.span().or(dir.span()) else { continue };
        let state = (machine(node), dir.value, file.value);
        match seen.get(&state) {
            Some((other, place)) if may_share_a_machine(node, other) => {
                findings
                    .report(span, format!("two nodes write their cluster state into `{}` in `{}`", state.2, state.1))
                    .severity(Severity::Warning)
                    .category(Category::Outage)
                    .label(*place, "the other node")
                    .help("give each node a `cluster-config-file` of its own, such as `nodes-7001.conf`");
            }
            Some(_) => {}
            None => {
                seen.insert(state, (*node, span));
            }
        }
    }
}

/// The machine of a node, as far as it is known: its host, or the directory in which its file lies beside others.
fn machine((conf, host): &Node<'_>) -> String {
    match host {
        Some(host) => format!("{host:?}"),
        None => source::parent(&conf.path).to_owned(),
    }
}

/// Nodes of one machine have different ports; nodes of two machines have different addresses.
fn may_share_a_machine((ours, our_host): &Node<'_>, (theirs, their_host): &Node<'_>) -> bool {
    let port = |conf: &RedisConf| conf.port().as_ref().map(|port: &Setting<'_, i64>| port.value);
    let own = |conf: &RedisConf| -> Vec<Address> {
        let binds = conf.binds().into_iter().map(|bind| bind.address);
        binds.filter(|address| !address.is_loopback() && !address.is_wildcard()).collect()
    };
    let (our_addresses, their_addresses) = (own(ours), own(theirs));
    let same_host = our_host.is_some() && our_host == their_host;
    let share_address = our_addresses.is_empty() && their_addresses.is_empty()
        || our_addresses.iter().any(|address| their_addresses.contains(address));
    port(ours) != port(theirs) && (same_host || share_address)
}
