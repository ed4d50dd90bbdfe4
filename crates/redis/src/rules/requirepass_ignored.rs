//! A password that the server never asks for, because an ACL defines the default user anew.

use crate::model::{AclUser, Document, RedisConf, Statement};
use confvet_core::{Context, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/requirepass-ignored", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf().filter(|conf| !conf.lacks((6, 0, 0))) else { return };
    let requirepass =
        conf.last("requirepass").filter(|line| line.value().is_some_and(|password| !password.text.is_empty()));
    if let Some(aclfile) = conf.last("aclfile").filter(|line| line.value().is_some_and(|path| !path.text.is_empty())) {
        match requirepass {
            Some(password) => behind_acl_file(conf, password, aclfile, findings),
            None => open_by_acl_file(conf, aclfile, findings),
        }
        return;
    }
    let reset = conf.all("user").rfind(|line| line.values().first().is_some_and(|name| name.text == "default"));
    let user = conf.users().filter(AclUser::is_default).last();
    if let (Some(password), Some(reset), Some(user)) = (requirepass, reset, user) {
        let message = if user.is_open() {
            "`requirepass` has no effect: `user default` resets it, and anyone may connect without a password"
        } else {
            "`requirepass` has no effect: `user default` resets it"
        };
        findings
            .report(password.span, message)
            .severity(if user.is_open() { Severity::Error } else { Severity::Warning })
            .label(reset.value_span(), "the rules of this line are all that counts")
            .help("give the default user its password in the `user default` line, and drop `requirepass`");
    }
}

fn behind_acl_file(conf: &RedisConf, password: &Statement, aclfile: &Statement, findings: &mut Findings) {
    let path = aclfile.value().map_or("", |path| path.as_str());
    let default = conf.acl.as_ref().map(|acl| acl.default_user());
    let (message, severity) = match default {
        Some(None) => (
            format!(
                "`requirepass` has no effect: `{path}` does not define `user default`, so anyone may connect without a password"
            ),
            Severity::Error,
        ),
        Some(Some(user)) if user.is_open() => (
            format!("`requirepass` has no effect: `{path}` lets the default user in without a password"),
            Severity::Error,
        ),
        Some(Some(_)) => (format!("`requirepass` has no effect: `{path}` defines the default user"), Severity::Info),
        None => (
            "`requirepass` has no effect: the ACL file alone says what the default user may do".to_owned(),
            Severity::Warning,
        ),
    };
    let mut report =
        findings.report(password.span, message).severity(severity).label(aclfile.value_span(), "this file counts");
    if let Some(Some(user)) = default {
        report = report.label(user.name.span, "the default user");
    }
    report.help("define `user default` in the ACL file, with a password or `off`, and drop `requirepass`");
}

fn open_by_acl_file(conf: &RedisConf, aclfile: &Statement, findings: &mut Findings) {
    let Some(acl) = &conf.acl else { return };
    if acl.default_user().is_some() || conf.is_for_tests() {
        return;
    }
    let severity = if conf.listens_beyond_loopback() { Severity::Error } else { Severity::Warning };
    findings
        .report(
            aclfile.value_span(),
            "the ACL file does not define `user default`: anyone may connect without a password",
        )
        .severity(severity)
        .help("add `user default off` to the ACL file");
}
