//! Text to lines of words, as HAProxy's `parse_line()` cuts them. Total: any bytes give words and problems.

use compact_str::CompactString;
use confvet_core::{FileId, Span};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// HAProxy refuses lines with more words.
pub const MAX_WORDS: usize = 64;

/// One word of a line, quotes and escapes resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// What HAProxy sees. A variable in double quotes stays as it is written: its value is not known here.
    pub text: &'a str,
    /// Where it stands, quotes included.
    pub span: Span,
    marks: Marks,
}

/// What is special about a word, one bit each.
type Marks = u16;

const VARIABLE: Marks = 1;
const QUOTED: Marks = 2;
const ESCAPED: Marks = 4;
const LITERAL_VARIABLE: Marks = 8;
const SECRET: Marks = 16;
const ONE_PAIR: Marks = 32;
/// Holds `(`: only then there may be a call with arguments in it.
const PARENTHESIS: Marks = 64;
/// Holds `[`: only then there may be a log-format expression in it.
const BRACKET: Marks = 128;
/// Nothing between its quotes.
const EMPTY: Marks = 256;
/// Its text is not what stands in the file but one of [`FileText::rewritten`].
const REWRITTEN: Marks = 512;
/// Starts with `-`, and is none of the flags of ACLs without a word behind them; or with `{` or `!{`.
const ODD: Marks = 1024;
/// A lone backslash that ends its line.
const CONTINUATION: Marks = 2048;
/// Holds a `$` outside single quotes, which whatever makes the file may put in place of something.
const DOLLAR: Marks = 4096;
/// Holds a `<`.
const LESS: Marks = 8192;

impl<'a> Word<'a> {
    /// A word without text.
    pub(crate) fn nothing(span: Span) -> Word<'static> {
        Word { text: "", span, marks: EMPTY }
    }

    /// Holds a variable in double quotes, so that its value is not known.
    pub fn is_variable(self) -> bool {
        self.marks & VARIABLE != 0
    }

    /// Holds a `$NAME` or `${NAME}` outside double quotes, which HAProxy takes literally.
    pub fn has_literal_variable(self) -> bool {
        self.marks & LITERAL_VARIABLE != 0
    }

    /// Written with quotes.
    pub fn is_quoted(self) -> bool {
        self.marks & QUOTED != 0
    }

    /// Written with a backslash escape.
    pub fn is_escaped(self) -> bool {
        self.marks & ESCAPED != 0
    }

    /// Is the value what the text says? Not so for variables, nor for log-format strings.
    pub fn is_known(self) -> bool {
        self.marks & (VARIABLE | LITERAL_VARIABLE) == 0 && !(self.has_bracket() && self.text.contains("%["))
    }

    /// Holds a `$` outside single quotes, which whatever makes the file may put in place of something.
    pub(crate) fn has_dollar(self) -> bool {
        self.marks & DOLLAR != 0
    }

    /// Holds a `$` or a `<`, with which templates are filled in.
    pub(crate) fn has_filler(self) -> bool {
        self.marks & (DOLLAR | LESS) != 0
    }

    /// Holds `(`.
    pub(crate) fn has_parenthesis(self) -> bool {
        self.marks & PARENTHESIS != 0
    }

    /// Holds `[`.
    pub(crate) fn has_bracket(self) -> bool {
        self.marks & BRACKET != 0
    }

    /// Nothing between its quotes: HAProxy ends the line here.
    pub fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// One variable is the whole word: it is empty when the variable is unset.
    pub fn is_only_variable(self) -> bool {
        self.is_variable()
            && self.marks & ONE_PAIR != 0
            && !self.text.contains("[*]")
            && self.text.strip_prefix('$').is_some_and(|name| {
                let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
    }

    /// A password or key: never printed.
    pub fn is_secret(self) -> bool {
        self.marks & SECRET != 0
    }

    /// The place of a part of the text. The whole word when quotes or escapes make the two differ.
    pub fn slice(self, range: std::ops::Range<usize>) -> Span {
        if self.marks & (QUOTED | ESCAPED) == 0 {
            return self.span.slice(range);
        }
        if self.marks & ESCAPED == 0 && self.span.len() == self.text.len() + 2 && !self.is_variable() {
            return self.span.slice(range.start + 1..range.end + 1);
        }
        self.span
    }
}

/// As its text; a secret as `***`.
impl Serialize for Word<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_secret() { "***" } else { self.text })
    }
}

/// A word that the model keeps by itself: the name of a section or of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// What HAProxy sees.
    pub text: CompactString,
    /// Where it stands, quotes included.
    pub span: Span,
    marks: Marks,
}

