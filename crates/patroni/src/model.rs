//! The typed model: both sides of a configuration, which of them wins, and what that means.

use crate::address::HostPort;
use crate::conf::{ConfFile, ConfLine};
use crate::hba::{self, FILLER, HbaLine, has_placeholder};
use crate::index::{Index, Path};
use crate::parameter::{DcsOnly, switch};
use crate::timing::{Failover, Seconds, Timing};
use crate::validate::{self, Refusal};
use crate::{directory, tables};
use confvet_core::{Address, Category, Context, Edit, FileId, Identity, Input, Map, Span, Spanned, Version};
use confvet_yaml::{Dialect, Entry, Kind, Node, Style, Value, Yaml};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

pub(crate) fn major(version: &Version) -> Option<u16> {
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

/// Where a setting is written.
#[derive(Debug, Clone, Copy)]
enum Written<'a> {
    Entry(Entry<'a>),
    Line(&'a ConfLine),
}

/// A key with its value, and the side it stands on.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    written: Written<'a>,
    /// The side; a line of postgresql.conf is local.
    pub side: Side,
}

impl<'a> Setting<'a> {
    fn of_entry(entry: Entry<'a>, side: Side) -> Self {
        Setting { written: Written::Entry(entry), side }
    }

    pub(crate) fn of_line(line: &'a ConfLine) -> Self {
        Setting { written: Written::Line(line), side: Side::Local }
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        match self.written {
            Written::Entry(entry) => entry.key.text().unwrap_or_default(),
            Written::Line(line) => &line.name.value,
        }
    }

    /// The value as PostgreSQL gets it; `None` for null, lists and mappings. YAML's booleans become `on` and `off`.
    pub fn text(&self) -> Option<&'a str> {
        let node = match self.written {
            Written::Entry(entry) => entry.value,
            Written::Line(line) => return Some(&line.value.value),
        };
        match node.value() {
            Value::Null | Value::Sequence | Value::Mapping => None,
            Value::Bool(true) => Some("on"),
            Value::Bool(false) => Some("off"),
            _ => node.text(),
        }
    }

    /// The value's node, where it stands in YAML.
    pub fn node(&self) -> Option<Node<'a>> {
        match self.written {
            Written::Entry(entry) => Some(entry.value),
            Written::Line(_) => None,
        }
    }

    /// The entry, where it stands in YAML.
    pub fn entry(&self) -> Option<Entry<'a>> {
        match self.written {
            Written::Entry(entry) => Some(entry),
            Written::Line(_) => None,
        }
    }

    /// Where the value stands.
    pub fn span(&self) -> Span {
        match self.written {
            Written::Entry(entry) => entry.value.span(),
            Written::Line(line) => line.value.span,
        }
    }

    /// Where the name stands.
    pub fn key_span(&self) -> Span {
        match self.written {
            Written::Entry(entry) => entry.key.span(),
            Written::Line(line) => line.name.span,
        }
    }

    /// Takes the setting out; `None` where the layout makes that unsure.
    pub fn delete(&self) -> Option<Edit> {
        match self.written {
            Written::Entry(entry) => entry.delete(),
            Written::Line(line) => Some(line.delete()),
        }
    }

    /// Another value, written as the place wants it: postgresql.conf wants quotes around anything but plain words.
    pub fn in_quotes(&self, value: &str) -> String {
        let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if matches!(self.written, Written::Line(_)) && !plain { format!("'{value}'") } else { value.to_owned() }
    }

    /// Does the value hold a placeholder, so that nothing can be said of it?
    pub fn is_unknown(&self) -> bool {
        match self.written {
            Written::Entry(entry) => has_placeholder(entry.value.source()),
            Written::Line(line) => has_placeholder(&line.value.value),
        }
    }

    /// Is it a `<<` that brings others here?
    pub fn is_merge(&self) -> bool {
        matches!(self.written, Written::Entry(entry) if entry.is_merge())
    }
}

/// Where PostgreSQL's parameters are set: a patroni.yml, or a postgresql.conf.
#[derive(Debug, Clone, Copy)]
pub enum Parameters<'a> {
    /// Both sides of a patroni.yml.
    Config(&'a Config),
    /// A postgresql.conf with its includes.
    Conf(&'a ConfFile),
}

impl<'a> Parameters<'a> {
    /// What a document sets; `None` for a pg_hba.conf and the like.
    pub fn of(document: &'a crate::Document) -> Option<Self> {
        match document {
            crate::Document::Config(config) => Some(Parameters::Config(config)),
            crate::Document::Conf(file) => Some(Parameters::Conf(file)),
            _ => None,
        }
    }

    /// Everything that is set, in the order in which it is read.
    pub fn all(self) -> Vec<Setting<'a>> {
        match self {
            Parameters::Config(config) => {
                config.parameters(Side::Dynamic).chain(config.parameters(Side::Local)).collect()
            }
            Parameters::Conf(file) => file.lines.iter().map(Setting::of_line).collect(),
        }
    }

    /// The setting that wins.
    pub fn get(self, name: &str) -> Option<Setting<'a>> {
        match self {
            Parameters::Config(config) => config.parameter(name),
            Parameters::Conf(file) => file.setting(name).map(Setting::of_line),
        }
    }

    /// May a file that is not here set what is absent here?
    pub fn is_open(self) -> bool {
        match self {
            Parameters::Config(config) => config.has_custom_conf(),
            Parameters::Conf(file) => file.is_open,
        }
    }

    /// PostgreSQL's major version, if it is known.
    pub fn postgresql(self) -> Option<u16> {
        match self {
            Parameters::Config(config) => config.postgresql,
            Parameters::Conf(file) => file.postgresql,
        }
    }

    /// Patroni's synchronous mode; a postgresql.conf says nothing of it.
    pub fn sync_mode(self) -> Option<SyncMode> {
        match self {
            Parameters::Config(config) => config.sync_mode(),
            Parameters::Conf(_) => None,
        }
    }

    /// The configuration, where it is one.
    pub fn config(self) -> Option<&'a Config> {
        match self {
            Parameters::Config(config) => Some(config),
            Parameters::Conf(_) => None,
        }
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
    /// `pg_hba_primary` and the like: the whole list while the member has that role (4.2.0).
    Role(&'static str),
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
            Origin::Role(key) => key,
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

/// What completes a file that does not hold everything by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Completion {
    /// Nothing: the file is all there is.
    Nothing,
    /// `PATRONI_…` variables: it has placeholders, a comment names them, or it lies in a manifest of containers.
    Environment,
    /// Spilo's own configuration, into which this one is merged.
    Spilo,
}

