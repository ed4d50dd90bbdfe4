//! A value that is not of the key's type.

use crate::model::Ipsec;
use crate::value::{Misfit, Outcome, misfit};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/invalid-value", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    for (section, setting) in model.conf.all_settings().filter(|(_, setting)| !setting.hole) {
        let Some(Misfit { expected, near, outcome, repair }) = misfit(setting, section.kind, &model.program) else {
            continue;
        };
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let consequence = match &outcome {
            Outcome::File => model.program.refuses_file().to_owned(),
            Outcome::Conn => "this conn is dropped".to_owned(),
            Outcome::Default(default) => format!("the default {default} is used"),
        };
        let separator = if near.is_empty() { ": " } else { " " };
        let message =
            format!("`{}={}`: expected {expected}{near}{separator}{consequence}", setting.name, setting.value);
        let mut report = findings.report(setting.value_span, message);
        if matches!(outcome, Outcome::Default(_)) {
            report = report.severity(Severity::Warning).category(Category::Outage);
        }
        if let Some(repair) = repair {
            let title = format!("write `{repair}`");
            report.suggest_as(Safety::Safe, title, [Edit::replace(setting.value_span, repair)]);
        }
    }
}
