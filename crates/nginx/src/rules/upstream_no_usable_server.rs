//! A group that no request can be sent to.

use crate::model::Nginx;
use confvet_core::{Category, Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-no-usable-server", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for upstream in nginx.upstreams() {
        let Some(directive) = upstream.directive(nginx) else { continue };
        if upstream.is_foreign(nginx) || directive.holds_unread_include() {
            continue;
        }
        let name = &upstream.name.value;
        let span = upstream.name.span;
        let servers = &upstream.servers;
        if servers.is_empty() {
            findings.report(span, format!("upstream `{name}` has no server"));
        } else if servers.iter().all(|server| server.backup.is_some()) {
            findings.report(span, format!("upstream `{name}` has only backup servers"));
        } else if servers.iter().all(|server| server.down.is_some()) {
            findings
                .report(span, format!("all servers of upstream `{name}` are down: every request gets 502"))
                .category(Category::Outage);
        }
    }
}
