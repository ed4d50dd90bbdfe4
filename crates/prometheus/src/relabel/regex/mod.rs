//! Regular expressions as Go reads and runs them, for Prometheus puts them between `^(?s:` and `)$`.
//!
//! A pattern is read once ([`read`]) to a tree ([`Node`]) by the rules of Go's parser, which refuses what it refuses. The
//! tree tells what the pattern matches ([`shape`]); what runs is a program made of it ([`program`]) when a value is first
//! matched.

mod program;
mod read;
mod set;
mod shape;
mod unicode;

use compact_str::CompactString;
use program::Program;
use read::Reader;
use serde::{Serialize, Serializer};
use set::CharSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

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
    /// Nested more than a thousand levels deep.
    TooDeep,
    /// More than Go compiles.
    TooLarge,
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
            Self::TooDeep => "it is nested more than 1000 levels deep",
            Self::TooLarge => "it is larger than Go compiles",
        })
    }
}

impl std::error::Error for PatternError {}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// A part of a pattern. The tree is no deeper than Go allows, a thousand levels, so that it can be walked.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Empty,
    Text(CompactString),
    Set(Arc<CharSet>),
    Look(Look),
    /// A group that captures, by its number.
    Group(usize, Box<Node>),
    Repeat {
        inner: Box<Node>,
        least: u32,
        most: Option<u32>,
        greedy: bool,
    },
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
}

/// What a place must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Start,
    End,
    LineStart,
    LineEnd,
    WordEdge,
    NoWordEdge,
}

/// A pattern that Go accepts, anchored at both ends as Prometheus anchors it.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    root: Node,
    names: Vec<Option<String>>,
    groups: Vec<Range<usize>>,
    literals: Option<Vec<String>>,
    unbalanced: bool,
    program: OnceLock<Option<Program>>,
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root && self.names == other.names
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
        let root = reader.read()?;
        let Reader { names, spans, unbalanced, .. } = reader;
        let literals = literal_words(text);
        Ok(Self { text: text.to_owned(), root, names, groups: spans, literals, unbalanced, program: OnceLock::new() })
    }

    /// `(.*)`, which a rule without a regex has.
    pub(super) fn whole() -> Self {
        let any = Node::Set(Arc::new(CharSet::any()));
        let all = Node::Repeat { inner: Box::new(any), least: 0, most: None, greedy: true };
        Self {
            text: "(.*)".to_owned(),
            root: Node::Sequence(vec![Node::Look(Look::Start), Node::Group(1, Box::new(all)), Node::Look(Look::End)]),
            names: vec![None, None],
            groups: vec![Range { start: 0, end: 4 }],
            literals: None,
            unbalanced: false,
            program: OnceLock::new(),
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

    fn program(&self) -> Option<&Program> {
        self.program.get_or_init(|| Program::new(&self.root, !self.unbalanced)).as_ref()
    }

    /// Does it match a whole value? `None` if pattern and value are too large to be run here.
    pub fn matches(&self, value: &str) -> Option<bool> {
        match &self.literals {
            Some(words) => Some(words.iter().any(|word| word == value)),
            None => self.program()?.run(value, &mut []),
        }
    }

    /// Matches a whole value. The outer `None`: too large to be run here; the inner: no match.
    pub fn captures<'p, 'v>(&'p self, value: &'v str) -> Option<Option<Captures<'p, 'v>>> {
        if let Some(words) = &self.literals {
            let found = words.iter().any(|word| word == value);
            return Some(found.then(|| Captures { groups: vec![Some(value)], names: &self.names }));
        }
        let mut slots = vec![None; self.names.len() * 2];
        if !self.program()?.run(value, &mut slots)? {
            return Some(None);
        }
        let groups = slots.chunks_exact(2).map(|slot| value.get(slot[0]?..slot[1]?)).collect();
        Some(Some(Captures { groups, names: &self.names }))
    }

    /// Does it match every value, as `.*` does? A pattern too clever to tell counts as no.
    pub fn matches_everything(&self) -> bool {
        self.literals.is_none() && self.root.matches_everything()
    }

    /// Does it match every value but the empty one, as `.+` does?
    pub fn matches_all_but_empty(&self) -> bool {
        self.literals.is_none() && self.root.matches_all_but_empty()
    }

    /// All texts it matches, if they are at most `limit`.
    pub fn finite(&self, limit: usize) -> Option<Vec<String>> {
        match &self.literals {
            Some(words) => (words.len() <= limit).then(|| words.clone()),
            None => self.root.texts(limit),
        }
    }

    /// Which group that `used` says no to can be different in two matches: the first one, by its number. What may differ
    /// outside of groups, or only by being there or not, does not count.
    pub fn varies_outside(&self, used: impl Fn(usize) -> bool) -> Option<usize> {
        if self.literals.is_some() { None } else { self.root.varying_group(&used) }
    }

    /// The text every match starts with.
    pub fn prefix(&self) -> String {
        self.root.prefix().0
    }
}

/// Plain words with `|` between them: the patterns that need no engine.
fn literal_words(text: &str) -> Option<Vec<String>> {
    let plain = |c: char| !matches!(c, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$');
    text.chars().all(plain).then(|| text.split('|').map(str::to_owned).collect())
}
