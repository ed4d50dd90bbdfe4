//! Settings that a cluster refuses or suffers from.

use crate::model::{Document, RedisConf, Statement};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Span, source};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/cluster-config", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.server() else { return };
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

fn unused(conf: &RedisConf, switch: Option<Span>, findings: &mut Findings) {
    let Some(switch) = switch else { return };
    let Some(line) = conf.last("cluster-config-file").or_else(|| conf.last("cluster-node-timeout")) else { return };
    findings
        .report(switch, "cluster mode is off, so the cluster settings have no effect")
        .label(line.span, "such as this one")
        .severity(Severity::Warning)
        .category(Category::Maintainability);
}
