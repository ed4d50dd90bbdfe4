//! A variable outside double quotes, where HAProxy takes it literally.

use crate::model::{Haproxy, Statement};
use crate::syntax::Word;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/env-not-expanded", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for statement in haproxy.with_literal_variables() {
        for (index, word) in statement.words().iter().enumerate().filter(|(_, word)| word.has_literal_variable()) {
            let Some((variable, span)) = variable(word) else { continue };
            let address = statement.is_address(index);
            let default = variable.contains('-');
            if (address && !default)
                || statement.is_pattern(index)
                || matches!(statement.keyword(), "setenv" | "presetenv")
            {
                continue;
            }
            let message =
                format!("`{variable}` is not expanded outside double quotes: HAProxy uses the text `{variable}`");
            let severity = if address { Severity::Warning } else { Severity::Error };
            let report = findings.report(span, message).severity(severity);
            let quotable = !word.is_quoted() && !word.is_escaped() && !word.text.contains(['"', '\\']);
            if quotable {
                let edits = [Edit::insert_before(word.span, "\""), Edit::insert_after(word.span, "\"")];
                report.suggest_as(Safety::Safe, "put it in double quotes", edits);
            }
        }
    }
}

/// The first `$NAME` or `${…}` of a word.
fn variable(word: Word<'_>) -> Option<(&str, Span)> {
    let start = word.text.match_indices('$').map(|(at, _)| at).find(|&at| {
        let name = word.text[at + 1..].trim_start_matches('{');
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
    })?;
    let rest = &word.text[start..];
    let end = if rest.starts_with("${") {
        rest.find('}')? + 1
    } else {
        1 + rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len() - 1)
    };
    Some((&rest[..end], word.slice(start..start + end)))
}

impl Statement {
    /// Is the word an address, which HAProxy expands a second time?
    fn is_address(&self, index: usize) -> bool {
        match self.keyword() {
            "bind" | "log" | "dgram-bind" | "source" => index == 1,
            "server" | "peer" | "nameserver" | "mailer" | "dispatch" => {
                index == 2 || self.text(index - 1) == "addr" || self.text(index - 1) == "source"
            }
            "server-template" => index == 3,
            "stats" => self.text(1) == "socket" && index == 2,
            _ => false,
        }
    }

    /// Is the word a regular expression, or beside one, where `$` is an anchor?
    fn is_pattern(&self, index: usize) -> bool {
        let before = self.words().until(index);
        let regex = |word: Word<'_>| {
            let text = word.text;
            text.ends_with("_reg")
                || text.contains("_reg(")
                || text.contains("regsub")
                || text.contains("map_reg")
                || text.starts_with("replace-")
                || text == "reg"
        };
        before.iter().any(regex) || self.word(index).is_some_and(regex)
    }
}
