//! The tree: one arena of nodes per file, looked at through small copyable handles.

use crate::dialect::{Dialect, Value};
use crate::problem::SyntaxProblem;
use confvet_core::{FileId, Keys, Span};
use std::fmt;
use std::ops::Range;

pub(crate) const NONE: u32 = u32::MAX;

/// A YAML file, read: its documents, and what is wrong with its syntax.
///
/// Owns everything it needs, so a model may keep it.
#[derive(Clone)]
pub struct Yaml {
    pub(crate) text: Box<str>,
    pub(crate) file: FileId,
    pub(crate) dialect: Dialect,
    pub(crate) nodes: Vec<Data>,
    pub(crate) children: Vec<u32>,
    pub(crate) decoded: String,
    pub(crate) properties: Vec<Properties>,
    pub(crate) documents: Vec<DocumentData>,
    pub(crate) problems: Vec<SyntaxProblem>,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What a node is in the text, before any dialect looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A text of some style; an empty plain one where nothing was written.
    Scalar(Style),
    /// A list, in block or flow style.
    Sequence {
        /// `[…]`
        flow: bool,
    },
    /// A mapping, in block or flow style.
    Mapping {
        /// `{…}`
        flow: bool,
    },
    /// `*name`
    Alias,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Data {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Scalars: the content, in the file's text or in `decoded`. Collections: the range in `children`. Aliases: the
    /// target in `a`, or NONE.
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) parent: u32,
    /// For the value of a mapping's entry: the key's node.
    pub(crate) key: u32,
    pub(crate) properties: u32,
    pub(crate) kind: Kind,
    pub(crate) is_decoded: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Properties {
    pub(crate) tag: Option<(u32, u32)>,
    pub(crate) anchor: Option<(u32, u32)>,
    /// Where the content begins, behind tag and anchor.
    pub(crate) content: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct DocumentData {
    pub(crate) root: u32,
    pub(crate) start: u32,
    pub(crate) complete: bool,
}

/// One document of a file.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    yaml: &'a Yaml,
    data: DocumentData,
}

/// A node of the tree. Copyable; compares by identity.
///
/// Everything but [`span`](Self::span), [`kind`](Self::kind), [`path`](Self::path) and the like looks through aliases:
/// `get`, `items`, `value` of an alias are those of the node it names.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(crate) yaml: &'a Yaml,
    pub(crate) id: u32,
}

/// A key and its value, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key.
    pub key: Node<'a>,
    /// The value; an empty scalar where none is written.
    pub value: Node<'a>,
}

/// A key and its value, as the program sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The key, where it is written.
    pub key: Node<'a>,
    /// The value.
    pub value: Node<'a>,
    /// The `<<` entry that brought it here from another mapping.
    pub merged_by: Option<Entry<'a>>,
}

impl Yaml {
    /// The documents. A file without any content has none.
    pub fn documents(&self) -> impl DoubleEndedIterator<Item = Document<'_>> + ExactSizeIterator {
        self.documents.iter().map(|&data| Document { yaml: self, data })
    }

    /// The root of the first document; `None` if nothing but comments is written.
    pub fn root(&self) -> Option<Node<'_>> {
        self.documents().next().map(Document::root)
    }

    /// What is wrong with the syntax, in the order of the text. The tree then reaches as far as the text could be read.
    pub fn problems(&self) -> &[SyntaxProblem] {
        &self.problems
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file it came from.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The dialect it was read in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The text under a span.
    pub fn source(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The node that has this number: see [`Node::number`].
    pub fn node(&self, number: u32) -> Option<Node<'_>> {
        ((number as usize) < self.nodes.len()).then_some(Node { yaml: self, id: number })
    }

    /// Number of nodes in all documents.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Is there no node at all?
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The innermost node that covers a byte, for an editor's cursor.
    pub fn node_at(&self, offset: u32) -> Option<Node<'_>> {
        let mut found = None;
        let mut next = self.documents().map(Document::root).rfind(|root| root.data().start <= offset);
        while let Some(node) = next.filter(|node| node.data().start <= offset && offset <= node.data().end) {
            found = Some(node);
            let children = node.own_children();
            let after = children.partition_point(|&child| self.nodes[child as usize].start <= offset);
            next = after.checked_sub(1).map(|index| Node { yaml: self, id: children[index] });
        }
        found
    }

    pub(crate) fn slice(&self, (start, end): (u32, u32)) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl fmt::Debug for Yaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yaml")
            .field("dialect", &self.dialect)
            .field("documents", &self.documents().map(Document::root).collect::<Vec<_>>())
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl<'a> Document<'a> {
    /// The root node; an empty scalar if the document is empty.
    pub fn root(self) -> Node<'a> {
        Node { yaml: self.yaml, id: self.data.root }
    }

    /// The `---` in front, or an empty span where there is none.
    pub fn start(self) -> Span {
        let start = self.data.start as usize;
        let marker = self.yaml.text.get(start..).is_some_and(|rest| rest.starts_with("---"));
        Span::new(self.yaml.file, start..if marker { start + 3 } else { start })
    }

    /// Was it read to its end? `false` where a syntax error cut it off.
    pub fn is_complete(self) -> bool {
        self.data.complete
    }
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.yaml, other.yaml)
    }
}

