//! An HTTP health check that sends no request, or another one than is written.

use crate::model::{Haproxy, Server};
use confvet_core::{Context, Edit, Findings, Keys, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/http-check-request", check };

const METHODS: &[&str] = &["GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "DELETE", "CONNECT", "PATCH"];

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    let patroni: Keys<_> = haproxy.patroni_pools(context.facts).iter().map(|pool| pool.proxy.header()).collect();
    for proxy in haproxy.sections() {
        let check = &proxy.check;
        if let (true, Some(option), None) = (check.request_dropped, check.option.as_ref(), check.send()) {
            let first = proxy.all("http-check").find(|line| !matches!(line.text(1), "disable-on-404" | "send-state"));
            if let Some(first) = first.filter(|_| proxy.servers.iter().any(Server::is_checked)) {
                let message = format!(
                    "`{}` sends no check request: its own http-check rules drop the inherited `option httpchk`; every server goes DOWN",
                    proxy.name()
                );
                findings
                    .report(first.keyword_span(), message)
                    .severity(Severity::Error)
                    .label(option.span(), "dropped by the rules of this proxy")
                    .suggest_as(
                        Safety::Safe,
                        "repeat the option",
                        [first.insert_line_before(context.text(option.span()))],
                    );
            }
        }
        for option in proxy.all("option").filter(|line| line.has(1, "httpchk") && !line.is_negated()) {
            let arguments = option.from(2);
            let (Some(first), second) = (arguments.first().filter(|first| first.is_known()), arguments.get(1)) else {
                continue;
            };
            if second.is_none() && METHODS.contains(&first.text) {
                findings
                    .report(
                        first.span,
                        format!("`{0}` is taken as the URI: HAProxy requests `OPTIONS {0}`", first.text),
                    )
                    .severity(Severity::Error)
                    .suggest("ask for `/`", [Edit::insert_after(first.span, " /")]);
            } else if let Some(second) =
                second.filter(|second| first.text.starts_with('/') && METHODS.contains(&second.text))
            {
                findings
                    .report(
                        first.span.to(second.span),
                        format!("`{}` is taken as the method and `{}` as the URI", first.text, second.text),
                    )
                    .severity(Severity::Error)
                    .suggest(
                        "swap them",
                        [Edit::replace(first.span.to(second.span), format!("{} {}", second.text, first.text))],
                    );
            } else {
                let uri = second.unwrap_or(first);
                let odd = uri.is_known() && !uri.text.starts_with(['/', '*', '$']) && !uri.text.starts_with("http");
                if odd && !uri.text.starts_with("HTTP/") {
                    findings
                        .report(uri.span, format!("the URI `{}` does not start with `/`", uri.text))
                        .severity(Severity::Error);
                }
            }
        }
        let Some(request) =
            check.request().filter(|request| !request.has_host && request.version.starts_with("HTTP/1.1"))
        else {
            continue;
        };
        // A check over HTTP/2 sends no version word.
        let over_h2 = |server: &Server| server.option("check-proto").is_some_and(|proto| proto.text() == "h2");
        if proxy.servers.iter().any(over_h2) {
            continue;
        }
        let Some(version) = request.version_word.filter(|_| !patroni.contains(&proxy.header())) else { continue };
        let own = proxy.statements.iter().find(|line| line.words().iter().any(|word| word.span == version.span));
        if let Some(own) = own.filter(|_| version.text.len() == "HTTP/1.1".len()) {
            let name = proxy.name();
            let host = proxy.servers.iter().find_map(Server::host);
            let edit = host.map(|host| match own.keyword() {
                "http-check" => Edit::insert_after(own.span(), format!(" hdr Host {host}")),
                _ => own.insert_line_after(&format!("http-check send hdr Host {host}")),
            });
            findings
                .report(
                    version.span,
                    format!("`HTTP/1.1` without a Host header: strict servers answer the checks of `{name}` with 400"),
                )
                .severity(Severity::Warning)
                .help("add `http-check send hdr Host` with the name the servers expect")
                .suggest_as(Safety::Unsafe, "send a Host header", edit);
        }
    }
}
