//! A value that PostgreSQL would refuse, and Patroni drops before PostgreSQL sees it.

use crate::model::{Document, Side};
use crate::parameter::{DcsOnly, Parameter, ValueFault};
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/parameter-bad-value", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    for setting in config.parameters(Side::Dynamic).chain(config.parameters(Side::Local)) {
        let name = setting.name();
        if DcsOnly::find(name).is_some() || config.is_unknown(setting.entry.value) {
            continue;
        }
        let Some(value) = setting.text() else { continue };
        let rows = Parameter::find(name, config.postgresql);
        let Some(last) = rows.last() else { continue };
        let Some(faults) = rows.iter().map(|row| row.check(value).err()).collect::<Option<Vec<_>>>() else { continue };
        let Some(fault) = faults.into_iter().next_back() else { continue };
        match fault {
            ValueFault::Unreadable(meant) => {
                let message = format!(
                    "`{name}: {value}` is no {}: Patroni drops the line and PostgreSQL uses its default",
                    last.describe()
                );
                let title = format!("write `{}`", meant.as_deref().unwrap_or_default());
                findings
                    .report(setting.span(), message)
                    .suggest(title, meant.map(|meant| Edit::replace(setting.span(), meant)));
            }
            ValueFault::Below(bound) | ValueFault::Above(bound) => {
                let side = if matches!(fault, ValueFault::Below(_)) { "below the least" } else { "above the greatest" };
                findings
                    .report(setting.span(), format!("`{name}: {value}` is {side} value, Patroni uses {bound}"))
                    .severity(Severity::Warning);
            }
        }
    }
}
