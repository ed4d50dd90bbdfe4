//! TLS is set up, and part of the traffic goes around it.

use crate::deployment::{Deployment, has_sentinels, servers};
use crate::model::{Document, RedisConf};
use confvet_core::{Context, Edit, Findings, Rule, Set};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/tls-plaintext-gap", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for conf in servers(set) {
        if !conf.is_partial() && !conf.is_for_tests() && !conf.lacks((6, 0, 0)) {
            check_server(conf, findings);
        }
    }
    if has_sentinels(set) {
        watched_in_plain_text(&Deployment::of(set), findings);
    }
}

/// A Sentinel without TLS cannot talk to a server that has no other port.
fn watched_in_plain_text(deployment: &Deployment<'_>, findings: &mut Findings) {
    for watch in deployment.watches() {
        let port = |conf: &RedisConf| {
            let plain = conf.port().is_some_and(|port| port.value == 0);
            conf.tls_port().filter(|tls| plain && tls.value > 0)?.span()
        };
        let Some(place) = watch.servers().find_map(|node| port(node.conf)) else { continue };
        for (sentinel, monitor) in watch.monitors() {
            let conf = deployment.sentinels[sentinel].conf;
            if !conf.is_partial() && !conf.is_for_tests() && !conf.is_on("tls-replication") {
                findings
                    .report(
                        monitor.port.span,
                        format!("`{}` listens with TLS only and this Sentinel talks in plain text: set `tls-replication yes`", monitor.name.text),
                    )
                    .label(place, "its only port")
                    .suggest(
                        "talk TLS",
                        [Edit::insert_before(monitor.statement.span, "tls-replication yes\n")],
                    );
            }
        }
    }
}

fn check_server(conf: &RedisConf, findings: &mut Findings) {
    let (Some(port), Some(tls)) = (conf.port(), conf.tls_port()) else { return };
    let links = conf.is_on("tls-replication") || conf.is_on("tls-cluster");
    if tls.value == 0 {
        unused(conf, links, findings);
        return;
    }
    let Some(tls_span) = tls.span() else { return };
    if port.value > 0 && port.value != tls.value && conf.listens_beyond_loopback() {
        let message =
            format!("the unencrypted port {} stays open next to tls-port {}: set `port 0`", port.value, tls.value);
        let edit = match port.span() {
            Some(span) => Edit::replace(span, "0"),
            None => Edit::insert_before(tls.statement.map_or(tls_span, |line| line.span), "port 0\n"),
        };
        let report = findings.report(port.span().unwrap_or(tls_span), message);
        report.suggest("close the unencrypted port", [edit]);
    }
    if port.value > 0 {
        return;
    }
    if let Some(line) = conf.last("replicaof").filter(|_| conf.is_replica() && !conf.is_on("tls-replication")) {
        findings
            .report(
                line.span,
                "the replica link is not encrypted and cannot reach a TLS-only master: set `tls-replication yes`",
            )
            .suggest("encrypt the link", [Edit::insert_after(line.span, "\ntls-replication yes")]);
    }
    if let Some(switch) = conf.switch("cluster-enabled").filter(|switch| switch.value && !conf.is_on("tls-cluster"))
        && let Some(span) = switch.span()
    {
        findings.report(span, "the cluster bus is not encrypted: set `tls-cluster yes`").suggest(
            "encrypt the bus",
            switch.statement.map(|line| Edit::insert_after(line.span, "\ntls-cluster yes")),
        );
    }
}

fn unused(conf: &RedisConf, links: bool, findings: &mut Findings) {
    let certificate = conf.last("tls-cert-file").filter(|_| conf.has_text("tls-cert-file") && !links);
    if let Some(line) = certificate {
        findings
            .report(line.span, "a certificate is set and TLS is not used: there is no `tls-port`")
            .help("set `tls-port`, and `port 0` to close the unencrypted one");
    }
}
