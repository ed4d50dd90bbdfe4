//! postgresql.conf and the files it includes, as PostgreSQL reads them: the last of equal names counts.

use crate::model::major;
use compact_str::CompactString;
use confvet_core::{Edit, FileId, Input, Span, Spanned};
use std::borrow::Cow;

/// PostgreSQL follows no more includes into each other than this.
const DEEPEST: usize = 10;

/// A postgresql.conf with its includes.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ConfFile {
    /// Its settings, in the order in which PostgreSQL reads them.
    pub lines: Vec<ConfLine>,
    /// Lines that PostgreSQL cannot read.
    #[serde(skip)]
    pub unreadable: Vec<Span>,
    /// PostgreSQL's major version, if it is known.
    pub postgresql: Option<u16>,
    /// An include leads to a file that is not here, which may set anything.
    pub is_open: bool,
}

/// One setting.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ConfLine {
    /// The name, as written; case does not matter to PostgreSQL.
    pub name: Spanned<CompactString>,
    /// The value without quotes.
    pub value: Spanned<CompactString>,
    /// The whole line with its end.
    #[serde(skip)]
    pub line: Span,
}

impl ConfLine {
    /// Takes the line out.
    pub fn delete(&self) -> Edit {
        Edit::delete(self.line)
    }
}

impl ConfFile {
    /// Reads a file and what it includes; the second is every file that was read.
    pub(crate) fn read(input: &Input<'_>, text: &str) -> (Self, Vec<FileId>) {
        let postgresql = input.target.version("postgresql").and_then(major);
        let mut file = Self { lines: Vec::new(), unreadable: Vec::new(), postgresql, is_open: false };
        let mut files = vec![input.file];
        file.read_text(input, input.file, text, 0, &mut files);
        (file, files)
    }

    fn read_text(&mut self, input: &Input<'_>, file: FileId, text: &str, depth: usize, files: &mut Vec<FileId>) {
        for statement in statements(file, text) {
            let line = match statement {
                Ok(line) => line,
                Err(span) => {
                    self.unreadable.push(span);
                    continue;
                }
            };
            let name = line.name.value.to_ascii_lowercase();
            let path = line.value.value.as_str();
            let included = match name.as_str() {
                "include" | "include_if_exists" => input.sources.find(file, path).into_iter().collect(),
                "include_dir" => {
                    let found = input.sources.glob(file, &format!("{}/*.conf", path.trim_end_matches('/')));
                    found.into_iter().filter(|&id| !input.sources.get(id).file_name().starts_with('.')).collect()
                }
                _ => {
                    self.lines.push(line);
                    continue;
                }
            };
            let included: Vec<FileId> = included;
            self.is_open |= included.is_empty();
            for part in included {
                // A file that is being read already would be read for ever.
                if depth + 1 < DEEPEST && !files.contains(&part) {
                    files.push(part);
                    self.read_text(input, part, input.sources.get(part).text(), depth + 1, files);
                }
            }
        }
    }

    /// The setting that counts.
    pub fn setting(&self, name: &str) -> Option<&ConfLine> {
        self.lines.iter().rev().find(|line| line.name.value.eq_ignore_ascii_case(name))
    }
}

/// Is it a line that sets a parameter of this name? For telling the file by its content.
pub(crate) fn assigned_name(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'))
        .then_some(name)
}

/// The settings of a text; `Err` is a line that cannot be read.
fn statements(file: FileId, text: &str) -> impl Iterator<Item = Result<ConfLine, Span>> {
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |whole| {
        let from = start;
        start += whole.len();
        let line = whole.trim_end_matches(['\n', '\r']);
        let trimmed = line.trim_start_matches(['\u{feff}', ' ', '\t']);
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return None;
        }
        let at = from + line.len() - trimmed.len();
        let span = |range: std::ops::Range<usize>| Span::new(file, at + range.start..at + range.end);
        let bad = Err(span(0..trimmed.trim_end().len()));
        let name = trimmed.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(trimmed.len());
        let rest = trimmed[name..].trim_start_matches([' ', '\t']);
        let rest = rest.strip_prefix('=').map_or(rest, |rest| rest.trim_start_matches([' ', '\t']));
        let value_at = trimmed.len() - rest.len();
        let Some((value, length)) = value(rest).filter(|_| name > 0 && value_at > name) else { return Some(bad) };
        let behind = rest[length..].trim_start();
        if !behind.is_empty() && !behind.starts_with('#') {
            return Some(bad);
        }
        Some(Ok(ConfLine {
            name: Spanned::new(trimmed[..name].into(), span(0..name)),
            value: Spanned::new(value.as_ref().into(), span(value_at..value_at + length)),
            line: Span::new(file, from..from + whole.len()),
        }))
    })
}

/// The value at the start of a text, without its quotes, and how long it is written.
fn value(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let Some(quoted) = text.strip_prefix('\'') else {
        let end = text.find([' ', '\t', '#']).unwrap_or(text.len());
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | '/' | ':' | '$');
        return (end > 0 && text[..end].chars().all(plain)).then(|| (Cow::Borrowed(&text[..end]), end));
    };
    let bytes = quoted.as_bytes();
    let mut at = 0;
    let mut escaped = false;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => (escaped, at) = (true, at + 2),
            b'\\' => (escaped, at) = (true, at + 2),
            b'\'' => {
                let inner = &quoted[..at];
                return Some((if escaped { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner) }, at + 2));
            }
            _ => at += 1,
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next_if_eq(&'\'');
                plain.push('\'');
            }
            '\\' => plain.extend(chars.next()),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<(String, String), String>> {
        statements(FileId(0), text)
            .map(|statement| match statement {
                Ok(line) => Ok((line.name.value.to_string(), line.value.value.to_string())),
                Err(span) => Err(text[span.range()].to_owned()),
            })
            .collect()
    }

    fn set(name: &str, value: &str) -> Result<(String, String), String> {
        Ok((name.to_owned(), value.to_owned()))
    }

    #[test]
    fn equals_signs_and_quotes_may_be_left_out() {
        let text = "# x\nport = 5432\nshared_buffers 8GB # memory\n  archive_command='cp ''a'' \\'b\\' %p'\r\nwal_level=logical\n";
        let expected = [
            set("port", "5432"),
            set("shared_buffers", "8GB"),
            set("archive_command", "cp 'a' 'b' %p"),
            set("wal_level", "logical"),
        ];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn what_postgresql_cannot_read() {
        for line in ["port", "port =", "work_mem = '8MB", "a = b c", "= 3", "[section]", "work_mem = 8 MB"] {
            assert_eq!(read(line), [Err(line.trim_end().to_owned())], "{line}");
        }
    }
}
