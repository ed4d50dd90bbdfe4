//! Two rules that record the same series, or two alerts that are one.

use crate::model::{AlertRule, Document, RuleGroup, RuleKind};
use confvet_core::{Context, Findings, Rule, Span};
use std::collections::{BTreeMap, HashMap};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/duplicate-rule", check };

/// What makes two rules one: the name, the labels, and for alerts the expression.
type Identity<'a> = (RuleKind, &'a str, BTreeMap<&'a str, &'a str>, String);

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let mut seen: HashMap<Identity<'_>, Span> = HashMap::new();
    for (group, rule) in document.rules() {
        let Some(name) = &rule.name else { continue };
        let Some(first) = seen.get(&identity(group, rule, &name.value)).copied() else {
            seen.insert(identity(group, rule, &name.value), name.span);
            continue;
        };
        let place = if first.file == name.span.file {
            format!("on line {}", ctx.line(first))
        } else {
            format!("in {}, line {}", ctx.path(first.file), ctx.line(first))
        };
        let done = if rule.kind == RuleKind::Record { "recorded" } else { "defined" };
        findings.report(name.span, format!("`{}` is already {done} {place}", name.value)).label(first, "the first one");
    }
}

fn identity<'a>(group: &'a RuleGroup, rule: &'a AlertRule, name: &'a str) -> Identity<'a> {
    let labels = group.labels.iter().chain(&rule.labels);
    let labels = labels.map(|(name, value)| (name.value.as_str(), value.value.as_str())).collect();
    let expr = match (rule.kind, &rule.expr) {
        (RuleKind::Alert, Some(expr)) => expr.value.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    (rule.kind, name, labels, expr)
}
