//! Statements of a sentinel.conf that do not fit each other.

use crate::model::{Document, Monitor, RedisConf, Statement};
use confvet_core::{Address, Category, Context, Edit, Findings, Map, Rule, Safety, Severity, did_you_mean};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/sentinel-statement", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.sentinel() else { return };
    let mut monitors: Map<&str, Monitor<'_>> = Map::new();
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
        mixed_names(conf, &monitor, findings);
    }
    for statement in conf.statements.iter().filter(|line| takes_master(line)) {
        about_master(conf, statement, &monitors, ctx, findings);
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

fn about_master(
    conf: &RedisConf,
    line: &Statement,
    monitors: &Map<&str, Monitor<'_>>,
    ctx: &Context<'_>,
    findings: &mut Findings,
) {
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
            .label(monitor.statement.span, "defined here")
            .suggest_as(
                Safety::Safe,
                "move the line below its `monitor` line",
                [
                    Edit::delete(line.whole_line(ctx.sources)),
                    Edit::insert_after(monitor.statement.span, format!("\n{}", ctx.text(line.span))),
                ],
            );
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

/// Names are resolved, and addresses announced in their place: whoever knows the master by its name does not see that
/// it is the same one.
fn mixed_names(conf: &RedisConf, monitor: &Monitor<'_>, findings: &mut Findings) {
    let is_name = |text: &str| matches!(Address::parse(text), Address::Name(_));
    if !conf.is_on("sentinel resolve-hostnames")
        || conf.is_on("sentinel announce-hostnames")
        || conf.is_partial()
        || !is_name(&monitor.host.text)
    {
        return;
    }
    let announced = conf.last("sentinel announce-ip").and_then(Statement::value).filter(|host| is_name(&host.text));
    let tls = ["tls-replication", "tls-port"].iter().find_map(|key| conf.last(key)?.value());
    let tls = tls.filter(|value| !value.is("no") && value.text != "0");
    let (other, why) = match (announced, tls) {
        (Some(host), _) => (host, "announced by name, the master by address"),
        (None, Some(value)) => (value, "certificates are checked against names"),
        (None, None) => return,
    };
    findings
        .report(
            monitor.host.span,
            format!(
                "`{}` is watched by name and announced by address: set `sentinel announce-hostnames yes`",
                monitor.host.text
            ),
        )
        .severity(Severity::Warning)
        .category(Category::Outage)
        .label(other.span, why)
        .suggest(
            "announce host names",
            [Edit::insert_before(monitor.statement.span, "sentinel announce-hostnames yes\n")],
        );
}

fn renamed_twice(conf: &RedisConf, findings: &mut Findings) {
    let mut seen = Map::new();
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
