//! docker-compose: each service that runs Elasticsearch or OpenSearch is a node. Its environment, its `-E` arguments and
//! the files mounted into it are its settings.

use crate::jvm::JvmFile;
use crate::model::{Reader, name_as_address, release_of};
use crate::node::{Carrier, Container, Node, Publication, Variable};
use crate::release::{Flavour, Release};
use crate::settings::{Document, Scalar};
use compact_str::CompactString;
use confvet_core::units::ByteSize;
use confvet_core::{FileId, Span, Spanned, parse_version, source};
use confvet_yaml::{Dialect, Node as YamlNode, Yaml};
use std::sync::Arc;

/// Reads the file that the reader started from.
pub(crate) fn read(reader: &mut Reader<'_>) -> Vec<Node> {
    let yaml = Yaml::parse(reader.input.file, reader.input.text(), Dialect::Core);
    let Some(services) = yaml.root().and_then(|root| root.get("services")) else { return Vec::new() };
    let mut mounted = Mounted::default();
    let servers = services.fields().into_iter().filter(|field| !runs_something_else(field.value));
    let found = servers.filter_map(|field| {
        let image = Image::of_service(field.value)?;
        Some(service(reader, field.key, field.value, &image, &mut mounted))
    });
    found.collect()
}

/// Programs that start the server, or may.
const SERVERS: &[&str] = &[
    "elasticsearch",
    "opensearch",
    "eswrapper",
    "es-docker",
    "docker-entrypoint.sh",
    "opensearch-docker-entrypoint.sh",
];

/// A service that has the image for its tools: its shell makes certificates or waits for the others, and ends. A script
/// of the user's own may start the server.
fn runs_something_else(service: YamlNode<'_>) -> bool {
    let texts: Vec<&str> =
        ["entrypoint", "command"].iter().filter_map(|key| service.get(key)).flat_map(texts).collect();
    let mut words = texts.iter().flat_map(|text| text.split([' ', '\t', '\n', '\'', '"', ';', '&', '|', '(', ')']));
    let is_shell = words
        .clone()
        .find(|word| !word.is_empty())
        .is_some_and(|word| matches!(source::file_name(word), "bash" | "sh" | "curl" | "sleep"));
    let starts_server = |word: &str| SERVERS.contains(&source::file_name(word)) || word.ends_with(".sh");
    is_shell && !words.any(starts_server)
}

/// The mounted files that were read already: services share them.
#[derive(Default)]
struct Mounted {
    documents: Vec<(FileId, Arc<Document>)>,
    jvm: Vec<(FileId, Vec<Arc<JvmFile>>)>,
}

/// What a service runs.
pub(crate) struct Image {
    flavour: Flavour,
    /// The version its tag states.
    version: Option<confvet_core::Version>,
    pub(crate) official: bool,
    /// The distribution without X-Pack.
    oss: bool,
    /// It is built here, from files that are not looked at.
    built: bool,
    pub(crate) span: Span,
}

/// Images of Elasticsearch and OpenSearch, by the last part of their names; and whether their start script is Elastic's.
const IMAGES: &[(&str, Flavour, bool)] = &[
    ("elasticsearch", Flavour::Elasticsearch, true),
    ("elasticsearch-oss", Flavour::Elasticsearch, true),
    ("elasticsearch-basic", Flavour::Elasticsearch, true),
    ("elasticsearch-platinum", Flavour::Elasticsearch, true),
    ("docker-elasticsearch", Flavour::Elasticsearch, false),
    ("docker-elasticsearch-kubernetes", Flavour::Elasticsearch, false),
    ("opendistro-for-elasticsearch", Flavour::Elasticsearch, false),
    ("opensearch", Flavour::OpenSearch, true),
];

/// Who publishes the images that the documentation describes. Others keep the name and bring settings of their own.
const PUBLISHERS: &[&str] = &["elastic", "elasticsearch", "library", "opensearchproject"];

/// Published under the program's own name, or without an owner: on Docker Hub, or in a registry (`localhost:5000`).
fn is_published_by_the_makers(repository: &str) -> bool {
    let owner = source::file_name(source::parent(repository));
    owner.is_empty() || owner.contains(['.', ':']) || PUBLISHERS.contains(&owner)
}

