//! A value that PostgreSQL refuses; Patroni drops it before PostgreSQL sees it.

use crate::Document;
use crate::model::{Parameters, Setting};
use crate::parameter::{DcsOnly, Parameter, ValueFault};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/parameter-bad-value", check: each_part!(check) };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(parameters) = Parameters::of(document) else { return };
    for setting in parameters.all() {
        one(parameters, &setting, findings);
    }
    if let Document::Conf(file) = document {
        for &line in &file.unreadable {
            let message = format!("PostgreSQL cannot read `{}` and does not start", ctx.text(line));
            findings
                .report(line, message)
                .category(Category::Invalid)
                .help("write `name = value`, and texts in single quotes");
        }
    }
}

fn one(parameters: Parameters<'_>, setting: &Setting<'_>, findings: &mut Findings) {
    let name = setting.name();
    let managed = parameters.config().is_some();
    if (managed && DcsOnly::find(name).is_some()) || setting.is_unknown() {
        return;
    }
    let Some(value) = setting.text() else { return };
    let rows = Parameter::find(name, parameters.postgresql());
    let Some(last) = rows.last() else { return };
    let Some(faults) = rows.iter().map(|row| row.check(value).err()).collect::<Option<Vec<_>>>() else { return };
    let Some(fault) = faults.into_iter().next_back() else { return };
    let (effect, category) = if managed {
        let default =
            last.default(parameters.postgresql()).map_or("its default".to_owned(), |value| format!("`{value}`"));
        (format!("Patroni drops the line and PostgreSQL uses {default}"), Category::Outage)
    } else {
        ("PostgreSQL does not start".to_owned(), Category::Invalid)
    };
    match fault {
        ValueFault::Unreadable(meant) => {
            let report = findings
                .report(setting.span(), format!("`{name}: {value}` is no {}: {effect}", last.describe()))
                .category(category);
            match (meant, last.meant_by_m(value)) {
                (Some(meant), _) => {
                    let title = format!("write `{meant}`");
                    report.suggest_as(Safety::Safe, title, [Edit::replace(setting.span(), setting.in_quotes(&meant))]);
                }
                (None, Some(guess)) => {
                    let title = format!("write `{guess}`");
                    report.suggest_as(
                        Safety::Unsafe,
                        title,
                        [Edit::replace(setting.span(), setting.in_quotes(&guess))],
                    );
                }
                (None, None) => {}
            }
        }
        ValueFault::Below(bound) | ValueFault::Above(bound) => {
            let side = if matches!(fault, ValueFault::Below(_)) { "below the least" } else { "above the greatest" };
            let effect = if managed { format!("Patroni uses {bound}") } else { effect };
            findings
                .report(setting.span(), format!("`{name}: {value}` is {side} value {bound}: {effect}"))
                .severity(if managed { Severity::Warning } else { Severity::Error })
                .category(category);
        }
    }
}