impl Name {
    /// As the word it is.
    pub fn word(&self) -> Word<'_> {
        Word { text: &self.text, span: self.span, marks: self.marks }
    }

    /// Is the value what the text says?
    pub fn is_known(&self) -> bool {
        self.word().is_known()
    }
}

impl From<Word<'_>> for Name {
    fn from(word: Word<'_>) -> Self {
        Self { text: word.text.into(), span: word.span, marks: word.marks }
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.word().serialize(serializer)
    }
}

/// A word as it is kept: where it stands, and what is special about it. A large file has very many.
#[derive(Debug, Clone, Copy)]
struct Token {
    /// Of a rewritten word its number among them.
    start: u32,
    end: u32,
    marks: Marks,
}

/// A word whose quotes or escapes make its text another one than stands in the file.
#[derive(Debug, Clone)]
struct Rewritten {
    text: CompactString,
    span: Span,
}

/// A file cut into words.
#[derive(Debug)]
pub(crate) struct FileText {
    file: FileId,
    text: Arc<String>,
    tokens: Vec<Token>,
    rewritten: Vec<Rewritten>,
}

impl FileText {
    /// The words of a line that has just been cut.
    pub(crate) fn words_of(&self, line: &Cut) -> Words<'_> {
        self.words(line.first, line.count)
    }

    #[inline]
    fn words(&self, first: u32, count: u32) -> Words<'_> {
        let first = first as usize;
        let tokens = self.tokens.get(first..first + count as usize).unwrap_or_default();
        Words { tokens, text: &self.text, file: self }
    }

    /// Never shows a word of a line again.
    pub(crate) fn hide(&mut self, line: &Cut, index: usize) -> Option<Span> {
        let token =
            self.tokens.get_mut(line.first as usize..)?.get_mut(index).filter(|_| index < line.count as usize)?;
        token.marks |= SECRET;
        self.words_of(line).get(index).map(|word| word.span)
    }
}

/// Words that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    tokens: &'a [Token],
    /// The text of the file.
    text: &'a str,
    file: &'a FileText,
}

impl<'a> Words<'a> {
    #[inline]
    fn word(self, token: Token) -> Word<'a> {
        if token.marks & REWRITTEN != 0 {
            return self.rewritten(token);
        }
        let text = self.text.get(token.start as usize..token.end as usize).unwrap_or_default();
        Word { text, span: Span { file: self.file.file, start: token.start, end: token.end }, marks: token.marks }
    }

    #[cold]
    fn rewritten(self, token: Token) -> Word<'a> {
        let Rewritten { text, span } = &self.file.rewritten[token.start as usize];
        Word { text, span: *span, marks: token.marks }
    }

    /// Is this the text of a word? Most words differ in their lengths already.
    #[inline]
    fn has_text(self, token: Token, text: &str) -> bool {
        if token.marks & REWRITTEN != 0 {
            return self.rewritten(token).text == text;
        }
        (token.end - token.start) as usize == text.len()
            && self.text.as_bytes().get(token.start as usize..token.end as usize) == Some(text.as_bytes())
    }

    /// Is this the text of the word at a position?
    #[inline]
    pub fn is(self, index: usize, text: &str) -> bool {
        self.tokens.get(index).is_some_and(|token| self.has_text(*token, text))
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.tokens.len()
    }

    /// Are there none?
    pub fn is_empty(self) -> bool {
        self.tokens.is_empty()
    }

    /// The word at a position.
    #[inline]
    pub fn get(self, index: usize) -> Option<Word<'a>> {
        self.tokens.get(index).map(|token| self.word(*token))
    }

    /// The text of the word at a position; empty when there are fewer.
    #[inline]
    pub fn text(self, index: usize) -> &'a str {
        self.get(index).map_or("", |word| word.text)
    }

    /// The first one.
    pub fn first(self) -> Option<Word<'a>> {
        self.get(0)
    }

    /// The last one.
    pub fn last(self) -> Option<Word<'a>> {
        self.tokens.last().map(|token| self.word(*token))
    }

    /// Those from a position on.
    #[must_use]
    pub fn from(self, index: usize) -> Self {
        Self { tokens: self.tokens.get(index..).unwrap_or_default(), ..self }
    }

    /// Those in front of a position.
    #[must_use]
    pub fn until(self, index: usize) -> Self {
        Self { tokens: &self.tokens[..index.min(self.tokens.len())], ..self }
    }

    /// One after the other.
    pub fn iter(self) -> WordsIter<'a> {
        WordsIter { words: self, tokens: self.tokens.iter() }
    }

    /// Each with the one behind it.
    pub fn pairs(self) -> impl Iterator<Item = (Word<'a>, Word<'a>)> {
        self.iter().zip(self.from(1))
    }

    /// Does this word stand there, with that one behind it in any case of its letters?
    pub(crate) fn has_pair(self, word: &str, behind: &str) -> bool {
        self.position_of_pair(word, behind).is_some()
    }

    /// Where the first such pair stands.
    pub(crate) fn position_of_pair(self, word: &str, behind: &str) -> Option<usize> {
        (0..self.len()).find(|&at| self.is(at, word) && self.text(at + 1).eq_ignore_ascii_case(behind))
    }

    /// The position of the first word with this text.
    pub fn position(self, text: &str) -> Option<usize> {
        self.tokens.iter().position(|token| self.has_text(*token, text))
    }

    /// The word behind the first one with this text.
    pub fn after(self, text: &str) -> Option<Word<'a>> {
        self.get(self.position(text)? + 1)
    }
}

