//! A word that is not among those Patroni takes.

use crate::model::{Document, python_int};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/invalid-value", check };

const LEVELS: &[&str] = &["DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "NOTSET"];

/// Key, its words, what happens otherwise, and whether Patroni then stops.
const WORDS: &[(&str, &[&str], &str, bool)] = &[
    ("log.level", LEVELS, "Patroni stops at start", true),
    ("log.traceback_level", LEVELS, "Patroni stops at start", true),
    ("log.type", &["plain", "json"], "plain is used", false),
    ("restapi.verify_client", &["none", "optional", "required"], "no client certificate is asked for", false),
    ("consul.consistency", &["default", "consistent", "stale"], "it is ignored", false),
];

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    for &(path, words, effect, stops) in WORDS {
        let Some(node) = config.local(path).filter(|node| !config.is_unknown(*node)) else { continue };
        let Some(value) = node.as_str().filter(|value| !words.contains(value)) else { continue };
        let same = words.iter().find(|word| word.eq_ignore_ascii_case(value));
        let grave = stops || path == "restapi.verify_client";
        let report = findings
            .report(node.span(), format!("`{path}: {value}` is none of {}: {effect}", words.join(", ")))
            .severity(if grave { Severity::Error } else { Severity::Warning })
            .category(if stops { Category::Invalid } else { Category::Outage });
        report.suggest_as(Safety::Safe, "correct the case", same.map(|word| Edit::replace(node.span(), *word)));
    }
    for tag in ["failover_priority", "sync_priority"] {
        let Some(node) = config.local("tags").and_then(|tags| tags.get(tag)) else { continue };
        if !node.is_null() && !config.is_unknown(node) && python_int(node).is_none() {
            findings
                .report(node.span(), format!("`{tag}` must be a whole number; Patroni takes this for 1"))
                .severity(Severity::Warning);
        }
    }
    let slots = config.dynamic("slots").filter(|slots| slots.is_mapping());
    for slot in slots.into_iter().flat_map(confvet_yaml::Node::entries).filter(|slot| !slot.is_merge()) {
        let name = slot.key.text().unwrap_or_default();
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || name.len() > 63 || !name.bytes().all(good) {
            findings
                .report(slot.key.span(), format!("`{name}` is no name of a slot (a-z, 0-9, _): Patroni leaves it out"));
        }
    }
}
