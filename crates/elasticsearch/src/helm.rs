//! Values for the vendor's Helm charts: `esConfig."elasticsearch.yml"` is a file of settings, and the chart writes the rest.

use crate::compose::{Environment, Image};
use crate::eck::quantity;
use crate::jvm::JvmFile;
use crate::model::Reader;
use crate::node::{Carrier, Node};
use crate::release::Flavour;
use crate::settings::{Document, Scalar};
use compact_str::CompactString;
use confvet_core::{Span, Spanned, parse_version};
use confvet_yaml::{Dialect, Node as YamlNode, Yaml};
use std::sync::Arc;

/// Keys that only these charts have.
pub(crate) const OWN_KEYS: &[&str] =
    &["esConfig", "esJavaOpts", "esMajorVersion", "sysctlInitContainer", "opensearchJavaOpts"];

/// Reads the file that the reader started from.
pub(crate) fn read(reader: &Reader<'_>) -> Vec<Node> {
    let yaml = Yaml::parse(reader.input.file, reader.input.text(), Dialect::Core);
    yaml.root().map(|root| node(reader, root)).into_iter().collect()
}

fn node(reader: &Reader<'_>, root: YamlNode<'_>) -> Node {
    let config = root.get("esConfig").or_else(|| root.get("config"));
    let block = config.and_then(|config| config.get("elasticsearch.yml").or_else(|| config.get("opensearch.yml")));
    let documents: Vec<Arc<Document>> =
        block.and_then(|block| reader.embedded(block)).map(Arc::new).into_iter().collect();
    let options = root.get("esJavaOpts").or_else(|| root.get("opensearchJavaOpts"));
    let options = options.and_then(|options| Some(JvmFile::of_words(options.text()?, options.content_span())));
    let jvm: Vec<Arc<JvmFile>> = options.map(Arc::new).into_iter().collect();
    let mut environment = Environment::default();
    environment.entries.extend(cluster_name(root));
    for variable in root.get("extraEnvs").into_iter().flat_map(YamlNode::items) {
        let Some(name) = variable.get("name") else { continue };
        let key = Spanned::new(name.text().unwrap_or_default().trim().to_owned(), name.content_span());
        let value = variable.get("value").map(|value| Scalar { quoted: true, ..Scalar::of_node(value) });
        environment.add(key, value);
    }
    let mut node = environment.into_node(reader, Carrier::Helm, &image(root), documents, jvm);
    let label = root.get("nodeGroup").or_else(|| root.get("clusterName"));
    node.label = label.and_then(|label| Some(Spanned::new(label.text()?.to_owned(), label.content_span())));
    node.count = root.get("replicas").and_then(YamlNode::as_u64).and_then(|count| count.try_into().ok()).unwrap_or(3);
    let limit = root.at_path(["resources", "limits", "memory"]);
    node.memory = limit.and_then(|limit| Some(Spanned::new(quantity(limit.text()?)?, limit.content_span())));
    node
}

fn image(root: YamlNode<'_>) -> Image {
    let version = root.get("imageTag").or_else(|| root.get("esMajorVersion"));
    let version = version.and_then(|version| parse_version(version.text()?).ok());
    let named = root.get("image").and_then(|image| Image::of_text(image.text()?, image.content_span()));
    let of_opensearch = root.get("opensearchJavaOpts").is_some();
    let flavour = if of_opensearch { Flavour::OpenSearch } else { Flavour::Elasticsearch };
    named.unwrap_or_else(|| Image::of_chart(flavour, root.span().before())).with_version(version)
}

/// What the chart turns into a setting: the name of the cluster.
fn cluster_name(root: YamlNode<'_>) -> Option<(CompactString, Span, Scalar)> {
    let name = root.get("clusterName").filter(|name| name.text().is_some())?;
    Some(("cluster.name".into(), name.key_span(), Scalar::of_node(name)))
}
