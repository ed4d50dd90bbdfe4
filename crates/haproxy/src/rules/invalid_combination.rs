//! Words that are each right, and that HAProxy refuses together.

use crate::model::{CheckKind, Haproxy, Mode, Proxy, SectionKind, Server};
use confvet_core::{Context, Edit, Findings, Rule, Safety, Span};

pub(super) static RULE: Rule<Haproxy> = Rule { name: "haproxy/invalid-combination", check };

fn check(haproxy: &Haproxy, _: &Context<'_>, findings: &mut Findings) {
    let mut refuse = |branch, span: Span, message: String, edit: Option<Edit>| {
        let (severity, category) = haproxy.refused(branch);
        findings.report(span, message).severity(severity).category(category).suggest_as(Safety::Unsafe, "add it", edit);
    };
    let verify_none = haproxy.global_setting("ssl-server-verify").is_some_and(|line| line.text(1) == "none");
    for proxy in &haproxy.proxies {
        let f_use = proxy.last("ssl-f-use").is_some() || proxy.last("crt").is_some();
        for bind in &proxy.binds {
            let certificate = ["crt", "crt-list", "generate-certificates", "default-crt"]
                .iter()
                .any(|name| bind.option(name).is_some());
            let variable = bind.statement.has_variable();
            if let Some(ssl) = bind.option("ssl").filter(|_| !certificate && !variable && !f_use) {
                refuse(bind.statement.branch, ssl.span(), "`ssl` needs `crt` or `crt-list`".to_owned(), None);
            }
        }
        let servers = if proxy.may_have_refused_servers() { &proxy.servers[..] } else { &[] };
        for server in servers {
            let plain = !server.may_be_refused() || server.statement.has_variable();
            if plain {
                continue;
            }
            let ssl = server.ssl().or_else(|| server.flag("check-ssl"));
            if let Some(ssl) = ssl.filter(|_| !verify_none && needs_ca(server)) {
                let edit = server.append("verify required ca-file @system-ca");
                let message = format!("`{}` needs `ca-file`, or `verify none`", ssl.name());
                refuse(server.statement.branch, ssl.span(), message, edit);
            }
            let branch = server.statement.branch;
            if let Some(redir) = server.option("redir").filter(|_| proxy.mode() == Mode::Tcp) {
                refuse(branch, redir.span(), "`redir` needs `mode http`".to_owned(), None);
            }
            if let (Some(track), Some(_)) = (server.option("track"), server.check_option()) {
                refuse(branch, track.span(), "`track` and `check` exclude each other".to_owned(), None);
            }
            if let Some(agent) = server.flag("agent-check").filter(|_| server.option("agent-port").is_none()) {
                refuse(branch, agent.span(), "`agent-check` needs `agent-port`".to_owned(), None);
            }
            if let Some(check) = server.check_option().filter(|_| proxy.lacks_check_port(server)) {
                refuse(
                    server.statement.branch,
                    check.span(),
                    "`check` needs a port: the address has none, and no `port` is set".to_owned(),
                    None,
                );
            }
        }
        if let Some(header) = proxy.all("http-send-name-header").filter_map(|line| line.word(1)).next()
            && header.text.eq_ignore_ascii_case("host")
            && haproxy.target.is_some_and(|target| target >= (3, 4, 0))
        {
            let message = "since HAProxy 3.4 `http-send-name-header` may not write the Host header".to_owned();
            refuse(proxy.branch, header.span, message, None);
        }
        cookie(proxy, &mut refuse);
        checks(haproxy, proxy, &mut refuse);
    }
}

fn needs_ca(server: &Server) -> bool {
    server.option("ca-file").is_none() && server.option("verify").is_none_or(|verify| verify.text() != "none")
}

fn cookie(proxy: &Proxy, refuse: &mut impl FnMut(crate::Branch, Span, String, Option<Edit>)) {
    for line in proxy.all("cookie") {
        let has = |name: &str| line.from(2).iter().find(|word| word.text == name);
        let modes: Vec<_> = ["rewrite", "insert", "prefix"].iter().filter_map(|mode| has(mode)).collect();
        if let [first, second, ..] = modes[..] {
            refuse(
                line.branch,
                second.span,
                format!("`{}` and `{}` exclude each other", first.text, second.text),
                None,
            );
        } else if let (Some(_), Some(indirect)) = (has("rewrite"), has("indirect")) {
            refuse(line.branch, indirect.span, "`rewrite` and `indirect` exclude each other".to_owned(), None);
        } else if let Some(preserve) = has("preserve").filter(|_| has("insert").is_none() && has("indirect").is_none())
        {
            refuse(line.branch, preserve.span, "`preserve` needs `insert` or `indirect`".to_owned(), None);
        }
    }
}

fn checks(haproxy: &Haproxy, proxy: &Proxy, refuse: &mut impl FnMut(crate::Branch, Span, String, Option<Edit>)) {
    let own_http: Vec<_> = if proxy.check.may_connect() { proxy.all("http-check").collect() } else { Vec::new() };
    let position = |name: &str| own_http.iter().position(|line| line.text(1) == name);
    if let (Some(connect), Some(expect)) = (position("connect"), position("expect"))
        && connect < expect
        && !own_http[connect..expect].iter().any(|line| line.text(1) == "send")
    {
        let line = own_http[expect];
        refuse(
            line.branch,
            line.setting_span(),
            "`http-check expect` after `http-check connect` needs an `http-check send` between them".to_owned(),
            None,
        );
    }
    if proxy.kind == SectionKind::Frontend || haproxy.is_part() {
        return;
    }
    if let Some(option) =
        proxy.check.option.as_ref().filter(|option| proxy.check.kind == CheckKind::External && proxy.owns(option))
    {
        let checked = proxy.servers.iter().any(Server::is_checked);
        if checked && haproxy.global_setting("external-check").is_none() {
            refuse(
                option.branch,
                option.setting_span(),
                "`option external-check` needs `external-check` in `global`".to_owned(),
                None,
            );
        } else if checked && proxy.effective("external-check command").is_none() {
            refuse(
                option.branch,
                option.setting_span(),
                "`option external-check` needs `external-check command`".to_owned(),
                None,
            );
        }
    }
    let stats = |second: &str| proxy.stats().find(|line| line.text(1) == second);
    if let (Some(rule), Some(plain)) = (stats("http-request"), stats("auth").or_else(|| stats("realm"))) {
        let (first, second) = if rule.span().start < plain.span().start { (rule, plain) } else { (plain, rule) };
        refuse(
            second.branch,
            second.setting_span(),
            format!("`{}` and `{}` exclude each other", first.setting(), second.setting()),
            None,
        );
    }
}
