//! A parameter group that does not fit its engine, or its number of shards.

use crate::cloud::{Cloud, Modules, Resource, ResourceKind};
use crate::model::Document;
use confvet_core::{Category, Context, Edit, Findings, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/elasticache-family", check };

/// The group that a replication group or a cluster uses.
struct Group<'a> {
    name: &'a str,
    family: String,
    /// Cluster mode; `None` if it is not known.
    clustered: Option<bool>,
    span: Span,
    is_default: bool,
}

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    let modules = Modules::of(set);
    let users = modules.clouds().flat_map(|cloud| cloud.users_of_groups().map(move |user| (cloud, user)));
    for (cloud, user) in users.filter(|(_, user)| !user.is_memorydb) {
        nodes(user, findings);
        let Some(group) = group_of(&modules, user) else { continue };
        family(cloud, user, &group, ctx, findings);
        shards(user, &group, findings);
    }
}

fn group_of<'a>(modules: &Modules<'a>, user: &'a Resource) -> Option<Group<'a>> {
    let value = user.attribute("parameter_group_name")?;
    let literal = value.text.as_deref();
    if let Some((name, rest)) = literal.and_then(|name| Some((name, name.strip_prefix("default.")?))) {
        let (family, clustered) = match rest.strip_suffix(".cluster.on") {
            Some(family) => (family, true),
            None => (rest, false),
        };
        return Some(Group {
            name,
            family: family.to_owned(),
            clustered: Some(clustered),
            span: value.span,
            is_default: true,
        });
    }
    let group = modules.group_of(user)?;
    let name = literal.unwrap_or(&group.name);
    let clustered = match group.parameter("cluster-enabled") {
        Some(parameter) => parameter.value.text.as_deref().map(|text| text == "yes"),
        None if group.is_partial => None,
        None => Some(false),
    };
    Some(Group { name, family: group.family()?.to_owned(), clustered, span: value.span, is_default: false })
}

/// The family of a version, as AWS names it.
fn family_of(engine: &str, version: &str) -> Option<String> {
    let mut parts = version.split('.');
    let major: u32 = parts.next()?.parse().ok()?;
    let minor = parts.next();
    match (engine, major, minor) {
        ("redis", 2..=5, Some(minor)) => Some(format!("redis{major}.{minor}")),
        ("redis", 6, _) => Some("redis6.x".to_owned()),
        ("redis", 7, _) => Some("redis7".to_owned()),
        ("valkey", 7.., _) => Some(format!("valkey{major}")),
        _ => None,
    }
}

/// Only Memcached spreads over several nodes of one cluster.
fn nodes(user: &Resource, findings: &mut Findings) {
    let count = user.attribute("num_cache_nodes").filter(|_| user.kind == ResourceKind::Cluster && user.runs_redis());
    if let Some(count) = count.filter(|_| user.number("num_cache_nodes").is_some_and(|count| count > 1)) {
        findings
            .report(count.span, "a cluster of Redis or Valkey has one node: replicas need a replication group")
            .help("use a replication group with `num_cache_clusters`");
    }
}

fn family(cloud: &Cloud, user: &Resource, group: &Group<'_>, ctx: &Context<'_>, findings: &mut Findings) {
    if group.family.starts_with("memcached") || user.attribute("engine").is_some_and(|engine| engine.text.is_none()) {
        return;
    }
    let engine = user.text("engine").unwrap_or("redis");
    let Some(version) = user.attribute("engine_version") else {
        if user.runs_redis() && !user.takes_settings_from_another() && !user.is_partial {
            let newest = newest_of(&group.family);
            let edit = newest.and_then(|version| {
                user.insertion(cloud.notation, ctx.sources, "engine_version", &format!("\"{version}\""))
            });
            findings
                .report(
                    group.span,
                    format!("`engine_version` is not pinned while the group is fixed to {}", group.family),
                )
                .severity(Severity::Warning)
                .category(Category::Outage)
                .label(user.header, "takes the newest version that AWS has")
                .help("write down `engine_version`: the next new family breaks the apply otherwise")
                .suggest("pin the newest version of the family", edit);
        }
        return;
    };
    let Some(wanted) = version.text.as_deref().and_then(|version| family_of(engine, version)) else { return };
    if wanted == group.family {
        return;
    }
    let text = version.text.as_deref().unwrap_or_default();
    let edit = group.is_default.then(|| Edit::replace(group.span, group.name.replacen(&group.family, &wanted, 1)));
    findings
        .report(
            group.span,
            format!("engine {engine} {text} needs a group of family {wanted}, `{}` is {}", group.name, group.family),
        )
        .label(version.span, "the engine")
        .suggest("use the group of this family", edit);
}

/// The newest version of a family, as AWS names it.
fn newest_of(family: &str) -> Option<&'static str> {
    match family {
        "redis5.0" => Some("5.0.6"),
        "redis6.x" => Some("6.2"),
        "redis7" => Some("7.1"),
        "valkey7" => Some("7.2"),
        "valkey8" => Some("8.0"),
        _ => None,
    }
}

fn shards(user: &Resource, group: &Group<'_>, findings: &mut Findings) {
    if user.text("cluster_mode") == Some("compatible") {
        return;
    }
    let count = ["num_node_groups", "node_group_configuration"].iter().find_map(|name| user.number(name));
    if let Some(count) = count.filter(|&count| count > 1 && group.clustered == Some(false)) {
        let report = findings.report(
            group.span,
            format!("{count} shards need a parameter group with cluster-enabled yes, `{}` has it off", group.name),
        );
        if group.is_default {
            let name = format!("default.{}.cluster.on", group.family);
            report
                .help(format!("use `{name}`"))
                .suggest("use the clustered default", [Edit::replace(group.span, name)]);
        }
    }
    if user.kind == ResourceKind::Cluster && group.clustered == Some(true) {
        findings
            .report(
                group.span,
                format!("a single cluster takes no group with cluster-enabled yes, `{}` has it on", group.name),
            )
            .help("cluster mode needs a replication group");
    }
}
