//! A setting outside the versions of Patroni that read it.

use crate::Document;
use crate::check::RoleService;
use crate::environment::Reading;
use crate::model::Config;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Set, Severity, Span, Version};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/version-gated", check };

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
    (false, "postgresql", "rewind", (4, 2, 0)),
    (false, "postgresql", "parameters_primary", (4, 2, 0)),
    (false, "postgresql", "parameters_replica", (4, 2, 0)),
    (false, "postgresql", "parameters_standby_leader", (4, 2, 0)),
    (false, "postgresql", "pg_hba_primary", (4, 2, 0)),
    (false, "postgresql", "pg_hba_replica", (4, 2, 0)),
    (false, "postgresql", "pg_hba_standby_leader", (4, 2, 0)),
    (true, "", "primary_race_backoff", (4, 2, 0)),
    (false, "raft", "min_timeout", (4, 2, 0)),
    (false, "raft", "max_timeout", (4, 2, 0)),
    (false, "raft", "connection_timeout", (4, 2, 0)),
    (false, "raft", "append_entries_period", (4, 2, 0)),
    (false, "raft", "connection_retry_time", (4, 2, 0)),
    (false, "raft", "leader_fallback_timeout", (4, 2, 0)),
];

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let has_own_label = set.members.iter().any(|member| {
        let document = member.model();
        document.configs().any(|config| config.local("kubernetes.leader_label_value").is_some())
            || document.environments().any(|block| block.has("PATRONI_KUBERNETES_LEADER_LABEL_VALUE"))
    });
    for member in &set.members {
        let document = member.model();
        for config in document.configs() {
            configuration(config, findings);
        }
        for environment in document.environments() {
            for variable in environment.variables.iter().filter(|variable| variable.reading() == Reading::User) {
                users(&variable.name.value, variable.name.span, environment.patroni.as_ref(), findings);
            }
        }
        let Some(version) = member.version("patroni").filter(|_| !has_own_label) else { continue };
        for service in document.services() {
            label(service, version, findings);
        }
    }
}

/// The leader's pod has the label `primary` from 4.0.0 on, and `master` before.
fn label(service: &RoleService, version: &Version, findings: &mut Findings) {
    let is_new = *version >= Version::new(4, 0, 0);
    let (gone, right) = if is_new { ("master", "primary") } else { ("primary", "master") };
    if service.label != "role" || service.role.value != gone {
        return;
    }
    findings
        .report(
            service.role.span,
            format!(
                "Patroni {version} labels the leader `{right}`: the service `{}` has no endpoint",
                service.name.value
            ),
        )
        .severity(Severity::Error)
        .help(format!("select `role: {right}`, or set `kubernetes.leader_label_value: {gone}`"));
}

fn configuration(config: &Config, findings: &mut Findings) {
    if let Some(users) = config.local_entry("bootstrap", "users").filter(|users| !users.value.is_null()) {
        self::users("bootstrap.users", users.key.span(), config.patroni.as_ref(), findings);
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
    later(config, version, findings);
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

/// What every version from 3.0.0 or 4.0.0 on does otherwise.
fn later(config: &Config, version: &Version, findings: &mut Findings) {
    let from = |major, minor, patch| *version >= Version::new(major, minor, patch);
    if let Some(mode) = config.dynamic("synchronous_mode").filter(|node| node.as_str() == Some("quorum"))
        && from(4, 0, 0)
        && !from(4, 1, 5)
    {
        findings
            .report(
                mode.span(),
                format!("Patroni {version} takes `quorum`, but its `--validate-config` refuses it before 4.1.5"),
            )
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
    if let Some(raft) = config.local_entry("", "raft").filter(|_| from(3, 0, 0)) {
        findings
            .report(raft.key.span(), "`raft` is deprecated since Patroni 3.0.0")
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
    if let Some(hints) = config.parameter("wal_log_hints").filter(|_| !from(4, 0, 0))
        && hints.text().and_then(crate::parameter::boolean) == Some(false)
    {
        findings
            .report(hints.key_span(), format!("Patroni {version} always switches `wal_log_hints` on"))
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
    let methods = config.entries("postgresql").map(|entry| entry.value).filter(|value| value.get("command").is_some());
    for entry in methods.filter_map(|method| method.entry("no_master")).filter(|_| from(4, 0, 0)) {
        findings
            .report(
                entry.key.span(),
                format!("`no_master` is an argument like any other since Patroni 4.0.0 (target: {version})"),
            )
            .severity(Severity::Warning)
            .help("write `no_leader`");
    }
}

/// Users that Patroni created at bootstrap, until 4.0.0.
fn users(name: &str, place: Span, version: Option<&Version>, findings: &mut Findings) {
    let (severity, text) = match version {
        Some(version) if *version >= Version::new(4, 0, 0) => {
            (Severity::Error, format!("`{name}` is gone since Patroni 4.0.0: the users are not created"))
        }
        Some(version) if *version < Version::new(3, 2, 0) => return,
        Some(_) => (Severity::Warning, format!("`{name}` is deprecated, and gone in Patroni 4.0.0")),
        None => (Severity::Warning, format!("`{name}` creates no users from Patroni 4.0.0 on")),
    };
    findings.report(place, text).severity(severity).help("create them in a `post_bootstrap` script");
}
