//! `ipsec.conf`: lines, sections and settings, as `starter` and `addconn` read them.

use crate::dialect::{Dialect, Readers, ShortVersion};
use crate::keys::{Key, SectionKind, Spelling};
use crate::syntax::{MAX_INCLUDE_DEPTH, has_hole, included};
use compact_str::CompactString;
use confvet_core::{FileId, Keys, Sources, Span};
use serde::Serialize;

/// An `ipsec.conf` with everything it includes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Conf {
    /// The sections in the order in which the program meets them. Sections of one name stay apart.
    pub sections: Vec<Section>,
    /// All settings; each section has a range of them.
    #[serde(skip)]
    pub settings: Vec<Setting>,
    /// What does not follow the grammar.
    #[serde(skip)]
    pub problems: Vec<Problem>,
    /// The `include` lines.
    pub includes: Vec<Include>,
    /// The files read, the root first.
    #[serde(skip)]
    pub files: Vec<FileId>,
    /// Some token reads differently in the other dialect.
    #[serde(skip)]
    pub ambiguous: bool,
    /// A `version` line, as libreswan and its ancestors have it.
    #[serde(skip)]
    pub version_line: Option<Span>,
}

/// `config setup`, `conn NAME` or `ca NAME` with its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Which kind.
    pub kind: SectionKind,
    /// Its name; `setup` for `config setup`.
    pub name: CompactString,
    /// Where the name stands.
    #[serde(skip)]
    pub name_span: Span,
    /// The header, from its first letter to the end of the name.
    #[serde(skip)]
    pub header: Span,
    /// Index of the first setting.
    #[serde(skip)]
    pub first: u32,
    /// One past the last setting.
    #[serde(skip)]
    pub end: u32,
}

/// `key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key, if any version of any dialect knows it by this name.
    pub key: Option<Key>,
    /// How the name differs from the key's own.
    pub spelling: Spelling,
    /// The key as written.
    pub name: CompactString,
    /// Where the key stands.
    pub name_span: Span,
    /// The value without quotes, escapes resolved.
    pub value: CompactString,
    /// The value without its quotes; empty behind the `=` when there is none.
    pub value_span: Span,
    /// `value` is, byte for byte, what stands under `value_span`.
    pub exact: bool,
    /// A template engine fills in the value or a part of it.
    pub hole: bool,
}

impl Setting {
    /// The key, if the program knows it by this name.
    pub fn key_in(&self, dialect: Dialect, version: Option<ShortVersion>) -> Option<Key> {
        self.key.filter(|_| self.spelling.is_known_to(dialect, version))
    }

    /// The place of a part of the value; the whole value when quoting has moved the parts.
    pub fn part(&self, range: std::ops::Range<usize>) -> Span {
        if self.exact { self.value_span.slice(range) } else { self.value_span }
    }

    /// From the key to the end of the value.
    pub fn span(&self) -> Span {
        self.name_span.to(self.value_span)
    }
}

/// An `include` line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Include {
    /// The pattern.
    pub pattern: CompactString,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
    /// No file of the run matches.
    pub missing: bool,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// A byte order mark.
    Bom,
    /// Lines that end with CR LF; how many.
    Crlf(u32),
    /// An unquoted `=` within a value.
    EqualsInValue,
    /// A second word in a value.
    ExtraWord,
    /// A quote that is never closed.
    UnterminatedQuote,
    /// A quoted value that goes on on the next line.
    MultilineQuote,
    /// A word without `=`.
    MissingEquals,
    /// A line that begins with `=`, `"` or the like.
    MissingKey,
    /// `conn` or `ca` without a name.
    MissingName,
    /// More words behind the name of a section.
    ExtraName,
    /// A section name with blanks, in quotes.
    QuotedName,
    /// An unquoted `=` within the name of a section.
    EqualsInName,
    /// A comment of one word that ends the file without a line end.
    CommentAtEnd,
    /// A setting below an `include`: the section has ended.
    SettingAfterInclude,
    /// `config` without `setup`.
    ConfigWithoutSetup,
    /// Not exactly one blank between `config` and `setup`.
    ConfigBlanks,
    /// A word in column 0 that begins no statement.
    UnknownStatement,
    /// `;` as a comment.
    Semicolon,
    /// `[section]`.
    Brackets,
    /// `version` behind the first statement.
    LateVersion,
    /// `include` within a section.
    IncludeInSection,
    /// `{a,b}` in an include.
    IncludeBraces,
    /// A `ca` section.
    CaSection,
    /// A setting in column 0.
    ColumnZero,
    /// A section header behind white space.
    IndentedHeader,
    /// A setting before the first section.
    BeforeSection,
}

