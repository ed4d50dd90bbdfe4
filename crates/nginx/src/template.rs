//! Text with variables: `$name`, `${name}` and `$1`, as nginx's script compiler splits it.

use std::ops::Range;

/// A part of a text with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text that stands for itself.
    Text(&'a str),
    /// A variable, by its name as written. Names are compared without regard to case.
    Variable(&'a str),
    /// A capture, `$1` to `$9`.
    Capture(u8),
    /// `$` before something that is no name.
    NoName,
    /// `${` that is never closed, or an empty `${}`.
    Unclosed,
}

/// A part and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The part.
    pub part: Part<'a>,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// Splits a text.
pub fn pieces(text: &str) -> Pieces<'_> {
    Pieces { text, at: 0 }
}

/// Does a text hold a variable or a capture?
pub fn has_variables(text: &str) -> bool {
    memchr::memchr(b'$', text.as_bytes()).is_some()
}

/// The variables of a text, without captures.
pub fn variables(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    pieces(text).filter_map(|piece| match piece.part {
        Part::Variable(name) => Some((name, piece.range)),
        _ => None,
    })
}

/// The name, when the text is one variable and nothing else.
pub fn sole_variable(text: &str) -> Option<&str> {
    let mut pieces = pieces(text);
    match (pieces.next()?.part, pieces.next()) {
        (Part::Variable(name), None) => Some(name),
        _ => None,
    }
}

/// See [`pieces`].
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let Some(name) = rest.strip_prefix('$') else {
            let end = memchr::memchr(b'$', rest.as_bytes()).unwrap_or(rest.len());
            return Some(self.piece(Part::Text(&rest[..end]), end));
        };
        if let Some(braced) = name.strip_prefix('{') {
            let end = name_length(braced);
            return Some(if end > 0 && braced.as_bytes().get(end) == Some(&b'}') {
                self.piece(Part::Variable(&braced[..end]), end + 3)
            } else {
                self.piece(Part::Unclosed, end + 2)
            });
        }
        if let Some(digit @ b'1'..=b'9') = name.as_bytes().first() {
            return Some(self.piece(Part::Capture(digit - b'0'), 2));
        }
        Some(match name_length(name) {
            0 => self.piece(Part::NoName, 1),
            length => self.piece(Part::Variable(&name[..length]), length + 1),
        })
    }
}

impl<'a> Pieces<'a> {
    fn piece(&mut self, part: Part<'a>, length: usize) -> Piece<'a> {
        let range = self.at..self.at + length;
        self.at = range.end;
        Piece { part, range }
    }
}

fn name_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_split_as_nginx_splits_them() {
        let parts: Vec<Part<'_>> = pieces("a$b.${c}d$1e$-${f").map(|piece| piece.part).collect();
        let expected = [
            Part::Text("a"),
            Part::Variable("b"),
            Part::Text("."),
            Part::Variable("c"),
            Part::Text("d"),
            Part::Capture(1),
            Part::Text("e"),
            Part::NoName,
            Part::Text("-"),
            Part::Unclosed,
        ];
        assert_eq!(parts, expected);
        assert_eq!(sole_variable("${host}"), Some("host"));
        assert_eq!(sole_variable("$host:80"), None);
        assert_eq!(pieces("${1}").next().unwrap().part, Part::Variable("1"));
    }
}