impl Eq for Node<'_> {}

/// The place and the first bytes of what is written, enough for a failing test.
impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source: String = self.source().chars().take(40).collect();
        write!(f, "{:?} {}..{} {source:?}", self.kind(), self.data().start, self.data().end)
    }
}

impl<'a> Node<'a> {
    pub(crate) fn data(self) -> &'a Data {
        &self.yaml.nodes[self.id as usize]
    }

    fn at(self, id: u32) -> Option<Node<'a>> {
        (id != NONE).then_some(Node { yaml: self.yaml, id })
    }

    pub(crate) fn own_children(self) -> &'a [u32] {
        let data = self.data();
        match data.kind {
            Kind::Sequence { .. } | Kind::Mapping { .. } => &self.yaml.children[data.a as usize..data.b as usize],
            Kind::Scalar(_) | Kind::Alias => &[],
        }
    }

    /// Its number in the tree, by which an index that lives beside the tree finds it again: see [`Yaml::node`].
    pub fn number(self) -> u32 {
        self.id
    }

    /// The file it stands in.
    pub fn yaml(self) -> &'a Yaml {
        self.yaml
    }

    /// The dialect it is read in.
    pub fn dialect(self) -> Dialect {
        self.yaml.dialect
    }

    /// Where it is written, with quotes and brackets, tag and anchor. An alias: the alias itself. Nothing written: an
    /// empty span behind the key's colon, the item's dash.
    pub fn span(self) -> Span {
        let data = self.data();
        Span { file: self.yaml.file, start: data.start, end: data.end }
    }

    /// Where the content is written: without tag and anchor, without quotes; of a block scalar the lines below its
    /// header. See also [`offset`](Self::offset).
    pub fn content_span(self) -> Span {
        let data = self.data();
        let start =
            self.yaml.properties.get(data.properties as usize).map_or(data.start, |properties| properties.content);
        let whole = Span { file: self.yaml.file, start: start.min(data.end), end: data.end };
        match data.kind {
            Kind::Scalar(Style::SingleQuoted | Style::DoubleQuoted) if whole.len() >= 2 => {
                Span { start: whole.start + 1, end: whole.end - 1, ..whole }
            }
            Kind::Scalar(Style::Literal | Style::Folded) => {
                let source = self.yaml.source(whole);
                let lines = source.find('\n').map_or(source.len(), |at| at + 1);
                let blank = source[lines..].len() - source[lines..].trim_start_matches(' ').len();
                whole.slice(lines + blank..source.len())
            }
            _ => whole,
        }
    }

    /// The header of a block scalar: `|`, `>-`, with its indicators and without a comment.
    pub fn header_span(self) -> Option<Span> {
        let data = self.data();
        if !matches!(data.kind, Kind::Scalar(Style::Literal | Style::Folded)) {
            return None;
        }
        let properties = self.yaml.properties.get(data.properties as usize);
        let start = properties.map_or(data.start, |properties| properties.content);
        let source = self.yaml.slice((start, data.end));
        let length = source.find([' ', '\t', '\n', '\r']).unwrap_or(source.len());
        Some(Span::new(self.yaml.file, start as usize..start as usize + length))
    }

    /// Where the bytes `range` of [`text`](Self::text) are written, so that a diagnostic can point inside a value. Exact
    /// where the content stands in the file as it is (plain and quoted scalars on one line without escapes); otherwise
    /// the whole content.
    pub fn offset(self, range: Range<usize>) -> Span {
        let node = self.target();
        let data = node.data();
        if !matches!(data.kind, Kind::Scalar(_)) || data.is_decoded {
            return node.content_span();
        }
        let text = self.yaml.slice((data.a, data.b));
        let range = text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end);
        Span { file: self.yaml.file, start: data.a, end: data.b }.slice(range)
    }

    /// What is written, as [`span`](Self::span) covers it.
    pub fn source(self) -> &'a str {
        let data = self.data();
        self.yaml.slice((data.start, data.end))
    }

    /// What it is in the text; an alias is an alias.
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// The node itself, or the one that the alias names. An alias that names nothing is its own target.
    pub fn target(self) -> Node<'a> {
        match self.data() {
            Data { kind: Kind::Alias, a, .. } => self.at(*a).unwrap_or(self),
            _ => self,
        }
    }

    /// Is it `*name`?
    pub fn is_alias(self) -> bool {
        self.kind() == Kind::Alias
    }

    /// The tag as written (`!Ref`, `!!str`), `None` without one.
    pub fn tag(self) -> Option<&'a str> {
        self.tag_span().map(|span| self.yaml.source(span))
    }

    /// Where the tag is written.
    pub fn tag_span(self) -> Option<Span> {
        let properties = self.yaml.properties.get(self.target().data().properties as usize)?;
        properties.tag.map(|(start, end)| Span { file: self.yaml.file, start, end })
    }

    /// The name of its anchor, without `&`; for an alias the name that is written.
    pub fn anchor(self) -> Option<&'a str> {
        if self.is_alias() {
            return self.source().strip_prefix('*');
        }
        let properties = self.yaml.properties.get(self.data().properties as usize)?;
        properties.anchor.map(|(start, end)| self.yaml.slice((start + 1, end)))
    }

    /// The list or mapping it stands in.
    pub fn parent(self) -> Option<Node<'a>> {
        self.at(self.data().parent)
    }

    /// The key whose value it is.
    pub fn key(self) -> Option<Node<'a>> {
        self.at(self.data().key)
    }

    /// Where the key stands whose value it is; for anything else its own span. What to underline when the value is
    /// missing or wrong as a whole.
    pub fn key_span(self) -> Span {
        self.key().unwrap_or(self).span()
    }

    /// The way from the document's root: `scrape_configs[0].job_name`. The root's path is empty.
    pub fn path(self) -> String {
        let mut way = vec![self];
        while let Some(parent) = way[way.len() - 1].parent() {
            way.push(parent);
        }
        let mut path = String::new();
        for pair in way.windows(2).rev() {
            let [node, parent] = [pair[0], pair[1]];
            if matches!(parent.kind(), Kind::Sequence { .. }) {
                let index = parent.own_children().partition_point(|&child| child < node.id);
                path.push_str(&format!("[{index}]"));
            } else {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(node.key().unwrap_or(node).text().unwrap_or("?"));
            }
        }
        path
    }

    /// Is it a mapping?
    pub fn is_mapping(self) -> bool {
        matches!(self.target().kind(), Kind::Mapping { .. })
    }

    /// Is it a list?
    pub fn is_sequence(self) -> bool {
        matches!(self.target().kind(), Kind::Sequence { .. })
    }

    /// Is it written as a text in quotes or as a block?
    pub fn is_quoted(self) -> bool {
        matches!(self.target().kind(), Kind::Scalar(style) if style != Style::Plain)
    }

    /// Is nothing written, neither value nor tag?
    pub fn is_empty(self) -> bool {
        let data = self.data();
        data.start == data.end
    }

    /// The content of a scalar, unquoted and unescaped, whatever type it has. `None` for lists and mappings. Where the
    /// dialect knows no aliases, `*x` is the text `x`.
    pub fn text(self) -> Option<&'a str> {
        let node = self.target();
        let data = node.data();
        match data.kind {
            Kind::Scalar(_) if data.is_decoded => self.yaml.decoded.get(data.a as usize..data.b as usize),
            Kind::Scalar(_) => Some(self.yaml.slice((data.a, data.b))),
            Kind::Alias => node.anchor(),
            Kind::Sequence { .. } | Kind::Mapping { .. } => None,
        }
    }

    /// Is its [`text`](Self::text) this one? What looks for keys asks it very often.
    pub fn is_text(self, text: &str) -> bool {
        let node = self.target();
        let data = node.data();
        if !matches!(data.kind, Kind::Scalar(_)) {
            return node.text() == Some(text);
        }
        let all = if data.is_decoded { self.yaml.decoded.as_bytes() } else { self.yaml.text.as_bytes() };
        all.get(data.a as usize..data.b as usize) == Some(text.as_bytes())
    }

    /// Where the content stands, if it stands in the file as it is: see [`offset`](Self::offset). `None` for an alias.
    pub fn exact_span(self) -> Option<Span> {
        let data = self.data();
        let exact = matches!(data.kind, Kind::Scalar(_)) && !data.is_decoded;
        exact.then_some(Span { file: self.yaml.file, start: data.a, end: data.b })
    }

    /// Neither tag nor anchor is written in front of it.
    fn is_bare(self) -> bool {
        self.data().properties == NONE
    }

    /// What it is to the program.
    pub fn value(self) -> Value<'a> {
        self.resolve(self.yaml.dialect)
    }

    /// What it is to a program of another dialect.
    pub fn resolve(self, dialect: Dialect) -> Value<'a> {
        let node = self.target();
        let style = match node.kind() {
            Kind::Scalar(style) => style,
            Kind::Sequence { .. } => return Value::Sequence,
            Kind::Mapping { .. } => return Value::Mapping,
            Kind::Alias if dialect.aliases() => return Value::Null,
            Kind::Alias => return Value::Str(node.anchor().unwrap_or_default()),
        };
        let text = node.text().unwrap_or_default();
        let tag = if dialect.is_jackson() { None } else { node.tag() };
        match tag.map(|tag| tag.strip_prefix("!!").unwrap_or(tag)) {
            None if style == Style::Plain => dialect.resolve(text),
            None | Some("!" | "str" | "binary") => Value::Str(text),
            Some("null") => Value::Null,
            Some("bool" | "int" | "float" | "timestamp") => match dialect.resolve(text) {
                #[expect(clippy::cast_precision_loss, reason = "a float was asked for")]
                Value::Int(value) if tag == Some("!!float") => Value::Float(value as f64),
                value => value,
            },
            Some(_) if style == Style::Plain => dialect.resolve(text),
            Some(_) => Value::Str(text),
        }
    }

    /// Is it null to the program, written out or left empty?
    pub fn is_null(self) -> bool {
        let node = self.target();
        match node.kind() {
            Kind::Scalar(Style::Plain) if node.is_bare() => Dialect::is_null(node.text().unwrap_or_default()),
            _ => node.value() == Value::Null,
        }
    }

    /// The text the program gets where it wants one. PyYAML and the core schema: only what is text by itself (`8008` is
    /// a number). go-yaml and Jackson: any scalar but null, as written; Jackson hands plain booleans on as `true` and
    /// `false`.
    pub fn as_str(self) -> Option<&'a str> {
        let node = self.target();
        if self.yaml.dialect.is_go() && node.is_bare() && matches!(node.kind(), Kind::Scalar(_)) {
            return node.text().filter(|_| !node.is_null());
        }
        match self.value() {
            Value::Str(text) => Some(text),
            Value::Bool(value) if self.yaml.dialect.is_jackson() => Some(if value { "true" } else { "false" }),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_)
                if self.yaml.dialect.any_scalar_is_text() =>
            {
                self.text()
            }
            _ => None,
        }
    }

    /// The truth value, if it is one to the program. Jackson's readers accept the texts `true` and `false` too, quoted or
    /// not.
    pub fn as_bool(self) -> Option<bool> {
        match self.value() {
            Value::Bool(value) => Some(value),
            Value::Str(text) if self.yaml.dialect == Dialect::GoYamlV3 && !self.is_quoted() && self.tag().is_none() => {
                self.yaml.dialect.boolean(text, true)
            }
            Value::Str("true") if self.yaml.dialect.is_jackson() => Some(true),
            Value::Str("false") if self.yaml.dialect.is_jackson() => Some(false),
            _ => None,
        }
    }

    /// The whole number, if it is one to the program. go-yaml cuts fractions (`2.9` is 2); Jackson's readers accept a
    /// quoted number.
    pub fn as_int(self) -> Option<i128> {
        match self.value() {
            Value::Int(value) => Some(value),
            #[expect(clippy::cast_possible_truncation, reason = "go-yaml cuts the fraction")]
            Value::Float(value) if self.yaml.dialect.is_go() && value.abs() < 1e18 => Some(value as i128),
            Value::Str(text) if self.yaml.dialect.is_jackson() => text.parse().ok(),
            _ => None,
        }
    }

    /// The whole number, if it is one to the program and fits.
    pub fn as_i64(self) -> Option<i64> {
        self.as_int()?.try_into().ok()
    }

    /// The whole number, if it is one to the program and fits.
    pub fn as_u64(self) -> Option<u64> {
        self.as_int()?.try_into().ok()
    }

    /// The number, if it is one to the program.
    pub fn as_f64(self) -> Option<f64> {
        match self.value() {
            #[expect(clippy::cast_precision_loss, reason = "a float was asked for")]
            Value::Int(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            Value::Str(text) if self.yaml.dialect.is_jackson() => text.parse().ok(),
            _ => None,
        }
    }

    /// The items of a list; nothing for anything else.
    pub fn items(self) -> impl DoubleEndedIterator<Item = Node<'a>> + ExactSizeIterator {
        let node = self.target();
        let children = if node.is_sequence() { node.own_children() } else { &[] };
        children.iter().map(move |&id| Node { yaml: self.yaml, id })
    }

    /// The entries of a mapping as written: duplicates, `<<` and all; nothing for anything else.
    pub fn entries(self) -> impl DoubleEndedIterator<Item = Entry<'a>> + ExactSizeIterator {
        let node = self.target();
        let children = if node.is_mapping() { node.own_children() } else { &[] };
        children.chunks_exact(2).map(move |pair| Entry {
            key: Node { yaml: self.yaml, id: pair[0] },
            value: Node { yaml: self.yaml, id: pair[1] },
        })
    }

    /// An item of a list.
    pub fn item(self, index: usize) -> Option<Node<'a>> {
        let node = self.target();
        let id = if node.is_sequence() { node.own_children().get(index) } else { None };
        id.map(|&id| Node { yaml: self.yaml, id })
    }

    /// The place of an item in this list. Items stand in the order of the text, so that it is found by halving.
    pub(crate) fn place_of(self, item: Node<'_>) -> Option<usize> {
        let place = self.items().len();
        let starts_before = |at: usize| self.item(at).is_some_and(|other| other.span().start < item.span().start);
        let (mut low, mut high) = (0, place);
        while low < high {
            let middle = usize::midpoint(low, high);
            if starts_before(middle) { low = middle + 1 } else { high = middle }
        }
        self.item(low).filter(|found| found.id == item.id).map(|_| low)
    }

    /// An entry of a mapping by its place among the entries as written.
    pub fn entry_at(self, index: usize) -> Option<Entry<'a>> {
        let node = self.target();
        let children = if node.is_mapping() { node.own_children() } else { &[] };
        let pair = children.get(index * 2..index * 2 + 2)?;
        let [key, value] = [pair[0], pair[1]].map(|id| Node { yaml: self.yaml, id });
        Some(Entry { key, value })
    }

    /// The entries as the program sees them: merges applied where the dialect applies them, one for each key (the last of
    /// equal ones), in the order in which keys first appear.
    pub fn fields(self) -> Vec<Field<'a>> {
        let mut fields = Fields { list: Vec::with_capacity(self.entries().len()), index: Keys::new() };
        self.collect_fields(&mut fields, None, self.yaml.dialect == Dialect::GoYamlV2);
        fields.list
    }

    fn collect_fields(self, fields: &mut Fields<'a>, merged_by: Option<Entry<'a>>, in_order: bool) {
        if in_order {
            for entry in self.entries() {
                if entry.is_merge() {
                    for source in entry.merge_sources() {
                        source.collect_fields(fields, merged_by.or(Some(entry)), true);
                    }
                } else {
                    fields.put(entry, merged_by, true);
                }
            }
            return;
        }
        let has_merge = self.entries().any(Entry::is_merge);
        for entry in self.entries().filter(|entry| !has_merge || !entry.is_merge()) {
            fields.put(entry, merged_by, false);
        }
        if has_merge {
            for entry in self.entries().filter(|entry| entry.is_merge()) {
                for source in entry.merge_sources() {
                    source.collect_fields(fields, merged_by.or(Some(entry)), false);
                }
            }
        }
    }

    /// The value of a key, merges applied where the dialect applies them; the last of equal keys.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        let own = || self.entries().rfind(|entry| entry.key.is_text(key) && !entry.is_merge());
        if self.yaml.dialect == Dialect::GoYamlV2 {
            for entry in self.entries().rev() {
                if entry.is_merge() {
                    if let Some(found) = entry.merge_sources().into_iter().rev().find_map(|source| source.get(key)) {
                        return Some(found);
                    }
                } else if entry.key.is_text(key) {
                    return Some(entry.value);
                }
            }
            return None;
        }
        if let Some(entry) = own() {
            return Some(entry.value);
        }
        let mut merges = self.entries().filter(|entry| entry.is_merge());
        merges.find_map(|entry| entry.merge_sources().into_iter().find_map(|source| source.get(key)))
    }

    /// The entry of a key in this very mapping, merges left aside; the last of equal keys.
    pub fn entry(self, key: &str) -> Option<Entry<'a>> {
        self.entries().rfind(|entry| entry.key.is_text(key))
    }

    /// The value at the end of a way of keys. A number may stand for the item of a list.
    ///
    /// ```
    /// # use confvet_yaml::{Dialect, Yaml};
    /// # use confvet_core::FileId;
    /// let yaml = Yaml::parse(FileId(0), "a: {b: [x, y]}", Dialect::Core);
    /// let root = yaml.root().unwrap();
    /// assert_eq!(root.at_path(["a", "b", "1"]).unwrap().as_str(), Some("y"));
    /// ```
    pub fn at_path<'k>(self, path: impl IntoIterator<Item = &'k str>) -> Option<Node<'a>> {
        path.into_iter().try_fold(
            self,
            |node, key| {
                if node.is_sequence() { node.item(key.parse().ok()?) } else { node.get(key) }
            },
        )
    }

    /// Every scalar below it, with the keys on the way, for formats in which `a: {b: c}` and `a.b: c` are the same.
    /// Aliases are followed where the dialect knows them; merges are not applied.
    pub fn leaves(self) -> crate::flatten::Leaves<'a> {
        crate::flatten::Leaves::new(self)
    }
}

