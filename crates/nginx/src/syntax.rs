//! From text to statements: nginx's own tokenizer (`ngx_conf_read_token`), byte by byte, with the place of every word.
//! It gives a tree whatever the bytes; where nginx would stop it notes a problem and reads on.

use crate::keys::Key;
use crate::lua;
use compact_str::CompactString;
use confvet_core::{FileId, Span};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Blocks nested deeper than this are not read: no real configuration comes near it.
pub const MAX_DEPTH: usize = 256;

/// One word, or one comment, must stay below this many bytes (`NGX_CONF_BUFFER`).
pub const MAX_WORD: usize = 4096;

/// One word of a directive, as it lies in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// What nginx makes of it: without quotes, escapes undone.
    pub text: &'a str,
    /// Where it stands, quotes included.
    pub span: Span,
    /// It is in double or single quotes.
    pub quoted: bool,
    /// Nothing but blanks stands before it on its line.
    pub first_on_line: bool,
    /// It holds a `$`.
    pub(crate) has_dollar: bool,
    /// The offsets in `text` before which a backslash was taken out.
    escapes: &'a [u32],
}

impl Word<'_> {
    /// The place of the text, without quotes.
    pub fn inner(&self) -> Span {
        let quote = u32::from(self.quoted);
        Span { start: self.span.start + quote, end: (self.span.end - quote).max(self.span.start + quote), ..self.span }
    }

    /// The place of a part of the text.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Span {
        let source = |offset: usize| offset + self.escapes.partition_point(|&at| (at as usize) < offset);
        self.inner().slice(source(range.start)..source(range.end))
    }

    /// Is nothing in it escaped, so that its text stands in the file as it is?
    pub fn is_verbatim(&self) -> bool {
        self.escapes.is_empty()
    }
}

/// A word as it is kept: where it stands, and in the marks what is special about it. A large file has very many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    start: u32,
    end: u32,
    marks: u32,
}

impl Token {
    const QUOTED: u32 = 1;
    const FIRST_ON_LINE: u32 = 1 << 1;
    const DOLLAR: u32 = 1 << 2;
    /// Its text is not what stands in the file but one of [`FileTree::rewritten`]: the bits above say which.
    const REWRITTEN: u32 = 1 << 3;
    const INDEX: u32 = 4;

    fn has(self, mark: u32) -> bool {
        self.marks & mark != 0
    }
}

/// The text of a word that holds escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rewritten {
    text: CompactString,
    /// The offsets in the text before which a backslash was taken out.
    escapes: Box<[u32]>,
}

/// Words that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    tree: &'a FileTree,
    tokens: &'a [Token],
}

impl<'a> Words<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.tokens.len()
    }

    /// Are there none?
    pub fn is_empty(self) -> bool {
        self.tokens.is_empty()
    }

    /// The word at a position.
    pub fn get(self, index: usize) -> Option<Word<'a>> {
        self.tokens.get(index).map(|token| self.tree.word_of(*token))
    }

    /// The first one.
    pub fn first(self) -> Option<Word<'a>> {
        self.get(0)
    }

    /// The last one.
    pub fn last(self) -> Option<Word<'a>> {
        self.tokens.last().map(|token| self.tree.word_of(*token))
    }

    /// Those from a position on.
    #[must_use]
    pub fn from(self, index: usize) -> Words<'a> {
        Words { tokens: self.tokens.get(index..).unwrap_or_default(), ..self }
    }

    /// All but the last one.
    #[must_use]
    pub fn without_last(self) -> Words<'a> {
        Words { tokens: &self.tokens[..self.tokens.len().saturating_sub(1)], ..self }
    }

    /// All of them, when there are exactly so many.
    pub fn exactly<const N: usize>(self) -> Option<[Word<'a>; N]> {
        let tokens: &[Token; N] = self.tokens.try_into().ok()?;
        Some(tokens.map(|token| self.tree.word_of(token)))
    }

    /// One after the other.
    pub fn iter(self) -> WordsIter<'a> {
        WordsIter { tree: self.tree, tokens: self.tokens.iter() }
    }

    /// From the start of the first to the end of the last.
    pub(crate) fn span(self) -> Option<Span> {
        let (first, last) = (self.tokens.first()?, self.tokens.last()?);
        Some(Span { file: self.tree.file, start: first.start, end: last.end })
    }

    /// Does none behind the first begin a line?
    pub(crate) fn on_one_line(self) -> bool {
        !self.tokens.iter().skip(1).any(|token| token.has(Token::FIRST_ON_LINE))
    }

    /// Does one of them hold a `$`?
    pub(crate) fn have_dollar(self) -> bool {
        self.tokens.iter().any(|token| token.has(Token::DOLLAR))
    }
}

