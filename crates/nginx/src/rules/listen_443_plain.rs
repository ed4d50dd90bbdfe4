//! Plain HTTP on the TLS port.

use crate::context::Protocol;
use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/listen-443-plain", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    let sockets = nginx.sockets(Protocol::Http);
    for server in nginx.servers().iter().filter(|server| server.protocol == Protocol::Http) {
        let block = server.block(nginx);
        for listen in server.listens.iter().filter(|listen| matches!(listen.address.port, 443 | 8443)) {
            let has_certificate = block.effective(key!("ssl_certificate")).is_some();
            let tls = sockets.get(&listen.address).is_some_and(|all| {
                all.iter().any(|&(server, listen)| {
                    listen.is_some_and(|listen| nginx.servers()[server].listens[listen].is_tls())
                })
            });
            let expected = listen.address.port == 443 || has_certificate;
            if tls
                || !expected
                || listen.proxy_protocol
                || block.is_on(key!("ssl"))
                || !nginx.is_main() && !has_certificate
            {
                continue;
            }
            let span = listen.directive(nginx).span();
            findings
                .report(
                    span,
                    format!("port {} without `ssl`: browsers get plain HTTP on the TLS port", listen.address.port),
                )
                .suggest("add `ssl`", [Edit::insert_after(span, " ssl")]);
        }
    }
}
