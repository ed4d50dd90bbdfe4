//! TLS versions and ciphers that are known to be broken.

use crate::model::{Haproxy, Mode, ServerOption};
use crate::syntax::{Word, Words};
use confvet_core::{Context, Edit, Fact, Findings, Keys, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/ssl-weak", check };

fn check(haproxy: &Haproxy, context: &Context<'_>, findings: &mut Findings) {
    if context.facts.is_true(Fact::AllowLegacyTls) {
        return;
    }
    for line in haproxy.global() {
        match line.keyword() {
            "ssl-default-bind-options" | "ssl-default-server-options" => {
                options(line.from(1), findings);
            }
            "ssl-default-bind-ciphers" | "ssl-default-server-ciphers" => ciphers(line.word(1), findings),
            "tune.ssl.default-dh-param" => {
                if let Some(word) = line.word(1).filter(|_| line.number(1).is_some_and(|bits| bits < 2048)) {
                    findings
                        .report(word.span, format!("{} bits of Diffie-Hellman are too few", word.text))
                        .suggest("use 2048 bits", [Edit::replace(word.span, "2048")]);
                }
            }
            _ => {}
        }
    }
    let newer_default = haproxy.target.is_none_or(|target| target >= (2, 2, 0));
    let defaults: Vec<Word<'_>> =
        haproxy.global().filter(|line| line.is("ssl-default-bind-options")).flat_map(|line| line.from(1)).collect();
    let default_excludes = defaults.iter().copied().find(|word| excludes(*word));
    let default_bounds = defaults.iter().copied().find(|word| bounds(*word));
    let mut told = Keys::new();
    for proxy in &haproxy.proxies {
        for bind in proxy.binds.iter().filter(|bind| bind.option("ssl").is_some()) {
            let lowest = options(bind.statement.from(2), findings);
            ciphers(bind.option("ciphers").and_then(ServerOption::value), findings);
            let own = bind.statement.from(2);
            let ignored = own.iter().find(|word| excludes(*word)).or(default_excludes);
            let bounded = own.iter().find(|word| bounds(*word)).or(default_bounds);
            if let (Some(ignored), Some(bounded)) = (ignored, bounded)
                && told.insert(ignored.span)
            {
                findings
                    .report(ignored.span, format!("`{}` is ignored: `{}` decides", ignored.text, bounded.text))
                    .label(bounded.span, "this one counts")
                    .label(bind.statement.keyword_span(), "at this bind");
            }
            if !newer_default && !lowest && !haproxy.global().any(|line| line.is("ssl-default-bind-options")) {
                let span = bind.option("ssl").map_or(bind.statement.span(), ServerOption::span);
                findings
                    .report(span, "TLSv1.0 is allowed: no minimum version is set")
                    .help("add `ssl-min-ver TLSv1.2`");
            }
            if proxy.mode() == Mode::Http {
                alpn(haproxy, bind, findings);
            }
        }
        let weakens = ["ssl-min-ver", "force-sslv3", "force-tlsv10", "force-tlsv11"];
        let servers = if weakens.iter().any(|name| proxy.servers_may_have(name)) { &proxy.servers[..] } else { &[] };
        for server in servers {
            options_of(server.own_options().map(|option| (option.name(), option.span(), option.value())), findings);
        }
    }
}

/// Excludes one version; means nothing beside a lowest or highest one.
fn excludes(word: Word<'_>) -> bool {
    word.text == "no-sslv3" || word.text.starts_with("no-tlsv1")
}

/// Sets the lowest or the highest version.
fn bounds(word: Word<'_>) -> bool {
    matches!(word.text, "ssl-min-ver" | "ssl-max-ver")
}

fn alpn(haproxy: &Haproxy, bind: &crate::model::Bind, findings: &mut Findings) {
    match bind.option("alpn").and_then(ServerOption::value) {
        Some(alpn) if alpn.text == "h2" => {
            findings
                .report(alpn.span, "clients without HTTP/2 cannot connect: `alpn h2` leaves `http/1.1` out")
                .severity(Severity::Info)
                .suggest("offer both", [Edit::insert_after(alpn.span, ",http/1.1")]);
        }
        None if haproxy.target.is_some_and(|target| target < (2, 8, 0)) => {
            let span = bind.option("ssl").map_or(bind.statement.span(), ServerOption::span);
            findings.report(span, "no HTTP/2: before HAProxy 2.8 it needs `alpn h2,http/1.1`").severity(Severity::Info);
        }
        _ => {}
    }
}

/// Reads the words of an options line; says whether a lowest version is among them.
fn options(words: Words<'_>, findings: &mut Findings) -> bool {
    let named = words.iter().enumerate().map(|(index, word)| (word.text, word.span, words.get(index + 1)));
    options_of(named, findings)
}

fn options_of<'a>(options: impl Iterator<Item = (&'a str, Span, Option<Word<'a>>)>, findings: &mut Findings) -> bool {
    let mut bounded = false;
    for (name, span, value) in options {
        match (name, value) {
            ("ssl-min-ver", Some(version)) => {
                bounded = true;
                if matches!(version.text, "SSLv3" | "TLSv1.0" | "TLSv1.1") {
                    findings.report(version.span, format!("`ssl-min-ver {0}` allows {0}", version.text)).suggest_as(
                        Safety::Safe,
                        "ask for TLSv1.2",
                        [Edit::replace(version.span, "TLSv1.2")],
                    );
                }
            }
            ("force-sslv3" | "force-tlsv10" | "force-tlsv11", _) => {
                bounded = true;
                findings.report(span, format!("`{name}` allows nothing newer"));
            }
            (other, _) => bounded |= other.starts_with("force-tls") || other.starts_with("no-tlsv1"),
        }
    }
    bounded
}

const WEAK: &[&str] = &["RC4", "3DES", "DES", "NULL", "eNULL", "aNULL", "ADH", "AECDH", "EXPORT", "EXP", "MD5", "ALL"];

fn ciphers(list: Option<Word<'_>>, findings: &mut Findings) {
    let Some(list) = list.filter(|list| list.is_known()) else { return };
    let mut at = 0;
    for part in list.text.split(':') {
        let span = list.slice(at..at + part.len());
        at += part.len() + 1;
        let excluded = part.starts_with(['!', '-']);
        let weak = part.split(['+', '-', '@']).find(|name| WEAK.contains(name));
        if part == "DEFAULT@SECLEVEL=0" || (!excluded && weak.is_some()) {
            let name = weak.unwrap_or("weak keys");
            let excluded_elsewhere = list.text.split(':').any(|other| other.strip_prefix('!') == Some(name));
            if !excluded_elsewhere {
                findings.report(
                    span,
                    format!(
                        "`{part}` allows {}",
                        if name == "ALL" { "every cipher, broken ones included" } else { name }
                    ),
                );
                return;
            }
        }
    }
}
