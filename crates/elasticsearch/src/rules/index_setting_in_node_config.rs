//! Settings of indices in the file of a node, which refuses them since 5.0.

use crate::keys::Kind;
use crate::model::Elasticsearch;
use crate::settings::Setting;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/index-setting-in-node-config", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (document, release) in model.sound_documents().filter(|(_, release)| release.may_be_from(5, 0)) {
        let of_index = |setting: &&Setting| {
            setting.row.is_some_and(|row| row.kind == Kind::IndexPrefix) && setting.key != "index.codec"
        };
        let found: Vec<&Setting> = document.settings.iter().filter(of_index).collect();
        let Some((first, others)) = found.split_first() else { continue };
        let keys: Vec<String> = found.iter().map(|setting| format!("`{}`", setting.key)).collect();
        let severity = release.temper(Severity::Error);
        let category = if severity == Severity::Error { Category::Invalid } else { Category::Outage };
        let mut report = findings
            .report(
                first.key_span,
                format!("index settings cannot be in elasticsearch.yml since 5.0: {}", keys.join(", ")),
            )
            .severity(severity)
            .category(category)
            .help(format!("put them into an index template: {}", template(&found)));
        for other in others {
            report = report.label(other.key_span, "");
        }
        let edits: Vec<Edit> = found.iter().filter_map(|setting| setting.delete(context.sources)).collect();
        if edits.len() == found.len() {
            report.suggest("delete them", edits);
        }
    }
}

/// The request that sets the same for all indices.
fn template(settings: &[&Setting]) -> String {
    let body: Vec<String> = settings
        .iter()
        .map(|setting| format!("\"{}\": \"{}\"", setting.key, setting.text().replace('"', "\\\"")))
        .collect();
    format!("PUT _template/defaults {{\"index_patterns\": [\"*\"], \"settings\": {{{}}}}}", body.join(", "))
}
