//! The typed model: both sides of a configuration, which of them wins, and what that means.

use crate::address::HostPort;
use crate::hba::{self, HbaLine, has_placeholder};
use crate::parameter::{DcsOnly, switch};
use crate::timing::{Seconds, Timing};
use crate::{DYNAMIC, tables};
use confvet_core::{Address, Edit, FileId, Identity, Input, Span, Spanned, Version};
use confvet_yaml::{Dialect, Entry, Kind, Node, Value, Yaml};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;

/// One file of Patroni's.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Document {
    /// A patroni.yml, or a dynamic configuration by itself.
    Config(Box<Config>),
    /// A pg_hba.conf.
    Hba(HbaFile),
}

impl Document {
    /// The configuration, if it is one.
    pub fn config(&self) -> Option<&Config> {
        match self {
            Document::Config(config) => Some(config),
            Document::Hba(_) => None,
        }
    }

    /// The pg_hba lines that are in effect, whichever kind of file it is.
    pub fn effective_hba(&self) -> &[HbaLine] {
        match self {
            Document::Config(config) => config.hba().lines(),
            Document::Hba(file) => &file.lines,
        }
    }

    /// All pg_hba lists of the file, in effect or not.
    pub fn hba_lists(&self) -> Vec<&[HbaLine]> {
        match self {
            Document::Config(config) => config.hba_lists.iter().map(|list| list.lines.as_slice()).collect(),
            Document::Hba(file) => vec![&file.lines],
        }
    }

    /// PostgreSQL's major version, if it is known.
    pub fn postgresql(&self) -> Option<u16> {
        match self {
            Document::Config(config) => config.postgresql,
            Document::Hba(file) => file.postgresql,
        }
    }
}

/// A pg_hba.conf.
#[derive(Debug, Clone, serde::Serialize)]
pub struct HbaFile {
    /// Its lines, without comments.
    pub lines: Vec<HbaLine>,
    /// PostgreSQL's major version, if it is known.
    pub postgresql: Option<u16>,
}

impl HbaFile {
    pub(crate) fn read(input: &Input<'_>) -> Self {
        let postgresql = input.target.version("postgresql").and_then(major);
        Self { lines: hba::read_file(input.file, input.text(), postgresql), postgresql }
    }
}

fn major(version: &Version) -> Option<u16> {
    u16::try_from(version.major).ok()
}

/// One of the two sides on which PostgreSQL's settings may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// `bootstrap.dcs`, or the root of a dynamic configuration: what the store holds for all members.
    Dynamic,
    /// What only this member's file says.
    Local,
}

/// A key with its value, and the side it stands on.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The entry.
    pub entry: Entry<'a>,
    /// The side.
    pub side: Side,
}

impl<'a> Setting<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        self.entry.key.text().unwrap_or_default()
    }

    /// The value as PostgreSQL gets it; `None` for null, lists and mappings. YAML's booleans become `on` and `off`.
    pub fn text(&self) -> Option<&'a str> {
        match self.entry.value.value() {
            Value::Null | Value::Sequence | Value::Mapping => None,
            Value::Bool(true) => Some("on"),
            Value::Bool(false) => Some("off"),
            _ => self.entry.value.text(),
        }
    }

    /// Where the value stands.
    pub fn span(&self) -> Span {
        self.entry.value.span()
    }
}

/// Where a pg_hba list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// `postgresql.pg_hba`.
    Local,
    /// `bootstrap.dcs.postgresql.pg_hba`.
    Dynamic,
    /// `bootstrap.pg_hba`.
    Bootstrap,
}

/// A pg_hba list.
#[derive(Debug, Clone, serde::Serialize)]
pub struct HbaList {
    /// Where it stands.
    pub origin: Origin,
    /// Its key.
    #[serde(skip)]
    pub key_span: Span,
    /// The value is a list with at least one item.
    pub is_filled: bool,
    /// Its lines.
    pub lines: Vec<HbaLine>,
}

impl HbaList {
    /// Do both say the same, line by line?
    pub fn equals(&self, other: &HbaList) -> bool {
        self.lines.iter().map(|line| &line.text).eq(other.lines.iter().map(|line| &line.text))
    }

    /// The way to its key.
    pub fn path(&self) -> &'static str {
        match self.origin {
            Origin::Local => "postgresql.pg_hba",
            Origin::Dynamic => "bootstrap.dcs.postgresql.pg_hba",
            Origin::Bootstrap => "bootstrap.pg_hba",
        }
    }
}

/// What pg_hba.conf will hold.
#[derive(Debug, Clone, Copy)]
pub enum HbaInEffect<'a> {
    /// Exactly this list.
    Only(&'a HbaList),
    /// What initdb wrote, trust by default, and then this list.
    AfterInitdb(&'a HbaList),
    /// Only what initdb wrote.
    Initdb,
    /// Something this file does not say.
    Unknown,
}

impl<'a> HbaInEffect<'a> {
    /// The list in effect.
    pub fn list(self) -> Option<&'a HbaList> {
        match self {
            HbaInEffect::Only(list) | HbaInEffect::AfterInitdb(list) => Some(list),
            HbaInEffect::Initdb | HbaInEffect::Unknown => None,
        }
    }

    /// Its lines.
    pub fn lines(self) -> &'a [HbaLine] {
        self.list().map_or(&[], |list| &list.lines)
    }
}

