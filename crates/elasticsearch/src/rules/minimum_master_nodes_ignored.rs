//! The guard against split brain of 6.x, in a version that does not look at it.

use crate::model::Elasticsearch;
use crate::node::MINIMUM_MASTERS;
use confvet_core::{Category, Context, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/minimum-master-nodes-ignored", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (document, release) in model.sound_documents().filter(|(_, release)| release.is_from(7, 0)) {
        let Some(setting) = document.get(MINIMUM_MASTERS) else { continue };
        let refused = release.is_from(8, 0);
        let fate = if refused { "refused since 8.0" } else { "ignored in 7.x" };
        let severity = if refused { release.temper(Severity::Error) } else { Severity::Warning };
        let category = if severity == Severity::Error { Category::Invalid } else { Category::Maintainability };
        let report = findings
            .report(setting.key_span, format!("minimum_master_nodes is {fate}: the voting configuration decides"))
            .severity(severity)
            .category(category)
            .help("delete the line; what has to be right is cluster.initial_master_nodes at the first start");
        if let Some(edit) = setting.delete(context.sources) {
            report.suggest_as(Safety::Safe, "delete the line", [edit]);
        }
    }
}
