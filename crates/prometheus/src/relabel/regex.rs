//! Regular expressions in Go's RE2 syntax, checked by the rules of Go's parser and run by the `regex` crate.
//!
//! The two syntaxes differ in many small ways (`\d` is ASCII in Go, `{` may be literal, `a++` is refused, …), so a pattern
//! is never passed through: it is read as Go reads it and written anew.

use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// Groups may be nested this deep, as in Go.
const MAX_DEPTH: usize = 1000;
/// A repeat count, or the product of nested ones, may be this large, as in Go.
const MAX_REPEAT: u32 = 1000;
/// Memory that one compiled pattern may take; a larger one is treated as unknown.
const MAX_COMPILED: usize = 4 << 20;

/// Which Prometheus compiles the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    /// `.` matches a line end too: 3.0 and later.
    pub dot_matches_newline: bool,
    /// `(?<name>…)` is accepted beside `(?P<name>…)`: 2.51 and later.
    pub bare_names: bool,
    /// `\p{Letter}` is accepted beside `\p{L}`: 3.7 and later.
    pub long_categories: bool,
}

impl Default for Dialect {
    /// The newest Prometheus.
    fn default() -> Self {
        Self { dot_matches_newline: true, bare_names: true, long_categories: true }
    }
}

/// A pattern that Go's parser refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// The offending part, in bytes of the pattern as written. It may be empty, at the end.
    pub range: Range<usize>,
    /// What is wrong.
    pub kind: PatternErrorKind,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternErrorKind {
    /// `(?=`, `(?!`, `(?<=`, `(?<!`.
    LookAround,
    /// `\1`.
    BackReference,
    /// `(?>`.
    AtomicGroup,
    /// A flag or group that RE2 does not have.
    UnknownGroup,
    /// A group name with other characters than letters, digits and `_`.
    BadGroupName,
    /// `a**`, `a++`.
    NestedRepeat,
    /// A repetition with nothing in front.
    NothingToRepeat,
    /// A count above 1000, or a minimum above the maximum.
    RepeatSize,
    /// An escape that RE2 does not have.
    UnknownEscape,
    /// A final backslash.
    TrailingBackslash,
    /// A group that is not closed.
    UnclosedGroup,
    /// A `)` too many.
    UnopenedGroup,
    /// A `[` that is not closed.
    UnclosedClass,
    /// `[z-a]`, `[[:nothing:]]`.
    BadRange,
    /// `\p{…}` with a name that is no category and no script.
    UnknownCategory,
    /// Groups nested more than a thousand levels deep.
    TooDeep,
}

impl fmt::Display for PatternErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LookAround => "RE2 has no look-around",
            Self::BackReference => "RE2 has no backreferences",
            Self::AtomicGroup => "RE2 has no atomic groups",
            Self::UnknownGroup => "RE2 knows no such group or flag",
            Self::BadGroupName => "a group name takes only letters, digits and `_`",
            Self::NestedRepeat => "a repetition cannot follow a repetition; RE2 has no possessive quantifiers",
            Self::NothingToRepeat => "nothing stands in front of the repetition",
            Self::RepeatSize => "a repeat count may be 1000 at most, with the smaller one first",
            Self::UnknownEscape => "RE2 knows no such escape",
            Self::TrailingBackslash => "the backslash at the end escapes nothing",
            Self::UnclosedGroup => "this group is never closed",
            Self::UnopenedGroup => "this `)` closes no group",
            Self::UnclosedClass => "this `[` is never closed",
            Self::BadRange => "no such range of characters",
            Self::UnknownCategory => "no such Unicode category or script",
            Self::TooDeep => "groups are nested more than 1000 levels deep",
        })
    }
}

