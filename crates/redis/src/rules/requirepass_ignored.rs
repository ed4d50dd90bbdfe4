//! A password that the server never asks for, because an ACL defines the default user anew.

use crate::model::{AclFile, AclUser, Document, RedisConf, Statement, sha256};
use crate::schema;
use confvet_core::{Context, Edit, Findings, Rule, Severity, Span};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/requirepass-ignored", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf().filter(|conf| !conf.lacks((6, 0, 0))) else { return };
    let requirepass =
        conf.last("requirepass").filter(|line| line.value().is_some_and(|password| !password.text.is_empty()));
    if let Some(aclfile) = conf.last("aclfile").filter(|line| line.value().is_some_and(|path| !path.text.is_empty())) {
        match requirepass {
            Some(password) => behind_acl_file(conf, password, aclfile, ctx, findings),
            None => open_by_acl_file(conf, aclfile, findings),
        }
        return;
    }
    let user = conf.users.iter().rfind(|user| user.is_default());
    let reset = conf.all("user").rfind(|line| line.values().first().is_some_and(|name| name.text == "default"));
    if let (Some(password), Some(user), Some(reset)) = (requirepass, user, reset) {
        let is_same = password.value().is_some_and(|password| user.has_password(&password.text));
        if is_same && !user.no_password {
            return;
        }
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

fn behind_acl_file(
    conf: &RedisConf,
    password: &Statement,
    aclfile: &Statement,
    ctx: &Context<'_>,
    findings: &mut Findings,
) {
    let path = aclfile.value().map_or("", |path| path.as_str());
    let text = password.value().map_or("", |password| password.as_str());
    let default = conf.acl.as_ref().map(AclFile::default_user);
    let (message, severity) = match default {
        Some(Some(user)) if user.has_password(text) => return,
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
    let known = !schema::is_placeholder_password(text);
    let edits = conf.acl.as_ref().filter(|acl| known && acl.default_user().is_none()).map(|acl| {
        // Channels came with 6.2, where every user has all of them unless the rules say otherwise.
        let channels = if conf.lacks((6, 2, 0)) { "" } else { " &*" };
        let line = format!("user default on #{} ~*{channels} +@all\n", sha256(text));
        [Edit::insert_before(Span::new(acl.file, 0..0), line), Edit::delete(password.whole_line(ctx.sources))]
    });
    report
        .help("define `user default` in the ACL file, with a password or `off`, and drop `requirepass`")
        .suggest("move the password into the ACL file", edits.into_iter().flatten());
}

fn open_by_acl_file(conf: &RedisConf, aclfile: &Statement, findings: &mut Findings) {
    let Some(acl) = &conf.acl else { return };
    if acl.default_user().is_some() || conf.is_for_tests() {
        return;
    }
    let severity = if conf.listens_beyond_loopback() { Severity::Error } else { Severity::Warning };
    // Somebody must be left who can log in.
    let others = acl.users.iter().any(AclUser::can_log_in);
    findings
        .report(
            aclfile.value_span(),
            "the ACL file does not define `user default`: anyone may connect without a password",
        )
        .severity(severity)
        .help("add `user default off` to the ACL file")
        .suggest(
            "switch the default user off",
            others.then(|| Edit::insert_before(Span::new(acl.file, 0..0), "user default off\n")),
        );
}
