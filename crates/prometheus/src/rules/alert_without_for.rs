//! An alert that one sample sets off: nothing in the rule waits, and nothing in the expression looks back.

use crate::model::{AlertRule, Document, RuleKind};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/alert-without-for", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    for (_, rule) in document.rules().filter(|(_, rule)| rule.kind == RuleKind::Alert && !rule.waits()) {
        let Some(name) = rule.name.as_ref().filter(|_| is_about_last_samples(rule)) else { continue };
        findings
            .report(name.span, format!("`{}` has no `for`: a single sample sets it off", name.value))
            .help("say with `for: 5m` how long the condition has to hold");
    }
}

/// Its expression compares the last samples of series as they were scraped. Of a series that a recording rule made nobody
/// can tell how far it looks back.
fn is_about_last_samples(rule: &AlertRule) -> bool {
    let query = &rule.query;
    let scraped = |name: &str| !name.contains(':') && !name.starts_with("ALERTS");
    let names = query.selectors.iter().map(|selector| selector.name.as_deref());
    query.error.is_none()
        && !query.selectors.is_empty()
        && !query.looks_back
        && names.into_iter().all(|name| name.is_some_and(scraped))
        && !query.calls.iter().any(|(name, _)| name == "absent")
}