impl<'a> IntoIterator for Words<'a> {
    type Item = Word<'a>;
    type IntoIter = WordsIter<'a>;

    fn into_iter(self) -> WordsIter<'a> {
        self.iter()
    }
}

/// See [`Words::iter`].
#[derive(Debug, Clone)]
pub struct WordsIter<'a> {
    tree: &'a FileTree,
    tokens: std::slice::Iter<'a, Token>,
}

impl<'a> Iterator for WordsIter<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        self.tokens.next().map(|token| self.tree.word_of(*token))
    }

    fn nth(&mut self, skipped: usize) -> Option<Word<'a>> {
        self.tokens.nth(skipped).map(|token| self.tree.word_of(*token))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.tokens.size_hint()
    }
}

impl DoubleEndedIterator for WordsIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.tokens.next_back().map(|token| self.tree.word_of(*token))
    }
}

impl ExactSizeIterator for WordsIter<'_> {}

/// How a statement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With `;` at this offset.
    Semicolon(u32),
    /// With a block from `{` to `}`, the latter unless it is never closed.
    Block {
        /// Offset of `{`.
        open: u32,
        /// Offset of `}`, which is never the first byte of a file.
        close: Option<NonZeroU32>,
    },
    /// With a block of Lua.
    Lua {
        /// Offset of `{`.
        open: u32,
        /// Offset of `}`.
        close: u32,
    },
    /// Without an end: a `;` is missing.
    Missing,
}

/// A directive with its words, or an entry of a block such as `map`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The index of its first word among those of the file.
    pub first_word: u32,
    /// How many words it has; at least one.
    pub word_count: u32,
    /// The key of its first word; `None` for a name that is not known, and for an entry of `map` and the like.
    pub key: Option<Key>,
    /// How it ends.
    pub ending: Ending,
    /// One past its last descendant in [`FileTree::statements`].
    pub until: u32,
    /// A problem lies inside it, so that its words are a guess.
    pub broken: bool,
}

/// What the tokenizer stumbled over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A byte order mark.
    ByteOrderMark,
    /// `;` without a directive before it.
    StraySemicolon,
    /// `{` without a directive before it.
    StrayOpen,
    /// `}` without an open block.
    StrayClose,
    /// Something that may not follow a closing quote; `related` is the quoted word.
    AfterQuote,
    /// A quote that is never closed.
    UnclosedQuote,
    /// A block that is never closed.
    UnclosedBlock,
    /// A block of Lua that is never closed.
    UnclosedLua,
    /// A word or a comment of [`MAX_WORD`] bytes or more.
    TooLong,
    /// A quantifier such as `{2}` outside quotes, which nginx takes for a block; `related` is the whole word.
    Quantifier {
        /// The word is an entry of `map`, `geo` or the like.
        entry: bool,
    },
    /// A comment of another language.
    ForeignComment,
    /// Blocks nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// A directive that is not terminated; `related` is the next directive's name, if that was read into it.
    MissingSemicolon {
        /// The directive, as far as it goes.
        directive: Span,
        /// nginx takes what follows for further arguments and says nothing.
        silent: bool,
    },
}

/// A place where nginx would stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// What is wrong.
    pub fault: Fault,
    /// The offending bytes.
    pub span: Span,
    /// The other half, where there is one.
    pub related: Option<Span>,
}

/// A comment: which statement it belongs to, and which old version it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// The index among the words of the file of the one that follows it.
    pub next_word: u32,
    /// Something stands before it on its line.
    pub trailing: bool,
    /// Where it names nginx 1.27.0, 1.27.1 or 1.27.2: versions that people take for those that re-resolve names.
    pub names_version: Option<Span>,
}

