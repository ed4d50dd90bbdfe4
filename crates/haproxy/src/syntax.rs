//! Text to lines of words, as HAProxy's `parse_line()` cuts them. Total: any bytes give words and problems.

use compact_str::CompactString;
use confvet_core::{FileId, Span};
use serde::{Serialize, Serializer};

/// HAProxy refuses lines with more words.
pub const MAX_WORDS: usize = 64;

/// One word of a line, quotes and escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What HAProxy sees. A variable in double quotes stays as it is written: its value is not known here.
    pub text: CompactString,
    /// Where it stands, quotes included.
    pub span: Span,
    marks: u8,
}

const VARIABLE: u8 = 1;
const QUOTED: u8 = 2;
const ESCAPED: u8 = 4;
const LITERAL_VARIABLE: u8 = 8;
const SECRET: u8 = 16;
const ONE_PAIR: u8 = 32;
/// Holds `(`: only then there may be a call with arguments in it.
const PARENTHESIS: u8 = 64;
/// Holds `[`: only then there may be a log-format expression in it.
const BRACKET: u8 = 128;

impl Word {
    /// Holds a variable in double quotes, so that its value is not known.
    pub fn is_variable(&self) -> bool {
        self.marks & VARIABLE != 0
    }

    /// Holds a `$NAME` or `${NAME}` outside double quotes, which HAProxy takes literally.
    pub fn has_literal_variable(&self) -> bool {
        self.marks & LITERAL_VARIABLE != 0
    }

    /// Written with quotes.
    pub fn is_quoted(&self) -> bool {
        self.marks & QUOTED != 0
    }

    /// Written with a backslash escape.
    pub fn is_escaped(&self) -> bool {
        self.marks & ESCAPED != 0
    }

    /// Is the value what the text says? Not so for variables, nor for log-format strings.
    pub fn is_known(&self) -> bool {
        self.marks & (VARIABLE | LITERAL_VARIABLE) == 0 && !(self.has_bracket() && self.text.contains("%["))
    }

    /// Holds `[`.
    pub(crate) fn has_bracket(&self) -> bool {
        self.marks & BRACKET != 0
    }

    /// May hold a call with arguments, or a log-format expression.
    pub(crate) fn may_call(&self) -> bool {
        self.marks & (PARENTHESIS | BRACKET) != 0
    }

    /// Nothing between its quotes: HAProxy ends the line here.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// One variable is the whole word: it is empty when the variable is unset.
    pub fn is_only_variable(&self) -> bool {
        let text = self.text.as_str();
        self.is_variable()
            && self.marks & ONE_PAIR != 0
            && !text.contains("[*]")
            && text.strip_prefix('$').is_some_and(|name| {
                let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
    }

    /// A password or key: never printed.
    pub fn is_secret(&self) -> bool {
        self.marks & SECRET != 0
    }

    pub(crate) fn hide(&mut self) {
        self.marks |= SECRET;
    }

    /// The place of a part of the text. The whole word when quotes or escapes make the two differ.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Span {
        if self.marks & (QUOTED | ESCAPED) == 0 {
            return self.span.slice(range);
        }
        if self.marks & ESCAPED == 0 && self.span.len() == self.text.len() + 2 && !self.is_variable() {
            return self.span.slice(range.start + 1..range.end + 1);
        }
        self.span
    }
}

impl std::ops::Deref for Word {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

/// As its text; a secret as `***`.
impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_secret() { "***" } else { &self.text })
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

/// A line with at least one word.
#[derive(Debug)]
pub(crate) struct Line {
    pub words: Vec<Word>,
    /// From the `#` that cuts a word.
    pub glued: Option<Span>,
    /// The whole line, line end included.
    pub span: Span,
}

/// Cuts one file.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    /// Some line holds template marks outside quotes, and was left out.
    pub template: bool,
    pub problems: Vec<SyntaxProblem>,
    /// Room for the words of the next line.
    spare: Vec<Word>,
    /// Lines such as `[engine]` are wanted too; only SPOE files use them.
    pub keeps_scopes: bool,
}

/// Ends a run of ordinary characters outside quotes.
const STOP: u8 = 1;

/// What each byte means to a word: [`STOP`], [`PARENTHESIS`], [`BRACKET`] or nothing.
const MEANINGS: [u8; 256] = {
    let mut table = [0; 256];
    let stops = b" \t\x0b\x0c#\"'\\$\r\n\0{<";
    let mut index = 0;
    while index < stops.len() {
        table[stops[index] as usize] = STOP;
        index += 1;
    }
    table[b'(' as usize] = PARENTHESIS;
    table[b'[' as usize] = BRACKET;
    table
};

