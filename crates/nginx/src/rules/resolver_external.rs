//! A name server on the Internet.

use crate::model::Nginx;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolver-external", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for resolver in nginx.resolvers() {
        let only_ocsp = resolver.uses(nginx).only_ocsp();
        for server in resolver.name_servers.iter().filter(|server| server.is_external()) {
            let report = findings
                .report(server.span, format!("public resolver `{}`: answers cross the Internet over UDP and steer where nginx proxies to", server.endpoint.host))
                .severity(if only_ocsp { Severity::Info } else { Severity::Warning })
                .help("use the local one: 169.254.169.253 (AWS), 127.0.0.11 (Docker), 127.0.0.53 (systemd), the cluster's DNS service");
            if let (Some(address), 1) = (ctx.facts.text(Fact::Resolver), resolver.name_servers.len()) {
                report.suggest("use the local resolver", [Edit::replace(server.span, address)]);
            }
        }
    }
}