/// A place where the text does not follow the grammar of at least one program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The first token that cannot be consumed.
    pub span: Span,
    /// The setting's value or the rest of the line, where a fix needs it.
    pub context: Span,
    /// Who refuses the file because of it.
    pub refused_by: Readers,
}

/// Reads a file and what it includes, as `dialect` does.
pub fn parse(sources: &Sources, file: FileId, dialect: Dialect) -> Conf {
    let mut reader = Reader {
        sources,
        dialect,
        conf: Conf::default(),
        seen_statement: false,
        after_include: false,
        lost_section: false,
        seen: Keys::new(),
        keys: [None; 64],
    };
    reader.file(file, 0);
    reader.conf
}

struct Reader<'a> {
    sources: &'a Sources,
    dialect: Dialect,
    conf: Conf,
    seen_statement: bool,
    /// An `include` has ended the section for libreswan.
    after_include: bool,
    /// A line that should have begun a section was not understood: its settings have none.
    lost_section: bool,
    /// The files read, for asking.
    seen: Keys<FileId>,
    /// Keys met before: the same few stand in every section.
    keys: [Option<Key>; 64],
}

/// One line, without its line end.
#[derive(Clone, Copy)]
struct Line<'a> {
    file: FileId,
    text: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Line<'a> {
    fn span(&self, from: usize, to: usize) -> Span {
        Span::new(self.file, from..to)
    }

    fn bytes(&self) -> &'a [u8] {
        &self.text.as_bytes()[..self.end]
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        let bytes = self.bytes();
        while at < self.end && is_blank(bytes[at]) {
            at += 1;
        }
        at
    }

    fn word_end(&self, mut at: usize) -> usize {
        let bytes = self.bytes();
        while at < self.end && !is_blank(bytes[at]) {
            at += 1;
        }
        at
    }

    fn trimmed_end(&self) -> usize {
        let bytes = self.bytes();
        let mut end = self.end;
        while end > self.start && is_blank(bytes[end - 1]) {
            end -= 1;
        }
        end
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// What was read behind a `=`.
struct Value {
    text: CompactString,
    start: usize,
    end: usize,
    exact: bool,
    /// Where reading goes on; past the line for a quoted value of several lines.
    next: usize,
}

impl Reader<'_> {
    fn file(&mut self, file: FileId, depth: usize) {
        let sources = self.sources;
        let text = sources.get(file).text();
        self.conf.files.push(file);
        self.seen.insert(file);
        // A setting takes some thirty bytes.
        self.conf.settings.reserve(text.len() / 32);
        let mut at = 0;
        if text.starts_with('\u{feff}') {
            at = '\u{feff}'.len_utf8();
            self.problem(ProblemKind::Bom, Span::new(file, 0..at), Readers::ALL);
        }
        let mut crlf: Option<(usize, u32)> = None;
        while at < text.len() {
            let newline = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |offset| at + offset);
            let mut end = newline;
            if end > at && text.as_bytes()[end - 1] == b'\r' {
                end -= 1;
                crlf = Some(crlf.map_or((end, 1), |(first, count)| (first, count + 1)));
            }
            let line = Line { file, text, start: at, end };
            let next = self.line(line, depth);
            at = next.max(newline + 1);
        }
        self.last_line(file, text);
        if let Some((first, count)) = crlf {
            self.problem(ProblemKind::Crlf(count), Span::new(file, first..first + 1), Readers::ALL);
        }
    }

    /// libreswan 4 reads a comment up to a blank or a line end, and wants one of them.
    fn last_line(&mut self, file: FileId, text: &str) {
        let start = text.rfind('\n').map_or(0, |newline| newline + 1);
        let word = text[start..].rfind([' ', '\t']).map_or(start, |blank| start + blank + 1);
        if text[word..].starts_with('#') && !text[start..word].contains('#') {
            self.problem(ProblemKind::CommentAtEnd, Span::new(file, word..text.len()), Readers::LIBRESWAN4);
        }
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, refused_by: Readers) {
        self.conf.problems.push(Problem { kind, span, context: span, refused_by });
    }

    /// Reads one line and returns where reading goes on, if it took more than the line.
    fn line(&mut self, line: Line<'_>, depth: usize) -> usize {
        let first = line.skip_blanks(line.start);
        if first == line.end {
            return 0;
        }
        let bytes = line.bytes();
        match bytes[first] {
            b'#' => return 0,
            b';' => {
                self.problem(ProblemKind::Semicolon, line.span(first, first + 1), Readers::ALL);
                return 0;
            }
            b'[' => {
                self.problem(ProblemKind::Brackets, line.span(first, line.trimmed_end()), Readers::ALL);
                return 0;
            }
            b'{' | b'<' if has_hole(&line.text[first..line.end]) => return 0,
            b'=' | b'"' => {
                // libreswan skips a quote that is never closed.
                let skipped = bytes[first] == b'"' && memchr::memchr(b'"', &bytes[first + 1..]).is_none();
                let refused_by = if skipped { Readers::STRONGSWAN } else { Readers::ALL };
                self.problem(ProblemKind::MissingKey, line.span(first, line.word_end(first)), refused_by);
                return 0;
            }
            _ => {}
        }
        let indented = first > line.start;
        let mut key_end = first;
        while key_end < line.end && !matches!(bytes[key_end], b' ' | b'\t' | b'=' | b'#' | b'"') {
            key_end += 1;
        }
        let word = &line.text[first..key_end];
        let after = line.skip_blanks(key_end);
        let is_setting = after < line.end && bytes[after] == b'=';
        if !is_setting {
            match word {
                "config" => return self.config(line, first, key_end),
                "conn" => return self.named(line, first, key_end, SectionKind::Conn),
                "ca" => return self.named(line, first, key_end, SectionKind::Ca),
                "include" => return self.include(line, first, key_end, depth),
                "version" => {
                    self.conf.version_line.get_or_insert(line.span(first, key_end));
                    if self.seen_statement {
                        self.problem(ProblemKind::LateVersion, line.span(first, key_end), Readers::LIBRESWAN);
                    }
                    self.seen_statement = true;
                    return 0;
                }
                _ => {}
            }
            if has_hole(&line.text[first..line.end]) {
                return 0;
            }
            let kind = if indented { ProblemKind::MissingEquals } else { ProblemKind::UnknownStatement };
            // libreswan lets its comment keys stand alone since 5.0.
            let comment_key = indented && is_comment_key(word);
            let refused_by = if comment_key { Readers::STRONGSWAN.and(Readers::LIBRESWAN4) } else { Readers::ALL };
            self.problem(kind, line.span(first, key_end.max(first + 1)), refused_by);
            self.lost_section |= !indented;
            return 0;
        }
        let name_span = line.span(first, key_end);
        if self.conf.sections.is_empty() {
            if !self.lost_section {
                self.problem(ProblemKind::BeforeSection, name_span, Readers::LIBRESWAN);
            }
            if !indented {
                self.problem(ProblemKind::ColumnZero, name_span, Readers::ALL);
            }
            return self.value(line, after + 1).next;
        }
        if !indented {
            self.problem(ProblemKind::ColumnZero, name_span, Readers::ALL);
        }
        if std::mem::take(&mut self.after_include) {
            self.problem(ProblemKind::SettingAfterInclude, name_span, Readers::LIBRESWAN);
        }
        let value = self.value(line, after + 1);
        let value_span = line.span(value.start, value.end);
        let hole = has_hole(&value.text);
        let (key, spelling) = self.key(word);
        self.conf.settings.push(Setting {
            key,
            spelling,
            name: CompactString::new(word),
            name_span,
            value: value.text,
            value_span,
            exact: value.exact,
            hole,
        });
        if let Some(section) = self.conf.sections.last_mut() {
            section.end += 1;
        }
        value.next
    }

    fn key(&mut self, word: &str) -> (Option<Key>, Spelling) {
        let [first, .., last] = word.as_bytes() else { return (None, Spelling::Exact) };
        let slot = (word.len() * 7 + usize::from(*first) * 3 + usize::from(*last)) % self.keys.len();
        if let Some(key) = self.keys[slot].filter(|key| key.name() == word) {
            return (Some(key), Spelling::Exact);
        }
        let Some((key, spelling)) = Key::find_loosely(word) else { return (None, Spelling::Exact) };
        self.keys[slot] = Some(key);
        (Some(key), spelling)
    }

    fn config(&mut self, line: Line<'_>, first: usize, word_end: usize) -> usize {
        let name_start = line.skip_blanks(word_end);
        let mut name_end = line.word_end(name_start);
        if let Some(comment) = line.text[name_start..name_end].find('#') {
            name_end = name_start + comment;
        }
        if line.text[name_start..name_end].ends_with('"') {
            name_end -= 1;
            self.problem(ProblemKind::UnterminatedQuote, line.span(name_end, name_end + 1), Readers::STRONGSWAN);
        }
        if &line.text[name_start..name_end] != "setup" {
            self.problem(ProblemKind::ConfigWithoutSetup, line.span(first, word_end), Readers::ALL);
            return 0;
        }
        if name_start - word_end != 1 || line.bytes()[word_end] != b' ' {
            self.problem(ProblemKind::ConfigBlanks, line.span(word_end, name_start), Readers::STRONGSWAN);
        }
        let rest = line.skip_blanks(name_end);
        if rest < line.end && (rest == name_end || line.bytes()[rest] != b'#') {
            self.problem(ProblemKind::ExtraName, line.span(rest, line.word_end(rest)), Readers::LIBRESWAN);
        }
        self.open(line, first, SectionKind::Setup, "setup".into(), (name_start, name_end))
    }

    fn named(&mut self, line: Line<'_>, first: usize, word_end: usize, kind: SectionKind) -> usize {
        let start = line.skip_blanks(word_end);
        let bytes = line.bytes();
        let header_word = line.span(first, word_end);
        if start == line.end || bytes[start] == b'#' {
            self.problem(ProblemKind::MissingName, header_word, Readers::ALL);
            return 0;
        }
        let (name, name_start, end) = if bytes[start] == b'"' {
            match memchr::memchr(b'"', &bytes[start + 1..]) {
                Some(length) => (&line.text[start + 1..start + 1 + length], start + 1, start + 1 + length),
                None => {
                    self.problem(ProblemKind::UnterminatedQuote, line.span(start, start + 1), Readers::ALL);
                    (&line.text[start + 1..line.end], start + 1, line.end)
                }
            }
        } else {
            let mut end = line.word_end(start);
            if let Some(comment) = line.text[start..end].find('#').filter(|&at| at > 0) {
                self.conf.ambiguous = true;
                if self.dialect != Dialect::Libreswan {
                    end = start + comment;
                }
            }
            if let Some(equals) = line.text[start..end].find('=') {
                let span = line.span(start + equals, start + equals + 1);
                self.problem(ProblemKind::EqualsInName, span, Readers::STRONGSWAN);
            }
            if let Some(quote) = line.text[start..end].find('"') {
                let span = line.span(start + quote, start + quote + 1);
                self.problem(ProblemKind::UnterminatedQuote, span, Readers::STRONGSWAN);
            }
            (&line.text[start..end], start, end)
        };
        let quoted = name_start > start;
        if quoted && name.contains([' ', '\t']) {
            self.problem(ProblemKind::QuotedName, line.span(name_start, end), Readers::LIBRESWAN);
        }
        let rest = line.skip_blanks(end + usize::from(quoted && end < line.end));
        if rest < line.end && bytes[rest] != b'#' && !has_hole(&line.text[start..line.end]) {
            self.problem(ProblemKind::ExtraName, line.span(rest, line.word_end(rest)), Readers::ALL);
        }
        if kind == SectionKind::Ca {
            self.problem(ProblemKind::CaSection, header_word, Readers::LIBRESWAN);
        }
        self.open(line, first, kind, name.into(), (name_start, end))
    }

    fn open(
        &mut self,
        line: Line<'_>,
        first: usize,
        kind: SectionKind,
        name: CompactString,
        (start, end): (usize, usize),
    ) -> usize {
        self.seen_statement = true;
        self.after_include = false;
        let header = line.span(first, end);
        if first > line.start {
            let context = line.span(line.start, first);
            let refused_by = Readers::ALL;
            self.conf.problems.push(Problem { kind: ProblemKind::IndentedHeader, span: header, context, refused_by });
        }
        let at = u32::try_from(self.conf.settings.len()).unwrap_or(u32::MAX);
        let name_span = line.span(start, end);
        self.conf.sections.push(Section { kind, name, name_span, header, first: at, end: at });
        0
    }

    fn include(&mut self, line: Line<'_>, first: usize, word_end: usize, depth: usize) -> usize {
        self.seen_statement = true;
        self.after_include = first == line.start && !self.conf.sections.is_empty();
        if first > line.start && !self.conf.sections.is_empty() {
            self.problem(ProblemKind::IncludeInSection, line.span(first, word_end), Readers::LIBRESWAN);
        }
        let mut at = line.skip_blanks(word_end);
        while at < line.end && line.bytes()[at] != b'#' {
            let end = line.word_end(at);
            let pattern = line.text[at..end].trim_matches('"');
            let span = line.span(at, end);
            if pattern.contains('{') && !has_hole(pattern) {
                self.problem(ProblemKind::IncludeBraces, span, Readers::LIBRESWAN5);
            }
            let mut missing = true;
            for pattern in expand_braces(pattern) {
                for file in included(self.sources, line.file, &pattern) {
                    missing = false;
                    if depth < MAX_INCLUDE_DEPTH && !self.seen.contains(&file) {
                        self.file(file, depth + 1);
                    }
                }
            }
            self.conf.includes.push(Include { pattern: pattern.into(), span, missing });
            at = line.skip_blanks(end);
        }
        0
    }

    /// Reads what stands behind the `=` at `from - 1`.
    fn value(&mut self, line: Line<'_>, from: usize) -> Value {
        let start = line.skip_blanks(from);
        let bytes = line.bytes();
        if start == line.end || (bytes[start] == b'#') {
            return Value { text: CompactString::default(), start: from, end: from, exact: true, next: 0 };
        }
        let plain_end = plain_word_end(bytes, start);
        if plain_end == line.end || is_blank(bytes[plain_end]) && line.skip_blanks(plain_end) == line.end {
            let text = CompactString::new(&line.text[start..plain_end]);
            return Value { text, start, end: plain_end, exact: true, next: 0 };
        }
        let rest = &line.text[start..line.trimmed_end()];
        if has_hole(rest) || rest.starts_with('<') && rest.contains('>') {
            let end = rest.find(" #").map_or(rest.len(), |comment| rest[..comment].trim_end().len());
            let text = CompactString::new(&rest[..end]);
            return Value { text, start, end: start + end, exact: true, next: 0 };
        }
        self.words(line, start)
    }

    /// A value that is not one plain word: words, quotes, braces, comments.
    fn words(&mut self, line: Line<'_>, start: usize) -> Value {
        let strongswan = self.dialect != Dialect::Libreswan;
        let bytes = line.bytes();
        let mut text = CompactString::default();
        let (mut first, mut last, mut count, mut exact, mut next) = (start, start, 0_usize, true, 0);
        let mut at = start;
        let mut extra_reported = false;
        while at < line.end {
            let adjacent = !is_blank(bytes[at]);
            at = line.skip_blanks(at);
            if at == line.end || bytes[at] == b'#' && !(count > 0 && adjacent) {
                break;
            }
            if bytes[at] == b'#' {
                // Behind a closing quote it begins a comment for strongSwan only.
                self.extra_word(line, at, start);
                break;
            }
            if count > 0 && !adjacent && !extra_reported {
                extra_reported = true;
                self.extra_word(line, at, start);
            }
            let (inner, inner_start, end, word_exact);
            if bytes[at] == b'"' {
                let (word, close, after) = self.quoted(line, at);
                word_exact = line.text.get(at + 1..close).is_some_and(|raw| raw == word);
                (inner, inner_start, end) = (word, at + 1, close);
                if after > line.end {
                    next = after;
                }
                at = after;
            } else if bytes[at] == b'{' && !strongswan {
                let close = memchr::memchr(b'}', &bytes[at..]).map_or(line.end, |offset| at + offset);
                if close == line.end {
                    self.problem(ProblemKind::UnterminatedQuote, line.span(at, at + 1), Readers::LIBRESWAN);
                }
                (inner, inner_start, end, word_exact) = (line.text[at + 1..close].into(), at + 1, close, true);
                at = (close + 1).min(line.end.max(close));
            } else {
                let word_end = self.bare_word_end(line, at, start);
                (inner, inner_start, end, word_exact) =
                    (CompactString::new(&line.text[at..word_end]), at, word_end, true);
                at = word_end;
                if at < line.end && bytes[at] == b'#' && strongswan {
                    at = line.end;
                }
            }
            if count == 0 {
                (first, exact) = (inner_start, word_exact);
            } else {
                // Several words are joined by one blank; the text under the span may have more.
                exact =
                    exact && word_exact && inner_start == last + 1 && bytes.get(last).copied().is_some_and(is_blank);
                text.push(' ');
            }
            text.push_str(&inner);
            last = end;
            count += 1;
            if next > 0 {
                break;
            }
        }
        Value { text, start: first, end: last, exact, next }
    }

    /// The end of an unquoted word. strongSwan ends it at `#`, `"` and `=`; libreswan at a blank only.
    fn bare_word_end(&mut self, line: Line<'_>, start: usize, value_start: usize) -> usize {
        let bytes = line.bytes();
        if bytes[start] == b'=' {
            let context = line.span(value_start, line.trimmed_end());
            let (kind, span) = (ProblemKind::EqualsInValue, line.span(start, start + 1));
            self.conf.problems.push(Problem { kind, span, context, refused_by: Readers::ALL });
        }
        let mut at = start + if bytes[start..].starts_with(b"@#") { 2 } else { 1 };
        while at < line.end && !is_blank(bytes[at]) {
            match bytes[at] {
                b'#' => {
                    self.conf.ambiguous = true;
                    if self.dialect != Dialect::Libreswan {
                        return at;
                    }
                }
                b'=' => {
                    let context = line.span(value_start, line.trimmed_end());
                    let known = self
                        .conf
                        .problems
                        .iter()
                        .rev()
                        .take(2)
                        .any(|last| last.kind == ProblemKind::EqualsInValue && last.context == context);
                    if !known {
                        let refused_by = Readers::STRONGSWAN;
                        let span = line.span(at, at + 1);
                        self.conf.problems.push(Problem {
                            kind: ProblemKind::EqualsInValue,
                            span,
                            context,
                            refused_by,
                        });
                    }
                }
                b'"' if self.dialect != Dialect::Libreswan => return at,
                _ => {}
            }
            at += 1;
        }
        at
    }

    fn extra_word(&mut self, line: Line<'_>, at: usize, value_start: usize) {
        let span = line.span(at, line.word_end(at));
        let context = line.span(value_start, line.trimmed_end());
        let refused_by = Readers::LIBRESWAN;
        self.conf.problems.push(Problem { kind: ProblemKind::ExtraWord, span, context, refused_by });
    }

    /// A quoted word: its text, the offset of the closing quote, and where reading goes on.
    fn quoted(&mut self, line: Line<'_>, open: usize) -> (CompactString, usize, usize) {
        let rest = &line.text[open + 1..];
        let mut text = CompactString::default();
        let mut escaped = false;
        let mut lines = false;
        for (offset, letter) in rest.char_indices() {
            let at = open + 1 + offset;
            match letter {
                _ if escaped => {
                    escaped = false;
                    match letter {
                        'n' => text.push('\n'),
                        'r' => text.push('\r'),
                        't' => text.push('\t'),
                        '\n' => {}
                        other => text.push(other),
                    }
                    lines |= letter == '\n';
                }
                '\\' if self.dialect != Dialect::Libreswan => escaped = true,
                '"' => {
                    if lines {
                        let span = line.span(open, open + 1);
                        self.problem(ProblemKind::MultilineQuote, span, Readers::LIBRESWAN);
                    }
                    return (text, at, at + 1);
                }
                '\n' => {
                    lines = true;
                    // Nobody's value is that long: without a limit every stray quote would be read to the end.
                    if offset > 64 * 1024 {
                        break;
                    }
                    text.push('\n');
                }
                other => text.push(other),
            }
        }
        self.problem(ProblemKind::UnterminatedQuote, line.span(open, open + 1), Readers::ALL);
        (CompactString::new(&line.text[open + 1..line.end]), line.end, line.end)
    }
}

