//! A method of bootstrap or replica creation without the section that says how.

use crate::model::{Config, Document};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, did_you_mean};
use confvet_yaml::Node;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/method-undefined", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    bootstrap(config, findings);
    for list in [
        config.local("postgresql.create_replica_methods"),
        config.dynamic("postgresql.create_replica_methods"),
        config.dynamic("standby_cluster.create_replica_methods"),
    ] {
        for method in list.into_iter().flat_map(Node::items) {
            replica(config, method, findings);
        }
    }
}

fn bootstrap(config: &Config, findings: &mut Findings) {
    let Some(method) = config.local("bootstrap.method").filter(|node| !config.is_unknown(*node)) else { return };
    let Some(name) = method.as_str().filter(|name| *name != "initdb") else { return };
    let Some(section) = config.local("bootstrap").filter(|_| !config.has_custom_bootstrap()) else { return };
    let with_command = |node: &Node<'_>| node.get("command").is_some();
    let names = section.entries().filter(|entry| with_command(&entry.value)).filter_map(|entry| entry.key.text());
    let near = did_you_mean(name, names);
    let message = format!(
        "`bootstrap.method` is `{name}` and there is no `bootstrap.{name}.command`: Patroni runs initdb and creates an empty cluster"
    );
    let report = findings.report(method.span(), message);
    let report = match near.and_then(|near| section.entry(near)) {
        Some(entry) => report.label(entry.key.span(), "is this meant?"),
        None => report,
    };
    report.suggest("name the section that exists", near.map(|near| Edit::replace(method.span(), near)));
}

fn replica(config: &Config, method: Node<'_>, findings: &mut Findings) {
    let Some(name) = method.as_str().filter(|name| *name != "basebackup" && !name.contains('/')) else { return };
    if config.is_unknown(method) {
        return;
    }
    let sections = [config.local("postgresql"), config.dynamic("postgresql")];
    let section = sections.iter().flatten().find_map(|section| section.get(name));
    let is_tool = matches!(name, "patroni_wale_restore" | "patroni_barman");
    let has_command = section.is_some_and(|section| section.get("command").is_some_and(|command| !command.is_null()));
    if has_command || (section.is_some() && is_tool) {
        return;
    }
    findings
        .report(
            method.span(),
            format!("replica method `{name}` has no command: Patroni executes a program called `{name}`"),
        )
        .severity(Severity::Warning)
        .category(Category::Outage);
}
