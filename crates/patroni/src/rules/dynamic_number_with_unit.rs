//! A unit where Patroni reads a bare number.

use crate::Document;
use crate::model::{Config, python_int};
use crate::parameter::{meant_number, plain_number};
use confvet_core::{Category, Context, Edit, Findings, Rule};
use confvet_yaml::{Node, Value};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/dynamic-number-with-unit", check: each_config!(check) };

/// Keys that Patroni reads with a parser of its own, their default and the unit they count in.
const LENIENT: &[(&str, &str, &str)] = &[
    ("maximum_lag_on_failover", "1048576", "B"),
    ("maximum_lag_on_syncnode", "-1", "B"),
    ("primary_start_timeout", "300", "s"),
    ("master_start_timeout", "300", "s"),
    ("primary_stop_timeout", "0", "s"),
    ("master_stop_timeout", "0", "s"),
    ("max_timelines_history", "0", ""),
    ("synchronous_node_count", "1", ""),
];

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let known = |key: &str| config.dynamic(key).filter(|node| !config.is_unknown(*node) && !node.is_null());
    for key in ["ttl", "loop_wait", "retry_timeout"] {
        let Some(node) = known(key).filter(|node| python_int(*node).is_none()) else { continue };
        let Some(value) = node.text() else { continue };
        let whole =
            if config.is_dynamic() { "the whole dynamic configuration" } else { "the whole `bootstrap.dcs` section" };
        let message = format!("`{key}`: `{value}` is no plain number of seconds, so Patroni discards {whole}");
        findings
            .report(node.span(), message)
            .category(config.category(node.span(), Category::Outage))
            .help("write the number of seconds without a unit")
            .suggest("write the number", plain(config, node, "s"));
    }
    for &(key, default, unit) in LENIENT {
        let Some(node) = known(key) else { continue };
        let Some(value) = node.text() else { continue };
        let is_number = plain_number(value).is_some() || matches!(node.value(), Value::Int(_) | Value::Float(_));
        if is_number {
            continue;
        }
        let what = if meant_number(value, unit).is_some() { "has a unit" } else { "is no number" };
        findings
            .report(node.span(), format!("`{key}`: `{value}` {what}, so Patroni silently uses the default {default}"))
            .category(config.category(node.span(), Category::Outage))
            .suggest("write the number", plain(config, node, unit));
    }
}

/// The value as a bare number, where its unit says which.
fn plain(config: &Config, node: Node<'_>, unit: &str) -> Option<Edit> {
    let number = meant_number(node.text()?, unit)?;
    (number.fract() == 0.0 && !config.is_unknown(node)).then(|| Edit::replace(node.span(), format!("{number:.0}")))
}
