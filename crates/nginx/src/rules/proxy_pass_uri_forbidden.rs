//! A path behind the host where nginx allows none.

use crate::context::Context as Place;
use crate::model::{Family, Location, LocationKind, Nginx};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/proxy-pass-uri-forbidden", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for pass in nginx.passes().iter().filter(|pass| pass.family == Family::Proxy && !pass.has_variables) {
        let (Some(uri), Some(span)) = (pass.uri_text(nginx), pass.uri_span(nginx)) else { continue };
        let directive = pass.directive(nginx);
        let location = directive.parent().and_then(Location::of);
        let place = match (directive.context(), location) {
            (Place::LocationIf, _) => "`if`",
            (Place::LimitExcept, _) => "`limit_except`",
            (_, Some(location)) if location.is_regex() => "a regular-expression location",
            (_, Some(location)) if location.kind == LocationKind::Named => "a named location",
            _ => continue,
        };
        findings
            .report(span, format!("`proxy_pass` cannot have a URI (`{uri}`) in {place}"))
            .help("change the path with `rewrite … break` and pass to the host alone")
            .suggest("leave the URI out", [Edit::delete(span)]);
    }
}
