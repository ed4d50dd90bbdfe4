//! `resolve` on an address.

use crate::layout;
use crate::model::{HostClass, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolve-ignored", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for server in nginx.upstreams().iter().flat_map(|upstream| upstream.servers.iter()) {
        let Some(resolve) = server.resolve.filter(|_| matches!(server.endpoint.class, HostClass::Ip | HostClass::Unix))
        else {
            continue;
        };
        findings
            .report(resolve, format!("`resolve` has no effect on the address `{}`", server.endpoint.host))
            .suggest("leave it out", [layout::delete_word(resolve, ctx)]);
    }
}
