//! Settings as the program sees them: a YAML mapping, environment entries or arguments, flattened to dotted keys.

use crate::keys::{self, Key, Kind, VersionTriple};
use crate::presence::{Presence, Whereabouts};
use crate::release::Release;
use crate::{holes, values};
use compact_str::CompactString;
use confvet_core::{FileId, Keys, Map, Span};
use confvet_yaml::{Dialect, Node as YamlNode, ProblemKind, SyntaxProblem, Yaml};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Where settings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `elasticsearch.yml`: a YAML file of its own.
    File,
    /// `elasticsearch.properties`: everything is text there.
    Properties,
    /// A mapping inside a Kubernetes manifest.
    Manifest,
    /// Environment entries or `-E` arguments of a container.
    Environment,
}

/// A text of a setting, or one item of its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, unquoted.
    pub text: CompactString,
    /// Where it is written, quotes included.
    pub span: Span,
    /// Where the text inside the quotes is written.
    pub content: Span,
    /// Is it written in quotes?
    pub quoted: bool,
}

impl Scalar {
    /// A scalar of a YAML file.
    pub(crate) fn of_node(node: YamlNode<'_>) -> Self {
        Self {
            text: node.text().unwrap_or_default().into(),
            span: node.span(),
            content: node.content_span(),
            quoted: node.is_quoted(),
        }
    }

    /// Does it hold a placeholder or a template's hole, so that nobody knows what it will be?
    pub fn is_open(&self) -> bool {
        self.text.contains("${") || self.text.contains("{{") || self.text.contains("<%") || self.text.contains("{%")
    }

    /// The comma-separated parts, trimmed, with their places. Empty parts are left out, as the program does.
    pub fn parts(&self) -> impl Iterator<Item = Scalar> + '_ {
        let exact = self.content.len() == self.text.len();
        let mut at = 0;
        self.text.split(',').filter_map(move |part| {
            let start = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            let trimmed = part.trim();
            let whole = trimmed.len() == self.text.len();
            let content = if exact { self.content.slice(start..start + trimmed.len()) } else { self.content };
            (!trimmed.is_empty()).then(|| Scalar {
                text: trimmed.into(),
                span: if whole { self.span } else { content },
                content,
                quoted: self.quoted,
            })
        })
    }
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A text, a number, a boolean: all are texts to the program.
    Scalar(Scalar),
    /// A list of texts.
    List(Vec<Scalar>),
    /// `{}`.
    EmptyMapping,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The flattened key, without `force.`.
    pub key: CompactString,
    /// Its last segment, where it is written.
    pub key_span: Span,
    /// The keys above it, outermost first; empty for a dotted key.
    pub parents: Vec<Span>,
    /// The value.
    pub value: Value,
    /// Where the value is written.
    pub value_span: Span,
    /// What is known about the key.
    pub row: Option<&'static Key>,
    /// Was `force.` in front of it? Then it wins over every other source.
    pub forced: bool,
    /// Is the value a secret?
    pub secret: bool,
}

impl Setting {
    /// The text of a scalar.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The items of a list, or the parts of a text with commas.
    pub fn items(&self) -> Vec<Scalar> {
        match &self.value {
            Value::Scalar(scalar) => scalar.parts().collect(),
            Value::List(items) => items.iter().flat_map(Scalar::parts).collect(),
            Value::Null | Value::EmptyMapping => Vec::new(),
        }
    }

    /// Does any part of the value hold a placeholder or a hole?
    pub fn is_open(&self) -> bool {
        match &self.value {
            Value::Scalar(scalar) => scalar.is_open(),
            Value::List(items) => items.iter().any(Scalar::is_open),
            Value::Null | Value::EmptyMapping => false,
        }
    }

    /// Is nothing set, so that the default applies? An empty text removes the setting.
    pub fn is_unset(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Scalar(scalar) => scalar.text.is_empty(),
            Value::List(_) | Value::EmptyMapping => false,
        }
    }

    /// The value as one line of text, for comparing and for messages. Never ask it of a secret.
    pub fn text(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Scalar(scalar) => scalar.text.to_string(),
            Value::List(items) => {
                let items: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
                format!("[{}]", items.join(", "))
            }
            Value::EmptyMapping => "{}".to_owned(),
        }
    }
}