/// `x-…` and `x_…`, which libreswan reads as comments.
pub(crate) fn is_comment_key(name: &str) -> bool {
    matches!(name.as_bytes(), [b'x' | b'X', b'-' | b'_', ..])
}

/// The end of a word in which both dialects see the same: nothing quoted, no comment, no second `=`.
fn plain_word_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() && !matches!(bytes[at], b' ' | b'\t' | b'#' | b'"' | b'=' | b'{' | b'<') {
        at += 1;
    }
    at
}

/// `{a,b}` alternatives, as libreswan 4 has them; one level.
fn expand_braces(pattern: &str) -> Vec<String> {
    let parts = pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    match parts {
        Some((before, (inner, after))) => inner.split(',').map(|word| format!("{before}{word}{after}")).collect(),
        None => vec![pattern.to_owned()],
    }
}

impl Conf {
    /// The settings of a section, in the order of the file.
    pub fn settings_of(&self, section: &Section) -> &[Setting] {
        &self.settings[section.first as usize..section.end as usize]
    }

    /// All settings with the section they stand in.
    pub fn all_settings(&self) -> impl Iterator<Item = (&Section, &Setting)> {
        self.sections.iter().flat_map(|section| self.settings_of(section).iter().map(move |setting| (section, setting)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::Source;

    fn read(text: &str, dialect: Dialect) -> Conf {
        let sources: Sources = [Source::new("ipsec.conf", text)].into_iter().collect();
        parse(&sources, FileId(0), dialect)
    }

    fn value(text: &str, dialect: Dialect) -> String {
        read(&format!("conn a\n\t{text}\n"), dialect).settings[0].value.to_string()
    }

    fn kinds(text: &str, readers: Readers) -> Vec<ProblemKind> {
        let conf = read(text, Dialect::Unknown);
        conf.problems.iter().filter(|problem| problem.refused_by.covers(readers)).map(|problem| problem.kind).collect()
    }

    #[test]
    fn comments_end_words_in_strongswan_only() {
        assert_eq!(value("leftid=a#b", Dialect::Strongswan), "a");
        assert_eq!(value("leftid=a#b", Dialect::Libreswan), "a#b");
        assert_eq!(value("leftid=@#0a0b", Dialect::Strongswan), "@#0a0b");
        assert_eq!(value("left=1.2.3.4 # home", Dialect::Libreswan), "1.2.3.4");
        assert_eq!(read("conn foo# asdf\n", Dialect::Strongswan).sections[0].name, "foo");
        assert_eq!(read("conn foo# asdf\n", Dialect::Libreswan).sections[0].name, "foo#");
    }

    #[test]
    fn several_words_are_one_value_for_strongswan_and_an_error_for_libreswan() {
        assert_eq!(value("leftsubnet=10.1.0.0/16,   10.2.0.0/16", Dialect::Strongswan), "10.1.0.0/16, 10.2.0.0/16");
        let text = "conn a\n\tleftsubnet=10.1.0.0/16, 10.2.0.0/16\n";
        assert_eq!(kinds(text, Readers::LIBRESWAN), [ProblemKind::ExtraWord]);
        assert_eq!(kinds(text, Readers::STRONGSWAN), []);
    }

    #[test]
    fn an_equals_sign_in_a_value_is_an_error_for_strongswan() {
        let text = "conn a\n\tleftid=C=CH, O=Acme\n";
        assert_eq!(kinds(text, Readers::STRONGSWAN), [ProblemKind::EqualsInValue]);
        assert_eq!(kinds(text, Readers::LIBRESWAN), [ProblemKind::ExtraWord]);
        assert_eq!(kinds("conn a\n\tleftid=CN=gw\n", Readers::LIBRESWAN), []);
        assert_eq!(kinds("conn a\n\tleftid=\"C=CH, O=Acme\"\n", Readers::STRONGSWAN), []);
    }

    #[test]
    fn quotes_may_span_lines_in_strongswan() {
        let conf = read("conn a\n\tkey=\"val\nue\"\n\tb=c\n", Dialect::Strongswan);
        assert_eq!(conf.settings[0].value, "val\nue");
        assert_eq!(conf.settings[1].value, "c");
        assert_eq!(kinds("conn a\n\tkey=\"val\nue\"\n", Readers::LIBRESWAN), [ProblemKind::MultilineQuote]);
        assert_eq!(kinds("conn a\n\tkey=\"val", Readers::ALL), [ProblemKind::UnterminatedQuote]);
        assert_eq!(value("key=\"a\\\"b\\tc\"", Dialect::Strongswan), "a\"b\tc");
    }

    #[test]
    fn braces_group_words_in_libreswan() {
        let conf = read("conn a\n\tleftsubnets={10.1.0.0/24 10.2.0.0/24}\n", Dialect::Libreswan);
        assert_eq!(conf.settings[0].value, "10.1.0.0/24 10.2.0.0/24");
        assert!(conf.settings[0].exact);
    }

    #[test]
    fn indentation_is_syntax() {
        assert_eq!(kinds("conn a\nleft=1.2.3.4\n", Readers::ALL), [ProblemKind::ColumnZero]);
        assert_eq!(kinds("conn a\n\tauto=add\n conn b\n", Readers::ALL), [ProblemKind::IndentedHeader]);
        assert_eq!(kinds("\tleft=1.2.3.4\nconn a\n", Readers::LIBRESWAN), [ProblemKind::BeforeSection]);
        assert_eq!(kinds("\tleft=1.2.3.4\nconn a\n", Readers::STRONGSWAN), []);
        let conf = read("conn a\nleft=1.2.3.4\n conn b\n\tright=5.6.7.8\n", Dialect::Unknown);
        assert_eq!((conf.sections[0].end, conf.sections[1].name.as_str(), conf.sections[1].end), (1, "b", 2));
    }

    #[test]
    fn each_trap_of_the_grammar_is_a_problem() {
        use ProblemKind::*;
        for (text, readers, expected) in [
            ("config  setup\n", Readers::STRONGSWAN, ConfigBlanks),
            ("connection a\n", Readers::ALL, UnknownStatement),
            ("conn a b\n", Readers::ALL, ExtraName),
            ("conn\n", Readers::ALL, MissingName),
            ("conn \"a b\"\n", Readers::LIBRESWAN, QuotedName),
            ("; comment\n", Readers::ALL, Semicolon),
            ("[section]\n", Readers::ALL, Brackets),
            ("conn a\n\tkey: value\n", Readers::ALL, MissingEquals),
            ("conn a\n\t\"key=val\"\n", Readers::ALL, MissingKey),
            ("conn a\nversion 2.0\n", Readers::LIBRESWAN, LateVersion),
            ("conn a\n\tinclude x\n", Readers::LIBRESWAN, IncludeInSection),
            ("include {a,b}.conf\n", Readers::LIBRESWAN5, IncludeBraces),
            ("ca x\n", Readers::LIBRESWAN, CaSection),
            ("conn a=b\n", Readers::STRONGSWAN, EqualsInName),
            ("conn a\n\tb==c\n", Readers::ALL, EqualsInValue),
            ("config setup x\n", Readers::LIBRESWAN, ExtraName),
            ("conn a\n\tb=c\n#x", Readers::LIBRESWAN4, CommentAtEnd),
            ("conn a\ninclude x\n\tb=c\n", Readers::LIBRESWAN, SettingAfterInclude),
            ("\u{feff}conn a\n", Readers::ALL, Bom),
            ("conn a\r\n\r\n", Readers::ALL, Crlf(2)),
        ] {
            assert_eq!(kinds(text, readers), [expected], "{text:?}");
        }
        for text in [
            "version 2.0\n\nconn a\n",
            "conn a # x\n",
            "conn a\n# x y",
            "config setup\n",
            "conn a\n\t left = x\n",
            "conn a\n\tk=\n",
        ] {
            assert!(read(text, Dialect::Unknown).problems.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn includes_are_read_where_they_stand_and_cycles_end() {
        let sources: Sources = [
            Source::new("etc/ipsec.conf", "conn a\n\tinclude part.conf\n\tauto=add\ninclude ipsec.d/*.conf\n"),
            Source::new("etc/part.conf", "\tleft=1.2.3.4\n"),
            Source::new("etc/ipsec.d/b.conf", "conn b\n\tauto=add\ninclude ../ipsec.conf\n"),
        ]
        .into_iter()
        .collect();
        let conf = parse(&sources, FileId(0), Dialect::Strongswan);
        assert_eq!(conf.files.len(), 3);
        let first: Vec<&str> = conf.settings_of(&conf.sections[0]).iter().map(|s| s.name.as_str()).collect();
        assert_eq!(first, ["left", "auto"]);
        assert_eq!(conf.sections[1].name, "b");
    }
}
