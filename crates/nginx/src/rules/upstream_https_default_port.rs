//! TLS spoken to port 80.

use crate::model::{HostClass, Nginx};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/upstream-https-default-port", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for (upstream, mut uses) in nginx.groups_with_uses() {
        let Some(secure) = uses.clone().find(|pass| pass.is_tls()) else { continue };
        let mixed = uses.any(|pass| !pass.is_tls());
        for server in &upstream.servers {
            if server.endpoint.port.is_some() || server.endpoint.class == HostClass::Unix || server.service.is_some() {
                continue;
            }
            let safety = if mixed { Safety::Unsafe } else { Safety::Safe };
            findings
                .report(
                    server.address(nginx),
                    format!(
                        "`{}` has no port: nginx connects to port 80 even though the group is used with {}",
                        server.endpoint.host,
                        secure.scheme.as_deref().unwrap_or("https")
                    ),
                )
                .label(secure.directive(nginx).span(), "TLS is spoken here")
                .suggest_as(safety, "append `:443`", [Edit::insert_after(server.host(nginx), ":443")]);
        }
    }
}
