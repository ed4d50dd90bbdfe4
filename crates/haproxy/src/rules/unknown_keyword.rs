//! A word that HAProxy does not know at this place.

use crate::model::{Haproxy, Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/unknown-keyword", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for Problem { kind, span, branch, .. } in &haproxy.problems {
        let (severity, category) = haproxy.refused(*branch);
        match kind {
            ProblemKind::Unknown { what, word, near } => {
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let report = findings
                    .report(*span, format!("unknown {what} `{word}`{hint}"))
                    .severity(severity)
                    .category(category);
                if let Some(near) = near {
                    report.suggest(format!("write `{near}`"), [Edit::replace(*span, *near)]);
                }
            }
            ProblemKind::TooNew { word, since: (major, minor, _) } => {
                let target = context
                    .version("haproxy")
                    .map(|target| format!("{}.{}", target.major, target.minor))
                    .unwrap_or_default();
                let message = format!("`{word}` needs HAProxy {major}.{minor} or later; the target is {target}");
                findings.report(*span, message).severity(severity).category(category);
            }
            _ => {}
        }
    }
}
