//! Holes of a template engine inside a file that is not named like a template: `{{ … }}`, `<%= … %>`, `{% … %}`.

/// A text without its holes, as long as the text itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    /// Letters stand in the place of values, blanks in the place of statements and comments.
    pub(crate) text: String,
    /// There are statements: of the branches around them only some are in force.
    pub(crate) has_branches: bool,
}

/// The marks around a hole, and whether it stands for a value.
const MARKS: &[(&str, &str, bool)] =
    &[("{{", "}}", true), ("<%=", "%>", true), ("{%", "%}", false), ("{#", "#}", false), ("<%", "%>", false)];

/// Fills the holes of a text, if it has any that is closed.
pub(crate) fn fill(text: &str) -> Option<Filled> {
    let mut filled = Filled { text: String::with_capacity(text.len()), has_branches: false };
    let mut done = 0;
    let mut at = 0;
    while let Some(start) = memchr::memchr2(b'{', b'<', &text.as_bytes()[at..]).map(|next| at + next) {
        at = start + 1;
        let rest = &text[start..];
        let Some(&(open, close, is_value)) = MARKS.iter().find(|(open, ..)| rest.starts_with(open)) else { continue };
        let Some(length) = rest[open.len()..].find(close).map(|end| open.len() + end + close.len()) else { continue };
        filled.text.push_str(&text[done..start]);
        let filler = if is_value { 'x' } else { ' ' };
        filled.text.extend(
            rest[..length].bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { filler }),
        );
        filled.has_branches |= !is_value;
        done = start + length;
        at = done;
    }
    filled.text.push_str(&text[done..]);
    (done > 0).then_some(filled)
}

/// Does a part of a text hold the start of a hole?
pub(crate) fn has_hole(text: &str) -> bool {
    MARKS.iter().any(|(open, ..)| text.contains(open))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_to_their_length() {
        let filled = |text: &str| fill(text).map(|filled| (filled.text, filled.has_branches));
        assert_eq!(filled("a: {{ b }}\n"), Some(("a: xxxxxxx\n".to_owned(), false)));
        assert_eq!(
            filled("{% if x\n%}\na: <%= y %>\n<% end %>"),
            Some(("       \n  \na: xxxxxxxx\n         ".to_owned(), true))
        );
        assert_eq!(filled("a: {b: c}\n"), None);
        assert_eq!(filled("a: {{ never closed\n"), None);
        let umlaut = "a: {{ é }}";
        assert_eq!(fill(umlaut).unwrap().text.len(), umlaut.len());
    }
}
