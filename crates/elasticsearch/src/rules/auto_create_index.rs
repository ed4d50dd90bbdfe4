//! Features that cannot create the indices they write to.

use crate::model::Elasticsearch;
use crate::settings::Setting;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/auto-create-index", check };

/// A feature, the setting that switches it on, and an index it creates.
const FEATURES: &[(&str, &str, &str)] = &[
    ("monitoring", "xpack.monitoring.collection.enabled", ".monitoring-es-6-2024.01.01"),
    ("watcher", "xpack.watcher.enabled", ".watches"),
    ("machine learning", "xpack.ml.enabled", ".ml-state"),
];

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes().filter(|node| !node.release.is_before(5, 0) && !node.release.oss) {
        let Some(setting) = node.get("action.auto_create_index").filter(|setting| !setting.is_open()) else { continue };
        if node.below("xpack.").next().is_none() {
            continue;
        }
        report_unreachable(setting, findings);
        if !node.release.is_before(7, 0) {
            continue;
        }
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
                    .help(format!("add `{SYSTEM_INDICES}` in front"))
                    .suggest("admit the indices of X-Pack", admit(setting, context));
            }
        }
    }
}

/// The indices that X-Pack writes to.
const SYSTEM_INDICES: &str = ".monitoring*,.watches,.triggered_watches,.watcher-history*,.ml*";

fn admit(setting: &Setting, context: &Context<'_>) -> Option<Edit> {
    let scalar = setting.scalar().filter(|scalar| context.text(scalar.content) == scalar.text.as_str())?;
    Some(match scalar.text.as_str() {
        "false" => Edit::replace(scalar.span, SYSTEM_INDICES),
        _ => Edit::insert_before(scalar.content, format!("{SYSTEM_INDICES},")),
    })
}

/// The first pattern that matches decides, so nothing behind `*` is ever asked.
fn report_unreachable(setting: &Setting, findings: &mut Findings) {
    let items = setting.items();
    let all = items.iter().position(|item| matches!(item.text.as_str(), "*" | "+*" | "-*"));
    if let Some((all, unreached)) = all.and_then(|at| Some((&items[at], items.get(at + 1)?))) {
        findings
            .report(
                unreached.span,
                format!("`{}` is never reached: `{}` before it decides for every index", unreached.text, all.text),
            )
            .label(all.span, "the first pattern that matches decides")
            .severity(Severity::Warning)
            .help("put the pattern for all indices last");
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
