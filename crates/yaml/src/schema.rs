//! A check driven by a table of known keys: every problem of a document in one run, each on its own token.
//!
//! A table is a static array of [`KeyRow`]s, sorted by context and key. A *context* names a kind of mapping
//! (`scrape_config`), and a key's [`Type`] may lead to another context, so that one row describes `tls_config` wherever it
//! may stand. What the types of a system's own scalars accept (durations, sizes) a function says.
//!
//! ```
//! use confvet_core::FileId;
//! use confvet_yaml::schema::{KeyRow, Schema, Type};
//! use confvet_yaml::{Dialect, Yaml};
//!
//! static KEYS: &[KeyRow] = &[
//!     KeyRow { required: true, ..KeyRow::new("job", "job_name", Type::Text) },
//!     KeyRow { since: &[(2, 45, 0)], ..KeyRow::new("job", "limit", Type::Uint) },
//!     KeyRow::new("root", "scrape_configs", Type::List(&Type::Mapping("job"))),
//! ];
//! static SCHEMA: Schema = Schema::new(KEYS);
//!
//! let text = "scrape_configs:\n- job_nam: a\n  limit: -1\n";
//! let yaml = Yaml::parse(FileId(0), text, Dialect::GoYamlV2);
//! let problems = SCHEMA.check(yaml.root().unwrap(), "root", None);
//! let messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
//! assert_eq!(messages, [
//!     "`job_nam` is not known here; did you mean `job_name`?",
//!     "`job_name` is missing",
//!     "expected a whole number from 0, found a negative number",
//! ]);
//! ```

use crate::dialect::Value;
use crate::tree::{Entry, FEW, Identity, Node};
use confvet_core::{Keys, Map, Span, Version, did_you_mean};
use std::fmt;

