//! ACL criteria, conditions and sample expressions, as the words of a statement hold them.

use super::statement::Statement;
use crate::syntax::Word;
use confvet_core::Span;
use std::ops::Range;

/// A fetch or a converter, with its arguments.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The word it stands in.
    pub word: &'a Word,
    /// Its name.
    pub name: &'a str,
    name_at: Range<usize>,
    /// What stands in its parentheses.
    pub arguments: &'a str,
    arguments_at: usize,
}

impl<'a> Call<'a> {
    /// Where the name stands.
    pub fn span(&self) -> Span {
        self.word.slice(self.name_at.clone())
    }

    /// An argument by its number, without its quotes.
    pub fn argument(&self, index: usize) -> Option<&'a str> {
        self.arguments
            .split(',')
            .nth(index)
            .map(|argument| argument.trim_matches(['"', '\'']))
            .filter(|argument| !argument.is_empty())
    }

    /// Where an argument stands.
    pub fn argument_span(&self, index: usize) -> Span {
        let before: usize = self.arguments.split(',').take(index).map(|argument| argument.len() + 1).sum();
        let length = self.arguments.split(',').nth(index).map_or(0, str::len);
        let start = self.arguments_at + before;
        self.word.slice(start..start + length)
    }
}

/// A fetch with its converters.
#[derive(Debug, Clone)]
pub struct Expression<'a> {
    /// Where the value comes from.
    pub fetch: Call<'a>,
    /// What is done to it.
    pub converters: Vec<Call<'a>>,
}

impl<'a> Expression<'a> {
    /// Reads `fetch(…),converter(…),…` from a position of a word; returns where it ends.
    fn read(word: &'a Word, at: usize) -> Option<(Self, usize)> {
        let (fetch, mut at) = call(word, at)?;
        let mut converters = Vec::new();
        while word.text[at..].starts_with(',') {
            match call(word, at + 1) {
                Some((converter, next)) => {
                    converters.push(converter);
                    at = next;
                }
                None => break,
            }
        }
        Some((Self { fetch, converters }, at))
    }

    /// The expression that a whole word is.
    pub fn of_word(word: &'a Word) -> Option<Self> {
        Self::read(word, 0).map(|(expression, _)| expression)
    }

    /// The fetch and its converters.
    pub fn calls(&self) -> impl Iterator<Item = &Call<'a>> {
        std::iter::once(&self.fetch).chain(&self.converters)
    }
}

fn call(word: &Word, at: usize) -> Option<(Call<'_>, usize)> {
    let text = word.text.as_str();
    let rest = &text[at..];
    let length =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(rest.len());
    if length == 0 {
        return None;
    }
    let end = at + length;
    let mut call = Call { word, name: &text[at..end], name_at: at..end, arguments: "", arguments_at: end };
    if !text[end..].starts_with('(') {
        return Some((call, end));
    }
    let mut quote = None;
    for (index, byte) in text.bytes().enumerate().skip(end + 1) {
        match (quote, byte) {
            (None, b')') => {
                call.arguments = &text[end + 1..index];
                call.arguments_at = end + 1;
                return Some((call, index + 1));
            }
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    call.arguments = &text[end + 1..];
    call.arguments_at = end + 1;
    Some((call, text.len()))
}

/// The flags of a criterion that take a word.
const VALUE_FLAGS: &[&str] = &["-f", "-m", "-M", "-u"];

/// What an ACL tests.
#[derive(Debug, Clone)]
pub struct Criterion<'a> {
    /// The first word.
    pub word: &'a Word,
    /// What is looked at; `None` when the word is no expression.
    pub expression: Option<Expression<'a>>,
    /// Flags and their values.
    pub flags: &'a [Word],
    /// `--` stands in front of the values.
    pub ends_flags: bool,
    /// The patterns.
    pub values: &'a [Word],
}

impl<'a> Criterion<'a> {
    fn read(words: &'a [Word]) -> Option<Self> {
        let word = words.first()?;
        let mut at = 1;
        let mut ends_flags = false;
        while let Some(flag) = words.get(at).filter(|word| word.text.len() >= 2 && word.text.starts_with('-')) {
            if flag.text == "--" {
                ends_flags = true;
                at += 1;
                break;
            }
            if flag.text.as_bytes()[1].is_ascii_digit() {
                break;
            }
            at += if VALUE_FLAGS.contains(&flag.text.as_str()) { 2 } else { 1 };
        }
        let at = at.min(words.len());
        let flags = words.get(1..at).unwrap_or_default();
        Some(Self {
            word,
            expression: Expression::of_word(word),
            flags,
            ends_flags,
            values: words.get(at..).unwrap_or_default(),
        })
    }

    /// The name of the fetch or ACL alias.
    pub fn fetch(&self) -> &str {
        self.expression.as_ref().map_or("", |expression| expression.fetch.name)
    }

    /// Does this flag stand there?
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|word| word.text == flag)
    }

    /// The matching method of `-m`.
    pub fn method(&self) -> Option<&str> {
        let at = self.flags.iter().position(|word| word.text == "-m")?;
        self.flags.get(at + 1).map(|word| word.text.as_str())
    }
}

