//! A parameter that the family does not have, or a value that it does not take: AWS refuses the change.

use crate::cloud::{Allowed, Cloud, Notation, Parameter, ParameterInfo, Resource};
use crate::keys::Key;
use crate::model::Document;
use crate::value;
use confvet_core::{Category, Context, Edit, Findings, Map, Rule, Safety, Severity, did_you_mean};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/elasticache-parameter", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(cloud) = document.cloud() else { return };
    for group in cloud.groups() {
        let mut seen = Map::new();
        for parameter in &group.parameters {
            if let Some(first) = seen.insert(parameter.name.value.as_str(), parameter.name.span) {
                findings
                    .report(parameter.name.span, format!("`{}` is set twice in this group", parameter.name.value))
                    .label(first, "first set here");
            }
        }
        let Some(family) = group.family() else { continue };
        if ParameterInfo::of_family(family).is_empty() {
            unknown_family(group, family, findings);
            continue;
        }
        for parameter in &group.parameters {
            match ParameterInfo::find(family, &parameter.name.value) {
                None => unknown(cloud, family, parameter, findings),
                Some(info) => known(cloud, info, parameter, findings),
            }
        }
    }
}

fn unknown_family(group: &Resource, family: &str, findings: &mut Findings) {
    // Memcached shares the service and its resources.
    if family.starts_with("memcached") {
        return;
    }
    let Some(value) = group.attribute("family") else { return };
    let near = did_you_mean(family, ParameterInfo::families());
    let hint = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
    findings.report(value.span, format!("there is no family `{family}`{hint}")).suggest_as(
        Safety::Unsafe,
        "write the family",
        near.map(|near| Edit::replace(value.span, near)),
    );
}

fn unknown(cloud: &Cloud, family: &str, parameter: &Parameter, findings: &mut Findings) {
    let name = parameter.name.value.as_str();
    let span = parameter.name.span;
    let renamed = renamed(family, name);
    let instead = renamed.map(|new| format!(": use `{new}`")).unwrap_or_default();
    let report = findings.report(span, format!("`{name}` is not a parameter of family {family}{instead}"));
    // Of the newest families only a part is documented.
    let report = if matches!(family, "valkey8" | "valkey9") {
        report.severity(Severity::Warning).category(Category::Outage)
    } else {
        report
    };
    if let Some(new) = renamed.filter(|_| cloud.notation != Notation::Reply) {
        report.suggest_as(Safety::Safe, format!("write `{new}`"), [Edit::replace(span, new)]);
    } else if name == "maxmemory" {
        report.help("the node type sets `maxmemory`; `reserved-memory-percent` takes a share away");
    } else if name == "rename-command" {
        report.help("use `rename-commands`");
    } else if Key::find(name).is_some() {
        report.help("ElastiCache does not expose this directive of redis.conf");
    }
}

/// The name that the family has for a parameter of an older or younger one.
fn renamed(family: &str, name: &str) -> Option<&'static str> {
    let former = ParameterInfo::of_family(family).iter().find(|info| info.former == Some(name));
    let alias = || Key::find(name).map(Key::canonical).filter(|canonical| *canonical != name);
    let other = former.map(ParameterInfo::name).or_else(alias);
    other
        .and_then(|new| ParameterInfo::find(family, new))
        .or_else(|| {
            let near = did_you_mean(name, ParameterInfo::of_family(family).iter().map(ParameterInfo::name))?;
            ParameterInfo::find(family, near)
        })
        .map(ParameterInfo::name)
}

fn known(cloud: &Cloud, info: &'static ParameterInfo, parameter: &Parameter, findings: &mut Findings) {
    let name = info.name();
    if !info.modifiable {
        findings.report(parameter.name.span, format!("`{name}` cannot be changed in ElastiCache"));
        return;
    }
    // The unit of reserved memory has a rule of its own.
    if name.starts_with("reserved-memory") {
        return;
    }
    let Some(text) = parameter.value.text.as_deref() else { return };
    let span = parameter.value.span;
    let (expected, meant) = match info.allows(text) {
        Allowed::Yes => {
            redundant(cloud, info, parameter, text, findings);
            return;
        }
        Allowed::NotANumber => {
            let bytes = value::memory(text).map(|size| size.bytes().to_string());
            ("a plain integer".to_owned(), bytes.filter(|bytes| info.allows(bytes) == Allowed::Yes))
        }
        Allowed::Outside => {
            let word = match text {
                "true" | "True" | "on" => Some("yes"),
                "false" | "False" | "off" => Some("no"),
                _ => None,
            };
            (
                format!("one of {}", info.allowed_text()),
                word.filter(|word| info.allows(word) == Allowed::Yes).map(str::to_owned),
            )
        }
    };
    let edit = meant.filter(|_| cloud.notation != Notation::Reply).map(|meant| Edit::replace(span, meant));
    findings.report(span, format!("`{name}` takes {expected}, got `{text}`")).suggest_as(
        Safety::Safe,
        "write the value as AWS wants it",
        edit,
    );
}

/// What is the default anyway. A reply of AWS says what holds, not what somebody wrote.
fn redundant(cloud: &Cloud, info: &ParameterInfo, parameter: &Parameter, text: &str, findings: &mut Findings) {
    if text == info.default && !text.is_empty() && cloud.notation != Notation::Reply {
        findings
            .report(parameter.value.span, format!("`{text}` is the default of `{}` in this family", info.name()))
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
}