/// A released version: major, minor, patch.
pub type Release = (u16, u16, u16);

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// Anything at all; nothing below it is checked.
    Any,
    /// A truth value, as the dialect has it.
    Bool,
    /// A whole number.
    Int,
    /// A whole number from 0.
    Uint,
    /// A number.
    Float,
    /// A text, as the dialect has it (go-yaml: any scalar).
    Text,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// One of these words, in any letter case.
    EnumAnyCase(&'static [&'static str]),
    /// A scalar of the system's own; [`Schema::scalar`] knows the name.
    Scalar(&'static str),
    /// A mapping with the keys of a context.
    Mapping(&'static str),
    /// A mapping with names of one's own choice.
    Map(&'static Type),
    /// A list.
    List(&'static Type),
    /// Whichever of these fits the shape.
    OneOf(&'static [Type]),
}

/// A known key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyRow {
    /// The kind of mapping it stands in.
    pub context: &'static str,
    /// The key; `*` for names of one's own choice beside the known ones.
    pub key: &'static str,
    /// What its value must be.
    pub kind: Type,
    /// Must it be there?
    pub required: bool,
    /// The releases that brought it, ascending: several where it came to older lines too, such as 3.3.9, 4.0.8 and 4.1.1.
    /// Empty: it was always there.
    pub since: &'static [Release],
    /// From this release on it should not be used any more.
    pub deprecated: Option<Release>,
    /// From this release on it is not known any more.
    pub removed: Option<Release>,
    /// What to write instead.
    pub replacement: Option<&'static str>,
}

impl KeyRow {
    /// A key that was always there and is not required.
    pub const fn new(context: &'static str, key: &'static str, kind: Type) -> Self {
        Self { context, key, kind, required: false, since: &[], deprecated: None, removed: None, replacement: None }
    }

    /// Is the key known to a version, by its `since`?
    pub fn is_in(&self, version: &Version) -> bool {
        let Some(&last) = self.since.last() else { return true };
        let own_line = |since: &&Release| (u64::from(since.0), u64::from(since.1)) == (version.major, version.minor);
        reached(version, last) || self.since.iter().find(own_line).is_some_and(|&since| reached(version, since))
    }
}

/// Is a version at a release or past it? A pre-release counts as the release itself.
fn reached(version: &Version, (major, minor, patch): Release) -> bool {
    (version.major, version.minor, version.patch) >= (u64::from(major), u64::from(minor), u64::from(patch))
}

/// What a function says of a scalar of the system's own: what was expected, with its article, as in "a duration such as
/// `30s`".
pub type Expected = String;

/// A table of keys and what goes with it.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The keys, sorted by context and key.
    pub keys: &'static [KeyRow],
    /// What [`Type::Scalar`] means: given the name of the type and a scalar that is not null.
    pub scalar: fn(&str, Node<'_>) -> Result<(), Expected>,
    /// Is a key without a value refused? Default: no.
    pub refuse_null_values: bool,
    /// Is an empty list item refused? Default: yes.
    pub refuse_null_items: bool,
}

/// Something that does not fit the table.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaProblem {
    /// The token: the key if the key is wrong, the value if the value is. What is missing: the key or the item that should
    /// hold it.
    pub span: Span,
    /// The way to it: `scrape_configs[0].job_name`.
    pub path: String,
    /// The row of the table, if the key is known.
    pub row: Option<&'static KeyRow>,
    /// What is wrong.
    pub kind: SchemaProblemKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaProblemKind {
    /// A key that is not in the table.
    UnknownKey {
        /// The key.
        key: String,
        /// The kind of mapping it stands in.
        context: &'static str,
        /// A key of the same context that was probably meant.
        suggestion: Option<&'static str>,
        /// Another context that knows the key.
        elsewhere: Option<&'static str>,
    },
    /// A value of another shape or type.
    WrongType {
        /// What was expected, with its article.
        expected: String,
        /// What was found, with its article.
        found: &'static str,
    },
    /// A scalar that its type does not accept.
    BadValue {
        /// The scalar, shortened.
        value: String,
        /// What was expected, with its article.
        expected: Expected,
    },
    /// A key that stands in the mapping already.
    Duplicate {
        /// The key.
        key: String,
        /// Where it stands first.
        first: Span,
    },
    /// A required key that is not there.
    Missing {
        /// The key.
        key: &'static str,
        /// The kind of mapping that lacks it.
        context: &'static str,
    },
    /// A key that the target version does not know yet.
    NotYet {
        /// The key.
        key: &'static str,
        /// The last line's first release that knows it.
        since: Release,
    },
    /// A key that the target version does not know any more.
    Removed {
        /// The key.
        key: &'static str,
        /// The first release without it.
        since: Release,
        /// What to write instead.
        replacement: Option<&'static str>,
    },
    /// A key that should not be used any more.
    Deprecated {
        /// The key.
        key: &'static str,
        /// The release that deprecated it.
        since: Release,
        /// What to write instead.
        replacement: Option<&'static str>,
    },
    /// Nothing written, where null is refused.
    Null {
        /// What was expected, with its article.
        expected: String,
    },
}

/// Suggestions cost; a file with more unknown keys than this is another kind of file.
const SUGGESTIONS: usize = 200;

fn any_scalar(_: &str, _: Node<'_>) -> Result<(), Expected> {
    Ok(())
}

impl Schema {
    /// A table whose [`Type::Scalar`]s accept everything.
    pub const fn new(keys: &'static [KeyRow]) -> Self {
        Self { keys, scalar: any_scalar, refuse_null_values: false, refuse_null_items: true }
    }

    /// The rows of a context.
    pub fn context(&self, context: &str) -> &'static [KeyRow] {
        let start = self.keys.partition_point(|row| row.context < context);
        let rows = &self.keys[start..];
        &rows[..rows.partition_point(|row| row.context == context)]
    }

    /// The row of a key; the `*` row of the context where the key itself has none.
    pub fn row(&self, context: &str, key: &str) -> Option<&'static KeyRow> {
        self.place(context, key).map(|at| &self.keys[at])
    }

    /// The place of that row in the table.
    pub fn place(&self, context: &str, key: &str) -> Option<usize> {
        let start = self.keys.partition_point(|row| row.context < context);
        find(self.context(context), key).map(|at| start + at)
    }

    /// The first thing wrong with the table itself: a row out of order, or a type that leads to a context without rows. A
    /// system's test holds this to `None`.
    pub fn flaw(&self) -> Option<String> {
        let out_of_order =
            self.keys.windows(2).find(|pair| (pair[0].context, pair[0].key) >= (pair[1].context, pair[1].key));
        if let Some([before, row]) = out_of_order {
            return Some(format!("`{} {}` must not follow `{} {}`", row.context, row.key, before.context, before.key));
        }
        let dangling = self.keys.iter().find_map(|row| self.dangling(&row.kind).map(|context| (row, context)));
        dangling.map(|(row, context)| format!("`{} {}` leads to `{context}`, which has no rows", row.context, row.key))
    }

    fn dangling(&self, kind: &Type) -> Option<&'static str> {
        match *kind {
            Type::Mapping(context) => self.context(context).is_empty().then_some(context),
            Type::Map(kind) | Type::List(kind) => self.dangling(kind),
            Type::OneOf(kinds) => kinds.iter().find_map(|kind| self.dangling(kind)),
            _ => None,
        }
    }

    /// Checks a mapping against a context. Without a version, keys of every version are known and only deprecations are
    /// told. The problems come in the order of the text.
    pub fn check(&self, node: Node<'_>, context: &'static str, version: Option<&Version>) -> Vec<SchemaProblem> {
        self.check_type(node, &Type::Mapping(context), version)
    }

    /// Checks a node against a type.
    pub fn check_type(&self, node: Node<'_>, kind: &Type, version: Option<&Version>) -> Vec<SchemaProblem> {
        self.check_type_and_visit(node, kind, version, &mut |_, _| {})
    }

    /// Checks a node against a type, and shows every entry whose key is known, with the place of its row in the table: for
    /// what else there is to say of it, so that nobody needs to walk the tree and look up its keys again.
    pub fn check_type_and_visit<'a>(
        &self,
        node: Node<'a>,
        kind: &Type,
        version: Option<&Version>,
        visit: &mut dyn FnMut(Entry<'a>, usize),
    ) -> Vec<SchemaProblem> {
        let mut check = Check {
            schema: self,
            version,
            visit,
            contexts: Vec::new(),
            problems: Vec::new(),
            seen: Keys::new(),
            unknown: 0,
            by_key: Vec::new(),
        };
        check.value(node, kind, None, false);
        check.problems.sort_by_key(|problem| problem.span.start);
        check.problems
    }
}

