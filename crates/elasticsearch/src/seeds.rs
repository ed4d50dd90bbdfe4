//! `unicast_hosts.txt`: the seeds of the `file` provider, one `host[:port]` a line.

use crate::settings::Scalar;
use confvet_core::{FileId, Span};

/// A list of seeds in a file of its own, which a running node reads again when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedFile {
    /// The file.
    pub file: FileId,
    /// What each line names. A line that starts with `#` is a comment; nothing else is.
    pub entries: Vec<Scalar>,
}

impl SeedFile {
    /// Reads a file.
    pub fn of_text(file: FileId, text: &str) -> Self {
        let mut entries = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let bare = line.trim_start_matches('\u{feff}');
            let entry = bare.trim();
            if !entry.is_empty() && !bare.starts_with('#') {
                let at = start + (line.len() - bare.len()) + (bare.len() - bare.trim_start().len());
                let span = Span::new(file, at..at + entry.len());
                entries.push(Scalar { text: entry.into(), span, content: span, quoted: false });
            }
            start += line.len();
        }
        Self { file, entries }
    }

    /// From the first entry to the last one.
    pub fn span(&self) -> Option<Span> {
        Some(self.entries.first()?.span.to(self.entries.last()?.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_comments() {
        let text = "\u{feff}# the masters\n10.0.0.1:9300\r\n\n  es2 \n[::1]:9301 # no comment\n";
        let file = SeedFile::of_text(FileId(0), text);
        let entries: Vec<(&str, &str)> =
            file.entries.iter().map(|entry| (entry.text.as_str(), &text[entry.span.range()])).collect();
        let expected = ["10.0.0.1:9300", "es2", "[::1]:9301 # no comment"];
        assert_eq!(entries, expected.map(|entry| (entry, entry)));
        assert_eq!(SeedFile::of_text(FileId(0), "").span(), None);
    }
}