/// One part of a condition.
#[derive(Debug, Clone)]
pub enum Term<'a> {
    /// The name of an ACL.
    Named {
        /// A `!` stands in front.
        negated: bool,
        /// The name.
        name: &'a str,
        /// The word it stands in.
        word: &'a Word,
    },
    /// `{ … }`.
    Anonymous {
        /// A `!` stands in front.
        negated: bool,
        /// What it tests.
        criterion: Criterion<'a>,
    },
    /// `or` or `||`.
    Or,
}

/// What stands behind `if` or `unless`.
#[derive(Debug, Clone)]
pub struct Condition<'a> {
    /// `unless`.
    pub unless: bool,
    /// The word `if` or `unless`.
    pub keyword: &'a Word,
    /// Its parts.
    pub terms: Vec<Term<'a>>,
    /// All its words, keyword included.
    pub words: &'a [Word],
}

impl<'a> Condition<'a> {
    /// It holds always: `if TRUE`, `unless FALSE`.
    pub fn is_always(&self) -> bool {
        match &self.terms[..] {
            [Term::Named { negated, name, .. }] => {
                let value = match *name {
                    "TRUE" => !negated,
                    "FALSE" => *negated,
                    _ => return false,
                };
                value != self.unless
            }
            _ => false,
        }
    }

    /// The named ACLs.
    pub fn names(&self) -> impl Iterator<Item = (&'a str, &'a Word)> {
        self.terms.iter().filter_map(|term| match term {
            Term::Named { name, word, .. } => Some((*name, *word)),
            _ => None,
        })
    }

    /// The anonymous ACLs.
    pub fn criteria(&self) -> impl Iterator<Item = &Criterion<'a>> {
        self.terms.iter().filter_map(|term| match term {
            Term::Anonymous { criterion, .. } => Some(criterion),
            _ => None,
        })
    }

    /// Where a name stands in the word of its term.
    pub fn name_span(name: &str, word: &Word) -> Span {
        word.slice(word.text.len() - name.len()..word.text.len())
    }
}

/// ACLs that exist without being declared.
pub(crate) const PREDEFINED: &[&str] = &[
    "FALSE",
    "HTTP",
    "HTTP_1.0",
    "HTTP_1.1",
    "HTTP_2.0",
    "HTTP_3.0",
    "HTTP_CONTENT",
    "HTTP_URL_ABS",
    "HTTP_URL_SLASH",
    "HTTP_URL_STAR",
    "LOCALHOST",
    "METH_CONNECT",
    "METH_DELETE",
    "METH_GET",
    "METH_HEAD",
    "METH_OPTIONS",
    "METH_POST",
    "METH_PUT",
    "METH_TRACE",
    "RDP_COOKIE",
    "REQ_CONTENT",
    "TRUE",
    "WAIT_END",
];

