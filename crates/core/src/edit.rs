//! Text edits: how they are written, checked against each other and applied in one pass.

use crate::Span;

/// Replaces the bytes of a span by a text. An empty span inserts; an empty text deletes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What goes away.
    pub span: Span,
    /// What comes in its place.
    pub text: String,
}

impl Edit {
    /// Replaces a span.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Inserts in front of a span.
    pub fn insert_before(span: Span, text: impl Into<String>) -> Self {
        Self::replace(span.before(), text)
    }

    /// Inserts behind a span.
    pub fn insert_after(span: Span, text: impl Into<String>) -> Self {
        Self::replace(span.after(), text)
    }

    /// Deletes a span.
    pub fn delete(span: Span) -> Self {
        Self::replace(span, "")
    }

    /// Would applying both leave it open what the result is? Equal edits conflict too: one of them is enough.
    pub fn conflicts_with(&self, other: &Edit) -> bool {
        self.span.overlaps(other.span)
            && !(self.span.is_empty() != other.span.is_empty()
                && (self.span.start == other.span.end || other.span.start == self.span.end))
    }
}

/// Why edits cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits want the same bytes.
    #[error("two edits overlap at byte {0}")]
    Overlap(u32),
    /// An edit lies outside the text or inside a character.
    #[error("an edit at bytes {0}..{1} does not fit the text")]
    OutOfBounds(u32, u32),
}

/// Applies edits of **one** file to its text, all at once. The order in which they are given does not matter.
///
/// # Errors
/// If two of them overlap, or one does not fit the text. The text is then unchanged: nothing is applied.
///
/// ```
/// use confvet_core::{apply, Edit, FileId, Span};
/// let span = Span::new(FileId(0), 5..8);
/// assert_eq!(apply("port 80a\n", &[Edit::replace(span, "80")]).unwrap(), "port 80\n");
/// ```
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut result = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut done = 0;
    let mut previous: Option<&Edit> = None;
    for edit in sorted {
        let range = edit.span.range();
        if previous.is_some_and(|previous| previous.conflicts_with(edit)) || range.start < done {
            return Err(EditError::Overlap(edit.span.start));
        }
        let out_of_bounds = EditError::OutOfBounds(edit.span.start, edit.span.end);
        if text.get(range.clone()).is_none() {
            return Err(out_of_bounds);
        }
        result.push_str(text.get(done..range.start).ok_or(out_of_bounds)?);
        result.push_str(&edit.text);
        done = range.end;
        previous = Some(edit);
    }
    result.push_str(&text[done..]);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileId;

    fn edit(range: std::ops::Range<usize>, text: &str) -> Edit {
        Edit::replace(Span::new(FileId(0), range), text)
    }

    #[test]
    fn edits_apply_in_one_pass_whatever_their_order() {
        let edits = [edit(6..7, "Z"), edit(0..1, "A"), edit(3..3, "-")];
        assert_eq!(apply("abcdefg", &edits).unwrap(), "Abc-defZ");
    }

    #[test]
    fn an_insertion_beside_a_replacement_is_no_overlap() {
        assert_eq!(apply("abc", &[edit(0..1, "x"), edit(1..1, "-")]).unwrap(), "x-bc");
        assert_eq!(apply("abc", &[edit(1..1, "-"), edit(1..2, "y")]).unwrap(), "a-yc");
    }

    #[test]
    fn overlaps_are_refused() {
        assert_eq!(apply("abc", &[edit(0..2, ""), edit(1..3, "")]), Err(EditError::Overlap(1)));
        assert_eq!(apply("abc", &[edit(1..1, "x"), edit(1..1, "y")]), Err(EditError::Overlap(1)));
        assert_eq!(apply("abc", &[edit(0..3, ""), edit(1..1, "y")]), Err(EditError::Overlap(1)));
    }

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        assert!(apply("äb", &[edit(1..2, "")]).is_err());
        assert!(apply("ab", &[edit(1..9, "")]).is_err());
    }
}
