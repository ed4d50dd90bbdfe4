//! Features that cannot create the indices they write to.

use crate::model::Elasticsearch;
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/auto-create-index", check };

/// A feature, the setting that switches it on, and an index it creates.
const FEATURES: &[(&str, &str, &str)] = &[
    ("monitoring", "xpack.monitoring.collection.enabled", ".monitoring-es-6-2024.01.01"),
    ("watcher", "xpack.watcher.enabled", ".watches"),
    ("machine learning", "xpack.ml.enabled", ".ml-state"),
];

fn check(model: &Elasticsearch, _: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes().filter(|node| node.release.is_before(7, 0) && !node.release.is_before(5, 0)) {
        let Some(setting) = node.get("action.auto_create_index").filter(|setting| !setting.is_open()) else { continue };
        let patterns: Vec<String> = setting.items().iter().map(|item| item.text.to_string()).collect();
        for (feature, switch, index) in FEATURES {
            if node.is_true(switch) && !admits(&patterns, index) {
                let family = index.split('-').next().unwrap_or(index);
                findings
                    .report(
                        setting.value_span,
                        format!("auto_create_index does not admit {family}*: {feature} cannot create its indices"),
                    )
                    .severity(Severity::Warning)
                    .help("add `.monitoring*,.watches,.triggered_watches,.watcher-history*,.ml*` in front");
            }
        }
    }
}

/// The first pattern that matches decides; without one nothing is created.
fn admits(patterns: &[String], index: &str) -> bool {
    if let [only] = patterns
        && matches!(only.as_str(), "true" | "false")
    {
        return only == "true";
    }
    for pattern in patterns {
        let (allowed, pattern) = match pattern.as_bytes().first() {
            Some(b'-') => (false, &pattern[1..]),
            Some(b'+') => (true, &pattern[1..]),
            _ => (true, pattern.as_str()),
        };
        if matches(pattern, index) {
            return allowed;
        }
    }
    false
}

/// `*` stands for any characters.
fn matches(pattern: &str, index: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == index };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut open) = index.strip_prefix(first).and_then(|open| open.strip_suffix(last)) else { return false };
    for part in middle.split('*') {
        let Some(at) = open.find(part) else { return false };
        open = &open[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {

    #[test]
    fn the_first_matching_pattern_decides() {
        let admits = |patterns: &str, index: &str| {
            super::admits(&patterns.split(',').map(str::to_owned).collect::<Vec<_>>(), index)
        };
        assert!(!admits("logstash-*,-*", ".watches"));
        assert!(admits(".watches,-*", ".watches"));
        assert!(admits("-a*,+*", ".watches") && !admits("-.w*,+*", ".watches"));
        assert!(admits("true", ".watches") && !admits("false", ".watches"));
        assert!(!admits(".watch", ".watches") && admits("*", ".watches"));
        assert!(admits("*es", ".watches") && admits(".w*c*s", ".watches") && !admits("*w", ".watches"));
    }
}
