//! Where a block of Lua ends: OpenResty reads the body of `*_by_lua_block` by Lua's own rules.

use memchr::memmem;

/// The offset of the `}` that closes a Lua block whose body starts at `from`. `None`: it is never closed.
pub(crate) fn block_end(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut depth = 0_usize;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            b'"' | b'\'' => {
                at = string_end(text, at)?;
                continue;
            }
            b'-' if text.get(at + 1) == Some(&b'-') => {
                at = match long_bracket(text, at + 2) {
                    Some(bracket) => bracket.end(text)?,
                    None => at + memchr::memchr(b'\n', &text[at..])?,
                };
                continue;
            }
            b'[' => {
                if let Some(bracket) = long_bracket(text, at) {
                    at = bracket.end(text)?;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// One past the closing quote of a string that opens at `at`.
fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let quote = *text.get(at)?;
    let mut at = at + 1;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// `[[`, `[=[`, `[==[` …
struct LongBracket {
    body: usize,
    level: usize,
}

fn long_bracket(text: &[u8], at: usize) -> Option<LongBracket> {
    let rest = text.get(at..)?.strip_prefix(b"[")?;
    let level = rest.iter().take_while(|&&byte| byte == b'=').count();
    (rest.get(level) == Some(&b'[')).then_some(LongBracket { body: at + level + 2, level })
}

impl LongBracket {
    /// One past its closing bracket.
    fn end(&self, text: &[u8]) -> Option<usize> {
        let closing: Vec<u8> =
            std::iter::once(b']').chain(std::iter::repeat_n(b'=', self.level)).chain(std::iter::once(b']')).collect();
        memmem::find(text.get(self.body..)?, &closing).map(|found| self.body + found + closing.len())
    }
}

#[cfg(test)]
mod tests {
    use super::block_end;

    #[test]
    fn braces_in_strings_comments_and_long_brackets_do_not_count() {
        for body in [
            "ngx.say('}') ",
            r#"local t = { a = { 1 } } -- }
            "#,
            "--[==[ } ]] ]==] x = [[ } ]] ",
            r#"x = "\"}" "#,
            "a[b[1]] = 2 ",
        ] {
            let text = format!("{body}}} rest");
            assert_eq!(block_end(text.as_bytes(), 0), Some(body.len()), "{body}");
        }
        for body in ["{", "'}", "--[[ }", "[=[ }]]"] {
            assert_eq!(block_end(body.as_bytes(), 0), None, "{body}");
        }
    }
}