/// Which list of pg_hba lines is in effect, as an index into the lists.
#[derive(Debug, Clone, Copy)]
enum Effective {
    Only(usize),
    AfterInitdb(usize),
    Initdb,
    Unknown,
}

/// A patroni.yml, or a dynamic configuration by itself.
#[derive(Debug, Clone)]
pub struct Config {
    file: FileId,
    /// The file, among the others of its directory, if Patroni merges them; later ones win.
    layers: Vec<Layer>,
    index: Index,
    is_dynamic: bool,
    cluster: Option<Spanned<String>>,
    hba_lists: Vec<HbaList>,
    hba_in_effect: Effective,
    refusals: Vec<Refusal>,
    /// The keys that variables beside the file set, sorted.
    overridden: Vec<&'static str>,
    /// What completes the file.
    pub completion: Completion,
    /// Patroni's version, if it is known.
    pub patroni: Option<Version>,
    /// PostgreSQL's major version: the target, or what the paths say.
    pub postgresql: Option<u16>,
}

/// A key that a variable sets, and the value, where that is plain.
pub(crate) type Override<'a> = (&'static str, Option<&'a str>);

/// One file of a configuration.
#[derive(Debug, Clone)]
struct Layer {
    yaml: Yaml,
    /// The text before placeholders were filled in, where there were any.
    original: Option<Box<str>>,
    /// Could a value hold a placeholder? Few files have any, and asking each value takes time.
    has_placeholders: bool,
}

impl Layer {
    fn read(file: FileId, text: &str) -> Self {
        let filled = without_placeholders(text);
        let original = filled.is_some().then(|| Box::from(text));
        let has_placeholders = original.is_some() || has_placeholder(text);
        let yaml = Yaml::parse(file, filled.as_deref().unwrap_or(text), Dialect::PyYaml);
        Layer { yaml, original, has_placeholders }
    }

    fn written(&self) -> &str {
        self.original.as_deref().unwrap_or(self.yaml.text())
    }

