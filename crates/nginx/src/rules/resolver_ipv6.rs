//! IPv6 addresses on a host without IPv6.

use crate::model::Nginx;
use confvet_core::{Context, Edit, Fact, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolver-ipv6", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    if ctx.facts.bool(Fact::Ipv6) != Some(false) {
        return;
    }
    for resolver in nginx.resolvers().iter().filter(|resolver| !resolver.without_ipv6 && resolver.uses(nginx).any()) {
        let span = resolver.directive(nginx).span();
        findings
            .report(span, "AAAA answers lead to `101: Network is unreachable` on this host")
            .suggest("ask for IPv4 only", [Edit::insert_after(span, " ipv6=off")]);
    }
}
