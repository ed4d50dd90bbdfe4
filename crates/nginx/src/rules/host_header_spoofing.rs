//! The client's own Host goes to the backend.

use crate::keys::key;
use crate::model::Nginx;
use confvet_core::{Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/host-header-spoofing", check };

fn check(nginx: &Nginx, _: &Context<'_>, findings: &mut Findings) {
    for header in nginx.all(key!("proxy_set_header")).filter(|header| header.text(0).eq_ignore_ascii_case("host")) {
        let Some(value) = header.arg(1) else { continue };
        let lower = value.text.to_ascii_lowercase();
        let raw = lower == "$http_host"
            || lower == "${http_host}"
            || lower.starts_with("$arg_")
            || lower.starts_with("${arg_");
        if !raw {
            continue;
        }
        let harmless = nginx.server_of(header).is_some_and(|server| server.has_exact_names() && !server.is_default);
        let report = findings
            .report(value.span, "Host is passed on as the client wrote it; use `$host`")
            .severity(if harmless { Severity::Info } else { Severity::Warning });
        if lower.contains("http_host") {
            report.suggest("use `$host`", [Edit::replace(value.inner(), "$host")]);
        }
    }
}
