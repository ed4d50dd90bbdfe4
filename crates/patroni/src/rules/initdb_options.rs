//! An option of initdb that it refuses, or that Patroni does not pass on.

use crate::Document;
use crate::hba::METHODS;
use crate::model::Config;
use confvet_core::{Context, Edit, Findings, Rule, Safety};
use confvet_yaml::Node;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/initdb-options", check: each_config!(check) };

/// Options that Patroni keeps to itself.
const REFUSED: &[&str] = &["pgdata", "nosync", "pwfile", "sync-only", "version"];

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    for item in config.local("bootstrap.initdb").into_iter().flat_map(Node::items) {
        if config.is_unknown(item) {
            continue;
        }
        if let Some(option) = item.as_str() {
            switch(item, option, findings);
        }
        for entry in item.entries() {
            let (Some(option), Some(value)) = (entry.key.text(), entry.value.as_str()) else { continue };
            if REFUSED.contains(&option) {
                findings.report(entry.key.span(), format!("Patroni does not accept the initdb option `{option}`"));
            }
            let is_auth = matches!(option, "auth" | "auth-host" | "auth-local");
            if is_auth && !METHODS.contains(&value) {
                findings.report(entry.value.span(), format!("`{value}` is no authentication method: initdb fails"));
            }
            let is_locale = option == "locale" || option.starts_with("lc-");
            let encoding = value.to_ascii_lowercase().replace('-', "") == "utf8";
            if is_locale && encoding {
                findings
                    .report(
                        entry.value.span(),
                        format!("`{option}: {value}` names an encoding and no locale: initdb fails"),
                    )
                    .suggest_as(Safety::Unsafe, "write `C.UTF-8`", [Edit::replace(entry.value.span(), "C.UTF-8")]);
            }
        }
    }
}

fn switch(item: Node<'_>, option: &str, findings: &mut Findings) {
    let bare = option.trim_start_matches('-');
    if REFUSED.contains(&option) {
        findings.report(item.span(), format!("Patroni does not accept the initdb option `{option}`"));
    } else if bare != option {
        findings
            .report(item.span(), format!("`{option}` already has dashes, Patroni adds two more and initdb fails"))
            .suggest_as(Safety::Safe, "drop the dashes", [Edit::replace(item.span(), bare)]);
    } else if option.contains(' ') {
        findings
            .report(item.span(), format!("`{option}` goes to initdb as one word, and it fails"))
            .help("write options with a value as `option: value`");
    }
}