impl<'a> IntoIterator for Words<'a> {
    type Item = Word<'a>;
    type IntoIter = WordsIter<'a>;

    fn into_iter(self) -> WordsIter<'a> {
        self.iter()
    }
}

/// Two are the same when their texts are.
impl PartialEq for Words<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(*other).all(|(one, other)| one.text == other.text)
    }
}

impl Eq for Words<'_> {}

impl std::hash::Hash for Words<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for word in *self {
            word.text.hash(state);
        }
    }
}

/// See [`Words::iter`].
#[derive(Debug, Clone)]
pub struct WordsIter<'a> {
    words: Words<'a>,
    tokens: std::slice::Iter<'a, Token>,
}

impl<'a> Iterator for WordsIter<'a> {
    type Item = Word<'a>;

    #[inline]
    fn next(&mut self) -> Option<Word<'a>> {
        self.tokens.next().map(|token| self.words.word(*token))
    }

    fn nth(&mut self, skipped: usize) -> Option<Word<'a>> {
        self.tokens.nth(skipped).map(|token| self.words.word(*token))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.tokens.size_hint()
    }
}

impl DoubleEndedIterator for WordsIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.tokens.next_back().map(|token| self.words.word(*token))
    }
}

impl ExactSizeIterator for WordsIter<'_> {}

/// `no` or `default` in front of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// `no`.
    No,
    /// `default`.
    Default,
}

/// The words of one line, which keep the text of their file.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    text: Arc<FileText>,
    first: u32,
    count: u32,
}

impl Line {
    pub(crate) fn of(text: &Arc<FileText>, cut: &Cut) -> Self {
        Self { text: Arc::clone(text), first: cut.first, count: cut.count }
    }

    /// Takes `no` or `default` off, unless nothing stands behind it.
    pub(crate) fn take_prefix(&mut self) -> Option<Prefix> {
        let words = self.words();
        let prefix = match words {
            _ if words.len() < 2 => return None,
            _ if words.is(0, "no") => Prefix::No,
            _ if words.is(0, "default") => Prefix::Default,
            _ => return None,
        };
        self.first += 1;
        self.count -= 1;
        Some(prefix)
    }

    #[inline]
    pub(crate) fn words(&self) -> Words<'_> {
        self.text.words(self.first, self.count)
    }

    /// The word in front of the first one, which [`Self::take_prefix`] has taken off.
    pub(crate) fn prefix_word(&self) -> Option<Word<'_>> {
        self.text.words(self.first.checked_sub(1)?, 1).first()
    }

    pub(crate) fn file(&self) -> FileId {
        self.text.file
    }
}

impl Serialize for Words<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.len()))?;
        for word in *self {
            sequence.serialize_element(&word)?;
        }
        sequence.end()
    }
}

/// What HAProxy cannot read, and refuses the file for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// What.
    pub kind: SyntaxKind,
    /// Where.
    pub span: Span,
}

/// The kinds of [`SyntaxProblem`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxKind {
    /// `"` without its partner.
    UnclosedDouble,
    /// `'` without its partner.
    UnclosedSingle,
    /// `\x` without two hexadecimal digits.
    BadHex,
    /// In double quotes, `$` in front of what starts no variable name; the flag says whether single quotes would do.
    NotAVariable {
        /// What follows the dollar sign.
        next: Option<char>,
        /// The whole word, when nothing but single quotes instead of double ones is needed.
        requote: Option<Span>,
    },
    /// `${` without `}`, or with something else than a name in it.
    UnclosedBrace,
    /// More than 64 words.
    TooManyWords,
    /// A zero byte.
    Nul,
    /// A byte order mark.
    Bom,
    /// The last line does not end.
    MissingNewline,
    /// A lone `\` at the end of a line.
    Continuation {
        /// From the backslash to the first word of the next line, when that line holds one.
        join: Option<Span>,
    },
    /// A statement in front of the first section.
    OutOfSection,
    /// `.if` that no `.endif` closes.
    UnclosedIf,
    /// `.elif`, `.else` or `.endif` without its `.if`.
    LoneDirective,
    /// `.elif` or `.else` behind `.else`.
    AfterElse,
    /// A word starting with a dot that is no directive.
    UnknownDirective,
    /// More words than the directive takes.
    DirectiveArguments,
    /// A condition that cannot be read.
    BadCondition,
    /// `.if` nested more than 99 deep.
    TooDeep,
    /// `.alert` that is reached.
    Alert,
}

