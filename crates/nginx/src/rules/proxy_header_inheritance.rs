//! Request headers that an inner block drops by setting another.

use crate::keys::key;
use crate::layout;
use crate::model::{HeaderFamily, Nginx};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/proxy-header-inheritance", check };

const IMPORTANT: &[&str] = &[
    "host",
    "x-real-ip",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
    "authorization",
    "upgrade",
    "connection",
    "x-request-id",
    "script_filename",
    "request_method",
    "query_string",
    "content_type",
    "content_length",
];

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for &family in HeaderFamily::REQUEST {
        for scope in nginx.scopes_with_key(family.key()) {
            let Some(dropped) = scope.dropped_headers(family) else { continue };
            let passes =
                family.pass().is_some_and(|key| nginx.passes_in(scope).any(|pass| pass.directive(nginx).is(key)));
            if !passes || scope.has(key!("include")) {
                continue;
            }
            let names: Vec<&str> = dropped.dropped.iter().map(|line| line.text(0)).collect();
            let lines: Vec<String> = dropped.dropped.iter().map(|line| ctx.line(line.span()).to_string()).collect();
            let important = names.iter().any(|name| IMPORTANT.contains(&name.to_ascii_lowercase().as_str()));
            let inner = dropped.first_inner;
            let mut report = findings
                .report(
                    inner.span(),
                    format!(
                        "this `{}` drops the inherited {} (line {}): they are inherited only if the block sets none",
                        inner.name().text,
                        names.join(", "),
                        lines.join(", ")
                    ),
                )
                .severity(if important { Severity::Warning } else { Severity::Info });
            for line in &dropped.dropped {
                report = report.label(line.span(), "dropped");
            }
            let copies: Vec<String> =
                dropped.dropped.iter().map(|line| format!("{};", ctx.text(line.span()))).collect();
            report.suggest("copy the lines", layout::after(dropped.last_inner, &copies, ctx));
        }
    }
}
