//! An entry of `map`, `geo`, `types` or `split_clients` that does not fit.

use crate::model::Nginx;
use crate::syntax::Fault;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/map-entry", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for problem in nginx.trees().iter().flat_map(|tree| tree.problems.iter()) {
        let (Fault::Quantifier { entry: true }, Some(word)) = (problem.fault, problem.related) else { continue };
        let report = findings.report(word, "`{` in an entry must be quoted (nginx: unexpected \"{\")");
        if !ctx.text(word).contains(['"', '\'']) {
            let quoted = format!("\"{}\"", ctx.text(word));
            report.suggest_as(Safety::Safe, "quote the key", [Edit::replace(word, quoted)]);
        }
    }
    for fault in nginx.entry_faults() {
        let mut report = findings.report(fault.span, fault.message);
        if let Some(earlier) = fault.earlier {
            report = report.label(earlier, "here first");
        }
        if fault.only_warned {
            report = report.severity(Severity::Warning).category(Category::Outage);
        }
        let _ = report;
    }
}