/// What is wrong with the shape of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A mapping inside a list.
    MappingInList,
    /// A list inside a list.
    ListInList,
    /// `-` and nothing behind it.
    EmptyItem,
    /// The whole file is no mapping.
    RootNotMapping,
}

/// Something that is not read the way it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The `*name`, or the `<<` key.
    pub span: Span,
    /// The name behind the star; empty for a merge key.
    pub name: CompactString,
    /// Where the anchor of that name stands, if there is one.
    pub anchor: Option<Span>,
}

/// How the two spellings of a repeated key differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// The same key in the same mapping.
    SameKey,
    /// The same block of the same mapping, twice.
    Block,
    /// The same key inside two blocks of one name.
    WithinBlock,
    /// Dotted here and nested there.
    OtherSpelling,
}

/// A key that is set twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The flattened key.
    pub key: CompactString,
    /// The earlier key.
    pub first: Span,
    /// The later key.
    pub later: Span,
    /// Index of the earlier setting, and of the later one; for blocks of the first leaf in them.
    pub settings: Option<(usize, usize)>,
    /// How they are spelt.
    pub how: Repetition,
}

/// All settings of one source.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file.
    pub file: FileId,
    /// Where in it settings are written.
    pub form: Form,
    /// In the order of the text.
    pub settings: Vec<Setting>,
    /// What is wrong with the YAML.
    pub syntax: Vec<SyntaxProblem>,
    /// What is wrong with the shape of values.
    pub shapes: Vec<(Span, Shape)>,
    /// Aliases and merge keys, which the program takes as text.
    pub aliases: Vec<Alias>,
    /// Keys that are set twice.
    pub duplicates: Vec<Duplicate>,
    /// The first byte that is not UTF-8.
    pub bad_bytes: Option<Span>,
    /// Indexes of `settings`, sorted by key, then by place.
    by_key: Vec<u32>,
    presence: Presence,
    /// The settings that were put together from `key.0`, `key.1`, ….
    numbered: Map<CompactString, usize>,
}

impl Document {
    /// Reads a file.
    pub fn of_yaml(yaml: &Yaml) -> Self {
        let mut document = Self::of_yaml_unfinished(yaml);
        document.finish();
        document
    }

    fn of_yaml_unfinished(yaml: &Yaml) -> Self {
        let mut document = Self::empty(yaml.file(), Form::File);
        document.syntax = yaml.problems().to_vec();
        if let Some(root) = yaml.root() {
            document.read_root(root);
        }
        document
    }

    /// Reads the text of a file. Where it is no YAML only because of the holes of a template, it is read as if they were
    /// filled; what stands in them stays open.
    pub(crate) fn of_text(file: FileId, text: &str, dialect: Dialect) -> Self {
        let yaml = Yaml::parse(file, text, dialect);
        let filled = if yaml.problems().is_empty() { None } else { holes::fill(text) };
        let Some(filled) = filled else { return Self::of_yaml(&yaml) };
        let mut document = Self::of_yaml_unfinished(&Yaml::parse(file, &filled.text, dialect));
        let written = |span: Span| text.get(span.range()).unwrap_or_default();
        document.settings.retain(|setting| !holes::has_hole(written(setting.key_span)));
        for setting in &mut document.settings {
            let scalars = match &mut setting.value {
                Value::Scalar(scalar) => std::slice::from_mut(scalar),
                Value::List(items) => items.as_mut_slice(),
                Value::Null | Value::EmptyMapping => continue,
            };
            for scalar in scalars.iter_mut().filter(|scalar| holes::has_hole(written(scalar.content))) {
                scalar.text = written(scalar.content).into();
            }
        }
        document.finish();
        if filled.has_branches {
            document.duplicates.clear();
        }
        document
    }

    /// Reads a mapping inside a manifest.
    pub fn of_node(node: YamlNode<'_>) -> Self {
        let mut document = Self::empty(node.yaml().file(), Form::Manifest);
        document.read_root(node);
        document.finish();
        document
    }

    /// Takes settings that somebody else has found.
    pub fn of_entries(file: FileId, entries: impl IntoIterator<Item = (CompactString, Span, Scalar)>) -> Self {
        let mut document = Self::empty(file, Form::Environment);
        for (key, key_span, scalar) in entries {
            let span = scalar.span;
            document.push(&key, key_span, &[], Value::Scalar(scalar), span);
        }
        document.finish();
        document
    }

