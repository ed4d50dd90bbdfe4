//! The REST API listens where others reach it, and asks nobody who they are.

use crate::model::Elasticsearch;
use crate::node::{Binding, Node, Publication, Server};
use confvet_core::{Address, Context, Edit, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/open-without-security", check };

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes().filter(|node| node.has_settings() && !node.is_managed()) {
        let Some(reason) = why_open(node) else { continue };
        let Some((host, span)) = exposed(node) else { continue };
        let Some(severity) = severity(node, &host, context) else { continue };
        let port = node.port(Server::Http).unwrap_or(9200);
        let report = findings
            .report(
                span,
                format!("HTTP on {host} and no authentication: anyone who reaches port {port} can read and delete every index"),
            )
            .severity(severity)
            .help("bind to loopback or a private interface, or enable security with TLS")
            .suggest("let only this machine reach HTTP", bind_to_loopback(node, span, context));
        if let Some(off) = reason.filter(|off| *off != span) {
            report.label(off, "security is off");
        }
    }
}

/// `http.host: _local_`, which leaves the nodes' own connections as they are.
fn bind_to_loopback(node: &Node, host: Span, context: &Context<'_>) -> Option<Edit> {
    let setting = node.settings().find(|setting| setting.value_span.contains(host))?;
    match setting.key.as_str() {
        "http.host" | "http.bind_host" => {
            let plain = setting.scalar().filter(|scalar| scalar.span == host && !setting.is_open())?;
            (context.text(plain.content) == plain.text.as_str()).then(|| Edit::replace(plain.content, "_local_"))
        }
        _ if node.get("http.host").is_some() => None,
        _ => node.insert_beside(setting, context.sources, "http.host: _local_"),
    }
}

/// Is security off, and where is that written? `None`: it is on, or nobody knows.
fn why_open(node: &Node) -> Option<Option<Span>> {
    let guarded_by_others = ["searchguard.", "readonlyrest.", "ror.", "opendistro_security.", "plugins.security.ssl."]
        .iter()
        .any(|prefix| node.below(prefix).next().is_some());
    if node.release.is_opensearch() {
        let disabled = node.get("plugins.security.disabled").filter(|_| node.is_true("plugins.security.disabled"));
        return disabled.map(|setting| Some(setting.value_span));
    }
    if guarded_by_others || node.bool("http.enabled") == Some(false) {
        return None;
    }
    let anonymous = node.get("xpack.security.authc.anonymous.roles");
    if let Some(roles) = anonymous.filter(|roles| roles.items().iter().any(|role| role.text == "superuser")) {
        return Some(Some(roles.value_span));
    }
    match node.get("xpack.security.enabled") {
        Some(setting) => (node.security() == Some(false)).then_some(Some(setting.value_span)),
        None if node.is_open() => None,
        // Before 6.3 X-Pack was a plugin, on as soon as it was installed.
        None if node.below("xpack.security.").next().is_some() => None,
        None => (node.security() != Some(true)).then_some(None),
    }
}

/// The host that HTTP listens on, and where to point.
fn exposed(node: &Node) -> Option<(String, Span)> {
    match node.binding(Server::Http) {
        Binding::Reachable(host) => Some((host.text.to_string(), host.span)),
        Binding::Image => {
            let published = node.container.as_ref()?.published.as_ref()?;
            let off = node.get("xpack.security.enabled").map(|setting| setting.value_span);
            Some(("all interfaces".to_owned(), off.unwrap_or(published.span)))
        }
        Binding::Unset | Binding::Loopback(_) | Binding::Unknown => None,
    }
}

fn severity(node: &Node, host: &str, context: &Context<'_>) -> Option<Severity> {
    let address = Address::parse(host);
    let public = matches!(&address, Address::Ip(_)) && !address.is_private();
    let everywhere = address.is_wildcard() || matches!(host, "_global_" | "all interfaces") || public;
    let certain = !node.release.is_unknown() || node.get("xpack.security.enabled").is_some();
    let mut severe = everywhere && certain;
    if let Some(container) = &node.container {
        let published = container.published.as_ref().map(|published| published.value);
        severe &= published == Some(Publication::Everyone);
    }
    if severe {
        // Single-node discovery does not excuse a port that is open to everyone; a directory of examples does.
        return (!node.is_for_tests(context)).then_some(node.release.temper(Severity::Error));
    }
    if node.is_dev(context) {
        return None;
    }
    let old = node.release.is_before(6, 8) && !node.release.is_unknown();
    Some(if old { Severity::Info } else { Severity::Warning })
}