/// A `#` in the middle of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GluedHash {
    /// From the `#` to the end of the line.
    pub span: Span,
}

/// A line with at least one word, as it is cut.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    /// The number of its first word.
    pub first: u32,
    count: u32,
    /// What its words are like, all together.
    pub marks: LineMarks,
    /// The whole line, line end included.
    pub start: u32,
    pub end: u32,
}

/// A `#` in the middle of a word, which it cuts.
#[derive(Debug)]
pub(crate) struct Glued {
    /// The number of the first word of the line.
    pub line: u32,
    /// From the `#` to the end of the line.
    pub span: Span,
}

/// What some word of a line is like.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineMarks(Marks);

impl LineMarks {
    /// A word holds a variable in double quotes.
    pub(crate) fn has_variable(self) -> bool {
        self.0 & VARIABLE != 0
    }

    /// A word holds a variable outside double quotes.
    pub(crate) fn has_literal_variable(self) -> bool {
        self.0 & LITERAL_VARIABLE != 0
    }

    /// A word is empty.
    pub(crate) fn has_empty(self) -> bool {
        self.0 & EMPTY != 0
    }

    /// A word may hold a call with arguments, or a log-format expression.
    pub(crate) fn may_call(self) -> bool {
        self.0 & (PARENTHESIS | BRACKET) != 0
    }

    /// A word starts with `-`, and is none of the flags of ACLs without a word behind them; or with `{` or `!{`.
    pub(crate) fn has_odd(self) -> bool {
        self.0 & ODD != 0
    }

    /// The last word is a lone backslash.
    pub(crate) fn has_continuation(self) -> bool {
        self.0 & CONTINUATION != 0
    }

    /// What any of both is like.
    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Cuts one file.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// The words so far.
    pub words: FileText,
    /// Some line holds template marks outside quotes, and was left out.
    pub template: bool,
    pub problems: Vec<SyntaxProblem>,
    /// The lines that a `#` in the middle of a word cuts, in order.
    pub glued: Vec<Glued>,
    /// Lines such as `[engine]` are wanted too; only SPOE files use them.
    pub keeps_scopes: bool,
}

/// Ends a run of ordinary characters outside quotes.
const STOP: u8 = 1;
/// Stands between words.
const BLANK: u8 = 2;
/// The marks [`PARENTHESIS`] and [`BRACKET`].
const CALLS: u8 = (PARENTHESIS | BRACKET) as u8;

/// What each byte means to a word: [`STOP`] and maybe [`BLANK`], [`PARENTHESIS`], [`BRACKET`] or nothing.
const MEANINGS: [u8; 256] = {
    let mut table = [0; 256];
    let stops = b"#\"'\\$\r\n\0{<";
    let mut index = 0;
    while index < stops.len() {
        table[stops[index] as usize] = STOP;
        index += 1;
    }
    let blanks = b" \t\x0b\x0c";
    index = 0;
    while index < blanks.len() {
        table[blanks[index] as usize] = STOP | BLANK;
        index += 1;
    }
    table[b'(' as usize] = PARENTHESIS as u8;
    table[b'[' as usize] = BRACKET as u8;
    table
};

/// How many ordinary characters come first, and what they mean together.
#[inline]
fn ordinary(bytes: &[u8]) -> (usize, Marks) {
    let mut meaning = 0;
    let mut at = 0;
    while let Some(length) = bytes[at..].iter().position(|&byte| MEANINGS[byte as usize] != 0) {
        at += length;
        let own = MEANINGS[bytes[at] as usize];
        if own & STOP != 0 {
            return (at, Marks::from(meaning));
        }
        meaning |= own;
        at += 1;
    }
    (bytes.len(), Marks::from(meaning))
}

/// What [`ODD`] says.
fn is_odd(word: &[u8]) -> bool {
    match word {
        [b'-', flag] => !b"imnf".contains(flag),
        [b'-' | b'{', ..] | [b'!', b'{', ..] => true,
        _ => false,
    }
}