fn find(rows: &[KeyRow], key: &str) -> Option<usize> {
    let exact = rows.binary_search_by(|row| row.key.cmp(key)).ok();
    exact.or_else(|| rows.binary_search_by(|row| row.key.cmp("*")).ok())
}

/// A context that has been met, with what was learnt of its mappings.
struct Known {
    name: &'static str,
    rows: &'static [KeyRow],
    /// Where its rows begin in the table.
    start: usize,
    /// By row, the row of the key that came behind it last time; the first is what mappings begin with. People write their
    /// keys in the same order again and again.
    behind: Vec<u32>,
}

impl Known {
    /// The row of a key that stands behind that of another row, counted from 1.
    fn find(&mut self, key: &str, previous: usize) -> Option<usize> {
        let guess = self.behind[previous] as usize;
        if self.rows.get(guess).is_some_and(|row| row.key == key) {
            return Some(guess);
        }
        let at = find(self.rows, key)?;
        self.behind[previous] = u32::try_from(at).unwrap_or(u32::MAX);
        Some(at)
    }
}

/// Which rows of a context a mapping has used; of larger contexts nothing is known.
#[derive(Default)]
struct Used([u128; 2]);

impl Used {
    /// Notes a row. True if it may have been used before.
    fn again(&mut self, row: usize) -> bool {
        let Some(word) = self.0.get_mut(row / 128) else { return true };
        let bit = 1 << (row % 128);
        let again = *word & bit != 0;
        *word |= bit;
        again
    }
}

