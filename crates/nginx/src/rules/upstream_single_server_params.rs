//! Failure counts for a server that is never taken out.

use crate::layout;
use crate::model::{HostClass, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-single-server-params", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for upstream in nginx.upstreams() {
        let [server] = upstream.servers.as_slice() else { continue };
        let block = upstream.block(nginx);
        if !matches!(server.endpoint.class, HostClass::Ip | HostClass::Unix)
            || block.has_unread_include()
            || block.owner().is_none()
        {
            continue;
        }
        for name in ["max_fails", "fail_timeout", "slow_start"] {
            if let Some(word) = server.parameter(nginx, name) {
                findings
                    .report(
                        word.span,
                        format!("`{}` is ignored: a single server is never marked unavailable", word.text),
                    )
                    .suggest("leave it out", [layout::delete_word(word.span, ctx)]);
            }
        }
    }
}
