//! Lines about health checks that change nothing.

use crate::model::{CheckKind, Haproxy, Proxy, Server};
use confvet_core::{Context, Findings, Keys, Rule, Severity, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/check-ineffective", check };

/// Options of a server that only mean something when its health is checked.
const CHECK_OPTIONS: &[&str] = &[
    "inter",
    "fastinter",
    "downinter",
    "rise",
    "fall",
    "port",
    "addr",
    "check-ssl",
    "check-sni",
    "check-send-proxy",
    "check-proto",
    "check-alpn",
    "check-via-socks4",
    "on-error",
    "observe",
];

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let redis: Keys<Span> = haproxy.redis_pools(context.facts).map(|pool| pool.header()).collect();
    let decides_role = |proxy: &Proxy| proxy.is_postgres() || redis.contains(&proxy.header());
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.has_backend_side()) {
        unused_rules(proxy, decides_role(proxy), findings);
        overridden(proxy, decides_role(proxy), findings);
        // Where each server is watched there is nothing left to say.
        if proxy.servers.is_empty() || proxy.watches_all() || haproxy.template {
            continue;
        }
        unchecked_options(proxy, findings);
        unchecked_defaults(proxy, findings);
        let checked = proxy.servers.iter().any(|server| server.is_watched() || server.option("healthcheck").is_some());
        if let Some(option) = proxy.check.option.as_ref().filter(|option| !checked && proxy.owns(option)) {
            findings
                .report(
                    option.setting_span(),
                    format!("`{}` does nothing: no server of `{}` is checked", option.setting(), proxy.name()),
                )
                .label(proxy.servers[0].name().span, "has no `check`")
                .help("add `check` to the servers");
        }
    }
}

/// `http-check` and `tcp-check` lines without their option.
fn unused_rules(proxy: &Proxy, decides_role: bool, findings: &mut Findings) {
    for (keyword, kind, option) in
        [("http-check", CheckKind::Http, "option httpchk"), ("tcp-check", CheckKind::Tcp, "option tcp-check")]
    {
        if proxy.check.kind == kind {
            continue;
        }
        let flags = ["disable-on-404", "send-state"];
        let Some(first) = proxy.all(keyword).find(|line| !flags.contains(&line.text(1))) else { continue };
        findings
            .report(
                first.keyword_span(),
                format!("`{keyword}` rules are ignored: `{}` has no `{option}`", proxy.name()),
            )
            .severity(if decides_role { Severity::Error } else { Severity::Warning })
            .label(proxy.header(), "so the check only opens a connection")
            .suggest(
                format!("insert `{option}`"),
                (proxy.check.kind == CheckKind::Connect).then(|| first.insert_line_before(option)),
            );
    }
    if let Some(command) = proxy
        .all("external-check")
        .find(|line| line.has(1, "command"))
        .filter(|_| proxy.check.kind != CheckKind::External)
    {
        findings.report(
            command.setting_span(),
            format!("`external-check command` is ignored: `{}` has no `option external-check`", proxy.name()),
        );
    }
}

/// Two check options in one proxy.
fn overridden(proxy: &Proxy, decides_role: bool, findings: &mut Findings) {
    let options = proxy.all("option").filter(|line| !line.is_negated() && CheckKind::of_option(line.text(1)).is_some());
    let mut losers: Vec<_> = options.collect();
    let Some(winner) = losers.pop() else { return };
    for loser in losers.iter().filter(|loser| loser.text(1) != winner.text(1)) {
        findings
            .report(
                loser.setting_span(),
                format!("`{}` is overridden by `{}` below", loser.setting(), winner.setting()),
            )
            .severity(if decides_role { Severity::Error } else { Severity::Warning })
            .label(winner.setting_span(), "this one counts")
            .suggest("delete it", [loser.delete()]);
    }
}

/// The same on the proxy's own `default-server` lines, when none of its servers is checked. In defaults they are meant for
/// some proxies and not for others.
fn unchecked_defaults(proxy: &Proxy, findings: &mut Findings) {
    let about_checks = |server: &Server| {
        server.is_watched()
            || server.option("healthcheck").is_some()
            || server.options().any(|option| option.name() == "no-check")
    };
    if proxy.servers.iter().any(about_checks) {
        return;
    }
    let mut lines = proxy.default_server().filter(|option| {
        CHECK_OPTIONS.contains(&option.name()) && proxy.owns(option.statement) && !option.statement.has_variable()
    });
    if let Some(option) = lines.next() {
        findings
            .report(
                option.span(),
                format!("`{}` does nothing: no server of `{}` is checked", option.name(), proxy.name()),
            )
            .label(proxy.servers[0].name().span, "has no `check`")
            .suggest("check them", option.statement.append_options("check"));
    }
}

/// Options about checks on servers that are not checked.
fn unchecked_options(proxy: &Proxy, findings: &mut Findings) {
    for server in proxy.servers.iter().filter(|server| !server.is_watched()) {
        if server.options().any(|option| option.name() == "no-check") || server.option("healthcheck").is_some() {
            continue;
        }
        let Some(option) = server.own_options().find(|option| CHECK_OPTIONS.contains(&option.name())) else {
            continue;
        };
        findings
            .report(
                option.span(),
                format!("`{}` does nothing: server `{}` is not checked", option.name(), server.name().text),
            )
            .suggest("check it", (!proxy.lacks_check_port(server)).then(|| server.append("check")).flatten());
    }
}
