//! Containers: settings that the operator owns, and data that two nodes share or nobody keeps.

use crate::model::Elasticsearch;
use crate::node::{Carrier, Node};
use crate::settings::Form;
use confvet_core::{Category, Context, Findings, Map, Rule, Safety, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/container-config", check };

/// What the operator sets by itself and warns about.
const RESERVED: &[&str] = &[
    "cluster.name",
    "node.name",
    "path.data",
    "path.logs",
    "network.host",
    "network.publish_host",
    "discovery.seed_hosts",
    "discovery.seed_providers",
    "cluster.initial_master_nodes",
    "xpack.security.enabled",
    "xpack.security.http.ssl.enabled",
    "xpack.security.http.ssl.certificate",
    "xpack.security.http.ssl.key",
    "xpack.security.transport.ssl.enabled",
    "xpack.security.transport.ssl.verification_mode",
    "xpack.security.authc.reserved_realm.enabled",
];

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in &model.nodes {
        match node.carrier {
            Carrier::Eck => report_reserved(node, context, findings),
            Carrier::Compose | Carrier::Kubernetes => {
                report_overridden(node, findings);
                report_fleeting_data(node, findings);
            }
            Carrier::Files
            | Carrier::Jvm
            | Carrier::Service
            | Carrier::SeedFile
            | Carrier::ConfigMap
            | Carrier::Helm => {}
        }
        if node.carrier == Carrier::Eck {
            report_map_count(node, findings);
        }
    }
    report_shared_data(model, findings);
}

fn report_reserved(node: &Node, context: &Context<'_>, findings: &mut Findings) {
    for setting in node.settings().filter(|setting| RESERVED.contains(&setting.key.as_str())) {
        let report = findings
            .report(setting.key_span, format!("{} is managed by the operator", setting.key))
            .severity(Severity::Warning)
            .help("remove it from the config of the node set");
        let default = matches!(setting.key.as_str(), "xpack.security.enabled" | "xpack.security.http.ssl.enabled")
            && setting.text() == "true";
        let safety = if default { Safety::Safe } else { Safety::Unsafe };
        let keeps_block = node.settings().any(|other| !RESERVED.contains(&other.key.as_str()));
        report.suggest_as(safety, "delete it", setting.delete(context.sources).filter(|_| keeps_block));
    }
}

/// The kernel's default of memory maps is too low, and the check of it is skipped only without memory-mapped files.
fn report_map_count(node: &Node, findings: &mut Findings) {
    let Some(label) = node.label.as_ref().filter(|_| !node.raises_map_count) else { return };
    let mapped =
        node.get("node.store.allow_mmap").is_none_or(|setting| !setting.is_open() && node.is_true(&setting.key));
    if mapped && node.documents.iter().all(|document| !document.is_broken(&node.release)) {
        findings
            .report(
                label.span,
                format!("{} needs vm.max_map_count 262144, and nothing here raises it on the machines", label.value),
            )
            .severity(Severity::Info)
            .help("raise it in an init container or on the machines, or set node.store.allow_mmap: false");
    }
}

/// Without a volume the data goes with the container.
fn report_fleeting_data(node: &Node, findings: &mut Findings) {
    let Some(container) =
        node.container.as_ref().filter(|container| container.official && container.data_volume.is_none())
    else {
        return;
    };
    let moved = node.get("path.data").is_some() || node.is_data() == Some(false);
    if let Some(image) = container.image.filter(|_| !moved && container.closed) {
        findings
            .report(image, "no volume at /usr/share/elasticsearch/data: the data goes with the container")
            .severity(Severity::Info)
            .category(Category::DataLoss)
            .help("mount a volume there");
    }
}

/// The environment wins over the mounted file.
fn report_overridden(node: &Node, findings: &mut Findings) {
    let Some((environment, files)) = node.documents.split_last().filter(|(last, _)| last.form == Form::Environment)
    else {
        return;
    };
    for setting in &environment.settings {
        let Some(other) = files.iter().find_map(|file| file.get(&setting.key)) else { continue };
        if other.text() != setting.text() && !setting.secret && !other.is_open() && !setting.is_open() {
            findings
                .report(
                    setting.key_span,
                    format!(
                        "{} is `{}` here and `{}` in the mounted file: the environment wins",
                        setting.key,
                        setting.text(),
                        other.text()
                    ),
                )
                .label(other.value_span, "has no effect")
                .severity(Severity::Warning)
                .category(Category::Maintainability)
                .help("keep it in one place");
        }
    }
}

fn report_shared_data(model: &Elasticsearch, findings: &mut Findings) {
    let mut first: Map<&str, &Node> = Map::new();
    for node in &model.nodes {
        // Up to 7.17 several nodes may share a directory when this says so.
        if node.integer("node.max_local_storage_nodes").is_some_and(|most| most.value >= 2) {
            continue;
        }
        let Some(volume) = node.container.as_ref().and_then(|container| container.data_volume.as_ref()) else {
            continue;
        };
        let Some(earlier) = first.get(volume.value.as_str()) else {
            first.insert(&volume.value, node);
            continue;
        };
        let other = earlier.container.as_ref().and_then(|container| container.data_volume.as_ref());
        let name = earlier.label.as_ref().map_or("another service", |label| label.value.as_str());
        let report = findings
            .report(
                volume.span,
                format!("`{}` holds the data of {name} too: two nodes lock or corrupt each other's data", volume.value),
            )
            .severity(Severity::Error)
            .category(Category::DataLoss)
            .help("give each node a volume of its own");
        if let Some(other) = other {
            report.label(other.span, "the same data");
        }
    }
}
