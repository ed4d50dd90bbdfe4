//! One request can delete every index.

use crate::model::Elasticsearch;
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/destructive-wildcards", check };

const KEY: &str = "action.destructive_requires_name";

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes().filter(|node| node.has_settings() && !node.is_managed() && !node.is_dev(context)) {
        if let Some(setting) = node.get(KEY) {
            if node.bool(KEY) == Some(false) {
                let report = findings
                    .report(setting.value_span, "DELETE /_all and wildcard deletes are allowed")
                    .severity(Severity::Warning)
                    .help(format!("set {KEY}: true"));
                if context.text(setting.value_span) == "false" {
                    report.suggest_as(Safety::Safe, "require names", [Edit::replace(setting.value_span, "true")]);
                }
            }
        } else if node.release.is_before(8, 0)
            && node.in_production()
            && node.container.is_none()
            && let Some(anchor) = node.anchor(&["cluster.name"])
        {
            let default = if node.release.is_opensearch() { "the default" } else { "default before 8.0" };
            findings
                .report(anchor.key_span, format!("DELETE /_all and wildcard deletes are allowed ({default})"))
                .severity(Severity::Info)
                .help(format!("set {KEY}: true"))
                .suggest_as(
                    Safety::Safe,
                    "require names",
                    node.insert_beside(anchor, context.sources, &format!("{KEY}: true")),
                );
        }
    }
}
