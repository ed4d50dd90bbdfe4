//! A decision that rests on a header every client can write.

use crate::model::{Call, Haproxy, Mode, Proxy, Statement};
use confvet_core::{Context, Edit, Findings, Rule};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/forwarded-header-spoof", check };

const HEADERS: &[&str] = &["x-forwarded-for", "x-real-ip", "x-client-ip", "true-client-ip", "forwarded"];

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    for proxy in haproxy
        .proxies
        .iter()
        .filter(|proxy| proxy.has_frontend_side() && proxy.mode() == Mode::Http && !proxy.is_disabled())
    {
        let Some(bind) = proxy.binds.iter().find(|bind| bind.is_public() && bind.option("accept-proxy").is_none())
        else {
            continue;
        };
        let place = bind.statement.words[1].span;
        let own = proxy.all("option").rfind(|line| line.text(1) == "forwardfor");
        let cleaned = |header: &str, before: u32| {
            proxy.rules("http-request").any(|rule| cleans(rule, header) && rule.span().start < before)
        };
        if let Some(word) = own.and_then(|option| option.words.iter().find(|word| word.text == "if-none"))
            && !cleaned("x-forwarded-for", u32::MAX)
        {
            let insert = own.map(|option| option.insert_line_before("http-request del-header X-Forwarded-For"));
            findings
                .report(word.span, "a client-sent `X-Forwarded-For` is passed on untouched")
                .label(place, "anybody can connect here")
                .suggest("delete what clients send", insert);
        }
        let mut seen = Vec::new();
        for rule in proxy.statements.iter().filter(|rule| decides(rule)) {
            if looks_at_source(proxy, rule) {
                continue;
            }
            for call in calls(proxy, rule) {
                let Some(header) =
                    header(&call).filter(|header| !cleaned(header, rule.span().start) && !seen.contains(&call.span()))
                else {
                    continue;
                };
                seen.push(call.span());
                let shown = call.argument(0).unwrap_or(header);
                let what = if rule.is("use_backend") { "this route" } else { "this rule" };
                let report = findings
                    .report(
                        call.span(),
                        format!("`{shown}` is sent by the client: {what} can be bypassed with a forged header"),
                    )
                    .label(place, "anybody can connect here")
                    .help("use `src`, or delete the header first unless the source is a proxy of yours");
                if call.word.text.as_str() == format!("{}({shown})", call.name) && call.name.ends_with("_ip") {
                    report.suggest("look at the address", [Edit::replace(call.word.span, "src")]);
                }
            }
        }
    }
}

fn decides(rule: &Statement) -> bool {
    match rule.keyword() {
        "http-request" => {
            matches!(rule.text(1), "deny" | "allow" | "reject" | "tarpit" | "auth" | "set-src")
                || rule.text(1).starts_with("track-sc")
        }
        "use_backend" => true,
        "stick" => rule.text(1) == "on",
        _ => false,
    }
}

/// What a rule looks at, through the ACLs it names.
fn calls<'a>(proxy: &'a Proxy, rule: &'a Statement) -> Vec<Call<'a>> {
    let mut found: Vec<Call<'a>> = rule.expressions().into_iter().map(|expression| expression.fetch).collect();
    if let Some(condition) = rule.condition() {
        for (name, _) in condition.names() {
            found.extend(proxy.acls(name).flat_map(Statement::expressions).map(|expression| expression.fetch));
        }
    }
    found
}

fn header(call: &Call<'_>) -> Option<&'static str> {
    let fetch = matches!(call.name, "hdr" | "req.hdr" | "hdr_ip" | "req.hdr_ip" | "fhdr" | "req.fhdr");
    let name = call.argument(0)?;
    HEADERS.iter().copied().find(|header| fetch && name.eq_ignore_ascii_case(header))
}

/// The rule holds for known sources only.
fn looks_at_source(proxy: &Proxy, rule: &Statement) -> bool {
    rule.condition().is_some()
        && calls(proxy, rule).iter().any(|call| matches!(call.name, "src" | "fc_src" | "ssl_c_verify" | "ssl_c_used"))
}

fn cleans(rule: &Statement, header: &str) -> bool {
    matches!(rule.text(1), "del-header" | "set-header") && rule.text(2).eq_ignore_ascii_case(header)
}
