//! Indentation is syntax: settings are indented, section headers are not.

use crate::model::Ipsec;
use crate::syntax::conf::ProblemKind;
use confvet_core::{Category, Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/indentation", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for problem in &model.conf.problems {
        let text = context.text(problem.span);
        let lost = model.program.refuses_file();
        match problem.kind {
            ProblemKind::ColumnZero => {
                findings
                    .report(problem.span, format!("setting `{text}` must be indented; {lost}"))
                    .suggest("indent the setting", [Edit::insert_before(problem.span, "\t")]);
            }
            ProblemKind::IndentedHeader => {
                findings
                    .report(problem.span, format!("section header `{text}` must start in column 0; {lost}"))
                    .suggest("remove the white space", [Edit::delete(problem.context)]);
            }
            ProblemKind::BeforeSection => {
                let strongswan = if model.program.is_libreswan() { "" } else { ": strongSwan drops it silently" };
                let refused = model.program.surely(problem.refused_by);
                let category = if refused { Category::Invalid } else { Category::Outage };
                findings
                    .report(problem.span, format!("setting `{text}` stands before any section{strongswan}"))
                    .category(category);
            }
            _ => {}
        }
    }
}
