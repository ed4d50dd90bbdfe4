//! A server that cannot listen, or that turns everyone away.

use crate::model::{BindAddress, DefaultUser, Document, Mode, RedisConf};
use confvet_core::{Address, Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/unreachable-listener", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    nowhere(conf, findings);
    // Addresses matter to TCP ports only.
    if !conf.has_tcp_port() {
        return;
    }
    let mut sound = true;
    for bind in conf.binds() {
        sound &= !wrong_address(conf, &bind, findings);
    }
    if sound {
        denied(conf, findings);
    }
}

fn nowhere(conf: &RedisConf, findings: &mut Findings) {
    if conf.is_partial() || conf.has_text("unixsocket") {
        return;
    }
    let no_port = conf.port().filter(|port| port.value == 0 && port.is_explicit());
    let no_tls = conf.tls_port().is_some_and(|port| port.value == 0);
    if let Some(span) = no_port.and_then(|port| port.span()).filter(|_| no_tls) {
        findings
            .report(span, "nothing to listen on: port 0 and no `unixsocket`")
            .help("set `port`, `tls-port` or `unixsocket`");
    }
    let empty = conf.last("bind").filter(|line| line.value().is_some_and(|word| word.text.is_empty()));
    if let Some(line) = empty {
        let message = if conf.lacks((7, 0, 0)) {
            "an empty address is refused before Redis 7.0"
        } else {
            "nothing to listen on: `bind \"\"` switches TCP off, and there is no `unixsocket`"
        };
        findings.report(line.value_span(), message);
    }
}

/// Reports a word that cannot be bound. Names are left to the resolver.
fn wrong_address(conf: &RedisConf, bind: &BindAddress, findings: &mut Findings) -> bool {
    let word = bind.token.as_str();
    if bind.optional && conf.lacks((6, 2, 0)) {
        findings.report(bind.token.span, format!("`{word}`: the `-` prefix needs Redis 6.2"));
        return true;
    }
    let bare = word.strip_prefix('-').unwrap_or(word);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fine = match &bind.address {
        Address::Ip(_) => !bare.starts_with('['),
        Address::Name(name) => bare == "*" || (!name.is_empty() && name.chars().all(is_name)),
    };
    if fine || bare == "::*" || bare == "*" {
        return false;
    }
    let parts: Vec<&str> = bare.split(',').filter(|part| !part.is_empty()).collect();
    let listed = parts.len() > 1 && parts.iter().all(|part| part.chars().all(|c| is_name(c) || c == ':'));
    let (hint, edit) = if bare.contains(',') {
        let edit = listed.then(|| Edit::replace(bind.token.span, parts.join(" ")));
        (": separate addresses by spaces", edit)
    } else if bare.contains('/') {
        (": remove the prefix length", None)
    } else if bare.contains(':') {
        (": the port has a directive of its own", None)
    } else {
        ("", None)
    };
    findings.report(bind.token.span, format!("`{word}` is not an address Redis can bind{hint}")).suggest_as(
        Safety::Safe,
        "separate by spaces",
        edit,
    );
    true
}

fn denied(conf: &RedisConf, findings: &mut Findings) {
    let Some(protected) = conf.switch("protected-mode") else { return };
    let certain = conf.release.is_known_since((7, 0, 0));
    let applies = protected.value
        && certain
        && (conf.mode == Mode::Server || protected.is_explicit())
        && conf.last("bind").is_some()
        && conf.listens_beyond_loopback()
        && conf.default_user() == DefaultUser::Open
        && !conf.is_for_tests();
    let Some(bind) = conf.last("bind").filter(|_| applies) else { return };
    let report = findings
        .report(bind.value_span(), "remote clients will be refused: protected mode is on and there is no password")
        .severity(Severity::Warning)
        .category(Category::Outage);
    let report = match protected.span() {
        Some(span) => report.label(span, "answers `-DENIED` to all but the loopback address"),
        None => report,
    };
    report.help("set a password with `requirepass` or an ACL");
}
