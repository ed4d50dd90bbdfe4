//! Kubernetes without an operator: each workload whose container runs the image is a node, as often as it has replicas.
//! Settings in a ConfigMap by itself are those of nobody knows how many.

use crate::compose::{CONFIG_DIRECTORIES, DATA_DIRECTORIES, Environment, Image, arguments};
use crate::detect::holds_settings;
use crate::eck::quantity;
use crate::model::{Reader, name_as_address, release_of};
use crate::node::{Carrier, Container, Node};
use crate::release::Flavour;
use crate::settings::{Document, Scalar};
use confvet_core::{Spanned, source};
use confvet_yaml::{Dialect, Node as YamlNode, Yaml};
use std::sync::Arc;

/// The kinds of object that run pods from a template.
pub(crate) const WORKLOADS: &[&str] = &["StatefulSet", "Deployment", "DaemonSet", "ReplicaSet"];

/// Reads the file that the reader started from. A ConfigMap that no workload of the file mounts is for one of another file.
pub(crate) fn read(reader: &mut Reader<'_>) -> Vec<Node> {
    let yaml = Yaml::parse(reader.input.file, reader.input.text(), Dialect::Core);
    let roots: Vec<YamlNode<'_>> = yaml.documents().map(confvet_yaml::Document::root).collect();
    let maps: Vec<ConfigMap<'_>> = roots.iter().filter_map(|root| ConfigMap::of(reader, *root)).collect();
    let workloads = roots.into_iter().filter(|root| WORKLOADS.iter().any(|kind| text(*root, "kind") == Some(kind)));
    let mut nodes: Vec<Node> = workloads.flat_map(|root| containers(reader, root, &maps)).collect();
    // A map that is mounted is held twice.
    let alone = maps.into_iter().filter(|map| map.is_sound && Arc::strong_count(&map.document) == 1);
    nodes.extend(alone.map(|map| map.into_node(reader)));
    nodes
}

fn text<'y>(node: YamlNode<'y>, key: &str) -> Option<&'y str> {
    node.get(key).and_then(YamlNode::text)
}

/// A ConfigMap of the same file that holds the settings.
struct ConfigMap<'y> {
    name: &'y str,
    label: Spanned<String>,
    document: Arc<Document>,
    /// Reads like settings, in a manifest that can be read to its end.
    is_sound: bool,
}

impl<'y> ConfigMap<'y> {
    fn of(reader: &Reader<'_>, root: YamlNode<'y>) -> Option<Self> {
        let data = root.get("data").filter(|_| text(root, "kind") == Some("ConfigMap"))?;
        let block = data.get("elasticsearch.yml").or_else(|| data.get("opensearch.yml"))?;
        let label = root.at_path(["metadata", "name"])?;
        let name = label.text()?;
        Some(Self {
            name,
            label: Spanned::new(name.to_owned(), label.content_span()),
            document: Arc::new(reader.embedded(block)?),
            is_sound: root.yaml().problems().is_empty() && holds_settings(root.source()),
        })
    }

    /// A node with these settings: whatever mounts it may set more.
    fn into_node(self, reader: &Reader<'_>) -> Node {
        let documents = vec![self.document];
        let release = release_of(reader.input.target, &documents, Flavour::Elasticsearch, None);
        let mut node = Node::new(Carrier::ConfigMap, reader.input.file, release);
        node.documents = documents;
        node.label = Some(self.label);
        node.container = Some(Container::default());
        node
    }
}

fn containers(reader: &Reader<'_>, root: YamlNode<'_>, maps: &[ConfigMap<'_>]) -> Vec<Node> {
    let Some(pod) = root.at_path(["spec", "template", "spec"]) else { return Vec::new() };
    let all = pod.get("containers").into_iter().flat_map(YamlNode::items);
    all.filter_map(|container| read_container(reader, root, pod, container, maps)).collect()
}

fn read_container(
    reader: &Reader<'_>,
    root: YamlNode<'_>,
    pod: YamlNode<'_>,
    spec: YamlNode<'_>,
    maps: &[ConfigMap<'_>],
) -> Option<Node> {
    let image = spec.get("image")?;
    let image = Image::of_text(image.text()?, image.content_span())?;
    let mut container = Container {
        image: Some(image.span),
        official: image.official,
        closed: image.official && spec.get("envFrom").is_none(),
        ..Container::default()
    };
    let mut documents = Vec::new();
    for mount in spec.get("volumeMounts").into_iter().flat_map(YamlNode::items) {
        let (Some(name), Some(path)) = (mount.get("name"), text(mount, "mountPath")) else { continue };
        let path = path.trim_end_matches('/');
        let Some(volume) = name.text() else { continue };
        if DATA_DIRECTORIES.contains(&path) {
            container.data_volume = Some(Spanned::new(volume.to_owned(), name.content_span()));
        } else if CONFIG_DIRECTORIES.iter().any(|directory| path == *directory || is_settings(path, directory)) {
            let map = config_map(pod, volume).and_then(|name| maps.iter().find(|map| map.name == name));
            match map {
                Some(map) => documents.push(map.document.clone()),
                None => container.closed = false,
            }
        }
    }
    let mut environment = Environment::default();
    for variable in spec.get("env").into_iter().flat_map(YamlNode::items) {
        let Some(name) = variable.get("name") else { continue };
        let key = Spanned::new(name.text().unwrap_or_default().trim().to_owned(), name.content_span());
        environment.add(key, value(variable));
    }
    for key in ["command", "args"] {
        environment.entries.extend(arguments(spec, key));
    }
    let mut node = environment.into_node(reader, Carrier::Kubernetes, &image, documents, Vec::new());
    let limit = spec.at_path(["resources", "limits", "memory"]);
    node.memory = limit.and_then(|limit| Some(Spanned::new(quantity(limit.text()?)?, limit.content_span())));
    node.count = root
        .at_path(["spec", "replicas"])
        .and_then(YamlNode::as_u64)
        .and_then(|count| count.try_into().ok())
        .unwrap_or(1);
    let name = root.at_path(["metadata", "name"]);
    node.label = name.and_then(|name| Some(Spanned::new(name.text()?.to_owned(), name.content_span())));
    let service = root.at_path(["spec", "serviceName"]);
    node.names = [name, service].into_iter().flatten().filter_map(|name| name_as_address(name.text()?)).collect();
    node.container = Some(container);
    Some(node)
}

fn is_settings(path: &str, directory: &str) -> bool {
    ["elasticsearch.yml", "opensearch.yml"].iter().any(|name| path == source::join(directory, name))
}

/// The ConfigMap behind a volume of the pod.
fn config_map<'y>(pod: YamlNode<'y>, volume: &str) -> Option<&'y str> {
    let mut volumes = pod.get("volumes")?.items();
    text(volumes.find(|found| text(*found, "name") == Some(volume))?.get("configMap")?, "name")
}

/// The value of a variable. What comes from elsewhere (`valueFrom`, `$(OTHER)`) is set, and nobody knows to what.
fn value(variable: YamlNode<'_>) -> Option<Scalar> {
    let Some(value) = variable.get("value") else {
        let elsewhere = variable.get("valueFrom")?.span().before();
        return Some(Scalar { text: "{{ valueFrom }}".into(), span: elsewhere, content: elsewhere, quoted: true });
    };
    let scalar = Scalar { quoted: true, ..Scalar::of_node(value) };
    let open = scalar.text.contains("$(");
    Some(if open { Scalar { text: format!("{{{{ {} }}}}", scalar.text).into(), ..scalar } } else { scalar })
}
