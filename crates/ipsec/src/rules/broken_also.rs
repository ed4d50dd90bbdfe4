//! An `also` that leads nowhere, in a circle, or has no effect.

use crate::model::{AlsoFault, Ipsec};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/broken-also", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let program = &model.program;
    for problem in &model.also_problems {
        let setting = model.setting(problem.setting);
        let (span, name) = (setting.value_span, &setting.value);
        match &problem.fault {
            AlsoFault::Missing { near } => {
                let consequence = match program.dialect {
                    crate::Dialect::Strongswan => "strongSwan refuses the whole configuration",
                    crate::Dialect::Libreswan => "libreswan loads this conn without it",
                    crate::Dialect::Unknown => "the settings it should bring are missing",
                };
                let question = near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let separator = if question.is_empty() { ": " } else { " " };
                let mut report =
                    findings.report(span, format!("`also={name}`: no such conn{question}{separator}{consequence}"));
                if model.incomplete {
                    report = report.severity(Severity::Info).category(Category::Outage);
                } else if !program.is_strongswan() {
                    report = report.category(Category::Outage);
                }
                if let Some(near) =
                    near.as_ref().filter(|near| confvet_core::nearest(name, [near.as_str()], 1).is_some())
                {
                    report.suggest_as(Safety::Safe, format!("write `{near}`"), [Edit::replace(span, near.as_str())]);
                }
            }
            AlsoFault::Loop(names) if program.is_strongswan() => {
                let path = names.join(" → ");
                findings.report(span, format!("`also` loop: {path}: strongSwan refuses the whole configuration"));
            }
            AlsoFault::Loop(_) => {}
            AlsoFault::InDefault => {
                let report = findings.report(span, "`also` in `%default` is ignored");
                let report = if program.is_libreswan_since((5, 0, 0)) {
                    report
                } else {
                    report.severity(Severity::Warning).category(Category::Outage)
                };
                report.suggest_as(Safety::Unsafe, "remove it", [Edit::delete(setting.span())]);
            }
            AlsoFault::NamesDefault => {
                findings
                    .report(span, "`also=%default` is ignored: every conn inherits from it already")
                    .severity(Severity::Info)
                    .category(Category::Maintainability)
                    .suggest_as(Safety::Unsafe, "remove it", [Edit::delete(setting.span())]);
            }
        }
    }
}
