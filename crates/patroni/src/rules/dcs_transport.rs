//! Certificates that are not used, or a password that crosses the network in clear text.

use crate::Document;
use crate::model::Config;
use confvet_core::{Context, Findings, Rule, Severity};
use confvet_yaml::{Entry, Node};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/dcs-transport", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    if config.may_be_completed() {
        return;
    }
    let is_overridden = |section: &Entry<'_>| section.key.text().is_some_and(|name| config.is_overridden_below(name));
    for section in config.dcs_sections().into_iter().filter(|section| !is_overridden(section)) {
        store(config, section, findings);
    }
    for path in ["consul.verify", "ctl.insecure"] {
        let Some(node) = config.local(path) else { continue };
        if node.as_bool() == Some(path == "ctl.insecure") {
            findings.report(node.span(), format!("`{path}` switches the check of certificates off"));
        }
    }
}

fn store(config: &Config, section: Entry<'_>, findings: &mut Findings) {
    let name = section.key.text().unwrap_or_default();
    let get = |key: &str| section.value.get(key).filter(|node| !node.is_null());
    let set_up = |node: Option<Node<'_>>, word: &str| node.and_then(Node::as_str) == Some(word);
    let by_url = ["url", "proxy"]
        .iter()
        .filter_map(|key| get(key))
        .any(|url| url.as_str().is_some_and(|url| url.starts_with("https://")));
    let (encrypted, setting) = match name {
        "etcd" | "etcd3" => (set_up(get("protocol"), "https") || by_url, "protocol: https"),
        "consul" => (set_up(get("scheme"), "https") || by_url, "scheme: https"),
        "zookeeper" => (get("use_ssl").and_then(Node::as_bool) == Some(true), "use_ssl: true"),
        _ => return,
    };
    for (given, missing, severity) in [("cert", "key", Severity::Info), ("key", "cert", Severity::Warning)] {
        if let Some(entry) = section.value.entry(given).filter(|entry| !entry.value.is_null() && get(missing).is_none())
        {
            findings.report(entry.key.span(), format!("`{name}.{given}` without `{missing}`")).severity(severity).help(
                if given == "cert" {
                    "right where the key is in the same file"
                } else {
                    "without a certificate it is not used"
                },
            );
        }
    }
    if encrypted || config.asks_loopback_store() {
        return;
    }
    if let Some(material) = ["cacert", "cert", "key"].iter().find_map(|key| section.value.entry(key)) {
        findings
            .report(material.key.span(), format!("`{name}` has certificates and no `{setting}`, so they are not used"))
            .help(format!("add `{setting}`"))
            .suggest(format!("add `{setting}`"), section.value.append(setting));
    }
    if let Some(secret) = ["password", "token"].iter().find_map(|key| section.value.entry(key)) {
        let known = !config.dcs_endpoints().is_empty();
        if known && !secret.value.is_null() {
            findings
                .report(secret.key.span(), format!("it reaches `{name}` in clear text, as there is no `{setting}`"))
                .severity(Severity::Error);
        }
    }
}
