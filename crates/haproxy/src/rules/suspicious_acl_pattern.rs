//! A word among the patterns of an ACL that was meant as an operator or a flag, or a pattern that cannot match.

use crate::model::{Criterion, Haproxy, Statement};
use crate::syntax::Word;
use crate::table::Context as Keywords;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/suspicious-acl-pattern", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for statement in &haproxy.odd_criteria {
        for criterion in statement.criteria() {
            if criterion.ends_flags {
                continue;
            }
            match stray(&criterion) {
                Some(word) => {
                    findings
                        .report(word.span, format!("`{}` is a pattern here, not an operator or flag", word.text))
                        .help(
                            "alternatives are several `acl` lines of one name; flags stand in front of the first value",
                        )
                        .suggest("write it as it is meant", rewritten(statement, &criterion, word));
                }
                None => impossible(&criterion, findings),
            }
        }
    }
}

const OPERATORS: &[&str] = &["or", "||", "and", "&&", "//", "#"];
const FLAGS: &[&str] = &["-i", "-m", "-f", "-n"];

fn compares_text(criterion: &Criterion<'_>) -> bool {
    let alias =
        ["_beg", "_end", "_sub", "_dir", "_dom", "_reg"].iter().any(|ending| criterion.fetch().ends_with(ending));
    alias
        || criterion
            .method()
            .is_some_and(|method| matches!(method, "str" | "beg" | "end" | "sub" | "dir" | "dom" | "reg"))
}

fn stray<'a>(criterion: &Criterion<'a>) -> Option<Word<'a>> {
    let values = criterion.values;
    if let Some(first) =
        values.first().filter(|first| first.text.starts_with('(') && !first.is_quoted() && !compares_text(criterion))
    {
        return Some(first);
    }
    values.iter().enumerate().skip(1).map(|(index, word)| (word, index + 1 < values.len())).find_map(|(word, more)| {
        let text = word.text;
        let operator = OPERATORS.contains(&text) || FLAGS.contains(&text);
        let looks = text.contains(['_', '.', '(']) && !text.contains('/');
        let fetch = more && compares_text(criterion) && looks && names_fetch(text);
        ((operator || fetch) && !word.is_quoted()).then_some(word)
    })
}

/// The flag in front of the first value, or the alternative on a line of its own.
fn rewritten(statement: &Statement, criterion: &Criterion<'_>, word: Word<'_>) -> Vec<Edit> {
    let at = criterion.values.iter().position(|value| value.span == word.span).filter(|_| statement.is("acl"));
    let before = at.and_then(|at| criterion.values.get(at.checked_sub(1)?));
    let (Some(at), Some(first), Some(before)) = (at, criterion.values.first(), before) else { return Vec::new() };
    let next = criterion.values.get(at + 1);
    match (word.text, next) {
        ("-i" | "-n", _) => vec![
            Edit::insert_before(first.span, format!("{} ", word.text)),
            Edit::delete(before.span.after().to(word.span)),
        ],
        ("or" | "||", Some(next)) if names_fetch(next.text) => {
            let line = format!("\n    acl {} ", statement.text(1));
            vec![Edit::replace(before.span.after().to(next.span.before()), line)]
        }
        ("or" | "||", Some(_)) => vec![Edit::delete(before.span.after().to(word.span))],
        _ => Vec::new(),
    }
}

fn names_fetch(text: &str) -> bool {
    let name = text.split('(').next().unwrap_or(text);
    Keywords::Fetch.find(name).is_some() || Keywords::AclAlias.find(name).is_some()
}

/// Patterns that the fetch never gives.
fn impossible(criterion: &Criterion<'_>, findings: &mut Findings) {
    let Some(expression) = criterion.expression.as_ref().filter(|expression| expression.converters.is_empty()) else {
        return;
    };
    if criterion.has_flag("-f") || criterion.values.is_empty() {
        return;
    }
    let of_host = || expression.fetch.argument(0).is_some_and(|header| header.eq_ignore_ascii_case("host"));
    let fetch = expression.fetch.name;
    let exact = matches!(criterion.method(), None | Some("str" | "beg"));
    let path = matches!(fetch, "path" | "path_beg")
        && exact
        && !(fetch == "path" && criterion.method().is_none() && criterion.has_flag("-f"));
    let host = (matches!(fetch, "hdr" | "req.hdr" | "hdr_beg" | "hdr_end" | "hdr_dom") && of_host())
        || matches!(fetch, "ssl_fc_sni" | "req.ssl_sni" | "req_ssl_sni");
    for value in criterion.values.iter().filter(|value| value.is_known() && !value.text.contains(['$', '%'])) {
        let text = value.text;
        if path && !text.starts_with('/') && !text.is_empty() && text != "*" {
            let first = text.chars().next().unwrap_or(' ');
            findings.report(value.span, format!("a path never starts with `{first}`: this ACL cannot match"));
        } else if host && text.contains('/') {
            findings.report(value.span, "a host name holds no `/`: this ACL cannot match");
        } else if host
            && !criterion.has_flag("-i")
            && text.chars().any(|c| c.is_ascii_uppercase())
            && criterion.method() != Some("reg")
        {
            findings
                .report(
                    value.span,
                    format!("`{text}` is compared letter by letter, and clients send host names in lower case"),
                )
                .help("put `-i` in front of the value");
        }
    }
}
