//! A number with a unit behind it where only the digits count.

use crate::model::{Document, Problem, ProblemKind};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/number-suffix-ignored", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    for Problem { span, kind } in &conf.problems {
        let ProblemKind::Suffix { key, reads_as, unit, meant } = kind else { continue };
        let value = ctx.text(*span);
        let unit = unit.map(|unit| format!(": `{key}` is in {unit}")).unwrap_or_default();
        let instead = meant.map(|number| format!(", write `{number}`")).unwrap_or_default();
        let report =
            findings.report(*span, format!("`{value}` is read as {reads_as} (the rest is ignored){unit}{instead}"));
        let report = if key.starts_with("sentinel ") { report } else { report.severity(Severity::Warning) };
        if let Some(number) = meant {
            report.suggest(format!("write `{number}`"), [Edit::replace(*span, number.to_string())]);
        }
    }
}
