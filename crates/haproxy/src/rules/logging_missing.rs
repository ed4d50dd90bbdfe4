//! A proxy whose traffic leaves no trace.

use crate::model::{Haproxy, Mode, Proxy, Statement};
use confvet_core::{Context, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/logging-missing", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    let Some(global) = haproxy.globals.first() else { return };
    if haproxy.is_part() {
        return;
    }
    let global_logs = haproxy.global().any(|line| line.is("log"));
    let logs_somewhere = haproxy.sections().any(|proxy| proxy.all("log").next().is_some());
    let frontends: Vec<&Proxy> = haproxy
        .proxies
        .iter()
        .filter(|proxy| {
            proxy.has_frontend_side()
                && matches!(proxy.mode(), Mode::Tcp | Mode::Http)
                && !proxy.is_disabled()
                && !is_service(proxy)
        })
        .collect();
    if !global_logs && !logs_somewhere {
        if let Some(first) = frontends.first() {
            let target = haproxy.defaults_of(first).unwrap_or(first);
            findings
                .report(global.header(), "no log target anywhere: an incident leaves no trace")
                .severity(Severity::Warning)
                .label(first.header(), "its traffic is not logged")
                .help("add `log /dev/log local0`, or `log stdout format raw local0` in a container, and `log global` in defaults")
                .suggest_as(
                    Safety::Unsafe,
                    "log to the system's log",
                    [global.insert_first("log /dev/log local0"), target.insert_first("log global")],
                );
        }
        return;
    }
    copied_too_early(haproxy, findings);
    for proxy in frontends.iter().filter(|proxy| proxy.mode() == Mode::Http && format_of(proxy).is_none()) {
        if proxy.logs().any(|line| !line.starts("log", "global") || copies(haproxy, line)) {
            findings
                .report(
                    proxy.header(),
                    format!(
                        "`{}` logs connections, not requests: it has no `option httplog` and no `log-format`",
                        proxy.name()
                    ),
                )
                .severity(Severity::Info)
                .help("add `option httplog`, here or in defaults");
        }
    }
    let mut mended = Vec::new();
    for proxy in frontends
        .into_iter()
        .filter(|proxy| proxy.logs().next().is_none() && !proxy.all("log").any(Statement::is_negated))
    {
        if let Some(format) = format_of(proxy) {
            findings
                .report(
                    format.setting_span(),
                    format!("`{}` is ignored: {} has no log target", format.setting(), proxy.title()),
                )
                .severity(Severity::Info)
                .label(proxy.header(), "writes no log");
        }
        if !global_logs {
            continue;
        }
        let report = findings
            .report(proxy.header(), format!("`{}` writes no traffic log: `log global` is missing", proxy.name()))
            .severity(Severity::Warning);
        let target = haproxy.defaults_of(proxy).unwrap_or(proxy);
        if !mended.contains(&target.header()) {
            mended.push(target.header());
            report.suggest_as(Safety::Safe, "log like `global` does", [target.insert_first("log global")]);
        }
    }
}

/// Does `global` have `log` lines above this `log global`? It takes over the targets of that point of the file.
fn copies(haproxy: &Haproxy, line: &Statement) -> bool {
    let first = haproxy.global().find(|line| line.is("log")).map(Statement::span);
    first.is_some_and(|first| first.file != line.span().file || first.start < line.span().start)
}

fn copied_too_early(haproxy: &Haproxy, findings: &mut Findings) {
    let lines = haproxy.sections().flat_map(|proxy| proxy.all("log"));
    for line in lines.filter(|line| line.starts("log", "global") && !copies(haproxy, line)) {
        let report = findings
            .report(line.span(), "`log global` copies nothing: `global` has no `log` line above it")
            .severity(Severity::Info);
        if let Some(late) = haproxy.global().find(|line| line.is("log")) {
            report.label(late.span(), "too late");
        }
    }
}

/// Nothing but statistics or metrics.
fn is_service(proxy: &Proxy) -> bool {
    let routed = proxy.routes().next().is_some() || !proxy.servers.is_empty();
    !routed
}

fn format_of(proxy: &Proxy) -> Option<&Statement> {
    ["httplog", "tcplog", "httpslog"]
        .iter()
        .find_map(|option| proxy.option(option))
        .or_else(|| proxy.effective("log-format"))
}
