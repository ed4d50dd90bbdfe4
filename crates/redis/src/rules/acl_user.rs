//! Users that cannot log in, or that may do more than they should.

use crate::model::{AclUser, Document};
use confvet_core::{Category, Context, Edit, Findings, Rule, Severity};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/acl-user", check };

const MIGHTY: &[&str] = &["admin", "root", "ops", "superuser", "sentinel", "replica", "replication", "monitor"];

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let in_conf: Vec<AclUser> = document.server().map(|conf| conf.users().collect()).unwrap_or_default();
    let acl = document.acl();
    let users: Vec<&AclUser> = in_conf.iter().chain(acl.into_iter().flat_map(|acl| &acl.users)).collect();
    let saved = acl.is_some_and(|acl| acl.saved_by_server)
        || document.conf().is_some_and(|conf| conf.all("user").any(|line| line.generated));
    if users.is_empty() || saved {
        return;
    }
    locked_out(&users, findings);
    for user in &users {
        judge(user, findings);
    }
}

/// Nobody can log in; without a line of its own the default user can.
fn locked_out(users: &[&AclUser], findings: &mut Findings) {
    let Some(default) = users.iter().rfind(|user| user.is_default()) else { return };
    if users.iter().all(|user| !user.can_log_in()) {
        findings
            .report(default.name.span, "nobody can log in: every user is off or has neither a password nor `nopass`")
            .severity(Severity::Error)
            .category(Category::Outage);
    }
}

fn judge(user: &AclUser, findings: &mut Findings) {
    let name = user.name.as_str();
    let span = user.name.span;
    if user.enabled.is_none() && !user.rules.is_empty() {
        findings
            .report(span, format!("user `{name}` cannot log in: no `on`"))
            .category(Category::Outage)
            .suggest("switch the user on", [Edit::insert_after(span, " on")]);
        return;
    }
    if user.enabled != Some(true) {
        return;
    }
    if user.no_password && !user.is_default() {
        findings.report(span, format!("anyone may log in as `{name}`: `nopass` takes any password"));
    }
    let mighty = MIGHTY.iter().any(|word| name.to_ascii_lowercase().contains(word));
    if user.is_almighty() && !user.is_default() && !mighty {
        findings
            .report(span, format!("user `{name}` may run every command on every key"))
            .help("name the categories and key patterns it needs, or take `-@dangerous` away");
    } else if !user.has_commands {
        findings
            .report(span, format!("user `{name}` may run no command: there is no `+` rule"))
            .severity(Severity::Info)
            .category(Category::Outage);
    }
}
