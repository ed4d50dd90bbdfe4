//! A prefix and a path of which only one ends in a slash.

use crate::model::{Family, Location, Nginx};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/proxy-pass-slash-mismatch", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for pass in nginx.passes().iter().filter(|pass| pass.family == Family::Proxy && !pass.has_variables) {
        let (Some(uri), Some(span)) = (pass.uri_text(nginx), pass.uri_span(nginx)) else { continue };
        let Some(location) = pass.directive(nginx).parent().and_then(Location::of).filter(Location::is_prefix) else {
            continue;
        };
        let prefix = location.path;
        if prefix == "/" || uri.contains('?') || prefix.ends_with('/') == uri.ends_with('/') {
            continue;
        }
        let inside = if prefix.ends_with('/') { format!("{prefix}users") } else { format!("{prefix}/users") };
        let sent = format!("{uri}{}", &inside[prefix.len()..]);
        let report = findings
            .report(span, format!("location `{prefix}` with `proxy_pass` to `{uri}`: `{inside}` is sent as `{sent}`"))
            .label(location.span, "the part that is replaced");
        if prefix.ends_with('/') {
            report.suggest("end the path with `/`", [Edit::insert_after(span, "/")]);
        } else {
            report.suggest("end the prefix with `/`", [Edit::insert_after(location.span, "/")]);
        }
    }
}
