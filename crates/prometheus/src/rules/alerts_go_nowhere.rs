//! Alerts are evaluated, and nobody is told.

use crate::model::{Document, Job, RuleKind, Setup};
use confvet_core::{Category, Context, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "prometheus/alerts-go-nowhere", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(config) = &document.setup else { return };
    let is_agent = ctx.facts.list(Fact::PrometheusFeatures).iter().any(|feature| feature == "agent");
    if is_agent || ctx.facts.is_true(Fact::PrometheusAgent) {
        refused_by_agent(config, findings);
        return;
    }
    if ctx.facts.is_true(Fact::PrometheusAlertsExternal) || config.alertmanagers.iter().any(Job::has_targets) {
        return;
    }
    let alerts = document.rules().filter(|(_, rule)| rule.kind == RuleKind::Alert).count();
    let Some(span) = config.keys.alertmanagers.or(config.keys.rule_files).filter(|_| alerts > 0) else { return };
    let (are, visible) = if alerts == 1 { ("alerting rule is", "it is") } else { ("alerting rules are", "they are") };
    let message =
        format!("{alerts} {are} loaded but no Alertmanager is configured: {visible} visible only in the web page");
    // Where series are sent on, a ruler behind may evaluate the same files.
    let sent_on = !config.remote_write.is_empty();
    findings.report(span, message).severity(if sent_on { Severity::Info } else { Severity::Warning });
}

/// What a server in agent mode does not start with.
fn refused_by_agent(config: &Setup, findings: &mut Findings) {
    let keys = config.keys;
    let sections = [("rule_files", keys.rule_files), ("alerting", keys.alerting), ("remote_read", keys.remote_read)];
    for (key, span) in sections {
        if let Some(span) = span {
            findings
                .report(span, format!("`{key}` is refused in agent mode"))
                .severity(Severity::Error)
                .category(Category::Invalid);
        }
    }
}
