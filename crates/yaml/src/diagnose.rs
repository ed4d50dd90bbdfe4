//! From the parser's error to a sentence on the token that is to blame, and the small scans over the text that the tree
//! needs for exact places.

use crate::problem::ProblemKind;
use std::ops::Range;

/// What is known where the parser gave up.
pub(crate) struct Clue<'t> {
    pub(crate) text: &'t str,
    /// The parser's own words.
    pub(crate) info: &'t str,
    /// Where it stood.
    pub(crate) at: usize,
    /// Where the innermost open bracket stands.
    pub(crate) open_flow: Option<usize>,
    /// Does the parser stand within brackets?
    pub(crate) in_brackets: bool,
    /// Where a bracket stands that is not closed up to the end of the text.
    pub(crate) unclosed: Option<usize>,
    /// The brackets that were closed last.
    pub(crate) closed_flow: Option<(usize, usize)>,
}

/// The first character that no YAML file may hold. A tab, a line end and a byte order mark are fine.
pub(crate) fn control_character(text: &str) -> Option<(usize, char)> {
    let suspicious =
        |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || matches!(byte, 0x7F | 0xC2 | 0xEF);
    // Whole blocks are looked at without a branch for each byte; the exact look comes only where something is.
    let blocks = text.as_bytes().chunks(64).enumerate();
    for (number, block) in blocks.filter(|(_, block)| block.iter().fold(false, |found, byte| found | suspicious(byte)))
    {
        for (offset, _) in block.iter().enumerate().filter(|(_, byte)| suspicious(byte)) {
            let at = number * 64 + offset;
            let Some(c) = text[at..].chars().next() else { continue };
            if is_control(c) {
                return Some((at, c));
            }
        }
    }
    None
}

fn is_control(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        c => c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'),
    }
}

/// Over blanks, line ends and comments.
pub(crate) fn skip_blank(bytes: &[u8], from: usize) -> usize {
    let mut at = from.min(bytes.len());
    loop {
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        let after_blank = at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\r' | b'\n');
        if bytes.get(at) != Some(&b'#') || !after_blank {
            return at;
        }
        at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
    }
}

/// The end of the word at a place: up to a blank, in brackets also up to `,`, `]`, `}`.
pub(crate) fn word_end(bytes: &[u8], start: usize, in_flow: bool) -> usize {
    let ends = |byte: &u8| {
        matches!(byte, b' ' | b'\t' | b'\r' | b'\n') || in_flow && matches!(byte, b',' | b'[' | b']' | b'{' | b'}')
    };
    let rest = bytes.get(start..).unwrap_or_default();
    let length = rest.iter().skip(1).position(ends).map_or(rest.len(), |at| at + 1);
    start + length
}

/// One past the closing quote of the quoted text that starts at `start`; the end of the text if there is none.
pub(crate) fn quote_end(bytes: &[u8], start: usize) -> usize {
    let Some(&quote) = bytes.get(start) else { return bytes.len() };
    let mut at = start + 1;
    while at < bytes.len() {
        let next = match quote {
            b'\'' => memchr::memchr(b'\'', &bytes[at..]),
            _ => memchr::memchr2(b'"', b'\\', &bytes[at..]),
        };
        let Some(next) = next else { return bytes.len() };
        at += next;
        if bytes[at] == b'\\' || bytes[at] == b'\'' && bytes.get(at + 1) == Some(&b'\'') {
            at += 2;
        } else {
            return at + 1;
        }
    }
    bytes.len()
}

/// Where the `|` or `>` of a block scalar stands, behind the indicators that may precede it.
pub(crate) fn block_header(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = skip_blank(bytes, at);
        match bytes.get(at)? {
            b'|' | b'>' => return Some(at),
            b':' | b'-' | b'?' => at += 1,
            b'%' => at += memchr::memchr(b'\n', &bytes[at..])?,
            _ => return None,
        }
    }
}

/// Where the first `- ` of a list stands, behind the colon of its key.
pub(crate) fn first_dash(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = skip_blank(bytes, from);
    if matches!(bytes.get(at), Some(b':' | b'?')) {
        at = skip_blank(bytes, at + 1);
    }
    (bytes.get(at) == Some(&b'-')).then_some(at)
}

fn line_start(bytes: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &bytes[..at.min(bytes.len())]).map_or(0, |newline| newline + 1)
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let at = at.min(bytes.len());
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |newline| at + newline);
    if end > at && bytes[end - 1] == b'\r' { end - 1 } else { end }
}

impl<'t> Clue<'t> {
    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    /// The line around a place, without blanks around it and without a comment behind it.
    fn line(&self, at: usize) -> Range<usize> {
        let (start, end) = (line_start(self.bytes(), at), line_end(self.bytes(), at));
        let end = end.max(start);
        let line = &self.text[start..end];
        let line = line.find(" #").map_or(line, |comment| &line[..comment]);
        let indent = line.len() - line.trim_start().len();
        start + indent..start + line.trim_end().len().max(indent)
    }

