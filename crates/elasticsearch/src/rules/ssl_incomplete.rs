//! A group of TLS settings that 8.0 refuses: without `enabled`, without a key, or with two sources of one.

use crate::model::Elasticsearch;
use crate::node::{Node, REALMS};
use crate::settings::Setting;
use confvet_core::{Category, Context, Edit, Findings, Map, Report, Rule, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/ssl-incomplete", check };

/// A server's group of TLS settings.
struct Group {
    name: &'static str,
    /// The name with its final dot, and the keys that count.
    prefix: &'static str,
    enabled: &'static str,
    keystore: &'static str,
    certificate: &'static str,
    key: &'static str,
    /// The switch of the server itself, for one that is off by itself and encrypted unless it says otherwise.
    server: Option<&'static str>,
}

macro_rules! group {
    ($name:literal, $server:expr) => {
        Group {
            name: $name,
            prefix: concat!($name, "."),
            enabled: concat!($name, ".enabled"),
            keystore: concat!($name, ".keystore.path"),
            certificate: concat!($name, ".certificate"),
            key: concat!($name, ".key"),
            server: $server,
        }
    };
}

const GROUPS: &[Group] = &[
    group!("xpack.security.transport.ssl", None),
    group!("xpack.security.http.ssl", None),
    // From 8.10 on.
    group!("xpack.security.remote_cluster_server.ssl", Some("remote_cluster_server.enabled")),
];

/// The types of realms that come with the program.
const REALM_TYPES: &[&str] = &["active_directory", "file", "jwt", "kerberos", "ldap", "native", "oidc", "pki", "saml"];

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for node in model.sound_nodes().filter(|node| node.has_settings() && !node.is_managed() && !node.is_open()) {
        if node.release.is_before(7, 0) || node.release.is_unknown() || node.release.is_opensearch() {
            continue;
        }
        for group in GROUPS {
            check_group(node, group, context, findings);
        }
        check_realms(node, context, findings);
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

fn check_group(node: &Node, keys: &Group, context: &Context<'_>, findings: &mut Findings) {
    let &Group { name: group, prefix, enabled, server, .. } = keys;
    if server.is_some_and(|server| !node.is_true(server)) {
        return;
    }
    let switch = node.get(enabled).or_else(|| node.get(server?));
    let Some(switch) = switch else {
        let others = node.below(prefix).filter(|setting| setting.key != enabled);
        let Some(first) = others.min_by_key(|setting| (setting.key_span.file, setting.key_span.start)) else { return };
        let name = first.key.strip_prefix(prefix).unwrap_or_default();
        let report =
            findings.report(first.key_span, format!("{group} has `{name}` but not {group}.enabled: refused since 8.0"));
        let edit = node.insert_beside(first, context.sources, &format!("{group}.enabled: true"));
        as_refused(report, node)
            .help(format!("say `{group}.enabled: true`, or remove the group"))
            .suggest("switch the group on", edit.filter(|_| first.parents.is_empty()));
        return;
    };
    if !node.is_true(&switch.key) {
        return;
    }
    let keystore = node.get(keys.keystore);
    let certificate = node.get(keys.certificate);
    let private = node.get(keys.key);
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

/// A realm as 7.0 and later read it.
#[derive(Default)]
struct Realm<'n> {
    first: Option<&'n Setting>,
    order: Option<&'n Setting>,
    is_off: bool,
}

fn check_realms(node: &Node, context: &Context<'_>, findings: &mut Findings) {
    let mut realms: Map<(&str, &str), Realm<'_>> = Map::new();
    for setting in node.below(REALMS) {
        let rest = &setting.key[REALMS.len()..];
        let Some((first, rest)) = rest.split_once('.') else { continue };
        let Some((name, key)) = rest.split_once('.') else {
            if rest == "type" {
                report_old_shape(node, setting, first, context, findings);
            }
            continue;
        };
        if !REALM_TYPES.contains(&first) {
            continue;
        }
        let realm = realms.or_default((first, name));
        if realm.first.is_none_or(|first| setting.key_span.start < first.key_span.start) {
            realm.first = Some(setting);
        }
        match key {
            "order" => realm.order = Some(setting),
            "enabled" => realm.is_off = node.bool(&setting.key) == Some(false),
            _ => {}
        }
    }
    let mut orders: Map<String, (&str, &Setting)> = Map::new();
    for ((kind, name), realm) in realms.into_sorted().into_iter().filter(|(_, realm)| !realm.is_off) {
        let Some(order) = realm.order else {
            let Some(first) = realm.first else { continue };
            let report = findings.report(first.key_span, format!("realm `{name}` has no order: refused since 8.0"));
            as_refused(report, node).help(format!("set {REALMS}{kind}.{name}.order to a number of its own"));
            continue;
        };
        if order.is_open() {
            continue;
        }
        if let Some((other, earlier)) = orders.get(&order.text()) {
            let text = format!("realms `{other}` and `{name}` have the same order {}: refused since 8.0", order.text());
            let report = findings.report(order.value_span, text).label(earlier.value_span, "the other realm");
            as_refused(report, node).help("give each realm an order of its own");
        } else {
            orders.insert(order.text(), (name, order));
        }
    }
}

/// `….realms.NAME.type: ldap`, as up to 6.x.
fn report_old_shape(node: &Node, kind: &Setting, name: &str, context: &Context<'_>, findings: &mut Findings) {
    let severity = node.release.temper(Severity::Error);
    let old = format!("{REALMS}{name}.");
    let new = format!("{REALMS}{}.{name}.", kind.text());
    let rename = |setting: &Setting| -> Option<Edit> {
        let key = setting.key.strip_prefix(old.as_str())?;
        if key == "type" {
            setting.delete(context.sources)
        } else {
            setting.rename(context.sources, &format!("{new}{key}"))
        }
    };
    let edits: Option<Vec<Edit>> = node.below(&old).map(rename).collect();
    findings
        .report(
            kind.key_span,
            format!("realm `{name}` is written as in 6.x: since 7.0 its type is part of the key, as in {new}order"),
        )
        .severity(severity)
        .category(if severity == Severity::Error { Category::Invalid } else { Category::Outage })
        .help(format!("write {new}… for all its settings, and leave the type out"))
        .suggest("write it as 7.0 reads it", edits.unwrap_or_default());
}
