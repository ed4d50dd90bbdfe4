//! Changes to a file of settings that keep everything around them as it is.

use crate::settings::Setting;
use confvet_core::{Edit, Sources, Span};

impl Setting {
    /// Does it stand at the root of the file, written as one dotted key? Only then can its line come and go without
    /// touching a block.
    fn is_own_line(&self) -> bool {
        self.parents.is_empty()
    }

    /// From the start of the key's line to behind the line end of the value's last line, if nothing else is on them.
    fn lines(&self, sources: &Sources) -> Option<Span> {
        let text = sources.get(self.key_span.file).text();
        let key_start = self.key_span.start as usize;
        let start = text[..key_start].rfind('\n').map_or(0, |at| at + 1);
        let blank =
            text[start..key_start].trim_start_matches('\u{feff}').chars().all(|c| matches!(c, ' ' | '"' | '\''));
        let end = line_end(text, (self.value_span.end as usize).max(self.key_span.end as usize));
        let end = if text[end..].starts_with('\n') { end + 1 } else { end };
        blank.then(|| Span::new(self.key_span.file, start..end))
    }

    /// Deletes it with its lines. `None` where that would touch something else.
    pub(crate) fn delete(&self, sources: &Sources) -> Option<Edit> {
        if !self.is_own_line() {
            return None;
        }
        let lines = self.lines(sources)?;
        let rest = sources.text(Span::new(lines.file, (self.value_span.end as usize)..lines.end as usize));
        let only_comment = rest.trim_start().is_empty() || rest.trim_start().starts_with('#');
        only_comment.then(|| Edit::delete(lines))
    }

    /// Puts a line of settings below it, or above the block it stands in.
    pub(crate) fn insert_beside(&self, sources: &Sources, line: &str) -> Option<Edit> {
        let text = sources.get(self.key_span.file).text();
        let lines = self.lines(sources)?;
        let top = self.parents.first().copied().unwrap_or(self.key_span);
        let top_line = text[..top.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let indent = text[top_line..top.start as usize].trim_start_matches('\u{feff}');
        if !indent.chars().all(|c| c == ' ') {
            return None;
        }
        if !self.is_own_line() {
            let place = Span::new(top.file, top.start as usize..top.start as usize);
            return Some(Edit::replace(place, format!("{line}\n{indent}")));
        }
        let end = line_end(text, self.value_span.end as usize);
        let newline = if text[end..].starts_with("\r\n") || text[..end].contains("\r\n") { "\r\n" } else { "\n" };
        let end = if text[..end].ends_with('\r') { end - 1 } else { end };
        let place = Span::new(lines.file, end..end);
        Some(Edit::replace(place, format!("{newline}{indent}{line}")))
    }

    /// Gives it another key. `None` when the blocks around it do not lead to the new one.
    pub(crate) fn rename(&self, sources: &Sources, key: &str) -> Option<Edit> {
        let mut rest = key;
        for parent in &self.parents {
            rest = rest.strip_prefix(sources.text(*parent).trim_matches(['"', '\'']))?.strip_prefix('.')?;
        }
        let written = sources.text(self.key_span);
        let forced = if written.starts_with("force.") { "force." } else { "" };
        let plain = !written.starts_with(['"', '\'']) && !written.contains('=');
        plain.then(|| Edit::replace(self.key_span, format!("{forced}{rest}")))
    }

    /// The comment behind the value, on the same line.
    pub(crate) fn line_comment<'s>(&self, sources: &'s Sources) -> Option<&'s str> {
        let text = sources.get(self.value_span.file).text();
        let start = self.value_span.end as usize;
        text[start..line_end(text, start)].split_once('#').map(|(_, comment)| comment)
    }
}

/// The end of the line that a byte stands on, before its line feed.
fn line_end(text: &str, from: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |length| from + length)
}
