//! What a configuration is: the nodes it describes, and the files their settings come from.

use crate::jvm::{JvmFile, JvmSource};
use crate::node::{Carrier, Node};
use crate::release::{Flavour, Release};
use crate::seeds::SeedFile;
use crate::settings::Document;
use crate::{compose, eck, helm, kubernetes, properties, service};
use confvet_core::{Address, FileId, Identity, Input, Parsed, Span, Spanned, Target, source};
use confvet_yaml::{Dialect, Kind, Node as YamlNode, Style};
use serde::Serialize;
use std::sync::Arc;

/// The kinds of file, as detection names them.
pub mod kind {
    /// `elasticsearch.yml`, `opensearch.yml`
    pub const SETTINGS: &str = "elasticsearch-yml";
    /// `jvm.options` and the files in `jvm.options.d`
    pub const JVM: &str = "jvm-options";
    /// docker-compose
    pub const COMPOSE: &str = "compose";
    /// A manifest for Elastic's operator
    pub const ECK: &str = "eck";
    /// `/etc/default/elasticsearch`
    pub const DEFAULTS: &str = "defaults";
    /// A unit of systemd, or a drop-in
    pub const UNIT: &str = "systemd-unit";
    /// `unicast_hosts.txt`
    pub const SEEDS: &str = "unicast-hosts";
    /// A manifest of Kubernetes with a workload that runs the image
    pub const KUBERNETES: &str = "kubernetes";
    /// Values for the vendor's Helm chart
    pub const HELM: &str = "helm-values";
    /// `elasticsearch.properties`
    pub const PROPERTIES: &str = "properties";
    /// All of them, the usual one first.
    pub const ALL: &[&str] = &[SETTINGS, JVM, COMPOSE, ECK, DEFAULTS, UNIT, SEEDS, KUBERNETES, HELM, PROPERTIES];
}

/// One configuration: usually one node; the services of a compose file or the node sets of a manifest are several.
#[derive(Debug, Clone, Serialize)]
pub struct Elasticsearch {
    /// The nodes, in the order of the file.
    pub nodes: Vec<Node>,
    /// Every source of settings, once.
    #[serde(skip)]
    pub documents: Vec<Arc<Document>>,
    /// Every source of JVM options, once, the unread ones among them.
    #[serde(skip)]
    pub jvm_files: Vec<Arc<JvmFile>>,
}

impl Elasticsearch {
    /// The nodes whose files the program can read: rules about meaning look at these only.
    pub fn sound_nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| !node.is_broken())
    }

    /// Every source of settings, with the release that reads it.
    pub fn read_documents(&self) -> impl Iterator<Item = (&Document, &Release)> {
        self.documents.iter().filter_map(|document| Some((&**document, &self.reader_of(document)?.release)))
    }

    /// The first node that reads a source of settings.
    pub fn reader_of(&self, document: &Document) -> Option<&Node> {
        self.nodes.iter().find(|node| node.documents.iter().any(|own| std::ptr::eq(&**own, document)))
    }

    /// The sources of settings whose YAML can be read to the end: what stands in a damaged one, nobody knows.
    pub fn sound_documents(&self) -> impl Iterator<Item = (&Document, &Release)> {
        self.read_documents().filter(|(document, release)| !document.has_syntax_errors(release))
    }

    /// Every source of JVM options, with the node that reads it. A file that nobody reads counts as read by the first.
    pub fn read_jvm_files(&self) -> impl Iterator<Item = (&JvmFile, &Node)> {
        self.jvm_files.iter().filter_map(|file| {
            let reader = self.nodes.iter().find(|node| node.jvm.iter().any(|own| Arc::ptr_eq(own, file)));
            Some((&**file, reader.or(self.nodes.first())?))
        })
    }

    /// What the engine needs to know for grouping.
    pub(crate) fn identity(&self) -> Identity {
        let mut identity = Identity::default();
        let mut clusters = self.nodes.iter().filter(|node| node.has_settings()).map(|node| {
            let setting = node.text("cluster.name");
            setting.map(|name| Spanned::new(name.text.to_string(), name.span))
        });
        if let Some(Some(first)) = clusters.next()
            && clusters.all(|other| other.is_some_and(|other| other.value == first.value))
        {
            identity.cluster = Some(first);
        }
        if let [node] = self.nodes.as_slice() {
            identity.member = node.name().map(|name| Spanned::new(name.text.to_string(), name.span));
            identity.addresses = node.addresses().to_vec();
            let names = node.names.iter().filter_map(|name| {
                let at = node.label.as_ref()?.span;
                Some(Spanned::new(name.clone(), at))
            });
            identity.addresses.extend(names);
        }
        identity
    }
}

