//! What the grammar allows and the program's reader refuses all the same: tags, merges, keys and dates that it cannot make
//! anything of.

use crate::dialect::{Dialect, Value, date_fields};
use crate::problem::{ProblemKind, SyntaxProblem};
use crate::tree::{Data, Kind, NONE, Node, Style, Yaml};
use confvet_core::{Keys, Span};

/// Tags that PyYAML's safe loader knows, without the `!!`.
const SAFE_TAGS: &[&str] =
    &["binary", "bool", "float", "int", "map", "merge", "null", "omap", "pairs", "seq", "set", "str", "timestamp"];

pub(crate) fn validate(yaml: &mut Yaml) {
    let python = yaml.dialect == Dialect::PyYaml;
    if yaml.dialect == Dialect::Core {
        return;
    }
    let jackson = yaml.dialect.is_jackson();
    let mut problems = Vec::new();
    if !yaml.problems.iter().any(|problem| problem.kind.is_refused())
        && let Some(at) = refused_tab(yaml)
    {
        let span = Span::new(yaml.file, at..at + 1);
        problems.push(SyntaxProblem { span, kind: ProblemKind::TabOutsideText });
    }
    for document in yaml.documents().filter(|document| python && document.is_complete()) {
        let mut anchors = Keys::new();
        let mut waiting = vec![document.root()];
        while let Some(node) = waiting.pop() {
            if let Some((span, kind)) = python_refuses(node) {
                problems.push(SyntaxProblem { span, kind });
            }
            if !node.is_alias()
                && let Some(name) = node.anchor()
                && !anchors.insert(name)
            {
                problems.push(SyntaxProblem { span: node.span(), kind: ProblemKind::DuplicateAnchor(name.to_owned()) });
            }
            waiting.extend(node.own_children().iter().rev().map(|&id| Node { yaml, id }));
        }
    }
    for node in complete_nodes(yaml).filter(|node| matches!(node.kind(), Kind::Mapping { .. })) {
        for entry in node.entries() {
            if !jackson && matches!(entry.key.target().kind(), Kind::Mapping { .. } | Kind::Sequence { .. }) {
                problems.push(SyntaxProblem { span: entry.key.span(), kind: ProblemKind::CollectionAsKey });
            }
            if !entry.is_merge() {
                continue;
            }
            let items = entry.value.items().len();
            let sources = entry.value.is_mapping() || entry.merge_sources().len() == items && entry.value.is_sequence();
            let known = !entry.value.target().is_alias();
            if !sources && known {
                let span = if entry.value.is_empty() { entry.key.span() } else { entry.value.span() };
                problems.push(SyntaxProblem { span, kind: ProblemKind::BadMerge });
            }
        }
    }
    yaml.problems.append(&mut problems);
}

/// The nodes of the documents that were read to their end. Those of a document stand together in the arena, its root first.
fn complete_nodes(yaml: &Yaml) -> impl Iterator<Item = Node<'_>> {
    let ends =
        yaml.documents.iter().skip(1).map(|next| next.root).chain([u32::try_from(yaml.nodes.len()).unwrap_or(NONE)]);
    let complete = yaml.documents.iter().zip(ends).filter(|(document, _)| document.complete);
    complete.flat_map(move |(document, end)| (document.root..end).map(move |id| Node { yaml, id }))
}