    /// The last line before a place that says something.
    fn line_above(&self, at: usize) -> Option<Range<usize>> {
        let mut start = line_start(self.bytes(), at);
        while start > 0 {
            let line = self.line(start - 1);
            if !line.is_empty() && !self.text[line.clone()].starts_with('#') {
                return Some(line);
            }
            start = line_start(self.bytes(), start - 1);
        }
        None
    }

    /// The word at a place: never empty unless at the end of the text.
    fn word(&self, at: usize) -> Range<usize> {
        let at = at.min(self.text.len());
        let end = word_end(self.bytes(), at, false).min(line_end(self.bytes(), at).max(at + 1)).min(self.text.len());
        at..end.max(at)
    }

    /// A tab among the blanks a line starts with.
    fn tab_in_indent(&self, at: usize) -> Option<usize> {
        let start = line_start(self.bytes(), at);
        let indent = self.bytes()[start..].iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
        indent.clone().position(|&byte| byte == b'\t').map(|offset| start + offset)
    }

    fn character(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|rest| rest.chars().next())
    }
}

/// What to say, and where.
pub(crate) fn explain(clue: &Clue<'_>) -> (ProblemKind, Range<usize>) {
    let (kind, range) = explain_exactly(clue);
    let start = floor(clue.text, range.start);
    (kind, start..ceil(clue.text, range.end).max(start))
}

fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

fn ceil(text: &str, at: usize) -> usize {
    text.ceil_char_boundary(at)
}

fn explain_exactly(clue: &Clue<'_>) -> (ProblemKind, Range<usize>) {
    let bytes = clue.bytes();
    let at = clue.at.min(bytes.len());
    let has = |words: &str| clue.info.contains(words);

    if has("unprintable character") {
        return (ProblemKind::ControlCharacter(0), at..at + 1);
    }
    if has("unexpected character") || has("expected alphabetic or numeric") || has("a tag") || has("global tag") {
        let word = clue.word(at);
        if let Some(first) = clue.character(at) {
            return (ProblemKind::ReservedStart(first), word);
        }
    }
    if has("recursion limit") {
        return (ProblemKind::TooDeep, clue.word(at).start..at + 1);
    }
    if has("byte order mark") {
        return (ProblemKind::ByteOrderMark, at..at + 3);
    }
    if let Some(problem) = explain_quotes(clue, at) {
        return problem;
    }
    if has("directive") || has("TAG") || has("incompatible YAML document") || has("handle wasn't declared") {
        return (ProblemKind::Directive, clue.line(at));
    }
    if has("a block scalar, ") {
        return (ProblemKind::BlockHeader, clue.word(at));
    }
    if has("comment intercepting") {
        let comment = memchr::memchr(b'#', &bytes[at..line_end(bytes, at)]).map_or(at, |found| at + found);
        return (ProblemKind::CommentInText, comment..line_end(bytes, comment));
    }
    let tab = clue.tab_in_indent(at).or_else(|| {
        let above = clue.line_above(at)?;
        clue.tab_in_indent(above.start)
    });
    let next_line_tab = has("tab").then(|| clue.tab_in_indent(line_end(bytes, at) + 1)).flatten();
    if let Some(tab) = tab.or(next_line_tab) {
        return (ProblemKind::TabIndent, tab..tab + 1);
    }
    if let Some(problem) = explain_brackets(clue, at) {
        return problem;
    }
    explain_lines(clue, at)
}