impl std::error::Error for PatternError {}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// A pattern that Go accepts, anchored at both ends as Prometheus anchors it.
pub struct Pattern {
    text: String,
    translated: String,
    names: Vec<Option<String>>,
    groups: Vec<Range<usize>>,
    literals: Option<Vec<String>>,
    unbalanced: bool,
    compiled: OnceLock<Option<regex::bytes::Regex>>,
    hir: OnceLock<Option<regex_syntax::hir::Hir>>,
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

impl Clone for Pattern {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            translated: self.translated.clone(),
            names: self.names.clone(),
            groups: self.groups.clone(),
            literals: self.literals.clone(),
            unbalanced: self.unbalanced,
            compiled: self.compiled.clone(),
            hir: self.hir.clone(),
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.translated == other.translated && self.names == other.names
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// What one match captured: `groups[0]` is the whole value, a group that took no part is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captures<'p, 'v> {
    groups: Vec<Option<&'v str>>,
    names: &'p [Option<String>],
}

impl<'v> Captures<'_, 'v> {
    /// The text of a group by number; 0 is the whole match.
    pub fn number(&self, number: usize) -> Option<&'v str> {
        self.groups.get(number).copied().flatten()
    }

    /// The text of the first group of that name that took part.
    pub fn name(&self, name: &str) -> Option<&'v str> {
        let of_name = self.names.iter().zip(&self.groups).filter(|(own, _)| own.as_deref() == Some(name));
        of_name.filter_map(|(_, text)| *text).next()
    }

    /// All groups, the whole match first.
    pub fn all(&self) -> &[Option<&'v str>] {
        &self.groups
    }
}

impl Pattern {
    /// Reads a pattern for the newest Prometheus.
    ///
    /// # Errors
    /// If Go refuses it.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        Self::with_dialect(text, Dialect::default())
    }

    /// Reads a pattern for a Prometheus.
    ///
    /// # Errors
    /// If Go refuses it.
    pub fn with_dialect(text: &str, dialect: Dialect) -> Result<Self, PatternError> {
        let mut reader = Reader::new(text, dialect);
        reader.read()?;
        let Reader { out, names, spans, unbalanced, categories, .. } = reader;
        let literals = literal_words(text);
        let pattern = Self {
            text: text.to_owned(),
            translated: out,
            names,
            groups: spans,
            literals,
            unbalanced,
            compiled: OnceLock::new(),
            hir: OnceLock::new(),
        };
        // Whether a category exists only the tables of the regex crate know.
        if let Some(range) = categories.first()
            && pattern.hir().is_none()
        {
            return Err(PatternError { range: range.clone(), kind: PatternErrorKind::UnknownCategory });
        }
        Ok(pattern)
    }

    /// `(.*)`, which a rule without a regex has.
    pub(super) fn whole() -> Self {
        Self {
            text: "(.*)".to_owned(),
            translated: "^(?s:(.*))$".to_owned(),
            names: vec![None, None],
            groups: vec![Range { start: 0, end: 4 }],
            literals: None,
            unbalanced: false,
            compiled: OnceLock::new(),
            hir: OnceLock::new(),
        }
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Number of capture groups.
    pub fn group_count(&self) -> usize {
        self.names.len() - 1
    }

    /// Where the capture group with this number stands in the pattern, brackets included.
    pub fn group_range(&self, number: usize) -> Option<Range<usize>> {
        self.groups.get(number.checked_sub(1)?).cloned()
    }

    /// Has it a group of this name?
    pub fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.as_deref() == Some(name))
    }

    /// It compiles only because of the text Prometheus puts around it, as `a)|(?:b` does.
    pub fn is_unbalanced(&self) -> bool {
        self.unbalanced
    }

    /// The only texts it matches, if it is plain words with `|` between them.
    pub fn words(&self) -> Option<&[String]> {
        self.literals.as_deref()
    }

    fn compiled(&self) -> Option<&regex::bytes::Regex> {
        let compile = || {
            regex::bytes::RegexBuilder::new(&self.translated)
                .size_limit(MAX_COMPILED)
                .dfa_size_limit(MAX_COMPILED)
                .nest_limit(u32::try_from(MAX_DEPTH * 4).unwrap_or(u32::MAX))
                .build()
                .ok()
        };
        self.compiled.get_or_init(compile).as_ref()
    }

    fn hir(&self) -> Option<&regex_syntax::hir::Hir> {
        let parse = || {
            let mut builder = regex_syntax::ParserBuilder::new();
            builder.utf8(false).nest_limit(u32::try_from(MAX_DEPTH * 4).unwrap_or(u32::MAX));
            builder.build().parse(&self.translated).ok()
        };
        self.hir.get_or_init(parse).as_ref()
    }

    /// Does it match a whole value? `None` if the pattern is too large to be run here.
    pub fn matches(&self, value: &str) -> Option<bool> {
        match &self.literals {
            Some(words) => Some(words.iter().any(|word| word == value)),
            None => Some(self.compiled()?.is_match(value.as_bytes())),
        }
    }

    /// Matches a whole value. The outer `None`: too large to be run here; the inner: no match.
    pub fn captures<'p, 'v>(&'p self, value: &'v str) -> Option<Option<Captures<'p, 'v>>> {
        if let Some(words) = &self.literals {
            let found = words.iter().any(|word| word == value);
            return Some(found.then(|| Captures { groups: vec![Some(value)], names: &self.names }));
        }
        let Some(found) = self.compiled()?.captures(value.as_bytes()) else { return Some(None) };
        let groups = found.iter().map(|group| group.and_then(|group| value.get(group.range()))).collect();
        Some(Some(Captures { groups, names: &self.names }))
    }

    /// Does it match every value, as `.*` does? A pattern too large or too clever to tell counts as no.
    pub fn matches_everything(&self) -> bool {
        self.literals.is_none() && self.hir().is_some_and(|hir| shape(hir, MAX_DEPTH) == Shape::Everything)
    }

    /// Does it match every value but the empty one, as `.+` does?
    pub fn matches_all_but_empty(&self) -> bool {
        self.literals.is_none() && self.hir().is_some_and(|hir| shape(hir, MAX_DEPTH) == Shape::NotEmpty)
    }

    /// All texts it matches, if they are at most `limit`.
    pub fn finite(&self, limit: usize) -> Option<Vec<String>> {
        if let Some(words) = &self.literals {
            return (words.len() <= limit).then(|| words.clone());
        }
        let all = expand(self.hir()?, limit, MAX_DEPTH)?;
        all.into_iter().map(|bytes| String::from_utf8(bytes).ok()).collect()
    }

    /// Which group that `used` says no to can be different in two matches: the first one, by its number. What may differ
    /// outside of groups, or only by being there or not, does not count.
    pub fn varies_outside(&self, used: impl Fn(usize) -> bool) -> Option<usize> {
        if self.literals.is_some() {
            return None;
        }
        varying_group(self.hir()?, &used, MAX_DEPTH)
    }

    /// The text every match starts with.
    pub fn prefix(&self) -> String {
        match (&self.literals, self.hir()) {
            (Some(words), _) => common_prefix(words),
            (None, Some(hir)) => String::from_utf8(prefix(hir, MAX_DEPTH).0).unwrap_or_default(),
            (None, None) => String::new(),
        }
    }
}

