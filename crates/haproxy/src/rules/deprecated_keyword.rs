//! A keyword whose days are numbered.

use crate::model::{Haproxy, Problem, ProblemKind};
use crate::table::HaVersion;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/deprecated-keyword", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for Problem { kind, span, statement, .. } in &haproxy.problems {
        let ProblemKind::Deprecated { word, since, removed, replacement } = kind else { continue };
        let says = |what: &str, version: &Option<HaVersion>| {
            version.map(|(major, minor, _)| format!("{what} HAProxy {major}.{minor}"))
        };
        let history: Vec<String> =
            [says("deprecated since", since), says("removed in", removed)].into_iter().flatten().collect();
        let mut message = format!("`{word}` is {}", history.join(" and "));
        if !replacement.is_empty() {
            message = format!("{message}; use {replacement}");
        }
        let warns = haproxy.target.is_none_or(|target| since.is_some_and(|since| target >= since));
        let report = findings.report(*span, message).severity(if warns { Severity::Warning } else { Severity::Info });
        match statement.as_ref() {
            Some(statement) if statement.is("dispatch") => {
                report.suggest_as(Safety::Safe, "make it a server", [Edit::insert_before(statement.span(), "server ")]);
            }
            _ => {}
        }
    }
    let warns = haproxy.target.is_some_and(|target| target >= (2, 2, 0)) && !haproxy.at_least((2, 7, 0));
    let unknown = haproxy.target.is_none();
    if !warns && !unknown {
        return;
    }
    for (statement, version) in haproxy.headers_in_version_words() {
        let message = "headers hidden in the version of `option httpchk` are deprecated since HAProxy 2.2 and removed in HAProxy 2.7; use `http-check send`";
        let edit = statement.with_headers_sent(version);
        findings.report(version.span, message).suggest_as(Safety::Safe, "send them with `http-check send`", edit);
    }
}