impl Image {
    /// Reads `repository/name:tag@digest`.
    pub(crate) fn of_text(text: &str, span: Span) -> Option<Self> {
        let (repository, tag) = split_image(text);
        let name = source::file_name(repository);
        let &(_, flavour, known) = IMAGES.iter().find(|(image, ..)| *image == name)?;
        let opendistro = name.starts_with("opendistro");
        let version = tag.filter(|_| !opendistro).and_then(|tag| parse_version(tag).ok());
        let oss = name.ends_with("-oss");
        Some(Self {
            flavour,
            version,
            official: known && is_published_by_the_makers(repository),
            oss,
            built: false,
            span,
        })
    }

    /// The image of a chart whose values do not name one.
    pub(crate) fn of_chart(flavour: Flavour, span: Span) -> Self {
        Self { flavour, version: None, official: true, oss: false, built: false, span }
    }

    /// The same with the version that stands beside it.
    pub(crate) fn with_version(self, version: Option<confvet_core::Version>) -> Self {
        Self { version: version.or(self.version), ..self }
    }

    fn of_service(service: YamlNode<'_>) -> Option<Self> {
        if let Some(image) = service.get("image")
            && let Some(found) = Self::of_text(image.text()?, image.content_span())
        {
            return Some(found);
        }
        let build = service.get("build")?;
        let context = build.get("context").unwrap_or(build);
        let name = source::file_name(context.text()?.trim_end_matches('/'));
        let flavour = match name {
            "elasticsearch" | "es" => Flavour::Elasticsearch,
            "opensearch" => Flavour::OpenSearch,
            _ => return None,
        };
        let span = context.content_span();
        Some(Self { flavour, version: None, official: true, oss: false, built: true, span })
    }
}

/// The repository and the tag, with the default of a `${VARIABLE:-default}` in its place.
fn split_image(text: &str) -> (&str, Option<&str>) {
    let text = text.split('@').next().unwrap_or(text);
    let slash = text.rfind('/').filter(|&slash| !text[slash..].contains('}')).map_or(0, |slash| slash + 1);
    let Some(colon) = text[slash..].find(':').map(|at| slash + at) else { return (text, None) };
    let tag = &text[colon + 1..];
    let tag = match tag.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        Some(variable) => variable.split_once(":-").or_else(|| variable.split_once('-')).map(|(_, default)| default),
        None => Some(tag),
    };
    (&text[..colon], tag)
}

fn service(
    reader: &mut Reader<'_>,
    key: YamlNode<'_>,
    service: YamlNode<'_>,
    image: &Image,
    mounted: &mut Mounted,
) -> Node {
    let mut container = Container {
        image: Some(image.span),
        official: image.official,
        closed: image.official && !image.built,
        published: published(service),
        may_lock_memory: may_lock_memory(service),
        states_limits: service.get("ulimits").is_some(),
        data_volume: None,
    };
    container.closed &= !["configs", "secrets"].iter().any(|key| {
        let mut targets =
            service.get(key).into_iter().flat_map(YamlNode::items).filter_map(|item| item.get("target")?.text());
        targets.any(|target| target.ends_with("/elasticsearch.yml") || target.ends_with("/opensearch.yml"))
    });
    let mut documents = Vec::new();
    let mut jvm = Vec::new();
    for volume in service.get("volumes").into_iter().flat_map(YamlNode::items) {
        mount(reader, volume, &mut container, mounted, &mut documents, &mut jvm);
    }
    for path in service.get("env_file").into_iter().flat_map(texts) {
        match reader.input.sources.by_path(&source::join(reader.directory(), path)) {
            Some(file) => environment_file(reader, file, &mut documents, &mut jvm),
            None => container.closed = false,
        }
    }
    let mut environment = Environment::default();
    for (name, value) in variables(service) {
        environment.add(name, value);
    }
    environment.entries.extend(arguments(service, "command"));
    let mut node = environment.into_node(reader, Carrier::Compose, image, documents, jvm);
    node.memory = memory_limit(service);
    node.names = names(key, service);
    node.label = key.text().map(|name| Spanned::new(name.to_owned(), key.span()));
    node.container = Some(container);
    node
}

/// What an environment sets: settings, and everything else.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) entries: Vec<(CompactString, Span, Scalar)>,
    variables: Vec<Variable>,
}

impl Environment {
    /// A lower-case name with a dot is a setting to the images, and so is `ES_SETTING_…`.
    pub(crate) fn add(&mut self, name: Spanned<String>, value: Option<Scalar>) {
        let is_setting = name.value.contains('.') && !name.value.contains(|c: char| c.is_ascii_uppercase());
        match (name.value.strip_prefix("ES_SETTING_"), value) {
            (Some(encoded), Some(value)) => self.entries.push((decode_setting(encoded), name.span, value)),
            (None, Some(value)) if is_setting => self.entries.push((name.value.into(), name.span, value)),
            (_, value) => self.variables.push(Variable { name, value, in_unit: false }),
        }
    }

