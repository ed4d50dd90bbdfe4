//! Edits that keep the file's own layout: whole lines go, new lines come with the indentation of their neighbours.

use crate::tree::{Entry, Kind, Node, Yaml};
use confvet_core::{Edit, Span};

impl<'a> Entry<'a> {
    /// Takes the entry away: in block style its lines, with a comment behind it and the line end; in flow style up to the
    /// next entry, or from the end of the one before. `None` where that would leave a mapping in block style without any
    /// entry, or where the text is laid out in a way that makes it unsure what belongs to it.
    pub fn delete(self) -> Option<Edit> {
        let parent = self.key.parent()?;
        let place = parent.entries().position(|entry| entry.key == self.key)?;
        let flow = parent.kind() == Kind::Mapping { flow: true };
        let neighbours = Neighbours {
            before: place.checked_sub(1).and_then(|at| parent.entry_at(at)).map(Entry::span),
            after: parent.entry_at(place + 1).map(Entry::span),
        };
        delete(self.key.yaml, self.span(), neighbours, flow)
    }

    /// Puts text, such as `key: value`, on a line of its own below this entry, with the same indentation; in flow style
    /// behind it, after a comma. Further lines of `text` are indented too. `None` where the layout is unsure.
    pub fn insert_after(self, text: &str) -> Option<Edit> {
        let parent = self.key.parent()?;
        insert_after(self.key.yaml, self.key.span(), self.span(), text, parent.kind() == Kind::Mapping { flow: true })
    }

    /// Replaces the value by text; where no value is written, puts it behind the colon.
    pub fn replace_value(self, text: &str) -> Edit {
        let span = self.value.span();
        if span.is_empty() { Edit::insert_before(span, format!(" {text}")) } else { Edit::replace(span, text) }
    }
}

impl<'a> Node<'a> {
    /// Puts text, such as `key: value`, at the end of this mapping in block style, or `- item` at the end of this list.
    /// `None` where the layout is unsure, and for a mapping or list without anything in it.
    pub fn append(self, text: &str) -> Option<Edit> {
        let node = self.target();
        match node.kind() {
            Kind::Mapping { .. } => node.entries().next_back()?.insert_after(text),
            Kind::Sequence { flow: true } => {
                Some(Edit::insert_after(node.items().next_back()?.span(), format!(", {text}")))
            }
            Kind::Sequence { flow: false } => {
                let (first, last) = (node.span(), node.items().next_back()?.span());
                insert_after(node.yaml, first, last, text, false)
            }
            Kind::Scalar(_) | Kind::Alias => None,
        }
    }

    /// Takes this item of a list away, in the way of [`Entry::delete`].
    pub fn delete_item(self) -> Option<Edit> {
        let parent = self.parent().filter(|parent| parent.is_sequence())?;
        let place = parent.place_of(self)?;
        let flow = parent.kind() == Kind::Sequence { flow: true };
        let whole = |item: Node<'a>| if flow { Some(item.span()) } else { with_dash(item) };
        let neighbours = Neighbours {
            before: place.checked_sub(1).and_then(|at| parent.item(at)).and_then(whole),
            after: parent.item(place + 1).and_then(whole),
        };
        delete(self.yaml, whole(self)?, neighbours, flow)
    }
}

#[derive(Clone, Copy)]
struct Neighbours {
    before: Option<Span>,
    after: Option<Span>,
}

/// An item of a block list with its dash.
fn with_dash(item: Node<'_>) -> Option<Span> {
    let before = item.yaml.text().get(..item.span().range().start)?;
    let dash = before.trim_end_matches([' ', '\t']).strip_suffix('-')?.len();
    Some(Span::new(item.yaml.file(), dash..item.span().range().end))
}

/// The lines a span covers, with the last line's end; `None` if anything else stands on them but a comment behind it.
fn lines(yaml: &Yaml, span: Span) -> Option<Span> {
    let text = yaml.text();
    let range = span.range();
    let start = text.get(..range.start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = text[start..range.start].strip_prefix('\u{feff}').unwrap_or(&text[start..range.start]);
    let behind = text.get(range.end..)?;
    let rest = behind.find('\n').map_or(behind.len(), |newline| newline + 1);
    let comment = behind[..rest].trim();
    let alone = before.bytes().all(|byte| byte == b' ') && (comment.is_empty() || comment.starts_with('#'));
    let start = range.start - before.len();
    alone.then(|| Span::new(yaml.file(), start..range.end + rest))
}

fn delete(yaml: &Yaml, span: Span, neighbours: Neighbours, flow: bool) -> Option<Edit> {
    let Neighbours { before, after } = neighbours;
    if flow {
        return Some(Edit::delete(match (before, after) {
            (_, Some(after)) => Span { end: after.start, ..span },
            (Some(before), None) => Span { start: before.end, ..span },
            (None, None) => span,
        }));
    }
    if before.is_none() && after.is_none() {
        return None;
    }
    if let Some(lines) = lines(yaml, span) {
        return Some(Edit::delete(lines));
    }
    // The first entry of a list's item, behind the dash: the next one moves up to its place.
    let after = after?;
    let between = yaml.source(Span { start: span.end, end: after.start, ..span });
    let comment = between.split_once('\n').map_or(between, |(line, _)| line).contains('#');
    let indent =
        |at: u32| yaml.text().get(..at as usize).map(|before| before.len() - before.rfind('\n').map_or(0, |at| at + 1));
    (!comment && indent(span.start) == indent(after.start)).then(|| Edit::delete(Span { end: after.start, ..span }))
}

fn insert_after(yaml: &Yaml, first: Span, last: Span, text: &str, flow: bool) -> Option<Edit> {
    if flow {
        return Some(Edit::insert_after(last, format!(", {text}")));
    }
    let source = yaml.text();
    let start = source.get(..first.range().start)?;
    let column = start.len() - start.rfind('\n').map_or(0, |newline| newline + 1);
    let lead = start.get(start.len() - column..)?;
    // Behind a dash or a question mark the column is the same in blanks; anything else in front is too clever.
    let lead = lead.strip_prefix('\u{feff}').unwrap_or(lead);
    if !lead.bytes().all(|byte| matches!(byte, b' ' | b'-' | b'?')) {
        return None;
    }
    let indent = " ".repeat(lead.len());
    let behind = source.get(last.range().end..)?;
    let (rest, newline) = match behind.find('\n') {
        Some(at) => (&behind[..at], true),
        None => (behind, false),
    };
    let comment = rest.trim();
    if !comment.is_empty() && !comment.starts_with('#') {
        return None;
    }
    // As the line itself ends; the last one as the line before it.
    let before = &source[..last.range().start];
    let ended = if newline { rest } else { before.rfind('\n').map_or("", |at| &before[..at]) };
    let line_end = if ended.ends_with('\r') { "\r\n" } else { "\n" };
    let lines: Vec<String> = text.lines().map(|line| format!("{indent}{line}")).collect();
    let lines = lines.join(line_end);
    let at = last.range().end + rest.len() + usize::from(newline);
    let place = Span::new(yaml.file(), at..at);
    Some(Edit::insert_before(place, if newline { format!("{lines}{line_end}") } else { format!("{line_end}{lines}") }))
}
