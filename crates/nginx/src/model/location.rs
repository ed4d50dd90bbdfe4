//! Locations and conditions.

use super::tree::Directive;
use super::variable::PatternAt;
use crate::keys::key;
use crate::syntax::Word;
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

impl<'a> Location<'a> {
    /// Reads a `location` directive; the modifier may be glued to the path.
    pub fn of(directive: Directive<'a>) -> Option<Self> {
        if !directive.is(key!("location")) || !directive.is_block() {
            return None;
        }
        let first = directive.arg(0)?;
        let text = first.text.as_str();
        if let Some(second) = directive.arg(1) {
            let kind = match text {
                "=" => LocationKind::Exact,
                "^~" => LocationKind::FirmPrefix,
                "~" => LocationKind::Regex,
                "~*" => LocationKind::CaselessRegex,
                _ => return None,
            };
            return Some(Self { directive, kind, path: &second.text, span: second.inner() });
        }
        let (kind, skip) = if text.starts_with('=') {
            (LocationKind::Exact, 1)
        } else if text.starts_with("^~") {
            (LocationKind::FirmPrefix, 2)
        } else if text.starts_with("~*") {
            (LocationKind::CaselessRegex, 2)
        } else if text.starts_with('~') {
            (LocationKind::Regex, 1)
        } else if text.starts_with('@') {
            (LocationKind::Named, 0)
        } else {
            (LocationKind::Prefix, 0)
        };
        Some(Self { directive, kind, path: &text[skip..], span: first.slice(skip..text.len()) })
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
                word,
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
pub(crate) fn condition_words(args: &[Word]) -> Vec<(&Word, std::ops::Range<usize>)> {
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
