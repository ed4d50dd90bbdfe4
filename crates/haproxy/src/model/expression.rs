//! ACL criteria, conditions and sample expressions, as the words of a statement hold them.

use super::schema::words_of_action;
use super::statement::Statement;
use crate::syntax::{Word, Words};
use crate::table::{Key, Keyword, keyword};
use confvet_core::Span;
use std::ops::Range;

/// A fetch or a converter, with its arguments.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The word it stands in.
    pub word: Word<'a>,
    /// Its name.
    pub name: &'a str,
    name_at: u32,
    /// What stands in its parentheses.
    pub arguments: &'a str,
    /// Where that starts; 0 without parentheses.
    arguments_at: u32,
    /// Its parentheses are closed, if there are any.
    pub is_closed: bool,
}

impl<'a> Call<'a> {
    /// Where the name stands.
    pub fn span(&self) -> Span {
        let at = self.name_at as usize;
        self.word.slice(at..at + self.name.len())
    }

    /// It has parentheses, with or without something in them.
    pub fn has_parentheses(&self) -> bool {
        self.arguments_at > 0
    }

    /// All arguments as they are written. Commas in quotes separate nothing.
    pub fn written_arguments(&self) -> impl Iterator<Item = &'a str> {
        self.argument_ranges().map(|range| &self.arguments[range])
    }

    fn argument_ranges(&self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let bytes = self.arguments.as_bytes();
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let start = next?;
            let end = start + argument_length(&bytes[start..]);
            next = (bytes.get(end) == Some(&b',')).then_some(end + 1);
            Some(start..end)
        })
    }

    /// The header it reads, when it is one in which a proxy in front tells the address of the client, and which
    /// clients can send themselves.
    pub(crate) fn client_header(&self) -> Option<&'static str> {
        if !matches!(self.name, "hdr" | "req.hdr" | "hdr_ip" | "req.hdr_ip" | "fhdr" | "req.fhdr") {
            return None;
        }
        let name = self.argument(0)?;
        CLIENT_HEADERS.iter().copied().find(|header| name.eq_ignore_ascii_case(header))
    }

    /// An argument by its number, without its quotes; `None` when it is missing or empty.
    pub fn argument(&self, index: usize) -> Option<&'a str> {
        let argument = self.written_arguments().nth(index)?.trim_matches(['"', '\'']);
        (!argument.is_empty()).then_some(argument)
    }

    /// Where an argument stands.
    pub fn argument_span(&self, index: usize) -> Span {
        let at = self.arguments_at as usize;
        match self.argument_ranges().nth(index) {
            Some(range) if self.has_parentheses() => self.word.slice(at + range.start..at + range.end),
            _ => self.span(),
        }
    }
}

/// Headers in which proxies tell the address of the client.
pub(crate) const CLIENT_HEADERS: &[&str] =
    &["x-forwarded-for", "x-real-ip", "x-client-ip", "true-client-ip", "forwarded"];

/// Up to the comma or the parenthesis that ends an argument, as the program's second tokenizer sees it.
fn argument_length(bytes: &[u8]) -> usize {
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (None, b',' | b')') => return at,
            (None | Some(b'"'), b'\\') => at += 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
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
    fn read(word: Word<'a>, at: usize) -> Option<(Self, usize)> {
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
    pub fn of_word(word: Word<'a>) -> Option<Self> {
        Self::read(word, 0).map(|(expression, _)| expression)
    }

    /// The expression that the rest of a word is.
    pub(crate) fn at(word: Word<'a>, at: usize) -> Option<Self> {
        Self::read(word, at).map(|(expression, _)| expression)
    }

    /// Where the expression ends that starts at a place of a word.
    pub(crate) fn end_at(word: Word<'a>, at: usize) -> Option<usize> {
        Self::read(word, at).map(|(_, end)| end)
    }

    /// The fetch and its converters.
    pub fn calls(&self) -> impl Iterator<Item = &Call<'a>> {
        std::iter::once(&self.fetch).chain(&self.converters)
    }
}

