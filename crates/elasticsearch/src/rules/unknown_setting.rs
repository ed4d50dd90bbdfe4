//! A key that no version knows, most often a misspelt one.

use crate::keys::{self, Kind};
use crate::model::Elasticsearch;
use crate::node::Node;
use crate::release::Release;
use crate::settings::Setting;
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/unknown-setting", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (document, release) in model.sound_documents() {
        let of_plugin = |setting: &&Setting| !model.nodes.iter().any(|node| is_of_named_plugin(node, &setting.key));
        for setting in document.settings.iter().filter(|setting| is_unknown(setting, release)).filter(of_plugin) {
            report(setting, release, context, findings);
        }
    }
}

fn is_unknown(setting: &Setting, release: &Release) -> bool {
    let has_hole = || setting.key.contains("{{") || setting.key.contains("${") || setting.key.ends_with("<<");
    match setting.row.map(|row| row.kind) {
        None => !has_hole(),
        Some(_) if release.oss && setting.key.starts_with("xpack.") => true,
        // The fork left X-Pack behind.
        Some(_) if release.is_opensearch() && setting.key.starts_with("xpack.") => true,
        // Built in from 6.3 on, a list of its own until 7.17.
        Some(Kind::OpenPrefixFrom8) => release.is_from(6, 3) && release.is_before(8, 0) && release.is_stated(),
        Some(_) => false,
    }
}

/// Does `plugin.mandatory` name a plugin whose settings start with this?
fn is_of_named_plugin(node: &Node, key: &str) -> bool {
    let Some(plugins) = node.get("plugin.mandatory") else { return false };
    let first = key.split('.').next().unwrap_or(key);
    plugins.items().iter().any(|plugin| plugin.text.split('-').any(|word| word == first))
}

fn report(setting: &Setting, release: &Release, context: &Context<'_>, findings: &mut Findings) {
    if release.oss && setting.key.starts_with("xpack.") {
        findings
            .report(setting.key_span, format!("unknown setting `{}`: the -oss distribution has no X-Pack", setting.key))
            .severity(Severity::Error)
            .category(if release.is_from(5, 0) && release.is_stated() { Category::Invalid } else { Category::Outage })
            .help("remove it, or run the default distribution");
        return;
    }
    let near = if setting.row.is_none() { keys::nearest(&setting.key) } else { None };
    let checked = release.is_stated() && release.is_from(5, 0) && !release.is_opensearch();
    let severity = if release.is_before(5, 0) && release.is_stated() {
        Severity::Info
    } else if checked && (release.is_before(8, 0) || near.is_some()) {
        Severity::Error
    } else {
        Severity::Warning
    };
    let category = if severity == Severity::Error { Category::Invalid } else { Category::Outage };
    let question = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let mut report = findings
        .report(setting.key_span, format!("unknown setting `{}`{question}", setting.key))
        .severity(severity)
        .category(category);
    for parent in &setting.parents {
        report = report.label(*parent, "");
    }
    if let Some(near) = near
        && let Some(edit) = setting.rename(context.sources, near)
    {
        report.suggest(format!("write `{near}`"), [edit]);
    }
}
