//! Commands that are renamed in a way the server refuses, or that others need.

use crate::deployment::{Deployment, Watch, servers};
use crate::keys::Command;
use crate::model::{Document, RedisConf, Rename};
use compact_str::CompactString;
use confvet_core::{Category, Context, Edit, Findings, Map, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "redis/rename-command", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for conf in set.members.iter().filter_map(|member| member.model().conf()) {
        check_conf(conf, findings);
    }
    if servers(set).all(|conf| conf.last("rename-command").is_none()) {
        return;
    }
    let deployment = Deployment::of(set);
    for watch in deployment.watches() {
        known_to_sentinels(&deployment, watch, findings);
    }
    for (index, node) in deployment.servers() {
        if let Some(master) = deployment.master_of(index) {
            same_as_master(node.conf, master.conf, findings);
        }
    }
}

fn check_conf(conf: &RedisConf, findings: &mut Findings) {
    let mut seen: Map<CompactString, Span> = Map::new();
    for rename in conf.renames() {
        let command = lower(rename.command.as_str());
        let span = rename.command.span;
        let shown = &rename.command.text;
        let new = lower(rename.name.as_str());
        if let Some(first) = seen.get(&command) {
            findings.report(span, format!("`rename-command {shown}`: already renamed")).label(*first, "renamed here");
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
        seen.insert(command, span);
    }
    if let Some(first) = conf.all("rename-command").next().filter(|_| conf.release.is_known_since((6, 0, 0))) {
        findings
            .report(first.name.span, "renaming commands is deprecated since Redis 6.0")
            .severity(Severity::Info)
            .category(Category::Maintainability)
            .help("take the commands away from users with ACL rules such as `-@dangerous`");
    }
}

fn lower(name: &str) -> CompactString {
    let mut lower = CompactString::new(name);
    lower.make_ascii_lowercase();
    lower
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

/// What Sentinel sends to the servers it watches.
const SENT_BY_SENTINEL: &[&str] = &[
    "client",
    "config",
    "exec",
    "info",
    "multi",
    "ping",
    "publish",
    "replicaof",
    "role",
    "script",
    "slaveof",
    "subscribe",
];

/// Sentinel must know the new name of what it sends.
fn known_to_sentinels(deployment: &Deployment<'_>, watch: Watch<'_, '_>, findings: &mut Findings) {
    // How many Sentinels know each command under each name; those who are read in part may know it.
    let mut known: Map<(CompactString, &str), usize> = Map::new();
    let mut silent = 0;
    for (sentinel, monitor) in watch.monitors() {
        let conf = deployment.sentinels[sentinel].conf;
        silent += usize::from(conf.is_partial());
        for line in conf.all("sentinel rename-command").filter(|_| !conf.is_partial()) {
            if let [master, command, name] = line.values()
                && master.text == monitor.name.text
            {
                *known.or_default((lower(command.as_str()), name.as_str())) += 1;
            }
        }
    }
    for node in watch.servers() {
        for rename in node.conf.renames() {
            let command = lower(rename.command.as_str());
            let is_sent = SENT_BY_SENTINEL.contains(&command.as_str());
            let knowing = known.get(&(command.clone(), rename.name.as_str())).copied().unwrap_or_default();
            if is_sent && knowing + silent < watch.monitor_count() {
                not_known(deployment, watch, &rename, &command, findings);
            }
        }
    }
}

fn not_known(
    deployment: &Deployment<'_>,
    watch: Watch<'_, '_>,
    rename: &Rename<'_>,
    command: &str,
    findings: &mut Findings,
) {
    let ignorant = watch.monitors().filter(|(sentinel, monitor)| {
        let conf = deployment.sentinels[*sentinel].conf;
        let mut lines = conf.all("sentinel rename-command");
        let knows = lines.any(|line| match line.values() {
            [master, known, name] => {
                master.text == monitor.name.text && known.is(command) && name.text == rename.name.text
            }
            _ => false,
        });
        !knows && !conf.is_partial()
    });
    let monitors: Vec<_> = ignorant.map(|(_, monitor)| monitor).collect();
    let Some(first) = monitors.first() else { return };
    let edits = monitors.iter().filter(|_| !rename.name.text.is_empty()).map(|monitor| {
        let (master, shown, new) = (&monitor.name.text, &rename.command.text, &rename.name.text);
        Edit::insert_after(monitor.statement.span, format!("\nsentinel rename-command {master} {shown} {new}"))
    });
    let help = if rename.name.text.is_empty() {
        "Sentinel cannot do without it: leave it switched on, and restrict it with an ACL"
    } else {
        "tell the Sentinels with `sentinel rename-command`"
    };
    findings
        .report(rename.command.span, format!("`rename-command {}`: Sentinel needs it", rename.command.text))
        .severity(Severity::Warning)
        .category(Category::Outage)
        .label(first.statement.span, "sends it under its own name")
        .help(help)
        .suggest("tell the Sentinels", edits);
}

/// A replica executes commands under the names that the master's clients use.
fn same_as_master(replica: &RedisConf, master: &RedisConf, findings: &mut Findings) {
    let ours = by_command(replica);
    let theirs = by_command(master);
    let mut differs = |span: Span, shown: &str, what: String, other: Option<Span>| {
        let report = findings
            .report(span, format!("`rename-command {shown}`: {what}"))
            .severity(Severity::Warning)
            .category(Category::DataLoss)
            .help("rename alike on all servers that copy from each other");
        if let Some(other) = other {
            report.label(other, "the other name");
        }
    };
    for (command, rename) in ours.iter() {
        let shown = rename.command.as_str();
        match theirs.get(command) {
            None => differs(rename.command.span, shown, "the master does not rename it".to_owned(), None),
            Some(other) if other.name.text != rename.name.text => {
                differs(rename.name.span, shown, "the master gives it another name".to_owned(), Some(other.name.span));
            }
            Some(_) => {}
        }
    }
    for (_, rename) in theirs.iter().filter(|(command, _)| !ours.contains_key(*command)) {
        let what = format!("the replica `{}` does not rename it", replica.path);
        differs(rename.command.span, rename.command.as_str(), what, None);
    }
}

fn by_command(conf: &RedisConf) -> Map<CompactString, Rename<'_>> {
    conf.renames().map(|rename| (lower(rename.command.as_str()), rename)).collect()
}
