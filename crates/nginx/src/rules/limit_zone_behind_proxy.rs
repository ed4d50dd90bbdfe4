//! All clients count as one.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Fact, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/limit-zone-behind-proxy", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    if ctx.facts.text(Fact::BehindProxy) != Some("true")
        || nginx.has(key!("set_real_ip_from"))
        || nginx.is_main() && !nginx.is_complete()
    {
        return;
    }
    for zone in [key!("limit_req_zone"), key!("limit_conn_zone")].into_iter().flat_map(|key| nginx.all(key)) {
        if let Some(word) = zone.arg(0).filter(|word| matches!(word.text, "$remote_addr" | "$binary_remote_addr")) {
            findings.report(
                word.span,
                "all clients share the balancer's address: set `set_real_ip_from` and `real_ip_header`",
            );
        }
    }
    for method in nginx.all(key!("ip_hash")) {
        findings.report(method.span(), "all clients share the balancer's address and go to one server: set `set_real_ip_from` and `real_ip_header`");
    }
}
