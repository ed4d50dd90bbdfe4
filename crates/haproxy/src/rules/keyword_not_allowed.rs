//! A known keyword where HAProxy refuses it.

use crate::model::{Haproxy, Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/keyword-not-allowed", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for Problem { kind, span, branch, statement } in &haproxy.problems {
        let ProblemKind::NotAllowed { word, place, deletable } = kind else { continue };
        let (severity, category) = haproxy.refused(*branch);
        let message = if place.starts_with("a negation") {
            format!("`{word}` does not exist: HAProxy refuses the file")
        } else {
            format!("`{word}` is not allowed in {place}: HAProxy refuses the file")
        };
        let report = findings.report(*span, message).severity(severity).category(category);
        let Some(statement) = statement else { continue };
        if *deletable {
            report.suggest_as(Safety::Safe, "delete the line", [statement.delete()]);
        } else if let Some(word) = haproxy.frontend_of(statement)
            && matches!(statement.keyword(), "server" | "server-template" | "default-server")
        {
            report.suggest_as(Safety::Unsafe, "make it a `listen`", [Edit::replace(word, "listen")]);
        }
    }
    for user in haproxy.misused_defaults() {
        let (severity, category) = haproxy.refused(user.statement.branch);
        let message =
            format!("`{}` rules in {} cannot be used by {}", user.statement.keyword(), user.defaults.title(), user.by);
        findings
            .report(user.statement.keyword_span(), message)
            .severity(severity)
            .category(category)
            .label(user.header, "used here");
    }
}
