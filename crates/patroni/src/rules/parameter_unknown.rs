//! A parameter that this PostgreSQL does not have: Patroni drops it.

use crate::Document;
use crate::model::{Config, Parameters, Setting};
use crate::parameter::{DcsOnly, Parameter};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, nearest};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/parameter-unknown", check: each_part!(check) };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(parameters) = Parameters::of(document) else { return };
    for setting in parameters.all() {
        one(parameters, &setting, findings);
    }
    for setting in parameters.config().into_iter().flat_map(Config::recovery_settings) {
        one(parameters, &setting, findings);
    }
}

fn one(parameters: Parameters<'_>, setting: &Setting<'_>, findings: &mut Findings) {
    let name = setting.name();
    let passes = name.contains('.') || name.is_empty() || setting.is_merge() || DcsOnly::find(name).is_some();
    let managed = parameters.config().is_some();
    if passes || crate::hba::has_placeholder(name) {
        return;
    }
    let effect = if managed { "Patroni drops it" } else { "PostgreSQL does not start" };
    let rows = Parameter::find(name, None);
    if let Some(row) = rows.last() {
        if row.is_internal {
            findings
                .report(setting.key_span(), format!("`{name}` can only be read, and {effect}"))
                .severity(if managed { Severity::Warning } else { Severity::Error })
                .category(if managed { Category::Maintainability } else { Category::Invalid });
            return;
        }
        let Some(major) = parameters.postgresql().filter(|major| Parameter::find(name, Some(*major)).is_empty()) else {
            return;
        };
        let since = match (Parameter::removed_in(name), Parameter::added_in(name)) {
            (Some(removed), _) if removed <= major => format!(", removed in {removed}"),
            (_, Some(added)) if added > major => format!(", added in {added}"),
            _ => String::new(),
        };
        findings
            .report(setting.key_span(), format!("PostgreSQL {major} has no parameter `{name}`{since}: {effect}"))
            .severity(if managed { Severity::Warning } else { Severity::Error })
            .category(if managed { Category::Outage } else { Category::Invalid });
        return;
    }
    let near = Parameter::near(name);
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let candidates = || Parameter::names().filter(|other| nearest(name, [*other], 1).is_some()).count();
    let safety = if near.is_some() && candidates() == 1 { Safety::Safe } else { Safety::Unsafe };
    findings
        .report(setting.key_span(), format!("PostgreSQL has no parameter `{name}`: {effect}{hint}"))
        .severity(if near.is_some() || !managed { Severity::Error } else { Severity::Warning })
        .category(if managed { Category::Outage } else { Category::Invalid })
        .suggest_as(safety, "correct the name", near.map(|near| Edit::replace(setting.key_span(), near)));
}