struct Check<'s, 'a> {
    schema: &'s Schema,
    version: Option<&'s Version>,
    visit: &'s mut dyn FnMut(Entry<'a>, usize),
    contexts: Vec<Known>,
    problems: Vec<SchemaProblem>,
    /// Anchored nodes with the context they were checked in: an alias does not check them again.
    seen: Keys<(u32, &'static str)>,
    unknown: usize,
    /// All rows by key alone, made when the first unknown key turns up.
    by_key: Vec<&'static KeyRow>,
}

type Row = Option<&'static KeyRow>;

impl<'a> Check<'_, 'a> {
    fn report(&mut self, span: Span, node: Node<'a>, row: Row, kind: SchemaProblemKind) {
        self.problems.push(SchemaProblem { span, path: node.path(), row, kind });
    }

    fn wrong_type(&mut self, node: Node<'a>, kind: &Type, row: Row) {
        let (expected, found) = (kind.describe(), node.value().describe());
        self.report(place(node), node, row, SchemaProblemKind::WrongType { expected, found });
    }

    fn value(&mut self, node: Node<'a>, kind: &Type, row: Row, is_item: bool) {
        if matches!(kind, Type::Any) || unresolved(node) {
            return;
        }
        if node.is_null() {
            let refused = if is_item { self.schema.refuse_null_items } else { self.schema.refuse_null_values };
            if refused {
                let span = if is_item && node.is_empty() { item_span(node) } else { place(node) };
                self.report(span, node, row, SchemaProblemKind::Null { expected: kind.describe() });
            }
            return;
        }
        match *kind {
            Type::Any => {}
            Type::Mapping(context) if node.is_mapping() => self.mapping(node, context),
            Type::Map(kind) if node.is_mapping() => {
                self.duplicates(node);
                for entry in node.entries().filter(|entry| !entry.is_merge()) {
                    self.value(entry.value, kind, row, false);
                }
            }
            Type::List(kind) if node.is_sequence() => {
                for item in node.items() {
                    self.value(item, kind, row, true);
                }
            }
            Type::OneOf(kinds) => {
                let fits = |kind: &&Type| kind.fits_shape(node) && self.scalar(node, kind).is_ok();
                match kinds
                    .iter()
                    .find(fits)
                    .or_else(|| kinds.iter().find(|kind| !kind.is_scalar() && kind.fits_shape(node)))
                {
                    Some(kind) => self.value(node, kind, row, is_item),
                    None => self.wrong_type(node, kind, row),
                }
            }
            Type::Mapping(_) | Type::Map(_) | Type::List(_) => self.wrong_type(node, kind, row),
            _ => {
                if let Err(problem) = self.scalar(node, kind) {
                    self.report(place(node), node, row, problem);
                }
            }
        }
    }

    /// Does a scalar fit its type? Collections are none of its business.
    fn scalar(&self, node: Node<'a>, kind: &Type) -> Result<(), SchemaProblemKind> {
        let wrong = || SchemaProblemKind::WrongType { expected: kind.describe(), found: node.value().describe() };
        let bad = |expected| SchemaProblemKind::BadValue { value: shorten(node.text().unwrap_or_default()), expected };
        let fits = match *kind {
            Type::Any | Type::Mapping(_) | Type::Map(_) | Type::List(_) | Type::OneOf(_) => return Ok(()),
            Type::Bool => node.as_bool().is_some(),
            Type::Int => node.as_int().is_some(),
            Type::Uint => node.as_int().is_some_and(|value| value >= 0),
            Type::Float => node.as_f64().is_some(),
            Type::Text => node.as_str().is_some(),
            Type::Enum(words) | Type::EnumAnyCase(words) => {
                let Some(text) = node.text() else { return Err(wrong()) };
                let any_case = matches!(kind, Type::EnumAnyCase(_));
                let fits = |word: &&str| *word == text || any_case && word.eq_ignore_ascii_case(text);
                return if words.iter().any(fits) { Ok(()) } else { Err(bad(kind.describe())) };
            }
            Type::Scalar(name) => {
                if node.text().is_none() {
                    return Err(wrong());
                }
                return (self.schema.scalar)(name, node).map_err(bad);
            }
        };
        if fits { Ok(()) } else { Err(wrong()) }
    }

    fn mapping(&mut self, node: Node<'a>, context: &'static str) {
        let target = node.target();
        if target.anchor().is_some() && !self.seen.insert((target.id, context)) {
            return;
        }
        let known = self.known(context);
        let mut used = Used::default();
        let mut previous = 0;
        let mut may_repeat = false;
        for entry in target.entries() {
            if entry.is_merge() {
                for source in entry.merge_sources() {
                    self.merged(source, known, context);
                }
                may_repeat = true;
                continue;
            }
            match self.entry(entry, known, previous, context) {
                Some(row) => {
                    may_repeat |= self.contexts[known].rows[row].key == "*" || used.again(row);
                    previous = row + 1;
                }
                None => may_repeat = true,
            }
        }
        if may_repeat {
            self.duplicates(target);
        }
        let rows = self.contexts[known].rows;
        for row in rows.iter().filter(|row| row.required && target.get(row.key).is_none()) {
            if self.version.is_none_or(|version| row.is_in(version)) {
                let span = holder_span(node);
                self.report(span, node, Some(row), SchemaProblemKind::Missing { key: row.key, context });
            }
        }
    }

    /// The place of a context among those that have been met.
    fn known(&mut self, context: &'static str) -> usize {
        // Mostly the very same text, so that its address tells.
        let same = |known: &Known| std::ptr::eq(known.name, context) || known.name == context;
        if let Some(at) = self.contexts.iter().position(same) {
            return at;
        }
        let start = self.schema.keys.partition_point(|row| row.context < context);
        let rows = self.schema.context(context);
        self.contexts.push(Known { name: context, rows, start, behind: vec![0; rows.len() + 1] });
        self.contexts.len() - 1
    }

    /// The keys that a merge brings in belong to this context too; what they lack the mapping itself may have.
    fn merged(&mut self, source: Node<'a>, known: usize, context: &'static str) {
        if !self.seen.insert((source.id, context)) {
            return;
        }
        for entry in source.entries() {
            if entry.is_merge() {
                for source in entry.merge_sources() {
                    self.merged(source, known, context);
                }
            } else {
                self.entry(entry, known, 0, context);
            }
        }
    }

    /// Checks an entry that stands behind that of another row, counted from 1. Gives its own row.
    fn entry(&mut self, entry: Entry<'a>, known: usize, previous: usize, context: &'static str) -> Option<usize> {
        let Entry { key, value } = entry;
        let Some(text) = key.text() else {
            let kind = SchemaProblemKind::WrongType { expected: "a key".to_owned(), found: key.value().describe() };
            self.report(key.span(), value, None, kind);
            return None;
        };
        let found = self.contexts[known].find(text, previous);
        let (rows, start) = (self.contexts[known].rows, self.contexts[known].start);
        match found {
            Some(at) => {
                let row = &rows[at];
                (self.visit)(entry, start + at);
                let version = self.version;
                if !self.versions(key, value, row) {
                    // What stands below is unknown for the same reason.
                    self.version = None;
                }
                self.value(value, &row.kind, Some(row), false);
                self.version = version;
            }
            None => self.unknown_key(text, key, value, rows, context),
        }
        found
    }

    fn unknown_key(
        &mut self,
        text: &str,
        key: Node<'a>,
        value: Node<'a>,
        rows: &'static [KeyRow],
        context: &'static str,
    ) {
        self.unknown += 1;
        let (mut suggestion, mut elsewhere) = (None, None);
        if self.unknown <= SUGGESTIONS {
            let known = |row: &&KeyRow| row.key != "*" && self.version.is_none_or(|version| row.is_in(version));
            suggestion = did_you_mean(text, rows.iter().filter(known).map(|row| row.key));
            if self.by_key.is_empty() {
                self.by_key = self.schema.keys.iter().collect();
                self.by_key.sort_by_key(|row| row.key);
            }
            let at = self.by_key.partition_point(|row| row.key < text);
            elsewhere = self.by_key.get(at).filter(|row| row.key == text).map(|row| row.context);
        }
        let kind = SchemaProblemKind::UnknownKey { key: shorten(text), context, suggestion, elsewhere };
        self.report(key.span(), value, None, kind);
    }

    /// Reports a key that the version does not know or that should not be used. False if it does not know it.
    fn versions(&mut self, key: Node<'a>, value: Node<'a>, row: &'static KeyRow) -> bool {
        let KeyRow { key: name, replacement, .. } = *row;
        let at = |release: Option<Release>| {
            release.filter(|&release| self.version.is_some_and(|version| reached(version, release)))
        };
        let kind = if let Some(since) = at(row.removed) {
            SchemaProblemKind::Removed { key: name, since, replacement }
        } else if let Some(&since) =
            row.since.last().filter(|_| self.version.is_some_and(|version| !row.is_in(version)))
        {
            SchemaProblemKind::NotYet { key: name, since }
        } else if let Some(since) =
            row.deprecated.filter(|&since| self.version.is_none_or(|version| reached(version, since)))
        {
            SchemaProblemKind::Deprecated { key: name, since, replacement }
        } else {
            return true;
        };
        let known = matches!(kind, SchemaProblemKind::Deprecated { .. });
        self.report(key.span(), value, Some(row), kind);
        known
    }

    fn duplicates(&mut self, node: Node<'a>) {
        if node.entries().len() < 2 {
            return;
        }
        for (entry, first) in duplicates(node) {
            let key = shorten(entry.key.text().unwrap_or_default());
            self.report(
                entry.key.span(),
                entry.value,
                None,
                SchemaProblemKind::Duplicate { key, first: first.key.span() },
            );
        }
    }
}