/// `synchronous_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncMode {
    /// Commits wait for nobody. The default.
    Off,
    /// Commits wait for the synchronous standbys.
    On,
    /// Commits wait for a number of standbys; from Patroni 4.0.0 on, off before.
    Quorum,
}

/// The user that replicas stream with.
pub type ReplicationUser<'a> = Spanned<&'a str>;

/// A key that Patroni knows nowhere.
#[derive(Debug, Clone, Copy)]
pub struct UnknownKey<'a> {
    /// The section it stands in, with dots; the root is empty.
    pub section: &'static str,
    /// The key.
    pub key: Node<'a>,
    /// The key of this section that was probably meant.
    pub near: Option<&'static str>,
}

/// A patroni.yml, or a dynamic configuration by itself.
#[derive(Debug, Clone)]
pub struct Config {
    yaml: Yaml,
    /// The text before placeholders were filled in, where there were any.
    original: Option<Box<str>>,
    is_dynamic: bool,
    hba_lists: Vec<HbaList>,
    /// Patroni's version, if it is known.
    pub patroni: Option<Version>,
    /// PostgreSQL's major version: the target, or what the paths say.
    pub postgresql: Option<u16>,
}

/// Fills `{{ … }}` and `<% … %>` with letters, and lines of nothing but tags with blanks, so that YAML can be read and no
/// column moves.
fn without_placeholders(text: &str) -> Option<String> {
    if !text.contains("{{") && !text.contains("{%") && !text.contains("{#") && !text.contains("<%") {
        return None;
    }
    let mut filled = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let only_tag = |open: &str, close: &str| trimmed.starts_with(open) && trimmed.ends_with(close);
        if only_tag("{%", "%}") || only_tag("{#", "#}") || (only_tag("<%", "%>") && !trimmed.starts_with("<%=")) {
            filled.extend(line.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { byte as char } else { ' ' }));
            continue;
        }
        let mut rest = line;
        while let Some((start, length)) = next_placeholder(rest) {
            filled.push_str(&rest[..start]);
            filled.extend(std::iter::repeat_n('X', length));
            rest = &rest[start + length..];
        }
        filled.push_str(rest);
    }
    Some(filled)
}

fn next_placeholder(line: &str) -> Option<(usize, usize)> {
    [("{{", "}}"), ("{%", "%}"), ("<%", "%>")]
        .into_iter()
        .filter_map(|(open, close)| {
            let start = line.find(open)?;
            let length = line[start..].find(close)? + close.len();
            Some((start, length))
        })
        .min()
}

impl Config {
    pub(crate) fn read(input: &Input<'_>) -> Self {
        let text = input.text();
        let filled = without_placeholders(text);
        let original = filled.is_some().then(|| Box::from(text));
        let yaml = Yaml::parse(input.file, filled.as_deref().unwrap_or(text), Dialect::PyYaml);
        let mut config = Config {
            yaml,
            original,
            is_dynamic: input.kind == DYNAMIC,
            hba_lists: Vec::new(),
            patroni: input.target.version("patroni").cloned(),
            postgresql: input.target.version("postgresql").and_then(major),
        };
        if config.postgresql.is_none() {
            let path = |key: &str| config.local(key).and_then(confvet_yaml::Node::as_str);
            let paths = [path("postgresql.bin_dir"), path("postgresql.data_dir")];
            let found = paths.into_iter().flatten().find_map(version_in_path);
            config.postgresql = found;
        }
        config.hba_lists = config.read_hba_lists();
        config
    }

    fn read_hba_lists(&self) -> Vec<HbaList> {
        let lists = [
            (Origin::Local, self.local_entry("postgresql", "pg_hba")),
            (Origin::Dynamic, self.dynamic_entry("postgresql", "pg_hba")),
            (Origin::Bootstrap, self.local_entry("bootstrap", "pg_hba")),
        ];
        let read = |(origin, entry): (Origin, Option<Entry<'_>>)| {
            let entry = entry?;
            let is_filled = entry.value.items().len() > 0;
            let lines = entry.value.items().filter_map(|item| self.hba_line(item)).collect();
            Some(HbaList { origin, key_span: entry.key.span(), is_filled, lines })
        };
        lists.into_iter().filter_map(read).collect()
    }

    fn hba_line(&self, item: Node<'_>) -> Option<HbaLine> {
        let text = item.as_str()?;
        let whole = item.offset(0..text.len());
        let place = |range: Range<usize>| item.offset(range);
        // With a placeholder in it the line as written is what tells unknown words from known ones.
        let source = self.written(whole);
        let text = if self.original.is_some() && source.len() == text.len() { source } else { text };
        hba::read_line(text, item.span(), &place, self.postgresql)
    }

    /// The text under a span, with the placeholders as they are written.
    fn written(&self, span: Span) -> &str {
        let text = self.original.as_deref().unwrap_or(self.yaml.text());
        text.get(span.range()).unwrap_or_default()
    }

