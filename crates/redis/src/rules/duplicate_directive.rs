//! A directive that is set twice: only the last one counts.

use crate::model::{Document, RedisConf, Statement};
use crate::schema;
use confvet_core::{Context, Edit, Findings, Map, Rule, Severity, source};

pub(super) static RULE: Rule<Document> = Rule { name: "redis/duplicate-directive", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(conf) = document.conf() else { return };
    let mut last: Map<(&str, String), &Statement> = Map::new();
    for statement in &conf.statements {
        let Some(slot) = slot(statement) else { continue };
        let Some(earlier) = last.insert(slot, statement) else { continue };
        if earlier.generated == statement.generated && value(earlier) != value(statement) {
            report(earlier, statement, ctx, findings);
        }
    }
    lost_save_points(conf, findings);
    repeated_users(conf, findings);
}

/// Up to 6.2 the last line of a user counts; from 7.0 on a second one is refused.
fn repeated_users(conf: &RedisConf, findings: &mut Findings) {
    if conf.lacks((6, 0, 0)) || !conf.lacks((7, 0, 0)) {
        return;
    }
    for users in [Some(&conf.users), conf.acl.as_ref().map(|acl| &acl.users)].into_iter().flatten() {
        let mut last = Map::new();
        for user in users {
            let Some(earlier) = last.insert(user.name.as_str(), user) else { continue };
            if earlier.rules != user.rules {
                findings
                    .report(
                        earlier.name.span,
                        format!("user `{}` is defined again: the rules here are ignored", user.name.text),
                    )
                    .label(user.name.span, "this one counts");
            }
        }
    }
}

/// What the statement sets: the directive that counts, and for classes and masters which of them.
fn slot(statement: &Statement) -> Option<(&'static str, String)> {
    let key = statement.key?;
    let first = || statement.values().first().map(|token| token.text.to_ascii_lowercase()).unwrap_or_default();
    match key.name {
        "client-output-buffer-limit" if statement.values().len() == 4 => {
            Some((key.name, first().replace("slave", "replica")))
        }
        // Lists of a running Sentinel, and what has a rule of its own.
        "sentinel monitor"
        | "sentinel known-replica"
        | "sentinel known-slave"
        | "sentinel known-sentinel"
        | "sentinel rename-command" => None,
        _ if key.is_sentinel() && key.words.0 == 2 => Some((key.canonical(), first().to_string())),
        _ if key.is_sentinel() => Some((key.canonical(), String::new())),
        _ if schema::is_cumulative(key) => None,
        _ => Some((key.canonical(), String::new())),
    }
}

fn value(statement: &Statement) -> Vec<String> {
    let fold = |text: &str| {
        let is_word = text.eq_ignore_ascii_case("yes") || text.eq_ignore_ascii_case("no");
        match crate::value::memory(text) {
            Some(size) if text.starts_with(|c: char| c.is_ascii_digit()) => size.bytes().to_string(),
            _ if is_word => text.to_ascii_lowercase(),
            _ => text.to_owned(),
        }
    };
    statement.values().iter().map(|token| fold(&token.text)).collect()
}

fn report(loser: &Statement, winner: &Statement, ctx: &Context<'_>, findings: &mut Findings) {
    let secret = loser.key.is_some_and(schema::is_secret);
    let name = loser.name_text();
    let place = if loser.span.file == winner.span.file {
        format!("line {}", ctx.line(winner.span))
    } else {
        format!("{}:{}", ctx.path(winner.span.file), ctx.line(winner.span))
    };
    let values = if secret {
        "this one is ignored".to_owned()
    } else {
        format!("`{}` here is ignored, `{}` counts", ctx.text(loser.value_span()), ctx.text(winner.value_span()))
    };
    let override_file = source::file_name(ctx.path(winner.span.file));
    let meant = loser.span.file != winner.span.file
        && ["local", "override", "custom"].iter().any(|word| override_file.contains(word));
    findings
        .report(loser.span, format!("`{name}` is set again at {place}: {values}"))
        .severity(if meant { Severity::Info } else { Severity::Warning })
        .label(winner.span, "this one counts")
        .suggest("delete the line that does not count", [Edit::delete(loser.whole_line(ctx.sources))]);
}

/// `save ""` drops the points above it.
fn lost_save_points(conf: &RedisConf, findings: &mut Findings) {
    let saves: Vec<&Statement> = conf.all("save").collect();
    let Some(clear) = saves.iter().rposition(|line| line.value().is_some_and(|value| value.text.is_empty())) else {
        return;
    };
    // Points below a `save ""` of another file bring back what that one wanted to be rid of.
    let revived = saves[clear + 1..].iter().find(|line| line.span.file != saves[clear].span.file);
    if let Some(revived) = revived.filter(|_| !saves[clear].generated) {
        findings
            .report(saves[clear].span, "`save \"\"` has no effect: save points follow in another file")
            .label(revived.span, "this one counts");
        return;
    }
    let Some(lost) = saves[..clear].iter().rfind(|line| line.value().is_none_or(|value| !value.text.is_empty())) else {
        return;
    };
    if lost.span.file == saves[clear].span.file && lost.generated == saves[clear].generated {
        findings
            .report(lost.span, "this save point is dropped again by the `save \"\"` below it")
            .label(saves[clear].span, "drops all points above");
    }
}
