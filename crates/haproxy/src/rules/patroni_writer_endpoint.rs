//! A writer pool whose health check is also answered by replicas: writes reach a read-only server.

use crate::model::{Endpoint, Haproxy, Pool, Purpose};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-writer-endpoint", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let pools = haproxy.postgres_pools(context.facts);
    let somebody_checks_leader = pools.iter().any(Pool::checks_leader);
    for pool in pools.iter().filter(|pool| pool.patroni && pool.checked().count() >= 2 && pool.active().count() != 1) {
        let (Some(endpoint), Some(request)) = (pool.endpoint(), pool.proxy.check.request()) else { continue };
        let Some(answered_by) = endpoint.answered_by() else { continue };
        let severity = match pool.purpose {
            Purpose::Reader => continue,
            Purpose::Writer if pool.proxy.check.is_inverted() && endpoint == Endpoint::Replica => continue,
            Purpose::Writer => Severity::Error,
            Purpose::Unknown if somebody_checks_leader || endpoint == Endpoint::Replica => continue,
            Purpose::Unknown => Severity::Warning,
        };
        let name = pool.proxy.name();
        let purpose = if severity == Severity::Error { "is for writes" } else { "is the only way to the database" };
        findings
            .report(
                request.uri_span(),
                format!(
                    "pool `{name}` {purpose} but `{}` answers 200 on {answered_by}: writes go to read-only servers",
                    request.uri
                ),
            )
            .severity(severity)
            .label(pool.proxy.header(), "this pool takes writes")
            .help("check `GET /primary`")
            .suggest("check the primary only", [request.replace_uri("/primary")]);
    }
}
