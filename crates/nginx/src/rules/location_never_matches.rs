//! A location that no request path can match.

use crate::model::{Location, LocationKind, Nginx};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/location-never-matches", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for location in nginx.locations() {
        let path = location.path;
        if location.is_regex() {
            let literal = path.strip_prefix('^').and_then(|rest| rest.chars().next());
            if literal.is_some_and(|first| first.is_ascii_alphanumeric() || matches!(first, '_' | '-')) {
                findings.report(location.span, format!("`{path}` can never match: request paths begin with `/`"));
            }
            continue;
        }
        if location.kind == LocationKind::Named || path.is_empty() || path.contains('$') {
            continue;
        }
        if !path.starts_with('/') && location.directive.parent().and_then(Location::of).is_none() {
            findings
                .report(location.span, format!("`{path}` can never match: request paths begin with `/`"))
                .suggest("begin with `/`", [Edit::insert_before(location.span, "/")]);
        } else if path.contains('#') && location.kind == LocationKind::Exact {
            findings.report(location.span, format!("`{path}` can never match: browsers do not send the fragment"));
        } else if path.contains('?') {
            findings.report(location.span, format!("`{path}` can never match: the query is no part of the path"));
        } else if has_escape(path) {
            findings.report(location.span, format!("`{path}` can never match: paths are compared decoded"));
        }
    }
}

/// `%20` and the like.
fn has_escape(path: &str) -> bool {
    path.match_indices('%').any(|(at, _)| {
        path.as_bytes()
            .get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit) && digits != b"25")
    })
}
