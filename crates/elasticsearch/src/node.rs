//! One Elasticsearch process: its settings over all sources, its JVM, and what follows from them.

use crate::jvm::{JvmFile, JvmOptions};
use crate::release::Release;
use crate::seeds::SeedFile;
use crate::settings::{Document, Scalar, Setting, as_bool};
use confvet_core::units::ByteSize;
use confvet_core::{Address, Context, Fact, FileId, Span, Spanned, did_you_mean, source};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::sync::{Arc, OnceLock};

/// What kind of file describes the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// `elasticsearch.yml`, with the `jvm.options` beside it.
    Files,
    /// A `jvm.options` without an `elasticsearch.yml` beside it.
    Jvm,
    /// `/etc/default/elasticsearch` or a unit of systemd, without an `elasticsearch.yml` that belongs to it.
    Service,
    /// A `unicast_hosts.txt` without an `elasticsearch.yml` beside it.
    SeedFile,
    /// A service of a docker-compose file.
    Compose,
    /// A node set of an ECK manifest: the operator writes the settings of the cluster.
    Eck,
    /// A Kubernetes workload that runs the image.
    Kubernetes,
    /// A ConfigMap with the settings, mounted by pods that are described elsewhere.
    ConfigMap,
    /// Values for the vendor's Helm chart, which writes the settings of the cluster.
    Helm,
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value, as far as it is written here.
    pub value: Option<Scalar>,
    /// Does a unit of systemd set it?
    pub in_unit: bool,
}

/// What a compose file says of the container around the node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Container {
    /// Where the image, or what is built, is named.
    pub image: Option<Span>,
    /// Is it an image of Elastic's or of OpenSearch's, whose start script is known?
    pub official: bool,
    /// Is every source of settings known: no `env_file`, no mounted file that is not here, nothing built?
    pub closed: bool,
    /// Is the HTTP port published, and where? `None`: not published.
    pub published: Option<Spanned<Publication>>,
    /// `ulimits.memlock` is unlimited, or the container may lock memory.
    pub may_lock_memory: bool,
    /// The limits of the process are written here, the one of locked memory among them or not.
    pub states_limits: bool,
    /// The volume or directory at the data path.
    pub data_volume: Option<Spanned<String>>,
}

/// How much memory a unit lets its process lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockLimit {
    /// `infinity`
    Unlimited,
    /// That much.
    Bytes(ByteSize),
}

/// Whom a published port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    /// Only the host itself.
    Loopback,
    /// Whoever reaches the host.
    Everyone,
}

/// One process.
#[derive(Debug, Clone)]
pub struct Node {
    /// What describes it.
    pub carrier: Carrier,
    /// The file that describes it.
    pub file: FileId,
    /// The name of its service or node set.
    pub label: Option<Spanned<String>>,
    /// Program and version.
    pub release: Release,
    /// Its settings; a later document overrides an earlier one.
    pub documents: Vec<Arc<Document>>,
    /// The sources of its JVM options, in their order.
    pub jvm: Vec<Arc<JvmFile>>,
    /// Environment variables that are no settings.
    pub environment: Vec<Variable>,
    /// How many alike there are.
    pub count: u32,
    /// The memory limit of its container.
    pub memory: Option<Spanned<ByteSize>>,
    /// Names under which others reach it, beside what its settings say.
    pub names: Vec<Address>,
    /// The container around it.
    pub container: Option<Container>,
    /// Does an init container of its pod raise `vm.max_map_count`?
    pub raises_map_count: bool,
    /// `LimitMEMLOCK` of its unit.
    pub lock_limit: Option<Spanned<LockLimit>>,
    /// The list of seeds of the `file` provider, when it is here.
    pub seed_file: Option<Arc<SeedFile>>,
    /// What is asked of it again and again, worked out once.
    derived: Derived,
}