/// Reads the file and what belongs to it.
pub(crate) fn parse(input: &Input<'_>) -> Parsed<Elasticsearch> {
    let mut reader = Reader { input, files: vec![input.file] };
    let path = input.source().path();
    let options_file = path.ends_with(".options") || source::parent(path).ends_with("jvm.options.d");
    let nodes = match input.kind {
        kind::COMPOSE => compose::read(&mut reader),
        kind::ECK => eck::read(&mut reader),
        kind::KUBERNETES => kubernetes::read(&mut reader),
        kind::HELM => helm::read(&reader),
        kind::DEFAULTS | kind::UNIT => service::read(&mut reader),
        kind::SEEDS => reader.seeds_alone(),
        kind::PROPERTIES => reader.properties(),
        kind::JVM => reader.jvm_alone(),
        _ if options_file => reader.jvm_alone(),
        _ => reader.settings_file(),
    };
    let mut model = Elasticsearch { nodes, documents: Vec::new(), jvm_files: Vec::new() };
    for node in &model.nodes {
        for document in &node.documents {
            if !model.documents.iter().any(|known| Arc::ptr_eq(known, document)) {
                model.documents.push(document.clone());
            }
        }
        for file in &node.jvm {
            if !model.jvm_files.iter().any(|known| Arc::ptr_eq(known, file)) {
                model.jvm_files.push(file.clone());
            }
        }
    }
    let secrets = model.documents.iter().flat_map(|document| &document.settings).filter(|setting| setting.secret);
    let secrets: Vec<Span> = secrets.map(|setting| setting.value_span).filter(|span| !span.is_empty()).collect();
    Parsed { model, files: reader.files, secrets }
}

/// Reads files of one run and remembers which.
pub(crate) struct Reader<'i> {
    pub(crate) input: &'i Input<'i>,
    files: Vec<FileId>,
}

impl<'i> Reader<'i> {
    /// The directory of the file that reading started from.
    pub(crate) fn directory(&self) -> &'i str {
        source::parent(self.input.source().path())
    }

    /// Remembers that a file is part of the configuration.
    pub(crate) fn take(&mut self, file: FileId) {
        if !self.files.contains(&file) {
            self.files.push(file);
        }
    }

    /// The settings of a file.
    pub(crate) fn document(&mut self, file: FileId) -> Document {
        self.take(file);
        let source = self.input.sources.get(file);
        let mut document = Document::of_text(file, source.text(), self.dialect());
        document.bad_bytes = source.first_bad_byte().map(|at| Span::new(file, at as usize..at as usize).after());
        document
    }

    /// How the program reads YAML.
    fn dialect(&self) -> Dialect {
        match Release::of_target(self.input.target, Flavour::Elasticsearch) {
            Some(release) if release.is_before(6, 0) => Dialect::JacksonLegacy,
            _ => Dialect::Jackson,
        }
    }

    /// The settings in a block scalar (`|`) of another file. `None` for a text that is written in another way.
    pub(crate) fn embedded(&self, block: YamlNode<'_>) -> Option<Document> {
        if block.kind() != Kind::Scalar(Style::Literal) {
            return None;
        }
        let yaml = block.yaml();
        let content = block.content_span().range();
        // Blanks in place of all that stands around the block keep every place as it is in the file.
        let blank =
            |part: &str| -> String { part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect() };
        let text = yaml.text();
        let alone =
            format!("{}{}{}", blank(&text[..content.start]), &text[content.clone()], blank(&text[content.end..]));
        Some(Document::of_text(yaml.file(), &alone, self.dialect()))
    }

    fn properties(&self) -> Vec<Node> {
        let file = self.input.file;
        let documents = vec![Arc::new(Document::of_properties(file, properties::read(file, self.input.text())))];
        let release = release_of(self.input.target, &documents, Flavour::Elasticsearch, None);
        let mut node = Node::new(Carrier::Files, file, release);
        node.documents = documents;
        vec![node]
    }

    fn seeds_alone(&self) -> Vec<Node> {
        let file = self.input.file;
        let release = release_of(self.input.target, &[], Flavour::Elasticsearch, None);
        let mut node = Node::new(Carrier::SeedFile, file, release);
        node.seed_file = Some(Arc::new(SeedFile::of_text(file, self.input.text())));
        vec![node]
    }

    /// `unicast_hosts.txt` beside the settings; up to 5.x in the directory of the plugin.
    fn seed_file(&mut self, directory: &str) -> Option<Arc<SeedFile>> {
        let names = ["unicast_hosts.txt", "discovery-file/unicast_hosts.txt"];
        let file = names.iter().find_map(|name| self.input.sources.by_path(&source::join(directory, name)))?;
        self.take(file);
        Some(Arc::new(SeedFile::of_text(file, self.input.sources.get(file).text())))
    }

    fn settings_file(&mut self) -> Vec<Node> {
        let file = self.input.file;
        let document = Arc::new(self.document(file));
        let name = self.input.source().file_name();
        let documents = vec![document];
        let release = release_of(self.input.target, &documents, flavour_of_name(name), None);
        let mut node = Node::new(Carrier::Files, file, release);
        node.documents = documents;
        if matches!(name, "elasticsearch.yml" | "opensearch.yml") {
            let directory = self.directory();
            let main = self.input.sources.by_path(&source::join(directory, "jvm.options"));
            node.jvm = self.jvm_files(main, &source::join(directory, "jvm.options.d"));
            node.seed_file = self.seed_file(directory);
            service::surround(self, &mut node, directory, name.trim_end_matches(".yml"));
        }
        vec![node]
    }

    fn jvm_alone(&mut self) -> Vec<Node> {
        let file = self.input.file;
        let directory = self.directory();
        let release = release_of(self.input.target, &[], Flavour::Elasticsearch, None);
        let mut node = Node::new(Carrier::Jvm, file, release);
        node.jvm = if source::file_name(directory) == "jvm.options.d" {
            self.jvm_files(None, directory)
        } else {
            self.jvm_files(Some(file), &source::join(directory, "jvm.options.d"))
        };
        vec![node]
    }

    /// `jvm.options` and what lies in its directory.
    pub(crate) fn jvm_files(&mut self, main: Option<FileId>, directory: &str) -> Vec<Arc<JvmFile>> {
        let mut found = Vec::new();
        let mut read = |reader: &mut Self, file: FileId, kind: JvmSource| {
            reader.take(file);
            found.push(Arc::new(JvmFile::of_text(file, reader.input.sources.get(file).text(), kind)));
        };
        if let Some(main) = main {
            read(self, main, JvmSource::Main);
        }
        for &file in self.input.sources.in_directory(directory) {
            let named_right = self.input.sources.get(file).path().ends_with(".options");
            read(self, file, if named_right { JvmSource::Directory } else { JvmSource::IgnoredName });
        }
        found
    }
}

