//! A key that Patroni knows, in a place where it does not look for it.

use crate::Document;
use crate::model::Config;
use crate::parameter::Parameter;
use confvet_core::{Context, Findings, Rule, Safety, Severity};
use confvet_yaml::{Entry, Node};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/misplaced-key", check: each_config!(check) };

/// Keys that stand somewhere, and where they belong. Grave: durability, failover, security or the start depends on them.
struct Misplaced {
    at: &'static str,
    keys: &'static [&'static str],
    belongs: &'static str,
    grave: bool,
}

const DYNAMIC_KEYS: &[&str] = &[
    "ttl",
    "loop_wait",
    "retry_timeout",
    "maximum_lag_on_failover",
    "maximum_lag_on_syncnode",
    "synchronous_mode",
    "synchronous_mode_strict",
    "synchronous_node_count",
    "failsafe_mode",
    "standby_cluster",
    "slots",
    "ignore_slots",
    "pause",
    "check_timeline",
    "primary_start_timeout",
    "master_start_timeout",
    "primary_stop_timeout",
    "max_timelines_history",
    "member_slots_ttl",
];

const OF_DCS: &[&str] = &[
    "synchronous_mode",
    "synchronous_mode_strict",
    "synchronous_node_count",
    "failsafe_mode",
    "maximum_lag_on_failover",
    "maximum_lag_on_syncnode",
    "check_timeline",
    "primary_start_timeout",
    "master_start_timeout",
    "ttl",
    "loop_wait",
    "retry_timeout",
    "slots",
];

const fn misplaced(at: &'static str, keys: &'static [&'static str], belongs: &'static str, grave: bool) -> Misplaced {
    Misplaced { at, keys, belongs, grave }
}

/// The root is written as the empty text, the dynamic configuration as `dcs`.
static MISPLACED: &[Misplaced] = &[
    misplaced("", DYNAMIC_KEYS, "dcs", true),
    misplaced("bootstrap", DYNAMIC_KEYS, "dcs", true),
    misplaced("", &["pre_promote", "pg_hba", "use_pg_rewind"], "postgresql", true),
    misplaced(
        "",
        &[
            "before_stop",
            "callbacks",
            "parameters",
            "authentication",
            "data_dir",
            "listen",
            "connect_address",
            "create_replica_methods",
        ],
        "postgresql",
        false,
    ),
    misplaced("", &["initdb", "dcs"], "bootstrap", true),
    misplaced("", &["method", "post_bootstrap", "post_init", "users"], "bootstrap", false),
    misplaced("dcs", &["pg_hba", "use_pg_rewind", "parameters"], "dcs.postgresql", true),
    misplaced(
        "dcs",
        &[
            "use_slots",
            "recovery_conf",
            "pg_ident",
            "remove_data_directory_on_rewind_failure",
            "remove_data_directory_on_diverged_timelines",
        ],
        "dcs.postgresql",
        false,
    ),
    misplaced("dcs", &["method"], "bootstrap", true),
    misplaced("dcs", &["initdb", "users", "post_init"], "bootstrap", false),
    misplaced("dcs", &["tags", "restapi", "watchdog", "log", "ctl"], "", true),
    misplaced("dcs.postgresql", OF_DCS, "dcs", true),
    misplaced("postgresql", OF_DCS, "dcs", true),
    misplaced(
        "dcs.postgresql",
        &["listen", "connect_address", "proxy_address", "data_dir", "config_dir", "pgpass", "authentication"],
        "postgresql",
        true,
    ),
    misplaced("postgresql", &["use_slots"], "dcs.postgresql", true),
    misplaced("postgresql", &["tags", "watchdog"], "", true),
    misplaced("postgresql", &["restapi", "scope"], "", false),
    misplaced("postgresql", &["replication", "superuser"], "postgresql.authentication", true),
    misplaced("postgresql.parameters", &["use_pg_rewind", "use_slots", "pg_hba"], "postgresql", true),
    misplaced("postgresql.parameters", &["synchronous_mode"], "dcs", true),
    misplaced("dcs.postgresql.parameters", &["use_pg_rewind", "use_slots", "pg_hba"], "dcs.postgresql", true),
    misplaced("dcs.postgresql.parameters", &["synchronous_mode"], "dcs", true),
    misplaced("restapi", &["username", "password"], "restapi.authentication", false),
    misplaced("postgresql.authentication.superuser", &["parameters", "pg_hba"], "postgresql", true),
    misplaced("postgresql.authentication.superuser", &["unix_socket_directories"], "postgresql.parameters", false),
    misplaced("postgresql.authentication.replication", &["parameters", "pg_hba"], "postgresql", true),
    misplaced("postgresql.authentication.replication", &["unix_socket_directories"], "postgresql.parameters", false),
    misplaced("postgresql.authentication.rewind", &["parameters", "pg_hba"], "postgresql", true),
    misplaced("postgresql.authentication.rewind", &["unix_socket_directories"], "postgresql.parameters", false),
];

const SECTIONS: &[&str] = &[
    "",
    "bootstrap",
    "dcs",
    "dcs.postgresql",
    "dcs.postgresql.parameters",
    "postgresql",
    "postgresql.parameters",
    "restapi",
    "postgresql.authentication.superuser",
    "postgresql.authentication.replication",
    "postgresql.authentication.rewind",
];

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    for &at in SECTIONS {
        let rows: Vec<&Misplaced> = MISPLACED.iter().filter(|row| row.at == at).collect();
        let entries: Vec<Entry<'_>> = match at.strip_prefix("dcs") {
            Some(rest) => config.dynamic_entries(rest.trim_start_matches('.')).collect(),
            None => config.entries(at).collect(),
        };
        for entry in entries {
            let Some(key) = entry.key.text() else { continue };
            let Some((belongs, grave)) = belongs(at, &rows, key, entry.value) else { continue };
            let is_old_layout = config.old_layout().is_some()
                && (belongs == "postgresql.authentication" || (at == "postgresql" && key == "scope"));
            if is_old_layout || stands_right_too(config, belongs, entry) {
                continue;
            }
            let place = name(config, belongs);
            let here = name(config, at);
            let advice = match (belongs, config.is_dynamic()) {
                ("dcs", false) => " before the first start, and `patronictl edit-config` changes it afterwards",
                _ => "",
            };
            let message = format!("`{key}` has no effect {here}: Patroni reads it only {place}{advice}");
            let severity = if grave { Severity::Error } else { Severity::Warning };
            let report = findings.report(entry.key.span(), message).severity(severity);
            let report = match self::section(config, belongs).filter(|node| node.key().is_some()) {
                Some(node) => report.label(node.key_span(), "it belongs here"),
                None => report,
            };
            let under = belongs.rsplit('.').next().unwrap_or_default();
            let indented = config.indent_below(entry, under);
            if indented.is_empty() {
                let moved = self::section(config, belongs).and_then(|section| config.moved(entry, section));
                report.suggest_as(Safety::Unsafe, "move it there", moved.into_iter().flatten());
            } else {
                report.suggest_as(Safety::Safe, "indent it below the empty key above", indented);
            }
        }
    }
}