    /// The settings as the last source of `documents`, and JVM options as the last of `jvm`.
    fn sort_in(&mut self, file: FileId, documents: &mut Vec<Arc<Document>>, jvm: &mut Vec<Arc<JvmFile>>) {
        let settings = Document::of_entries(file, std::mem::take(&mut self.entries));
        if !settings.settings.is_empty() {
            documents.push(Arc::new(settings));
        }
        for variable in self.variables.iter().filter(|variable| is_java_opts(&variable.name.value)) {
            if let Some(value) = &variable.value {
                jvm.push(Arc::new(JvmFile::of_words(&value.text, value.content)));
            }
        }
    }

    /// A node of a container with this environment.
    pub(crate) fn into_node(
        mut self,
        reader: &Reader<'_>,
        carrier: Carrier,
        image: &Image,
        mut documents: Vec<Arc<Document>>,
        mut jvm: Vec<Arc<JvmFile>>,
    ) -> Node {
        let file = reader.input.file;
        self.sort_in(file, &mut documents, &mut jvm);
        let stated = image.version.clone().map(|version| Release::stated(image.flavour, version));
        let mut release = release_of(reader.input.target, &documents, image.flavour, stated);
        release.oss = image.oss;
        let mut node = Node::new(carrier, file, release);
        node.documents = documents;
        node.jvm = jvm;
        node.environment = self.variables;
        node
    }
}

/// One text, or the texts of a list.
fn texts(node: YamlNode<'_>) -> Vec<&str> {
    if node.is_sequence() {
        node.items().filter_map(YamlNode::text).collect()
    } else {
        node.text().into_iter().collect()
    }
}

/// `env_file:`, lines of `NAME=value`.
fn environment_file(
    reader: &mut Reader<'_>,
    file: FileId,
    documents: &mut Vec<Arc<Document>>,
    jvm: &mut Vec<Arc<JvmFile>>,
) {
    reader.take(file);
    let mut environment = Environment::default();
    let mut start = 0;
    for line in reader.input.sources.get(file).text().split_inclusive('\n') {
        if let Some((name, value)) = crate::service::assignment(line) {
            let span = |range: &std::ops::Range<usize>| Span::new(file, start + range.start..start + range.end);
            let at = span(&value);
            let scalar = Scalar { text: line[value].into(), span: at, content: at, quoted: true };
            environment.add(Spanned::new(line[name.clone()].to_owned(), span(&name)), Some(scalar));
        }
        start += line.len();
    }
    environment.sort_in(file, documents, jvm);
}

/// The variables that carry JVM options.
pub(crate) fn is_java_opts(name: &str) -> bool {
    matches!(name, "ES_JAVA_OPTS" | "OPENSEARCH_JAVA_OPTS")
}

/// `ES_SETTING_XPACK_SECURITY_TRANSPORT_SSL_ENABLED` is `xpack.security.transport.ssl.enabled`; two underscores are one.
fn decode_setting(encoded: &str) -> CompactString {
    encoded.replace("__", "\u{0}").replace('_', ".").replace('\u{0}', "_").to_ascii_lowercase().into()
}

/// The part of a scalar from a byte of its text on.
fn part_of(node: YamlNode<'_>, range: std::ops::Range<usize>) -> Scalar {
    let text = node.text().and_then(|text| text.get(range.clone())).unwrap_or_default().into();
    let span = node.offset(range);
    Scalar { text, span, content: span, quoted: true }
}

/// `environment:`, as a mapping or as a list of `NAME=value`.
fn variables(service: YamlNode<'_>) -> Vec<(Spanned<String>, Option<Scalar>)> {
    let Some(environment) = service.get("environment") else { return Vec::new() };
    if environment.is_mapping() {
        let read = |field: confvet_yaml::Field<'_>| {
            let name = Spanned::new(field.key.text()?.to_owned(), field.key.content_span());
            let value = (!field.value.is_null()).then(|| Scalar { quoted: true, ..Scalar::of_node(field.value) });
            Some((name, value))
        };
        return environment.fields().into_iter().filter_map(read).collect();
    }
    let read = |item: YamlNode<'_>| {
        let text = item.text()?;
        Some(match text.find('=') {
            Some(at) => {
                let name = Spanned::new(text[..at].trim().to_owned(), item.offset(0..at));
                (name, Some(part_of(item, at + 1..text.len())))
            }
            None => (Spanned::new(text.to_owned(), item.content_span()), None),
        })
    };
    environment.items().filter_map(read).collect()
}