    /// Takes the entries of `elasticsearch.properties`.
    pub fn of_properties(file: FileId, entries: impl IntoIterator<Item = (CompactString, Span, Scalar)>) -> Self {
        Self { form: Form::Properties, ..Self::of_entries(file, entries) }
    }

    fn empty(file: FileId, form: Form) -> Self {
        Self {
            file,
            form,
            settings: Vec::new(),
            syntax: Vec::new(),
            shapes: Vec::new(),
            aliases: Vec::new(),
            duplicates: Vec::new(),
            bad_bytes: None,
            by_key: Vec::new(),
            presence: Presence::default(),
            numbered: Map::new(),
        }
    }

    fn read_root(&mut self, root: YamlNode<'_>) {
        if root.is_mapping() {
            let mut walk = Walk { path: String::new(), parents: Vec::new(), anchors: Vec::new() };
            self.read_mapping(root, &mut walk);
            for alias in &mut self.aliases {
                let named = walk.anchors.iter().rfind(|(name, at)| *name == alias.name && at.start < alias.span.start);
                alias.anchor = named.map(|&(_, span)| span);
            }
        } else if !root.is_empty() && self.syntax.is_empty() {
            self.shapes.push((root.span(), Shape::RootNotMapping));
        }
    }

    /// Depth is bounded by [`confvet_yaml::Limits::DEPTH`].
    fn read_mapping(&mut self, mapping: YamlNode<'_>, walk: &mut Walk) {
        self.find_repeated_blocks(mapping, walk);
        for entry in mapping.entries() {
            let Some(name) = entry.key.text() else { continue };
            if name == "<<" && !entry.key.is_quoted() {
                self.aliases.push(Alias { span: entry.key.span(), name: CompactString::default(), anchor: None });
            }
            let length = walk.path.len();
            if length > 0 {
                walk.path.push('.');
            }
            walk.path.push_str(name);
            let value = entry.value;
            if !value.is_alias()
                && let Some(anchor) = value.anchor()
            {
                walk.anchors.push((anchor.into(), value.span()));
            }
            if value.is_mapping() && value.entries().len() > 0 {
                walk.parents.push(entry.key.span());
                self.read_mapping(value, walk);
                walk.parents.pop();
            } else {
                let read = self.read_value(value);
                self.push(&walk.path, entry.key.span(), &walk.parents, read, value.span());
            }
            walk.path.truncate(length);
        }
    }

    fn read_value(&mut self, value: YamlNode<'_>) -> Value {
        if value.is_mapping() {
            return Value::EmptyMapping;
        }
        if !value.is_sequence() {
            return if value.is_null() { Value::Null } else { Value::Scalar(self.read_scalar(value)) };
        }
        let mut items = Vec::with_capacity(value.items().len());
        for item in value.items() {
            if item.is_mapping() {
                self.shapes.push((item.span(), Shape::MappingInList));
            } else if item.is_sequence() {
                self.shapes.push((item.span(), Shape::ListInList));
            } else if item.is_null() {
                let span = if item.is_empty() { value.span() } else { item.span() };
                self.shapes.push((span, Shape::EmptyItem));
            } else {
                items.push(self.read_scalar(item));
            }
        }
        Value::List(items)
    }

    fn read_scalar(&mut self, node: YamlNode<'_>) -> Scalar {
        if node.is_alias() {
            let name = node.anchor().unwrap_or_default().into();
            self.aliases.push(Alias { span: node.span(), name, anchor: None });
        }
        Scalar::of_node(node)
    }

