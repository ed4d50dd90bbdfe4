//! Edits that keep the layout of the file: a new line takes the indentation of its neighbour, and where several
//! directives share a line the new one joins them.

use crate::model::{Directive, Scope};
use confvet_core::{Context, Edit, Span};

/// Puts a directive in front of another.
pub(crate) fn before(neighbour: Directive<'_>, line: &str, ctx: &Context<'_>) -> Edit {
    let at = neighbour.name().span;
    match indent(neighbour, ctx) {
        Some(indent) => Edit::insert_before(at, format!("{line}\n{indent}")),
        None => Edit::insert_before(at, format!("{line} ")),
    }
}

/// Puts directives behind another. `None` when that one is not terminated.
pub(crate) fn after(neighbour: Directive<'_>, lines: &[String], ctx: &Context<'_>) -> Option<Edit> {
    neighbour.semicolon()?;
    let joint = match indent(neighbour, ctx) {
        Some(indent) => format!("\n{indent}"),
        None => " ".to_owned(),
    };
    let text: String = lines.iter().flat_map(|line| [joint.as_str(), line.as_str()]).collect();
    Some(Edit::insert_after(neighbour.whole_span(), text))
}

/// Makes a directive the first of a block. `None` for the top level and for a block whose content is in another file.
pub(crate) fn first_in(scope: Scope<'_>, line: &str, ctx: &Context<'_>) -> Option<Edit> {
    let open = scope.owner()?.open_brace()?;
    match scope.children().next() {
        Some(child) if child.file() == open.file && child.name().span.start > open.start => {
            Some(before(child, line, ctx))
        }
        Some(_) => None,
        None => Some(Edit::insert_after(open, format!(" {line} "))),
    }
}

/// Deletes a directive, with its line when it has one to itself.
pub(crate) fn delete(directive: Directive<'_>, ctx: &Context<'_>) -> Edit {
    let span = directive.whole_span();
    let text = ctx.sources.get(span.file).text();
    let range = span.range();
    let before = text[..range.start].trim_end_matches([' ', '\t']).len();
    let after = range.end + text[range.end..].len() - text[range.end..].trim_start_matches([' ', '\t']).len();
    let starts_line = before == 0 || text[..before].ends_with('\n');
    let ends_line = text[after..].starts_with('\n');
    if starts_line && ends_line {
        Edit::delete(Span::new(span.file, before..after + 1))
    } else {
        Edit::delete(Span::new(span.file, before..range.end))
    }
}

/// Deletes a word with the blanks in front of it.
pub(crate) fn delete_word(word: Span, ctx: &Context<'_>) -> Edit {
    let text = ctx.sources.get(word.file).text();
    let before = text[..word.range().start].trim_end_matches([' ', '\t']).len();
    Edit::delete(Span::new(word.file, before..word.range().end))
}

/// The blanks a line of its own starts with.
fn indent<'a>(directive: Directive<'_>, ctx: &Context<'a>) -> Option<&'a str> {
    if !directive.name().first_on_line {
        return None;
    }
    let span = directive.name().span;
    let text = &ctx.sources.get(span.file).text()[..span.range().start];
    let line = text.rfind('\n').map_or(0, |at| at + 1);
    Some(text[line..].trim_start_matches('\u{feff}'))
}