/// `-Ekey=value` in `command:` or `args:`, in one text or as a list.
pub(crate) fn arguments(service: YamlNode<'_>, key: &str) -> Vec<(CompactString, Span, Scalar)> {
    let Some(command) = service.get(key) else { return Vec::new() };
    let texts: Vec<YamlNode<'_>> = if command.is_sequence() { command.items().collect() } else { vec![command] };
    let mut found = Vec::new();
    for node in texts {
        let text = node.text().unwrap_or_default();
        let mut at = 0;
        for word in text.split([' ', '\t', '\n']) {
            if let Some(pair) = word.strip_prefix("-E")
                && let Some((key, value)) = pair.split_once('=')
            {
                let value_at = at + word.len() - value.len();
                let key_span = node.offset(at + 2..at + 2 + key.len());
                found.push((key.into(), key_span, part_of(node, value_at..at + word.len())));
            }
            at += word.len() + 1;
        }
    }
    found
}

/// The paths inside the image at which something counts.
pub(crate) const CONFIG_DIRECTORIES: &[&str] = &["/usr/share/elasticsearch/config", "/usr/share/opensearch/config"];
pub(crate) const DATA_DIRECTORIES: &[&str] = &["/usr/share/elasticsearch/data", "/usr/share/opensearch/data"];

fn mount(
    reader: &mut Reader<'_>,
    volume: YamlNode<'_>,
    container: &mut Container,
    mounted: &mut Mounted,
    documents: &mut Vec<Arc<Document>>,
    jvm: &mut Vec<Arc<JvmFile>>,
) {
    let (from, to, span) = if volume.is_mapping() {
        let text = |key: &str| volume.get(key).and_then(YamlNode::text);
        let (Some(from), Some(to)) = (text("source"), text("target")) else { return };
        (from, to, volume.get("source").map_or(volume.span(), YamlNode::content_span))
    } else {
        let Some(text) = volume.text() else { return };
        let mut parts = text.split(':');
        let (Some(from), Some(to)) = (parts.next(), parts.next()) else { return };
        (from, to, volume.content_span())
    };
    let to = to.trim_end_matches('/');
    if DATA_DIRECTORIES.contains(&to) {
        container.data_volume = Some(Spanned::new(from.to_owned(), span));
        return;
    }
    let here = source::join(reader.directory(), from);
    let is_settings = CONFIG_DIRECTORIES.iter().any(|directory| {
        ["elasticsearch.yml", "opensearch.yml"].iter().any(|name| to == source::join(directory, name))
    });
    let is_jvm = CONFIG_DIRECTORIES.iter().any(|directory| to == source::join(directory, "jvm.options"));
    if is_settings || CONFIG_DIRECTORIES.contains(&to) {
        let candidates =
            [here.clone(), source::join(&here, "elasticsearch.yml"), source::join(&here, "opensearch.yml")];
        let found = candidates.iter().find_map(|path| reader.input.sources.by_path(path));
        match found {
            Some(file) => {
                let known = mounted.documents.iter().find(|(known, _)| *known == file);
                let document = match known {
                    Some((_, document)) => document.clone(),
                    None => Arc::new(reader.document(file)),
                };
                mounted.documents.push((file, document.clone()));
                documents.push(document);
            }
            None => container.closed = false,
        }
    }
    if is_jvm && let Some(file) = reader.input.sources.by_path(&here) {
        let known = mounted.jvm.iter().find(|(known, _)| *known == file);
        let files = match known {
            Some((_, files)) => files.clone(),
            None => reader.jvm_files(Some(file), ""),
        };
        mounted.jvm.push((file, files.clone()));
        jvm.extend(files);
    }
}

/// `mem_limit: 4g` or `deploy.resources.limits.memory: 4G`.
fn memory_limit(service: YamlNode<'_>) -> Option<Spanned<ByteSize>> {
    let limit = service
        .get("mem_limit")
        .or_else(|| service.at_path(["deploy", "resources", "limits", "memory"]))
        .filter(|limit| limit.text().is_some_and(|text| !text.contains('$')))?;
    Some(Spanned::new(docker_size(limit.text()?)?, limit.content_span()))
}