    fn root(&self) -> Option<Node<'_>> {
        self.yaml.root().filter(|root| root.is_mapping())
    }
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
            // As many bytes as before: the filler has three, and no placeholder is shorter than its brackets.
            filled.push(FILLER);
            filled.extend(std::iter::repeat_n('X', length - FILLER.len_utf8()));
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
    /// Reads a configuration from a text that stands in the input's file. Where the file is one of a directory that
    /// Patroni merges, the others are read too; all files that were read are returned.
    pub(crate) fn read(input: &Input<'_>, text: &str, is_dynamic: bool) -> (Self, Vec<FileId>) {
        let own = Layer::read(input.file, text);
        // A part of a file is alone, whatever lies beside the file.
        let whole = !is_dynamic && std::ptr::eq(text, input.text());
        let mut files = if whole { directory::files(input, &own.yaml) } else { Vec::new() };
        if files.is_empty() {
            files.push(input.file);
        }
        let other = |file: &FileId| Layer::read(*file, input.sources.get(*file).text());
        let before = files.iter().take_while(|file| **file != input.file).map(other);
        let mut layers: Vec<Layer> = before.collect();
        layers.push(own);
        layers.extend(files.iter().skip_while(|file| **file != input.file).skip(1).map(other));
        let mut index = Index::default();
        for (number, root) in (0..).zip(&layers).filter_map(|(number, layer)| Some((number, layer.root()?))) {
            index.add(number, root);
        }
        let completed = layers.iter().any(|layer| {
            let text = layer.written();
            layer.original.is_some() || text.contains("PATRONI_") || text.contains("${")
        });
        files.retain(|file| *file != input.file);
        files.insert(0, input.file);
        let mut config = Config {
            file: input.file,
            layers,
            index,
            is_dynamic,
            cluster: None,
            hba_lists: Vec::new(),
            hba_in_effect: Effective::Unknown,
            refusals: Vec::new(),
            overridden: Vec::new(),
            completion: if completed { Completion::Environment } else { Completion::Nothing },
            patroni: input.target.version("patroni").cloned(),
            postgresql: input.target.version("postgresql").and_then(major),
        };
        let overridden = if whole { directory::overridden(input) } else { Vec::new() };
        if config.postgresql.is_none() {
            let in_effect = |key: &str| config.local(key).filter(|_| overridden.iter().all(|(other, _)| *other != key));
            let path = |key: &str| in_effect(key).and_then(confvet_yaml::Node::as_str);
            let paths = [path("postgresql.bin_dir"), path("postgresql.data_dir")];
            let found = paths.into_iter().flatten().find_map(version_in_path);
            config.postgresql = found;
        }
        // The files of variables are not among the files that were read: they are checked by themselves.
        config.override_with(overridden);
        (config, files)
    }

    /// Takes away what variables override with another value: the file does not say then what is in effect. A variable that says
    /// where a store is makes a section of its own, so that what the file says of stores may not count at all.
    pub(crate) fn override_with(&mut self, mut set: Vec<Override<'_>>) {
        if self.is_dynamic {
            set.clear();
        }
        set.sort_unstable();
        set.dedup();
        for (key, value) in &set {
            let is_other = |node: Node<'_>| value.is_none() || node.as_str() != *value;
            if self.local(key).is_some_and(is_other) {
                self.index.remove(Path::ROOT.below(key));
            }
        }
        self.overridden = set.into_iter().map(|(key, _)| key).collect();
        self.overridden.dedup();
        if self.overridden.iter().any(|key| says_where_a_store_is(key)) {
            for section in DCS_SECTIONS {
                self.index.remove(Path::ROOT.below(section));
            }
        }
        self.cluster = self.read_cluster();
        self.hba_lists = self.read_hba_lists();
        self.hba_in_effect = self.find_hba_in_effect();
        self.refusals = validate::refusals(self);
    }

    /// Does a variable set the key, whatever the file says?
    pub fn is_overridden(&self, path: &str) -> bool {
        self.overridden.binary_search(&path).is_ok()
    }

    /// Does a variable set a key of the section?
    pub fn is_overridden_below(&self, section: &str) -> bool {
        let is_below = |key: &&str| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
        self.overridden.iter().any(is_below)
    }

    /// Is the key set: by the file, and not to null, or by a variable?
    pub fn is_set(&self, path: &str) -> bool {
        self.local(path).is_some_and(|node| !node.is_null()) || self.is_overridden(path)
    }

    fn read_hba_lists(&self) -> Vec<HbaList> {
        let mut lists = vec![
            (Origin::Local, self.local_entry("postgresql", "pg_hba")),
            (Origin::Dynamic, self.dynamic_entry("postgresql", "pg_hba")),
            (Origin::Bootstrap, self.local_entry("bootstrap", "pg_hba")),
        ];
        for role in ["pg_hba_primary", "pg_hba_replica", "pg_hba_standby_leader"] {
            lists.push((Origin::Role(role), self.local_entry("postgresql", role)));
            lists.push((Origin::Role(role), self.dynamic_entry("postgresql", role)));
        }
        let read = |(origin, entry): (Origin, Option<Entry<'_>>)| {
            let entry = entry?;
            let is_filled = entry.value.items().len() > 0;
            let mut lines: Vec<HbaLine> = entry.value.items().filter_map(|item| self.hba_line(item)).collect();
            hba::find_covers(&mut lines);
            Some(HbaList { origin, key_span: entry.key.span(), is_filled, lines })
        };
        lists.into_iter().filter_map(read).collect()
    }

    fn find_hba_in_effect(&self) -> Effective {
        let find = |origin| self.hba_lists.iter().position(|list| list.origin == origin);
        let filled = |index: &usize| self.hba_lists[*index].is_filled;
        let managed = find(Origin::Local).or_else(|| find(Origin::Dynamic)).filter(filled);
        if self.parameter("hba_file").is_some() {
            return Effective::Unknown;
        }
        if let Some(list) = managed {
            return Effective::Only(list);
        }
        if self.has_custom_bootstrap() || !self.can_bootstrap() || self.has_config_dir() {
            return Effective::Unknown;
        }
        match find(Origin::Bootstrap).filter(filled) {
            Some(list) => Effective::AfterInitdb(list),
            None => Effective::Initdb,
        }
    }

    fn hba_line(&self, item: Node<'_>) -> Option<HbaLine> {
        let text = item.as_str()?;
        let whole = item.offset(0..text.len());
        let place = |range: Range<usize>| item.offset(range);
        // With a placeholder in it the line as written is what tells unknown words from known ones.
        let source = self.written(whole);
        let text = if self.is_template() && source.len() == text.len() { source } else { text };
        hba::read_line(text, item.span(), &place, self.postgresql)
    }

    /// The item of a list that holds a pg_hba line.
    fn hba_item(&self, line: &HbaLine) -> Option<Node<'_>> {
        let node = self.layer(line.span.file).yaml.node_at(line.span.start)?;
        Some(node).filter(|node| node.span() == line.span && node.parent().is_some_and(Node::is_sequence))
    }

    /// Takes a pg_hba line out of its list.
    pub(crate) fn delete_hba(&self, line: &HbaLine) -> Option<Edit> {
        self.hba_item(line)?.delete_item()
    }

    /// Writes a pg_hba line again in front of another one of the same list.
    pub(crate) fn copy_hba(&self, line: &HbaLine, before: &HbaLine) -> Option<Edit> {
        let (item, place) = (self.hba_item(line)?, self.hba_item(before)?);
        let source = item.source();
        if source.contains('\n') || item.parent() != place.parent() {
            return None;
        }
        Some(Edit::insert_before(place.span(), format!("{source}{}", self.between_hba(before)?)))
    }

    /// Gives the dynamic configuration a list that admits this host and the network of `connect_address`: the /24 of an
    /// IPv4 address, the /64 of an IPv6 one. `None` where a local key hides it, or the network or the user is not known.
    pub(crate) fn add_usual_hba(&self) -> Option<Edit> {
        if self.local("postgresql.pg_hba").is_some() || self.dynamic("postgresql.pg_hba").is_some() {
            return None;
        }
        let network = match self.address("postgresql.connect_address")?.value.hosts().next()? {
            Address::Ip(IpAddr::V4(ip)) => format!("{}/24", Ipv4Addr::from(u32::from(ip) & (u32::MAX << 8))),
            Address::Ip(IpAddr::V6(ip)) => format!("{}/64", Ipv6Addr::from(u128::from(ip) & (u128::MAX << 64))),
            _ => return None,
        };
        let is_plain = |name: &str| !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
        let user = self.replication_user()?.value;
        if !is_plain(user) || user == "all" {
            return None;
        }
        let mut lines = vec!["local all all peer".to_owned()];
        for from in ["127.0.0.1/32", &network] {
            lines.push(format!("host all all {from} scram-sha-256"));
            lines.push(format!("host replication {user} {from} scram-sha-256"));
        }
        let section = self.dynamic("postgresql").filter(|section| !section.is_null());
        let place = section.or_else(|| self.dcs().filter(|dcs| dcs.get("postgresql").is_none()))?;
        if place.is_alias() || !place.is_mapping() {
            return None;
        }
        let text = match (place.kind(), section) {
            (Kind::Mapping { flow: true }, Some(_)) => format!("pg_hba: [{}]", lines.join(", ")),
            (Kind::Mapping { flow: true }, None) => format!("postgresql: {{pg_hba: [{}]}}", lines.join(", ")),
            (_, Some(_)) => format!("pg_hba:\n- {}", lines.join("\n- ")),
            (_, None) => format!("postgresql:\n  pg_hba:\n  - {}", lines.join("\n  - ")),
        };
        place.append(&text)
    }

    /// What stands between two items of a list of pg_hba lines: a comma, or a new line with a dash.
    pub(crate) fn between_hba(&self, line: &HbaLine) -> Option<String> {
        let item = self.hba_item(line)?;
        if item.parent()?.kind() == (Kind::Sequence { flow: true }) {
            return Some(", ".to_owned());
        }
        let front = item.yaml().text().get(..item.span().range().start)?;
        let lead = &front[front.rfind('\n').map_or(0, |at| at + 1)..];
        (lead.trim() == "-").then(|| format!("\n{lead}"))
    }

    fn layer(&self, file: FileId) -> &Layer {
        self.layers.iter().find(|layer| layer.yaml.file() == file).unwrap_or(&self.layers[0])
    }

    /// The text under a span, with the placeholders as they are written.
    pub fn written(&self, span: Span) -> &str {
        self.layer(span.file).written().get(span.range()).unwrap_or_default()
    }

    /// The YAML trees: of the file, and of the others of its directory, if Patroni merges them; later ones win.
    /// Placeholders of a template engine are filled with letters in them.
    pub fn trees(&self) -> impl Iterator<Item = &Yaml> {
        self.layers.iter().map(|layer| &layer.yaml)
    }

    /// Was the text a template, with placeholders that somebody fills in later?
    pub fn is_template(&self) -> bool {
        self.layers.iter().any(|layer| layer.original.is_some())
    }

    /// Is it a dynamic configuration by itself, as `patronictl show-config` prints it?
    pub fn is_dynamic(&self) -> bool {
        self.is_dynamic
    }

    /// Does the value hold a placeholder, so that nothing can be said of it?
    pub fn is_unknown(&self, node: Node<'_>) -> bool {
        self.layer(node.yaml().file()).has_placeholders && has_placeholder(node.source())
    }

    /// The roots that are mappings, one for each file.
    pub fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.layers.iter().filter_map(Layer::root)
    }

    /// The first key of the file, to point at where something is missing from the root.
    pub fn start(&self) -> Span {
        let own = self.layer(self.file);
        let yaml = &own.yaml;
        let first = own.root().and_then(|root| root.entry_at(0)).map(|entry| entry.key.span());
        first.or_else(|| yaml.root().map(Node::span)).unwrap_or(Span::new(yaml.file(), 0..0))
    }

    /// The file.
    pub fn file(&self) -> FileId {
        self.file
    }

    fn find(&self, path: Path) -> Option<Node<'_>> {
        let (layer, number) = self.index.find(path)?;
        self.layers.get(layer)?.yaml.node(number)
    }

    fn find_entry(&self, path: Path) -> Option<Entry<'_>> {
        let value = self.find(path)?;
        Some(Entry { key: value.key()?, value })
    }

    /// The entries of a section as written, in all files; the root is the empty section. Duplicates and `<<` are in it.
    pub fn entries(&self, section: &str) -> impl Iterator<Item = Entry<'_>> {
        let single = self.layers.len() == 1 && !section.is_empty();
        let one = single.then(|| self.find(Path::ROOT.below(section))).flatten();
        let roots = self.layers.iter().filter(|_| !single).filter_map(Layer::root);
        let below =
            roots.filter_map(|root| if section.is_empty() { Some(root) } else { root.at_path(section.split('.')) });
        let mut nodes: Vec<Node<'_>> = one.into_iter().chain(below).collect();
        if self.is_dynamic {
            nodes.clear();
        }
        nodes.into_iter().flat_map(Node::entries)
    }

    /// A value of the local configuration, by a way with dots.
    pub fn local(&self, path: &str) -> Option<Node<'_>> {
        if self.is_dynamic { None } else { self.find(Path::ROOT.below(path)) }
    }

    /// An entry of a section of the local configuration; the root is the empty section.
    pub fn local_entry(&self, section: &str, key: &str) -> Option<Entry<'_>> {
        let section = if section.is_empty() { Path::ROOT } else { Path::ROOT.below(section) };
        if self.is_dynamic { None } else { self.find_entry(section.below(key)) }
    }

    /// The dynamic configuration: `bootstrap.dcs`, or the root.
    pub fn dcs(&self) -> Option<Node<'_>> {
        if self.is_dynamic { self.roots().next() } else { self.find(Path::DCS) }
    }

    fn dynamic_root(&self) -> Path {
        if self.is_dynamic { Path::ROOT } else { Path::DCS }
    }

    /// A value of the dynamic configuration, by a way with dots.
    pub fn dynamic(&self, path: &str) -> Option<Node<'_>> {
        self.find(self.dynamic_root().below(path))
    }

    /// An entry of a section of the dynamic configuration; its root is the empty section.
    pub fn dynamic_entry(&self, section: &str, key: &str) -> Option<Entry<'_>> {
        let root = self.dynamic_root();
        let section = if section.is_empty() { root } else { root.below(section) };
        self.find_entry(section.below(key))
    }

    /// The entries of a section of the dynamic configuration; its root is the empty section.
    pub fn dynamic_entries(&self, section: &str) -> impl Iterator<Item = Entry<'_>> {
        let node = if section.is_empty() { self.dcs() } else { self.dynamic(section) };
        node.into_iter().flat_map(Node::entries)
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
    pub fn cluster(&self) -> Option<Spanned<&str>> {
        self.cluster.as_ref().map(|cluster| Spanned::new(cluster.value.as_str(), cluster.span))
    }

    fn read_cluster(&self) -> Option<Spanned<String>> {
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

    /// How long, at worst, until the cluster has a new leader, with the values that this version of Patroni runs with.
    /// primary_start_timeout, which was master_start_timeout before 3.0.0, is 300 seconds by default.
    pub fn worst_case_failover(&self) -> Failover {
        let names = ["primary_start_timeout", "master_start_timeout"];
        let number = |name: &&str| self.dynamic(name).and_then(python_int);
        let start_timeout = names.iter().find_map(number).unwrap_or(300);
        self.timing().effective(self.patroni.as_ref()).worst_case(start_timeout)
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
        let entries: Vec<Entry<'_>> = match side {
            Side::Dynamic => self.dynamic_entries("postgresql.parameters").collect(),
            Side::Local => self.entries("postgresql.parameters").collect(),
        };
        entries.into_iter().map(move |entry| Setting::of_entry(entry, side))
    }

    /// The recovery settings of both sides: `recovery_conf`.
    pub fn recovery_settings(&self) -> Vec<Setting<'_>> {
        let dynamic = self.dynamic_entries("postgresql.recovery_conf").map(|entry| (entry, Side::Dynamic));
        let local = self.entries("postgresql.recovery_conf").map(|entry| (entry, Side::Local));
        dynamic.chain(local).map(|(entry, side)| Setting::of_entry(entry, side)).collect()
    }

    /// Parameters of one role only (4.2.0): `parameters_primary` and the like.
    pub fn role_parameters(&self) -> Vec<Setting<'_>> {
        let sections = ["parameters_primary", "parameters_replica", "parameters_standby_leader"];
        let entries = sections.iter().filter_map(|section| self.local_entry("postgresql", section));
        entries.flat_map(|entry| entry.value.entries()).map(|entry| Setting::of_entry(entry, Side::Local)).collect()
    }

    /// The parameter of a side.
    pub fn parameter_of(&self, side: Side, name: &str) -> Option<Setting<'_>> {
        let entry = match side {
            Side::Dynamic => self.find_entry(self.dynamic_root().below(PARAMETERS).below(name)),
            Side::Local if self.is_dynamic => None,
            Side::Local => {
                const LOCAL: Path = Path::ROOT.below(PARAMETERS);
                self.find_entry(LOCAL.below(name))
            }
        };
        entry.map(|entry| Setting::of_entry(entry, side))
    }

    /// The parameter that wins: the local one, except for those that Patroni takes only from the dynamic side.
    pub fn parameter(&self, name: &str) -> Option<Setting<'_>> {
        let local = if DcsOnly::find(name).is_some() { None } else { self.parameter_of(Side::Local, name) };
        local.or_else(|| self.parameter_of(Side::Dynamic, name))
    }

    /// Is a boolean parameter on? `None` when a placeholder or no boolean stands there.
    pub fn parameter_switch(&self, name: &str, default: bool) -> Option<bool> {
        let Some(setting) = self.parameter(name) else { return Some(default) };
        if setting.is_unknown() {
            return None;
        }
        setting.text().map_or(Some(default), crate::parameter::boolean)
    }

    /// Does another file set parameters too (`custom_conf`), so that what is absent here may be present there?
    pub fn has_custom_conf(&self) -> bool {
        let local = self.local("postgresql.custom_conf");
        local.or_else(|| self.dynamic("postgresql.custom_conf")).is_some_and(|node| !node.is_null())
    }

    /// Lies a postgresql.base.conf among the files, which Patroni includes below its own?
    pub(crate) fn has_base_conf(&self, ctx: &Context<'_>) -> bool {
        ctx.sources.find(self.file, "postgresql.base.conf").is_some()
    }

    /// A key of the `postgresql` section: the local one wins as a whole, even when it is null.
    pub fn postgresql_key(&self, key: &str) -> Option<Setting<'_>> {
        let local = self.local_entry("postgresql", key).map(|entry| Setting::of_entry(entry, Side::Local));
        local.or_else(|| self.dynamic_entry("postgresql", key).map(|entry| Setting::of_entry(entry, Side::Dynamic)))
    }

    /// `use_pg_rewind`, where it is on.
    pub fn pg_rewind(&self) -> Option<Setting<'_>> {
        let is_on = |setting: &Setting<'_>| setting.node().and_then(|node| self.switch_value(node)) == Some(true);
        self.postgresql_key("use_pg_rewind").filter(is_on)
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
        let mut sections: Vec<Entry<'_>> =
            DCS_SECTIONS.iter().filter_map(|section| self.local_entry("", section)).collect();
        sections.sort_by_key(|entry| entry.key.span());
        sections
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

    /// May environment variables that nobody sees complete the file: it has placeholders, or a comment names
    /// `PATRONI_…`? Of those that are seen [`Config::is_overridden`] speaks.
    pub fn may_be_completed(&self) -> bool {
        self.completion != Completion::Nothing
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
        match self.hba_in_effect {
            Effective::Only(index) => HbaInEffect::Only(&self.hba_lists[index]),
            Effective::AfterInitdb(index) => HbaInEffect::AfterInitdb(&self.hba_lists[index]),
            Effective::Initdb => HbaInEffect::Initdb,
            Effective::Unknown => HbaInEffect::Unknown,
        }
    }

    /// `config_dir` is another folder than `data_dir`.
    pub fn has_config_dir(&self) -> bool {
        let text = |path| self.local(path).and_then(confvet_yaml::Node::as_str);
        self.is_overridden("postgresql.config_dir")
            || text("postgresql.config_dir").is_some_and(|dir| text("postgresql.data_dir") != Some(dir))
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
        let node = self.postgresql_key("use_unix_socket").and_then(|setting| setting.node());
        node.is_some_and(|node| node.value() == Value::Bool(true))
    }

    /// Does Patroni stream from its own PostgreSQL through the Unix socket?
    pub fn uses_socket_for_replication(&self) -> bool {
        let node = self.postgresql_key("use_unix_socket_repl").and_then(|setting| setting.node());
        node.is_some_and(|node| node.value() == Value::Bool(true))
    }

    /// The user that pg_rewind logs in with: its own from PostgreSQL 11 on, otherwise the superuser.
    pub fn rewind_user(&self) -> Option<Spanned<&str>> {
        self.user("rewind").filter(|_| self.postgresql.is_none_or(|major| major >= 11)).or_else(|| self.superuser())
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
        self.layers.iter().flat_map(|layer| duplicates(&layer.yaml)).collect()
    }

    /// A user of the layout from before 1.0: right below `postgresql`, where no `authentication` is.
    pub fn old_layout(&self) -> Option<Entry<'_>> {
        let has_new = self.local("postgresql.authentication").is_some();
        let user = |user: &&str| self.local_entry("postgresql", user);
        let old =
            ["replication", "superuser"].iter().filter_map(user).find(|entry| entry.value.get("username").is_some());
        old.filter(|_| !has_new)
    }

    /// What Patroni cannot do without and the file does not say, with the variables that may say it. Patroni still reads
    /// the layout before 1.0.
    pub fn left_to_environment(&self) -> Vec<(&'static str, &'static str)> {
        const REQUIRED: &[(&str, &str)] = &[
            ("scope", "PATRONI_SCOPE"),
            ("name", "PATRONI_NAME"),
            ("restapi.listen", "PATRONI_RESTAPI_LISTEN"),
            ("postgresql.listen", "PATRONI_POSTGRESQL_LISTEN"),
            ("postgresql.data_dir", "PATRONI_POSTGRESQL_DATA_DIR"),
            ("postgresql.authentication.replication.username", "PATRONI_REPLICATION_USERNAME"),
            ("postgresql.authentication.superuser.username", "PATRONI_SUPERUSER_USERNAME"),
        ];
        let is_absent = |path: &str| !self.is_set(path);
        let old = self.old_layout().is_some();
        let missing = |path: &str| match path {
            "name" => is_absent("name") && is_absent("postgresql.name"),
            "postgresql.authentication.superuser.username" if self.uses_socket() => false,
            path if path.starts_with("postgresql.authentication") && old => false,
            path => is_absent(path),
        };
        let mut found: Vec<_> = REQUIRED.iter().copied().filter(|(path, _)| missing(path)).collect();
        if self.dcs_sections().is_empty() && !self.overridden.iter().any(|key| says_where_a_store_is(key)) {
            found.push(("etcd3", "PATRONI_ETCD3_HOSTS"));
        }
        found
    }

    /// What `patroni --validate-config` refuses.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// The category of a finding: `invalid` where `patroni --validate-config` refuses what stands there.
    pub(crate) fn category(&self, span: Span, otherwise: Category) -> Category {
        let touches = |refusal: &Refusal| refusal.span == span || refusal.span.overlaps(span);
        if self.refusals.iter().any(touches) { Category::Invalid } else { otherwise }
    }

    /// Keys of closed sections that Patroni knows nowhere.
    pub fn unknown_keys<'a>(&'a self) -> Vec<UnknownKey<'a>> {
        let mut unknown = Vec::new();
        let mut look = |section: &'static str, known: tables::Keys, entry: Entry<'a>| {
            let key = entry.key.text()?;
            if known.has(key) || entry.is_merge() || self.is_unknown(entry.key) {
                return None;
            }
            let has_mark = key.starts_with("x-") || key.starts_with('.') || entry.value.anchor().is_some();
            if (section.is_empty() && has_mark) || self.is_of_method(section, key, entry.value) {
                return None;
            }
            // Those are misplaced, or parameters, which other rules look at.
            if tables::is_known_anywhere(key) || crate::parameter::Parameter::exists(key) {
                return None;
            }
            unknown.push(UnknownKey { section, key: entry.key, near: near(key, tables::keys_of(section)) });
            Some(())
        };
        for &section in CLOSED {
            let mut entries = self.entries(section).peekable();
            if entries.peek().is_some() {
                let known = tables::Keys::of(section);
                for entry in entries {
                    look(section, known, entry);
                }
            }
        }
        for (section, below) in
            [("bootstrap.dcs", ""), ("postgresql", "postgresql"), ("bootstrap.dcs.standby_cluster", "standby_cluster")]
        {
            let known = tables::Keys::of(section);
            for entry in self.dynamic_entries(below) {
                look(section, known, entry);
            }
        }
        let known = tables::Keys::of("postgresql.authentication.<user>");
        for user in ["superuser", "replication", "rewind"] {
            for entry in self.entries(&format!("postgresql.authentication.{user}")) {
                look("postgresql.authentication.<user>", known, entry);
            }
        }
        unknown
    }

    /// Sections of methods have names of one's own choice.
    fn is_of_method(&self, section: &str, key: &str, value: Node<'_>) -> bool {
        if !matches!(section, "bootstrap" | "postgresql") || !value.is_mapping() {
            return false;
        }
        let lists = [
            self.local("bootstrap.method"),
            self.local("postgresql.create_replica_methods"),
            self.local("postgresql.create_replica_method"),
            self.dynamic("postgresql.create_replica_methods"),
            self.dynamic("standby_cluster.create_replica_methods"),
        ];
        let named = |list: Node<'_>| list.as_str() == Some(key) || list.items().any(|item| item.as_str() == Some(key));
        value.get("command").is_some() || lists.into_iter().flatten().any(named)
    }

    /// Where the dynamic configuration first differs from another one: `None` if nowhere, `Some(None)` where a key of the
    /// other is missing here.
    pub fn first_dynamic_difference(&self, other: &Config) -> Option<Option<Span>> {
        let read = |config: &Config| -> Map<String, (String, Span)> {
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

    /// Puts a value that a colon made a mapping, such as a line with a comment in it, in quotes as it is written.
    pub fn quoted_mapping(&self, node: Node<'_>) -> Option<Edit> {
        let source = node.source();
        let is_plain = node.kind() == Kind::Mapping { flow: false } && !source.contains(['"', '\\', '\n']);
        is_plain.then(|| Edit::replace(node.span(), format!("\"{source}\"")))
    }

    /// Makes a list of a text: of a block its lines, without comments; of anything else the one item.
    pub fn as_list(&self, node: Node<'_>) -> Option<Edit> {
        let text = node.as_str().filter(|_| !node.is_alias())?;
        if !matches!(node.kind(), Kind::Scalar(Style::Literal)) {
            let is_plain = !text.contains([',', '[', ']', '{', '}', '"', '\n', '#', ':']);
            return is_plain.then(|| Edit::replace(node.span(), format!("[{text}]")));
        }
        let before = node.yaml().text().get(..node.content_span().range().start)?;
        let indent = " ".repeat(before.len() - before.rfind('\n').map_or(0, |at| at + 1));
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        if lines.is_empty() || lines.iter().any(|line| line.contains(['"', '\\'])) {
            return None;
        }
        let item = |line: &&str| {
            let needs_quotes =
                line.contains(": ") || line.contains(" #") || line.starts_with(['*', '&', '[', '@', '%']);
            let quote = if needs_quotes { "\"" } else { "" };
            format!("\n{indent}- {quote}{line}{quote}")
        };
        let items: String = lines.iter().map(item).collect();
        let tail = if node.source().ends_with('\n') { "\n" } else { "" };
        // The header of the block goes, with the blank in front of it.
        let span = node.span();
        let gap = node.yaml().text()[..span.range().start].ends_with(' ');
        let whole = Span { start: span.start - u32::from(gap), ..span };
        Some(Edit::replace(whole, items + tail))
    }

    /// The key on the line of a span, in front of it.
    pub(crate) fn key_before(&self, span: Span) -> Option<Span> {
        let text = self.layer(span.file).yaml.text();
        let before = text.get(..span.range().start)?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = &before[start..];
        let (key, _) = line.split_once(": ").filter(|(key, _)| !key.contains(['#', '"', '{', '[']))?;
        let at = start + key.len() - key.trim_start_matches([' ', '-']).len();
        (at < start + key.len()).then(|| Span::new(span.file, at..start + key.len()))
    }

    /// Puts the value on a line that YAML cannot read in quotes, where it starts with a character that is no start of a
    /// text: `*:8008`, `[::1]:8008`, `@abc`.
    pub fn quote_value_at(&self, span: Span) -> Option<Edit> {
        let text = self.layer(span.file).yaml.text();
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
            .then(|| Edit::replace(Span::new(span.file, at..at + written.len()), format!("\"{written}\"")))
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
        let file = entry.key.yaml().file();
        let text = entry.key.yaml().text();
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
                edits.push(Edit::insert_before(Span::new(file, at..at), "  "));
            }
            at += line.len();
        }
        edits
    }

    /// Moves an entry of one line to the end of a section.
    pub fn moved(&self, entry: Entry<'_>, section: Node<'_>) -> Option<[Edit; 2]> {
        let source = entry.key.yaml().source(entry.span());
        let is_new = entry.key.text().is_none_or(|key| section.get(key).is_none());
        if source.contains('\n') || section.is_alias() || section.key().is_none() || !is_new {
            return None;
        }
        Some([entry.delete()?, section.append(source)?])
    }

    /// Puts the entries of the second of two equal keys at the end of the first, where both are blocks.
    pub fn merged(&self, first: Entry<'_>, second: Entry<'_>) -> Option<[Edit; 2]> {
        let block = |node: Node<'_>| node.kind() == Kind::Mapping { flow: false };
        let place = second.value.span();
        if !block(first.value) || !block(second.value) {
            return None;
        }
        let text = second.value.yaml().text();
        let before = text.get(..place.range().start)?;
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let indent = " ".repeat(column);
        let lines = second.value.source().lines();
        let dedented: Vec<&str> = lines.map(|line| line.strip_prefix(&indent).unwrap_or(line)).collect();
        Some([second.delete()?, first.value.append(dedented.join("\n").trim_end())?])
    }

    /// Is the key known at a place? Sections are written with dots; the root is empty.
    pub fn knows(section: &str, key: &str) -> bool {
        tables::is_known(section, key)
    }

    /// Where secrets stand.
    pub(crate) fn secrets(&self) -> Vec<Span> {
        const SECRET: &[&str] = &["password", "token", "sslpassword", "key_password", "keyfile_password"];
        let mut todo: Vec<Node<'_>> = self.roots().collect();
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
            cluster: self.cluster.clone(),
            member: self.name().map(|name| name.map(str::to_owned)),
            addresses: addresses.into_iter().flatten().collect(),
            hints: Vec::new(),
        }
    }
}

