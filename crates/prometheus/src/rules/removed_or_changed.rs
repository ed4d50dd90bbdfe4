//! Settings, functions and label values that a release removed, renamed or writes in another way.

use crate::model::{Document, Stage};
use crate::problem::{Check, report};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/removed-or-changed", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    report(&document.problems, Check::RemovedOrChanged, findings);
    let version = ctx.version("prometheus");
    if version.is_some_and(|version| version.major < 3) {
        return;
    }
    for chain in document.chains().filter(|chain| matches!(chain.stage, Stage::Metric | Stage::Write)) {
        for step in chain.steps {
            let Some(regex) = step.regex.as_ref().filter(|_| step.compares_whole_bound()) else { continue };
            findings
                .report(
                    regex.span,
                    format!(
                        "`{}` compares with whole numbers, but since 3.0 `le` and `quantile` are written `1.0`",
                        regex.value
                    ),
                )
                .severity(Severity::Warning)
                .category(Category::Outage)
                .help("match both spellings, as in `1(\\.0)?`");
        }
    }
    for rule in document.groups.iter().flat_map(|group| &group.rules) {
        for (name, range) in rule.query.calls.iter().filter(|(name, _)| name == "holt_winters") {
            let report = findings.report(
                rule.place(range),
                format!("`{name}` was renamed in 3.0: write `double_exponential_smoothing` (behind a feature flag)"),
            );
            if version.is_none() {
                report.severity(Severity::Warning).category(Category::Outage);
            }
        }
        for matcher in rule.query.selectors.iter().flat_map(|selector| &selector.matchers) {
            if !matcher.compares_whole_bound() {
                continue;
            }
            let place = rule.place(&matcher.range);
            let report = findings
                .report(
                    place,
                    format!(
                        "`{}{}\"{}\"` compares with a whole number, but since 3.0 `{}` is written with `.0`",
                        matcher.label, matcher.operator, matcher.value, matcher.label
                    ),
                )
                .severity(Severity::Warning)
                .category(Category::Outage);
            if matcher.operator == "=" && ctx.text(place) == matcher.value {
                report.suggest_as(Safety::Safe, "write it with `.0`", [Edit::insert_after(place, ".0")]);
            }
        }
    }
}
