//! A bare number of milliseconds that was probably meant in seconds.

use crate::model::{Haproxy, Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/time-without-unit", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for Problem { kind, span, .. } in &haproxy.problems {
        let ProblemKind::SmallTime { setting, number } = kind else { continue };
        findings
            .report(
                *span,
                format!("`{setting} {number}` is {number} milliseconds; write `{number}s` if seconds were meant"),
            )
            .severity(if *number < 100 { Severity::Warning } else { Severity::Info })
            .suggest_as(Safety::Unsafe, "make it seconds", [Edit::insert_after(*span, "s")])
            .suggest_as(Safety::Unsafe, "keep the meaning and say so", [Edit::insert_after(*span, "ms")]);
    }
}