/// The first capture group that is not used and can match two texts that differ.
fn varying_group(hir: &regex_syntax::hir::Hir, used: &dyn Fn(usize) -> bool, depth: usize) -> Option<usize> {
    use regex_syntax::hir::HirKind;
    let depth = depth.checked_sub(1)?;
    match hir.kind() {
        HirKind::Capture(capture) => {
            let number = capture.index as usize;
            (!used(number) && varies(&capture.sub, used, depth)).then_some(number)
        }
        HirKind::Repetition(repetition) => varying_group(&repetition.sub, used, depth),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().find_map(|part| varying_group(part, used, depth))
        }
        _ => None,
    }
}

/// Can it match two texts that differ, other than in groups that are used?
fn varies(hir: &regex_syntax::hir::Hir, used: &dyn Fn(usize) -> bool, depth: usize) -> bool {
    use regex_syntax::hir::HirKind;
    let Some(depth) = depth.checked_sub(1) else { return true };
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
        HirKind::Class(_) | HirKind::Alternation(_) => true,
        HirKind::Capture(capture) => !used(capture.index as usize) && varies(&capture.sub, used, depth),
        HirKind::Repetition(repetition) => {
            let optional = repetition.min == 0 && repetition.max == Some(1);
            let fixed = Some(repetition.min) == repetition.max;
            if optional || fixed { varies(&repetition.sub, used, depth) } else { true }
        }
        HirKind::Concat(parts) => parts.iter().any(|part| varies(part, used, depth)),
    }
}

fn common_prefix(words: &[String]) -> String {
    let Some(first) = words.first() else { return String::new() };
    let mut length = first.len();
    for word in words {
        let same = first.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count();
        length = length.min(same);
    }
    while !first.is_char_boundary(length) {
        length -= 1;
    }
    first[..length].to_owned()
}