/// What follows from the settings and is asked for by many rules.
#[derive(Debug, Clone, Default)]
struct Derived {
    seeds: OnceLock<Option<Vec<Seed>>>,
    addresses: OnceLock<Vec<Spanned<Address>>>,
    bound: OnceLock<Option<bool>>,
    broken: OnceLock<bool>,
    master_eligible: OnceLock<Option<bool>>,
    data: OnceLock<Option<bool>>,
}

/// A role of a node.
pub(crate) const ROLES: &[&str] = &[
    "master",
    "data",
    "data_content",
    "data_hot",
    "data_warm",
    "data_cold",
    "data_frozen",
    "ingest",
    "ml",
    "remote_cluster_client",
    "transform",
    "voting_only",
];

/// The keys that gave a node its roles before `node.roles`.
pub(crate) const LEGACY_ROLES: &[&str] = &[
    "node.master",
    "node.data",
    "node.ingest",
    "node.ml",
    "node.voting_only",
    "node.transform",
    "node.remote_cluster_client",
];

/// Both names of the list of addresses that a node asks for the others.
pub(crate) const SEED_KEYS: &[&str] = &["discovery.seed_hosts", "discovery.zen.ping.unicast.hosts"];

/// Both names of the setting that says what else finds the others.
pub(crate) const PROVIDER_KEYS: &[&str] = &["discovery.seed_providers", "discovery.zen.hosts_provider"];

fn is_file_provider(provider: &Scalar) -> bool {
    provider.text == "file"
}

/// Both names of the list that bootstraps a cluster.
pub(crate) const INITIAL_MASTER_KEYS: &[&str] =
    &["cluster.initial_master_nodes", "cluster.initial_cluster_manager_nodes"];

/// Everything that says who may log in: `….NAME.…` up to 6.x, `….TYPE.NAME.…` from 7.0.
pub(crate) const REALMS: &str = "xpack.security.authc.realms.";

/// The setting that guards against split brain before 7.0.
pub(crate) const MINIMUM_MASTERS: &str = "discovery.zen.minimum_master_nodes";

/// Which server of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The REST API.
    Http,
    /// Node to node.
    Transport,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// Nothing is set: loopback, for a file of its own.
    Unset,
    /// Nothing is set, and the image listens on all interfaces.
    Image,
    /// Only on loopback addresses.
    Loopback(Scalar),
    /// On at least this address that others reach.
    Reachable(Scalar),
    /// A placeholder stands there, or the settings are not all known.
    Unknown,
}

impl Node {
    /// A node without any source.
    pub fn new(carrier: Carrier, file: FileId, release: Release) -> Self {
        Self {
            carrier,
            file,
            label: None,
            release,
            documents: Vec::new(),
            jvm: Vec::new(),
            environment: Vec::new(),
            count: 1,
            memory: None,
            names: Vec::new(),
            container: None,
            raises_map_count: false,
            lock_limit: None,
            seed_file: None,
            derived: Derived::default(),
        }
    }

    /// Does it have settings at all, as opposed to a `jvm.options` alone?
    pub fn has_settings(&self) -> bool {
        !matches!(self.carrier, Carrier::Jvm | Carrier::Service | Carrier::SeedFile)
    }

    /// Does an operator or a chart write the settings of the cluster?
    pub fn is_managed(&self) -> bool {
        matches!(self.carrier, Carrier::Eck | Carrier::Helm)
    }

    /// Does it run in a container?
    pub fn is_contained(&self) -> bool {
        self.container.is_some() || self.is_managed()
    }

    /// Would the program refuse to read one of the files? Then nothing is said about their meaning.
    pub fn is_broken(&self) -> bool {
        let broken = || self.documents.iter().any(|document| document.is_broken(&self.release));
        *self.derived.broken.get_or_init(broken)
    }

    /// Can the YAML that a setting stands in be read to its end?
    pub(crate) fn has_sound_home(&self, setting: &Setting) -> bool {
        let mut homes = self.documents.iter().filter(|document| document.file == setting.key_span.file);
        homes.all(|document| !document.has_syntax_errors(&self.release))
    }

