//! Any web page that a user opens may query the cluster.

use crate::model::Elasticsearch;
use crate::node::{Binding, Node, Server};
use crate::settings::Scalar;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

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
        let everyone = |origin: &&Scalar| matches!(origin.text.as_str(), "*" | "/.*/" | "/^.*$/");
        // In 1.x every origin is allowed as long as none is named.
        let by_default = node.release.is_before(2, 0) && node.release.is_stated() && node.get(ORIGIN).is_none();
        let origin = if by_default { node.text("http.cors.enabled") } else { node.text(ORIGIN).filter(everyone) };
        let Some(origin) = origin else { continue };
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
            .help("name the origins, as a list or as a regular expression between slashes")
            .suggest("allow the pages of this machine only", local_only(node, origin).filter(|_| !by_default));
        if let Some(setting) = node.get("http.cors.allow-credentials").filter(|_| credentials) {
            report.label(setting.value_span, "and sends what the browser knows");
        }
    }
}

/// The expression that the manual gives as an example.
fn local_only(node: &Node, origin: &Scalar) -> Option<Edit> {
    let in_file = node.documents.iter().any(|document| document.file == origin.span.file && document.takes_lines());
    in_file.then(|| Edit::replace(origin.span, r"/https?:\/\/localhost(:[0-9]+)?/"))
}