/// One file, read: its statements in the order of the text, each before its descendants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTree {
    /// The file.
    pub file: FileId,
    text: Arc<String>,
    tokens: Vec<Token>,
    rewritten: Vec<Rewritten>,
    /// All statements.
    pub statements: Vec<Statement>,
    /// Where nginx would stop, in the order of the text.
    pub problems: Vec<SyntaxProblem>,
    /// All comments, in the order of the text.
    pub comments: Vec<Comment>,
}

impl FileTree {
    /// Does a comment stand right before these words, or behind them on their line?
    pub(crate) fn is_commented(&self, words: std::ops::Range<u32>) -> bool {
        let at = |word: u32| {
            let from = self.comments.partition_point(|comment| comment.next_word < word);
            self.comments[from..].iter().take_while(move |comment| comment.next_word == word)
        };
        at(words.start).any(|comment| !comment.trailing) || at(words.end).any(|comment| comment.trailing)
    }

    /// All words of the file.
    pub fn words(&self) -> Words<'_> {
        Words { tree: self, tokens: &self.tokens }
    }

    /// The words of a statement.
    pub fn words_of(&self, statement: &Statement) -> Words<'_> {
        let first = statement.first_word;
        self.words_in(first..first + statement.word_count)
    }

    /// The words in a range of positions.
    pub(crate) fn words_in(&self, range: std::ops::Range<u32>) -> Words<'_> {
        Words { tree: self, tokens: &self.tokens[range.start as usize..range.end as usize] }
    }

    /// The word at a position.
    pub(crate) fn word(&self, index: u32) -> Word<'_> {
        self.word_of(self.tokens[index as usize])
    }

    #[inline]
    fn word_of(&self, token: Token) -> Word<'_> {
        let quote = usize::from(token.has(Token::QUOTED));
        let (text, escapes): (&str, &[u32]) = if token.has(Token::REWRITTEN) {
            let rewritten = &self.rewritten[(token.marks >> Token::INDEX) as usize];
            (&rewritten.text, &rewritten.escapes)
        } else {
            (&self.text[token.start as usize + quote..token.end as usize - quote], &[])
        };
        Word {
            text,
            span: Span { file: self.file, start: token.start, end: token.end },
            quoted: quote == 1,
            first_on_line: token.has(Token::FIRST_ON_LINE),
            has_dollar: token.has(Token::DOLLAR),
            escapes,
        }
    }
}

/// Reads a text.
pub fn parse(file: FileId, text: &str) -> FileTree {
    read(file, Arc::new(text.to_owned()))
}

/// Reads a file, whose text the tree keeps.
pub(crate) fn read(file: FileId, text: Arc<String>) -> FileTree {
    let shared = Arc::clone(&text);
    let mut reader = Reader {
        bytes: shared.as_bytes(),
        text: &shared,
        at: 0,
        fresh_line: true,
        first_word: 0,
        broken: false,
        open: Vec::new(),
        skipped: 0,
        tree: FileTree {
            file,
            tokens: Vec::with_capacity(text.len() / 12),
            rewritten: Vec::new(),
            statements: Vec::with_capacity(text.len() / 32),
            problems: Vec::new(),
            comments: Vec::new(),
            text,
        },
    };
    reader.read();
    reader.tree
}

/// A block that is still open.
#[derive(Debug, Clone, Copy)]
enum Open {
    /// Of a statement, by its index.
    Block {
        statement: u32,
        /// What stands in it are entries.
        entries: bool,
    },
    /// A `{` without a directive.
    Stray,
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    fresh_line: bool,
    /// First word of the statement that is being read.
    first_word: usize,
    broken: bool,
    open: Vec<Open>,
    /// How many blocks are open below the deepest that is read.
    skipped: usize,
    tree: FileTree,
}