/// The section is an anchor for others, and the same key with the same value stands in its right place.
fn stands_right_too(config: &Config, belongs: &str, entry: Entry<'_>) -> bool {
    let is_anchor = entry.key.parent().is_some_and(|section| section.anchor().is_some());
    let right = || section(config, belongs)?.get(entry.key.text()?);
    is_anchor
        && right().is_some_and(|value| value.target() == entry.value.target() || value.source() == entry.value.source())
}

/// Where a key belongs that stands in a section which does not know it.
fn belongs(at: &str, rows: &[&Misplaced], key: &str, value: Node<'_>) -> Option<(&'static str, bool)> {
    if let Some(row) = rows.iter().find(|row| row.keys.contains(&key)) {
        return Some((row.belongs, row.grave));
    }
    let parameters = match at {
        "dcs" | "dcs.postgresql" => "dcs.postgresql.parameters",
        "postgresql" => "postgresql.parameters",
        _ => return None,
    };
    let section = if at == "dcs" { "bootstrap.dcs" } else { "postgresql" };
    let is_parameter = Parameter::exists(key) && !Config::knows(section, key) && value.text().is_some();
    is_parameter.then_some((parameters, key == "max_connections"))
}

fn section<'a>(config: &'a Config, at: &str) -> Option<Node<'a>> {
    match at.strip_prefix("dcs") {
        Some("") => config.dcs(),
        Some(rest) => config.dynamic(rest.trim_start_matches('.')),
        None if at.is_empty() => None,
        None => config.local(at),
    }
}

fn name(config: &Config, at: &str) -> String {
    match at.strip_prefix("dcs") {
        Some("") if config.is_dynamic() => "at the root".to_owned(),
        Some("") => "under `bootstrap.dcs`".to_owned(),
        Some(rest) => format!("under `{}`", config.dynamic_path(rest.trim_start_matches('.'))),
        None if at.is_empty() => "at the root".to_owned(),
        None => format!("under `{at}`"),
    }
}
