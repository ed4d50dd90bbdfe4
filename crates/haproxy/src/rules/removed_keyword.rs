//! A keyword that the target no longer has.

use crate::model::{Haproxy, Problem, ProblemKind, Statement};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/removed-keyword", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for Problem { kind, span, branch, statement } in &haproxy.problems {
        let ProblemKind::Removed { word, version: (major, minor, _), replacement } = kind else { continue };
        let (severity, category) = haproxy.refused(*branch);
        let mut message = format!("`{word}` was removed in HAProxy {major}.{minor}");
        if !replacement.is_empty() {
            message = format!("{message}; use {replacement}");
        }
        let report = findings.report(*span, message).severity(severity).category(category);
        if let Some(edit) = statement.as_ref().and_then(|statement| rewrite(statement, context)) {
            report.suggest_as(Safety::Safe, "write it the new way", [edit]);
        }
    }
    if !haproxy.at_least((2, 7, 0)) {
        return;
    }
    for (statement, version) in haproxy.headers_in_version_words() {
        let (severity, category) = haproxy.refused(statement.branch);
        findings
            .report(
                version.span,
                "headers hidden in the version of `option httpchk` were removed in HAProxy 2.7; use `http-check send`",
            )
            .severity(severity)
            .category(category)
            .suggest_as(Safety::Safe, "send them with `http-check send`", statement.with_headers_sent(version));
    }
}

/// The same statement as newer versions write it, where the meaning is exactly the same.
fn rewrite(statement: &Statement, context: &Context<'_>) -> Option<Edit> {
    let rest = |from: usize| {
        let first = statement.word(from)?;
        Some(context.text(first.span.to(statement.words().last()?.span)))
    };
    let text = match statement.keyword() {
        "block" => format!("http-request deny {}", rest(1)?),
        "redispatch" | "redisp" => "option redispatch".to_owned(),
        "contimeout" => format!("timeout connect {}", rest(1)?),
        "clitimeout" => format!("timeout client {}", rest(1)?),
        "srvtimeout" => format!("timeout server {}", rest(1)?),
        "monitor-net" => format!("http-request return status 200 if {{ src {} }}", rest(1)?),
        "reqadd" | "rspadd" => {
            let header = statement.word(1).filter(|header| header.is_known() && !header.is_quoted())?;
            let (name, value) = header.text.split_once(": ")?;
            if value.is_empty() || value.contains([' ', '%', '"', '\'', '\\', '#']) {
                return None;
            }
            let set = if statement.is("reqadd") { "http-request" } else { "http-response" };
            let condition = rest(2).map(|condition| format!(" {condition}")).unwrap_or_default();
            format!("{set} add-header {name} {value}{condition}")
        }
        _ => return None,
    };
    Some(Edit::replace(statement.span(), text))
}
