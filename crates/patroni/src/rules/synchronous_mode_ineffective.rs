//! Replication is asynchronous while everybody believes it is not.

use crate::Document;
use crate::model::{Config, SyncMode};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, did_you_mean};

pub(super) static RULE: Rule<Document> =
    Rule { name: "patroni/synchronous-mode-ineffective", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let mode = config.dynamic("synchronous_mode");
    if let Some(node) = mode.filter(|node| !node.is_null() && !config.is_unknown(*node)) {
        let text = node.text().unwrap_or_default();
        let quorum = text.eq_ignore_ascii_case("quorum");
        if config.switch_value(node).is_none() && !quorum {
            let near = did_you_mean(text, ["quorum", "true", "false"]);
            findings
                .report(
                    node.span(),
                    format!(
                        "`synchronous_mode: {text}` is neither a boolean nor `quorum`, and Patroni takes it for off"
                    ),
                )
                .category(config.category(node.span(), Category::DataLoss))
                .suggest_as(Safety::Safe, "correct the word", near.map(|near| Edit::replace(node.span(), near)));
            return;
        }
    }
    let Some(effective) = config.sync_mode() else { return };
    if effective != SyncMode::Off {
        if config.is_standby_cluster()
            && let Some(node) = mode
        {
            findings
                .report(node.span(), "`synchronous_mode` has no effect in a standby cluster")
                .severity(Severity::Info)
                .category(Category::Maintainability);
        }
        return;
    }
    for key in ["primary_stop_timeout", "master_stop_timeout"] {
        let Some(node) = config.dynamic(key).filter(|node| !node.is_null() && node.text() != Some("0")) else {
            continue;
        };
        findings
            .report(node.span(), format!("`{key}` has no effect without `synchronous_mode`"))
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
    for key in ["synchronous_mode_strict", "synchronous_node_count", "maximum_lag_on_syncnode"] {
        let Some(node) = config.dynamic(key).filter(|node| !node.is_null() && !config.is_unknown(*node)) else {
            continue;
        };
        let harmless = match key {
            "synchronous_mode_strict" => config.switch_value(node) != Some(true),
            "synchronous_node_count" => node.text() == Some("1"),
            _ => node.text() == Some("-1"),
        };
        if harmless {
            continue;
        }
        let report = findings
            .report(node.span(), format!("`{key}` has no effect without `synchronous_mode`"))
            .severity(Severity::Warning);
        match mode {
            Some(mode) => report.label(mode.span(), "this is off"),
            None => report
                .label(config.dcs().map_or(config.start(), confvet_yaml::Node::key_span), "no `synchronous_mode` here"),
        };
    }
}
