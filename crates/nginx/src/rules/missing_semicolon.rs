//! A directive that runs into the next one.

use crate::model::Nginx;
use crate::syntax::Fault;
use confvet_core::{Category, Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/missing-semicolon", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for problem in nginx.trees().iter().flat_map(|tree| tree.problems.iter()) {
        let Fault::MissingSemicolon { directive, silent } = problem.fault else { continue };
        let text = ctx.text(directive);
        let line = text.rfind('\n').map_or(text, |at| text[at + 1..].trim_start());
        let message = match problem.related {
            Some(next) => {
                format!("missing `;` after `{line}`: `{}` on the next line is read as its argument", ctx.text(next))
            }
            None => format!("missing `;` after `{line}`"),
        };
        let mut report = findings.report(problem.span, message);
        if let Some(next) = problem.related {
            report = report.label(next, "read as an argument");
        }
        if silent {
            report = report.category(Category::Outage);
        }
        report.suggest("insert `;`", [Edit::insert_after(problem.span, ";")]);
    }
}
