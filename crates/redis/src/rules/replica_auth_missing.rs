//! A server that cannot log in to its master, now or after a failover.

use crate::deployment::{Deployment, Node};
use crate::model::{DefaultUser, Document, Statement};
use crate::schema;
use confvet_core::{Context, Edit, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/replica-auth-missing", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let deployment = Deployment::of(set);
    for (index, node) in deployment.servers() {
        let conf = node.conf;
        let own = conf.last("masterauth").or_else(|| conf.last("primaryauth"));
        let own = own.filter(|line| line.value().is_some_and(|password| !password.text.is_empty()));
        let user = conf.last("masteruser").or_else(|| conf.last("primaryuser"));
        if let (Some(user), None) = (user, own) {
            findings.report(user.span, "`masteruser` without `masterauth`: the user has no password to log in with");
            continue;
        }
        let master = deployment.master_of(index);
        match own {
            Some(own) => compare(own, user, master, findings),
            None => missing(&deployment, index, master, findings),
        }
    }
}

fn compare(own: &Statement, user: Option<&Statement>, master: Option<&Node<'_>>, findings: &mut Findings) {
    let Some(master) = master else { return };
    let DefaultUser::Password(wanted) = master.conf.default_user() else {
        if master.conf.default_user() == DefaultUser::Off && user.is_none() {
            findings
                .report(own.span, "the master's default user is off, and there is no `masteruser` to log in as")
                .severity(Severity::Warning);
        }
        return;
    };
    let (Some(ours), Some(theirs)) = (own.value(), wanted.value()) else { return };
    let known = |text: &str| !schema::is_placeholder_password(text);
    if user.is_none() && ours.text != theirs.text && known(&ours.text) && known(&theirs.text) {
        findings
            .report(ours.span, "this is not the password of the master: the replica cannot log in")
            .label(theirs.span, "the master's password")
            .help("`masterauth` must be the master's `requirepass`");
    }
}

fn missing(deployment: &Deployment<'_>, index: usize, master: Option<&Node<'_>>, findings: &mut Findings) {
    let conf = deployment.server(index).conf;
    let own_password = conf.last("requirepass").filter(|_| matches!(conf.default_user(), DefaultUser::Password(_)));
    if let (Some(master), Some(line)) = (master, conf.last("replicaof")) {
        if let DefaultUser::Password(wanted) = master.conf.default_user() {
            let report = findings
                .report(
                    line.span,
                    "no `masterauth`: this replica cannot authenticate to a master that requires a password (NOAUTH)",
                )
                .label(wanted.name.span, "the master requires one");
            report.help("write `masterauth` with the master's password");
            return;
        }
        if master.conf.default_user() == DefaultUser::Open && own_password.is_none() {
            return;
        }
    }
    let Some(password) = own_password else { return };
    let changes_roles = deployment.watchers_of(index).next().is_some() || conf.is_clustered();
    let severity = if changes_roles {
        Severity::Error
    } else if deployment.is_replicated(index) && !conf.is_partial() {
        Severity::Warning
    } else {
        return;
    };
    let replica_alone = conf.is_replica() && !changes_roles;
    let message = if replica_alone {
        "no `masterauth`: if the master has the same password this replica cannot authenticate (NOAUTH)"
    } else {
        "no `masterauth`: after a failover this node cannot authenticate to a master that requires a password (NOAUTH)"
    };
    let span =
        if replica_alone { conf.last("replicaof").map_or(password.span, |line| line.span) } else { password.span };
    let report = findings.report(span, message).severity(severity);
    report
        .help("write `masterauth` with the same value as `requirepass`")
        .suggest("use the same password", same_password(password));
}

/// The line that is missing, written as the password is.
fn same_password(password: &Statement) -> Option<Edit> {
    let value = password.value()?;
    Some(Edit::insert_after(password.span, format!("\nmasterauth {}", crate::syntax::quote_if_needed(&value.text))))
}
