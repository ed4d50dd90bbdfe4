//! Idle connections that no request can use.

use crate::keys::key;
use crate::layout;
use crate::model::{Nginx, ReusedConnections};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-keepalive-ineffective", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    if nginx.release().is_at_least((1, 29, 7)) {
        return;
    }
    let unknown = nginx.release().version.is_none();
    for pass in nginx.passes() {
        let Some(upstream) = pass.group(nginx) else { continue };
        let Some(keepalive) = upstream.keepalive(nginx) else { continue };
        if pass.scope(nginx).sees_unread_include() {
            continue;
        }
        let state = pass.reuses_connections(nginx);
        let why = match state {
            ReusedConnections::Yes | ReusedConnections::Unknown => continue,
            ReusedConnections::OldVersion => "requests go out as HTTP/1.0".to_owned(),
            ReusedConnections::ConnectionHeader => "requests go out with `Connection: close`".to_owned(),
            ReusedConnections::Both => "requests go out as HTTP/1.0 with `Connection: close`".to_owned(),
            ReusedConnections::FastcgiCloses => "`fastcgi_keep_conn` is off".to_owned(),
            ReusedConnections::ClosedByMap(_) => {
                "the map behind `Connection` closes it unless the client upgrades".to_owned()
            }
        };
        let quiet = unknown || matches!(state, ReusedConnections::ClosedByMap(_));
        let directive = pass.directive(nginx);
        let mut report = findings
            .report(
                directive.span(),
                format!("`keepalive {}` of `{}` has no effect here: {why}", keepalive.text(0), upstream.name.value),
            )
            .severity(if quiet { Severity::Info } else { Severity::Warning })
            .label(keepalive.span(), "the idle connections");
        if unknown {
            report = report.help("before nginx 1.29.7; from then on idle connections are used by default");
        }
        if let ReusedConnections::ClosedByMap(close) = state {
            report = report.label(close, "closed here");
        }
        let mut lines = Vec::new();
        if matches!(state, ReusedConnections::OldVersion | ReusedConnections::Both)
            && !directive.scope().has(key!("proxy_http_version"))
        {
            lines.push("proxy_http_version 1.1;".to_owned());
        }
        let inherited = directive.scope().effective(key!("proxy_set_header"));
        let own = inherited.is_none_or(|header| header.scope() == directive.scope());
        if matches!(state, ReusedConnections::ConnectionHeader | ReusedConnections::Both)
            && directive.scope().proxy_header("Connection").is_none()
            && own
        {
            lines.push("proxy_set_header Connection \"\";".to_owned());
        }
        if state == ReusedConnections::FastcgiCloses && !directive.scope().has(key!("fastcgi_keep_conn")) {
            lines.push("fastcgi_keep_conn on;".to_owned());
        }
        if !lines.is_empty() {
            report.suggest("keep the connections open", layout::after(directive, &lines, ctx));
        }
    }
}
