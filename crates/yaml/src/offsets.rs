//! The parser counts characters, spans count bytes.

/// Turns character numbers into byte offsets. Free of charge for ASCII; otherwise one look into a table and a short walk.
#[derive(Debug)]
pub(crate) struct Offsets<'t> {
    text: &'t str,
    /// The byte offset of every 64th character; empty for ASCII.
    marks: Vec<u32>,
}

const STEP: usize = 64;

impl<'t> Offsets<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let mut marks = Vec::new();
        if !text.is_ascii() {
            marks.reserve(text.len() / STEP + 1);
            let starts = text.bytes().enumerate().filter(|&(_, byte)| is_start(byte));
            for (at, _) in starts.step_by(STEP) {
                marks.push(u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        Self { text, marks }
    }

    /// The byte offset of a character; the text's end for one past the last.
    pub(crate) fn byte(&self, character: usize) -> usize {
        if self.marks.is_empty() {
            return character.min(self.text.len());
        }
        let Some(&mark) = self.marks.get(character / STEP) else { return self.text.len() };
        let rest = &self.text.as_bytes()[mark as usize..];
        let mut starts = rest.iter().enumerate().filter(|&(_, &byte)| is_start(byte));
        starts.nth(character % STEP).map_or(self.text.len(), |(at, _)| mark as usize + at)
    }
}

fn is_start(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_found() {
        for text in ["", "plain", &"äöü€𝄞x".repeat(50)] {
            let offsets = Offsets::new(text);
            for (number, (at, _)) in text.char_indices().enumerate() {
                assert_eq!(offsets.byte(number), at);
            }
            assert_eq!(offsets.byte(text.chars().count()), text.len());
            assert_eq!(offsets.byte(usize::MAX), text.len());
        }
    }
}
