//! A pg_hba list that is not used.

use crate::Document;
use crate::model::{Config, HbaInEffect, HbaList, Origin};
use confvet_core::{Category, Context, Findings, Rule, Severity};
use confvet_yaml::Node;

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-list-ignored", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    if let Some(file) = config.parameter("hba_file") {
        for list in config.hba_lists().iter().filter(|list| list.is_filled) {
            findings
                .report(list.key_span, format!("`{}` is not used: `hba_file` names a file of its own", list.path()))
                .severity(Severity::Warning)
                .label(file.span(), "this file is used");
        }
        return;
    }
    let filled = |origin| config.hba_list(origin).filter(|list| list.is_filled);
    if let (Some(local), Some(dynamic)) = (config.hba_list(Origin::Local), filled(Origin::Dynamic)) {
        let report = findings.report(
            dynamic.key_span,
            if local.is_filled {
                format!("`{}` is not used on this member: the local list wins", dynamic.path())
            } else {
                format!(
                    "`{}` is cancelled by the empty local key, and initdb's trust lines stay in force",
                    dynamic.path()
                )
            },
        );
        report
            .severity(if local.is_filled { Severity::Info } else { Severity::Error })
            .category(match local.is_filled {
                true => Category::Maintainability,
                false => config.category(local.key_span, Category::Security),
            })
            .label(local.key_span, "this one counts");
    }
    let roles: Vec<&HbaList> =
        config.hba_lists().iter().filter(|list| list.is_filled && matches!(list.origin, Origin::Role(_))).collect();
    if let (Some(base), [first, _, ..]) = (config.hba().list(), roles.as_slice()) {
        findings
            .report(
                base.key_span,
                format!("`{}` is not used while the member has a role with a list of its own", base.path()),
            )
            .severity(Severity::Info)
            .category(Category::Maintainability)
            .label(first.key_span, "replaces it as a whole");
    }
    let Some(bootstrap) = filled(Origin::Bootstrap) else { return };
    match config.hba() {
        HbaInEffect::Only(list) if !list.equals(bootstrap) => {
            let replication = bootstrap.lines.iter().filter_map(|line| line.record.as_ref()).any(|record| {
                record.is_for_replication()
                    && !list
                        .lines
                        .iter()
                        .filter_map(|line| line.record.as_ref())
                        .any(super::super::hba::HbaRecord::is_for_replication)
            });
            findings
                .report(bootstrap.key_span, format!("`bootstrap.pg_hba` is not used: `{}` is there", list.path()))
                .severity(if replication { Severity::Error } else { Severity::Warning })
                .label(list.key_span, "this list is the whole pg_hba.conf");
        }
        HbaInEffect::AfterInitdb(list) if !has_auth(config) => {
            findings
                .report(
                    list.key_span,
                    "`bootstrap.pg_hba` comes after initdb's trust lines: every local user is superuser",
                )
                .severity(Severity::Warning)
                .category(Category::Security)
                .help("add `auth-host: scram-sha-256` and `auth-local: peer` to `bootstrap.initdb`");
        }
        _ => {}
    }
}

/// Does initdb write something else than trust?
fn has_auth(config: &Config) -> bool {
    let Some(initdb) = config.local("bootstrap.initdb") else { return false };
    let set = |node: Node<'_>| {
        ["auth", "auth-host", "auth-local"]
            .iter()
            .any(|option| node.get(option).is_some_and(|method| method.as_str() != Some("trust")))
    };
    set(initdb) || initdb.items().any(set)
}
