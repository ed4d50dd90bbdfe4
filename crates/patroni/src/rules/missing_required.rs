//! Something Patroni cannot do without is not there.

use crate::Document;
use crate::model::{Completion, Config};
use confvet_core::{Category, Context, Fact, Findings, Rule, Severity};
use confvet_yaml::Node;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/missing-required", check: each_config!(check) };

fn check(config: &Config, ctx: &Context<'_>, findings: &mut Findings) {
    bootstrap_dcs(config, findings);
    credentials(config, findings);
    for (section, keys) in [("kubernetes", &["labels"][..]), ("exhibitor", &["hosts", "port"])] {
        for key in keys {
            let Some(node) = config.local(section).filter(|node| node.is_mapping() && is_absent(node.get(key))) else {
                continue;
            };
            let message = format!("`{section}.{key}` is missing: Patroni stops at start");
            findings.report(node.key_span(), message).category(Category::Invalid);
        }
    }
    if let Some(citus) = config.local("citus").filter(|node| node.is_mapping()) {
        let group = config.is_overridden("citus.group")
            || citus.get("group").is_some_and(|group| group.as_i64().is_some() || config.is_unknown(group));
        let database = config.is_overridden("citus.database")
            || citus.get("database").is_some_and(|database| database.as_str().is_some());
        if !group || !database {
            let message = "`citus` needs an integer `group` and a `database`: Patroni drops the whole section";
            findings.report(citus.key_span(), message);
        }
    }
    if let Some(standby) = config.dynamic("standby_cluster").filter(|node| node.is_mapping())
        && !config.is_standby_cluster()
    {
        let message = "`standby_cluster` has none of `host`, `port`, `restore_command`: Patroni ignores it";
        findings.report(standby.key_span(), message);
    }
    from_environment(config, ctx, findings);
}

fn is_absent(node: Option<Node<'_>>) -> bool {
    node.is_none_or(Node::is_null)
}

fn bootstrap_dcs(config: &Config, findings: &mut Findings) {
    if config.completion == Completion::Spilo {
        return;
    }
    let Some(bootstrap) = config.local_entry("", "bootstrap").filter(|entry| entry.value.is_mapping()) else { return };
    let fix = match bootstrap.value.entry("dcs") {
        None => bootstrap.value.append("dcs: {ttl: 30}"),
        Some(dcs) if dcs.value.is_null() => Some(dcs.replace_value("{ttl: 30}")),
        Some(_) => return,
    };
    findings
        .report(bootstrap.key.span(), "`bootstrap.dcs` is missing: Patroni stops when it initialises the cluster")
        .category(Category::Invalid)
        .help("add `dcs:` with at least one key, such as `ttl: 30`, which is the default")
        .suggest("add `dcs`", fix);
}

fn credentials(config: &Config, findings: &mut Findings) {
    for section in ["restapi.authentication", "ctl.authentication"] {
        let Some(node) = config.local(section).filter(|node| node.is_mapping()) else { continue };
        for key in ["username", "password"] {
            if node.get(key).is_none() && !config.is_overridden(&format!("{section}.{key}")) {
                let message = format!("`{section}.{key}` is missing: Patroni stops with a KeyError");
                findings.report(node.key_span(), message).category(Category::Invalid);
            }
        }
    }
}

/// What `PATRONI_…` variables may supply. Where two or more of these are missing, they do.
fn from_environment(config: &Config, ctx: &Context<'_>, findings: &mut Findings) {
    if config.is_dynamic() || config.may_be_completed() || ctx.facts.is_true(Fact::PatroniEnv) {
        return;
    }
    let found = config.left_to_environment();
    let [(path, variable)] = found.as_slice() else { return };
    let section = path.rsplit_once('.').and_then(|(section, _)| config.local(section));
    let span = section.map_or(config.start(), Node::key_span);
    let what =
        if *path == "etcd3" { "a section for the store, such as `etcd3`,".to_owned() } else { format!("`{path}`") };
    findings
        .report(span, format!("{what} is missing: Patroni does not start unless `{variable}` is set"))
        .severity(Severity::Warning);
}