/// The entries of a mapping whose key stands in it already, each with the first one of the same key.
pub fn duplicates(node: Node<'_>) -> Vec<(Entry<'_>, Entry<'_>)> {
    let mut found = Vec::new();
    if node.entries().len() <= FEW {
        let mut prints = [0_u64; FEW];
        for (place, entry) in node.entries().enumerate() {
            prints[place] = print(entry);
            let alike = node.entries().zip(prints).take(place).filter(|(_, other)| *other == prints[place]);
            let first = alike.map(|(first, _)| first).find(|first| first.identity() == entry.identity());
            found.extend(first.map(|first| (entry, first)));
        }
        return found;
    }
    let mut first: Map<Identity<'_>, Entry<'_>> = Map::new();
    for entry in node.entries() {
        found.extend(first.earlier(entry.identity(), entry).map(|first| (entry, *first)));
    }
    found
}

/// Length, first and last bytes of a key: what differs here is not equal.
fn print(entry: Entry<'_>) -> u64 {
    let text = entry.key.text().unwrap_or_default().as_bytes();
    let byte = |at: usize| text.get(at).copied().unwrap_or_default();
    let back = |at: usize| text.len().checked_sub(at).map_or(0, byte);
    let length = text.len().to_le_bytes()[0];
    u64::from_le_bytes([length, byte(0), byte(1), byte(2), byte(3), back(1), back(2), back(3)])
}

