//! Locations and conditions.

use super::Nginx;
use super::tree::{Directive, Scope};
use super::variable::PatternAt;
use crate::keys::key;
use crate::syntax::{Word, Words};
use confvet_core::Span;

/// How a location is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationKind {
    /// `=`: exactly this path.
    Exact,
    /// The longest prefix, unless a regular expression matches.
    Prefix,
    /// `^~`: the longest prefix, and no regular expression is tried.
    FirmPrefix,
    /// `~`.
    Regex,
    /// `~*`.
    CaselessRegex,
    /// `@name`.
    Named,
}

/// A location.
#[derive(Debug, Clone, Copy)]
pub struct Location<'a> {
    /// Its directive.
    pub directive: Directive<'a>,
    /// How it is matched.
    pub kind: LocationKind,
    /// The path or pattern, without the modifier.
    pub path: &'a str,
    /// Where the path stands, without the modifier.
    pub span: Span,
}

/// A location in the tree, read once: its directive, how it is matched, the word of its path and where it starts there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocationAt {
    directive: u32,
    kind: LocationKind,
    word: usize,
    skip: usize,
}

pub(super) fn read(nginx: &Nginx) -> Vec<LocationAt> {
    nginx.all(key!("location")).filter_map(LocationAt::of).collect()
}

impl Nginx {
    /// All locations with a pattern, in the order of the tree.
    pub(crate) fn regex_locations(&self) -> impl Iterator<Item = Location<'_>> {
        let is_regex = |at: &&LocationAt| matches!(at.kind, LocationKind::Regex | LocationKind::CaselessRegex);
        self.locations.iter().filter(is_regex).map(|at| at.in_tree(self.directive(at.directive)))
    }

    /// The directives of all locations and how they are matched, in the order of the tree.
    pub(super) fn location_kinds(&self) -> impl Iterator<Item = (Directive<'_>, LocationKind)> {
        self.locations.iter().map(|at| (self.directive(at.directive), at.kind))
    }

    /// The location at a position in the order of the tree.
    pub(super) fn location(&self, index: u32) -> Location<'_> {
        let at = &self.locations[index as usize];
        at.in_tree(self.directive(at.directive))
    }

    /// Is there a location with a pattern in a block or below?
    pub(super) fn has_regex_location(&self, scope: Scope<'_>) -> bool {
        let range = scope.ids();
        let from = self.locations.partition_point(|at| at.directive < range.start);
        let inside = self.locations[from..].iter().take_while(|at| at.directive < range.end);
        inside.into_iter().any(|at| matches!(at.kind, LocationKind::Regex | LocationKind::CaselessRegex))
    }

    /// All locations, in the order of the tree.
    pub(crate) fn locations(&self) -> impl Iterator<Item = Location<'_>> {
        self.locations.iter().map(|at| at.in_tree(self.directive(at.directive)))
    }
}

impl LocationAt {
    /// Reads a `location` directive; the modifier may be glued to the path.
    fn of(directive: Directive<'_>) -> Option<Self> {
        if !directive.is(key!("location")) || !directive.is_block() {
            return None;
        }
        let text = directive.arg(0)?.text;
        let (kind, word, skip) = if directive.arg(1).is_some() {
            let kind = match text {
                "=" => LocationKind::Exact,
                "^~" => LocationKind::FirmPrefix,
                "~" => LocationKind::Regex,
                "~*" => LocationKind::CaselessRegex,
                _ => return None,
            };
            (kind, 1, 0)
        } else {
            let (kind, skip) = match text.as_bytes() {
                [b'=', ..] => (LocationKind::Exact, 1),
                [b'^', b'~', ..] => (LocationKind::FirmPrefix, 2),
                [b'~', b'*', ..] => (LocationKind::CaselessRegex, 2),
                [b'~', ..] => (LocationKind::Regex, 1),
                [b'@', ..] => (LocationKind::Named, 0),
                _ => (LocationKind::Prefix, 0),
            };
            (kind, 0, skip)
        };
        Some(Self { directive: directive.id(), kind, word, skip })
    }

    fn in_tree<'a>(&self, directive: Directive<'a>) -> Location<'a> {
        let word = directive.arg(self.word).unwrap_or(directive.name());
        let span = if self.word == 1 { word.inner() } else { word.slice(self.skip..word.text.len()) };
        Location { directive, kind: self.kind, path: &word.text[self.skip..], span }
    }
}

impl<'a> Location<'a> {
    /// Reads a `location` directive; the modifier may be glued to the path.
    pub fn of(directive: Directive<'a>) -> Option<Self> {
        LocationAt::of(directive).map(|at| at.in_tree(directive))
    }

    /// `~` or `~*`.
    pub fn is_regex(&self) -> bool {
        matches!(self.kind, LocationKind::Regex | LocationKind::CaselessRegex)
    }

    /// Plain or `^~`.
    pub fn is_prefix(&self) -> bool {
        matches!(self.kind, LocationKind::Prefix | LocationKind::FirmPrefix)
    }

    /// `rewrite ^ $request_uri` in this location or in an `if` of it: the path is then as the client wrote it.
    pub(crate) fn raw_path_rewrite(&self) -> Option<Directive<'a>> {
        let is_raw = |rewrite: &Directive<'_>| rewrite.text(0) == "^" && rewrite.text(1) == "$request_uri";
        let here = self.directive.block();
        let inner = [key!("if"), key!("limit_except")].into_iter().flat_map(move |key| here.all(key));
        inner.map(Directive::block).chain([here]).flat_map(|scope| scope.all(key!("rewrite"))).find(is_raw)
    }

    /// Only reached by internal redirects.
    pub fn is_internal(&self) -> bool {
        self.kind == LocationKind::Named || self.directive.block().has(key!("internal"))
    }
}

/// The condition of an `if`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Condition<'a> {
    /// The variable that is tested, without `$`.
    pub(crate) variable: Option<&'a str>,
    /// The pattern it is matched against.
    pub(crate) pattern: Option<PatternAt<'a>>,
}

impl<'a> Condition<'a> {
    /// Reads `if (…)`. `None` when nginx would not.
    pub(crate) fn of(directive: Directive<'a>) -> Option<Self> {
        let words = condition_words(directive.args());
        let text = |index: usize| words.get(index).map(|(word, range)| &word.text[range.clone()]);
        let first = text(0)?;
        let variable = first.strip_prefix('$');
        let operator = text(1).unwrap_or_default();
        let pattern = match (operator, words.get(2)) {
            ("~" | "~*" | "!~" | "!~*", Some((word, range))) => Some(PatternAt {
                directive,
                word: *word,
                offset: range.start,
                end: range.end,
                caseless: operator.ends_with('*'),
            }),
            _ => None,
        };
        Some(Self { variable, pattern })
    }
}

/// The words between the parentheses of a condition: each with the part of it that lies between them.
pub(crate) fn condition_words(args: Words<'_>) -> Vec<(Word<'_>, std::ops::Range<usize>)> {
    args.iter()
        .enumerate()
        .map(|(index, word)| {
            let start = usize::from(index == 0 && word.text.starts_with('('));
            let last = index + 1 == args.len() && word.text.ends_with(')') && word.text.len() > start;
            (word, start..word.text.len() - usize::from(last))
        })
        .filter(|(word, range)| !range.is_empty() || word.quoted)
        .collect()
}