fn call(word: Word<'_>, at: usize) -> Option<(Call<'_>, usize)> {
    let text = word.text;
    let bytes = text.as_bytes();
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+');
    let length = bytes[at..].iter().position(|byte| !in_name(byte)).unwrap_or(bytes.len() - at);
    if length == 0 {
        return None;
    }
    let end = at + length;
    let name_at = u32::try_from(at).unwrap_or(u32::MAX);
    let mut call = Call { word, name: &text[at..end], name_at, arguments: "", arguments_at: 0, is_closed: true };
    if bytes.get(end) != Some(&b'(') {
        return Some((call, end));
    }
    call.arguments_at = u32::try_from(end + 1).unwrap_or(u32::MAX);
    let mut close = end + 1;
    loop {
        close = (close + argument_length(&bytes[close..])).min(bytes.len());
        if bytes.get(close) != Some(&b',') {
            break;
        }
        close += 1;
    }
    call.arguments = &text[end + 1..close];
    call.is_closed = close < bytes.len();
    Some((call, (close + 1).min(bytes.len())))
}

/// The flags of a criterion that take a word.
const VALUE_FLAGS: &[&str] = &["-f", "-m", "-M", "-u"];

/// What an ACL tests.
#[derive(Debug, Clone)]
pub struct Criterion<'a> {
    /// The first word.
    pub word: Word<'a>,
    /// What is looked at; `None` when the word is no expression.
    pub expression: Option<Expression<'a>>,
    /// Flags and their values.
    pub flags: Words<'a>,
    /// `--` stands in front of the values.
    pub ends_flags: bool,
    /// The patterns.
    pub values: Words<'a>,
}

impl<'a> Criterion<'a> {
    pub(crate) fn read(words: Words<'a>) -> Option<Self> {
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
            at += if VALUE_FLAGS.contains(&flag.text) { 2 } else { 1 };
        }
        let at = at.min(words.len());
        let flags = words.until(at).from(1);
        Some(Self { word, expression: Expression::of_word(word), flags, ends_flags, values: words.from(at) })
    }

    /// The name of the fetch or ACL alias.
    pub fn fetch(&self) -> &str {
        self.expression.as_ref().map_or("", |expression| expression.fetch.name)
    }

    /// May it compare with what was meant as an operator, as a flag or as another criterion, or with what its fetch never
    /// gives? False is certain, and what nearly every criterion gets.
    pub(crate) fn may_be_odd(&self) -> bool {
        let fetch = self.fetch();
        let first_byte = |text: &str| text.bytes().next().unwrap_or(b'/');
        let plain_path = |text: &str| first_byte(text) == b'/';
        let plain_host = |text: &str| !text.bytes().any(|byte| byte == b'/' || byte.is_ascii_uppercase());
        let is_host = fetch.starts_with("hdr") || fetch.starts_with("req.hdr") || fetch.ends_with("_sni");
        let compares_text = || fetch.contains('_') || self.has_flag("-m");
        self.values.first().is_some_and(super::super::syntax::Word::has_parenthesis)
            || self.values.from(1).iter().any(|value| value.text.len() <= 3 || compares_text())
            || fetch.starts_with("path") && !self.values.iter().all(|value| plain_path(value.text))
            || is_host && !self.values.iter().all(|value| plain_host(value.text))
    }

    /// Does this flag stand there?
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.position(flag).is_some()
    }

    /// The matching method of `-m`.
    pub fn method(&self) -> Option<&str> {
        self.flags.after("-m").map(|method| method.text)
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
        word: Word<'a>,
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
#[derive(Debug, Clone, Copy)]
pub struct Condition<'a> {
    /// `unless`.
    pub unless: bool,
    /// The word `if` or `unless`.
    pub keyword: Word<'a>,
    /// All its words, keyword included.
    pub words: Words<'a>,
}

