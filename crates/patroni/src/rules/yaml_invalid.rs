//! The text is no YAML document as PyYAML wants it: Patroni does not start.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/yaml-invalid", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let mut is_readable = true;
    for problem in config.trees().flat_map(confvet_yaml::Yaml::problems) {
        is_readable = false;
        if !problem.kind.is_refused() {
            continue;
        }
        if config.is_template() {
            findings
                .report(problem.span, "not checked: the file is no YAML before its placeholders are filled")
                .severity(Severity::Info)
                .category(Category::Maintainability);
            return;
        }
        let report = findings.report(problem.span, format!("not readable by Patroni: {problem}"));
        let report = match config.key_before(problem.span) {
            Some(key) => report.label(key, "the value of this key"),
            None => report,
        };
        let report = match problem.kind.help() {
            Some(help) => report.help(help),
            None => report,
        };
        report.suggest("put the value in quotes", config.quote_value_at(problem.span));
    }
    if is_readable && config.roots().next().is_none() {
        findings.report(config.start(), "not readable by Patroni: the file holds no mapping at its root");
    }
}
