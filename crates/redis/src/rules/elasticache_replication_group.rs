//! Settings of a replication group that AWS refuses, or that leave it without failover or encryption.

use crate::cloud::{Cloud, Modules, Notation, Resource, ResourceKind, Scalar};
use crate::model::{Document, Workload, has_word};
use confvet_core::{Category, Context, Edit, Findings, Rule, Set, Severity, Sources, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/elasticache-replication-group", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    let modules = Modules::of(set);
    let resources = modules.clouds().flat_map(|cloud| cloud.resources.iter().map(move |resource| (cloud, resource)));
    for (cloud, resource) in resources {
        let ours = resource.kind == ResourceKind::ReplicationGroup && !resource.is_memorydb;
        if ours && !resource.is_partial {
            let group = Group { modules: &modules, cloud, resource, sources: ctx.sources };
            group.failover(findings);
            group.token(findings);
            group.encryption(findings);
            group.node_type(findings);
            backups(resource, findings);
        }
    }
}

/// A replication group in its file.
struct Group<'a> {
    modules: &'a Modules<'a>,
    cloud: &'a Cloud,
    resource: &'a Resource,
    sources: &'a Sources,
}

impl Group<'_> {
    /// Sets an attribute, wherever it is or would be.
    fn set(&self, name: &str, value: &str) -> Option<Edit> {
        match self.resource.attribute(name) {
            Some(_) if self.cloud.notation == Notation::Reply => None,
            Some(attribute) => Some(Edit::replace(attribute.span, value)),
            None => self.resource.insertion(self.cloud.notation, self.sources, name, value),
        }
    }

    /// Is the attribute missing, or plainly false?
    fn is_off(&self, name: &str) -> bool {
        self.resource.attribute(name).is_none() || self.resource.switch(name) == Some(false)
    }

    /// Where an attribute stands; where the resource begins if it is missing.
    fn place(&self, name: &str) -> Span {
        self.resource.attribute(name).map_or(self.resource.header, |attribute| attribute.span)
    }

    fn failover(&self, findings: &mut Findings) {
        const FAILOVER: &str = "automatic_failover_enabled";
        let group = self.resource;
        let sharded = ["num_node_groups", "replicas_per_node_group", "node_group_configuration", "cluster_mode"]
            .iter()
            .any(|name| group.attribute(name).is_some());
        let counts = ["num_cache_clusters", "number_cache_clusters"];
        let count = counts.iter().find_map(|name| group.attribute(name));
        let nodes = count.and_then(|count| count.text.as_deref()?.parse::<u64>().ok());
        let placed = group.attributes.iter().any(|attribute| attribute.name.starts_with("preferred_cache_cluster_a"));
        let single = match count {
            Some(_) => nodes == Some(1),
            None => !sharded && !placed && !group.takes_settings_from_another(),
        };
        if group.switch(FAILOVER) == Some(true) && single {
            let report = match count {
                Some(count) => findings
                    .report(
                        self.place(FAILOVER),
                        "automatic failover needs at least two nodes, `num_cache_clusters` is 1",
                    )
                    .label(count.span, "one node"),
                // AWS then makes one node; what else makes more is not all known here.
                None => findings
                    .report(
                        self.place(FAILOVER),
                        "automatic failover needs at least two nodes, `num_cache_clusters` is not set",
                    )
                    .category(Category::Outage),
            };
            let edit = match count {
                Some(count) => Some(Edit::replace(count.span, "2")),
                None => self.set("num_cache_clusters", "2"),
            };
            report.suggest("add a replica", edit);
        }
        if group.switch("multi_az_enabled") == Some(true) && self.is_off(FAILOVER) {
            findings
                .report(self.place("multi_az_enabled"), "Multi-AZ needs automatic failover")
                .help("set `automatic_failover_enabled` to true")
                .suggest("fail over by itself", self.set(FAILOVER, "true"));
        } else if self.is_off(FAILOVER) && !sharded && nodes.is_some_and(|nodes| nodes > 1) {
            findings
                .report(self.place(FAILOVER), "a dead primary stays dead until someone acts: automatic failover is off")
                .severity(Severity::Warning)
                .category(Category::Outage)
                .suggest("fail over by itself", self.set(FAILOVER, "true"));
        }
        if group.switch(FAILOVER) == Some(false) && self.is_clustered() {
            findings
                .report(self.place(FAILOVER), "cluster mode needs automatic failover")
                .suggest("fail over by itself", self.set(FAILOVER, "true"));
        }
    }

    /// Several shards, or a parameter group with cluster mode on.
    fn is_clustered(&self) -> bool {
        let group = self.resource;
        let shards = ["num_node_groups", "node_group_configuration"].iter().find_map(|name| group.number(name));
        let by_name = group.text("parameter_group_name").is_some_and(|name| name.ends_with(".cluster.on"));
        let parameters = self.modules.group_of(group);
        let by_group = parameters.and_then(|group| group.parameter("cluster-enabled"));
        shards.is_some_and(|count| count > 1)
            || by_name
            || by_group.is_some_and(|parameter| parameter.value.text.as_deref() == Some("yes"))
    }

    fn token(&self, findings: &mut Findings) {
        const TRANSIT: &str = "transit_encryption_enabled";
        let Some(token) = self.resource.attribute("auth_token") else { return };
        if self.is_off(TRANSIT) {
            let transit = self.resource.attribute(TRANSIT);
            findings
                .report(
                    transit.map_or(token.span, |transit| transit.span),
                    "`auth_token` needs `transit_encryption_enabled = true`",
                )
                .label(token.span, "the token")
                .suggest("encrypt", self.set(TRANSIT, "true"));
        }
        if let Some(text) = token.text.as_deref() {
            let length = text.chars().count();
            let allowed = |c: char| c.is_ascii_alphanumeric() || "!&#$^<>-".contains(c);
            if !(16..=128).contains(&length) {
                findings.report(token.span, format!("`auth_token` has {length} characters; AWS takes 16 to 128"));
            } else if !text.chars().all(allowed) {
                findings.report(token.span, "`auth_token` takes letters, digits and `! & # $ ^ < > -` only");
            }
        }
    }

    fn encryption(&self, findings: &mut Findings) {
        let group = self.resource;
        let engine_is_redis =
            group.text("engine").is_none_or(|engine| engine == "redis") && !group.is_computed("engine");
        if !engine_is_redis || group.takes_settings_from_another() {
            return;
        }
        for (name, what) in [
            ("transit_encryption_enabled", "clients talk to it in plain text"),
            ("at_rest_encryption_enabled", "snapshots are stored in plain text"),
        ] {
            // A token without encryption is refused, which has been said.
            let is_said = name.starts_with("transit") && group.attribute("auth_token").is_some();
            if self.is_off(name) && !is_said {
                findings
                    .report(self.place(name), format!("{what}: `{name}` is off"))
                    .severity(Severity::Warning)
                    .category(Category::Security)
                    .suggest("encrypt", self.set(name, "true"));
            }
        }
    }

    fn node_type(&self, findings: &mut Findings) {
        let group = self.resource;
        let Some(node) = group.attribute("node_type") else { return };
        let Some(name) = node.text.as_deref() else { return };
        if name.starts_with("cache.r6gd.") {
            self.data_tiering(node, name, findings);
        }
        let burstable = ["cache.t2.", "cache.t3.", "cache.t4g."].iter().any(|family| name.starts_with(family));
        let names = ["replication_group_id", "description"].iter().filter_map(|name| group.text(name));
        let mut names = names.chain([group.name.as_str()]);
        if burstable && names.any(|name| has_word(name, &["prod", "production"])) {
            findings
                .report(
                    node.span,
                    format!("`{name}` runs on processor credits: under load it slows down when they are spent"),
                )
                .severity(Severity::Info)
                .category(Category::Performance);
        }
    }

    /// Nodes with data on disk take some policies only.
    fn data_tiering(&self, node: &Scalar, name: &str, findings: &mut Findings) {
        if self.is_off("data_tiering_enabled") {
            findings
                .report(node.span, format!("`{name}` needs `data_tiering_enabled = true`"))
                .suggest("switch data tiering on", self.set("data_tiering_enabled", "true"));
        }
        let policy = self.modules.group_of(self.resource).and_then(Resource::policy);
        let Some((policy, Some(parameter))) = policy else { return };
        if !matches!(policy.as_str(), "noeviction" | "volatile-lru" | "allkeys-lru") {
            findings
                .report(node.span, format!("`{name}` takes no `{policy}`: data tiering knows `noeviction`, `volatile-lru` and `allkeys-lru`"))
                .label(parameter.value.span, "the policy");
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
