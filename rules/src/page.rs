//! The text of a page: its sections, its examples and what they expect.

use confvet_core::RuleInfo;

/// What an example is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The rule fires exactly where the carets stand.
    Bad,
    /// The rule stays quiet, and the program loads the files.
    Good,
    /// What the Bad example before it becomes when the rule's fixes are applied.
    Fixed,
}

/// A place where the rule must fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Line, from 1, in the file without its expectation lines.
    pub line: u32,
    /// First column, from 1.
    pub column: u32,
    /// One past the last column; `None` when the span goes on to a later line.
    pub end_column: Option<u32>,
    /// The rule.
    pub rule: String,
    /// The whole message, when the page states it.
    pub message: Option<String>,
}

/// One file of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFile {
    /// Its path inside the example: the info string of the fence.
    pub path: String,
    /// Its permissions on disk, where the fence gives them: `mode=0644` behind the path.
    pub mode: Option<u32>,
    /// Its text, without expectation lines.
    pub text: String,
    /// Where the rule must fire in it.
    pub expectations: Vec<Expectation>,
}

/// All fences under one heading: a small project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What it is for.
    pub role: Role,
    /// What follows the role in the heading: "inherited from defaults".
    pub title: String,
    /// The files.
    pub files: Vec<ExampleFile>,
}

/// Why a page cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule page {rule}, line {line}: {message}")]
pub struct PageError {
    rule: &'static str,
    line: usize,
    message: String,
}

/// The page of one rule.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// What the front matter says.
    pub info: &'static RuleInfo,
    text: &'static str,
}

impl Page {
    pub(crate) fn new(info: &'static RuleInfo, text: &'static str) -> Self {
        Self { info, text }
    }

    /// The Markdown without its front matter and without expectation lines, for people.
    pub fn body(&self) -> String {
        let body = self.raw_body();
        body.split_inclusive('\n').filter(|line| !line.starts_with("#~")).collect()
    }

    /// What the front matter gives as sources.
    pub fn sources(&self) -> Vec<&'static str> {
        let mut lines = self.text.lines().skip_while(|line| *line != "sources:").skip(1);
        let mut sources = Vec::new();
        while let Some(source) = lines.next().and_then(|line| line.trim_start().strip_prefix("- ")) {
            sources.push(source.trim().trim_matches('"'));
        }
        sources
    }

    fn raw_body(&self) -> &'static str {
        let rest = self.text.get(4..).unwrap_or_default();
        rest.split_once("\n---\n").map_or(rest, |(_, body)| body)
    }

    /// The examples, in the order of the page.
    ///
    /// # Errors
    /// If a fence names no file or is not closed, or an expectation cannot be read. The error names the line of the
    /// page's body.
    pub fn examples(&self) -> Result<Vec<Example>, PageError> {
        let error = |line: usize, message: String| PageError { rule: self.info.name, line: line + 1, message };
        let mut examples: Vec<Example> = Vec::new();
        let mut role: Option<Role> = None;
        let mut lines = self.raw_body().lines().enumerate();
        while let Some((number, line)) = lines.next() {
            if let Some(heading) = line.strip_prefix("## ") {
                role = start_example(heading, &mut examples);
                continue;
            }
            let Some(info) = line.strip_prefix("```") else { continue };
            let ticks = 3 + info.chars().take_while(|&c| c == '`').count();
            let fence = "`".repeat(ticks);
            let (path, mode) = read_info(info.trim_start_matches('`').trim());
            let mut content = Vec::new();
            loop {
                match lines.next() {
                    Some((_, line)) if line.trim_end() == fence => break,
                    Some((number, line)) => content.push((number, line)),
                    None => return Err(error(number, "this fence is not closed".to_owned())),
                }
            }
            if role.is_none() {
                continue;
            }
            let Some(example) = examples.last_mut() else { continue };
            if path.is_empty() {
                return Err(error(number, "the fence names no file; write the path behind the backticks".to_owned()));
            }
            let file = read_file(path, mode, &content).map_err(|(number, message)| error(number, message))?;
            example.files.push(file);
        }
        Ok(examples)
    }
}

fn start_example(heading: &str, examples: &mut Vec<Example>) -> Option<Role> {
    let (word, title) = heading.split_once(':').unwrap_or((heading, ""));
    let role = match word.trim() {
        "Bad" => Role::Bad,
        "Good" => Role::Good,
        "Fixed" => Role::Fixed,
        _ => return None,
    };
    examples.push(Example { role, title: title.trim().to_owned(), files: Vec::new() });
    Some(role)
}

/// A path, and `mode=` with an octal number where the permissions on disk matter.
fn read_info(info: &str) -> (String, Option<u32>) {
    let with_mode = info.rsplit_once(' ').and_then(|(path, attribute)| {
        let mode = u32::from_str_radix(attribute.strip_prefix("mode=")?, 8).ok()?;
        Some((path.trim_end().to_owned(), Some(mode)))
    });
    with_mode.unwrap_or_else(|| (info.to_owned(), None))
}

