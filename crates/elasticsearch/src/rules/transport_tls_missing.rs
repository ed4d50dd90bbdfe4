//! Security is on, and nodes talk to each other in the clear: the node refuses to start in production mode.

use crate::model::Elasticsearch;
use crate::node::{Binding, Node, Server};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/transport-tls-missing", check };

const TRANSPORT: &str = "xpack.security.transport.ssl.";
const ENABLED: &str = "xpack.security.transport.ssl.enabled";

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes().filter(|node| node.has_settings() && !node.is_managed()) {
        if node.release.is_opensearch() || node.release.is_before(6, 0) {
            continue;
        }
        report_transport(node, context, findings);
        report_token_service(node, findings);
        report_verification(node, findings);
    }
}

fn report_transport(node: &Node, context: &Context<'_>, findings: &mut Findings) {
    let secured = node.is_true("xpack.security.enabled")
        || (node.release.is_from(8, 0)
            && node.get("xpack.security.enabled").is_none()
            && node.below("xpack.security.").next().is_some());
    let encrypted = node
        .get(ENABLED)
        .is_some_and(|setting| setting.is_open() || crate::settings::as_bool(setting, &node.release) != Some(false));
    // Other keys of the group without `enabled` are a matter of their own.
    let incomplete = node.release.may_be_from(7, 0)
        && node.below(TRANSPORT).any(|setting| !setting.key.ends_with(".enabled"))
        && node.get(ENABLED).is_none();
    let trial = node.text("xpack.license.self_generated.type").is_some_and(|kind| kind.text == "trial");
    if !secured
        || encrypted
        || incomplete
        || node.is_single_node()
        || node.is_open()
        || (trial && node.release.is_before(7, 0))
    {
        return;
    }
    let (severity, host) = match node.binding(Server::Transport) {
        Binding::Reachable(host) => (Severity::Error, Some(host.span)),
        Binding::Image => (Severity::Error, None),
        Binding::Unknown => (Severity::Warning, None),
        Binding::Unset | Binding::Loopback(_) => return,
    };
    let Some(span) = node.get("xpack.security.enabled").map(|setting| setting.value_span).or(host) else { return };
    let severity = if node.release.is_stated() { severity } else { Severity::Warning };
    findings
        .report(span, "security is on but transport TLS is off: the node refuses to start in production mode")
        .severity(severity)
        .category(Category::Outage)
        .help("set xpack.security.transport.ssl.enabled: true, with a keystore or a certificate and key")
        .suggest("switch it on, with a keystore that you create", switch_on(node, context));
}

/// The switch and, where nothing names a key, the keystore that `elasticsearch-certutil` would create.
fn switch_on(node: &Node, context: &Context<'_>) -> Option<Edit> {
    let has_key = node.below(TRANSPORT).any(|setting| !setting.key.ends_with(".enabled"));
    if let Some(switch) = node.get(ENABLED) {
        let off = context.text(switch.value_span) == "false" && has_key;
        return off.then(|| Edit::replace(switch.value_span, "true"));
    }
    let anchor = node.get("xpack.security.enabled").filter(|anchor| anchor.parents.is_empty() && !has_key)?;
    let lines = format!("{ENABLED}: true\n{TRANSPORT}keystore.path: certs/transport.p12");
    node.insert_beside(anchor, context.sources, &lines)
}

fn report_token_service(node: &Node, findings: &mut Findings) {
    let Some(setting) = node.get("xpack.security.authc.token.enabled") else { return };
    if node.is_true("xpack.security.authc.token.enabled")
        && node.bool("xpack.security.http.ssl.enabled") != Some(true)
        && node.in_production()
    {
        findings
            .report(setting.value_span, "the token service needs HTTPS: the node refuses to start in production mode")
            .severity(node.release.temper(Severity::Error))
            .category(Category::Outage)
            .help("set xpack.security.http.ssl.enabled: true with its certificate");
    }
}

fn report_verification(node: &Node, findings: &mut Findings) {
    let spans: Vec<(Span, String)> = node
        .below("xpack.security.transport.ssl.verification_mode")
        .filter(|setting| setting.text() == "none")
        .map(|setting| (setting.value_span, setting.key.to_string()))
        .collect();
    for (span, key) in spans {
        findings
            .report(span, format!("{key} is none: any certificate is accepted, so any process may join as a node"))
            .severity(Severity::Warning)
            .category(Category::Security)
            .help("use `certificate`, or `full` where names are in the certificates");
    }
}
