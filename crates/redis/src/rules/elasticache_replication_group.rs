//! Settings of a replication group that AWS refuses, or that leave it without failover or encryption.

use crate::cloud::{Resource, ResourceKind};
use crate::model::{Document, Workload};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/elasticache-replication-group", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(cloud) = document.cloud() else { return };
    for group in
        cloud.users_of_groups().filter(|group| !group.is_memorydb && group.kind == ResourceKind::ReplicationGroup)
    {
        if !group.is_partial {
            failover(group, findings);
            token(group, findings);
            encryption(group, findings);
            backups(group, findings);
        }
    }
}

fn failover(group: &Resource, findings: &mut Findings) {
    let automatic = group.attribute("automatic_failover_enabled");
    let on = group.switch("automatic_failover_enabled");
    let sharded = ["num_node_groups", "replicas_per_node_group", "node_group_configuration", "cluster_mode"]
        .iter()
        .any(|name| group.attribute(name).is_some());
    let count = group.attribute("num_cache_clusters").or_else(|| group.attribute("number_cache_clusters"));
    let nodes = count.and_then(|count| count.text.as_deref()?.parse::<u64>().ok());
    if let (Some(automatic), Some(true), Some(1), Some(count)) = (automatic, on, nodes, count) {
        findings
            .report(automatic.span, "automatic failover needs at least two nodes, `num_cache_clusters` is 1")
            .label(count.span, "one node")
            .suggest("add a replica", [Edit::replace(count.span, "2")]);
    }
    let multi = group.attribute("multi_az_enabled").filter(|_| group.switch("multi_az_enabled") == Some(true));
    let off = automatic.is_none() || on == Some(false);
    if let Some(multi) = multi.filter(|_| off) {
        findings
            .report(multi.span, "Multi-AZ needs automatic failover")
            .help("set `automatic_failover_enabled` to true");
    } else if off && !sharded && nodes.is_some_and(|nodes| nodes > 1) {
        let span = automatic.map_or(group.header, |automatic| automatic.span);
        findings
            .report(span, "a dead primary stays dead until someone acts: automatic failover is off")
            .severity(Severity::Warning)
            .category(Category::Outage)
            .suggest("fail over by itself", automatic.map(|automatic| Edit::replace(automatic.span, "true")));
    }
    let clustered = group.text("parameter_group_name").is_some_and(|name| name.ends_with(".cluster.on"));
    if let Some(automatic) = automatic.filter(|_| clustered && on == Some(false)) {
        findings
            .report(automatic.span, "cluster mode needs automatic failover")
            .suggest("fail over by itself", [Edit::replace(automatic.span, "true")]);
    }
}

fn token(group: &Resource, findings: &mut Findings) {
    let Some(token) = group.attribute("auth_token") else { return };
    let transit = group.attribute("transit_encryption_enabled");
    if transit.is_none() || group.switch("transit_encryption_enabled") == Some(false) {
        findings
            .report(
                transit.map_or(token.span, |transit| transit.span),
                "`auth_token` needs `transit_encryption_enabled = true`",
            )
            .label(token.span, "the token");
    }
    if let Some(text) = token.text.as_deref() {
        let length = text.chars().count();
        let special = |c: char| c.is_ascii_graphic() && (c.is_ascii_alphanumeric() || "!&#$^<>-".contains(c));
        if !(16..=128).contains(&length) {
            findings.report(token.span, format!("`auth_token` has {length} characters; AWS takes 16 to 128"));
        } else if !text.chars().all(special) {
            findings.report(token.span, "`auth_token` takes letters, digits and `! & # $ ^ < > -` only");
        }
    }
}

fn encryption(group: &Resource, findings: &mut Findings) {
    let engine_is_redis = group.text("engine").is_none_or(|engine| engine == "redis") && !group.is_computed("engine");
    for (name, what) in [
        ("transit_encryption_enabled", "clients talk to it in plain text"),
        ("at_rest_encryption_enabled", "snapshots are stored in plain text"),
    ] {
        let matters = engine_is_redis && group.attribute("global_replication_group_id").is_none();
        let value = group.attribute(name);
        if matters && (value.is_none() || group.switch(name) == Some(false)) && group.attribute("auth_token").is_none()
        {
            findings
                .report(value.map_or(group.header, |value| value.span), format!("{what}: `{name}` is off"))
                .severity(Severity::Warning)
                .category(Category::Security)
                .suggest("encrypt", value.map(|value| Edit::replace(value.span, "true")));
        }
    }
}

fn backups(group: &Resource, findings: &mut Findings) {
    let kept = group.attribute("snapshot_retention_limit");
    let none = kept.is_none() || group.number("snapshot_retention_limit") == Some(0);
    if none && matches!(group.workload, Some(Workload::Store | Workload::Queue)) {
        findings
            .report(kept.map_or(group.header, |kept| kept.span), "no snapshots are kept of data that must not get lost")
            .severity(Severity::Info)
            .category(Category::DataLoss);
    }
}