/// Bytes that mean something inside a plain word: what ends it, `\`, `$` and `{`.
static IS_SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let special = b" \t\r\n;\\${";
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = true;
        at += 1;
    }
    table
};

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl Reader<'_> {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.tree.file, range)
    }

    fn problem(&mut self, fault: Fault, range: std::ops::Range<usize>, related: Option<Span>) {
        let span = self.span(range);
        self.tree.problems.push(SyntaxProblem { fault, span, related });
    }

    /// The span of the character at an offset.
    fn character(&self, at: usize) -> std::ops::Range<usize> {
        let width = self.text[at..].chars().next().map_or(0, char::len_utf8);
        at..at + width
    }

    fn is_pending(&self) -> bool {
        self.tree.tokens.len() > self.first_word
    }

    fn read(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.problem(Fault::ByteOrderMark, 0..3, None);
            self.at = 3;
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.fresh_line = true;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'#' => self.comment(),
                b';' => self.semicolon(),
                b'{' => self.open_block(),
                b'}' => self.close_block(),
                b'"' | b'\'' => self.quoted(byte),
                b'/' if self.starts_foreign_comment() => self.foreign_comment(),
                _ => self.plain(self.at),
            }
        }
        if self.is_pending() {
            self.missing_semicolon();
        }
        self.unclosed();
    }

    fn line_end(&self, from: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[from..]).map_or(self.bytes.len(), |found| from + found)
    }

    fn comment(&mut self) {
        let end = self.line_end(self.at);
        if end - self.at >= MAX_WORD {
            let start = self.at;
            self.problem(Fault::TooLong, start..start + 1, None);
        }
        let names_version = named_version(&self.bytes[self.at..end]).map(|range| {
            let start = self.at + range.start;
            self.span(start..start + range.len())
        });
        let next_word = to_u32(self.tree.tokens.len());
        self.tree.comments.push(Comment { next_word, trailing: !self.fresh_line, names_version });
        self.at = end;
    }

    fn in_entries(&self) -> bool {
        matches!(self.open.last(), Some(Open::Block { entries: true, .. }))
    }

    fn starts_foreign_comment(&self) -> bool {
        matches!(self.bytes.get(self.at + 1), Some(b'/' | b'*')) && !self.is_pending() && !self.in_entries()
    }

    fn foreign_comment(&mut self) {
        let start = self.at;
        let end = match self.bytes.get(start + 1) {
            Some(b'*') => {
                memchr::memmem::find(&self.bytes[start..], b"*/").map_or(self.bytes.len(), |found| start + found + 2)
            }
            _ => self.line_end(start),
        };
        self.problem(Fault::ForeignComment, start..start + 2, None);
        self.at = end;
        self.fresh_line = false;
    }

    fn semicolon(&mut self) {
        let at = self.at;
        self.at += 1;
        self.fresh_line = false;
        if self.is_pending() {
            self.finish(Ending::Semicolon(to_u32(at)));
        } else {
            self.problem(Fault::StraySemicolon, at..at + 1, None);
        }
    }

    /// Ends the statement that is being read and gives its index.
    fn finish(&mut self, ending: Ending) -> u32 {
        let index = to_u32(self.tree.statements.len());
        if self.skipped == 0 {
            let is_directive = !self.in_entries();
            let key = is_directive.then(|| Key::find(self.tree.word(to_u32(self.first_word)).text)).flatten();
            self.tree.statements.push(Statement {
                first_word: to_u32(self.first_word),
                word_count: to_u32(self.tree.tokens.len() - self.first_word),
                key,
                ending,
                until: index + 1,
                broken: self.broken,
            });
            self.first_word = self.tree.tokens.len();
        } else {
            self.tree.tokens.truncate(self.first_word);
        }
        self.broken = false;
        index
    }

    fn open_block(&mut self) {
        let at = self.at;
        self.at += 1;
        self.fresh_line = false;
        if !self.is_pending() {
            self.problem(Fault::StrayOpen, at..at + 1, None);
            if self.skipped > 0 {
                self.skipped += 1;
            } else {
                self.open.push(Open::Stray);
            }
            return;
        }
        let name = self.tree.word(to_u32(self.first_word)).text;
        if name.ends_with("_by_lua_block") && Key::find(name).is_some() {
            return self.lua(at);
        }
        if self.skipped > 0 || self.open.len() >= MAX_DEPTH {
            if self.skipped == 0 {
                self.problem(Fault::TooDeep, at..at + 1, None);
                self.finish(Ending::Block { open: to_u32(at), close: None });
            } else {
                self.tree.tokens.truncate(self.first_word);
            }
            self.skipped += 1;
            return;
        }
        let entries = matches!(name, "map" | "geo" | "types" | "split_clients" | "charset_map" | "num_map");
        let statement = self.finish(Ending::Block { open: to_u32(at), close: None });
        self.open.push(Open::Block { statement, entries });
    }

    fn lua(&mut self, open: usize) {
        match lua::block_end(self.bytes, open + 1) {
            Some(close) => {
                self.finish(Ending::Lua { open: to_u32(open), close: to_u32(close) });
                self.at = close + 1;
            }
            None => {
                self.problem(Fault::UnclosedLua, open..open + 1, None);
                self.finish(Ending::Lua { open: to_u32(open), close: to_u32(self.bytes.len()) });
                self.at = self.bytes.len();
                self.open.clear();
            }
        }
    }

    fn close_block(&mut self) {
        let at = self.at;
        self.at += 1;
        self.fresh_line = false;
        if self.is_pending() {
            self.missing_semicolon();
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match self.open.pop() {
            Some(Open::Block { statement, .. }) => self.close_statement(statement, Some(at)),
            Some(Open::Stray) => {}
            None => self.problem(Fault::StrayClose, at..at + 1, None),
        }
    }

    fn close_statement(&mut self, index: u32, at: Option<usize>) {
        let until = to_u32(self.tree.statements.len());
        let statement = &mut self.tree.statements[index as usize];
        statement.until = until;
        if let Ending::Block { close, .. } = &mut statement.ending {
            *close = at.and_then(|at| NonZeroU32::new(to_u32(at)));
        }
    }

    fn missing_semicolon(&mut self) {
        let Some(directive) = self.tree.words().from(self.first_word).span() else { return };
        if !self.broken {
            let end = directive.end as usize;
            self.problem(Fault::MissingSemicolon { directive, silent: false }, end..end, None);
        }
        self.finish(Ending::Missing);
    }

    /// At the end of the file: the innermost block that is still open is reported, all are closed.
    fn unclosed(&mut self) {
        let mut reported = false;
        while let Some(open) = self.open.pop() {
            let Open::Block { statement: index, .. } = open else { continue };
            let statement = &self.tree.statements[index as usize];
            if let (false, Ending::Block { open, .. }) = (reported, statement.ending) {
                let at = open as usize;
                let name = self.tree.word(statement.first_word).span;
                self.problem(Fault::UnclosedBlock, at..at + 1, Some(name));
                reported = true;
            }
            self.close_statement(index, None);
        }
    }

    fn push_word(&mut self, start: usize, end: usize, quoted: bool, escaped: bool, dollar: bool) {
        let inner = if quoted { start + 1..end - 1 } else { start..end };
        if inner.len() >= MAX_WORD {
            self.problem(Fault::TooLong, start..start + self.character(start).len(), None);
        }
        let mut marks = 0;
        let mut mark = |given: bool, mark: u32| marks |= if given { mark } else { 0 };
        mark(quoted, Token::QUOTED);
        mark(std::mem::replace(&mut self.fresh_line, false), Token::FIRST_ON_LINE);
        mark(dollar, Token::DOLLAR);
        if let Some(rewritten) = escaped.then(|| unescape(&self.text[inner])).flatten() {
            marks |= Token::REWRITTEN | to_u32(self.tree.rewritten.len()) << Token::INDEX;
            self.tree.rewritten.push(rewritten);
        }
        self.tree.tokens.push(Token { start: to_u32(start), end: to_u32(end), marks });
    }

    fn quoted(&mut self, quote: u8) {
        let start = self.at;
        let mut at = start + 1;
        let mut escaped = false;
        loop {
            let Some(found) = memchr::memchr2(quote, b'\\', self.bytes.get(at..).unwrap_or_default()) else {
                self.problem(Fault::UnclosedQuote, start..start + 1, None);
                self.at = self.bytes.len();
                self.broken = true;
                self.tree.tokens.truncate(self.first_word);
                return;
            };
            at += found + 1;
            if self.bytes[at - 1] == quote {
                break;
            }
            escaped = true;
            at += 1;
        }
        let dollar = memchr::memchr(b'$', &self.bytes[start..at]).is_some();
        self.push_word(start, at, true, escaped, dollar);
        self.at = at;
        match self.bytes.get(at) {
            None | Some(b';' | b'{' | b')') => {}
            Some(&byte) if is_space(byte) => {}
            Some(_) => {
                let word = self.span(start..at);
                self.problem(Fault::AfterQuote, self.character(at), Some(word));
                self.broken = true;
                if self.bytes[at] != b'}' {
                    self.plain(at);
                }
            }
        }
    }

    fn plain(&mut self, start: usize) {
        let mut at = start;
        let mut escaped = false;
        let mut dollar = false;
        let mut quantifier = None;
        loop {
            at += self.bytes[at..].iter().position(|&byte| IS_SPECIAL[byte as usize]).unwrap_or(self.bytes.len() - at);
            match self.bytes.get(at) {
                Some(b'\\') => {
                    escaped = true;
                    dollar |= self.bytes.get(at + 1) == Some(&b'$');
                    at += 2;
                }
                Some(b'$') => {
                    dollar = true;
                    at += 1;
                    // `${` opens no block.
                    at += usize::from(self.bytes.get(at) == Some(&b'{'));
                }
                Some(b'{') => match quantifier_end(self.bytes, at) {
                    Some(end) if at > start && (self.is_pending() || self.in_entries()) => {
                        quantifier.get_or_insert(at..end);
                        at = end;
                    }
                    _ => break,
                },
                _ => break,
            }
            if at >= self.bytes.len() {
                break;
            }
        }
        let end = at.min(self.bytes.len());
        self.at = end;
        if self.ends_block_too(start, end) {
            self.push_word(start, end - 1, false, escaped, dollar);
            self.at = end - 1;
            return;
        }
        self.push_word(start, end, false, escaped, dollar);
        if let Some(found) = quantifier {
            let entry = self.in_entries();
            self.problem(Fault::Quantifier { entry }, found, Some(self.span(start..end)));
        }
    }

    /// Is this the last word before a forgotten `;` and a `}` that stands right behind it, as in `root /srv}`? Only when
    /// the directive does not go on or end on the same line.
    fn ends_block_too(&self, start: usize, end: usize) -> bool {
        let word = &self.bytes[start..end];
        if !word.ends_with(b"}") || !self.is_pending() || word.len() < 2 || word.contains(&b'{') || self.in_entries() {
            return false;
        }
        let blanks = self.bytes[end..].iter().take_while(|&&byte| is_space(byte)).count();
        let rest = &self.bytes[end..end + blanks];
        rest.contains(&b'\n') && !matches!(self.bytes.get(end + blanks), Some(b';' | b'{'))
            || end + blanks == self.bytes.len()
    }
}