/// Does the key, set by a variable, make a section for a store?
fn says_where_a_store_is(key: &str) -> bool {
    let Some((section, key)) = key.split_once('.').filter(|(section, _)| DCS_SECTIONS.contains(section)) else {
        return false;
    };
    matches!(section, "kubernetes" | "raft") || matches!(key, "host" | "hosts" | "srv" | "url" | "proxy")
}

/// Where PostgreSQL's parameters stand on both sides.
const PARAMETERS: &str = "postgresql.parameters";

/// Sections in which every other key is unknown.
const CLOSED: &[&str] = &[
    "",
    "bootstrap",
    "citus",
    "consul",
    "ctl",
    "ctl.authentication",
    "etcd",
    "etcd3",
    "exhibitor",
    "kubernetes",
    "log",
    "postgresql",
    "postgresql.authentication",
    "postgresql.bin_name",
    "postgresql.callbacks",
    "raft",
    "restapi",
    "restapi.authentication",
    "watchdog",
    "zookeeper",
];

/// Mappings with more keys than this are hashed to find equal ones.
const FEW: usize = 16;

/// The key as the program sees it, for comparisons: `on` and `true` are one key.
fn same_key(key: Node<'_>) -> (Option<Value<'_>>, &str) {
    let text = key.text().unwrap_or_default();
    let may_be_typed = text.len() <= 5 || text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    match key.value() {
        _ if !may_be_typed => (None, text),
        Value::Str(text) => (None, text),
        value => (Some(value), ""),
    }
}

