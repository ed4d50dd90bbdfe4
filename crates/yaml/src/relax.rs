//! Layouts that YAML 1.2 forbids and the readers that confvet speaks for accept: a quoted text or a list in brackets whose
//! further lines are not indented below their key, and a tab behind a key's colon.
//!
//! The parser follows YAML 1.2. Where it refuses such a layout, the line ends inside it are replaced, character for
//! character, so that the parser sees one line and every place stays what it is.

use crate::diagnose::{quote_end, skip_blank, word_end};
use confvet_core::Map;
use std::borrow::Cow;

/// Stands for a line end inside quotes.
const BREAK: char = '\u{E000}';
/// Stands for a backslash in front of one.
const ESCAPE: char = '\u{E001}';

/// The replaced characters of a text, by byte offset.
#[derive(Debug, Default)]
pub(crate) struct Relaxed {
    characters: Map<usize, char>,
}

impl Relaxed {
    /// How often a text may be read again. Small files often, large ones only so often that it stays bearable.
    pub(crate) fn attempts(text: &str) -> usize {
        (10_000_000 / (text.len() + 1)).clamp(5, 1000)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    /// The text with its replacements.
    pub(crate) fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut result = String::with_capacity(text.len() + 2 * self.characters.len());
        let mut done = 0;
        for (&at, &c) in self.characters.sorted() {
            result.push_str(&text[done..at]);
            result.push(c);
            done = at + text[at..].chars().next().map_or(1, char::len_utf8);
        }
        result.push_str(&text[done..]);
        Cow::Owned(result)
    }

    /// Takes the line ends out of what the parser stumbled over at `at`, having got to `cursor`, perhaps within brackets
    /// that opened at `open`. `false` if there is nothing to take out.
    pub(crate) fn relax(&mut self, text: &str, info: &str, at: usize, cursor: usize, open: Option<usize>) -> bool {
        let before = self.characters.len();
        let bytes = text.as_bytes();
        if info.starts_with("':' must be followed by") {
            // `key:<tab>value`
            let blanks = bytes[..at].iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            self.characters.extend((at - blanks..at).filter(|&at| bytes[at] == b'\t').map(|at| (at, ' ')));
            return self.characters.len() > before;
        }
        if !info.starts_with("invalid indentation") || info.ends_with("anchor") || text.contains([BREAK, ESCAPE]) {
            return false;
        }
        let brackets = open.or_else(|| bracket(bytes, cursor)).filter(|&open| open <= at);
        if brackets.is_some_and(|open| self.brackets(bytes, open).is_some()) {
            return self.characters.len() > before;
        }
        if info.ends_with("quoted scalar") && matches!(bytes.get(at), Some(b'"' | b'\'')) {
            self.quotes(bytes, at);
        }
        self.characters.len() > before
    }

    /// Quotes that are closed somewhere. Gives the end.
    fn quotes(&mut self, bytes: &[u8], open: usize) -> Option<usize> {
        let end = quote_end(bytes, open);
        if end < open + 2 || bytes[end - 1] != bytes[open] {
            return None;
        }
        let double = bytes[open] == b'"';
        for at in memchr::memchr_iter(b'\n', &bytes[open..end]).map(|at| open + at) {
            let mut last = at;
            if bytes[at - 1] == b'\r' {
                last -= 1;
                self.characters.insert(last, ' ');
            }
            let backslashes = bytes[open..last].iter().rev().take_while(|byte| **byte == b'\\').count();
            if double && backslashes % 2 == 1 {
                self.characters.insert(last - 1, ESCAPE);
            }
            self.characters.insert(at, BREAK);
        }
        Some(end)
    }

    /// Brackets that are closed somewhere. Gives where.
    fn brackets(&mut self, bytes: &[u8], open: usize) -> Option<usize> {
        let mut found = Relaxed::default();
        let mut depth = 0_usize;
        let mut at = open;
        // Within a plain text, quotes are quotes.
        let mut in_plain = false;
        while let Some(&byte) = bytes.get(at) {
            let after_blank = matches!(bytes[at.saturating_sub(1)], b' ' | b'\t' | b'\n' | b'\r');
            match byte {
                b'[' | b'{' => (depth, in_plain) = (depth + 1, false),
                b']' | b'}' => {
                    (depth, in_plain) = (depth - 1, false);
                    if depth == 0 {
                        self.characters.extend(found.characters);
                        return Some(at);
                    }
                }
                b',' => in_plain = false,
                b':' if matches!(bytes.get(at + 1), Some(b' ' | b'\t' | b'\n' | b'\r')) => in_plain = false,
                b'"' | b'\'' if !in_plain => {
                    at = found.quotes(bytes, at)?;
                    continue;
                }
                b'#' if after_blank => {
                    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length);
                    let starts = (at..end).filter(|&at| bytes[at] & 0xC0 != 0x80);
                    found.characters.extend(starts.map(|at| (at, ' ')));
                    at = end;
                    continue;
                }
                b'\n' | b'\r' => {
                    found.characters.insert(at, ' ');
                }
                b' ' | b'\t' => {}
                _ => in_plain = true,
            }
            at += 1;
        }
        None
    }
}

/// Where the brackets that open at a place are closed, if they are.
pub(crate) fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    Relaxed::default().brackets(bytes, open)
}

/// Where the brackets open that stand next behind a place.
pub(crate) fn bracket(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = skip_blank(bytes, at);
        match bytes.get(at)? {
            b'[' | b'{' => return Some(at),
            b':' | b'?' | b'-' => at += 1,
            b'&' | b'!' => at = word_end(bytes, at, false),
            _ => return None,
        }
    }
}

/// What a quoted text is, once its line ends are folded.
pub(crate) fn fold_quoted(text: &str) -> Cow<'_, str> {
    if !text.contains(BREAK) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut parts = text.split(BREAK);
    result.push_str(parts.next().unwrap_or_default());
    let mut empty_lines = 0;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let line = part.trim_start_matches([' ', '\t']);
        if line.is_empty() && !is_last {
            empty_lines += 1;
            continue;
        }
        let trimmed = result.trim_end_matches([' ', '\t']);
        let escaped = trimmed.strip_suffix(ESCAPE);
        let (keep, escaped) = (escaped.map_or(trimmed.len(), str::len), escaped.is_some());
        result.truncate(keep);
        if empty_lines > 0 {
            result.extend(std::iter::repeat_n('\n', empty_lines));
        } else if !escaped {
            result.push(' ');
        }
        empty_lines = 0;
        result.push_str(line);
    }
    Cow::Owned(result)
}

/// What a plain text over several lines is.
pub(crate) fn fold_plain(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut empty_lines = 0;
    for line in source.lines().map(|line| line.trim_matches([' ', '\t', '\r'])) {
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        if empty_lines > 0 {
            result.extend(std::iter::repeat_n('\n', empty_lines));
        } else if !result.is_empty() {
            result.push(' ');
        }
        empty_lines = 0;
        result.push_str(line);
    }
    result
}