/// Keywords whose statements may end in a condition.
const CONDITIONAL: &[&str] = &[
    "http-request",
    "http-response",
    "http-after-response",
    "tcp-request",
    "tcp-response",
    "use_backend",
    "use-server",
    "redirect",
    "stick",
    "force-persist",
    "ignore-persist",
    "monitor",
    "stats",
    "quic-initial",
    "force-be-switch",
];

impl Statement {
    /// The condition at its end.
    pub fn condition(&self) -> Option<Condition<'_>> {
        if !CONDITIONAL.contains(&self.keyword()) {
            return None;
        }
        let at = self.words.iter().skip(1).position(|word| matches!(word.text.as_str(), "if" | "unless"))? + 1;
        Some(read_condition(&self.words[at..]))
    }

    /// The words in front of the condition.
    pub fn without_condition(&self) -> &[Word] {
        match self.condition() {
            Some(condition) => &self.words[..self.words.len() - condition.words.len()],
            None => &self.words,
        }
    }

    /// Has it no condition, or one that always holds?
    pub fn is_unconditional(&self) -> bool {
        self.condition().is_none_or(|condition| condition.is_always())
    }

    /// The criterion that an `acl` line declares.
    pub fn criterion(&self) -> Option<Criterion<'_>> {
        if self.is("acl") { Criterion::read(self.from(2)) } else { None }
    }

    /// Every criterion: of an `acl` line, or of the anonymous ACLs in its condition.
    pub fn criteria(&self) -> Vec<Criterion<'_>> {
        let own = self.criterion();
        let anonymous = self.condition().map(|condition| condition.criteria().cloned().collect::<Vec<_>>());
        own.into_iter().chain(anonymous.into_iter().flatten()).collect()
    }

    /// Every sample expression: criteria, `%[…]` in log-format strings, and words that are expressions themselves.
    pub fn expressions(&self) -> Vec<Expression<'_>> {
        let mut found: Vec<Expression<'_>> =
            self.criteria().into_iter().filter_map(|criterion| criterion.expression).collect();
        for word in &self.words {
            let mut at = 0;
            while let Some(open) = word.text[at..].find("%[") {
                let start = at + open + 2;
                at = start;
                if let Some((expression, end)) = Expression::read(word, start) {
                    found.push(expression);
                    at = end;
                }
            }
        }
        found.extend(self.expression_word().and_then(Expression::of_word));
        found
    }

    /// The word that is an expression by the statement's own grammar.
    fn expression_word(&self) -> Option<&Word> {
        let action_at = match self.keyword() {
            "http-request" | "http-response" | "http-after-response" => 1,
            "tcp-request" | "tcp-response" => 2,
            "stick" => return self.word(2),
            _ => return None,
        };
        let action = self.text(action_at);
        let takes = action.starts_with("track-sc")
            || action.starts_with("set-var(")
            || matches!(action, "set-src" | "set-dst" | "set-src-port" | "set-dst-port");
        if takes { self.word(action_at + 1) } else { None }
    }
}

fn read_condition(words: &[Word]) -> Condition<'_> {
    let keyword = &words[0];
    let mut terms = Vec::new();
    let mut negated = false;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.text.as_str();
        match text {
            "or" | "OR" | "||" => terms.push(Term::Or),
            "!" => {
                negated = !negated;
                continue;
            }
            "{" | "!{" => {
                let close =
                    words[at..].iter().position(|word| word.text == "}").map_or(words.len(), |length| at + length);
                if let Some(criterion) = Criterion::read(&words[at..close]) {
                    terms.push(Term::Anonymous { negated: negated != (text == "!{"), criterion });
                }
                at = close + 1;
            }
            _ => {
                let name = text.trim_start_matches('!');
                let flips = (text.len() - name.len()) % 2 == 1;
                terms.push(Term::Named { negated: negated != flips, name, word });
            }
        }
        negated = false;
    }
    Condition { unless: keyword.text == "unless", keyword, terms, words }
}
