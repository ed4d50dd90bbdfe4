//! A health check that Patroni answers with 503 whatever happens.

use crate::model::{Endpoint, Haproxy};
use confvet_core::{Context, Edit, Findings, Rule, Version, nearest};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/patroni-unusable-endpoint", check };

/// Patroni answers to these methods only.
const METHODS: &[&str] = &["GET", "HEAD", "OPTIONS"];
/// First version of Patroni that answers HEAD.
const HEAD_SINCE: Version = Version::new(2, 1, 5);

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let patroni = context.version("patroni");
    for pool in haproxy.patroni_pools(context.facts) {
        let (Some(endpoint), Some(request)) = (pool.endpoint(), pool.proxy.check.request()) else { continue };
        if pool.proxy.check.is_inverted() {
            continue;
        }
        let name = pool.proxy.name();
        let line = request.line();
        let too_old = |since: &Version| patroni.is_some_and(|patroni| patroni < since);
        let since = endpoint.since().map(|(major, minor, patch)| Version::new(major, minor, patch));
        let message = if !METHODS.contains(&request.method) {
            format!("Patroni does not answer `{}`: every server of `{name}` stays DOWN", request.method)
        } else if request.method == "HEAD" && too_old(&HEAD_SINCE) {
            format!("`{line}` needs Patroni {HEAD_SINCE}: every server of `{name}` stays DOWN")
        } else if let Some(since) = since.filter(too_old) {
            format!("`{line}` needs Patroni {since}: every server of `{name}` stays DOWN")
        } else if endpoint == Endpoint::Dead {
            format!("`{line}` is always 503 in Patroni: every server of `{name}` stays DOWN")
        } else {
            continue;
        };
        let with_get = Endpoint::of("GET", request.uri);
        let report = findings.report(request.uri_span(), message).label(pool.proxy.header(), "this pool has no server");
        if endpoint == Endpoint::Dead && with_get != Endpoint::Dead {
            let edit = match (request.method_word, request.uri_word) {
                (Some(method), _) => Some(Edit::replace(method.span, "GET")),
                (None, Some(uri)) => Some(Edit::insert_before(uri.span, "GET ")),
                (None, None) => None,
            };
            report.help(format!("`{}` answers to GET only", request.uri)).suggest("ask with GET", edit);
        } else if let (Some(uri), Some(near)) =
            (request.uri_word, nearest(request.uri, Endpoint::PATHS.iter().copied(), 2))
        {
            report
                .help(format!("did you mean `{near}`?"))
                .suggest(format!("ask for `{near}`"), [Edit::replace(uri.span, near)]);
        }
    }
}