    /// May settings come from a place that is not here? A file that names its cluster as the official images do is made
    /// for a container, whose environment has its say.
    pub fn is_open(&self) -> bool {
        match &self.container {
            Some(container) => !container.closed,
            None => self.text("cluster.name").is_some_and(|name| name.text == "docker-cluster"),
        }
    }

    /// The setting that counts, unless it is unset by an empty text.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        let found = self.documents.iter().rev().find_map(|document| document.get(key))?;
        (!found.is_unset()).then_some(found)
    }

    /// The first of several keys that is set.
    pub fn first_of<'k>(&self, keys: impl IntoIterator<Item = &'k &'k str>) -> Option<&Setting> {
        keys.into_iter().find_map(|key| self.get(key))
    }

    /// The settings below a prefix, over all documents.
    pub fn below<'n>(&'n self, prefix: &'n str) -> impl Iterator<Item = &'n Setting> + use<'n> {
        self.documents.iter().flat_map(move |document| document.below(prefix))
    }

    /// All settings, over all documents.
    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.documents.iter().flat_map(|document| &document.settings)
    }

    /// The text of a setting that holds no placeholder.
    pub fn text(&self, key: &str) -> Option<&Scalar> {
        self.get(key)?.scalar().filter(|scalar| !scalar.is_open())
    }

    /// A boolean; `None` when it is not set or cannot be read.
    pub fn bool(&self, key: &str) -> Option<bool> {
        as_bool(self.get(key)?, &self.release)
    }

    /// Is the boolean set, and true?
    pub fn is_true(&self, key: &str) -> bool {
        self.bool(key) == Some(true)
    }

    /// An integer, and where it stands.
    pub fn integer(&self, key: &str) -> Option<Spanned<i64>> {
        let scalar = self.text(key)?;
        Some(Spanned::new(crate::values::integer(&scalar.text)?, scalar.span))
    }

    /// Is the key set, or one that visibly means it: a former name, a misspelling?
    pub fn means(&self, key: &str) -> bool {
        self.get(key).is_some()
            || self.settings().any(|setting| match setting.row {
                Some(row) => row.replacement == Some(key) || row.rename == Some(key),
                None => did_you_mean(&setting.key, [key]).is_some(),
            })
    }

    /// The file that its own settings stand in, for putting a finding somewhere.
    pub fn document(&self) -> Option<&Document> {
        self.documents.last().map(|document| &**document)
    }

    /// The place to point at when something is missing: the first of the keys that is set, else the first key.
    pub fn anchor(&self, keys: &[&str]) -> Option<&Setting> {
        self.first_of(keys).or_else(|| self.first_of(&["cluster.name", "node.name"])).or_else(|| self.settings().next())
    }

    /// `node.name`, when it is a plain text.
    pub fn name(&self) -> Option<&Scalar> {
        self.text("node.name")
    }

    /// How messages call it: its name, its service, or nothing better than "this node".
    pub fn title(&self) -> &str {
        let label = self.label.as_ref().map(|label| label.value.as_str());
        self.name().map(|name| name.text.as_str()).or(label).unwrap_or("this node")
    }

    /// The name of its cluster, when it is written as a plain text.
    pub fn own_cluster_name(&self) -> Option<&str> {
        self.text("cluster.name").map(|name| name.text.as_str())
    }

    /// The name of its cluster. `None` when a placeholder stands there.
    pub fn cluster_name(&self) -> Option<&str> {
        match self.get("cluster.name") {
            Some(_) => self.own_cluster_name(),
            None if self.is_managed() || self.is_open() => None,
            None if self.container.is_some() => Some("docker-cluster"),
            None => Some("elasticsearch"),
        }
    }

    /// `discovery.type: single-node`
    pub fn is_single_node(&self) -> bool {
        self.text("discovery.type").is_some_and(|kind| kind.text == "single-node")
    }

    /// Where a server listens: the specific setting wins over the general one.
    pub fn binding(&self, server: Server) -> Binding {
        let keys: [&[&str]; 2] = match server {
            Server::Http => [&["http.bind_host", "http.host", "network.bind_host", "network.host"], &[]],
            Server::Transport => [
                &["transport.bind_host", "transport.host", "network.bind_host", "network.host"],
                &["transport.publish_host", "transport.host", "network.publish_host", "network.host"],
            ],
        };
        let mut loopback = None;
        for setting in keys.iter().filter_map(|keys| self.first_of(*keys)) {
            if setting.is_open() {
                return Binding::Unknown;
            }
            for item in setting.items() {
                if !is_loopback(&item.text) {
                    return Binding::Reachable(item);
                }
                loopback.get_or_insert(item);
            }
        }
        match loopback {
            Some(item) => Binding::Loopback(item),
            None if self.is_managed() || self.is_open() => Binding::Unknown,
            None => match &self.container {
                Some(container) if container.official => Binding::Image,
                Some(_) => Binding::Unknown,
                None => Binding::Unset,
            },
        }
    }

    /// Is the transport bound to an address that others reach, so that the program takes itself for being in production?
    pub fn is_bound(&self) -> Option<bool> {
        *self.derived.bound.get_or_init(|| match self.binding(Server::Transport) {
            Binding::Reachable(_) | Binding::Image => Some(true),
            // 1.x listened on all interfaces by itself.
            Binding::Unset if self.release.is_stated() && self.release.is_before(2, 0) => Some(true),
            Binding::Loopback(_) | Binding::Unset => Some(false),
            Binding::Unknown => None,
        })
    }

    /// Are bootstrap checks errors: bound to a real address, and no single-node discovery?
    pub fn in_production(&self) -> bool {
        self.is_bound() == Some(true) && !self.is_single_node()
    }

    /// Is it visibly no production node: single-node discovery, loopback only, a test environment or an example?
    pub fn is_dev(&self, context: &Context<'_>) -> bool {
        self.is_single_node() || self.is_bound() == Some(false) || self.is_for_tests(context)
    }

    /// Does the path or `environment = "test"` say that this is no production node?
    pub fn is_for_tests(&self, context: &Context<'_>) -> bool {
        const DIRECTORIES: &[&str] =
            &["dev", "test", "ci", "example", "examples", "sample", "quickstart", "demo", "tests", "samples"];
        let directory = source::parent(context.path(self.file));
        context.facts.text(Fact::Environment) == Some("test")
            || directory.split('/').any(|part| DIRECTORIES.contains(&part))
    }

    /// `node.roles`, when it can be read.
    pub fn roles(&self) -> Option<Vec<Scalar>> {
        let setting = self.get("node.roles").filter(|setting| !setting.is_open())?;
        Some(setting.items())
    }

    /// May it become master? `None` when a placeholder decides.
    pub fn is_master_eligible(&self) -> Option<bool> {
        *self.derived.master_eligible.get_or_init(|| self.role(&["master", "cluster_manager"], "node.master"))
    }

    /// Does it hold data?
    pub fn is_data(&self) -> Option<bool> {
        *self.derived.data.get_or_init(|| match self.roles() {
            Some(roles) => Some(roles.iter().any(|role| role.text.starts_with("data"))),
            None => self.role(&["data"], "node.data"),
        })
    }

    fn role(&self, names: &[&str], legacy: &str) -> Option<bool> {
        if let Some(setting) = self.get("node.roles") {
            if setting.is_open() {
                return None;
            }
            return Some(setting.items().iter().any(|role| names.contains(&role.text.as_str())));
        }
        if self.is_open() && self.get(legacy).is_none() {
            return None;
        }
        match self.get(legacy) {
            Some(setting) => as_bool(setting, &self.release),
            None => Some(true),
        }
    }

    /// The roles that the legacy keys give, unset ones by default; `Some(None)` when that is every role, as it is without
    /// any key. `None` when one of them cannot be read.
    pub(crate) fn legacy_roles(&self) -> Option<Option<Vec<&'static str>>> {
        let said = |role: &str| match self.get(&format!("node.{role}")) {
            Some(setting) => as_bool(setting, &self.release).map(Some),
            None => Some(None),
        };
        let data = said("data")?.unwrap_or(true);
        let defaults = [("master", true), ("data", true), ("ingest", true), ("ml", !self.release.oss)];
        let defaults = defaults.into_iter().chain([("remote_cluster_client", true), ("transform", data)]);
        let mut all = true;
        let mut roles = Vec::new();
        for (role, default) in defaults {
            if said(role)?.unwrap_or(default) {
                roles.push(role);
            } else {
                all = false;
            }
        }
        if said("voting_only")? == Some(true) {
            roles.push("voting_only");
            all = false;
        }
        Some((!all).then_some(roles))
    }

    /// The list of seeds, as it is written.
    pub fn seed_setting(&self) -> Option<&Setting> {
        self.first_of(SEED_KEYS)
    }

    /// The seeds with their addresses, those of a `unicast_hosts.txt` that is read behind those of the setting; `None` when
    /// there is no list or a placeholder in it.
    pub fn seeds(&self) -> Option<&[Seed]> {
        let read = || {
            let setting = self.seed_setting();
            let file = self.read_seed_file();
            if setting.is_some_and(Setting::is_open) || (setting.is_none() && file.is_none()) {
                return None;
            }
            let listed = setting.map(Setting::items).unwrap_or_default();
            let listed = listed.into_iter().chain(file.into_iter().flat_map(|file| file.entries.iter().cloned()));
            Some(listed.map(Seed::new).collect())
        };
        self.derived.seeds.get_or_init(read).as_deref()
    }

    /// The `unicast_hosts.txt`, if it is here and the settings ask for it.
    pub fn read_seed_file(&self) -> Option<&SeedFile> {
        let asked = || self.first_of(PROVIDER_KEYS).is_some_and(|setting| setting.items().iter().any(is_file_provider));
        self.seed_file.as_deref().filter(|_| self.carrier == Carrier::SeedFile || asked())
    }

    /// Where the seeds are listed: the setting's value, else the entries of the file.
    pub fn seed_span(&self) -> Option<Span> {
        let setting = self.seed_setting().map(|setting| setting.value_span);
        setting.or_else(|| self.read_seed_file()?.span())
    }

    /// The seeds that are other machines: neither loopback nor wildcard.
    pub fn remote_seeds(&self) -> impl Iterator<Item = &Seed> {
        let seeds = self.seeds().unwrap_or_default().iter();
        seeds.filter(|seed| !seed.address.is_loopback() && !seed.address.is_wildcard())
    }

    /// Does something beside the lists that are here find the others: a provider, a cloud's API, an operator?
    pub fn has_dynamic_discovery(&self) -> bool {
        let elsewhere = |provider: &Scalar| !(is_file_provider(provider) && self.seed_file.is_some());
        self.is_managed()
            || self.first_of(PROVIDER_KEYS).is_some_and(|setting| setting.items().iter().any(elsewhere))
            || self.text("discovery.type").is_some_and(|kind| matches!(kind.text.as_str(), "ec2" | "gce" | "azure"))
    }

    /// The port of a server, when it is one number.
    pub fn port(&self, server: Server) -> Option<u16> {
        let keys: &[&str] = match server {
            Server::Http => &["http.port"],
            Server::Transport => &["transport.port", "transport.tcp.port"],
        };
        let setting = self.first_of(keys)?;
        setting.scalar()?.text.trim().parse().ok()
    }

    /// The addresses at which others reach its transport.
    pub fn addresses(&self) -> &[Spanned<Address>] {
        self.derived.addresses.get_or_init(|| {
            let keys = ["transport.publish_host", "network.publish_host", "transport.host", "network.host"];
            let Some(setting) = self.first_of(&keys).filter(|setting| !setting.is_open()) else { return Vec::new() };
            let items = setting.items().into_iter().filter(|item| !item.text.starts_with('_'));
            let own = items.map(|item| Spanned::new(Address::parse(&item.text), item.span));
            own.filter(|address| !address.value.is_wildcard() && !address.value.is_loopback()).collect()
        })
    }

    /// The options of its JVM.
    pub fn jvm_options(&self) -> JvmOptions<'_> {
        JvmOptions::new(&self.jvm, &self.release)
    }

    /// The memory it may use: the container's limit, else the fact.
    pub fn memory(&self, context: &Context<'_>) -> Option<(ByteSize, Option<Span>)> {
        match &self.memory {
            Some(limit) => Some((limit.value, Some(limit.span))),
            None => context.facts.size(Fact::Memory).map(|size| (size, None)),
        }
    }

    /// The JDKs it may run on, as stated or as its release says; empty when nobody knows.
    pub fn known_jdks(&self, context: &Context<'_>) -> Vec<u16> {
        match context.version("java") {
            // Up to 8 the version is written as 1.8.
            Some(version) if version.major == 1 => vec![u16::try_from(version.minor).unwrap_or(u16::MAX)],
            Some(version) => vec![u16::try_from(version.major).unwrap_or(u16::MAX)],
            None => self.release.jdks().to_vec(),
        }
    }

    /// Is the security of Elastic's own on? `None` when nobody can tell.
    pub fn security(&self) -> Option<bool> {
        match self.get("xpack.security.enabled") {
            Some(setting) => as_bool(setting, &self.release),
            None if self.release.is_from(8, 0) => Some(true),
            None if self.release.is_before(8, 0) => Some(false),
            None => None,
        }
    }
}

