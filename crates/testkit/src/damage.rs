//! Damage as people, editors and merges do it to configurations, and what parsers trip over.

use crate::Random;

/// Pieces that mean something in one of the formats.
const SCRAPS: &[&str] = &[
    "\"",
    "'",
    "\\",
    "#",
    ";",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "|",
    "=",
    ":",
    ": ",
    "- ",
    ",",
    "/",
    "/0",
    "!",
    "*",
    "&a ",
    "*a",
    "<<: *a\n",
    "%",
    "%any",
    "$",
    "$1",
    "${",
    "${X}",
    "\"${X}\"",
    "{{",
    "}}",
    "{{ x }}",
    "{%",
    "~",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\\\n",
    "  ",
    "---\n",
    "\u{feff}",
    "\0",
    "é",
    "𝄞",
    "…",
    "0",
    "-1",
    "0x1F",
    "9",
    "99999999999999999999999",
    "1.5h",
    "10gb",
    "::1",
    "[::1]:9300",
    "10.0.0.0/99",
    "yes",
    "no",
    "null",
    "\"\"",
    ".if 1\n",
    "%[",
    "include ",
];

/// How many bytes a scrap that is cut out or moved has at most.
const REACH: usize = 24;

/// Damages a text in one to four places. Lines and words of `others` may get in, as a bad merge would do it.
pub fn damage(text: &str, others: &[&str], random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        let at = random.boundary(&text);
        let end = text.floor_char_boundary(at + random.below(REACH)).max(at);
        match random.below(8) {
            0 | 1 => text.insert_str(at, random.pick(SCRAPS)),
            2 => text.replace_range(at..end, ""),
            3 => text.replace_range(at..end, random.pick(SCRAPS)),
            4 => {
                let copy = text[at..end].to_owned();
                let to = random.boundary(&text);
                text.insert_str(to, &copy);
            }
            5 => {
                let other = if others.is_empty() { "" } else { random.pick(others) };
                let line = other.lines().nth(random.below(other.lines().count())).unwrap_or_default();
                let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
                text.insert_str(start, &format!("{line}\n"));
            }
            6 => {
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                let (one, other) = (random.below(lines.len()), random.below(lines.len()));
                if !lines.is_empty() {
                    lines.swap(one, other);
                }
                text = lines.concat();
            }
            _ => text.truncate(at),
        }
    }
    text
}
