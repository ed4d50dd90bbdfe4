//! The text is no YAML document as PyYAML wants it: Patroni does not start.

use crate::model::Document;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/yaml-invalid", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let refused = config.yaml().problems().iter().filter(|problem| problem.kind.is_refused());
    for problem in refused {
        if config.is_template() {
            findings
                .report(problem.span, "not checked: the file is no YAML before its placeholders are filled")
                .severity(Severity::Info)
                .category(Category::Maintainability);
            return;
        }
        let report = findings.report(problem.span, format!("not readable by Patroni: {problem}"));
        let report = match problem.kind.help() {
            Some(help) => report.help(help),
            None => report,
        };
        report.suggest("put the value in quotes", config.quote_value_at(problem.span));
    }
    if config.yaml().problems().is_empty() && config.root().is_none() {
        findings.report(config.start(), "not readable by Patroni: the file holds no mapping at its root");
    }
}