/// Where a comment names nginx 1.27.0, 1.27.1 or 1.27.2.
fn named_version(comment: &[u8]) -> Option<std::ops::Range<usize>> {
    let at = memchr::memmem::find(comment, b"1.27.")?;
    let digit = comment.get(at + 5).filter(|digit| matches!(digit, b'0'..=b'2'))?;
    let ends = |byte: Option<&u8>| !byte.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
    let starts = at == 0 || ends(comment.get(at - 1));
    (starts && ends(comment.get(at + 6).filter(|_| digit.is_ascii_digit()))).then_some(at..at + 6)
}

/// One past the `}` of a quantifier such as `{2}` or `{1,3}` that opens at `at`.
fn quantifier_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at + 1..];
    let inner = rest.iter().take(16).take_while(|&&byte| byte.is_ascii_digit() || byte == b',').count();
    (rest.first()?.is_ascii_digit() && rest.get(inner) == Some(&b'}')).then_some(at + inner + 2)
}

/// Undoes escapes: `\"`, `\'` and `\\` lose the backslash, `\t`, `\r` and `\n` are control characters, every other pair
/// stays as it is. `None` when that changes nothing.
fn unescape(source: &str) -> Option<Rewritten> {
    let mut text = CompactString::with_capacity(source.len());
    let mut escapes = Vec::new();
    let mut rest = source;
    while let Some(found) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..found]);
        let replacement = match rest.as_bytes().get(found + 1) {
            Some(byte @ (b'"' | b'\'' | b'\\')) => Some(*byte as char),
            Some(b't') => Some('\t'),
            Some(b'r') => Some('\r'),
            Some(b'n') => Some('\n'),
            _ => None,
        };
        if let Some(character) = replacement {
            escapes.push(to_u32(text.len()));
            text.push(character);
            rest = &rest[found + 2..];
        } else {
            text.push('\\');
            rest = &rest[found + 1..];
            if let Some(next) = rest.chars().next() {
                text.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    text.push_str(rest);
    (!escapes.is_empty()).then(|| Rewritten { text, escapes: escapes.into_boxed_slice() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let tree = parse(FileId(0), text);
        assert_eq!(tree.problems, [], "{text}");
        tree.statements
            .iter()
            .map(|statement| tree.words_of(statement).iter().map(|word| word.text.to_owned()).collect())
            .collect()
    }

    fn faults(text: &str) -> Vec<(Fault, &str)> {
        let tree = parse(FileId(0), text);
        tree.problems.iter().map(|problem| (problem.fault, &text[problem.span.range()])).collect()
    }

    #[test]
    fn quotes_and_hashes_inside_a_word_are_ordinary() {
        assert_eq!(words("return 200 a\"b;"), [["return", "200", "a\"b"]]);
        assert_eq!(words("return 200 a#b; # c"), [["return", "200", "a#b"]]);
        assert_eq!(words("index a};"), [["index", "a}"]]);
    }

    #[test]
    fn only_blanks_and_terminators_follow_a_closing_quote() {
        assert_eq!(faults("return 200 \"a\"b;"), [(Fault::AfterQuote, "b")]);
        assert_eq!(faults("return 200 \"a\"#c\n;"), [(Fault::AfterQuote, "#")]);
        assert_eq!(faults("x { return 200 \"a\"}"), [(Fault::AfterQuote, "}")]);
        assert_eq!(words("if ($a = \"b\"){ return 1; }"), [vec!["if", "($a", "=", "b", ")"], vec!["return", "1"]]);
    }

    #[test]
    fn a_quantifier_outside_quotes_opens_a_block() {
        assert_eq!(faults("location ~ ^/a{2}$ { return 204; }"), [(Fault::Quantifier { entry: false }, "{2}")]);
        assert_eq!(faults("map $a $b { ~^a{2,}$ 1; }"), [(Fault::Quantifier { entry: true }, "{2,}")]);
        assert_eq!(words("location ~ \"^/a{2}$\" { x; }")[0], ["location", "~", "^/a{2}$"]);
    }

    #[test]
    fn a_brace_after_a_dollar_belongs_to_the_word() {
        assert_eq!(words("set $a ${b}c;"), [["set", "$a", "${b}c"]]);
        assert_eq!(words("location ~ \\.php${ x;"), [["location", "~", "\\.php${", "x"]]);
        assert_eq!(words("location /x{ y; }"), [vec!["location", "/x"], vec!["y"]]);
        assert_eq!(words("set $a $b\\{;"), [["set", "$a", "$b\\{"]]);
    }

    #[test]
    fn escapes_are_undone_as_nginx_does() {
        let tree = parse(FileId(0), r#"x a\;b "a\"b\.c\\d\n" \$e;"#);
        let texts: Vec<&str> = tree.words().iter().map(|word| word.text).collect();
        assert_eq!(texts, ["x", "a\\;b", "a\"b\\.c\\d\n", "\\$e"]);
        let quoted = tree.word(2);
        let at = quoted.text.find("d").unwrap();
        assert_eq!(&r#"x a\;b "a\"b\.c\\d\n" \$e;"#[quoted.slice(at..at + 1).range()], "d");
    }

    #[test]
    fn comments_may_stand_between_words() {
        assert_eq!(words("log_format main #c\n 'a' #c\n 'b';"), [["log_format", "main", "a", "b"]]);
        assert_eq!(words("server_name a.com\n root /x;"), [["server_name", "a.com", "root", "/x"]]);
        assert_eq!(words("x; # end"), [["x"]]);
        assert_eq!(words("\"events\" { \"worker_connections\" \"2048\"; }")[1], ["worker_connections", "2048"]);
    }

    #[test]
    fn a_comment_belongs_to_the_statement_it_stands_at() {
        let tree = parse(FileId(0), "# a\nx;\ny; # b\nz;\n");
        let commented = |index: u32| tree.is_commented(index..index + 1);
        assert_eq!([commented(0), commented(1), commented(2)], [true, true, false]);
    }

    #[test]
    fn old_versions_in_comments() {
        let named = |text: &str| named_version(text.as_bytes()).map(|range| text[range].to_owned());
        assert_eq!(named("# runs on nginx:1.27.2-alpine").as_deref(), Some("1.27.2"));
        for text in ["# nginx 1.27.3", "# 1.27.10", "# 10.1.27.0.5", "# 1.27."] {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn stray_terminators() {
        assert_eq!(faults("x;;"), [(Fault::StraySemicolon, ";")]);
        assert_eq!(faults("x { };"), [(Fault::StraySemicolon, ";")]);
        assert_eq!(faults("x { } }"), [(Fault::StrayClose, "}")]);
        assert_eq!(faults("{ x; }"), [(Fault::StrayOpen, "{")]);
        assert_eq!(faults("x { y;"), [(Fault::UnclosedBlock, "{")]);
    }

    #[test]
    fn the_byte_order_mark_and_other_spaces_are_word_bytes() {
        assert_eq!(faults("\u{feff}events {}"), [(Fault::ByteOrderMark, "\u{feff}")]);
        assert_eq!(words("root\u{a0}/x;"), [["root\u{a0}/x"]]);
        assert_eq!(words("x {\r\n y z;\r\n}\r\n"), [vec!["x"], vec!["y", "z"]]);
    }

    #[test]
    fn words_and_comments_must_be_short() {
        assert_eq!(faults(&format!("#{}", "x".repeat(4094))), []);
        assert_eq!(faults(&format!("#{}", "x".repeat(4095))), [(Fault::TooLong, "#")]);
        assert_eq!(faults(&format!("a {};", "x".repeat(4096))), [(Fault::TooLong, "x")]);
        assert_eq!(faults("a \"b"), [(Fault::UnclosedQuote, "\"")]);
    }

    #[test]
    fn a_missing_semicolon_before_a_brace_costs_one_problem() {
        for text in ["a { b c }", "a { b c}\nd;", "a { b c}", "a b"] {
            let found = faults(text);
            assert!(matches!(found[..], [(Fault::MissingSemicolon { .. }, "")]), "{text}: {found:?}");
        }
    }

    #[test]
    fn foreign_comments() {
        assert_eq!(faults("// x y\na;"), [(Fault::ForeignComment, "//")]);
        assert_eq!(faults("/* x; */ a;"), [(Fault::ForeignComment, "/*")]);
        assert_eq!(words("map $uri $a { //x 1; }")[1], ["//x", "1"]);
    }

    #[test]
    fn lua_blocks_are_not_read_as_words() {
        let tree = parse(FileId(0), "content_by_lua_block { if x then y = '}' end } root /x;");
        assert_eq!(tree.problems, []);
        assert_eq!(tree.statements.len(), 2);
        assert_eq!(words("server_name content_by_lua_block ;").len(), 1);
    }

    #[test]
    fn ten_thousand_nested_blocks_are_no_trouble() {
        let text = format!("{}{}", "a {".repeat(10_000), "}".repeat(10_000));
        let tree = parse(FileId(0), &text);
        assert_eq!(tree.problems.len(), 1);
        assert_eq!(tree.problems[0].fault, Fault::TooDeep);
        assert_eq!(tree.statements.len(), MAX_DEPTH + 1);
    }
}
