//! A constant path behind a variable host: the request's own path is lost.

use crate::model::{Family, Location, Nginx};
use crate::template;
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/proxy-pass-variable-uri", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for pass in nginx.passes().iter().filter(|pass| pass.family == Family::Proxy && pass.has_variable_host()) {
        let (Some(uri), Some(span)) = (pass.uri_text(nginx), pass.uri_span(nginx)) else { continue };
        let directive = pass.directive(nginx);
        let Some(location) = directive.location().and_then(Location::of) else { continue };
        if template::has_variables(uri) || !location.is_prefix() || location.is_internal() {
            continue;
        }
        let prefix = location.path;
        let report = findings
            .report(
                span,
                format!("with a variable in `proxy_pass` the URI is used as it is: every request under `{prefix}` becomes `{uri}`, path and query are lost"),
            )
            .label(location.span, "requests under this prefix");
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte));
        if prefix.ends_with('/') && uri.ends_with('/') && plain(prefix) && plain(uri) {
            report.suggest(
                "rewrite the path",
                [
                    Edit::insert_before(directive.span(), format!("rewrite ^{prefix}(.*)$ {uri}$1 break; ")),
                    Edit::delete(span),
                ],
            );
        }
    }
}