/// Plain words with `|` between them: the patterns that need no engine.
fn literal_words(text: &str) -> Option<Vec<String>> {
    let plain = |c: char| !matches!(c, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$');
    text.chars().all(plain).then(|| text.split('|').map(str::to_owned).collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Only the empty text.
    Empty,
    /// Every text.
    Everything,
    /// Every text but the empty one.
    NotEmpty,
    Other,
}

/// What a pattern matches, as far as that is plain to see.
fn shape(hir: &regex_syntax::hir::Hir, depth: usize) -> Shape {
    use regex_syntax::hir::{HirKind, Look};
    let Some(depth) = depth.checked_sub(1) else { return Shape::Other };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(Look::Start | Look::End) => Shape::Empty,
        HirKind::Capture(capture) => shape(&capture.sub, depth),
        HirKind::Repetition(repetition) if repetition.max.is_none() => {
            match (repetition.min, is_any(&repetition.sub)) {
                (0, true) => Shape::Everything,
                (1, true) => Shape::NotEmpty,
                _ => match (repetition.min, shape(&repetition.sub, depth)) {
                    (_, Shape::Everything) => Shape::Everything,
                    (0, Shape::NotEmpty) => Shape::Everything,
                    (1, Shape::NotEmpty) => Shape::NotEmpty,
                    _ => Shape::Other,
                },
            }
        }
        HirKind::Repetition(repetition) if repetition.min == 0 => match shape(&repetition.sub, depth) {
            Shape::Everything | Shape::NotEmpty => Shape::Everything,
            other => other,
        },
        HirKind::Concat(parts) => {
            parts.iter().map(|part| shape(part, depth)).fold(Shape::Empty, |all, part| match (all, part) {
                (Shape::Empty, other) | (other, Shape::Empty) => other,
                (Shape::Everything, Shape::Everything) => Shape::Everything,
                (Shape::Everything, Shape::NotEmpty) | (Shape::NotEmpty, Shape::Everything) => Shape::NotEmpty,
                _ => Shape::Other,
            })
        }
        HirKind::Alternation(branches) => {
            let shapes: Vec<Shape> = branches.iter().map(|branch| shape(branch, depth)).collect();
            let has = |wanted| shapes.contains(&wanted);
            if has(Shape::Everything) || has(Shape::NotEmpty) && has(Shape::Empty) {
                Shape::Everything
            } else if has(Shape::NotEmpty) {
                Shape::NotEmpty
            } else if shapes.iter().all(|&shape| shape == Shape::Empty) {
                Shape::Empty
            } else {
                Shape::Other
            }
        }
        _ => Shape::Other,
    }
}

fn is_any(hir: &regex_syntax::hir::Hir) -> bool {
    use regex_syntax::hir::{Class, HirKind};
    match hir.kind() {
        HirKind::Capture(capture) => match capture.sub.kind() {
            HirKind::Class(_) => is_any(&capture.sub),
            _ => false,
        },
        // With or without the line end: labels hold none.
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().map(|range| range.end() as u32 - range.start() as u32 + 1).sum::<u32>() >= 0x10_f7ff
        }
        _ => false,
    }
}

/// All texts a pattern matches, if at most `limit`.
fn expand(hir: &regex_syntax::hir::Hir, limit: usize, depth: usize) -> Option<Vec<Vec<u8>>> {
    use regex_syntax::hir::{Class, HirKind, Look};
    let depth = depth.checked_sub(1)?;
    let all = match hir.kind() {
        HirKind::Empty | HirKind::Look(Look::Start | Look::End) => vec![Vec::new()],
        HirKind::Literal(literal) => vec![literal.0.to_vec()],
        HirKind::Capture(capture) => expand(&capture.sub, limit, depth)?,
        HirKind::Class(Class::Unicode(class)) => {
            let mut all = Vec::new();
            for range in class.ranges() {
                for c in range.start()..=range.end() {
                    all.push(c.to_string().into_bytes());
                    if all.len() > limit {
                        return None;
                    }
                }
            }
            all
        }
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(expand(branch, limit, depth)?);
                if all.len() > limit {
                    return None;
                }
            }
            all
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let tails = expand(part, limit, depth)?;
                if all.len() * tails.len() > limit {
                    return None;
                }
                let join =
                    |head: &Vec<u8>| tails.iter().map(move |tail| [head.as_slice(), tail].concat()).collect::<Vec<_>>();
                all = all.iter().flat_map(join).collect();
            }
            all
        }
        HirKind::Repetition(repetition) if repetition.max == Some(1) => {
            let mut all = expand(&repetition.sub, limit, depth)?;
            if repetition.min == 0 {
                all.push(Vec::new());
            }
            all
        }
        _ => return None,
    };
    (all.len() <= limit).then_some(all)
}