fn duplicates(yaml: &Yaml) -> Vec<(Entry<'_>, Entry<'_>)> {
    let mut found = Vec::new();
    let nodes = (0..).map_while(|number| yaml.node(number));
    for mapping in nodes.filter(|node| matches!(node.kind(), Kind::Mapping { .. })) {
        let entries: Vec<Entry<'_>> = mapping.entries().filter(|entry| !entry.is_merge()).collect();
        if entries.len() <= FEW {
            for (place, second) in entries.iter().enumerate() {
                let first = entries[..place].iter().rfind(|first| same_key(first.key) == same_key(second.key));
                found.extend(first.map(|first| (*first, *second)));
            }
            continue;
        }
        let mut seen: Map<String, Entry<'_>> = Map::new();
        for second in entries {
            if let Some(first) = seen.insert(format!("{:?}", same_key(second.key)), second) {
                found.push((first, second));
            }
        }
    }
    found.sort_by_key(|(_, second)| second.key.span());
    found
}

/// The key of a section that was probably meant: within two slips, one for names of up to five letters.
fn near(key: &str, keys: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    confvet_core::nearest(key, keys, if key.chars().count() <= 5 { 1 } else { 2 })
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
        let mut state = serializer.serialize_struct("Config", 9)?;
        state.serialize_field("scope", &self.scope())?;
        state.serialize_field("name", &self.name())?;
        state.serialize_field("cluster", &self.cluster())?;
        state.serialize_field("is_dynamic", &self.is_dynamic)?;
        state.serialize_field("timing", &self.timing())?;
        state.serialize_field("worst_case_failover", &self.worst_case_failover())?;
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