    /// The YAML tree. Placeholders of a template engine are filled with letters in it.
    pub fn yaml(&self) -> &Yaml {
        &self.yaml
    }

    /// Was the text a template, with placeholders that somebody fills in later?
    pub fn is_template(&self) -> bool {
        self.original.is_some()
    }

    /// Is it a dynamic configuration by itself, as `patronictl show-config` prints it?
    pub fn is_dynamic(&self) -> bool {
        self.is_dynamic
    }

    /// Does the value hold a placeholder, so that nothing can be said of it?
    pub fn is_unknown(&self, node: Node<'_>) -> bool {
        has_placeholder(self.written(node.span()))
    }

    /// The root, if it is a mapping.
    pub fn root(&self) -> Option<Node<'_>> {
        self.yaml.root().filter(|root| root.is_mapping())
    }

    /// The first key of the file, to point at where something is missing from the root.
    pub fn start(&self) -> Span {
        let first = self.root().and_then(|root| root.entry_at(0)).map(|entry| entry.key.span());
        first.or_else(|| self.yaml.root().map(Node::span)).unwrap_or(Span::new(self.yaml.file(), 0..0))
    }

    /// The file.
    pub fn file(&self) -> FileId {
        self.yaml.file()
    }

    /// A value of the local configuration, by a way with dots.
    pub fn local(&self, path: &str) -> Option<Node<'_>> {
        if self.is_dynamic { None } else { self.root()?.at_path(path.split('.')) }
    }

    /// An entry of a section of the local configuration; the root is the empty section.
    pub fn local_entry(&self, section: &str, key: &str) -> Option<Entry<'_>> {
        if self.is_dynamic {
            return None;
        }
        let root = self.root()?;
        let section = if section.is_empty() { root } else { root.at_path(section.split('.'))? };
        section.target().entry(key)
    }

    /// The dynamic configuration: `bootstrap.dcs`, or the root.
    pub fn dcs(&self) -> Option<Node<'_>> {
        if self.is_dynamic { self.root() } else { self.local("bootstrap.dcs") }
    }

    /// A value of the dynamic configuration, by a way with dots.
    pub fn dynamic(&self, path: &str) -> Option<Node<'_>> {
        self.dcs()?.at_path(path.split('.'))
    }

    /// An entry of a section of the dynamic configuration; its root is the empty section.
    pub fn dynamic_entry(&self, section: &str, key: &str) -> Option<Entry<'_>> {
        let dcs = self.dcs()?;
        let section = if section.is_empty() { dcs } else { dcs.at_path(section.split('.'))? };
        section.target().entry(key)
    }

    /// The way to a dynamic key, for messages.
    pub fn dynamic_path(&self, key: &str) -> String {
        if self.is_dynamic { key.to_owned() } else { format!("bootstrap.dcs.{key}") }
    }

    /// A text of the local configuration that is known.
    pub fn text(&self, path: &str) -> Option<Spanned<&str>> {
        let node = self.local(path).filter(|node| !self.is_unknown(*node))?;
        Some(Spanned::new(node.as_str()?, node.span()))
    }

    /// `scope`: the name of the cluster.
    pub fn scope(&self) -> Option<Spanned<&str>> {
        self.text("scope")
    }

    /// `name`: the name of the member.
    pub fn name(&self) -> Option<Spanned<&str>> {
        self.text("name").or_else(|| self.text("postgresql.name"))
    }

    /// Namespace and scope joined as Patroni joins them, without repeated slashes. Default namespace: `service`.
    pub fn cluster(&self) -> Option<Spanned<String>> {
        let scope = self.scope()?;
        let namespace = match self.local("namespace") {
            Some(node) if self.is_unknown(node) => return None,
            Some(node) => node.as_str().unwrap_or("service"),
            None => "service",
        };
        let parts = namespace.split('/').chain(scope.value.split('/')).filter(|part| !part.is_empty());
        let joined = parts.collect::<Vec<_>>().join("/");
        Some(Spanned::new(joined, scope.span))
    }

    /// The replication slot that belongs to a member's name.
    pub fn slot_name(member: &str) -> String {
        let mut slot = String::new();
        for c in member.to_lowercase().chars() {
            match c {
                'a'..='z' | '0'..='9' | '_' => slot.push(c),
                '-' | '.' => slot.push('_'),
                c => slot.push_str(&format!("u{:04}", u32::from(c))),
            }
        }
        slot.chars().take(63).collect()
    }

    /// ttl, loop_wait and retry_timeout, with their defaults.
    pub fn timing(&self) -> Timing {
        let seconds = |key: &str, default: i64| {
            let node = self.dynamic(key).filter(|node| !self.is_unknown(*node));
            match node.and_then(|node| python_int(node).map(|value| (value, node.span()))) {
                Some((value, span)) => Seconds { value, span: Some(span) },
                None => Seconds { value: default, span: None },
            }
        };
        Timing {
            ttl: seconds("ttl", 30),
            loop_wait: seconds("loop_wait", 10),
            retry_timeout: seconds("retry_timeout", 10),
        }
    }

    /// A switch of the dynamic configuration: YAML's booleans and the words on, true, yes, 1 and their opposites.
    pub fn dynamic_switch(&self, path: &str) -> Option<bool> {
        self.switch_value(self.dynamic(path)?)
    }

    /// The truth value of a node where Patroni takes its own words for it; `None` for anything else.
    pub fn switch_value(&self, node: Node<'_>) -> Option<bool> {
        match node.value() {
            Value::Bool(value) => Some(value),
            Value::Int(value) => switch(&value.to_string()),
            Value::Str(text) => switch(text),
            _ => None,
        }
    }

    /// The synchronous mode; `None` when a placeholder stands there.
    pub fn sync_mode(&self) -> Option<SyncMode> {
        let Some(node) = self.dynamic("synchronous_mode") else { return Some(SyncMode::Off) };
        if self.is_unknown(node) {
            return None;
        }
        let quorum = node.as_str().is_some_and(|text| text.eq_ignore_ascii_case("quorum"));
        if quorum {
            let old = self.patroni.as_ref().is_some_and(|version| *version < Version::new(4, 0, 0));
            return Some(if old { SyncMode::Off } else { SyncMode::Quorum });
        }
        Some(if self.switch_value(node) == Some(true) { SyncMode::On } else { SyncMode::Off })
    }

    /// Is the cluster the standby of another one?
    pub fn is_standby_cluster(&self) -> bool {
        let section = self.dynamic("standby_cluster");
        section.is_some_and(|section| {
            ["host", "port", "restore_command"].iter().any(|key| section.get(key).is_some_and(|node| !node.is_null()))
        })
    }

    /// The parameters of a side, as written.
    pub fn parameters(&self, side: Side) -> impl Iterator<Item = Setting<'_>> {
        let section = match side {
            Side::Dynamic => self.dynamic("postgresql.parameters"),
            Side::Local => self.local("postgresql.parameters"),
        };
        section.into_iter().flat_map(confvet_yaml::Node::entries).map(move |entry| Setting { entry, side })
    }

    /// The parameter of a side.
    pub fn parameter_of(&self, side: Side, name: &str) -> Option<Setting<'_>> {
        let entry = match side {
            Side::Dynamic => self.dynamic_entry("postgresql.parameters", name),
            Side::Local => self.local_entry("postgresql.parameters", name),
        };
        entry.map(|entry| Setting { entry, side })
    }

    /// The parameter that wins: the local one, except for those that Patroni takes only from the dynamic side.
    pub fn parameter(&self, name: &str) -> Option<Setting<'_>> {
        let local = if DcsOnly::find(name).is_some() { None } else { self.parameter_of(Side::Local, name) };
        local.or_else(|| self.parameter_of(Side::Dynamic, name))
    }

    /// Is a boolean parameter on? `None` when a placeholder or no boolean stands there.
    pub fn parameter_switch(&self, name: &str, default: bool) -> Option<bool> {
        let Some(setting) = self.parameter(name) else { return Some(default) };
        if self.is_unknown(setting.entry.value) {
            return None;
        }
        setting.text().map_or(Some(default), crate::parameter::boolean)
    }

    /// Does another file set parameters too (`custom_conf`), so that what is absent here may be present there?
    pub fn has_custom_conf(&self) -> bool {
        let local = self.local("postgresql.custom_conf");
        local.or_else(|| self.dynamic("postgresql.custom_conf")).is_some_and(|node| !node.is_null())
    }

    /// A key of the `postgresql` section: the local one wins as a whole, even when it is null.
    pub fn postgresql_key(&self, key: &str) -> Option<Setting<'_>> {
        let local = self.local_entry("postgresql", key).map(|entry| Setting { entry, side: Side::Local });
        local.or_else(|| self.dynamic_entry("postgresql", key).map(|entry| Setting { entry, side: Side::Dynamic }))
    }

    /// `use_pg_rewind`, where it is on.
    pub fn pg_rewind(&self) -> Option<Setting<'_>> {
        self.postgresql_key("use_pg_rewind").filter(|setting| self.switch_value(setting.entry.value) == Some(true))
    }

    /// `bootstrap.method`, where it is not initdb and has a command: the data directory comes from elsewhere.
    pub fn has_custom_bootstrap(&self) -> bool {
        let Some(method) = self.local("bootstrap.method").and_then(confvet_yaml::Node::as_str) else { return false };
        method != "initdb"
            && self
                .local("bootstrap")
                .and_then(|section| section.get(method))
                .is_some_and(|section| section.get("command").is_some_and(|command| !command.is_null()))
    }

    /// The DCS sections at the root.
    pub fn dcs_sections(&self) -> Vec<Entry<'_>> {
        let root = if self.is_dynamic { None } else { self.root() };
        let is_section = |entry: &Entry<'_>| entry.key.text().is_some_and(|key| DCS_SECTIONS.contains(&key));
        root.into_iter().flat_map(Node::entries).filter(is_section).collect()
    }

    /// The endpoints of the DCS section, host and port in lower case, sorted; empty where they are not known.
    pub fn dcs_endpoints(&self) -> Vec<String> {
        let sections = self.dcs_sections();
        let Some(section) = sections.first() else { return Vec::new() };
        let hosts = section.value.get("hosts").or_else(|| section.value.get("host"));
        let Some(hosts) = hosts.filter(|hosts| !self.is_unknown(*hosts)) else { return Vec::new() };
        let texts: Vec<&str> = match hosts.as_str() {
            Some(text) => crate::address::parts(text).map(|(_, part)| part).collect(),
            None => hosts.items().filter_map(Node::as_str).collect(),
        };
        let mut endpoints: Vec<String> = texts.into_iter().map(str::to_ascii_lowercase).collect();
        endpoints.sort_unstable();
        endpoints.dedup();
        endpoints
    }

    /// Does a member ask the store through its own machine: an endpoint is loopback, or has the member's own address?
    pub fn uses_own_store(&self) -> bool {
        let own = self.address("postgresql.connect_address").and_then(|address| address.value.hosts().next());
        self.dcs_endpoints().iter().any(|endpoint| {
            let (host, _) = Address::parse_with_port(endpoint);
            host.is_loopback() || own.as_ref() == Some(&host)
        })
    }

    /// Are all endpoints of the store loopback: an agent or a proxy on this machine?
    pub fn asks_loopback_store(&self) -> bool {
        let endpoints = self.dcs_endpoints();
        let is_loopback = |endpoint: &String| Address::parse_with_port(endpoint).0.is_loopback();
        !endpoints.is_empty() && endpoints.iter().all(is_loopback)
    }

    /// May environment variables complete the file: it has placeholders, or a comment names `PATRONI_…`?
    pub fn may_be_completed(&self) -> bool {
        let text = self.original.as_deref().unwrap_or(self.yaml.text());
        self.is_template() || text.contains("PATRONI_") || text.contains("${")
    }

    /// The file holds what it takes to start a cluster: it is a local configuration with `bootstrap.dcs`.
    pub fn can_bootstrap(&self) -> bool {
        !self.is_dynamic && self.dcs().is_some_and(|dcs| !dcs.is_null())
    }

    /// The pg_hba lists of the file.
    pub fn hba_lists(&self) -> &[HbaList] {
        &self.hba_lists
    }

    /// The list at a place.
    pub fn hba_list(&self, origin: Origin) -> Option<&HbaList> {
        self.hba_lists.iter().find(|list| list.origin == origin)
    }

    /// What pg_hba.conf will hold. A local key that is present wins, even when it is null or empty.
    pub fn hba(&self) -> HbaInEffect<'_> {
        let local = self.hba_list(Origin::Local);
        let own_file = self.parameter("hba_file").is_some();
        let managed = local.or_else(|| self.hba_list(Origin::Dynamic)).filter(|list| list.is_filled);
        if own_file {
            return HbaInEffect::Unknown;
        }
        if let Some(list) = managed {
            return HbaInEffect::Only(list);
        }
        if self.has_custom_bootstrap() || !self.can_bootstrap() || self.has_config_dir() {
            return HbaInEffect::Unknown;
        }
        match self.hba_list(Origin::Bootstrap).filter(|list| list.is_filled) {
            Some(list) => HbaInEffect::AfterInitdb(list),
            None => HbaInEffect::Initdb,
        }
    }

    /// `config_dir` is another folder than `data_dir`.
    pub fn has_config_dir(&self) -> bool {
        let text = |path| self.local(path).and_then(confvet_yaml::Node::as_str);
        text("postgresql.config_dir").is_some_and(|dir| text("postgresql.data_dir") != Some(dir))
    }

    /// The user that replicas stream with.
    pub fn replication_user(&self) -> Option<ReplicationUser<'_>> {
        self.user("replication")
    }

    /// The user Patroni itself logs in with.
    pub fn superuser(&self) -> Option<Spanned<&str>> {
        self.user("superuser")
    }

    /// The name of a user; Patroni still reads the layout before 1.0, which has no `authentication`.
    fn user(&self, user: &str) -> Option<Spanned<&str>> {
        let section =
            if self.local("postgresql.authentication").is_some() { "postgresql.authentication" } else { "postgresql" };
        self.text(&format!("{section}.{user}.username"))
    }

    /// The database Patroni connects to. Default `postgres`.
    pub fn database(&self) -> &str {
        self.text("postgresql.database").map_or("postgres", |database| database.value)
    }

    /// An address of the local configuration, split at its last colon.
    pub fn address(&self, path: &str) -> Option<Spanned<HostPort<'_>>> {
        Some(self.text(path)?.map(HostPort::split))
    }

    /// Are all addresses of the file loopback ones: a demo on one machine?
    pub fn is_demo(&self) -> bool {
        let paths = ["restapi.listen", "restapi.connect_address", "postgresql.listen", "postgresql.connect_address"];
        let mut addresses =
            paths.iter().filter_map(|path| self.address(path)).flat_map(|at| at.value.hosts()).peekable();
        addresses.peek().is_some() && addresses.all(|address| address.is_loopback())
    }

    /// From where Patroni connects to its own PostgreSQL over TCP: either of these addresses. Empty when it uses the
    /// socket, or when it cannot be said.
    pub fn own_client_addresses(&self) -> Vec<IpAddr> {
        let loopback = || vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
        let Some(listen) = self.address("postgresql.listen") else { return Vec::new() };
        let hosts: Vec<&str> = listen.value.host.split(',').map(str::trim).collect();
        for host in &hosts {
            match *host {
                "*" | "localhost" => return loopback(),
                "0.0.0.0" | "127.0.0.1" => return vec![IpAddr::from([127, 0, 0, 1])],
                _ => {}
            }
        }
        match hosts.first().map(|host| Address::parse(host)) {
            Some(Address::Ip(ip)) => vec![ip],
            _ => Vec::new(),
        }
    }

    /// Does Patroni reach its own PostgreSQL through the Unix socket?
    pub fn uses_socket(&self) -> bool {
        self.postgresql_key("use_unix_socket").is_some_and(|setting| setting.entry.value.value() == Value::Bool(true))
    }

    /// Is a tag on? Any non-empty text is, also `"false"`.
    pub fn tag_is_on(&self, tag: &str) -> bool {
        let Some(node) = self.local("tags").and_then(|tags| tags.get(tag)) else { return false };
        match node.value() {
            Value::Bool(value) => value,
            Value::Int(value) => value != 0,
            Value::Str(text) => !text.is_empty(),
            _ => false,
        }
    }

    /// A tag's whole number.
    pub fn tag_number(&self, tag: &str) -> Option<i64> {
        python_int(self.local("tags")?.get(tag)?)
    }

    /// May the member become the leader?
    pub fn may_lead(&self) -> bool {
        let priority = self.tag_number("failover_priority");
        match self.local("tags").and_then(|tags| tags.get("nofailover")) {
            Some(node) if !node.is_null() => !self.tag_is_on("nofailover"),
            _ => priority.is_none_or(|priority| priority > 0),
        }
    }

    /// May commits wait for the member? `nofailover` alone does not forbid it.
    pub fn may_be_synchronous(&self) -> bool {
        let excluded = match self.local("tags").and_then(|tags| tags.get("nosync")) {
            Some(node) if !node.is_null() => self.tag_is_on("nosync"),
            _ => self.tag_number("sync_priority").is_some_and(|priority| priority <= 0),
        };
        !excluded && self.local("tags.nostream").and_then(confvet_yaml::Node::as_bool) != Some(true)
    }

    /// Pairs of entries with the same key in one mapping, keys from `<<` not counted: the lost one and the one that counts.
    pub fn duplicates(&self) -> Vec<(Entry<'_>, Entry<'_>)> {
        let mut todo: Vec<Node<'_>> = self.root().into_iter().collect();
        let mut found = Vec::new();
        while let Some(node) = todo.pop() {
            todo.extend(node.items().filter(|item| !item.is_alias()));
            let mut seen: HashMap<String, Entry<'_>> = HashMap::new();
            for entry in node.entries().filter(|entry| !entry.is_merge()) {
                let key = match entry.key.value() {
                    Value::Str(text) => format!("\"{text}"),
                    value => format!("{value:?}"),
                };
                if let Some(first) = seen.insert(key, entry) {
                    found.push((first, entry));
                }
                if !entry.value.is_alias() {
                    todo.push(entry.value);
                }
            }
        }
        found.sort_by_key(|(_, second)| second.key.span());
        found
    }

    /// Keys of closed sections that Patroni knows nowhere.
    pub fn unknown_keys(&self) -> Vec<UnknownKey<'_>> {
        const LOCAL: &[&str] =
            &["restapi", "log", "ctl", "watchdog", "bootstrap", "postgresql", "etcd", "etcd3", "consul"];
        let mut sections: Vec<(&'static str, Node<'_>)> = Vec::new();
        sections.extend(self.root().filter(|_| !self.is_dynamic).map(|root| ("", root)));
        sections.extend(LOCAL.iter().filter_map(|&section| Some((section, self.local(section)?))));
        sections.extend(self.dcs().map(|dcs| ("bootstrap.dcs", dcs)));
        let mut unknown = Vec::new();
        for (section, node) in sections {
            for entry in node.entries().filter(|entry| !entry.is_merge()) {
                let Some(key) = entry.key.text() else { continue };
                if tables::is_known(section, key) || self.is_unknown(entry.key) {
                    continue;
                }
                let has_mark = key.starts_with("x-") || key.starts_with('.') || entry.value.anchor().is_some();
                // Sections of methods have names of one's own choice, and parameters are another rule's.
                let is_method = entry.value.is_mapping() && matches!(section, "bootstrap" | "postgresql");
                let is_elsewhere = tables::is_known_anywhere(key) || crate::parameter::Parameter::exists(key);
                if section.is_empty() && has_mark || is_method || is_elsewhere {
                    continue;
                }
                let near = confvet_core::did_you_mean(key, tables::keys_of(section));
                unknown.push(UnknownKey { section, key: entry.key, near });
            }
        }
        unknown
    }

    /// Where the dynamic configuration first differs from another one: `None` if nowhere, `Some(None)` where a key of the
    /// other is missing here.
    pub fn first_dynamic_difference(&self, other: &Config) -> Option<Option<Span>> {
        let read = |config: &Config| -> HashMap<String, (String, Span)> {
            let leaves = config.dcs().into_iter().flat_map(Node::leaves);
            let mut index = 0_usize;
            leaves
                .map(|leaf| {
                    // Items of lists have one path in common: their order tells them apart.
                    index = if leaf.indexes.is_empty() { 0 } else { index + 1 };
                    let path = format!("{} {index}", leaf.path);
                    (path, (leaf.value.text().unwrap_or_default().to_owned(), leaf.value.span()))
                })
                .collect()
        };
        let (here, there) = (read(self), read(other));
        let changed = here.iter().filter(|(path, (text, _))| there.get(*path).is_none_or(|(other, _)| other != text));
        let first = changed.map(|(_, (_, span))| *span).min();
        if first.is_some() {
            return Some(first);
        }
        there.keys().any(|path| !here.contains_key(path)).then_some(None)
    }

    /// Puts a plain scalar in quotes as it is written.
    pub fn quoted(&self, node: Node<'_>) -> Option<Edit> {
        let text = node.text().filter(|text| !node.is_quoted() && !text.contains(['"', '\\', '\n']))?;
        (!node.is_alias()).then(|| Edit::replace(node.offset(0..text.len()), format!("\"{text}\"")))
    }

    /// Puts the value on a line that YAML cannot read in quotes, where it starts with a character that is no start of a
    /// text: `*:8008`, `[::1]:8008`, `@abc`.
    pub fn quote_value_at(&self, span: Span) -> Option<Edit> {
        let text = self.yaml.text();
        let start = text.get(..span.range().start)?.rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next()?;
        let value = line.find(": ").map(|at| at + 2).or_else(|| line.find("- ").map(|at| at + 2))?;
        let value = value + line[value..].len() - line[value..].trim_start().len();
        let end = line.find(" #").unwrap_or(line.len());
        let written = line.get(value..end)?.trim_end();
        let address = written.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let is_address = address.is_some_and(|(ip, rest)| {
            ip.parse::<std::net::Ipv6Addr>().is_ok()
                && rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
        });
        let reserved = written.starts_with(['*', '@', '%', '`']) && !written.contains(['"', '\\', '{', '}', ',']);
        let at = start + value;
        (is_address || reserved)
            .then(|| Edit::replace(Span::new(self.yaml.file(), at..at + written.len()), format!("\"{written}\"")))
    }

    /// Indents an entry by two columns, where the entries above it up to a key without a value have all slipped out of
    /// that key's section.
    pub fn indent_below(&self, entry: Entry<'_>, section: &str) -> Vec<Edit> {
        let Some(parent) = entry.key.parent().filter(|parent| parent.kind() == Kind::Mapping { flow: false }) else {
            return Vec::new();
        };
        let start = entry.key.span().start;
        let (mut low, mut high) = (0, parent.entries().len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let before = parent.entry_at(middle).is_some_and(|other| other.key.span().start < start);
            (low, high) = if before { (middle + 1, high) } else { (low, middle) };
        }
        let above = low.checked_sub(1).and_then(|index| parent.entry_at(index));
        let directly = above.is_some_and(|above| above.key.text() == Some(section) && above.value.is_empty());
        let text = self.yaml.text();
        let range = entry.span().range();
        let Some(before) = text.get(..range.start) else { return Vec::new() };
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        if !directly || !before[start..].bytes().all(|byte| byte == b' ') {
            return Vec::new();
        }
        let mut at = start;
        let mut edits = Vec::new();
        for line in text[start..range.end].split_inclusive('\n') {
            if !line.trim().is_empty() {
                edits.push(Edit::insert_before(Span::new(self.yaml.file(), at..at), "  "));
            }
            at += line.len();
        }
        edits
    }

    /// Is the key known at a place? Sections are written with dots; the root is empty.
    pub fn knows(section: &str, key: &str) -> bool {
        tables::is_known(section, key)
    }

    /// Where secrets stand.
    pub(crate) fn secrets(&self) -> Vec<Span> {
        const SECRET: &[&str] = &["password", "token", "sslpassword", "key_password", "keyfile_password"];
        let Some(root) = self.root() else { return Vec::new() };
        let mut todo: Vec<Node<'_>> = vec![root];
        let mut secrets = Vec::new();
        while let Some(node) = todo.pop() {
            todo.extend(node.items().filter(|item| !item.is_alias()));
            for entry in node.entries() {
                let is_secret = entry.key.text().is_some_and(|key| SECRET.contains(&key));
                if is_secret && entry.value.text().is_some() && !entry.value.is_empty() {
                    secrets.push(entry.value.content_span());
                } else if !entry.value.is_alias() {
                    todo.push(entry.value);
                }
            }
        }
        secrets.extend(self.hba_lists.iter().flat_map(|list| &list.lines).flat_map(|line| &line.secrets));
        secrets.sort_unstable();
        secrets
    }

    pub(crate) fn identity(&self) -> Identity {
        let address = |path: &str| {
            let address = self.address(path)?;
            let host = address.value.hosts().next()?;
            Some(Spanned::new(host, address.span))
        };
        let addresses = [address("postgresql.connect_address"), address("restapi.connect_address")];
        Identity {
            cluster: self.cluster(),
            member: self.name().map(|name| name.map(str::to_owned)),
            addresses: addresses.into_iter().flatten().collect(),
            hints: Vec::new(),
        }
    }
}