struct Fields<'a> {
    list: Vec<Field<'a>>,
    /// What they are found by, once they are more than a few.
    index: Keys<Identity<'a>>,
}

/// What makes two keys equal: text for scalars, the node itself for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Identity<'a> {
    Text(&'a str),
    Node(u32),
}

/// Up to this many, keys are compared one by one; beyond, they are hashed.
pub(crate) const FEW: usize = 16;

impl<'a> Fields<'a> {
    fn find(&mut self, identity: Identity<'a>) -> Option<usize> {
        if self.list.len() <= FEW {
            return self.list.iter().position(|field| field.identity() == identity);
        }
        if self.index.is_empty() {
            self.index = self.list.iter().map(Field::identity).collect();
        }
        self.index.position(&identity)
    }

    /// Of equal keys in one mapping the last counts; of equal keys in several, the first unless `overrides`.
    fn put(&mut self, entry: Entry<'a>, merged_by: Option<Entry<'a>>, overrides: bool) {
        let field = Field { key: entry.key, value: entry.value, merged_by };
        let identity = entry.identity();
        match self.find(identity) {
            Some(at) if overrides || self.list[at].key.parent() == entry.key.parent() => self.list[at] = field,
            Some(_) => {}
            None => {
                if !self.index.is_empty() {
                    self.index.insert(identity);
                }
                self.list.push(field);
            }
        }
    }
}

impl<'a> Field<'a> {
    fn identity(&self) -> Identity<'a> {
        Entry { key: self.key, value: self.value }.identity()
    }
}

impl<'a> Entry<'a> {
    pub(crate) fn identity(self) -> Identity<'a> {
        self.key.text().map_or(Identity::Node(self.key.id), Identity::Text)
    }

    /// Is it a merge key `<<`, in a dialect that applies them?
    pub fn is_merge(self) -> bool {
        self.key.kind() == Kind::Scalar(Style::Plain)
            && self.key.is_text("<<")
            && self.key.yaml.dialect.merges()
            && self.key.tag().is_none_or(|tag| tag == "!!merge")
    }

    /// The mappings a merge key brings in, in the order in which they are written; the first wins.
    pub fn merge_sources(self) -> Vec<Node<'a>> {
        if !self.is_merge() {
            return Vec::new();
        }
        let value = self.value.target();
        if value.is_mapping() {
            return vec![value];
        }
        value.items().map(Node::target).filter(|item| item.is_mapping()).collect()
    }

    /// Key and value together.
    pub fn span(self) -> Span {
        self.key.span().to(self.value.span())
    }
}
