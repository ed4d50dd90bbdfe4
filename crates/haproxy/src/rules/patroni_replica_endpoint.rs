//! A reader pool whose health check only the leader answers.

use crate::model::{Endpoint, Haproxy, Purpose};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-replica-endpoint", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for pool in haproxy.patroni_pools(context.facts).iter().filter(|pool| pool.purpose == Purpose::Reader) {
        let (Some(endpoint), Some(request)) = (pool.endpoint(), pool.proxy.check.request()) else { continue };
        let name = pool.proxy.name();
        let line = request.line();
        let (severity, message) = match endpoint {
            endpoint if endpoint.is_leader() && pool.proxy.check.is_inverted() => (
                Severity::Warning,
                format!(
                    "pool `{name}` takes what `{line}` answers with 503: replicas, and nodes whose PostgreSQL is stopped"
                ),
            ),
            endpoint if endpoint.is_leader() => (
                Severity::Error,
                format!(
                    "pool `{name}` is for reads but `{line}` is 200 on the leader only: all reads go to the primary, or nowhere"
                ),
            ),
            Endpoint::Health => (
                Severity::Info,
                format!("`{line}` of the read pool `{name}` ignores replication lag and the `noloadbalance` tag"),
            ),
            _ => continue,
        };
        let report = findings
            .report(request.uri_span(), message)
            .severity(severity)
            .label(pool.proxy.header(), "this pool serves reads")
            .help("check `GET /replica` for replicas only, or `GET /read-only` for replicas and the primary");
        if severity == Severity::Error {
            report.suggest("check replicas", [request.replace_uri("/replica")]);
        }
    }
}
