//! Routing by what is in the client's first bytes, at a moment or in a place where it cannot be seen.

use crate::model::{Call, Expression, Haproxy, Mode, Proxy, Statement};
use confvet_core::{Context, Edit, Findings, Keys, Rule, Safety, Severity};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/sni-routing", check };

const TLS_CONTENT: &[&str] = &[
    "req.ssl_sni",
    "req_ssl_sni",
    "req.ssl_hello_type",
    "req_ssl_hello_type",
    "req.ssl_ver",
    "req_ssl_ver",
    "req.ssl_alpn",
];
const CONTENT: &[&str] = &["req.len", "req_len", "req.payload", "payload", "req.rdp_cookie", "req_rdp_cookie"];

/// What only who terminates TLS can know.
fn is_terminated(name: &str) -> bool {
    name.starts_with("ssl_fc") || name.starts_with("ssl_c_")
}

fn is_tls_content(call: &Call<'_>) -> bool {
    TLS_CONTENT.contains(&call.name)
}

fn is_http(call: &Call<'_>) -> bool {
    matches!(call.name, "method" | "path" | "url" | "base" | "query")
        || ["hdr", "req.hdr", "path_", "url_", "base_", "cook", "req.cook"]
            .iter()
            .any(|prefix| call.name.starts_with(prefix))
}

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    for proxy in haproxy.proxies.iter().filter(|proxy| proxy.has_frontend_side() && !proxy.is_disabled()) {
        if proxy.mode() != Mode::Tcp && !proxy.looks_at_tls() {
            continue;
        }
        let calls = decisive_calls(proxy);
        let tls: Vec<_> = proxy.binds.iter().filter(|bind| bind.terminates_tls()).collect();
        let variable = proxy.binds.iter().any(|bind| bind.statement.has_variable());
        if !proxy.binds.is_empty() && !variable {
            blind(context, proxy, &calls, tls.len(), findings);
        }
        if proxy.mode() == Mode::Tcp {
            too_early(proxy, &calls, tls.is_empty(), findings);
        }
    }
}

/// What the statements look at that decide where a connection goes, each ACL they name once.
fn decisive_calls(proxy: &Proxy) -> Vec<Call<'_>> {
    let rules = proxy.all("use_backend").chain(proxy.all("use-server")).chain(proxy.rules("tcp-request content"));
    let mut named: Keys<&str> = Keys::new();
    let mut expressions: Vec<Expression<'_>> = Vec::new();
    for rule in
        rules.filter(|rule| !rule.starts("tcp-request", "content") || matches!(rule.text(2), "accept" | "reject"))
    {
        expressions.extend(rule.expressions());
        if let Some(condition) = rule.condition() {
            for (name, _) in condition.names().filter(|(name, _)| named.insert(name)) {
                expressions.extend(proxy.acls(name).flat_map(Statement::expressions));
            }
        }
    }
    expressions.into_iter().map(|expression| expression.fetch).collect()
}

/// Fetches that look at the wrong side of TLS.
fn blind(context: &Context<'_>, proxy: &Proxy, calls: &[Call<'_>], tls: usize, findings: &mut Findings) {
    let accepts_proxy = proxy.binds.iter().any(|bind| bind.option("accept-proxy").is_some());
    for call in calls {
        if is_terminated(call.name) && tls == 0 && !accepts_proxy {
            let what = if call.name == "ssl_fc" { "false" } else { "empty" };
            let report = findings
                .report(
                    call.span(),
                    format!("`{}` is always {what}: no bind of `{}` has `ssl`", call.name, proxy.name()),
                )
                .severity(Severity::Error)
                .label(proxy.binds[0].statement.span(), "TLS is not terminated here");
            if call.name.contains("sni") && proxy.mode() == Mode::Tcp {
                report.help("use `req.ssl_sni`").suggest_as(
                    Safety::Unsafe,
                    "look into the client's hello",
                    [Edit::replace(call.span(), "req.ssl_sni")],
                );
            }
        } else if matches!(call.name, "req.ssl_sni" | "req_ssl_sni") && tls > 0 && tls == proxy.binds.len() {
            let bind = &proxy.binds[0].statement;
            let line = context.line(bind.span());
            findings
                .report(
                    call.span(),
                    format!("`{}` never matches: TLS is terminated by the bind on line {line}", call.name),
                )
                .severity(Severity::Error)
                .label(bind.span(), "the hello is consumed here")
                .help("use `ssl_fc_sni`")
                .suggest_as(Safety::Unsafe, "ask the TLS layer", [Edit::replace(call.span(), "ssl_fc_sni")]);
        }
    }
}

/// Fetches that read the client's first bytes before they are there.
fn too_early(proxy: &Proxy, calls: &[Call<'_>], passes_through: bool, findings: &mut Findings) {
    let delayed = proxy.effective("tcp-request inspect-delay").is_some();
    let switches = proxy.all("tcp-request").any(|rule| rule.text(2) == "switch-mode");
    if switches {
        return;
    }
    let any_tls = calls.iter().any(is_tls_content);
    let on_443 = proxy.binds.iter().flat_map(|bind| &bind.addresses).any(|address| address.fixed_port() == Some(443));
    let mut seen_early = false;
    for call in calls {
        let content = is_tls_content(call) || CONTENT.contains(&call.name);
        if is_http(call) && passes_through && (any_tls || on_443) {
            findings
                .report(
                    call.span(),
                    format!("`{}` sees nothing: the content is encrypted and passes through", call.name),
                )
                .severity(Severity::Warning)
                .label(proxy.header(), "no bind terminates TLS");
        } else if (content || is_http(call)) && !delayed && !seen_early {
            seen_early = true;
            let wait = if is_tls_content(call) {
                "{ req.ssl_hello_type 1 }"
            } else if is_http(call) {
                "HTTP"
            } else {
                "REQ_CONTENT"
            };
            let lines = format!("tcp-request inspect-delay 5s\n    tcp-request content accept if {wait}");
            let routes = ["use_backend", "use-server", "tcp-request"];
            let first = proxy.statements.iter().find(|statement| routes.contains(&statement.keyword()));
            findings
                .report(call.span(), format!("`{}` without `tcp-request inspect-delay`: the rule runs before the client's first bytes arrive", call.name))
                .severity(Severity::Warning)
                .label(proxy.header(), "routes at random")
                .suggest_as(Safety::Safe, "wait for the first bytes", first.map(|first| first.insert_line_before(&lines)));
        }
    }
}