fn is_blank(byte: u8) -> bool {
    MEANINGS[byte as usize] & BLANK != 0
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(file: FileId, text: &'a Arc<String>) -> Self {
        // A word of a usual file is hardly shorter; what is not needed is never touched.
        let tokens = Vec::with_capacity(text.len() / 6);
        let words = FileText { file, text: Arc::clone(text), tokens, rewritten: Vec::new() };
        let (problems, glued) = (Vec::new(), Vec::new());
        let mut lexer = Self { text, at: 0, words, template: false, problems, glued, keeps_scopes: false };
        if text.starts_with('\u{feff}') {
            lexer.at = '\u{feff}'.len_utf8();
            lexer.problem(SyntaxKind::Bom, 0, lexer.at);
        }
        lexer
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.words.file, start..end)
    }

    fn problem(&mut self, kind: SyntaxKind, start: usize, end: usize) {
        self.problems.push(SyntaxProblem { kind, span: self.span(start, end) });
    }

    /// The next line that holds words.
    pub(crate) fn next_line(&mut self) -> Option<Cut> {
        while self.at < self.text.len() {
            let start = self.at;
            let bytes = self.text.as_bytes();
            let (end, next) = match memchr::memchr(b'\n', &bytes[start..]) {
                Some(length) => (start + length, start + length + 1),
                None => {
                    let last = self.text[start..].char_indices().next_back().map_or(0, |(index, _)| index);
                    self.problem(SyntaxKind::MissingNewline, start + last, self.text.len());
                    (self.text.len(), self.text.len())
                }
            };
            self.at = next;
            let first = bytes[start..end].iter().position(|&byte| !is_blank(byte));
            let Some(first) = first.map(|index| start + index).filter(|&at| !matches!(bytes[at], b'#' | b'\r')) else {
                continue;
            };
            if bytes[first] == b'[' && !self.keeps_scopes {
                continue;
            }
            let line = self.cut(first, end, start..next);
            if line.count > 0 {
                return Some(line);
            }
        }
        None
    }

    /// How many bytes are left.
    pub(crate) fn remaining(&self) -> usize {
        self.text.len() - self.at
    }

    /// Where the first word of the line behind this line end starts.
    fn next_word(&self, end: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let start = end + 1;
        let blanks = bytes.get(start..)?.iter().take_while(|&&byte| is_blank(byte)).count();
        let first = bytes.get(start + blanks).filter(|byte| !matches!(byte, b'#' | b'\r' | b'\n' | 0))?;
        (bytes[end] == b'\n' && !first.is_ascii_control()).then_some(start + blanks)
    }

    /// Cuts `start..end` into words.
    fn cut(&mut self, start: usize, end: usize, whole: std::ops::Range<usize>) -> Cut {
        let problems = self.problems.len();
        let (first, rewritten) = (self.words.tokens.len(), self.words.rewritten.len());
        let bytes = &self.text.as_bytes()[..end];
        let mut all = 0;
        let mut at = start;
        let mut template = false;
        while let Some(rest) = bytes.get(at..) {
            let Some(blanks) = rest.iter().position(|&byte| !is_blank(byte)) else { break };
            let rest = &rest[blanks..];
            let word_start = at + blanks;
            let (length, mut marks) = ordinary(rest);
            at = word_start + length;
            let stop = rest.get(length).copied();
            let token = if stop.is_none_or(is_blank) {
                if rest[0] == b'-' && is_odd(&rest[..length]) {
                    marks |= ODD;
                }
                #[expect(clippy::cast_possible_truncation, reason = "sources are never that long")]
                let (start, end) = (word_start as u32, at as u32);
                Token { start, end, marks }
            } else if length == 0 && matches!(stop, Some(b'\r' | b'#')) {
                break;
            } else if length == 0 && stop == Some(0) {
                self.problem(SyntaxKind::Nul, word_start, word_start + 1);
                break;
            } else {
                let mut word = Cutter { lexer: self, bytes, text: CompactString::default(), marks: 0, template: false };
                at = word.cut(word_start, end);
                if word.marks & VARIABLE != 0
                    && bytes[word_start] == b'"'
                    && memchr::memchr(b'"', &bytes[word_start + 1..at]) == (at - word_start).checked_sub(2)
                {
                    word.marks |= ONE_PAIR;
                }
                template |= word.template;
                let Cutter { text, marks, .. } = word;
                self.token(word_start, at, text, marks)
            };
            self.words.tokens.push(token);
            all |= token.marks;
            if bytes.get(at) == Some(&b'#') {
                let stop = memchr::memchr(b'\r', &bytes[at..]).map_or(end, |length| at + length);
                if bytes.get(at + 1).is_some_and(|&byte| at + 1 < stop && !is_blank(byte)) {
                    let span = self.span(at, stop);
                    self.glued.push(Glued { line: to_u32(first), span });
                }
                break;
            }
        }
        let mut count = self.words.tokens.len() - first;
        if template {
            self.template = true;
            self.problems.truncate(problems);
            self.words.tokens.truncate(first);
            self.words.rewritten.truncate(rewritten);
            self.glued.pop_if(|glued| glued.line == to_u32(first));
            count = 0;
        }
        let (start, end_of_line) = (to_u32(whole.start), to_u32(whole.end));
        let mut line =
            Cut { first: to_u32(first), count: to_u32(count), marks: LineMarks(all), start, end: end_of_line };
        if count > MAX_WORDS
            && let Some(word) = self.words.words_of(&line).get(MAX_WORDS)
        {
            self.problems.push(SyntaxProblem { kind: SyntaxKind::TooManyWords, span: word.span });
        }
        let is_lone = |token: &Token| {
            token.end - token.start == 1
                && token.marks & REWRITTEN == 0
                && bytes.get(token.start as usize) == Some(&b'\\')
        };
        if count > 1
            && let Some(token) = self.words.tokens.last_mut().filter(|token| is_lone(token))
        {
            token.marks |= CONTINUATION;
            line.marks.0 |= CONTINUATION;
            let at = token.start as usize;
            let join = self.next_word(end).map(|next| self.span(at, next));
            self.problem(SyntaxKind::Continuation { join }, at, at + 1);
        }
        line
    }

    /// A word that holds more than ordinary characters. Often its text stands in the file all the same.
    fn token(&mut self, start: usize, end: usize, text: CompactString, mut marks: Marks) -> Token {
        marks |= text.bytes().fold(0, |marks, byte| marks | Marks::from(MEANINGS[byte as usize] & CALLS));
        if text.is_empty() {
            marks |= EMPTY;
        }
        for (mark, holds) in [(ODD, is_odd(text.as_bytes())), (LESS, text.contains('<'))] {
            marks |= if holds { mark } else { 0 };
        }
        if self.text.get(start..end) == Some(text.as_str()) {
            return Token { start: to_u32(start), end: to_u32(end), marks };
        }
        let number = to_u32(self.words.rewritten.len());
        let span = self.span(start, end);
        self.words.rewritten.push(Rewritten { text, span });
        Token { start: number, end: number, marks: marks | REWRITTEN }
    }
}

