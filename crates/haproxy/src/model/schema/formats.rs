//! Log-format strings: what stands behind a percent sign.

use super::{ProblemKind, Schema};
use crate::model::{Expression, SectionKind, Statement};
use crate::syntax::Word;
use crate::table::keyword;
use std::ops::Range;

/// The aliases of the manual, chapter "Custom log format"; sorted.
const ALIASES: &[&str] = &[
    "B", "CC", "CS", "H", "HM", "HP", "HPO", "HQ", "HU", "HV", "ID", "OG", "ST", "T", "TR", "Ta", "Tc", "Td", "Th",
    "Ti", "Tl", "Tq", "Tr", "Ts", "Tt", "Tu", "Tw", "U", "ac", "b", "bc", "bi", "bp", "bq", "ci", "cp", "f", "fc",
    "fi", "fp", "ft", "hr", "hrl", "hs", "hsl", "lc", "ms", "o", "pid", "r", "rc", "rt", "s", "sc", "si", "sp", "sq",
    "sslc", "sslv", "t", "tr", "trg", "trl", "ts", "tsc",
];

/// What is wrong in a format, and where in its text.
fn problem(word: Word<'_>) -> Option<(Range<usize>, String)> {
    let text = word.text;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(percent) = memchr::memchr(b'%', &bytes[at..]).map(|length| at + length) {
        let mut next = percent + 1;
        let mut flags = false;
        if bytes.get(next) == Some(&b'{') {
            let Some(close) = memchr::memchr(b'}', &bytes[next..]) else {
                return Some((percent..text.len(), format!("`{}` has no `}}`", &text[percent..])));
            };
            next += close + 1;
            flags = true;
        }
        match bytes.get(next) {
            None if flags => return Some((percent..next, format!("`{}` has no name behind it", &text[percent..next]))),
            None => return Some((percent..next, "a lone `%` ends the format: write `%%`".to_owned())),
            Some(b'%') if !flags => at = next + 1,
            Some(b'[') => {
                let close = Expression::end_at(word, next + 1).filter(|&end| bytes.get(end) == Some(&b']'));
                let close = close.or_else(|| memchr::memchr(b']', &bytes[next..]).map(|length| next + length));
                match close {
                    Some(close) => at = close + 1,
                    None => return Some((percent..text.len(), format!("`{}` has no `]`", &text[percent..]))),
                }
            }
            Some(first) if first.is_ascii_alphabetic() => {
                let length = bytes[next..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                let name = &text[next..next + length];
                if ALIASES.binary_search(&name).is_err() {
                    let message = format!("there is no format alias `%{name}`: write `%%` for a percent sign");
                    return Some((percent..next + length, message));
                }
                at = next + length;
            }
            Some(_) if flags => {
                return Some((percent..next, format!("`{}` has no name behind it", &text[percent..next])));
            }
            Some(b' ' | b'0'..=b'9') => {
                return Some((percent..next, "`%` starts a format alias: write `%%` for a percent sign".to_owned()));
            }
            Some(_) => at = next,
        }
    }
    None
}

impl Schema<'_> {
    /// The words of a statement that are log-format strings.
    pub(super) fn formats(&mut self, statement: &Statement, kind: SectionKind) {
        match statement.id() {
            // A defaults section is read for those who inherit from it.
            keyword::LOG_FORMAT | keyword::LOG_FORMAT_SD | keyword::ERROR_LOG_FORMAT | keyword::UNIQUE_ID_FORMAT
                if kind != SectionKind::Defaults || !self.haproxy.is_part() =>
            {
                self.format(statement, 1);
            }
            keyword::USE_BACKEND | keyword::USE_SERVER => self.format(statement, 1),
            keyword::HTTP_REQUEST | keyword::HTTP_RESPONSE | keyword::HTTP_AFTER_RESPONSE => {
                self.formats_of_action(statement, 1);
            }
            keyword::TCP_REQUEST | keyword::TCP_RESPONSE => self.formats_of_action(statement, 2),
            keyword::HTTP_CHECK | keyword::TCP_CHECK => self.formats_of_check(statement),
            _ => {}
        }
    }

    fn formats_of_action(&mut self, statement: &Statement, at: usize) {
        let Some(action) = statement.action() else { return };
        match action.keyword {
            keyword::SET_HEADER
            | keyword::ADD_HEADER
            | keyword::EARLY_HINT
            | keyword::REPLACE_PATH
            | keyword::REPLACE_PATHQ
            | keyword::REPLACE_URI => self.format(statement, at + 2),
            keyword::REPLACE_HEADER | keyword::REPLACE_VALUE => self.format(statement, at + 3),
            keyword::SET_PATH
            | keyword::SET_PATHQ
            | keyword::SET_QUERY
            | keyword::SET_URI
            | keyword::SET_METHOD
            | keyword::SET_VAR_FMT_CALL
            | keyword::ADD_ACL_CALL
            | keyword::DEL_ACL_CALL
            | keyword::DEL_MAP_CALL => self.format(statement, at + 1),
            keyword::SET_MAP_CALL => {
                self.format(statement, at + 1);
                self.format(statement, at + 2);
            }
            keyword::REDIRECT => self.formats_behind(statement, at + 1, &["location", "prefix", "scheme"]),
            keyword::RETURN | keyword::DENY | keyword::TARPIT => {
                self.formats_behind(statement, at + 1, &["lf-string", "hdr"]);
            }
            _ => {}
        }
    }

    fn formats_of_check(&mut self, statement: &Statement) {
        match statement.text(1).split('(').next().unwrap_or_default() {
            "send" if statement.is("http-check") => {
                self.formats_behind(statement, 2, &["uri-lf", "body-lf", "hdr"]);
            }
            "send-lf" | "set-var-fmt" => self.format(statement, 2),
            "expect" => self.formats_behind(statement, 2, &["on-success", "on-error"]),
            _ => {}
        }
    }

    /// The values of some settings; that of `hdr` stands behind the name of the header.
    fn formats_behind(&mut self, statement: &Statement, from: usize, settings: &[&str]) {
        let end = statement.without_condition().len();
        let mut at = from;
        while at < end {
            let name = statement.text(at);
            at += match (settings.contains(&name), name) {
                (true, "hdr") => {
                    self.format(statement, at + 2);
                    3
                }
                (true, _) => {
                    self.format(statement, at + 1);
                    2
                }
                // The value of another setting may have the name of one of these.
                (
                    false,
                    "status" | "code" | "content-type" | "string" | "deny_status" | "meth" | "uri" | "ver" | "body",
                ) => 2,
                (false, _) => 1,
            };
        }
    }

    fn format(&mut self, statement: &Statement, at: usize) {
        let Some(word) = statement.word(at).filter(|word| word.text.contains('%') && !word.is_variable()) else {
            return;
        };
        if let Some((range, message)) = problem(word) {
            self.add(statement, word.slice(range), ProblemKind::Invalid { message, instead: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Lexer;
    use confvet_core::FileId;
    use std::sync::Arc;

    fn wrong(text: &str) -> Option<String> {
        let line = Arc::new(format!("log-format {text}\n"));
        let mut lexer = Lexer::new(FileId(0), &line);
        let cut = lexer.next_line().unwrap();
        let word = lexer.words.words_of(&cut).get(1).unwrap();
        problem(word).map(|(range, _)| word.text[range].to_owned())
    }

    #[test]
    fn the_aliases_are_sorted() {
        assert!(ALIASES.is_sorted());
    }

    #[test]
    fn percent_signs_start_something_or_are_doubled() {
        for text in [
            "100%%",
            "%ci:%cp",
            "%ci_a",
            "%{+Q}o\\ %t",
            "%{+Q}[src]",
            "%[src]]",
            "%_a",
            "a%,b",
            "%(a)",
            "%[req.hdr(a),regsub([a-z]],)]",
        ] {
            assert_eq!(wrong(text), None, "{text}");
        }
        for (text, part) in [
            ("100%", "%"),
            ("/a%20b", "%"),
            ("100%\\ a", "%"),
            ("%zz", "%zz"),
            ("%cia-", "%cia"),
            ("%{+Q", "%{+Q"),
            ("%{+Q}", "%{+Q}"),
            ("%{+Q}-", "%{+Q}"),
            ("a%[src", "%[src"),
        ] {
            assert_eq!(wrong(text).as_deref(), Some(part), "{text}");
        }
    }
}
