//! The watchdog cannot be used, or its mode is not understood.

use crate::Document;
use crate::model::{Config, python_int};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};
use confvet_yaml::Value;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/watchdog-ineffective", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let known = |path: &str| config.local(path).filter(|node| !config.is_unknown(*node) && !node.is_null());
    let mode = known("watchdog.mode");
    let word = mode.map_or("automatic", |mode| match mode.value() {
        Value::Bool(false) => "off",
        _ => mode.text().unwrap_or_default(),
    });
    if let Some(mode) = mode
        && !matches!(word, "off" | "disable" | "disabled" | "auto" | "automatic" | "require" | "required")
    {
        let wanted = mode.value() == Value::Bool(true) || matches!(word, "on" | "true" | "yes");
        findings
            .report(mode.span(), format!("`watchdog.mode: {word}` is not understood and disables the watchdog"))
            .help("use off, automatic or required")
            .severity(Severity::Warning)
            .category(config.category(mode.span(), Category::Outage))
            .suggest_as(Safety::Safe, "write `automatic`", wanted.then(|| Edit::replace(mode.span(), "automatic")));
        return;
    }
    if matches!(word, "off" | "disable" | "disabled") || config.local("watchdog").is_none() || config.dcs().is_none() {
        return;
    }
    if let Some(driver) = known("watchdog.driver").filter(|driver| driver.as_str() == Some("testing")) {
        findings.report(driver.span(), "`driver: testing` never resets a machine").severity(Severity::Warning);
    }
    let timing = config.timing().effective(config.patroni.as_ref());
    let Some(margin) = known("watchdog.safety_margin") else { return };
    let Some(seconds) = python_int(margin) else { return };
    let timeout = if seconds == -1 { timing.ttl / 2 } else { timing.ttl.saturating_sub(seconds) };
    if timeout >= timing.loop_wait {
        let left = timing.ttl.saturating_sub(timing.loop_wait).saturating_sub(timing.retry_timeout);
        if seconds > left {
            findings
                .report(
                    margin.span(),
                    format!("of ttl {} only {left} s are left to stop PostgreSQL, less than this margin", timing.ttl),
                )
                .severity(Severity::Info);
        }
        return;
    }
    let required = matches!(word, "require" | "required");
    let effect = if required { "no node can ever become the leader" } else { "the watchdog is silently not used" };
    let message = format!(
        "the watchdog's timeout of {timeout} s (ttl {} less this margin) is shorter than loop_wait {}: {effect}",
        timing.ttl, timing.loop_wait
    );
    findings.report(margin.span(), message).severity(if required { Severity::Error } else { Severity::Warning });
}
