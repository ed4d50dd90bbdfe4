//! Running single rules, for the tests that go through them case by case.

use confvet_core::{Category, Context, Diagnostic, Findings, Rule, RuleInfo, Safety, Severity, Target};
use confvet_nginx::Nginx;

/// A target with this version of nginx, or with none.
pub(crate) fn target(version: Option<&str>) -> Target {
    let mut target = Target::new();
    if let Some(version) = version {
        target.set("nginx", version, &["nginx"]).expect("a version");
    }
    target
}

/// What a rule finds, with the severity and the category that its page would give.
pub(crate) fn run(
    rule: &Rule<Nginx>,
    (severity, category): (Severity, Category),
    model: &Nginx,
    context: &Context<'_>,
) -> Vec<Diagnostic> {
    let info: &'static RuleInfo = Box::leak(Box::new(RuleInfo {
        name: rule.name,
        title: "",
        severity,
        category,
        fix: Some(Safety::Unsafe),
        applies: None,
        needs: &[],
        supersedes: &[],
    }));
    let mut findings = Findings::new(info);
    (rule.check)(model, context, &mut findings);
    findings.into_diagnostics()
}
