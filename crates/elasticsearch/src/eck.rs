//! Manifests of Elastic's Kubernetes operator: each node set is a node, `count` times.

use crate::compose::is_java_opts;
use crate::jvm::JvmFile;
use crate::model::{Reader, release_of};
use crate::node::{Carrier, Node};
use crate::release::{Flavour, Release};
use crate::settings::Document;
use confvet_core::units::ByteSize;
use confvet_core::{Spanned, parse_version};
use confvet_yaml::{Dialect, Node as YamlNode, Yaml};
use std::sync::Arc;

/// Is the manifest one for an Elasticsearch cluster?
fn is_cluster(root: YamlNode<'_>) -> bool {
    let text = |key: &str| root.get(key).and_then(YamlNode::text);
    text("kind") == Some("Elasticsearch")
        && text("apiVersion").is_some_and(|version| version.starts_with("elasticsearch.k8s.elastic.co/"))
}

/// Reads the file that the reader started from.
pub(crate) fn read(reader: &mut Reader<'_>) -> Vec<Node> {
    let yaml = Yaml::parse(reader.input.file, reader.input.text(), Dialect::Core);
    let roots = yaml.documents().map(confvet_yaml::Document::root).filter(|root| is_cluster(*root));
    let sets = roots.flat_map(|root| {
        let sets = root.at_path(["spec", "nodeSets"]).into_iter().flat_map(YamlNode::items);
        sets.map(move |set| (root, set))
    });
    sets.map(|(root, set)| node_set(reader, root, set)).collect()
}

fn node_set(reader: &Reader<'_>, root: YamlNode<'_>, set: YamlNode<'_>) -> Node {
    let documents: Vec<Arc<Document>> =
        set.get("config").into_iter().map(|config| Arc::new(Document::of_node(config))).collect();
    let version = root.at_path(["spec", "version"]).and_then(YamlNode::text);
    let stated = version.and_then(|version| parse_version(version).ok());
    let stated = stated.map(|version| Release::stated(Flavour::Elasticsearch, version));
    let release = release_of(reader.input.target, &documents, Flavour::Elasticsearch, stated);
    let mut node = Node::new(Carrier::Eck, reader.input.file, release);
    node.documents = documents;
    node.count = set.get("count").and_then(YamlNode::as_u64).and_then(|count| count.try_into().ok()).unwrap_or(1);
    node.label = set.get("name").and_then(|name| Some(Spanned::new(name.text()?.to_owned(), name.content_span())));
    let containers = set.at_path(["podTemplate", "spec", "containers"]).into_iter().flat_map(YamlNode::items);
    let named = |container: &YamlNode<'_>| container.get("name").and_then(YamlNode::text) == Some("elasticsearch");
    let mut initial = set.at_path(["podTemplate", "spec", "initContainers"]).into_iter().flat_map(YamlNode::items);
    node.raises_map_count = initial.any(|container| container.source().contains("max_map_count"));
    for container in containers.filter(named) {
        let limit = container.at_path(["resources", "limits", "memory"]);
        node.memory = limit.and_then(|limit| Some(Spanned::new(quantity(limit.text()?)?, limit.content_span())));
        for variable in container.get("env").into_iter().flat_map(YamlNode::items) {
            let Some(value) = variable.get("value") else { continue };
            if variable.get("name").and_then(YamlNode::text).is_some_and(is_java_opts) {
                let words = JvmFile::of_words(value.text().unwrap_or_default(), value.content_span());
                node.jvm.push(Arc::new(words));
            }
        }
    }
    node
}

/// A quantity of Kubernetes: `8Gi`, `512M`, plain bytes.
pub(crate) fn quantity(text: &str) -> Option<ByteSize> {
    let start = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let factor = match &text[start..] {
        "" => 1,
        "Ki" => ByteSize::KIB,
        "Mi" => ByteSize::MIB,
        "Gi" => ByteSize::GIB,
        "Ti" => ByteSize::TIB,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        _ => return None,
    };
    text[..start].parse::<u64>().ok()?.checked_mul(factor).map(ByteSize)
}
