//! Settings of the process that hide its logs, end it at once, or do nothing.

use crate::model::{Document, RedisConf, Statement};
use confvet_core::{Context, Edit, Fact, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/process-settings", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    background(conf, ctx, findings);
    logs(conf, findings);
    limits(conf, ctx, findings);
}

fn background(conf: &RedisConf, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(span) = conf.switch("daemonize").filter(|setting| setting.value).and_then(|setting| setting.span()) else {
        return;
    };
    let words = ["docker", "k8s", "kubernetes", "helm", "compose"];
    let stated = ctx.facts.bool(Fact::Container);
    if stated.unwrap_or_else(|| crate::model::has_word(&conf.path, &words)) {
        findings
            .report(span, "`daemonize yes` ends the container at once, without a line in its log")
            .suggest("stay in the foreground", [Edit::replace(span, "no")]);
        return;
    }
    let supervised = conf.last("supervised").and_then(Statement::value).filter(|value| value.is("systemd"));
    if let Some(supervised) = supervised {
        findings
            .report(span, "`daemonize` has no effect under `supervised systemd`")
            .severity(Severity::Info)
            .label(supervised.span, "systemd keeps it in the foreground");
    } else if !conf.has_text("logfile") && !conf.is_on("syslog-enabled") && !conf.is_partial() {
        findings
            .report(span, "logs go nowhere: `daemonize yes` without `logfile` or syslog")
            .severity(Severity::Warning)
            .help("name a `logfile`, or write `syslog-enabled yes`");
    }
}

fn logs(conf: &RedisConf, findings: &mut Findings) {
    if let Some(value) = conf.last("logfile").and_then(Statement::value).filter(|value| value.is("stdout"))
        && !conf.lacks((2, 8, 0))
    {
        findings
            .report(value.span, "writes to a file called `stdout`")
            .severity(Severity::Info)
            .help("an empty name is the standard output")
            .suggest_as(Safety::Safe, "write to the standard output", [Edit::replace(value.span, "\"\"")]);
    }
    let service = conf.is_on("daemonize")
        || conf.last("supervised").and_then(Statement::value).is_some_and(|value| !value.is("no"));
    if let Some(level) = conf.last("loglevel").and_then(Statement::value).filter(|_| service)
        && (level.is("debug") || level.is("verbose"))
    {
        findings
            .report(level.span, format!("`loglevel {}` fills the disk of a busy service", level.text))
            .severity(Severity::Info);
    }
}

fn limits(conf: &RedisConf, ctx: &Context<'_>, findings: &mut Findings) {
    let number = |key: &'static str| {
        let setting = conf.number(key)?;
        Some((setting.value, setting.span()?))
    };
    let mut info = |span, message: String| {
        findings.report(span, message).severity(Severity::Info);
    };
    if let Some((0, span)) = number("tcp-keepalive") {
        info(span, "dead clients are never noticed: `tcp-keepalive 0`".to_owned());
    }
    if let Some((time, span)) = number("timeout").filter(|(time, _)| (1..=10).contains(time)) {
        info(span, format!("clients of a pool are cut off after {time} s without a command"));
    }
    if let Some((hz, span)) = number("hz").filter(|(hz, _)| *hz > 100) {
        info(span, format!("`hz {hz}` burns processor time on an idle server"));
    }
    for key in ["busy-reply-threshold", "lua-time-limit"] {
        if let Some((0, span)) = number(key) {
            info(span, format!("`{key} 0`: a script that never ends can never be stopped"));
            break;
        }
    }
    if let (Some((min, span)), Some(max)) = (number("active-defrag-cycle-min"), conf.number("active-defrag-cycle-max"))
        && min > max.value
    {
        info(span, format!("active-defrag-cycle-min {min} exceeds active-defrag-cycle-max {}", max.value));
    }
    if let (Some((threads, span)), Some(cpus)) = (number("io-threads"), ctx.facts.number(Fact::Cpus))
        && u64::try_from(threads).is_ok_and(|threads| threads > cpus)
    {
        info(span, format!("{threads} threads on {cpus} processors wait for each other"));
    }
    if let (Some((clients, span)), Some(files)) = (number("maxclients"), ctx.facts.number(Fact::Nofile))
        && u64::try_from(clients).is_ok_and(|clients| clients.saturating_add(32) > files)
    {
        findings
            .report(
                span,
                format!(
                    "maxclients is lowered to {} without a word: only {files} files may be open",
                    files.saturating_sub(32)
                ),
            )
            .severity(Severity::Warning);
    }
}
