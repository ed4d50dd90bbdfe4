//! Statements of a sentinel.conf that do not fit each other.

use crate::model::{Document, Monitor, RedisConf, Statement};
use confvet_core::{Address, Category, Context, Edit, Findings, Rule, Safety, Severity, did_you_mean};
use std::collections::BTreeMap;

pub(super) static RULE: Rule<Document> = Rule { name: "redis/sentinel-statement", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.sentinel() else { return };
    let mut monitors: BTreeMap<&str, Monitor<'_>> = BTreeMap::new();
    for monitor in conf.monitors() {
        match monitors.get(monitor.name.as_str()) {
            Some(first) => {
                findings
                    .report(monitor.name.span, format!("`{}` is monitored twice", monitor.name.text))
                    .label(first.statement.span, "first monitored here");
            }
            None => {
                monitors.insert(monitor.name.as_str(), monitor);
            }
        }
        host_name(conf, &monitor, findings);
    }
    for statement in conf.statements.iter().filter(|line| takes_master(line)) {
        about_master(conf, statement, &monitors, findings);
    }
    renamed_twice(conf, findings);
    if monitors.is_empty() && !conf.is_partial() {
        findings
            .report(conf.start(), "no `sentinel monitor` line: this Sentinel watches nothing")
            .severity(Severity::Info)
            .category(Category::Maintainability);
    }
}

/// Does its first word name a master?
fn takes_master(statement: &Statement) -> bool {
    statement.key.is_some_and(|key| key.is_sentinel() && key.words.0 >= 2 && key.name != "sentinel monitor")
}

fn about_master(conf: &RedisConf, line: &Statement, monitors: &BTreeMap<&str, Monitor<'_>>, findings: &mut Findings) {
    let Some(name) = line.values().first() else { return };
    let Some(monitor) = monitors.get(name.as_str()) else {
        if conf.is_partial() {
            return;
        }
        let near = did_you_mean(&name.text, monitors.keys().copied());
        let hint = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        let report = findings.report(name.span, format!("no `sentinel monitor {}` in this file{hint}", name.text));
        report.suggest_as(
            Safety::Unsafe,
            "use the name that is monitored",
            near.map(|near| Edit::replace(name.span, near)),
        );
        return;
    };
    let before = line.span.file == monitor.statement.span.file && line.span.start < monitor.statement.span.start;
    if before && !line.generated && !(conf.release.is_known() && conf.release.since((6, 2, 0))) {
        let certain = conf.release.is_known();
        let who = if certain { conf.release.to_string() } else { "Redis up to 6.0".to_owned() };
        let report = findings
            .report(name.span, format!("{who} executes this before it knows `{}`, and refuses it", name.text))
            .label(monitor.statement.span, "defined here");
        if !certain {
            report.severity(Severity::Warning).category(Category::Maintainability);
        }
    }
}

fn host_name(conf: &RedisConf, monitor: &Monitor<'_>, findings: &mut Findings) {
    let resolves = conf.all("sentinel resolve-hostnames").next_back();
    let resolves = resolves.and_then(Statement::value).is_some_and(|value| value.is("yes"));
    if !matches!(Address::parse(&monitor.host.text), Address::Name(_))
        || resolves
        || conf.lacks((6, 2, 0))
        || conf.is_partial()
    {
        return;
    }
    findings
        .report(
            monitor.host.span,
            format!("`{}` is a host name: Redis 6.2+ needs `sentinel resolve-hostnames yes`", monitor.host.text),
        )
        .help("write `sentinel resolve-hostnames yes`, or the address")
        .suggest(
            "resolve host names",
            [Edit::insert_before(monitor.statement.span, "sentinel resolve-hostnames yes\n")],
        );
}

fn renamed_twice(conf: &RedisConf, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for line in conf.all("sentinel rename-command") {
        let [master, command, _] = line.values() else { continue };
        let key = (master.as_str(), command.text.to_ascii_lowercase());
        if let Some(first) = seen.insert(key, line.span) {
            findings
                .report(command.span, format!("`{}` is renamed twice for `{}`", command.text, master.text))
                .label(first, "first renamed here");
        }
    }
}
