//! Roles that contradict each other, or that do not exist.

use crate::model::Elasticsearch;
use crate::node::{LEGACY_ROLES, Node, ROLES};
use crate::release::Release;
use crate::settings::{Scalar, as_bool};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, did_you_mean};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/node-roles-conflict", check };

/// Roles that only OpenSearch or the serverless variant knows.
const OTHER_ROLES: &[&str] = &["cluster_manager", "search", "warm", "index", "coordinating_only"];

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes() {
        let Some(roles) = node.roles() else { continue };
        report_legacy(node, &roles, context, findings);
        report_roles(node, &roles, findings);
    }
}

/// Run 7.17: "can not explicitly configure node roles and use legacy role setting".
fn report_legacy(node: &Node, roles: &[Scalar], context: &Context<'_>, findings: &mut Findings) {
    if node.release.is_before(7, 9) || node.release.is_from(8, 0) {
        return;
    }
    let Some(setting) = node.get("node.roles") else { return };
    let mut legacy: Vec<_> = LEGACY_ROLES.iter().filter_map(|key| node.get(key)).collect();
    legacy.sort_by_key(|found| (found.key_span.file, found.key_span.start));
    let Some(first) = legacy.first() else { return };
    let report = findings
        .report(first.key_span, format!("node.roles and {} cannot be combined", first.key))
        .label(setting.key_span, "node.roles")
        .severity(Severity::Error)
        .category(if node.release.is_stated() { Category::Invalid } else { Category::Outage })
        .help("delete the legacy keys");
    let same = legacy.iter().all(|found| {
        let role = found.key.trim_start_matches("node.");
        as_bool(found, &node.release) == Some(roles.iter().any(|given| given.text == role))
    });
    let edits: Vec<Edit> = legacy.iter().filter_map(|found| found.delete(context.sources)).collect();
    if edits.len() == legacy.len() {
        let safety = if same { Safety::Safe } else { Safety::Unsafe };
        report.suggest_as(safety, "delete the legacy keys", edits);
    }
}

/// May the release have this role?
fn is_possible(role: &str, release: &Release) -> bool {
    ROLES.contains(&role) || release.is_opensearch() || (release.is_unknown() && OTHER_ROLES.contains(&role))
}

fn report_roles(node: &Node, roles: &[Scalar], findings: &mut Findings) {
    let release = &node.release;
    let refused = |node: &Node| if node.release.is_stated() { Category::Invalid } else { Category::Outage };
    for (index, role) in roles.iter().enumerate() {
        let text = role.text.as_str();
        if roles[..index].iter().any(|earlier| earlier.text == role.text) {
            findings
                .report(role.span, format!("role `{text}` is listed twice"))
                .severity(Severity::Warning)
                .category(Category::Maintainability);
        } else if !is_possible(text, release) {
            let near = did_you_mean(text, ROLES.iter().copied());
            let question = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let report = findings
                .report(role.span, format!("unknown role `{text}`{question}"))
                .severity(Severity::Error)
                .category(refused(node));
            if let Some(near) = near {
                report.suggest_as(Safety::Unsafe, format!("write `{near}`"), [Edit::replace(role.content, near)]);
            }
        } else if release.is_opensearch() && !ROLES.contains(&text) && !OTHER_ROLES.contains(&text) {
            findings
                .report(role.span, format!("`{text}` is no built-in role"))
                .severity(Severity::Info)
                .category(Category::Maintainability);
        } else if text == "voting_only" && !roles.iter().any(|role| role.text == "master") {
            findings
                .report(role.span, "voting_only without master: the node refuses to start")
                .severity(Severity::Error)
                .category(refused(node))
                .help("a voting-only node is master-eligible: add master");
        } else if matches!(text, "data_content" | "data_hot" | "data_warm" | "data_cold" | "data_frozen")
            && roles.iter().any(|role| role.text == "data")
        {
            findings
                .report(role.span, format!("`data` is every tier, so `{text}` beside it says nothing"))
                .severity(Severity::Warning)
                .category(Category::Maintainability);
        }
    }
}