/// `b`, `k`, `m`, `g` with or without `b`, in any case, base 1024.
fn docker_size(text: &str) -> Option<ByteSize> {
    let lower = text.trim().to_ascii_lowercase();
    let bare = lower.strip_suffix('b').unwrap_or(&lower);
    crate::jvm::size_of(bare.strip_suffix('i').unwrap_or(bare))
}

fn may_lock_memory(service: YamlNode<'_>) -> bool {
    let unlimited = |node: YamlNode<'_>| node.text().is_some_and(|text| text.trim() == "-1" || text == "unlimited");
    service.at_path(["ulimits", "memlock"]).is_some_and(|memlock| {
        if memlock.is_mapping() { memlock.get("soft").is_some_and(unlimited) } else { unlimited(memlock) }
    })
}

/// The mapping of port 9200, if there is one.
fn published(service: YamlNode<'_>) -> Option<Spanned<Publication>> {
    for port in service.get("ports")?.items() {
        if port.is_mapping() {
            if port.get("target").and_then(YamlNode::text) == Some("9200") {
                let loopback = port.get("host_ip").and_then(YamlNode::text).is_some_and(is_loopback_ip);
                return Some(Spanned::new(publication(loopback), port.span()));
            }
            continue;
        }
        let Some(text) = port.text() else { continue };
        let bare = text.split('/').next().unwrap_or(text);
        let (front, target) = bare.rsplit_once(':').unwrap_or(("", bare));
        if target == "9200" {
            let address = front.rsplit_once(':').map_or("", |(address, _)| address);
            return Some(Spanned::new(publication(is_loopback_ip(address)), port.span()));
        }
    }
    None
}

fn publication(loopback: bool) -> Publication {
    if loopback { Publication::Loopback } else { Publication::Everyone }
}

fn is_loopback_ip(address: &str) -> bool {
    confvet_core::Address::parse(address).is_loopback()
}

fn names(key: YamlNode<'_>, service: YamlNode<'_>) -> Vec<confvet_core::Address> {
    let mut names: Vec<&str> = key.text().into_iter().collect();
    names.extend(["container_name", "hostname"].iter().filter_map(|name| service.get(name)?.text()));
    for network in service.get("networks").into_iter().flat_map(YamlNode::fields) {
        names.extend(network.value.get("aliases").into_iter().flat_map(YamlNode::items).filter_map(YamlNode::text));
        names.extend(network.value.get("ipv4_address").and_then(YamlNode::text));
    }
    names.into_iter().filter_map(name_as_address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> Option<(Flavour, Option<String>, bool)> {
        let found = Image::of_text(text, Span::new(FileId(0), 0..0))?;
        Some((found.flavour, found.version.map(|version| version.to_string()), found.official))
    }

    #[test]
    fn images_are_known_by_their_last_name() {
        let es = Flavour::Elasticsearch;
        assert_eq!(
            image("docker.elastic.co/elasticsearch/elasticsearch:7.17.6"),
            Some((es, Some("7.17.6".into()), true))
        );
        assert_eq!(image("elasticsearch"), Some((es, None, true)));
        assert_eq!(image("elasticsearch:${V:-8.2.0}"), Some((es, Some("8.2.0".into()), true)));
        assert_eq!(image("localhost:5000/elasticsearch:latest"), Some((es, None, true)));
        assert_eq!(image("elasticsearch:${V}"), Some((es, None, true)));
        assert_eq!(image("bitnami/elasticsearch:8"), Some((es, Some("8.0.0".into()), false)));
        assert_eq!(image("quay.io/acme/elasticsearch:8.1.0"), Some((es, Some("8.1.0".into()), false)));
        assert_eq!(image("registry.example.com/mirror/elastic/elasticsearch"), Some((es, None, true)));
        assert_eq!(image("opensearchproject/opensearch:2"), Some((Flavour::OpenSearch, Some("2.0.0".into()), true)));
        for other in ["opensearchproject/opensearch-dashboards:2", "mobz/elasticsearch-head:5", "kibana:7.1"] {
            assert_eq!(image(other), None, "{other}");
        }
    }

    #[test]
    fn names_of_settings_are_decoded() {
        assert_eq!(decode_setting("XPACK_SECURITY_ENABLED"), "xpack.security.enabled");
        assert_eq!(decode_setting("BOOTSTRAP_MEMORY__LOCK"), "bootstrap.memory_lock");
    }
}
