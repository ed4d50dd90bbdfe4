//! A decision that rests on a header every client can write.

use crate::model::{CLIENT_HEADERS, Call, Haproxy, Mode, Proxy, Statement};
use confvet_core::{Context, Edit, Findings, Keys, Map, Rule};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/forwarded-header-spoof", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    if haproxy.template {
        return;
    }
    // An inherited option is spoken of at the first proxy that suffers.
    let mut passed_on = Keys::new();
    for proxy in haproxy
        .proxies
        .iter()
        .filter(|proxy| proxy.has_frontend_side() && proxy.mode() == Mode::Http && !proxy.is_disabled())
    {
        let Some(bind) = proxy.binds.iter().find(|bind| bind.is_public() && bind.option("accept-proxy").is_none())
        else {
            continue;
        };
        let place = bind.statement.span_of(1);
        let option = proxy.option("forwardfor");
        let cleaned_at = cleaned_at(proxy);
        let cleaned = |header: &str, before: u32| cleaned_at.get(header).is_some_and(|&start| start < before);
        if let Some((option, word)) =
            option.and_then(|option| Some((option, option.words().iter().find(|word| word.text == "if-none")?)))
            && !cleaned("x-forwarded-for", u32::MAX)
            && passed_on.insert(word.span)
        {
            const CLEAN: &str = "http-request del-header X-Forwarded-For";
            let own = proxy.owns(option);
            let insert = if own { option.insert_line_before(CLEAN) } else { proxy.insert_first(CLEAN) };
            let mut report = findings
                .report(word.span, "a client-sent `X-Forwarded-For` is passed on untouched")
                .label(place, "anybody can connect here");
            if !own {
                report = report.label(proxy.header(), "inherits it");
            }
            report.suggest("delete what clients send", [insert]);
        }
        if !proxy.may_look_at(CLIENT_HEADERS) {
            continue;
        }
        let mut looks = Looks::default();
        // What one rule was told of is clean, or known, for all rules below.
        let mut told: Keys<&str> = Keys::new();
        for rule in proxy.statements.iter().filter(|rule| decides(rule)) {
            if looks.at_source(proxy, rule) {
                continue;
            }
            for call in calls(proxy, rule, &mut told) {
                let Some(header) = call.client_header().filter(|header| !cleaned(header, rule.span().start)) else {
                    continue;
                };
                let shown = call.argument(0).unwrap_or(header);
                let what = if rule.is("use_backend") { "this route" } else { "this rule" };
                let report = findings
                    .report(
                        call.span(),
                        format!("`{shown}` is sent by the client: {what} can be bypassed with a forged header"),
                    )
                    .label(place, "anybody can connect here")
                    .help("use `src`, or delete the header first unless the source is a proxy of yours");
                if call.word.text == format!("{}({shown})", call.name) && call.name.ends_with("_ip") {
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

/// What a rule looks at, through the ACLs it names, but for those in `told`.
fn calls<'a>(proxy: &'a Proxy, rule: &'a Statement, told: &mut Keys<&'a str>) -> Vec<Call<'a>> {
    let mut found: Vec<Call<'a>> = rule.expressions().map(|expression| expression.fetch).collect();
    if let Some(condition) = rule.condition() {
        for (name, _) in condition.names().filter(|(name, _)| told.insert(name)) {
            found.extend(proxy.acls(name).flat_map(Statement::expressions).map(|expression| expression.fetch));
        }
    }
    found
}

/// The ACLs that look at who is connected, as far as they have been asked for.
#[derive(Default)]
struct Looks<'a> {
    acls: Map<&'a str, bool>,
}

impl<'a> Looks<'a> {
    /// The rule holds for known sources only.
    fn at_source(&mut self, proxy: &'a Proxy, rule: &'a Statement) -> bool {
        let Some(condition) = rule.condition() else { return false };
        let source = |statement: &Statement| {
            statement
                .expressions()
                .any(|expression| matches!(expression.fetch.name, "src" | "fc_src" | "ssl_c_verify" | "ssl_c_used"))
        };
        source(rule)
            || condition.names().any(|(name, _)| *self.acls.or_insert_with(name, || proxy.acls(name).any(source)))
    }
}

/// Where the first rule stands that deletes or sets each header.
fn cleaned_at(proxy: &Proxy) -> Map<&'static str, u32> {
    let mut first = Map::new();
    for rule in proxy.rules("http-request") {
        if let Some(header) = CLIENT_HEADERS.iter().copied().find(|header| cleans(rule, header)) {
            first.or_insert(header, rule.span().start);
        }
    }
    first
}

fn cleans(rule: &Statement, header: &str) -> bool {
    matches!(rule.text(1), "del-header" | "set-header") && rule.text(2).eq_ignore_ascii_case(header)
}