/// An alias that names nothing has been reported as a syntax problem.
fn unresolved(node: Node<'_>) -> bool {
    node.target().is_alias() && node.dialect().aliases()
}

/// Where a value is written; its key, if nothing is.
fn place(node: Node<'_>) -> Span {
    if node.is_empty() { node.key_span() } else { node.span() }
}

/// What stands for a mapping as a whole: its key, or the first key in it.
fn holder_span(node: Node<'_>) -> Span {
    let first = node.entry_at(0).filter(|_| !node.is_alias());
    node.key().or(first.map(|entry| entry.key)).unwrap_or(node).span()
}

/// The dash of an empty item.
fn item_span(node: Node<'_>) -> Span {
    let span = node.span();
    let before = node.yaml().text().get(..span.range().start).is_some_and(|before| before.ends_with('-'));
    Span { start: span.start - u32::from(before), ..span }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl Type {
    fn is_scalar(&self) -> bool {
        !matches!(self, Type::Any | Type::Mapping(_) | Type::Map(_) | Type::List(_) | Type::OneOf(_))
    }

    fn fits_shape(&self, node: Node<'_>) -> bool {
        match self {
            Type::Any => true,
            Type::Mapping(_) | Type::Map(_) => node.is_mapping(),
            Type::List(_) => node.is_sequence(),
            Type::OneOf(kinds) => kinds.iter().any(|kind| kind.fits_shape(node)),
            _ => !matches!(node.value(), Value::Sequence | Value::Mapping),
        }
    }

    /// The type in words, with its article.
    pub fn describe(&self) -> String {
        match self {
            Type::Any => "anything".to_owned(),
            Type::Bool => "a boolean".to_owned(),
            Type::Int => "a whole number".to_owned(),
            Type::Uint => "a whole number from 0".to_owned(),
            Type::Float => "a number".to_owned(),
            Type::Text => "a text".to_owned(),
            Type::Enum([word]) | Type::EnumAnyCase([word]) => format!("`{word}`"),
            Type::Enum(words) | Type::EnumAnyCase(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                format!("one of {}", words.join(", "))
            }
            Type::Scalar(name) => format!("a {name}"),
            Type::Mapping(_) | Type::Map(_) => "a mapping".to_owned(),
            Type::List(_) => "a list".to_owned(),
            Type::OneOf(kinds) => {
                let mut words: Vec<String> = kinds.iter().map(Type::describe).collect();
                words.dedup();
                words.join(" or ")
            }
        }
    }
}

impl fmt::Display for SchemaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl fmt::Display for SchemaProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SchemaProblemKind::UnknownKey { key, suggestion: Some(meant), .. } => {
                write!(f, "`{key}` is not known here; did you mean `{meant}`?")
            }
            SchemaProblemKind::UnknownKey { key, elsewhere: Some(elsewhere), .. } => {
                write!(f, "`{key}` is not known here; it belongs to {elsewhere}")
            }
            SchemaProblemKind::UnknownKey { key, .. } => write!(f, "`{key}` is not known here"),
            SchemaProblemKind::WrongType { expected, found } => write!(f, "expected {expected}, found {found}"),
            SchemaProblemKind::BadValue { value, expected } => write!(f, "`{value}` is not {expected}"),
            SchemaProblemKind::Duplicate { key, .. } => write!(f, "`{key}` stands here twice"),
            SchemaProblemKind::Missing { key, .. } => write!(f, "`{key}` is missing"),
            SchemaProblemKind::NotYet { key, since } => write!(f, "`{key}` is new in {}", Dotted(*since)),
            SchemaProblemKind::Removed { key, since, .. } => write!(f, "`{key}` was removed in {}", Dotted(*since)),
            SchemaProblemKind::Deprecated { key, since, .. } => {
                write!(f, "`{key}` is deprecated since {}", Dotted(*since))
            }
            SchemaProblemKind::Null { expected } => write!(f, "nothing is written here; expected {expected}"),
        }
    }
}

/// `2.45`, `3.3.9`: without a patch of zero.
struct Dotted(Release);

impl fmt::Display for Dotted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.0;
        write!(f, "{major}.{minor}")?;
        if patch > 0 {
            write!(f, ".{patch}")?;
        }
        Ok(())
    }
}