impl<'a> Condition<'a> {
    /// Its parts.
    pub fn terms(&self) -> Terms<'a> {
        Terms { words: self.words.from(1) }
    }

    /// It holds always: `if TRUE`, `unless FALSE`.
    pub fn is_always(&self) -> bool {
        // Nearly no condition is a single constant.
        if !self.words.last().is_some_and(|last| last.text.ends_with('E')) {
            return false;
        }
        let mut terms = self.terms();
        match (terms.next(), terms.next()) {
            (Some(Term::Named { negated, name, .. }), None) => {
                let value = match name {
                    "TRUE" => !negated,
                    "FALSE" => negated,
                    _ => return false,
                };
                value != self.unless
            }
            _ => false,
        }
    }

    /// The named ACLs.
    pub fn names(&self) -> impl Iterator<Item = (&'a str, Word<'a>)> + use<'a> {
        self.terms().filter_map(|term| match term {
            Term::Named { name, word, .. } => Some((name, word)),
            _ => None,
        })
    }

    /// The anonymous ACLs.
    pub fn criteria(&self) -> impl Iterator<Item = Criterion<'a>> + use<'a> {
        self.terms().filter_map(|term| match term {
            Term::Anonymous { criterion, .. } => Some(criterion),
            _ => None,
        })
    }

    /// Where a name stands in the word of its term.
    pub fn name_span(name: &str, word: Word<'_>) -> Span {
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

/// Which word of a rule is its action.
fn action_at(keyword: Keyword) -> Option<usize> {
    match keyword {
        keyword::HTTP_REQUEST | keyword::HTTP_RESPONSE | keyword::HTTP_AFTER_RESPONSE => Some(1),
        keyword::TCP_REQUEST | keyword::TCP_RESPONSE => Some(2),
        _ => None,
    }
}

/// May statements of this keyword end in a condition?
fn is_conditional(keyword: Keyword) -> bool {
    matches!(
        keyword,
        keyword::HTTP_REQUEST
            | keyword::HTTP_RESPONSE
            | keyword::HTTP_AFTER_RESPONSE
            | keyword::TCP_REQUEST
            | keyword::TCP_RESPONSE
            | keyword::USE_BACKEND
            | keyword::USE_SERVER
            | keyword::REDIRECT
            | keyword::STICK
            | keyword::FORCE_PERSIST
            | keyword::IGNORE_PERSIST
            | keyword::MONITOR
            | keyword::STATS
            | keyword::QUIC_INITIAL
            | keyword::FORCE_BE_SWITCH
    )
}

impl Statement {
    /// Which of the words is the `if` or `unless` of its condition.
    pub(crate) fn find_condition(keyword: Keyword, action: Option<&Key>, words: Words<'_>) -> Option<usize> {
        if !is_conditional(keyword) {
            return None;
        }
        let from = |start: usize| {
            let is_start = |word: Word<'_>| matches!(word.text, "if" | "unless");
            words.iter().skip(start).position(is_start).map(|index| index + start)
        };
        let found = from(1)?;
        let Some(action_at) = action_at(keyword) else { return Some(found) };
        // What belongs to the action may read like the start of a condition.
        let behind = action_at + 1 + action.map_or(0, words_of_action);
        if found < behind { from(behind) } else { Some(found) }
    }

    /// The condition at its end.
    pub fn condition(&self) -> Option<Condition<'_>> {
        let words = self.from(self.condition_at()?);
        let keyword = words.first()?;
        Some(Condition { unless: keyword.text == "unless", keyword, words })
    }

    /// The words in front of the condition.
    pub fn without_condition(&self) -> Words<'_> {
        self.words().until(self.condition_at().unwrap_or(usize::MAX))
    }

    /// Has it no condition, or one that always holds?
    pub fn is_unconditional(&self) -> bool {
        self.condition().is_none_or(|condition| condition.is_always())
    }

    /// The criterion that an `acl` line declares.
    pub fn criterion(&self) -> Option<Criterion<'_>> {
        if self.is_acl() { Criterion::read(self.from(2)) } else { None }
    }

    /// May a criterion be no expression, a flag be unknown, a number be taken for a flag, or a brace stay open? False is
    /// certain, and what nearly every line gets.
    pub(crate) fn may_have_odd_criteria(&self) -> bool {
        let starts_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+');
        let of_acl = self.is_acl()
            && self.word(2).is_some_and(|word| !word.text.bytes().next().is_some_and(|byte| starts_name(&byte)));
        of_acl || self.marks().has_odd()
    }

    /// Every criterion: of an `acl` line, or of the anonymous ACLs in its condition.
    pub fn criteria(&self) -> impl Iterator<Item = Criterion<'_>> {
        // Without a brace there is none in the condition.
        let condition = self.condition().filter(|_| self.marks().has_odd());
        self.criterion().into_iter().chain(condition.into_iter().flat_map(|condition| condition.criteria()))
    }

    /// Every sample expression: criteria, `%[…]` in log-format strings, and words that are expressions themselves.
    pub fn expressions(&self) -> impl Iterator<Item = Expression<'_>> {
        self.criteria().filter_map(|criterion| criterion.expression).chain(self.sample_expressions())
    }

    /// The expressions that give a value: all but the criteria of ACLs.
    pub(crate) fn sample_expressions(&self) -> impl Iterator<Item = Expression<'_>> {
        let words = if self.has_calls() { self.words() } else { self.words().until(0) };
        let in_formats = words.iter().filter(|word| word.has_bracket()).flat_map(FormatExpressions::of);
        in_formats.chain(self.expression_word().and_then(Expression::of_word))
    }

    /// The word that is an expression by the statement's own grammar.
    pub(crate) fn expression_word(&self) -> Option<Word<'_>> {
        match self.id() {
            keyword::STICK => return self.word(2),
            keyword::BALANCE if self.text(1) == "hash" => return self.word(2),
            _ => {}
        }
        let action = self.action()?.keyword;
        let word = self.word(action_at(self.id())? + 1)?;
        // Some take a number as well; that of a mark may be hexadecimal.
        let is_number = || word.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let is_mark = || word.text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'x');
        let is_expression = match action {
            keyword::TRACK_SC_CALL
            | keyword::SET_VAR_CALL
            | keyword::DO_RESOLVE_CALL
            | keyword::CAPTURE
            | keyword::SET_SRC
            | keyword::SET_DST
            | keyword::SET_SRC_PORT
            | keyword::SET_DST_PORT
            | keyword::SET_PRIORITY_CLASS
            | keyword::SET_PRIORITY_OFFSET => true,
            keyword::SC_SET_GPT_CALL | keyword::SC_SET_GPT0_CALL => !is_number(),
            keyword::SET_MARK
            | keyword::SET_TOS
            | keyword::SET_FC_MARK
            | keyword::SET_FC_TOS
            | keyword::SET_BC_MARK
            | keyword::SET_BC_TOS => !is_mark(),
            _ => false,
        };
        is_expression.then_some(word)
    }
}

