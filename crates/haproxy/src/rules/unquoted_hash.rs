//! A `#` in the middle of a word, where it starts a comment.

use crate::model::{Haproxy, Statement};
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/unquoted-hash", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for (hash, statement) in haproxy.cut_words() {
        let Some(last) = statement.words().last() else { continue };
        let kept = if last.is_secret() { "its beginning".to_owned() } else { format!("`{}`", last.text) };
        findings
            .report(hash.span, format!("`#` starts a comment here: the word is cut to {kept}"))
            .severity(if is_value(statement) { Severity::Error } else { Severity::Warning })
            .label(last.span, "cut")
            .help("write `\\#`, or quote the word")
            .suggest_as(Safety::Safe, "escape the `#`", [Edit::insert_before(hash.span, "\\")]);
    }
}

/// The cut word is a password, a location, a pattern or a header: it would never be a word with a comment behind it.
fn is_value(statement: &Statement) -> bool {
    let action = statement.text(1);
    match statement.keyword() {
        "stats" => action == "auth",
        "user" | "acl" | "redirect" => true,
        "http-request" | "http-response" => {
            matches!(
                action,
                "redirect"
                    | "set-header"
                    | "add-header"
                    | "replace-header"
                    | "replace-value"
                    | "set-path"
                    | "replace-path"
            ) || statement.condition().is_some_and(|condition| condition.criteria().next().is_some())
        }
        "use_backend" => statement.condition().is_some_and(|condition| condition.criteria().next().is_some()),
        _ => false,
    }
}
