//! Commands that are renamed in a way the server refuses, or that others need.

use crate::keys::Command;
use crate::model::{Document, RedisConf};
use compact_str::CompactString;
use confvet_core::{Category, Context, Findings, Rule, Severity};
use std::collections::BTreeMap;

pub(super) static RULE: Rule<Document> = Rule { name: "redis/rename-command", check };

fn check(document: &Document, _: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    let mut seen: BTreeMap<CompactString, confvet_core::Span> = BTreeMap::new();
    for rename in conf.renames() {
        let command = rename.command.text.to_ascii_lowercase();
        let span = rename.command.span;
        let shown = &rename.command.text;
        let new = rename.name.text.to_ascii_lowercase();
        if let Some(first) = seen.insert(command.clone(), span) {
            findings.report(span, format!("`rename-command {shown}`: already renamed")).label(first, "renamed here");
            continue;
        }
        let exists = |name: &str| Command::find(name).is_some_and(|known| known.exists_in(conf.release));
        if command.contains('|') {
            findings.report(span, format!("`rename-command {shown}`: a subcommand cannot be renamed"));
        } else if !exists(&command) {
            let report =
                findings.report(span, format!("`rename-command {shown}`: no such command in {}", conf.release));
            if conf.loads_modules() {
                report.severity(Severity::Warning).help("commands of modules are not known yet when this is read");
            }
        } else if !new.is_empty() && !new.contains('|') && exists(&new) && !seen.contains_key(&new) {
            findings
                .report(rename.name.span, format!("`rename-command {shown}`: `{}` already exists", rename.name.text));
        } else if let Some(user) = needed_by(conf, &command) {
            findings
                .report(span, format!("`rename-command {shown}`: {user} needs it"))
                .severity(Severity::Warning)
                .category(Category::Outage);
        }
    }
}

/// What sends the command under its own name.
fn needed_by(conf: &RedisConf, command: &str) -> Option<&'static str> {
    match command {
        "psync" | "sync" | "replconf" => Some("replication"),
        "cluster" | "restore-asking" | "migrate" if conf.is_clustered() => Some("the cluster"),
        "auth" if conf.has_password() => Some("every client, as there is a password,"),
        _ => None,
    }
}