/// The expressions in the `%[…]` of a log-format string.
struct FormatExpressions<'a> {
    word: Word<'a>,
    at: usize,
}

impl<'a> FormatExpressions<'a> {
    fn of(word: Word<'a>) -> Self {
        Self { word, at: 0 }
    }
}

impl<'a> Iterator for FormatExpressions<'a> {
    type Item = Expression<'a>;

    fn next(&mut self) -> Option<Expression<'a>> {
        loop {
            let open = self.word.text.get(self.at..)?.find("%[")?;
            self.at += open + 2;
            if let Some((expression, end)) = Expression::read(self.word, self.at) {
                self.at = end;
                return Some(expression);
            }
        }
    }
}

/// The parts of a condition, one after the other.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    words: Words<'a>,
}

impl<'a> Iterator for Terms<'a> {
    type Item = Term<'a>;

    fn next(&mut self) -> Option<Term<'a>> {
        let mut negated = false;
        loop {
            let word = self.words.first()?;
            let rest = self.words.from(1);
            self.words = rest;
            let text = word.text;
            match text {
                "or" | "OR" | "||" => return Some(Term::Or),
                "!" => negated = !negated,
                "{" | "!{" => {
                    let close = rest.iter().position(|word| word.text == "}").unwrap_or(rest.len());
                    self.words = rest.from(close + 1);
                    match Criterion::read(rest.until(close)) {
                        Some(criterion) => {
                            return Some(Term::Anonymous { negated: negated != (text == "!{"), criterion });
                        }
                        None => negated = false,
                    }
                }
                _ => {
                    let name = text.trim_start_matches('!');
                    let flips = (text.len() - name.len()) % 2 == 1;
                    return Some(Term::Named { negated: negated != flips, name, word });
                }
            }
        }
    }
}
