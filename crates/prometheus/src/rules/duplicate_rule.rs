//! Two rules that record the same series, or two alerts that are one.

use crate::model::{AlertRule, Document, RuleGroup, RuleKind};
use confvet_core::{Context, Findings, Map, Rule, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/duplicate-rule", check };

/// What makes two rules one: the name, the labels, and for alerts the expression.
type Identity<'a> = (RuleKind, &'a str, Vec<(&'a str, &'a str)>, String);

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let mut seen: Map<Identity<'_>, Span> = Map::new();
    for (group, rule) in document.rules() {
        let Some(name) = &rule.name else { continue };
        let Some(&mut first) = seen.earlier(identity(group, rule, &name.value), name.span) else { continue };
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
    // A label of the rule wins over the one of its group.
    let own = |name: &str| rule.labels.iter().any(|(label, _)| label.value == name);
    let inherited = group.labels.iter().filter(|(name, _)| !own(&name.value));
    let labels = inherited.chain(&rule.labels).map(|(name, value)| (name.value.as_str(), value.value.as_str()));
    let mut labels: Vec<(&str, &str)> = labels.collect();
    labels.sort_unstable();
    let expr = match (rule.kind, &rule.expr) {
        (RuleKind::Alert, Some(expr)) => expr.value.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    (rule.kind, name, labels, expr)
}
