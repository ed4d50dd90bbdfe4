//! `resolve` in a group that has no shared memory.

use crate::layout;
use crate::model::{HostClass, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolve-without-zone", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    if nginx.release().known && !nginx.release().has_resolve() {
        return;
    }
    for upstream in nginx.upstreams() {
        let block = upstream.block(nginx);
        let Some(directive) = upstream.directive(nginx) else { continue };
        if upstream.zone(nginx).is_some() || directive.holds_unread_include() {
            continue;
        }
        let mut resolving = upstream
            .servers
            .iter()
            .filter(|server| server.endpoint.class != HostClass::Ip && server.endpoint.class != HostClass::Unix);
        let Some(span) = resolving.find_map(|server| server.resolve) else { continue };
        let name = &upstream.name.value;
        let help = nginx.release().version.is_none().then_some("open-source nginx knows `resolve` from 1.27.3 on");
        let zone = format!("zone {} 64k;", nginx.free_zone_name(name));
        let mut report = findings
            .report(span, format!("`resolve` needs this group in shared memory: add `{zone}`"))
            .label(upstream.name.span, "this group has no `zone`");
        if let Some(help) = help {
            report = report.help(help);
        }
        report.suggest(format!("add `{zone}`"), layout::first_in(block, &zone, ctx));
    }
}
