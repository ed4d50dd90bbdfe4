//! What `http-check` and `tcp-check` lines are made of.

use super::{ProblemKind, Schema};
use crate::model::Statement;
use crate::syntax::Word;
use crate::table::keyword;
use confvet_core::did_you_mean;

/// A setting and how many words it takes.
type Setting = (&'static str, usize);

const OF_CONNECT: &[Setting] = &[
    ("comment", 1),
    ("port", 1),
    ("addr", 1),
    ("send-proxy", 0),
    ("ssl", 0),
    ("sni", 1),
    ("alpn", 1),
    ("via-socks4", 0),
    ("linger", 0),
    ("default", 0),
    ("proto", 1),
];
const OF_REQUEST: &[Setting] =
    &[("comment", 1), ("meth", 1), ("uri", 1), ("uri-lf", 1), ("ver", 1), ("hdr", 2), ("body", 1), ("body-lf", 1)];
const OF_SEND: &[Setting] = &[("comment", 1)];
/// Beside a pattern that is expected.
const OF_EXPECT: &[Setting] = &[
    ("min-recv", 1),
    ("comment", 1),
    ("ok-status", 1),
    ("error-status", 1),
    ("tout-status", 1),
    ("on-success", 1),
    ("on-error", 1),
    ("status-code", 1),
];
const HTTP_PATTERNS: &[&str] = &["status", "rstatus", "hdr", "fhdr", "string", "rstring", "string-lf"];
const TCP_PATTERNS: &[&str] = &["string", "rstring", "string-lf", "binary", "rbinary", "binary-lf"];

impl Schema<'_> {
    /// A line of a health check.
    pub(super) fn check_line(&mut self, statement: &Statement) {
        let is_http = statement.id() == keyword::HTTP_CHECK;
        match statement.text(1) {
            "connect" => self.check_settings(statement, 2, OF_CONNECT),
            "send" if is_http => self.check_settings(statement, 2, OF_REQUEST),
            "send" | "send-lf" | "send-binary" | "send-binary-lf" => {
                let Some(sent) = statement.word(2) else {
                    let message = format!("`{}` needs what is sent", statement.setting());
                    self.add(statement, statement.setting_span(), ProblemKind::Invalid { message, instead: None });
                    return;
                };
                if statement.text(1) == "send-binary" {
                    self.bytes(statement, sent);
                }
                self.check_settings(statement, 3, OF_SEND);
            }
            "expect" => self.expect(statement, if is_http { HTTP_PATTERNS } else { TCP_PATTERNS }),
            "comment" if statement.word(2).is_none() => {
                let message = format!("`{}` needs a text", statement.setting());
                self.add(statement, statement.setting_span(), ProblemKind::Invalid { message, instead: None });
            }
            "send-state" | "disable-on-404" => self.most(statement, &statement.setting(), 2),
            _ => {}
        }
    }

    /// Settings in any order.
    fn check_settings(&mut self, statement: &Statement, from: usize, settings: &[Setting]) {
        let mut at = from;
        while let Some(word) = statement.word(at) {
            let Some((_, words)) = settings.iter().find(|(name, _)| *name == word.text) else {
                let names: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
                let near = did_you_mean(word.text, names.iter().copied()).map(|near| (near.to_owned(), false));
                let message =
                    format!("`{}` is no word of `{}`: it takes {}", word.text, statement.setting(), names.join(", "));
                self.invalid(statement, word, message, near);
                return;
            };
            if self.lacks_value(statement, at, *words) {
                return;
            }
            at += 1 + words;
        }
    }

    /// Reports a setting without its words.
    fn lacks_value(&mut self, statement: &Statement, at: usize, words: usize) -> bool {
        let lacks = statement.word(at + words).is_none();
        if lacks {
            let name = statement.text(at);
            let what = if words == 1 { "a value".to_owned() } else { format!("{words} words") };
            self.invalid(statement, statement.at(at), format!("`{name}` needs {what}"), None);
        }
        lacks
    }

    /// `expect [SETTING VALUE]… [!]WHAT PATTERN [SETTING VALUE]…`
    fn expect(&mut self, statement: &Statement, patterns: &'static [&'static str]) {
        let mut at = 2;
        let mut seen = false;
        while let Some(word) = statement.word(at) {
            if OF_EXPECT.iter().any(|(name, _)| *name == word.text) {
                if self.lacks_value(statement, at, 1) {
                    return;
                }
                at += 2;
                continue;
            }
            let kind = word.text.trim_start_matches('!');
            if kind.is_empty() {
                at += 1;
                continue;
            }
            if !patterns.contains(&kind) || seen {
                let message = if seen {
                    format!("`{}` is one word too many: `{}` looks at one thing", word.text, statement.setting())
                } else {
                    format!(
                        "`{kind}` is nothing that `{}` looks at: it takes {}",
                        statement.setting(),
                        patterns.join(", ")
                    )
                };
                let near = did_you_mean(kind, patterns.iter().copied()).filter(|_| !seen);
                self.invalid(statement, word, message, near.map(|near| (near.to_owned(), false)));
                return;
            }
            seen = true;
            // What follows the name of a header is another grammar.
            if matches!(kind, "hdr" | "fhdr") {
                self.lacks_value(statement, at, 2);
                return;
            }
            if self.pattern(statement, at, kind) {
                return;
            }
            at += 2;
        }
        if !seen {
            let message = format!("`{}` needs a pattern, such as `{} …`", statement.setting(), patterns[0]);
            self.add(statement, statement.setting_span(), ProblemKind::Invalid { message, instead: None });
        }
    }

    /// What an answer is compared with; true when there is nothing.
    fn pattern(&mut self, statement: &Statement, at: usize, kind: &str) -> bool {
        let Some(pattern) = statement.word(at + 1).filter(|pattern| !pattern.is_empty()) else {
            self.invalid(statement, statement.at(at), format!("`{kind}` needs a pattern"), None);
            return true;
        };
        let in_codes = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b'-');
        match kind {
            "status" if pattern.is_known() && !pattern.text.bytes().all(in_codes) => {
                let message = format!("`{}` is not a list of status codes such as `200,300-399`", pattern.text);
                self.invalid(statement, pattern, message, None);
            }
            "binary" => self.bytes(statement, pattern),
            "rstatus" | "rstring" | "rbinary" => self.regex(statement, at + 1),
            _ => {}
        }
        false
    }

    /// Pairs of hexadecimal digits.
    fn bytes(&mut self, statement: &Statement, word: Word<'_>) {
        let is_hex = word.text.len().is_multiple_of(2) && word.text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if super::is_plain(word) && !is_hex {
            let message = format!("`{}` is not a text of bytes: it takes pairs of hexadecimal digits", word.text);
            self.invalid(statement, word, message, None);
        }
    }
}