/// The bytes every match starts with, and whether the pattern ends there.
fn prefix(hir: &regex_syntax::hir::Hir, depth: usize) -> (Vec<u8>, bool) {
    use regex_syntax::hir::{HirKind, Look};
    let Some(depth) = depth.checked_sub(1) else { return (Vec::new(), false) };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(Look::Start | Look::End) => (Vec::new(), true),
        HirKind::Literal(literal) => (literal.0.to_vec(), true),
        HirKind::Capture(capture) => prefix(&capture.sub, depth),
        HirKind::Concat(parts) => {
            let mut all = Vec::new();
            for part in parts {
                let (bytes, whole) = prefix(part, depth);
                all.extend(bytes);
                if !whole {
                    return (all, false);
                }
            }
            (all, true)
        }
        HirKind::Alternation(branches) => {
            let mut branches = branches.iter().map(|branch| prefix(branch, depth).0);
            let first = branches.next().unwrap_or_default();
            let shared = |all: Vec<u8>, branch: Vec<u8>| {
                let length = all.iter().zip(&branch).take_while(|(a, b)| a == b).count();
                all[..length].to_vec()
            };
            (branches.fold(first, shared), false)
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => (prefix(&repetition.sub, depth).0, false),
        _ => (Vec::new(), false),
    }
}

/// What stands in front, as far as a repetition cares.
#[derive(Clone, Copy)]
enum Before {
    /// The start, `(` or `|`.
    Nothing,
    /// Something that can be repeated, with the product of the repeat counts in it.
    Atom(u32),
    /// A repetition.
    Repeat,
}