fn explain_quotes(clue: &Clue<'_>, at: usize) -> Option<(ProblemKind, Range<usize>)> {
    let bytes = clue.bytes();
    let has = |words: &str| clue.info.contains(words);
    if has("quoted scalar, found unexpected") || has("indentation in quoted scalar") {
        let quote = clue.character(at).filter(|c| matches!(c, '"' | '\'')).unwrap_or('"');
        return Some((ProblemKind::UnclosedQuote(quote), at..clue.line(at).end.max(at + 1)));
    }
    if has("escape") || has("hexadecimal") {
        // The parser names the opening quote.
        let mut from = at + 1;
        while let Some(found) = memchr::memchr(b'\\', bytes.get(from..)?) {
            let backslash = from + found;
            let escape = clue.character(backslash + 1)?;
            let digits = match escape {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
            let known = "0abt\tnvfre \"/\\N_LPxuU\r\n".contains(escape);
            let code = clue.text.get(backslash + 2..backslash + 2 + digits);
            let code_fits = code.is_some_and(|code| {
                code.bytes().all(|byte| byte.is_ascii_hexdigit())
                    && (digits == 0 || u32::from_str_radix(code, 16).ok().and_then(char::from_u32).is_some())
            });
            if !known || !code_fits {
                let end = backslash + 1 + escape.len_utf8();
                let word = &clue.text[backslash..end];
                return Some((ProblemKind::UnknownEscape(word.to_owned()), backslash..end));
            }
            from = backslash + 1 + escape.len_utf8();
        }
        return Some((ProblemKind::UnknownEscape("\\".to_owned()), at..at + 1));
    }
    if has("trailing content after") {
        // Only a quote that spans lines was closed by accident.
        let quote = bytes[..at].iter().rposition(|byte| matches!(byte, b'"' | b'\''))?;
        let opening = opening_quote(clue, quote);
        if let Some(open) = opening.filter(|&open| memchr::memchr(b'\n', &bytes[open..quote]).is_some()) {
            let quote = clue.character(open).unwrap_or('"');
            return Some((ProblemKind::UnclosedQuote(quote), open..clue.line(open).end.max(open + 1)));
        }
        if clue.in_brackets {
            return Some((ProblemKind::MissingComma, at..word_end(bytes, at, true)));
        }
        return Some((ProblemKind::TextAfterQuote, at..clue.line(at).end.max(clue.word(at).end)));
    }
    None
}

/// The quote that opens what `closing` closes: the first one, on a line above or on the same, behind which no other line
/// ends outside the quotes.
fn opening_quote(clue: &Clue<'_>, closing: usize) -> Option<usize> {
    let bytes = clue.bytes();
    let kind = bytes[closing];
    let mut start = line_start(bytes, closing);
    // A quoted text of more than fifty lines is not looked for.
    for _ in 0..50 {
        let mut at = start;
        while let Some(found) = memchr::memchr(kind, &bytes[at..=closing]) {
            let open = at + found;
            let end = quote_end(bytes, open);
            if end == closing + 1 {
                return Some(open);
            }
            if end > closing {
                break;
            }
            at = end;
        }
        if start == 0 {
            return None;
        }
        start = line_start(bytes, start - 1);
    }
    None
}

fn explain_brackets(clue: &Clue<'_>, at: usize) -> Option<(ProblemKind, Range<usize>)> {
    let bytes = clue.bytes();
    let has = |words: &str| clue.info.contains(words);
    if let Some(open) = clue.unclosed {
        return Some((ProblemKind::UnclosedBracket(clue.character(open).unwrap_or('[')), open..open + 1));
    }
    if has("misplaced bracket") {
        return Some((ProblemKind::UnexpectedBracket(clue.character(at).unwrap_or(']')), at..at + 1));
    }
    if has("did not find expected ','") || has("expected ','") {
        let open = clue.open_flow?;
        let bracket = clue.character(open).unwrap_or('[');
        let on_one_line = line_start(bytes, open) == line_start(bytes, at);
        if at >= bytes.trim_ascii_end().len()
            || !on_one_line && clue.line(open).end <= clue.line_above(at).map_or(open, |line| line.end)
        {
            return Some((ProblemKind::UnclosedBracket(bracket), open..open + 1));
        }
        return Some((ProblemKind::MissingComma, at..word_end(bytes, at, true)));
    }
    let (open, close) = clue.closed_flow?;
    let between = bytes.get(close..at)?;
    if between.iter().all(|byte| matches!(byte, b' ' | b'\t')) && !matches!(bytes.get(at), Some(b'\n' | b'\r') | None) {
        let bracket = clue.character(open).unwrap_or('[');
        return Some((ProblemKind::TextAfterBracket(bracket), open..clue.line(at).end.max(close)));
    }
    None
}

fn explain_lines(clue: &Clue<'_>, at: usize) -> (ProblemKind, Range<usize>) {
    let bytes = clue.bytes();
    let has = |words: &str| clue.info.contains(words);
    if has("mapping values are not allowed") {
        let line = clue.line(at);
        let before = &clue.text[line.start.min(at)..at];
        // The word in front of the colon is what was meant as a key.
        let word = before.rfind([' ', '\t']).map_or(line.start.min(at), |blank| line.start + blank + 1);
        let kind = if before.contains(": ") { ProblemKind::ColonInValue } else { ProblemKind::Indentation };
        return (kind, word..at + 1);
    }
    if has("simple key expect") {
        let line = if at >= bytes.len()
            || bytes[..at].iter().rev().take_while(|byte| **byte != b'\n').all(|byte| *byte == b' ')
        {
            clue.line_above(at).unwrap_or_else(|| clue.line(at))
        } else {
            clue.line(at)
        };
        let text = &clue.text[line.clone()];
        let glued =
            text.find(':').is_some_and(|colon| colon > 0 && !text[..colon].contains(' ') && colon + 1 < text.len());
        let kind = if glued { ProblemKind::MissingBlank(text.to_owned()) } else { ProblemKind::MissingColon };
        return (kind, line);
    }
    if has("sequence entries are not allowed") || has("only valid inside a block") {
        return (ProblemKind::UnexpectedItem, at..at + 1);
    }
    if has("did not find expected key") || has("expected '-' indicator") || has("indent") || has("expected <document") {
        return (ProblemKind::Indentation, clue.word(at));
    }
    if (has("plain scalar") || has("node content"))
        && let Some(first) = clue.character(at)
    {
        return (ProblemKind::ReservedStart(first), clue.word(at));
    }
    (ProblemKind::Unexpected, clue.word(at))
}
