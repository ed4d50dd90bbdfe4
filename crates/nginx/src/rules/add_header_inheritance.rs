//! Response headers that an inner block drops by setting another.

use crate::keys::key;
use crate::layout;
use crate::model::{Directive, HeaderFamily, Nginx};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/add-header-inheritance", check };

const SECURITY: &[&str] = &[
    "content-security-policy",
    "content-security-policy-report-only",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
    "x-permitted-cross-domain-policies",
];

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    for &family in HeaderFamily::RESPONSE {
        for scope in nginx.scopes_with_key(family.key()) {
            let Some(dropped) = scope.dropped_headers(family) else { continue };
            let applies = |line: &&Directive<'_>| line.text(2) == "always" || !scope.only_answers_with_errors();
            if scope.has_unread_include() || dropped.dropped.iter().filter(applies).count() == 0 {
                continue;
            }
            let names: Vec<&str> = dropped.dropped.iter().map(|line| line.text(0)).collect();
            let mut lines: Vec<String> = dropped.dropped.iter().map(|line| ctx.line(line.span()).to_string()).collect();
            lines.dedup();
            let inner = dropped.first_inner;
            let mut report = findings
                .report(
                    inner.span(),
                    format!(
                        "this `{}` drops the inherited {} (line {})",
                        inner.name().text,
                        names.join(", "),
                        lines.join(", ")
                    ),
                )
                .severity(if dropped.dropped.iter().any(|line| protects(*line)) {
                    Severity::Warning
                } else {
                    Severity::Info
                });
            for line in &dropped.dropped {
                report = report.label(line.span(), "dropped");
            }
            if nginx.release().is_at_least((1, 29, 3))
                && family == HeaderFamily::Response
                && !scope.has(key!("add_header_inherit"))
            {
                report.suggest("add to the inherited ones", [layout::before(inner, "add_header_inherit merge;", ctx)]);
                continue;
            }
            let copies: Vec<String> =
                dropped.dropped.iter().map(|line| format!("{};", ctx.text(line.span()))).collect();
            report.suggest("copy the lines", layout::after(dropped.last_inner, &copies, ctx));
        }
    }
}

/// Does losing the header make the site less safe?
fn protects(line: Directive<'_>) -> bool {
    let name = line.text(0).to_ascii_lowercase();
    let value = line.text(1).to_ascii_lowercase();
    let holds = |words: &[&str]| words.iter().any(|word| value.contains(word));
    match name.as_str() {
        "cache-control" | "pragma" => holds(&["no-store", "no-cache", "private", "must-revalidate"]),
        "expires" => value == "0",
        "content-disposition" => holds(&["attachment"]),
        "x-download-options" => holds(&["noopen"]),
        name => SECURITY.contains(&name),
    }
}
