//! A method of bootstrap or replica creation without the section that says how.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity, did_you_mean};
use confvet_yaml::Node;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/method-undefined", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    bootstrap(config, findings);
    for list in [
        config.local("postgresql.create_replica_methods"),
        config.dynamic("postgresql.create_replica_methods"),
        config.dynamic("standby_cluster.create_replica_methods"),
    ] {
        for method in list.into_iter().flat_map(Node::items) {
            replica(config, method, findings);
        }
        let Some(list) = list.filter(|list| list.items().len() > 0 && !config.is_unknown(*list)) else { continue };
        if !list.items().any(|method| method.as_str() == Some("basebackup")) {
            findings
                .report(list.key_span(), "there is no `basebackup` to fall back to when these methods fail")
                .severity(Severity::Info)
                .category(Category::Maintainability);
        }
    }
}

fn bootstrap(config: &Config, findings: &mut Findings) {
    let Some(method) = config.local("bootstrap.method").filter(|node| !config.is_unknown(*node)) else { return };
    let Some(name) = method.as_str().filter(|name| *name != "initdb" && !name.contains('/')) else { return };
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
    let named = sections.iter().flatten().flat_map(|section| section.entries());
    let with_command = named.filter(|entry| entry.value.get("command").is_some());
    let candidates: Vec<_> = with_command.filter_map(|entry| Some((entry.key.text()?, entry.key.span()))).collect();
    let near = did_you_mean(name, candidates.iter().map(|(key, _)| *key));
    let report = findings
        .report(
            method.span(),
            format!("replica method `{name}` has no command: Patroni executes a program called `{name}`"),
        )
        .severity(Severity::Warning)
        .category(Category::Outage);
    let report = match candidates.iter().find(|(key, _)| Some(*key) == near) {
        Some((_, span)) => report.label(*span, "is this meant?"),
        None => report,
    };
    report.suggest("name the section that exists", near.map(|near| Edit::replace(method.span(), near)));
}
