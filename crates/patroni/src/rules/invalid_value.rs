//! A word that is not among those Patroni takes.

use crate::Document;
use crate::model::{Config, python_int};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Version};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/invalid-value", check: each_config!(check) };

const LEVELS: &[&str] = &["DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "NOTSET"];

/// Key, its words, what happens otherwise, and whether Patroni then stops.
const WORDS: &[(&str, &[&str], &str, bool)] = &[
    ("log.level", LEVELS, "Patroni stops at start", true),
    ("log.traceback_level", LEVELS, "Patroni stops at start", true),
    ("log.type", &["plain", "json"], "plain is used", false),
    ("restapi.verify_client", &["none", "optional", "required"], "no client certificate is asked for", false),
    ("restapi.server_tokens", &["minimal", "productonly", "original"], "original is used", false),
    ("consul.consistency", &["default", "consistent", "stale"], "it is ignored", false),
];

/// Key, least, greatest, and what happens outside.
const NUMBERS: &[(&str, i64, i64, &str)] = &[
    ("restapi.request_queue_size", 0, 4096, "the default 5 is used"),
    ("watchdog.safety_margin", -1, i64::MAX, "it counts as -1"),
    ("citus.group", 0, i64::MAX, "Patroni drops the whole section"),
    ("thread_stack_size", 65_536, i64::MAX, "the default is used"),
];

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    for &(path, words, effect, stops) in WORDS {
        let Some(node) = config.local(path).filter(|node| !config.is_unknown(*node)) else { continue };
        let any_case = path == "restapi.server_tokens";
        let is_known =
            |value: &str| words.iter().any(|word| *word == value || any_case && word.eq_ignore_ascii_case(value));
        let Some(value) = node.as_str().filter(|value| !is_known(value)) else { continue };
        let same = words.iter().find(|word| word.eq_ignore_ascii_case(value));
        let grave = stops || path == "restapi.verify_client";
        let report = findings
            .report(node.span(), format!("`{path}: {value}` is none of {}: {effect}", words.join(", ")))
            .severity(if grave { Severity::Error } else { Severity::Warning })
            .category(if stops { Category::Invalid } else { config.category(node.span(), Category::Outage) });
        report.suggest_as(Safety::Safe, "correct the case", same.map(|word| Edit::replace(node.span(), *word)));
    }
    for tag in ["failover_priority", "sync_priority"] {
        let Some(node) = config.local("tags").and_then(|tags| tags.get(tag)) else { continue };
        if node.is_null() || config.is_unknown(node) {
            continue;
        }
        let what = match python_int(node) {
            None => "must be a whole number; Patroni takes this for 1",
            Some(number) if number < 0 => "must not be negative; Patroni takes it for 0",
            Some(_) => continue,
        };
        findings
            .report(node.span(), format!("`{tag}` {what}"))
            .severity(Severity::Warning)
            .category(config.category(node.span(), Category::Outage));
    }
    numbers(config, findings);
    raft(config, findings);
    log_format(config, findings);
    if let Some(node) = config.local("kubernetes.pod_ip").filter(|node| !config.is_unknown(*node))
        && node.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_err())
    {
        findings.report(node.span(), "`kubernetes.pod_ip` is no IP address: the endpoint of the leader leads nowhere");
    }
    if let Some(name) = config.name().filter(|name| name.value == "__patroni_strict_sync_replica_placeholder__")
        && config.patroni.as_ref().is_some_and(|version| *version >= Version::new(4, 2, 0))
    {
        findings.report(name.span, "Patroni keeps this name for itself since 4.2.0, and stops at start");
    }
    let slots = config.dynamic("slots").filter(|slots| slots.is_mapping());
    for slot in slots.into_iter().flat_map(confvet_yaml::Node::entries).filter(|slot| !slot.is_merge()) {
        let name = slot.key.text().unwrap_or_default();
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || name.len() > 63 || !name.bytes().all(good) {
            findings
                .report(slot.key.span(), format!("`{name}` is no name of a slot (a-z, 0-9, _): Patroni leaves it out"));
        }
        let kind = slot.value.get("type").filter(|kind| !config.is_unknown(*kind));
        if let Some(kind) = kind.filter(|kind| !matches!(kind.text(), Some("physical" | "logical"))) {
            let word = kind.text().unwrap_or_default();
            let message = format!("slot type `{word}` is neither physical nor logical: Patroni leaves the slot out");
            findings.report(kind.span(), message);
        }
    }
}