struct Group {
    /// Where it opens in the pattern; `None` for the wrapper.
    open: Option<usize>,
    capture: Option<usize>,
    weight: u32,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    dialect: Dialect,
    out: String,
    names: Vec<Option<String>>,
    spans: Vec<Range<usize>>,
    groups: Vec<Group>,
    before: Before,
    /// The heaviest product of repeat counts in the current group.
    weight: u32,
    unbalanced: bool,
    categories: Vec<Range<usize>>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, dialect: Dialect) -> Self {
        let wrapper = if dialect.dot_matches_newline { "^(?s:" } else { "^(?:" };
        Self {
            text,
            at: 0,
            dialect,
            out: wrapper.to_owned(),
            names: vec![None],
            spans: Vec::new(),
            groups: vec![Group { open: None, capture: None, weight: 1 }],
            before: Before::Nothing,
            weight: 1,
            unbalanced: false,
            categories: Vec::new(),
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error<T>(&self, start: usize, kind: PatternErrorKind) -> Result<T, PatternError> {
        let mut end = self.at.max(start).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Err(PatternError { range: start.min(end)..end, kind })
    }

    fn read(&mut self) -> Result<(), PatternError> {
        while let Some(c) = self.peek() {
            let start = self.at;
            self.at += c.len_utf8();
            match c {
                '(' => self.open(start)?,
                ')' => self.close(start)?,
                '|' => {
                    self.out.push('|');
                    self.before = Before::Nothing;
                }
                '[' => self.class(start)?,
                '.' | '^' | '$' => {
                    self.out.push(c);
                    self.atom(1);
                }
                '*' | '+' | '?' => self.repeat(start, c)?,
                '{' => match self.counts() {
                    Some((least, most, end)) => {
                        self.at = end;
                        self.count(start, least, most)?;
                    }
                    None => self.literal('{'),
                },
                '\\' => self.escape(start)?,
                c => self.literal(c),
            }
        }
        // Behind the pattern comes the bracket that ends the wrapper.
        let Some(last) = self.groups.pop() else {
            return self.error(self.text.len(), PatternErrorKind::UnopenedGroup);
        };
        if let Some(open) = last.open {
            if !self.groups.is_empty() {
                self.at = open + 1;
                return self.error(open, PatternErrorKind::UnclosedGroup);
            }
            // The wrapper is closed already, and its bracket ends a group of the author's.
            if let Some(number) = last.capture {
                self.spans[number - 1] = open..self.text.len();
            }
        }
        self.out.push_str(")$");
        Ok(())
    }

    fn atom(&mut self, weight: u32) {
        self.before = Before::Atom(weight);
        self.weight = self.weight.max(weight);
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation() && c != '_' && c != '<' && c != '>' {
            self.out.push('\\');
        }
        self.out.push(c);
        self.atom(1);
    }

    fn open(&mut self, start: usize) -> Result<(), PatternError> {
        if self.groups.len() > MAX_DEPTH {
            return self.error(start, PatternErrorKind::TooDeep);
        }
        let mut capture = None;
        if let Some(rest) = self.rest().strip_prefix('?') {
            self.at += 1;
            if rest.starts_with("P<") || rest.starts_with('<') {
                if rest.starts_with("<=") || rest.starts_with("<!") {
                    self.at += 2;
                    return self.error(start, PatternErrorKind::LookAround);
                }
                let bare = rest.starts_with('<');
                self.at += if bare { 1 } else { 2 };
                let name_start = self.at;
                let Some(length) = self.rest().find('>') else {
                    self.at = self.text.len();
                    return self.error(start, PatternErrorKind::BadGroupName);
                };
                let name = &self.text[name_start..name_start + length];
                self.at += length + 1;
                if bare && !self.dialect.bare_names {
                    return self.error(start, PatternErrorKind::UnknownGroup);
                }
                if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    return self.error(start, PatternErrorKind::BadGroupName);
                }
                capture = Some(self.capture(Some(name.to_owned())));
                self.out.push('(');
            } else if self.flags(start)? {
                return Ok(());
            }
        } else {
            capture = Some(self.capture(None));
            self.out.push('(');
        }
        self.groups.push(Group { open: Some(start), capture, weight: self.weight });
        self.weight = 1;
        self.before = Before::Nothing;
        Ok(())
    }

    fn capture(&mut self, name: Option<String>) -> usize {
        self.names.push(name);
        self.spans.push(0..0);
        self.spans.len()
    }

    /// `i`, `m`, `s`, `U` behind `(?`. True if they stand alone, as in `(?i)`.
    fn flags(&mut self, start: usize) -> Result<bool, PatternError> {
        let (mut minus, mut any) = (false, false);
        let from = self.at;
        loop {
            let Some(c) = self.peek() else { return self.error(start, PatternErrorKind::UnclosedGroup) };
            self.at += c.len_utf8();
            match c {
                'i' | 'm' | 's' | 'U' => any = true,
                '-' if !minus => (minus, any) = (true, false),
                ':' | ')' if !minus || any => {
                    let flags = &self.text[from..self.at - 1];
                    match (flags, c) {
                        ("", ')') => {}
                        (flags, ')') => self.out.push_str(&format!("(?{flags})")),
                        (flags, _) => self.out.push_str(&format!("(?{flags}:")),
                    }
                    return Ok(c == ')');
                }
                '=' | '!' if self.at == from + 1 => return self.error(start, PatternErrorKind::LookAround),
                '>' if self.at == from + 1 => return self.error(start, PatternErrorKind::AtomicGroup),
                _ => return self.error(start, PatternErrorKind::UnknownGroup),
            }
        }
    }

    fn close(&mut self, start: usize) -> Result<(), PatternError> {
        let Some(group) = self.groups.pop() else {
            return self.error(start, PatternErrorKind::UnopenedGroup);
        };
        if group.open.is_none() {
            self.unbalanced = true;
        }
        if let (Some(open), Some(number)) = (group.open, group.capture) {
            self.spans[number - 1] = open..self.at;
        }
        self.out.push(')');
        let inner = self.weight;
        self.weight = group.weight;
        self.atom(inner);
        Ok(())
    }

    fn repeat(&mut self, start: usize, sign: char) -> Result<(), PatternError> {
        self.repeatable(start)?;
        self.out.push(sign);
        self.lazy();
        self.before = Before::Repeat;
        Ok(())
    }

    fn repeatable(&mut self, start: usize) -> Result<u32, PatternError> {
        match self.before {
            Before::Nothing => self.error(start, PatternErrorKind::NothingToRepeat),
            Before::Repeat => self.error(start, PatternErrorKind::NestedRepeat),
            Before::Atom(weight) => Ok(weight),
        }
    }

    fn lazy(&mut self) {
        if self.peek() == Some('?') {
            self.at += 1;
            self.out.push('?');
        }
    }

    fn count(&mut self, start: usize, least: Option<u32>, most: Option<Option<u32>>) -> Result<(), PatternError> {
        let inner = self.repeatable(start)?;
        let (Some(least), Some(most)) = (least, most) else {
            return self.error(start, PatternErrorKind::RepeatSize);
        };
        let top = most.unwrap_or(least);
        if least > MAX_REPEAT || top > MAX_REPEAT || top < least {
            return self.error(start, PatternErrorKind::RepeatSize);
        }
        let weight = if top >= 2 || least >= 2 { inner * top.max(1) } else { inner };
        if weight > MAX_REPEAT {
            return self.error(start, PatternErrorKind::RepeatSize);
        }
        match most {
            Some(most) if most == least => self.out.push_str(&format!("{{{least}}}")),
            Some(most) => self.out.push_str(&format!("{{{least},{most}}}")),
            None => self.out.push_str(&format!("{{{least},}}")),
        }
        self.lazy();
        self.before = Before::Repeat;
        self.weight = self.weight.max(weight);
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}` behind the brace: least, most (`None` inside: open), and where it ends. A number that is
    /// too large for Go is `None`. Anything else is a literal brace.
    fn counts(&self) -> Option<(Option<u32>, Option<Option<u32>>, usize)> {
        let rest = self.rest();
        let close = rest.bytes().take(24).position(|b| b == b'}')?;
        let body = &rest[..close];
        let number = |digits: &str| -> Option<Option<u32>> {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if !plain || digits.len() > 1 && digits.starts_with('0') {
                return None;
            }
            Some(digits.parse().ok().filter(|&count: &u32| count < 100_000_000))
        };
        let end = self.at + close + 1;
        match body.split_once(',') {
            None => number(body).map(|count| (count, count.map(Some), end)),
            Some((least, "")) => Some((number(least)?, Some(None), end)),
            Some((least, most)) => Some((number(least)?, number(most)?.map(Some), end)),
        }
    }

    fn escape(&mut self, start: usize) -> Result<(), PatternError> {
        let Some(c) = self.peek() else { return self.error(start, PatternErrorKind::TrailingBackslash) };
        match c {
            'A' | 'z' => {
                self.at += 1;
                self.out.push('\\');
                self.out.push(c);
                self.atom(1);
            }
            'b' | 'B' => {
                self.at += 1;
                self.out.push_str(&format!("(?-u:\\{c})"));
                self.atom(1);
            }
            'Q' => {
                self.at += 1;
                let Some(length) = self.rest().find("\\E") else {
                    // The literal runs over the wrapper's bracket.
                    self.at = self.text.len();
                    return self.error(start, PatternErrorKind::UnclosedGroup);
                };
                let quoted = &self.text[self.at..self.at + length];
                self.at += length + 2;
                quoted.chars().for_each(|c| self.literal(c));
            }
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => {
                self.at += 1;
                self.out.push_str(perl_class(c));
                self.atom(1);
            }
            'p' | 'P' => {
                let category = self.category(start)?;
                self.out.push_str(&category);
                self.atom(1);
            }
            _ => {
                let c = self.escaped_char(start)?;
                self.code_point(c);
                self.atom(1);
            }
        }
        Ok(())
    }

    fn code_point(&mut self, code: u32) {
        self.out.push_str(&format!("\\x{{{code:X}}}"));
    }

    /// `\p{Greek}`, `\PL`, behind the backslash.
    fn category(&mut self, start: usize) -> Result<String, PatternError> {
        let mut negated = self.rest().starts_with('P');
        self.at += 1;
        let name = match self.peek() {
            None => return self.error(start, PatternErrorKind::UnknownCategory),
            Some('{') => {
                let Some(length) = self.rest().find('}') else {
                    self.at = self.text.len();
                    return self.error(start, PatternErrorKind::UnknownCategory);
                };
                let name = &self.text[self.at + 1..self.at + length];
                self.at += length + 1;
                name
            }
            Some(c) => {
                let name = &self.text[self.at..self.at + c.len_utf8()];
                self.at += c.len_utf8();
                name
            }
        };
        let name = name.strip_prefix('^').map_or(name, |name| {
            negated = !negated;
            name
        });
        let plain = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        let too_new = LONG_CATEGORIES.contains(&name) && !self.dialect.long_categories;
        if !plain || too_new {
            return self.error(start, PatternErrorKind::UnknownCategory);
        }
        self.categories.push(start..self.at);
        Ok(format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' }))
    }

    /// One character behind a backslash, as its code.
    fn escaped_char(&mut self, start: usize) -> Result<u32, PatternError> {
        let Some(c) = self.peek() else { return self.error(start, PatternErrorKind::TrailingBackslash) };
        self.at += c.len_utf8();
        let octal = |b: u8| (b'0'..=b'7').contains(&b);
        match c {
            '1'..='7' if !self.rest().bytes().next().is_some_and(octal) => {
                self.error(start, PatternErrorKind::BackReference)
            }
            '0'..='7' => {
                let more = self.rest().bytes().take(2).take_while(|&b| octal(b)).count();
                let digits = &self.text[self.at - 1..self.at + more];
                self.at += more;
                Ok(u32::from_str_radix(digits, 8).unwrap_or_default())
            }
            '8' | '9' => self.error(start, PatternErrorKind::BackReference),
            'x' => {
                let rest = self.rest();
                let (digits, length) = match rest.strip_prefix('{') {
                    Some(inner) => {
                        let length = inner.find('}').unwrap_or_default();
                        (&inner[..length], length + 2)
                    }
                    None => (rest.get(..2).unwrap_or_default(), 2),
                };
                let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let code = u32::from_str_radix(digits, 16).ok().filter(|&code| hex && code <= 0x10_ffff);
                self.at = (self.at + length).min(self.text.len());
                code.map_or_else(|| self.error(start, PatternErrorKind::UnknownEscape), Ok)
            }
            'a' => Ok(7),
            'f' => Ok(12),
            'n' => Ok(10),
            'r' => Ok(13),
            't' => Ok(9),
            'v' => Ok(11),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c as u32),
            _ => self.error(start, PatternErrorKind::UnknownEscape),
        }
    }

    fn class(&mut self, start: usize) -> Result<(), PatternError> {
        self.out.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                self.at = start + 1;
                return self.error(start, PatternErrorKind::UnclosedClass);
            };
            let item = self.at;
            if c == ']' && !first {
                self.at += 1;
                break;
            }
            first = false;
            if rest.starts_with("[:")
                && let Some(length) = rest[2..].find(":]")
            {
                let name = &rest[2..2 + length];
                self.at += length + 4;
                if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
                    return self.error(item, PatternErrorKind::BadRange);
                }
                self.out.push_str(&format!("[:{name}:]"));
                continue;
            }
            if let Some(escaped) = rest.strip_prefix('\\') {
                match escaped.chars().next() {
                    Some(class @ ('d' | 'D' | 'w' | 'W' | 's' | 'S')) => {
                        self.at += 2;
                        self.out.push_str(perl_class(class));
                        continue;
                    }
                    Some('p' | 'P') => {
                        self.at += 1;
                        let category = self.category(item)?;
                        self.out.push_str(&category);
                        continue;
                    }
                    _ => {}
                }
            }
            let low = self.class_char()?;
            let rest = self.rest().as_bytes();
            let mut high = low;
            if rest.first() == Some(&b'-') && rest.get(1).is_some_and(|&b| b != b']') {
                self.at += 1;
                high = self.class_char()?;
                if high < low {
                    return self.error(item, PatternErrorKind::BadRange);
                }
            }
            self.code_point(low);
            if high > low {
                self.out.push('-');
                self.code_point(high);
            }
        }
        self.out.push(']');
        self.atom(1);
        Ok(())
    }

    fn class_char(&mut self) -> Result<u32, PatternError> {
        let start = self.at;
        match self.peek() {
            None => self.error(start, PatternErrorKind::UnclosedClass),
            Some('\\') => {
                self.at += 1;
                self.escaped_char(start)
            }
            Some(c) => {
                self.at += c.len_utf8();
                Ok(c as u32)
            }
        }
    }
}

fn perl_class(c: char) -> &'static str {
    match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => r"[\t\n\x0C\r ]",
        _ => r"[^\t\n\x0C\r ]",
    }
}

const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// General categories by their long names, which Go knows since 1.25.
const LONG_CATEGORIES: &[&str] = &[
    "Other",
    "Control",
    "Format",
    "Unassigned",
    "Private_Use",
    "Surrogate",
    "Letter",
    "Cased_Letter",
    "Lowercase_Letter",
    "Modifier_Letter",
    "Other_Letter",
    "Titlecase_Letter",
    "Uppercase_Letter",
    "Mark",
    "Combining_Mark",
    "Spacing_Mark",
    "Enclosing_Mark",
    "Nonspacing_Mark",
    "Number",
    "Decimal_Number",
    "Letter_Number",
    "Other_Number",
    "Punctuation",
    "Connector_Punctuation",
    "Dash_Punctuation",
    "Close_Punctuation",
    "Final_Punctuation",
    "Initial_Punctuation",
    "Other_Punctuation",
    "Open_Punctuation",
    "Symbol",
    "Currency_Symbol",
    "Modifier_Symbol",
    "Math_Symbol",
    "Other_Symbol",
    "Separator",
    "Line_Separator",
    "Paragraph_Separator",
    "Space_Separator",
];