/// Sources are never longer than that.
fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Cuts one word that holds more than ordinary characters.
struct Cutter<'l, 'a> {
    lexer: &'l mut Lexer<'a>,
    bytes: &'l [u8],
    text: CompactString,
    marks: Marks,
    template: bool,
}

impl Cutter<'_, '_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn push(&mut self, start: usize, end: usize) {
        self.text.push_str(self.lexer.text.get(start..end).unwrap_or_default());
    }

    /// Returns where the word ends.
    fn cut(&mut self, start: usize, end: usize) -> usize {
        let mut at = start;
        let mut quote: Option<(u8, usize)> = None;
        while at < end {
            let byte = self.bytes[at];
            match (quote, byte) {
                (None, b' ' | b'\t' | 0x0b | 0x0c | b'#' | b'\r') | (_, b'\r') => break,
                (_, 0) => {
                    self.lexer.problem(SyntaxKind::Nul, at, at + 1);
                    return end;
                }
                (None, b'"' | b'\'') => {
                    quote = Some((byte, at));
                    self.marks |= QUOTED;
                    at += 1;
                }
                (Some((open, _)), _) if open == byte => {
                    quote = None;
                    at += 1;
                }
                (None | Some((b'"', _)), b'\\') => at = self.escape(at, quote.is_some()),
                (Some((b'"', _)), b'$') => {
                    self.marks |= VARIABLE | DOLLAR;
                    at = self.variable(start, at, end);
                }
                (None | Some((b'\'', _)), b'$') => {
                    self.marks |= if quote.is_none() { DOLLAR } else { 0 };
                    if self.looks_like_variable(at) {
                        self.marks |= LITERAL_VARIABLE;
                    }
                    self.text.push('$');
                    at += 1;
                }
                (None, b'{' | b'<') => {
                    let next = self.byte(at + 1);
                    let after = self.byte(at + 2);
                    self.template |= match (byte, next) {
                        (b'{', Some(b'{')) => true,
                        (b'{', Some(b'%')) => matches!(after, Some(b' ' | b'-')),
                        (b'<', Some(b'%')) => matches!(after, Some(b' ' | b'-' | b'=')),
                        _ => false,
                    };
                    self.text.push(char::from(byte));
                    at += 1;
                }
                _ => {
                    let stop = at + 1 + ordinary(&self.bytes[at + 1..end]).0;
                    self.push(at, stop);
                    at = stop;
                }
            }
        }
        match quote {
            Some((b'"', open)) => self.lexer.problem(SyntaxKind::UnclosedDouble, open, open + 1),
            Some((_, open)) => self.lexer.problem(SyntaxKind::UnclosedSingle, open, open + 1),
            None => {}
        }
        at
    }

    /// A backslash outside quotes or in double quotes.
    fn escape(&mut self, at: usize, in_double: bool) -> usize {
        let Some(next) = self.byte(at + 1) else {
            self.text.push('\\');
            return at + 1;
        };
        let literal = match next {
            b' ' | b'\\' | b'#' | b'"' | b'\'' => Some(char::from(next)),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'$' if in_double => Some('$'),
            b'x' => {
                let digits = self.lexer.text.get(at + 2..at + 4).filter(|_| at + 4 <= self.bytes.len());
                match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    Some(byte) => {
                        self.marks |= ESCAPED;
                        self.text.push(char::from(byte));
                        return at + 4;
                    }
                    None => {
                        self.lexer.problem(SyntaxKind::BadHex, at, at + 2);
                        return at + 2;
                    }
                }
            }
            _ => None,
        };
        match literal {
            Some(literal) => {
                self.marks |= if literal == '$' { ESCAPED | DOLLAR } else { ESCAPED };
                self.text.push(literal);
                at + 2
            }
            None => {
                self.text.push('\\');
                if next == b'$' {
                    self.marks |= DOLLAR;
                    // `\$` outside double quotes stays two characters, and is no variable.
                    self.text.push('$');
                    return at + 2;
                }
                at + 1
            }
        }
    }

    /// `$NAME` or `${NAME…}` in double quotes; its text is kept as written.
    fn variable(&mut self, word: usize, at: usize, end: usize) -> usize {
        let name = |from: usize| {
            let rest = &self.bytes[from.min(end)..end];
            from + rest.iter().take_while(|&&byte| in_name(byte) || byte == b'.').count()
        };
        let next = self.byte(at + 1);
        let stop = match next {
            Some(b'{') => {
                let mut stop = name(at + 2);
                let valid_start = self.byte(at + 2).is_some_and(|byte| starts_name(byte) || byte == b'.');
                if self.bytes.get(stop..stop + 3) == Some(b"[*]") {
                    stop += 3;
                }
                if self.byte(stop) == Some(b'-') {
                    let rest = &self.bytes[stop..end];
                    stop =
                        rest.iter().position(|&byte| matches!(byte, b'}' | b'"')).map_or(end, |length| stop + length);
                }
                if !valid_start || self.byte(stop) != Some(b'}') {
                    self.lexer.problem(SyntaxKind::UnclosedBrace, at, at + 2);
                    self.push(at, at + 2);
                    return at + 2;
                }
                stop + 1
            }
            Some(byte) if starts_name(byte) || byte == b'.' => name(at + 1),
            _ => {
                let next = self.lexer.text.get(at + 1..end).and_then(|rest| rest.chars().next());
                let requote = self.requotable(word, at, end);
                self.lexer.problem(SyntaxKind::NotAVariable { next, requote }, at, at + 1);
                self.text.push('$');
                return at + 1;
            }
        };
        self.push(at, stop);
        stop
    }

    /// The word from `start`, when swapping its double quotes for single ones changes nothing but the dollar sign: it
    /// is one pair of quotes, and holds neither `'`, nor a variable, nor an escape that single quotes would not resolve.
    fn requotable(&self, start: usize, dollar: usize, end: usize) -> Option<Span> {
        if self.byte(start) != Some(b'"') || dollar <= start {
            return None;
        }
        let close = start + 1 + memchr::memchr(b'"', &self.bytes[start + 1..end])?;
        let inside = &self.bytes[start + 1..close];
        let resolves = |pair: &[u8]| {
            pair[0] == b'\\' && matches!(pair[1], b' ' | b'\\' | b'#' | b'\'' | b'$' | b'n' | b'r' | b't' | b'x')
        };
        let expands = |pair: &[u8]| pair[0] == b'$' && (starts_name(pair[1]) || pair[1] == b'{');
        let ends = self.byte(close + 1).is_none_or(|byte| is_blank(byte) || matches!(byte, b'\r' | b'#'));
        let fits = ends && !inside.contains(&b'\'') && !inside.windows(2).any(|pair| resolves(pair) || expands(pair));
        fits.then(|| self.lexer.span(start, close + 1))
    }

    /// `$NAME` or `${NAME}` with a name of two or more capitals, as people write environment variables.
    fn looks_like_variable(&self, at: usize) -> bool {
        let from = if self.byte(at + 1) == Some(b'{') { at + 2 } else { at + 1 };
        let name = self.bytes.get(from..).unwrap_or_default();
        let length =
            name.iter().take_while(|&&byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_').count();
        let starts = name.first().is_some_and(|byte| !byte.is_ascii_digit());
        let closes = from == at + 1 || matches!(name.get(length), Some(b'}' | b'-' | b'[' | b':'));
        starts && length >= 2 && closes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let text = Arc::new(format!("{text}\n"));
        let mut lexer = Lexer::new(FileId(0), &text);
        let line = lexer.next_line().unwrap();
        assert_eq!(lexer.problems, [], "{text}");
        lexer.words.words_of(&line).iter().map(|word| word.text.to_owned()).collect()
    }

    fn problems(text: &str) -> Vec<SyntaxKind> {
        let text = Arc::new(text.to_owned());
        let mut lexer = Lexer::new(FileId(0), &text);
        while lexer.next_line().is_some() {}
        lexer.problems.into_iter().map(|problem| problem.kind).collect()
    }

    #[test]
    fn the_traps_of_the_tokenizer() {
        assert_eq!(words("bind :80#comment"), ["bind", ":80"]);
        assert_eq!(words("http-request redirect location /#/login"), ["http-request", "redirect", "location", "/"]);
        assert_eq!(words("acl x path_reg ^/foo$"), ["acl", "x", "path_reg", "^/foo$"]);
        assert_eq!(words("acl x path_reg '^/foo$'"), ["acl", "x", "path_reg", "^/foo$"]);
        assert_eq!(words(r"acl x path_reg \.php$"), ["acl", "x", "path_reg", r"\.php$"]);
        assert_eq!(words(r"log-format %ci\ %cp"), ["log-format", "%ci %cp"]);
        assert_eq!(words(r#"http-request set-header X "a b"c"#), ["http-request", "set-header", "X", "a bc"]);
        assert_eq!(words(r#"ab"c d"'e'"#), ["abc de"]);
        assert_eq!(words(r#"x "" ''"#), ["x", "", ""]);
        assert_eq!(words("a \\# \\\" \\' \\x41 \\\\ \\.d\\1"), ["a", "#", "\"", "'", "A", "\\", "\\.d\\1"]);
        assert_eq!(words(r#"a "\$x" \$x '\x' '\\'"#), ["a", "$x", "\\$x", "\\x", "\\\\"]);
        assert_eq!(words("a\tb\x0bc\rrest"), ["a", "b", "c"]);
    }

    #[test]
    fn what_the_tokenizer_refuses() {
        assert_eq!(problems("a \"b\n"), [SyntaxKind::UnclosedDouble]);
        assert_eq!(problems("a 'b\n"), [SyntaxKind::UnclosedSingle]);
        assert_eq!(problems("a \\xg1\n"), [SyntaxKind::BadHex]);
        assert!(matches!(
            problems("a \"^/foo$\"\n")[..],
            [SyntaxKind::NotAVariable { next: Some('"'), requote: Some(_) }]
        ));
        assert_eq!(problems("a \"${A:-x}\"\n"), [SyntaxKind::UnclosedBrace]);
        assert_eq!(problems("a \"${A-x}\" \"${A[*]}\" \"$A\" \"${.FILE}\"\n"), []);
        assert_eq!(problems("a b"), [SyntaxKind::MissingNewline]);
        assert_eq!(problems("\u{feff}global\n"), [SyntaxKind::Bom]);
        assert_eq!(problems("a \0b\n"), [SyntaxKind::Nul]);
        assert_eq!(problems("server s 127.0.0.1:80 \\\n"), [SyntaxKind::Continuation { join: None }]);
        assert_eq!(problems(&format!("a{}\n", " b".repeat(63))), []);
        assert_eq!(problems(&format!("a{}\n", " b".repeat(64))), [SyntaxKind::TooManyWords]);
    }

    #[test]
    fn variables_are_seen_where_they_are_expanded_and_where_not() {
        let text = Arc::new("a \"${X}\" ${HOST} ^foo$ \"$Y\"b '${ZZ}'\n".to_owned());
        let mut lexer = Lexer::new(FileId(0), &text);
        let line = lexer.next_line().unwrap();
        let words: Vec<Word<'_>> = lexer.words.words_of(&line).iter().collect();
        let seen: Vec<(bool, bool)> =
            words.iter().map(|word| (word.is_variable(), word.has_literal_variable())).collect();
        assert_eq!(seen, [(false, false), (true, false), (false, true), (false, false), (true, false), (false, true)]);
        assert!(words[1].is_only_variable() && !words[4].is_only_variable());
    }

    #[test]
    fn lines_with_template_marks_are_left_out() {
        let text = "{% if x %}\nserver {{ n }} \"{{ y }}\nlog-format \"{%ci}\"\nacl x {%[src]}\n".to_owned();
        let text = Arc::new(text);
        let mut lexer = Lexer::new(FileId(0), &text);
        let mut firsts = Vec::new();
        while let Some(line) = lexer.next_line() {
            firsts.push(lexer.words.words_of(&line).text(0).to_owned());
        }
        assert_eq!(firsts, ["log-format", "acl"]);
        assert!(lexer.template && lexer.problems.is_empty());
    }
}
