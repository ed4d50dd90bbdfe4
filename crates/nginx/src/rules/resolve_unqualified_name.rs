//! A name that DNS does not know as it stands.

use crate::model::{HostClass, NameServer, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/resolve-unqualified-name", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for asked in nginx.names_asked_at_run_time() {
        let local = asked.resolver.name_servers.iter().any(NameServer::is_loopback);
        let known = HostClass::of(&asked.name);
        let short = known == HostClass::Bare
            || known == HostClass::Loopback
            || asked.name.ends_with(".svc")
            || asked.is_namespaced();
        if local || !short || asked.name.ends_with('.') || asked.resolver.name_servers.is_empty() {
            continue;
        }
        findings
            .report(
                asked.span,
                format!("nginx asks DNS for `{}` as it stands: no search domain, no /etc/hosts", asked.name),
            )
            .help("in Kubernetes write `<service>.<namespace>.svc.cluster.local`");
    }
}
