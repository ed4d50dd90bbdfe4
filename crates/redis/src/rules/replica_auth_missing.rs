//! A server that cannot log in to its master, now or after a failover.

use crate::deployment::{Deployment, Node};
use crate::model::{AclUser, DefaultUser, Document, Statement};
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
    let (Some(master), None) = (master, user) else { return };
    match master.conf.default_user() {
        DefaultUser::Password(wanted) => {
            let (Some(ours), Some(theirs)) = (own.value(), wanted.value()) else { return };
            let known = |text: &str| !schema::is_placeholder_password(text);
            if ours.text != theirs.text && known(&ours.text) && known(&theirs.text) {
                findings
                    .report(ours.span, "this is not the password of the master: the replica cannot log in")
                    .label(theirs.span, "the master's password")
                    .help("`masterauth` must be the master's `requirepass`");
            }
        }
        DefaultUser::Off => {
            findings
                .report(own.span, "the master's default user is off, and there is no `masteruser` to log in as")
                .severity(Severity::Warning);
        }
        DefaultUser::AclPassword(default) => {
            if let Some(command) = denied_to_replicas(default) {
                findings
                    .report(
                        own.span,
                        format!("the master's default user may not run `{command}`, and there is no `masteruser` to log in as"),
                    )
                    .severity(Severity::Warning)
                    .label(default.name.span, "what replicas log in as")
                    .help("replicas need `+psync +replconf +ping`");
            }
        }
        DefaultUser::Open | DefaultUser::Unknown => {}
    }
}

/// The first command of those a replica sends that the user may not run.
fn denied_to_replicas(user: &AclUser) -> Option<&'static str> {
    let sent: [(&str, &[&str]); 3] = [
        ("psync", &["admin", "slow", "dangerous"]),
        ("replconf", &["admin", "slow", "dangerous"]),
        ("ping", &["fast", "connection"]),
    ];
    let denied = sent.into_iter().find(|(command, categories)| !user.may_run(command, categories));
    denied.map(|(command, _)| command)
}

fn missing(deployment: &Deployment<'_>, index: usize, master: Option<&Node<'_>>, findings: &mut Findings) {
    let conf = deployment.server(index).conf;
    let own_password = conf.last("requirepass").filter(|_| matches!(conf.default_user(), DefaultUser::Password(_)));
    if let (Some(master), Some(line)) = (master, conf.last("replicaof")) {
        match master.conf.default_user() {
            DefaultUser::Password(wanted) => {
                let place = wanted.name.span;
                let report = refused(line, findings).label(place, "the master requires one");
                report.suggest("log in with the master's password", same_password(line, wanted));
                return;
            }
            DefaultUser::AclPassword(default) => {
                refused(line, findings).label(default.name.span, "the master requires one");
                return;
            }
            DefaultUser::Off => {
                findings
                    .report(
                        line.span,
                        "the master's default user is off: this replica needs `masteruser` and `masterauth`",
                    )
                    .severity(Severity::Warning);
                return;
            }
            DefaultUser::Open if own_password.is_none() => return,
            DefaultUser::Open | DefaultUser::Unknown => {}
        }
    }
    if let Some(password) = own_password {
        after_failover(deployment, index, password, findings);
    }
}

fn refused<'f>(replica_of: &Statement, findings: &'f mut Findings) -> confvet_core::Report<'f> {
    findings
        .report(
            replica_of.span,
            "no `masterauth`: this replica cannot authenticate to a master that requires a password (NOAUTH)",
        )
        .help("write `masterauth` with the master's password")
}

fn after_failover(deployment: &Deployment<'_>, index: usize, password: &Statement, findings: &mut Findings) {
    let conf = deployment.server(index).conf;
    let changes_roles = deployment.is_watched(index) || conf.is_clustered();
    let severity = if changes_roles {
        Severity::Error
    } else if deployment.is_replicated(index) && !conf.is_partial() {
        Severity::Warning
    } else {
        return;
    };
    let replica_of = conf.last("replicaof").filter(|_| conf.is_replica() && !changes_roles);
    let message = match replica_of {
        Some(_) => "no `masterauth`: if the master has the same password this replica cannot authenticate (NOAUTH)",
        None => {
            "no `masterauth`: after a failover this node cannot authenticate to a master that requires a password (NOAUTH)"
        }
    };
    findings
        .report(replica_of.unwrap_or(password).span, message)
        .severity(severity)
        .help("write `masterauth` with the same value as `requirepass`")
        .suggest("use the same password", same_password(password, password));
}

/// The line that is missing, below another one and written as the password is.
fn same_password(below: &Statement, password: &Statement) -> Option<Edit> {
    let value = password.value().filter(|value| !schema::is_placeholder_password(&value.text))?;
    Some(Edit::insert_after(below.span, format!("\nmasterauth {}", crate::syntax::quote_if_needed(&value.text))))
}
