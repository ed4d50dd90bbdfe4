//! Changes to a file of settings that keep everything around them as it is.

use crate::jvm::{JvmFile, JvmOption, JvmSource};
use crate::node::{LEGACY_ROLES, Node};
use crate::settings::{Document, Form, Scalar, Setting, Value};
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
        (blank && !is_in_braces(&text[..start])).then(|| Span::new(self.key_span.file, start..end))
    }

    /// Deletes it with its lines. `None` where that would touch something else.
    pub(crate) fn delete(&self, sources: &Sources) -> Option<Edit> {
        if self.is_own_line() { self.delete_lines(sources) } else { None }
    }

    /// Deletes its lines, also inside a block, of which something must be left.
    fn delete_lines(&self, sources: &Sources) -> Option<Edit> {
        let lines = self.lines(sources)?;
        let rest = sources.text(Span::new(lines.file, (self.value_span.end as usize)..lines.end as usize));
        let only_comment = rest.trim_start().is_empty() || rest.trim_start().starts_with('#');
        only_comment.then(|| Edit::delete(lines))
    }

    /// Puts items at the end of its list, each written as the last one is.
    pub(crate) fn append_items(&self, sources: &Sources, items: &[&str]) -> Option<Edit> {
        if items.is_empty() {
            return None;
        }
        let lead = |text: &str, like: &Scalar| -> String {
            let mark = sources.text(like.span).chars().next().filter(|mark| matches!(mark, '"' | '\''));
            let mark = mark.map(String::from).unwrap_or_default();
            items.iter().map(|item| format!("{text}{mark}{item}{mark}")).collect()
        };
        match &self.value {
            Value::Scalar(scalar) if sources.text(scalar.content) == scalar.text.as_str() => {
                Some(Edit::insert_after(scalar.content, format!(", {}", items.join(", "))))
            }
            Value::List(list) => {
                let last = list.last()?;
                if sources.text(self.value_span).starts_with('[') {
                    return Some(Edit::insert_after(last.span, lead(", ", last)));
                }
                let text = sources.get(last.span.file).text();
                let start = text[..last.span.start as usize].rfind('\n')?;
                let front = &text[start..last.span.start as usize];
                (front.trim() == "-").then(|| Edit::insert_after(last.span, lead(front, last)))
            }
            Value::Scalar(_) | Value::Null | Value::EmptyMapping => None,
        }
    }

    /// Puts an item at the end of its list.
    pub(crate) fn append_item(&self, sources: &Sources, item: &str) -> Option<Edit> {
        self.append_items(sources, &[item])
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
        let end = line_end(text, self.value_span.end as usize);
        let newline = if text[..end].ends_with('\r') || text[..end].contains("\r\n") { "\r\n" } else { "\n" };
        let line = line.replace('\n', &format!("{newline}{indent}"));
        if !self.is_own_line() {
            let place = Span::new(top.file, top.start as usize..top.start as usize);
            return Some(Edit::replace(place, format!("{line}{newline}{indent}")));
        }
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
        let plain = !written.starts_with(['"', '\'']) && !written.contains('=') && !written.is_empty();
        plain.then(|| Edit::replace(self.key_span, format!("{forced}{rest}")))
    }

    /// The comment behind the value, on the same line.
    pub(crate) fn line_comment<'s>(&self, sources: &'s Sources) -> Option<&'s str> {
        let text = sources.get(self.value_span.file).text();
        let start = self.value_span.end as usize;
        text[start..line_end(text, start)].split_once('#').map(|(_, comment)| comment)
    }
}

impl Document {
    /// The comments that stand on lines of their own, without their `#`.
    pub(crate) fn comments<'s>(&self, sources: &'s Sources) -> impl Iterator<Item = &'s str> {
        let lines = sources.get(self.file).text().lines();
        lines.filter_map(|line| line.trim_start().strip_prefix('#'))
    }

    /// Deletes a setting with its lines, and the blocks that hold nothing else.
    pub(crate) fn delete(&self, setting: &Setting, sources: &Sources) -> Option<Edit> {
        let lines = setting.delete_lines(sources)?;
        let is_alone_in = |block: &&Span| {
            !self.settings.iter().any(|other| other.key_span != setting.key_span && other.parents.contains(block))
        };
        let Some(&outermost) = setting.parents.iter().find(is_alone_in) else { return Some(lines) };
        let text = sources.get(self.file).text();
        let start = text[..outermost.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let heading = &text[outermost.end as usize..line_end(text, outermost.end as usize)];
        let is_block = heading.trim() == ":" && text[start..outermost.start as usize].bytes().all(|byte| byte == b' ');
        is_block.then(|| Edit::delete(Span { start: u32::try_from(start).unwrap_or(u32::MAX), ..lines.span }))
    }

    /// Moves what stands in the second of two blocks to the end of the first one. `None` where they share a setting, or
    /// where they are not laid out alike.
    pub(crate) fn merge_blocks(&self, first: Span, later: Span, sources: &Sources) -> Option<[Edit; 2]> {
        let text = sources.get(self.file).text();
        let inside = |block: Span| self.settings.iter().filter(move |setting| setting.parents.contains(&block));
        let mut keys: Vec<&str> = inside(first).chain(inside(later)).map(|setting| setting.key.as_str()).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() < all {
            return None;
        }
        let child_column = |block: Span| {
            let setting = inside(block).next()?;
            let place = setting.parents.iter().position(|parent| *parent == block)?;
            let child = setting.parents.get(place + 1).copied().unwrap_or(setting.key_span);
            sources.start(child).line.checked_sub(sources.start(block).line + 1)?;
            Some(sources.start(child).column)
        };
        let end = |block: Span| {
            let last = inside(block).map(|setting| setting.value_span.end.max(setting.key_span.end)).max()?;
            Some(line_end(text, last as usize))
        };
        let key_end = line_end(text, later.end as usize);
        let behind = text[later.end as usize..key_end].trim_start().strip_prefix(':')?.trim();
        let start = text[..later.start as usize].rfind('\n')? + 1;
        let blank = text[start..later.start as usize].bytes().all(|byte| byte == b' ');
        let (first_end, later_end) = (end(first)?, end(later)?);
        let apart = first_end < start && key_end < later_end && (behind.is_empty() || behind.starts_with('#'));
        if !apart || !blank || child_column(first)? != child_column(later)? {
            return None;
        }
        let body = &text[key_end..later_end];
        let file = self.file;
        Some([
            Edit::replace(Span::new(file, first_end..first_end), body),
            Edit::delete(Span::new(file, start - 1..later_end)),
        ])
    }

    /// May lines of settings be put into it and taken out of it?
    pub(crate) fn takes_lines(&self) -> bool {
        self.form == Form::File
    }
}

