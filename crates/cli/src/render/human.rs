//! Findings as rustc prints them: source lines, carets, labels, help.

use crate::style::Palette;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anyhow::Result;
use confvet::{Diagnostic, FileId, Label, Report, Severity, Sources, Span};
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;

/// A line longer than this is shown in part: the neighbourhood of the span.
const LONG_LINE: usize = 400;
/// Marks at most so many lines apart are shown together.
const NEAR: u32 = 30;
/// How much of a long line is kept on either side of a span.
const NEIGHBOURHOOD: usize = 80;

pub(crate) fn human(out: &mut impl Write, report: &Report, palette: Palette) -> Result<()> {
    let renderer = if palette.is_on { Renderer::styled() } else { Renderer::plain() };
    let mut texts: BTreeMap<FileId, String> = BTreeMap::new();
    for found in report.diagnostics() {
        for span in found.spans() {
            texts.entry(span.file).or_insert_with(|| report.shown_text(span.file).into_owned());
        }
    }
    for found in report.diagnostics() {
        let rendered = render(&renderer, report.sources(), &texts, found);
        let dim = palette.dim();
        writeln!(out, "{rendered}")?;
        writeln!(out, "{dim}explain: confvet explain {}{dim:#}\n", found.rule)?;
    }
    Ok(())
}

fn render(renderer: &Renderer, sources: &Sources, texts: &BTreeMap<FileId, String>, found: &Diagnostic) -> String {
    let level = match found.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group = Group::with_title(level.primary_title(found.message.as_str()));
    let excerpts = excerpts(sources, texts, found);
    for excerpt in &excerpts {
        let annotations = excerpt.marks.iter().map(|mark| {
            let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(mark.range.clone());
            if mark.message.is_empty() { annotation } else { annotation.label(mark.message) }
        });
        let snippet = Snippet::source(excerpt.text.as_str())
            .path(excerpt.path)
            .line_start(excerpt.first_line)
            .fold(true)
            .annotations(annotations);
        group = group.element(snippet);
    }
    let mut groups = vec![group];
    if let Some(help) = &found.help {
        groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
    }
    if let Some(fix) = found.fixes.first() {
        let option = match fix.safety {
            confvet::Safety::Safe => "--fix",
            confvet::Safety::Unsafe => "--unsafe-fixes",
        };
        let title = format!("{} ({option})", fix.title);
        groups.push(Group::with_title(Level::HELP.with_name("fix").secondary_title(title)));
    }
    renderer.render(&groups)
}

struct Mark<'a> {
    range: Range<usize>,
    message: &'a str,
    primary: bool,
}

/// The lines of one file that a finding needs, and its marks in them.
struct Excerpt<'a> {
    path: &'a str,
    text: String,
    first_line: usize,
    marks: Vec<Mark<'a>>,
}

/// One excerpt for each neighbourhood of marks, the primary one first: only the lines between the first and the last mark
/// of a neighbourhood are handed on, so that a large file costs no more than a small one.
fn excerpts<'a>(sources: &'a Sources, texts: &BTreeMap<FileId, String>, found: &'a Diagnostic) -> Vec<Excerpt<'a>> {
    let line = |label: &Label| sources.start(label.span).line;
    let mut neighbourhoods: Vec<Vec<&Label>> = vec![vec![&found.primary]];
    let mut secondary: Vec<&Label> = found.secondary.iter().collect();
    secondary.sort_by_key(|label| (label.span.file, line(label).abs_diff(line(&found.primary))));
    for label in secondary {
        let is_near = |other: &&Label| other.span.file == label.span.file && line(other).abs_diff(line(label)) <= NEAR;
        match neighbourhoods.iter_mut().find(|labels| labels.iter().any(is_near)) {
            Some(labels) => labels.push(label),
            None => neighbourhoods.push(vec![label]),
        }
    }
    let make = |marks: Vec<&'a Label>| {
        let file = marks[0].span.file;
        let source = sources.get(file);
        let text = texts.get(&file).map_or(source.text(), String::as_str);
        let first = marks.iter().map(|mark| source.position(mark.span.start).line).min().unwrap_or(1);
        let last = marks.iter().map(|mark| source.position(mark.span.end).line).max().unwrap_or(first);
        let start = source.line(first).map_or(0, |line| line.start);
        let end = source.line(last).map_or(text.len(), |line| line.end).max(start);
        let mut excerpt = Excerpt {
            path: source.path(),
            text: text.get(start..end).unwrap_or_default().to_owned(),
            first_line: first as usize,
            marks: Vec::new(),
        };
        for label in marks {
            let Span { start: from, end: to, .. } = label.span;
            let range = (from as usize).saturating_sub(start)..(to as usize).saturating_sub(start);
            excerpt.marks.push(Mark { range, message: &label.message, primary: std::ptr::eq(label, &found.primary) });
        }
        if first == 1 && excerpt.text.starts_with('\u{feff}') {
            excerpt.cut(0..'\u{feff}'.len_utf8(), "");
        }
        excerpt.shorten_long_lines();
        excerpt
    };
    neighbourhoods.into_iter().map(make).collect()
}

impl Excerpt<'_> {
    /// Replaces a range of the text and moves the marks behind it.
    fn cut(&mut self, range: Range<usize>, by: &str) {
        self.text.replace_range(range.clone(), by);
        let shift = |at: usize| if at >= range.end { at - range.len() + by.len() } else { at.min(range.start) };
        for mark in &mut self.marks {
            mark.range = shift(mark.range.start)..shift(mark.range.end);
        }
    }

    /// Leaves of a long line only what surrounds its marks.
    fn shorten_long_lines(&mut self) {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\n', '\r']).len();
            if content > LONG_LINE {
                lines.push(start..start + content);
            }
            start += line.len();
        }
        // From the end, so that earlier ranges stay right.
        for line in lines.into_iter().rev() {
            let inside = |mark: &&Mark<'_>| mark.range.start <= line.end && mark.range.end >= line.start;
            let first = self.marks.iter().filter(inside).map(|mark| mark.range.start.max(line.start)).min();
            let last = self.marks.iter().filter(inside).map(|mark| mark.range.end.min(line.end)).max();
            let (first, last) = (first.unwrap_or(line.start), last.unwrap_or(line.start));
            let last = last.min(first + LONG_LINE);
            let keep_end = self.boundary((last + NEIGHBOURHOOD).min(line.end));
            let keep_start = self.boundary(first.saturating_sub(NEIGHBOURHOOD).max(line.start));
            if keep_end < line.end {
                self.cut(keep_end..line.end, " …");
            }
            if keep_start > line.start {
                self.cut(line.start..keep_start, "… ");
            }
        }
    }

    fn boundary(&self, mut at: usize) -> usize {
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}
