//! Who reaches the REST API can run commands as the database user.

use crate::Document;
use crate::model::Config;
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Safety, Severity};
use confvet_yaml::Node;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/restapi-unprotected", check: each_config!(check) };

fn check(config: &Config, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(listen) = config.address("restapi.listen") else { return };
    if listen.value.hosts().all(|host| host.is_loopback()) || ctx.facts.is_true(Fact::PatroniRestapiFirewalled) {
        return;
    }
    let certificates = config.is_set("restapi.certfile");
    let client_certs =
        config.local("restapi.verify_client").filter(|node| matches!(node.as_str(), Some("optional" | "required")));
    if let Some(verify) = client_certs.filter(|_| !certificates) {
        findings.report(verify.span(), "`verify_client` has no effect without `certfile`: the API stays open");
    }
    let allowlist = config.local("restapi.allowlist").filter(|list| !config.is_unknown(*list));
    if let Some(list) = allowlist
        && let Some(text) = list.as_str()
    {
        findings
            .report(
                list.span(),
                format!("`allowlist` must be a list; `{text}` is a text, which is ignored, and the API stays open"),
            )
            .category(config.category(list.span(), Category::Security))
            .suggest_as(Safety::Safe, "make it a list", [Edit::replace(list.span(), format!("[{}]", list.source()))]);
        return;
    }
    let include_members = "restapi.allowlist_include_members";
    let members =
        config.local(include_members).and_then(Node::as_bool) == Some(true) || config.is_overridden(include_members);
    let entries: Vec<Node<'_>> = allowlist.into_iter().flat_map(Node::items).collect();
    let usable = config.is_overridden("restapi.allowlist")
        || entries.iter().any(|entry| config.is_unknown(*entry) || entry.as_str().is_some_and(may_be_address));
    if let Some(list) = allowlist.filter(|_| !entries.is_empty() && !usable && !members) {
        findings.report(list.span(), "no entry of `allowlist` is an address, a network or a name: the API stays open");
        return;
    }
    let other = has_login(config) || client_certs.is_some() || config.is_overridden("restapi.verify_client");
    let everybody = entries.iter().find(|entry| matches!(entry.as_str(), Some("0.0.0.0/0" | "::/0")));
    if let Some(entry) = everybody.filter(|_| !other) {
        findings.report(entry.span(), "this lets every address in, and nothing else protects the API").suggest_as(
            Safety::Unsafe,
            ADD_LOGIN,
            add_login(config),
        );
        return;
    }
    if other || usable || members {
        plain_login(config, certificates, findings);
    } else if !config.may_be_completed() && !ctx.facts.is_true(Fact::PatroniEnv) {
        let host = listen.value.host;
        findings
            .report(
                listen.span,
                format!("who reaches `{host}` can change the configuration through the API, and so run commands as the database user"),
            )
            .severity(Severity::Warning)
            .help("set `restapi.authentication`, and `allowlist` where addresses are known")
            .suggest_as(Safety::Unsafe, ADD_LOGIN, add_login(config));
    }
}

/// Could it be an address, a network or the name of a host?
fn may_be_address(text: &str) -> bool {
    let (host, length) = text.split_once('/').map_or((text, None), |(host, length)| (host, Some(length)));
    match (host.parse::<std::net::IpAddr>(), length) {
        (Ok(_), None) => true,
        (Ok(ip), Some(length)) => {
            let most = if ip.is_ipv4() { 32 } else { 128 };
            length.parse::<u8>().is_ok_and(|length| length <= most)
        }
        (Err(_), None) => {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        }
        (Err(_), Some(_)) => false,
    }
}

/// The password that the fix writes. It has to be replaced by hand, and until then the rule reports it.
const STAND_IN: &str = "change-me";
const ADD_LOGIN: &str = "ask for a login, whose password you choose";

/// Gives the API a login.
fn add_login(config: &Config) -> Option<Edit> {
    let restapi = config.local("restapi").filter(|restapi| restapi.get("authentication").is_none())?;
    restapi.append(&format!("authentication: {{username: patroni, password: {STAND_IN}}}"))
}

const USERNAME: &str = "restapi.authentication.username";
const PASSWORD: &str = "restapi.authentication.password";

fn has_login(config: &Config) -> bool {
    [USERNAME, PASSWORD].iter().all(|path| config.local(path).is_some() || config.is_overridden(path))
}

fn plain_login(config: &Config, certificates: bool, findings: &mut Findings) {
    let Some(login) = config.local("restapi.authentication").filter(|_| has_login(config)) else { return };
    let text = |path: &str| config.local(path).and_then(Node::text).unwrap_or_default();
    let pair = (text(USERNAME), text(PASSWORD));
    if let Some(password) = config.local(PASSWORD)
        && matches!(pair, ("admin", "admin") | ("patroni", "patroni") | ("username", "password") | (_, STAND_IN))
    {
        findings
            .report(password.span(), "this login is the one of every example: anybody tries it first")
            .severity(Severity::Warning);
    }
    if !certificates {
        findings
            .report(login.key_span(), "user and password cross the network in clear text, as `certfile` is not set")
            .severity(Severity::Info)
            .category(Category::Security);
    }
}