/// An entry of a list of seeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// As it is written.
    pub scalar: Scalar,
    /// The host.
    pub address: Address,
    /// The port, when it states one.
    pub port: Option<u16>,
    /// `http://` or the like stands in front, or a path behind.
    pub is_url: bool,
}

impl Seed {
    pub(crate) fn new(scalar: Scalar) -> Self {
        let text = scalar.text.as_str();
        let (without_scheme, is_url) = match text.split_once("://") {
            Some((_, rest)) => (rest, true),
            None => (text, text.contains('/')),
        };
        let host = without_scheme.split('/').next().unwrap_or(without_scheme);
        let (address, port) = Address::parse_with_port(host);
        Self { address, port, is_url, scalar }
    }

    /// The port it is dialled at.
    pub fn dialled_port(&self) -> u16 {
        self.port.unwrap_or(9300)
    }
}

/// `_local_`, `localhost`, `127.0.0.1`, `::1`: nobody else reaches it.
fn is_loopback(host: &str) -> bool {
    matches!(host, "_local_" | "_local:ipv4_" | "_local:ipv6_") || Address::parse(host).is_loopback()
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(label) = &self.label {
            map.serialize_entry("label", &label.value)?;
        }
        map.serialize_entry("carrier", &self.carrier)?;
        map.serialize_entry("release", &self.release)?;
        map.serialize_entry("settings", &self.documents.iter().map(|document| &**document).collect::<Vec<_>>())?;
        map.serialize_entry("jvm", &self.jvm.iter().map(|file| &**file).collect::<Vec<_>>())?;
        map.serialize_entry("master_eligible", &self.is_master_eligible())?;
        map.serialize_entry("data", &self.is_data())?;
        if self.count != 1 {
            map.serialize_entry("count", &self.count)?;
        }
        if let Some(memory) = &self.memory {
            map.serialize_entry("memory", &memory.value)?;
        }
        map.end()
    }
}
