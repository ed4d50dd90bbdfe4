//! A value that HAProxy refuses.

use crate::model::{Haproxy, Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/invalid-value", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    for Problem { kind, span, branch, .. } in &haproxy.problems {
        let ProblemKind::Invalid { message, instead } = kind else { continue };
        let (severity, category) = haproxy.refused(*branch);
        let report = findings.report(*span, message.clone()).severity(severity).category(category);
        if let Some((instead, meant)) = instead {
            let safety = if *meant { Safety::Safe } else { Safety::Unsafe };
            report.suggest_as(safety, format!("write `{instead}`"), [Edit::replace(*span, instead.clone())]);
        }
    }
}
