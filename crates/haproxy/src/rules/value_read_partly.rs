//! A number or time of which HAProxy reads the beginning only.

use crate::model::{Haproxy, Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/value-read-partly", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for Problem { kind, span, .. } in &haproxy.problems {
        let ProblemKind::ReadPartly { setting, read, instead, time } = kind else { continue };
        let message = format!("`{setting} {}` is read as {read}", context.text(*span));
        let (severity, safety) =
            if *time { (Severity::Warning, Safety::Safe) } else { (Severity::Error, Safety::Unsafe) };
        let report = findings.report(*span, message).severity(severity);
        if let Some(instead) = instead {
            report.suggest_as(safety, format!("write `{instead}`"), [Edit::replace(*span, instead.clone())]);
        }
    }
}