/// The first tab that the reader refuses, if it stands in no quoted text, block scalar or comment.
///
/// PyYAML takes only blanks between two words. SnakeYAML too, but it skips a tab behind a plain text. libyaml, and with it
/// go-yaml, minds a tab only where a key might begin: at the start of a line and behind a dash.
fn refused_tab(yaml: &Yaml) -> Option<usize> {
    let bytes = yaml.text.as_bytes();
    let mut tabs = memchr::memchr_iter(b'\t', &bytes[..end_of_reading(yaml)]).peekable();
    tabs.peek()?;
    // The arena is in the order of the text.
    let mut scalars = yaml.nodes.iter().filter(|data| matches!(data.kind, Kind::Scalar(_))).peekable();
    let mut above = None;
    for tab in tabs {
        while let Some(scalar) = scalars.next_if(|scalar| scalar.start as usize <= tab) {
            above = Some(scalar);
        }
        let line = memchr::memrchr(b'\n', &bytes[..tab]).map_or(0, |newline| newline + 1);
        let (style, end) = match above {
            Some(Data { kind: Kind::Scalar(style), end, .. }) => (*style, *end as usize),
            _ => (Style::Plain, 0),
        };
        if tab < end && style != Style::Plain {
            continue;
        }
        // Blank lines belong to the block scalar above them.
        let is_block = matches!(style, Style::Literal | Style::Folded);
        if is_block && bytes[end..tab].iter().all(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
            continue;
        }
        let from = if tab < end { tab } else { line.max(end) };
        let starts_comment = |&at: &usize| bytes[at] == b'#' && (at == line || matches!(bytes[at - 1], b' ' | b'\t'));
        if (from..tab).any(|at| starts_comment(&at)) {
            continue;
        }
        let before = bytes[line..tab].iter().rfind(|byte| !matches!(byte, b' ' | b'\t'));
        let refused = match yaml.dialect {
            Dialect::PyYaml => true,
            _ if in_brackets(yaml, tab) => false,
            Dialect::Jackson | Dialect::JacksonLegacy => {
                tab >= end && matches!(before, None | Some(b':' | b'-' | b'?'))
            }
            // Version 3 skips it in front of a comment.
            Dialect::GoYamlV3 if bytes[tab..].trim_ascii_start().starts_with(b"#") => false,
            _ if tab < end => tab == line,
            _ => matches!(before, None | Some(b'-' | b'?')),
        };
        if refused {
            return Some(tab);
        }
    }
    None
}

/// How far the program reads: go-yaml only to the end of the first document.
fn end_of_reading(yaml: &Yaml) -> usize {
    let behind = yaml.problems.first().map(|problem| problem.span.range().start);
    let second = yaml.documents.get(1).map(|document| document.start as usize);
    let end = if yaml.dialect.is_go() { behind.or(second) } else { None };
    end.unwrap_or(yaml.text.len())
}

fn in_brackets(yaml: &Yaml, at: usize) -> bool {
    let mut node = u32::try_from(at).ok().and_then(|at| yaml.node_at(at));
    while let Some(inner) = node {
        if matches!(inner.kind(), Kind::Sequence { flow: true } | Kind::Mapping { flow: true }) {
            return inner.span().range().contains(&at);
        }
        node = inner.parent();
    }
    false
}

fn python_refuses(node: Node<'_>) -> Option<(Span, ProblemKind)> {
    if node.is_alias() {
        return None;
    }
    if let (Some(tag), Some(span)) = (node.tag(), node.tag_span()) {
        let name = tag.strip_prefix("!!").or_else(|| tag.strip_prefix("!<tag:yaml.org,2002:")?.strip_suffix('>'));
        let known = tag == "!" || name.is_some_and(|name| SAFE_TAGS.contains(&name));
        // A `%TAG` directive may give any handle any meaning.
        let directive = node.yaml().text().contains("%TAG");
        return (!known && !directive).then(|| (span, ProblemKind::UnknownTag(tag.to_owned())));
    }
    if node.kind() != Kind::Scalar(Style::Plain) {
        return None;
    }
    let text = node.text()?;
    if text == "=" {
        return Some((node.span(), ProblemKind::BareEquals));
    }
    let bad_date = matches!(node.value(), Value::Timestamp(text) if !is_real(text));
    bad_date.then(|| (node.span(), ProblemKind::BadDate(text.to_owned())))
}

/// Is there such a day, and such a time of day?
fn is_real(timestamp: &str) -> bool {
    let [year, month, day, hour, minute, second] = date_fields(timestamp);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    year > 0 && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60
}