impl Node {
    /// Puts a line of settings beside one of its settings, if that stands in a file of settings.
    pub(crate) fn insert_beside(&self, anchor: &Setting, sources: &Sources, line: &str) -> Option<Edit> {
        let holds = |document: &Document| document.file == anchor.key_span.file && document.takes_lines();
        let in_file = self.documents.iter().any(|document| holds(document));
        if in_file { anchor.insert_beside(sources, line) } else { None }
    }

    /// Says the roles that the legacy keys give in `node.roles`, or takes the keys away where they say what is so by
    /// default. `None` where the keys cannot be read or the layout is unsure.
    pub(crate) fn say_roles(&self, sources: &Sources) -> Option<Vec<Edit>> {
        let mut legacy: Vec<&Setting> = LEGACY_ROLES.iter().filter_map(|key| self.get(key)).collect();
        legacy.sort_by_key(|setting| (setting.key_span.file, setting.key_span.start));
        let (first, others) = legacy.split_first()?;
        let roles = self.legacy_roles()?;
        let of_one_block =
            |other: &&&Setting| other.key_span.file == first.key_span.file && other.parents == first.parents;
        if !others.iter().all(|other| of_one_block(&other)) || self.get("node.roles").is_some() {
            return None;
        }
        let mut edits: Vec<Edit> = others.iter().map(|other| other.delete_lines(sources)).collect::<Option<_>>()?;
        match roles {
            Some(roles) => {
                edits.push(first.rename(sources, "node.roles")?);
                edits.push(Edit::replace(first.value_span, format!("[{}]", roles.join(", "))));
            }
            None => edits.push(first.delete(sources)?),
        }
        Some(edits)
    }
}

impl JvmFile {
    /// Deletes the line of an option. `None` for the environment, which has no lines.
    pub(crate) fn delete_line(&self, option: &JvmOption, sources: &Sources) -> Option<Edit> {
        if self.source == JvmSource::Environment {
            return None;
        }
        let end = option.line.end as usize;
        let rest = &sources.get(self.file).text()[end..];
        let newline = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        Some(Edit::delete(Span::new(self.file, option.line.start as usize..end + newline)))
    }

    /// Puts an option behind another one: on the next line, or behind a blank in the environment.
    pub(crate) fn insert_behind(&self, option: &JvmOption, text: &str) -> Option<Edit> {
        let exact = option.span != option.value_span;
        match self.source {
            JvmSource::Environment => exact.then(|| Edit::insert_after(option.span, format!(" {text}"))),
            JvmSource::Main | JvmSource::Directory | JvmSource::IgnoredName => {
                Some(Edit::insert_after(option.line, format!("\n{text}")))
            }
        }
    }
}

/// Puts lines below the one on which `key: value` stands, with its indentation. `None` if anything else stands in front.
pub(crate) fn insert_below(value: Span, sources: &Sources, lines: &[&str]) -> Option<Edit> {
    let text = sources.get(value.file).text();
    let before = text.get(..value.start as usize)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let lead = &before[start..];
    let indent = &lead[..lead.len() - lead.trim_start_matches(' ').len()];
    let key = lead[indent.len()..].trim_end_matches(['"', '\'', ' ']);
    let is_key = key.ends_with(':') && !key.contains([' ', '{', '-']);
    let end = line_end(text, value.end as usize);
    let end = if text[..end].ends_with('\r') { end - 1 } else { end };
    let below: String = lines.iter().map(|line| format!("\n{indent}{line}")).collect();
    is_key.then(|| Edit::insert_after(Span::new(value.file, end..end), below))
}

/// Does the mapping go on that a brace opened? Then the line before ends with a comma or with the brace.
fn is_in_braces(before: &str) -> bool {
    let mut lines = before.lines().rev().map(str::trim);
    let last = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    last.is_some_and(|line| line.ends_with([',', '{']))
}

/// The end of the line that a byte stands on, before its line feed.
fn line_end(text: &str, from: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |length| from + length)
}