/// The stores Patroni can use, in the order in which it tries them.
pub(crate) const DCS_SECTIONS: &[&str] = &["consul", "etcd", "etcd3", "exhibitor", "kubernetes", "raft", "zookeeper"];

/// The major version of PostgreSQL in a path of a distribution.
fn version_in_path(path: &str) -> Option<u16> {
    let after = |mark: &str| {
        let rest = &path[path.find(mark)? + mark.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    let before = || {
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if part.len() == 2 && matches!(parts.peek(), Some(&"main" | &"data")) {
                return part.parse().ok();
            }
        }
        None
    };
    let found: Option<u16> =
        after("/postgresql/").or_else(|| after("/pgsql-")).or_else(|| after("/pgsql/")).or_else(before);
    found.filter(|major| (9..40).contains(major))
}

/// A number as Python's `int()` reads it: numbers, and texts of digits with a sign and single underscores.
pub(crate) fn python_int(node: Node<'_>) -> Option<i64> {
    match node.value() {
        Value::Int(value) => i64::try_from(value).ok(),
        Value::Bool(value) => Some(i64::from(value)),
        #[expect(clippy::cast_possible_truncation, reason = "int() cuts the fraction too")]
        Value::Float(value) if value.abs() < 1e15 => Some(value as i64),
        Value::Str(text) => {
            let digits = text.trim();
            let single = !digits.contains("__") && !digits.starts_with('_') && !digits.ends_with('_');
            if single { digits.replace('_', "").parse().ok() } else { None }
        }
        _ => None,
    }
}

impl Serialize for Config {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut state = serializer.serialize_struct("Config", 8)?;
        state.serialize_field("scope", &self.scope())?;
        state.serialize_field("name", &self.name())?;
        state.serialize_field("cluster", &self.cluster())?;
        state.serialize_field("is_dynamic", &self.is_dynamic)?;
        state.serialize_field("timing", &self.timing())?;
        state.serialize_field("synchronous_mode", &self.sync_mode())?;
        let sections: Vec<&str> = self.dcs_sections().iter().filter_map(|entry| entry.key.text()).collect();
        state.serialize_field("dcs", &sections)?;
        state.serialize_field("pg_hba", &self.hba_lists)?;
        state.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn a_local_list_wins_even_when_it_is_empty() {
        let text = "scope: a\nbootstrap:\n  dcs:\n    postgresql:\n      pg_hba: [local all all peer]\n";
        let config = parse(text).model;
        assert!(matches!(config.hba(), HbaInEffect::Only(list) if list.origin == Origin::Dynamic));
        let config = parse(&format!("{text}postgresql:\n  pg_hba:\n")).model;
        assert!(matches!(config.hba(), HbaInEffect::Initdb));
    }

    #[test]
    fn dcs_only_parameters_come_from_the_dynamic_side() {
        let text = "bootstrap: {dcs: {postgresql: {parameters: {max_connections: 50, work_mem: 8MB}}}}\n\
                    postgresql: {parameters: {max_connections: 300, work_mem: 16MB}}\n";
        let config = parse(text).model;
        assert_eq!(config.parameter("max_connections").unwrap().text(), Some("50"));
        assert_eq!(config.parameter("work_mem").unwrap().text(), Some("16MB"));
    }

    #[test]
    fn clusters_and_slots_are_named_as_patroni_names_them() {
        let config = parse("scope: main\nnamespace: //db/\n").model;
        assert_eq!(config.cluster().unwrap().value, "db/main");
        assert_eq!(Config::slot_name("Node-1.a b"), "node_1_au0032b");
    }

    #[test]
    fn placeholders_keep_their_columns() {
        let config = parse("scope: {{ cluster }}\nname: a\n").model;
        assert!(config.scope().is_none());
        assert_eq!(config.name().unwrap().value, "a");
        assert!(config.is_unknown(config.local("scope").unwrap()));
    }

    #[test]
    fn secrets_are_found_and_never_serialised() {
        let text = "scope: a\npostgresql: {authentication: {replication: {username: r, password: hush}}}\n";
        let parsed = parse(text);
        assert_eq!(parsed.secrets.iter().map(|span| &text[span.range()]).collect::<Vec<_>>(), ["hush"]);
        assert!(!serde_json::to_string(&parsed.model).unwrap().contains("hush"));
    }

    #[test]
    fn versions_are_read_from_paths() {
        assert_eq!(version_in_path("/usr/lib/postgresql/15/bin"), Some(15));
        assert_eq!(version_in_path("/usr/pgsql-13/bin"), Some(13));
        assert_eq!(version_in_path("/var/lib/pgsql/16/data"), Some(16));
        assert_eq!(version_in_path("/srv/14/main"), Some(14));
        assert_eq!(version_in_path("/pg"), None);
    }
}
