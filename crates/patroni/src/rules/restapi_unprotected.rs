//! Who reaches the REST API can run commands as the database user.

use crate::model::{Config, Document};
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/restapi-unprotected", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let Some(listen) = config.address("restapi.listen") else { return };
    if listen.value.hosts().all(|host| host.is_loopback()) {
        return;
    }
    let certificates = config.local("restapi.certfile").is_some_and(|node| !node.is_null());
    let client_certs =
        config.local("restapi.verify_client").filter(|node| matches!(node.as_str(), Some("optional" | "required")));
    if let Some(verify) = client_certs.filter(|_| !certificates) {
        findings.report(verify.span(), "`verify_client` has no effect without `certfile`: the API stays open");
    }
    let allowlist = config.local("restapi.allowlist");
    if let Some(list) = allowlist.filter(|list| !config.is_unknown(*list))
        && let Some(text) = list.as_str()
    {
        findings
            .report(
                list.span(),
                format!("`allowlist` must be a list; `{text}` is a text, which is ignored, and the API stays open"),
            )
            .suggest_as(Safety::Safe, "make it a list", [Edit::replace(list.span(), format!("[{}]", list.source()))]);
        return;
    }
    let protected = has_login(config)
        || allowlist.is_some_and(|list| list.items().len() > 0)
        || config.local("restapi.allowlist_include_members").and_then(confvet_yaml::Node::as_bool) == Some(true)
        || client_certs.is_some();
    if protected {
        plain_login(config, certificates, findings);
    } else if !config.may_be_completed() {
        let host = listen.value.host;
        findings
            .report(
                listen.span,
                format!("who reaches `{host}` can change the configuration through the API, and so run commands as the database user"),
            )
            .severity(Severity::Warning)
            .help("set `restapi.authentication`, and `allowlist` where addresses are known");
    }
}

fn has_login(config: &Config) -> bool {
    config
        .local("restapi.authentication")
        .is_some_and(|node| node.get("username").is_some() && node.get("password").is_some())
}

fn plain_login(config: &Config, certificates: bool, findings: &mut Findings) {
    let Some(login) = config.local("restapi.authentication").filter(|_| has_login(config)) else { return };
    let (Some(user), Some(password)) = (login.get("username"), login.get("password")) else { return };
    let pair = (user.text().unwrap_or_default(), password.text().unwrap_or_default());
    if matches!(pair, ("admin", "admin") | ("patroni", "patroni") | ("username", "password")) {
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
