//! A default server that refuses handshakes, and connections that are shared nevertheless.

use crate::context::Protocol;
use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/http2-misdirected", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for server in nginx.servers().iter().filter(|server| server.protocol == Protocol::Http) {
        let block = server.block(nginx);
        let explicit = server.listens.iter().any(|listen| listen.default_server);
        if !explicit
            || !block.is_on(key!("ssl_reject_handshake"))
            || !server.has_http2(nginx)
            || block.has(key!("return"))
            || block.has_unread_include()
        {
            continue;
        }
        let answers = block
            .all(key!("location"))
            .any(|location| location.block().first(key!("return")).is_some_and(|line| line.text(0) == "421"));
        if !answers {
            findings
                .report(
                    server.directive(nginx).name().span,
                    "requests for other hosts over a shared HTTP/2 connection get 404 here instead of 421",
                )
                .help("`location / { return 421; }`");
        }
    }
}