    /// Blocks of one name in one mapping: the program's reader has its own opinion of them.
    fn find_repeated_blocks(&mut self, mapping: YamlNode<'_>, walk: &Walk) {
        let entries = mapping.entries();
        if entries.len() < 2 {
            return;
        }
        let mut blocks: Vec<(&str, Span)> = entries
            .filter(|entry| entry.value.is_mapping())
            .filter_map(|entry| Some((entry.key.text()?, entry.key.span())))
            .collect();
        blocks.sort_unstable_by_key(|&(name, span)| (name, span.start));
        for pair in blocks.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let separator = if walk.path.is_empty() { "" } else { "." };
            let key = format!("{}{separator}{}", walk.path, pair[0].0).into();
            let (first, later) = (pair[0].1, pair[1].1);
            self.duplicates.push(Duplicate { key, first, later, settings: None, how: Repetition::Block });
        }
    }

    fn push(&mut self, path: &str, key_span: Span, parents: &[Span], value: Value, value_span: Span) {
        let (key, forced) = match path.strip_prefix("force.") {
            Some(rest) => (rest, true),
            None => (path, false),
        };
        let row = keys::find(key);
        if row.is_none_or(|row| row.kind.is_prefix())
            && let Some((base, index)) = key.rsplit_once('.')
            && !index.is_empty()
            && index.bytes().all(|digit| digit.is_ascii_digit())
            && let Some(row) = keys::find(base)
            && row.kind == Kind::List
            && let Value::Scalar(item) = value
        {
            return self.push_item(base, key_span, parents, item, row);
        }
        let kind = row.map(|row| row.kind);
        let secret = matches!(kind, Some(Kind::Secure | Kind::LegacySecret))
            || ["password", "secret_key", "access_key", "passphrase"].iter().any(|word| key.ends_with(word));
        self.settings.push(Setting {
            key: key.into(),
            key_span,
            parents: parents.to_vec(),
            value,
            value_span,
            row,
            forced,
            secret,
        });
    }

    /// `key.0: a`, `key.1: b`: the older way to write a list.
    fn push_item(&mut self, base: &str, key_span: Span, parents: &[Span], item: Scalar, row: &'static Key) {
        let value_span = item.span;
        if let Some(known) = self.numbered.get(base).and_then(|&at| self.settings.get_mut(at))
            && let Value::List(items) = &mut known.value
        {
            items.push(item);
            known.value_span = known.value_span.to(value_span);
            return;
        }
        self.numbered.insert(base.into(), self.settings.len());
        self.settings.push(Setting {
            key: base.into(),
            key_span,
            parents: parents.to_vec(),
            value: Value::List(vec![item]),
            value_span,
            row: Some(row),
            forced: false,
            secret: false,
        });
    }

    /// A list takes the place of the numbered items of its key.
    fn drop_replaced_items(&mut self) {
        let numbered = std::mem::take(&mut self.numbered);
        let places = self.settings.iter().enumerate();
        let lists = places.filter(|(at, setting)| numbered.get(&setting.key).is_some_and(|own| own != at));
        let replaced: Keys<usize> = lists.filter_map(|(_, setting)| numbered.get(&setting.key)).copied().collect();
        let mut at = 0;
        self.settings.retain(|_| {
            at += 1;
            !replaced.contains(&(at - 1))
        });
    }

    fn finish(&mut self) {
        if !self.numbered.is_empty() {
            self.drop_replaced_items();
        }
        let keys = self.settings.iter().map(|setting| setting.key.as_str());
        let mut by_key: Vec<(&str, u32)> = keys.zip(0..).collect();
        by_key.sort_unstable();
        let by_key: Vec<u32> = by_key.into_iter().map(|(_, index)| index).collect();
        for pair in by_key.windows(2) {
            let (first, later) = (pair[0] as usize, pair[1] as usize);
            let (a, b) = (&self.settings[first], &self.settings[later]);
            if a.key != b.key || a.forced != b.forced {
                continue;
            }
            let spelling =
                |setting: &Setting| -> Vec<usize> { setting.parents.iter().map(|span| span.len()).collect() };
            let how = if a.parents == b.parents && a.key_span.len() == b.key_span.len() {
                Repetition::SameKey
            } else if spelling(a) == spelling(b) {
                Repetition::WithinBlock
            } else {
                Repetition::OtherSpelling
            };
            self.duplicates.push(Duplicate {
                key: a.key.clone(),
                first: a.key_span,
                later: b.key_span,
                settings: Some((first, later)),
                how,
            });
        }
        self.duplicates.sort_by_key(|duplicate| duplicate.later.start);
        for (position, &index) in by_key.iter().enumerate() {
            let key = |index: u32| self.settings[index as usize].key.as_str();
            if position == 0 || key(by_key[position - 1]) != key(index) {
                self.presence.add(key(index), position);
            }
        }
        self.by_key = by_key;
    }

    /// Every occurrence of a key, in the order of the text.
    pub fn all(&self, key: &str) -> impl DoubleEndedIterator<Item = &Setting> {
        let at = |index: &u32| &self.settings[*index as usize];
        let start = match self.presence.find(key) {
            Whereabouts::Nowhere => self.by_key.len(),
            Whereabouts::At(start) => start,
            Whereabouts::Somewhere => self.by_key.partition_point(|index| at(index).key.as_str() < key),
        };
        let length = self.by_key[start..].iter().take_while(|index| at(index).key == key).count();
        self.by_key[start..start + length].iter().map(at)
    }

    /// The setting that counts: a forced one, else the last.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        let mut found = self.all(key).rev();
        let last = found.next()?;
        if last.forced { Some(last) } else { found.find(|setting| setting.forced).or(Some(last)) }
    }

    /// The settings whose keys start with a prefix.
    pub fn below<'d>(&'d self, prefix: &str) -> impl Iterator<Item = &'d Setting> + use<'d> {
        let at = |index: &u32| &self.settings[*index as usize];
        let range = if self.presence.may_hold_below(prefix) {
            let start = self.by_key.partition_point(|index| at(index).key.as_str() < prefix);
            start..start + self.by_key[start..].partition_point(|index| at(index).key.starts_with(prefix))
        } else {
            0..0
        };
        self.by_key[range].iter().map(at)
    }

    /// The setting that only the newest versions have, with the first of them.
    pub fn newest(&self) -> Option<(&Setting, VersionTriple)> {
        let since = |setting: &Setting| setting.row.and_then(|row| row.absent_before.max(row.since));
        self.settings.iter().filter_map(|setting| Some((setting, since(setting)?))).max_by_key(|(_, since)| *since)
    }

    /// Is it no YAML to the program?
    pub fn has_syntax_errors(&self, release: &Release) -> bool {
        self.syntax.iter().any(|problem| is_refused(problem, release))
    }

    /// Does the program refuse to read it at all, as far as syntax goes?
    pub fn is_broken(&self, release: &Release) -> bool {
        self.has_syntax_errors(release)
            || self.shapes.iter().any(|(_, shape)| shape.is_refused(release))
            || self.bad_bytes.is_some()
    }
}

