//! A known keyword where HAProxy ignores it with a warning.

use crate::model::{Haproxy, Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Map, Rule, Severity, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/keyword-ignored", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let mut lacking: Map<(Span, &str), bool> = Map::new();
    for Problem { kind, span, branch, statement } in &haproxy.problems {
        let (ProblemKind::Ignored { word }, Some(statement)) = (kind, statement) else { continue };
        if !haproxy.is_certain(*branch) {
            continue;
        }
        let header = haproxy.header_of(statement);
        let place = context.text(header);
        let lost = matches!(word.as_str(), "use_backend" | "default_backend" | "bind" | "maxconn")
            || (matches!(word.as_str(), "timeout server" | "timeout connect")
                && *lacking.or_insert_with((header, word), || haproxy.lacks_in_backends(statement, word)));
        let severity = if lost { Severity::Error } else { Severity::Warning };
        let report = findings
            .report(*span, format!("`{word}` does nothing in `{place}`"))
            .severity(severity)
            .label(header, "ignored here");
        match word.as_str() {
            "maxconn" => {
                report
                    .help("`fullconn` is the backend's word; `maxconn` on each server limits the servers")
                    .suggest("write `fullconn`", [Edit::replace(*span, "fullconn")]);
            }
            _ => {
                let other = if place.starts_with("frontend") { "backend" } else { "frontend" };
                report.help(format!("put it in the {other} or in defaults")).suggest(
                    format!("move it to the {other}"),
                    haproxy.moved(statement, context.text(statement.span())),
                );
            }
        }
    }
}