fn read_file(path: String, mode: Option<u32>, content: &[(usize, &str)]) -> Result<ExampleFile, (usize, String)> {
    let mut text = String::new();
    let mut line = 0_u32;
    let mut expectations = Vec::new();
    for &(number, content) in content {
        match content.strip_prefix("#~") {
            Some(marker) => {
                let expectation = read_expectation(marker, line).map_err(|message| (number, message))?;
                expectations.push(expectation);
            }
            None => {
                text.push_str(content);
                text.push('\n');
                line += 1;
            }
        }
    }
    Ok(ExampleFile { path, mode, text, expectations })
}

/// Reads what follows `#~`. Carets stand under the span; `<` in the third column says that the span starts in the
/// first column and reaches through the last caret; `<N` gives a span of N columns from the first; `<N+M` one of M
/// columns behind the first N. `...` behind the carets: the span goes on to a later line. `|` instead of carets: an
/// empty span.
fn read_expectation(marker: &str, line: u32) -> Result<Expectation, String> {
    let malformed = || format!("`#~{marker}` is no expectation; write carets under the span, then the rule");
    if line == 0 {
        return Err("an expectation stands under the line it is about; there is none above it".to_owned());
    }
    let (start, mut end, rest) = if let Some(rest) = marker.strip_prefix('<') {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '+').unwrap_or(rest.len());
        if digits > 0 {
            let (skip, width) = rest[..digits].split_once('+').unwrap_or(("0", &rest[..digits]));
            let number = |text: &str| text.parse::<usize>().map_err(|_| malformed());
            (number(skip)?, Some(number(skip)? + number(width)?), &rest[digits..])
        } else {
            let carets = rest.chars().take_while(|&c| c == '^').count();
            (0, Some(3 + carets), &rest[carets..])
        }
    } else {
        let blanks = marker.chars().take_while(|&c| c == ' ').count();
        let after = &marker[blanks..];
        let carets = after.chars().take_while(|&c| c == '^').count();
        match (carets, after.strip_prefix('|')) {
            (0, Some(rest)) => (2 + blanks, Some(2 + blanks), rest),
            (0, None) => return Err(malformed()),
            _ => (2 + blanks, Some(2 + blanks + carets), &after[carets..]),
        }
    };
    let rest = match rest.strip_prefix("...") {
        Some(rest) => {
            end = None;
            rest
        }
        None => rest,
    };
    let (rule, message) = match rest.trim().split_once(": ") {
        Some((rule, message)) => (rule, Some(message.to_owned())),
        None => (rest.trim(), None),
    };
    if rule.is_empty() || rule.contains(' ') || !rule.contains('/') {
        return Err(malformed());
    }
    let column = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    Ok(Expectation { line, column: column(start), end_column: end.map(column), rule: rule.to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation(marker: &str) -> (u32, Option<u32>, String) {
        let read = read_expectation(marker, 1).unwrap();
        (read.column, read.end_column, read.rule)
    }

    #[test]
    fn carets_give_columns() {
        assert_eq!(expectation("  ^^^ redis/x"), (5, Some(8), "redis/x".to_owned()));
        assert_eq!(expectation("^^^ redis/x"), (3, Some(6), "redis/x".to_owned()));
        assert_eq!(expectation("<^^^^ redis/x"), (1, Some(8), "redis/x".to_owned()));
        assert_eq!(expectation("<2 redis/x"), (1, Some(3), "redis/x".to_owned()));
        assert_eq!(expectation("<1+4 redis/x"), (2, Some(6), "redis/x".to_owned()));
        assert_eq!(expectation(" | redis/x"), (4, Some(4), "redis/x".to_owned()));
        assert_eq!(expectation(" ^^... redis/x"), (4, None, "redis/x".to_owned()));
    }

    #[test]
    fn a_fence_may_give_permissions() {
        assert_eq!(read_info("/etc/ipsec.secrets mode=0644"), ("/etc/ipsec.secrets".to_owned(), Some(0o644)));
        for path in ["ipsec.secrets", "two words.conf", "x mode=rw"] {
            assert_eq!(read_info(path), (path.to_owned(), None));
        }
    }

    #[test]
    fn a_message_may_follow() {
        let read = read_expectation("  ^ redis/x: `a`: b", 3).unwrap();
        assert_eq!((read.rule.as_str(), read.message.as_deref(), read.line), ("redis/x", Some("`a`: b"), 3));
    }

    #[test]
    fn anything_else_is_an_error() {
        for marker in ["", "  redis/x", "  ^^^", "  ^^^ word", "  ^^^ a/b c"] {
            assert!(read_expectation(marker, 1).is_err(), "{marker}");
        }
        assert!(read_expectation("  ^ redis/x", 0).is_err());
    }
}