/// Would the release refuse the file for this? A tab anywhere is an error up to 5.x only.
pub fn is_refused(problem: &SyntaxProblem, release: &Release) -> bool {
    match problem.kind {
        ProblemKind::Tab => release.is_before(6, 0),
        _ => true,
    }
}

impl Shape {
    /// Does the release refuse the file for this? Up to 5.x lists were flattened like mappings.
    pub fn is_refused(&self, release: &Release) -> bool {
        match self {
            Shape::MappingInList | Shape::ListInList => release.may_be_from(6, 0),
            Shape::EmptyItem => release.may_be_from(5, 0),
            Shape::RootNotMapping => true,
        }
    }
}

struct Walk {
    path: String,
    parents: Vec<Span>,
    anchors: Vec<(CompactString, Span)>,
}

/// A boolean setting, as the release reads it. `None` when it is open, no boolean or no text.
pub fn as_bool(setting: &Setting, release: &Release) -> Option<bool> {
    let scalar = setting.scalar().filter(|scalar| !scalar.is_open())?;
    values::boolean(&scalar.text, scalar.quoted, release).ok()
}

/// A mapping from flattened keys to texts and lists; secrets are hidden.
impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (position, &index) in self.by_key.iter().enumerate() {
            let setting = &self.settings[index as usize];
            let next = self.by_key.get(position + 1).map(|&next| &self.settings[next as usize]);
            if next.is_some_and(|next| next.key == setting.key) {
                continue;
            }
            match &setting.value {
                _ if setting.secret => map.serialize_entry(setting.key.as_str(), "***")?,
                Value::Null => map.serialize_entry(setting.key.as_str(), &None::<&str>)?,
                Value::Scalar(scalar) => map.serialize_entry(setting.key.as_str(), scalar.text.as_str())?,
                Value::List(items) => {
                    let items: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
                    map.serialize_entry(setting.key.as_str(), &items)?;
                }
                Value::EmptyMapping => map.serialize_entry(setting.key.as_str(), &[(); 0])?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document {
        Document::of_yaml(&Yaml::parse(FileId(0), text, Dialect::Jackson))
    }

    #[test]
    fn dotted_and_nested_are_the_same() {
        let document = read("discovery.zen:\n  minimum_master_nodes: 2\nnode: {name: a, attr.rack: r1}\n");
        assert_eq!(document.get("discovery.zen.minimum_master_nodes").map(Setting::text).as_deref(), Some("2"));
        assert_eq!(document.get("node.attr.rack").map(Setting::text).as_deref(), Some("r1"));
        assert!(document.duplicates.is_empty());
    }

    #[test]
    fn lists_texts_and_numbered_keys_are_equal() {
        for text in [
            "discovery.seed_hosts: [a:9300, b]\n",
            "discovery.seed_hosts: a:9300, b\n",
            "discovery.seed_hosts:\n  - a:9300\n  - b\n",
            "discovery.seed_hosts.0: a:9300\ndiscovery.seed_hosts.1: b\n",
            "discovery.seed_hosts: [a:9300, b, ]\n",
        ] {
            let document = read(text);
            let items = document.get("discovery.seed_hosts").unwrap().items();
            let items: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
            assert_eq!(items, ["a:9300", "b"], "{text}");
        }
    }

    #[test]
    fn holes_of_a_template_are_open_values() {
        let text = "node.name: {{ name }}-{{ zone }}\n{% if seeds %}\ndiscovery.seed_hosts: [{{ a }}, b]\n{% else %}\n\
                    discovery.seed_hosts: []\n{% endif %}\n{{ key }}: 1\ncluster.name: a: b\n";
        let lines = text.rsplit_once("cluster").unwrap().0;
        let document = Document::of_text(FileId(0), lines, Dialect::Jackson);
        assert!(document.syntax.is_empty() && document.duplicates.is_empty(), "{:?}", document.syntax);
        assert!(document.get("node.name").unwrap().is_open());
        assert_eq!(document.settings.len(), 3);
        let broken = Document::of_text(FileId(0), text, Dialect::Jackson);
        assert_eq!(broken.syntax.len(), 1, "what no hole explains is still wrong");
    }

    #[test]
    fn a_list_replaces_numbered_items() {
        for text in [
            "path.repo: [a, b]\nnode.name: n\npath.repo.0: c\n",
            "path.repo.0: c\nnode.name: n\npath.repo: [a, b]\n",
            "path.repo.0: a\nnode.name: n\npath.repo.1: b\n",
        ] {
            let document = read(text);
            assert_eq!(document.get("path.repo").map(Setting::text).as_deref(), Some("[a, b]"), "{text}");
            assert!(document.duplicates.is_empty() && document.settings.len() == 2, "{text}");
        }
    }

    #[test]
    fn repetitions_are_told_apart() {
        let how = |text: &str| -> Vec<Repetition> { read(text).duplicates.iter().map(|found| found.how).collect() };
        assert_eq!(how("node.name: a\nnode.name: b\n"), [Repetition::SameKey]);
        assert_eq!(how("node:\n  name: a\nnode:\n  master: true\n"), [Repetition::Block]);
        assert_eq!(how("node.name: a\nnode: {name: b}\n"), [Repetition::OtherSpelling]);
        assert_eq!(how("node:\n  name: a\nnode:\n  name: b\n"), [Repetition::Block, Repetition::WithinBlock]);
        assert_eq!(how("force.node.name: a\nnode.name: b\n"), []);
    }

    #[test]
    fn aliases_are_text_and_shapes_are_seen() {
        let document =
            read("node.name: &n a\ncluster.name: *n\nnode.attr.x:\n  <<: *n\npath.repo:\n  - a: b\n  -\n  - [c]\n");
        assert_eq!(document.get("cluster.name").map(Setting::text).as_deref(), Some("n"));
        assert_eq!(document.aliases.len(), 3);
        assert_eq!(document.shapes.len(), 3);
        assert_eq!(read("- a\n").shapes.len(), 1);
        assert_eq!(read("hello\n").shapes.len(), 1);
        assert!(read("# nothing\n").shapes.is_empty() && read("").shapes.is_empty());
    }

    #[test]
    fn parts_know_their_places() {
        let text = "discovery.seed_hosts: \"a, bc ,d\"\n";
        let document = read(text);
        let items = document.get("discovery.seed_hosts").unwrap().items();
        let places: Vec<&str> = items.iter().map(|item| &text[item.content.range()]).collect();
        assert_eq!(places, ["a", "bc", "d"]);
    }
}
