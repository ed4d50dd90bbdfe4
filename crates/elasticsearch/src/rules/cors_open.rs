//! Any web page that a user opens may query the cluster.

use crate::model::Elasticsearch;
use crate::node::{Binding, Server};
use confvet_core::{Category, Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/cors-open", check };

const ORIGIN: &str = "http.cors.allow-origin";

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes().filter(|node| !node.is_dev(context)) {
        if node.bool("http.cors.enabled") != Some(true) {
            let without = node.get("http.cors.enabled").is_none() && !node.is_open();
            if let Some(setting) = node.below("http.cors.allow-").next().filter(|_| without) {
                findings
                    .report(setting.key_span, format!("{} has no effect: http.cors.enabled is not true", setting.key))
                    .severity(Severity::Info)
                    .category(Category::Maintainability);
            }
            continue;
        }
        let Some(origin) = node.text(ORIGIN).filter(|origin| matches!(origin.text.as_str(), "*" | "/.*/" | "/^.*$/"))
        else {
            continue;
        };
        let credentials = node.is_true("http.cors.allow-credentials");
        let reachable = matches!(node.binding(Server::Http), Binding::Reachable(_) | Binding::Image);
        let open = reachable && node.security() == Some(false) && !node.release.is_opensearch();
        let with = if credentials { " with credentials" } else { "" };
        let report = findings
            .report(
                origin.span,
                format!("CORS allows every origin{with}: any web page a user opens can query this cluster"),
            )
            .severity(if credentials || open { Severity::Error } else { Severity::Warning })
            .help("name the origins, as a list or as a regular expression between slashes");
        if let Some(setting) = node.get("http.cors.allow-credentials").filter(|_| credentials) {
            report.label(setting.value_span, "and sends what the browser knows");
        }
    }
}
