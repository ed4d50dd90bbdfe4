//! A value that Patroni refuses for a parameter of its own, and replaces by its default.

use crate::Document;
use crate::model::{Config, Side};
use crate::parameter::{DcsOnly, with_right_unit};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/parameter-below-minimum", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    for setting in config.parameters(Side::Dynamic) {
        let Some(parameter) = DcsOnly::find(setting.name()) else { continue };
        let Some(value) = setting.text().filter(|_| !setting.is_unknown()) else { continue };
        if parameter.accepts(value) {
            continue;
        }
        let DcsOnly { name, default, least } = parameter;
        let unit = if *name == "wal_keep_size" { "MB" } else { "" };
        let why = match least {
            Some(least) if crate::parameter::quantity(value, unit).is_some() => {
                format!("is below Patroni's minimum {least}{unit}")
            }
            _ => "is not accepted".to_owned(),
        };
        let minimum = least.map(|least| format!("{least}{unit}"));
        let corrected = with_right_unit(value, unit).filter(|corrected| parameter.accepts(corrected));
        let report = findings
            .report(setting.span(), format!("`{name}: {value}` {why}, so Patroni uses its default {default}"))
            .category(config.category(setting.span(), Category::Outage));
        match (corrected, minimum) {
            (Some(corrected), _) => {
                let edit = Edit::replace(setting.span(), &*corrected);
                report.suggest_as(Safety::Safe, format!("write `{corrected}`"), [edit]);
            }
            (None, Some(minimum)) => {
                let edit = Edit::replace(setting.span(), &*minimum);
                report.suggest(format!("set the minimum `{minimum}`"), [edit]);
            }
            (None, None) => {
                report.help(format!("leave it out for the default `{default}`"));
            }
        }
    }
}
