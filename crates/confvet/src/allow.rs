//! `# confvet: allow(rule, …) reason`: comments that keep rules quiet, and the finding about those that silence nothing.

use confvet_core::{Diagnostic, Edit, FileId, Findings, Source, Span};
use memchr::memmem;
use std::ops::Range;

/// One rule named in an allow comment.
#[derive(Debug)]
struct Allow<'a> {
    rule: &'a str,
    rule_span: Span,
    /// Lines it covers; `None` for the whole file.
    lines: Option<(u32, u32)>,
    /// What to delete when the whole comment is of no use.
    comment: Span,
    used: bool,
}

/// The allow comments of one file.
#[derive(Debug)]
pub(crate) struct Allows<'a> {
    allows: Vec<Allow<'a>>,
}

impl<'a> Allows<'a> {
    pub(crate) fn read(file: FileId, source: &'a Source) -> Self {
        let text = source.text();
        let mut allows = Vec::new();
        for at in memmem::find_iter(text.as_bytes(), b"confvet:") {
            read_comment(file, source, at, &mut allows);
        }
        Self { allows }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.allows.is_empty()
    }

    /// Is this finding allowed? Remembers that the comment was of use.
    pub(crate) fn covers(&mut self, diagnostic: &Diagnostic, line: u32) -> bool {
        let mut covered = false;
        for allow in &mut self.allows {
            let here = allow.lines.is_none_or(|(own, next)| line == own || line == next);
            if allow.rule == diagnostic.rule && here {
                allow.used = true;
                covered = true;
            }
        }
        covered
    }

    /// One finding for each name that silenced nothing, among the rules that were run.
    pub(crate) fn report_unused(&self, was_run: impl Fn(&str) -> bool, findings: &mut Findings) {
        for allow in self.allows.iter().filter(|allow| !allow.used) {
            let known = confvet_rules::find(allow.rule).is_some();
            if known && !was_run(allow.rule) {
                continue;
            }
            let whole = self.allows.iter().filter(|other| other.comment == allow.comment).all(|other| !other.used);
            let first = self.allows.iter().find(|other| other.comment == allow.comment);
            let message = if known {
                format!("`{}` does not fire here: this allow silences nothing", allow.rule)
            } else {
                format!("`{}` is no rule: this allow silences nothing", allow.rule)
            };
            let report = findings.report(allow.rule_span, message);
            if whole && first.is_some_and(|first| first.rule_span == allow.rule_span) {
                report.suggest("delete the comment", [Edit::delete(allow.comment)]);
            }
        }
    }
}

/// Reads the comment whose `confvet:` starts at byte `at`, if it is one.
fn read_comment<'a>(file: FileId, source: &'a Source, at: usize, allows: &mut Vec<Allow<'a>>) {
    let text = source.text();
    let position = source.position(u32::try_from(at).unwrap_or(u32::MAX));
    let Some(line) = source.line(position.line) else { return };
    let Some(comment_start) = comment_start(text, line.start..at) else { return };
    let rest = text[at..line.end].strip_prefix("confvet:").unwrap_or_default().trim_start();
    let (rest, whole_file) = match rest.strip_prefix("allow-file") {
        Some(rest) => (rest, true),
        None => match rest.strip_prefix("allow") {
            Some(rest) => (rest, false),
            None => return,
        },
    };
    let Some(list) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(list, _)| list) else { return };
    let list_start = line.end - rest.len() + 1;
    let alone = text[line.start..comment_start].trim().is_empty();
    let lines = (!whole_file).then(|| {
        let next = if alone { next_content_line(source, position.line) } else { position.line };
        (position.line, next)
    });
    let comment = if alone {
        let end = text[line.end..].find('\n').map_or(text.len(), |newline| line.end + newline + 1);
        line.start..end
    } else {
        text[..comment_start].trim_end().len()..line.end
    };
    let mut offset = list_start;
    for name in list.split(',') {
        let start = offset + (name.len() - name.trim_start().len());
        let rule = name.trim();
        offset += name.len() + 1;
        if !rule.is_empty() {
            let rule_span = Span::new(file, start..start + rule.len());
            allows.push(Allow { rule, rule_span, lines, comment: Span::new(file, comment.clone()), used: false });
        }
    }
}

/// Where the comment mark in front of `range.end` stands, if only blanks lie between them.
fn comment_start(text: &str, range: Range<usize>) -> Option<usize> {
    let before = text[range.clone()].trim_end();
    let mark = ["//", "#", ";"].into_iter().find(|mark| before.ends_with(mark))?;
    let bare = before.trim_end_matches(mark);
    Some(range.start + bare.len())
}

/// The first line below `line` that is neither blank nor only a comment.
fn next_content_line(source: &Source, line: u32) -> u32 {
    let content = |&line: &u32| {
        let text = source.line(line).map_or("", |range| source.text()[range].trim_start());
        !(text.is_empty() || text.starts_with('#') || text.starts_with("//"))
    };
    (line + 1..=source.line_count()).find(content).unwrap_or(line)
}
