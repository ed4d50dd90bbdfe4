//! Replacement texts with references to capture groups, as Go's `Expand` reads them.

use super::regex::{Captures, Pattern};
use compact_str::CompactString;
use serde::{Serialize, Serializer};
use std::ops::Range;

/// A replacement text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: CompactString,
    parts: Vec<Part>,
}

/// A piece of a replacement text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stays as it is; `$$` is one dollar.
    Text(CompactString),
    /// `$1`, `${name}`.
    Reference {
        /// What it refers to.
        to: Reference,
        /// Where it stands, in bytes of the replacement text.
        range: Range<usize>,
        /// Written with braces.
        braced: bool,
    },
}

/// What a reference refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A group by number; 0 is the whole match.
    Number(usize),
    /// A group by name. `$1_x` is the group named `1_x`.
    Name(String),
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl Template {
    /// Reads a replacement text. None is wrong: what is no reference stays as it is.
    pub fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut plain = CompactString::default();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            plain.push_str(&rest[..dollar]);
            let start = text.len() - rest.len() + dollar;
            let behind = &rest[dollar + 1..];
            if let Some(after) = behind.strip_prefix('$') {
                plain.push('$');
                rest = after;
                continue;
            }
            let Some((name, length, braced)) = reference(behind) else {
                plain.push('$');
                rest = behind;
                continue;
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Reference { to: Reference::new(name), range: start..start + 1 + length, braced });
            rest = &behind[length..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Self { text: text.into(), parts }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pieces.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text, if nothing in it refers to a group.
    pub fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The references with their places.
    pub fn references(&self) -> impl Iterator<Item = (&Reference, Range<usize>, bool)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference { to, range, braced } => Some((to, range.clone(), *braced)),
            Part::Text(_) => None,
        })
    }

    /// Does it use the group with this number? The whole match uses all of them.
    pub fn uses(&self, number: usize) -> bool {
        let is = |reference: &Reference| matches!(reference, Reference::Number(used) if *used == 0 || *used == number);
        self.references().any(|(reference, _, _)| is(reference))
    }

    /// The text for a pattern from which this group was taken out. `None` if it refers to the group, to the whole match
    /// or to groups by name.
    pub fn without_group(&self, number: usize) -> Option<String> {
        let piece = |part: &Part| match part {
            Part::Text(text) => Some(text.replace('$', "$$")),
            Part::Reference { to: Reference::Number(used), .. } if *used == 0 || *used == number => None,
            Part::Reference { to: Reference::Number(used), braced, .. } => {
                let left = if *used > number { used - 1 } else { *used };
                Some(if *braced { format!("${{{left}}}") } else { format!("${left}") })
            }
            Part::Reference { to: Reference::Name(_), .. } => None,
        };
        self.parts.iter().map(piece).collect()
    }

    /// Fills in what a match captured. A group that does not exist is empty.
    pub fn expand(&self, captures: &Captures<'_, '_>) -> String {
        let mut text = String::with_capacity(self.text.len());
        for part in &self.parts {
            text.push_str(match part {
                Part::Text(text) => text,
                Part::Reference { to: Reference::Number(number), .. } => captures.number(*number).unwrap_or_default(),
                Part::Reference { to: Reference::Name(name), .. } => captures.name(name).unwrap_or_default(),
            });
        }
        text
    }
}

impl Reference {
    fn new(name: &str) -> Self {
        let number = name.bytes().all(|b| b.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
        match name.parse() {
            Ok(value) if number && name.len() <= 8 => Reference::Number(value),
            _ => Reference::Name(name.to_owned()),
        }
    }

    /// Is it the name of a group?
    pub fn is_name(&self) -> bool {
        matches!(self, Reference::Name(_))
    }

    /// Does the pattern have such a group?
    pub fn exists_in(&self, pattern: &Pattern) -> bool {
        match self {
            Reference::Number(number) => *number <= pattern.group_count(),
            Reference::Name(name) => pattern.has_name(name),
        }
    }
}

/// The name behind a `$`, the length of the reference without the `$`, and whether it has braces.
fn reference(behind: &str) -> Option<(&str, usize, bool)> {
    let braced = behind.starts_with('{');
    let name = behind.strip_prefix('{').unwrap_or(behind);
    let length = name.find(|c: char| !(is_go_letter(c) || c == '_')).unwrap_or(name.len());
    if length == 0 || braced && !name[length..].starts_with('}') {
        return None;
    }
    Some((&name[..length], length + if braced { 2 } else { 0 }, braced))
}

/// A letter or a decimal digit of any script; unlike Rust's `is_alphanumeric` no other numbers.
fn is_go_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() && c.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(pattern: &str, value: &str, template: &str) -> String {
        let pattern = Pattern::new(pattern).unwrap();
        Template::new(template).expand(&pattern.captures(value).unwrap().unwrap())
    }

    #[test]
    fn references_end_where_go_ends_them() {
        assert_eq!(expand("(a)(b)", "ab", "$1_x"), "");
        assert_eq!(expand("(a)(b)", "ab", "$1x-$2"), "-b");
        assert_eq!(expand("(a)(b)", "ab", "$1:9100"), "a:9100");
        assert_eq!(expand("(a)(b)", "ab", "${1}_x"), "a_x");
        assert_eq!(expand("(a)(b)", "ab", "$0 $$ $$1 a$ b ${ ${1 $"), "ab $ $1 a$ b ${ ${1 $");
        assert_eq!(expand("(a)(b)", "ab", r"\1 $01 $3"), r"\1  ");
        assert_eq!(expand("(?P<n>a)(?P<n>b)?", "a", "$n"), "a");
        assert_eq!(expand("(a)", "a", "$1é"), "");
    }
}