fn flavour_of_name(name: &str) -> Flavour {
    if name.contains("opensearch") || name == "wazuh.indexer.yml" {
        Flavour::OpenSearch
    } else {
        Flavour::Elasticsearch
    }
}

/// What is known of the release: the target, else what the carrier states, else what the keys betray.
pub(crate) fn release_of(
    target: &Target,
    documents: &[Arc<Document>],
    named: Flavour,
    stated: Option<Release>,
) -> Release {
    let any = |prefix: &str| documents.iter().any(|document| document.below(prefix).next().is_some());
    let exact = |key: &str| documents.iter().any(|document| document.get(key).is_some());
    let opensearch = named == Flavour::OpenSearch
        || any("plugins.")
        || any("opensearch.")
        || any("compatibility.")
        || exact("cluster.initial_cluster_manager_nodes");
    let flavour = if opensearch { Flavour::OpenSearch } else { Flavour::Elasticsearch };
    if let Some(release) = Release::of_target(target, flavour).or(stated) {
        return release;
    }
    if opensearch {
        return Release::unknown(Flavour::OpenSearch);
    }
    let from_8 = exact("xpack.security.enrollment.enabled") || any("xpack.security.autoconfiguration.");
    let from_7 = exact("cluster.initial_master_nodes") || any("discovery.seed_");
    let zen = exact("discovery.zen.ping.unicast.hosts") || exact("discovery.zen.minimum_master_nodes");
    let old = ["bootstrap.mlockall", "script.disable_dynamic"].into_iter().any(exact)
        || ["threadpool.", "discovery.zen.ping.multicast.", "index.number_of_"].into_iter().any(any);
    if from_8 {
        Release::inferred(Some((8, 0, 0)), None)
    } else if exact("node.roles") {
        Release::inferred(Some((7, 9, 0)), (from_7 && zen).then_some((8, 0, 0)))
    } else if from_7 {
        Release::inferred(Some((7, 0, 0)), zen.then_some((8, 0, 0)))
    } else if zen && !old {
        Release::inferred(None, Some((7, 0, 0)))
    } else if old {
        // Meant for 1.x or 2.x, and what they are used with nobody knows.
        Release::inferred(None, Some((7, 0, 0)))
    } else {
        Release::unknown(Flavour::Elasticsearch)
    }
}

/// A name as an address, when it can be one.
pub(crate) fn name_as_address(name: &str) -> Option<Address> {
    (!name.is_empty() && !name.contains(['$', '{', ' '])).then(|| Address::parse(name))
}
