//! A path that reaches the backend decoded, or encoded twice.

use crate::model::{Family, Location, LocationKind, Nginx};
use confvet_core::{Context, Findings, Rule};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/proxy-pass-normalized", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for pass in nginx.passes().iter().filter(|pass| pass.family == Family::Proxy) {
        let Some(location) = pass.directive(nginx).location().and_then(Location::of) else { continue };
        if location.kind == LocationKind::Exact || pass.is_one_variable(nginx) {
            continue;
        }
        match location.raw_path_rewrite() {
            Some(rewrite) if !pass.takes_path(nginx) => {
                findings
                    .report(
                        pass.uri_span(nginx).unwrap_or(pass.word(nginx).span),
                        "the path is still encoded here and is encoded again: `%2F` reaches the backend as `%252F`",
                    )
                    .label(rewrite.span(), "from here on the path is as the client wrote it");
            }
            None if !pass.has_variables => {
                if let Some(uri) = pass.uri_span(nginx) {
                    findings.report(uri, "`%2F` in the path is decoded before proxying");
                }
            }
            _ => {}
        }
    }
}
