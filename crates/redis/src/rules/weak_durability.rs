//! Data is persisted, but not so that it survives.

use crate::model::{Document, RedisConf, Statement, Workload};
use crate::schema;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/weak-durability", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.server() else { return };
    if conf.workload() == Some(Workload::Cache) || conf.is_for_tests() {
        return;
    }
    let appends = conf.switch("appendonly").filter(|setting| setting.value);
    let saves = conf.save_points();
    if let Some(append) = appends.and_then(|append| append.span()) {
        append_only(conf, append, findings);
    } else if let Some(stop) = conf.switch("stop-writes-on-bgsave-error").filter(|stop| !stop.value)
        && let (Some(span), false) = (stop.span(), saves.points.is_empty())
    {
        let report = findings
            .report(span, "a failing background save goes unnoticed: Redis keeps taking writes it cannot persist");
        let report = match saves.last {
            Some(line) => report.label(line.span, "snapshots are the only copy"),
            None => report,
        };
        report.suggest("refuse writes while saves fail", [Edit::replace(span, "yes")]);
    }
    if appends.is_some() || (saves.last.is_some() && !saves.points.is_empty()) {
        directory(conf, findings);
    }
    let persisted = appends.and_then(|append| append.span()).or(saves.last.map(|line| line.span));
    if let Some(persisted) = persisted.filter(|_| appends.is_some() || !saves.points.is_empty()) {
        working_directory(conf, persisted, findings);
    }
    if let Some(checksum) = conf.switch("rdbchecksum").filter(|setting| !setting.value)
        && let Some(span) = checksum.span()
    {
        findings.report(span, "a damaged snapshot is loaded without a word").severity(Severity::Info);
    }
}

fn append_only(conf: &RedisConf, append: confvet_core::Span, findings: &mut Findings) {
    let fsync = conf.last("appendfsync").and_then(Statement::value);
    if let Some(value) = fsync.filter(|value| value.is("no")) {
        findings
            .report(value.span, "`appendfsync no` leaves flushing to the kernel: up to ~30 s of writes are lost")
            .label(append, "the append-only file")
            .suggest("flush every second", [Edit::replace(value.span, "everysec")]);
    }
    let paused =
        conf.switch("no-appendfsync-on-rewrite").filter(|setting| setting.value).and_then(|setting| setting.span());
    if let (Some(value), Some(span)) = (fsync.filter(|value| value.is("always")), paused) {
        findings
            .report(span, "during rewrites `appendfsync always` does not hold: up to ~30 s of writes are lost")
            .label(value.span, "every write, except then");
    }
    if let Some(percentage) = conf.number("auto-aof-rewrite-percentage").filter(|setting| setting.value == 0)
        && let Some(span) = percentage.span()
    {
        findings
            .report(span, "the append-only file is never compacted: it grows until the disk is full")
            .label(append, "the append-only file")
            .suggest("compact it when it has doubled", [Edit::replace(span, "100")]);
    }
    if let Some(truncated) = conf.switch("aof-load-truncated").filter(|setting| !setting.value)
        && let Some(span) = truncated.span()
    {
        findings
            .report(span, "after a crash in the middle of a write the server does not start by itself")
            .severity(Severity::Info);
    }
}

fn directory(conf: &RedisConf, findings: &mut Findings) {
    let Some(dir) = conf.directory() else { return };
    let volatile = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/var/run"];
    let below = |root: &str| dir.value.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if let Some(span) = dir.span().filter(|_| volatile.into_iter().any(below)) {
        findings.report(span, format!("data directory `{}` does not survive a reboot", dir.value));
    }
}

/// A service is started in whatever directory its init system likes.
fn working_directory(conf: &RedisConf, persisted: confvet_core::Span, findings: &mut Findings) {
    let supervised = conf.last("supervised").and_then(Statement::value).filter(|value| !value.is("no"));
    let daemon = conf.last("daemonize").and_then(Statement::value).filter(|value| value.is("yes"));
    let Some(service) = supervised.or(daemon).filter(|_| !conf.is_partial()) else { return };
    let dir = conf.directory();
    let is_whole = |path: &str| path.starts_with('/') || schema::placeholder(path).is_some();
    if dir.as_ref().is_some_and(|dir| is_whole(&dir.value)) {
        return;
    }
    let message = match &dir {
        Some(dir) => format!("data directory `{}` depends on where the service is started", dir.value),
        None => "there is no `dir`: the data lands where the service is started".to_owned(),
    };
    let place = dir.and_then(|dir| dir.span());
    let report = findings.report(place.unwrap_or(service.span), message).label(persisted, "what is written there");
    let report = if place.is_some() { report.label(service.span, "started as a service") } else { report };
    report.help("write the whole path, such as `dir /var/lib/redis`");
}
