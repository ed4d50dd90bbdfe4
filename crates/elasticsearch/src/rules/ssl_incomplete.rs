//! A group of TLS settings that 8.0 refuses: without `enabled`, without a key, or with two sources of one.

use crate::model::Elasticsearch;
use crate::node::Node;
use crate::settings::Setting;
use confvet_core::{Category, Context, Findings, Report, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/ssl-incomplete", check };

const GROUPS: &[&str] = &["xpack.security.transport.ssl", "xpack.security.http.ssl"];

fn check(model: &Elasticsearch, _: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes().filter(|node| node.has_settings() && !node.is_managed() && !node.is_open()) {
        if node.release.is_before(7, 0) || node.release.is_unknown() || node.release.is_opensearch() {
            continue;
        }
        for group in GROUPS {
            check_group(node, group, findings);
        }
    }
}

fn as_refused<'r>(report: Report<'r>, node: &Node) -> Report<'r> {
    if node.release.is_from(8, 0) {
        let severity = node.release.temper(Severity::Error);
        let category = if severity == Severity::Error { Category::Invalid } else { Category::Outage };
        report.severity(severity).category(category)
    } else {
        report.severity(Severity::Warning).category(Category::Maintainability)
    }
}

fn check_group(node: &Node, group: &str, findings: &mut Findings) {
    let prefix = format!("{group}.");
    let key = |name: &str| format!("{group}.{name}");
    let mut others: Vec<&Setting> = node.below(&prefix).filter(|setting| setting.key != key("enabled")).collect();
    others.sort_by_key(|setting| (setting.key_span.file, setting.key_span.start));
    let enabled = node.get(&key("enabled"));
    let Some(switch) = enabled else {
        let Some(first) = others.first() else { return };
        let name = first.key.strip_prefix(prefix.as_str()).unwrap_or_default();
        let report =
            findings.report(first.key_span, format!("{group} has `{name}` but not {group}.enabled: refused since 8.0"));
        as_refused(report, node).help(format!("say `{group}.enabled: true`, or remove the group"));
        return;
    };
    if node.bool(&key("enabled")) != Some(true) {
        return;
    }
    let keystore = node.get(&key("keystore.path"));
    let certificate = node.get(&key("certificate"));
    let private = node.get(&key("key"));
    match (keystore, certificate, private) {
        (None, None, None) => {
            let report =
                findings.report(switch.value_span, format!("{group} is enabled without a key: refused since 8.0"));
            as_refused(report, node).help("set keystore.path, or certificate and key");
        }
        (Some(keystore), Some(certificate), _) => {
            let report = findings
                .report(certificate.key_span, format!("{group} has both a keystore and a certificate"))
                .label(keystore.key_span, "the keystore");
            as_refused(report, node).help("keep one of them");
        }
        (None, Some(certificate), None) => {
            let report =
                findings.report(certificate.key_span, format!("{group}.certificate is set without {group}.key"));
            as_refused(report, node).help("name the file of the private key");
        }
        (None, None, Some(private)) => {
            let report = findings.report(private.key_span, format!("{group}.key is set without {group}.certificate"));
            as_refused(report, node).help("name the file of the certificate");
        }
        _ => {}
    }
}