fn numbers(config: &Config, findings: &mut Findings) {
    for &(path, least, most, effect) in NUMBERS {
        let Some(node) = config.local(path).filter(|node| !config.is_unknown(*node)) else { continue };
        let Some(number) = python_int(node).filter(|number| !(least..=most).contains(number)) else { continue };
        findings
            .report(node.span(), format!("`{path}: {number}` is out of range: {effect}"))
            .severity(Severity::Warning)
            .category(config.category(node.span(), Category::Outage));
    }
    let Some(node) = config.dynamic("synchronous_node_count").filter(|node| !config.is_unknown(*node)) else { return };
    if let Some(number) = python_int(node).filter(|number| *number < 1) {
        findings
            .report(node.span(), format!("`synchronous_node_count: {number}` is below 1, which Patroni uses instead"))
            .severity(Severity::Warning)
            .category(config.category(node.span(), Category::Outage));
    }
}

/// Raft's timeouts (4.2.0) against each other: key, factor, the other key, and their defaults in seconds.
const RAFT: &[(&str, f64, &str, f64, f64)] = &[
    ("min_timeout", 3.0, "append_entries_period", 0.4, 0.1),
    ("max_timeout", 1.0, "min_timeout", 1.4, 0.4),
    ("connection_timeout", 1.0, "max_timeout", 3.5, 1.4),
    ("leader_fallback_timeout", 1.0, "append_entries_period", 30.0, 0.1),
];

fn raft(config: &Config, findings: &mut Findings) {
    let Some(section) = config.local("raft") else { return };
    for &(key, factor, other, default, other_default) in RAFT {
        let seconds = |key: &str, default: f64| section.get(key).map_or(Some(default), confvet_yaml::Node::as_f64);
        let (Some(value), Some(least)) = (seconds(key, default), seconds(other, other_default)) else { continue };
        // As long is long enough for this one only.
        let (enough, word) = match key {
            "connection_timeout" => (value >= least, "at least"),
            _ => (value > factor * least, "more than"),
        };
        let Some(place) = section.get(key).or_else(|| section.get(other)).filter(|_| !enough) else { continue };
        let times = if factor > 1.0 { format!("{factor} times ") } else { String::new() };
        findings
            .report(place.span(), format!("`raft.{key}` {value} must be {word} {times}`{other}` {least}"))
            .severity(Severity::Warning);
    }
}

fn log_format(config: &Config, findings: &mut Findings) {
    let Some(format) = config.local("log.format").filter(|node| node.is_sequence()) else { return };
    let is_plain = config.local("log.type").and_then(confvet_yaml::Node::as_str).is_none_or(|kind| kind == "plain");
    let field = |item: confvet_yaml::Node<'_>| item.as_str().is_some() || item.entries().len() == 1;
    let what = if is_plain {
        "a list goes only with `log.type: json`: the default format is used"
    } else if format.items().len() == 0 {
        "an empty list holds no field: the default format is used"
    } else if let Some(item) = format.items().find(|item| !field(*item)) {
        findings
            .report(item.span(), "an item of `log.format` is a name, or a mapping from one name to another")
            .severity(Severity::Warning)
            .category(config.category(format.span(), Category::Maintainability));
        return;
    } else {
        return;
    };
    findings
        .report(format.span(), format!("`log.format`: {what}"))
        .severity(Severity::Warning)
        .category(config.category(format.span(), Category::Maintainability));
}
