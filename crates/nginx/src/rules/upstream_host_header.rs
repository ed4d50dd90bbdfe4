//! The backend is asked for a host of the group's name.

use crate::keys::key;
use crate::layout;
use crate::model::{Family, HostClass, Nginx};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-host-header", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for pass in nginx.passes().iter().filter(|pass| pass.family == Family::Proxy) {
        let Some(upstream) = pass.group(nginx) else { continue };
        let scope = pass.scope(nginx);
        let name = &upstream.name.value;
        if scope.proxy_header("Host").is_some()
            || scope.sees_unread_include()
            || name.contains('.') && !name.contains('_')
        {
            continue;
        }
        let by_name = upstream
            .servers
            .iter()
            .any(|server| matches!(server.endpoint.class, HostClass::Rotating | HostClass::Public));
        let directive = pass.directive(nginx);
        let inherited = scope.effective(key!("proxy_set_header")).is_some_and(|header| header.scope() != scope);
        let report = findings
            .report(
                pass.word(nginx).span,
                format!("the backend gets `Host: {name}` (the group's name); set `proxy_set_header Host`"),
            )
            .severity(if by_name || name.contains('_') { Severity::Warning } else { Severity::Info })
            .label(upstream.name.span, "the group");
        if !inherited {
            report.suggest(
                "pass the client's host on",
                layout::after(directive, &["proxy_set_header Host $host;".to_owned()], ctx),
            );
        }
    }
}