/// How many ordinary characters come first, and what they mean together.
fn ordinary(bytes: &[u8]) -> (usize, u8) {
    let mut meaning = 0;
    for (length, &byte) in bytes.iter().enumerate() {
        let own = MEANINGS[byte as usize];
        if own & STOP != 0 {
            return (length, meaning);
        }
        meaning |= own;
    }
    (bytes.len(), meaning)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(file: FileId, text: &'a str) -> Self {
        let mut lexer =
            Self { file, text, at: 0, template: false, problems: Vec::new(), spare: Vec::new(), keeps_scopes: false };
        if text.starts_with('\u{feff}') {
            lexer.at = '\u{feff}'.len_utf8();
            lexer.problem(SyntaxKind::Bom, 0, lexer.at);
        }
        lexer
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start..end)
    }

    fn problem(&mut self, kind: SyntaxKind, start: usize, end: usize) {
        self.problems.push(SyntaxProblem { kind, span: self.span(start, end) });
    }

    /// Takes back the room of a line's words.
    pub(crate) fn reuse(&mut self, mut words: Vec<Word>) {
        words.clear();
        self.spare = words;
    }

    /// The next line that holds words.
    pub(crate) fn next_line(&mut self) -> Option<Line> {
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
            let mut line = self.cut(first, end);
            line.span = self.span(start, next);
            if !line.words.is_empty() {
                return Some(line);
            }
        }
        None
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
    fn cut(&mut self, start: usize, end: usize) -> Line {
        let problems = self.problems.len();
        let words = std::mem::take(&mut self.spare);
        let mut line = Line { words, glued: None, span: self.span(start, end) };
        let bytes = &self.text.as_bytes()[..end];
        let mut at = start;
        let mut template = false;
        loop {
            while at < end && is_blank(bytes[at]) {
                at += 1;
            }
            if at >= end || matches!(bytes[at], b'\r' | b'#') {
                break;
            }
            if bytes[at] == 0 {
                self.problem(SyntaxKind::Nul, at, at + 1);
                break;
            }
            let word_start = at;
            let (length, marks) = ordinary(&bytes[at..]);
            let run = at + length;
            if run == end || is_blank(bytes[run]) {
                let span = self.span(word_start, run);
                line.words.push(Word { text: CompactString::from(&self.text[word_start..run]), span, marks });
                at = run;
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
                let Cutter { text, mut marks, .. } = word;
                marks |= text.bytes().fold(0, |marks, byte| marks | MEANINGS[byte as usize] & (PARENTHESIS | BRACKET));
                let span = self.span(word_start, at);
                line.words.push(Word { text, span, marks });
                if at < end && bytes[at] == b'#' {
                    let stop = memchr::memchr(b'\r', &bytes[at..]).map_or(end, |length| at + length);
                    if bytes.get(at + 1).is_some_and(|&byte| at + 1 < stop && !is_blank(byte)) {
                        line.glued = Some(self.span(at, stop));
                    }
                    break;
                }
            }
        }
        if template {
            self.template = true;
            self.problems.truncate(problems);
            line.words.clear();
            return line;
        }
        if line.words.len() > MAX_WORDS {
            let span = line.words[MAX_WORDS].span;
            self.problems.push(SyntaxProblem { kind: SyntaxKind::TooManyWords, span });
        }
        if line.words.len() > 1
            && let Some(last) = line.words.last()
            && last.text == "\\"
            && last.span.len() == 1
        {
            let span = last.span;
            let join = self.next_word(end).map(|next| self.span(span.start as usize, next));
            self.problems.push(SyntaxProblem { kind: SyntaxKind::Continuation { join }, span });
        }
        line
    }
}

/// Cuts one word that holds more than ordinary characters.
struct Cutter<'l, 'a> {
    lexer: &'l mut Lexer<'a>,
    bytes: &'l [u8],
    text: CompactString,
    marks: u8,
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
                    self.marks |= VARIABLE;
                    at = self.variable(start, at, end);
                }
                (None | Some((b'\'', _)), b'$') => {
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
                self.marks |= ESCAPED;
                self.text.push(literal);
                at + 2
            }
            None => {
                self.text.push('\\');
                if next == b'$' {
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
        let text = format!("{text}\n");
        let mut lexer = Lexer::new(FileId(0), &text);
        let line = lexer.next_line().map_or(Vec::new(), |line| line.words);
        assert_eq!(lexer.problems, [], "{text}");
        line.into_iter().map(|word| word.text.to_string()).collect()
    }

    fn problems(text: &str) -> Vec<SyntaxKind> {
        let mut lexer = Lexer::new(FileId(0), text);
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
        let mut lexer = Lexer::new(FileId(0), "a \"${X}\" ${HOST} ^foo$ \"$Y\"b '${ZZ}'\n");
        let words = lexer.next_line().unwrap().words;
        let seen: Vec<(bool, bool)> =
            words.iter().map(|word| (word.is_variable(), word.has_literal_variable())).collect();
        assert_eq!(seen, [(false, false), (true, false), (false, true), (false, false), (true, false), (false, true)]);
        assert!(words[1].is_only_variable() && !words[4].is_only_variable());
    }

    #[test]
    fn lines_with_template_marks_are_left_out() {
        let mut lexer =
            Lexer::new(FileId(0), "{% if x %}\nserver {{ n }} \"{{ y }}\nlog-format \"{%ci}\"\nacl x {%[src]}\n");
        let mut firsts = Vec::new();
        while let Some(line) = lexer.next_line() {
            firsts.push(line.words[0].text.to_string());
        }
        assert_eq!(firsts, ["log-format", "acl"]);
        assert!(lexer.template && lexer.problems.is_empty());
    }
}
