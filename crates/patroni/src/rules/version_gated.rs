//! A setting outside the versions of Patroni that read it.

use crate::model::{Config, Document};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity, Version};
use confvet_yaml::Entry;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/version-gated", check };

type Number = (u64, u64, u64);

/// Keys that older versions ignore: dynamic or not, section, key, first version.
const NEW: &[(bool, &str, &str, Number)] = &[
    (true, "", "failsafe_mode", (3, 0, 0)),
    (true, "", "member_slots_ttl", (4, 0, 0)),
    (true, "", "primary_start_timeout", (3, 0, 0)),
    (true, "", "primary_stop_timeout", (3, 0, 0)),
    (false, "tags", "failover_priority", (3, 2, 0)),
    (false, "tags", "sync_priority", (4, 1, 0)),
    (false, "tags", "nostream", (3, 3, 0)),
    (false, "restapi", "allowlist", (2, 1, 0)),
    (false, "restapi", "allowlist_include_members", (2, 1, 0)),
    (false, "postgresql", "before_stop", (3, 0, 3)),
];

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    if let Some(users) = config.local_entry("bootstrap", "users").filter(|users| !users.value.is_null()) {
        bootstrap_users(config, users, findings);
    }
    let Some(version) = &config.patroni else { return };
    let before = |(major, minor, patch): Number| *version < Version::new(major, minor, patch);
    for &(dynamic, section, key, since) in NEW.iter().filter(|row| before(row.3)) {
        let entry = if dynamic { config.dynamic_entry(section, key) } else { config.local_entry(section, key) };
        let Some(entry) = entry.filter(|entry| !entry.value.is_null()) else { continue };
        let (major, minor, patch) = since;
        let opens_api = section == "restapi";
        findings
            .report(
                entry.key.span(),
                format!("`{key}` needs Patroni {major}.{minor}.{patch}, and {version} ignores it"),
            )
            .severity(if opens_api { Severity::Error } else { Severity::Warning })
            .category(if opens_api { Category::Security } else { Category::Outage });
    }
    if let Some(mode) = config.dynamic("synchronous_mode").filter(|node| node.as_str() == Some("quorum"))
        && before((4, 0, 0))
    {
        findings
            .report(
                mode.span(),
                format!("`synchronous_mode: quorum` needs Patroni 4.0.0, and {version} takes it for off"),
            )
            .category(Category::DataLoss);
    }
    if before((3, 0, 0)) {
        return;
    }
    for (old, new) in
        [("master_start_timeout", "primary_start_timeout"), ("master_stop_timeout", "primary_stop_timeout")]
    {
        let Some(entry) = config.dynamic_entry("", old).filter(|_| config.dynamic_entry("", new).is_none()) else {
            continue;
        };
        findings
            .report(entry.key.span(), format!("`{old}` is called `{new}` since Patroni 3.0.0"))
            .severity(Severity::Info)
            .category(Category::Maintainability)
            .suggest_as(Safety::Safe, format!("write `{new}`"), [Edit::replace(entry.key.span(), new)]);
    }
}

fn bootstrap_users(config: &Config, users: Entry<'_>, findings: &mut Findings) {
    let (severity, text) = match &config.patroni {
        Some(version) if *version >= Version::new(4, 0, 0) => {
            (Severity::Error, "`bootstrap.users` is gone since Patroni 4.0.0: the users are not created")
        }
        Some(version) if *version < Version::new(3, 2, 0) => return,
        Some(_) => (Severity::Warning, "`bootstrap.users` is deprecated, and gone in Patroni 4.0.0"),
        None => (Severity::Warning, "`bootstrap.users` creates no users from Patroni 4.0.0 on"),
    };
    findings.report(users.key.span(), text).severity(severity).help("create them in a `post_bootstrap` script");
}
