//! A redirect to https that https requests get too.

use crate::model::{Haproxy, Mode, Proxy, Statement};
use confvet_core::{Context, Edit, Findings, Rule, Safety};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/redirect-loop", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    for proxy in haproxy
        .proxies
        .iter()
        .filter(|proxy| proxy.has_frontend_side() && proxy.mode() == Mode::Http && !proxy.is_disabled())
    {
        let tls = proxy.binds.iter().find(|bind| bind.terminates_tls());
        let plain = proxy.binds.iter().find(|bind| !bind.terminates_tls());
        for rule in redirects(proxy).filter(|rule| rule.is_unconditional()) {
            let Some(scheme) = scheme(rule) else { continue };
            let (looping, condition) =
                if scheme == "https" { (tls, " unless { ssl_fc }") } else { (plain, " if { ssl_fc }") };
            let Some(bind) = looping else { continue };
            let word =
                rule.words().iter().find(|word| word.text == "redirect").map_or(rule.keyword_span(), |word| word.span);
            let line = context.line(bind.statement.span());
            let report = findings
                .report(
                    word,
                    format!("{scheme} requests on line {line} are redirected to {scheme} again: endless loop"),
                )
                .label(bind.statement.span(), format!("{scheme} comes in here"))
                .help(format!("add `{}`", condition.trim_start()));
            if rule.condition().is_none() {
                report.suggest_as(Safety::Safe, "leave them alone", [Edit::insert_after(rule.span(), condition)]);
            }
        }
    }
}

fn redirects(proxy: &Proxy) -> impl Iterator<Item = &Statement> {
    proxy.all("redirect").chain(proxy.rules("http-request").filter(|rule| rule.text(1) == "redirect"))
}

/// The scheme it redirects to, when host and path stay the same.
fn scheme(rule: &Statement) -> Option<&'static str> {
    if let Some(scheme) = rule.after("scheme") {
        return match scheme.text {
            "https" => Some("https"),
            "http" => Some("http"),
            _ => None,
        };
    }
    let target = rule.after("location").or_else(|| rule.after("prefix"))?;
    let (scheme, rest) = if let Some(rest) = target.text.strip_prefix("https://") {
        ("https", rest)
    } else {
        ("http", target.text.strip_prefix("http://")?)
    };
    let same_host = rest.starts_with("%[hdr(host)]")
        || rest.starts_with("%[req.hdr(host)]")
        || rest.starts_with("%[req.hdr(Host)]")
        || rest.starts_with("%[hdr(Host)]");
    same_host.then_some(scheme)
}
