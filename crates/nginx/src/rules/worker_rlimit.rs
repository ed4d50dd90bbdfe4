//! More connections than files.

use crate::keys::key;
use crate::model::Nginx;
use crate::value;
use confvet_core::{Context, Edit, Fact, Findings, Rule, Severity};

pub(super) static RULE: Rule<Nginx> = Rule { name: "nginx/worker-rlimit", check };

fn check(nginx: &Nginx, ctx: &Context<'_>, findings: &mut Findings) {
    let events = nginx.top().first(key!("events"));
    let Some(connections) = events.and_then(|events| events.block().first(key!("worker_connections"))) else { return };
    let Some(count) = value::number(connections.text(0)) else { return };
    let limit = nginx.top().first(key!("worker_rlimit_nofile"));
    let (files, span) = match limit.and_then(|limit| limit.arg(0)) {
        Some(word) => (value::number(word.text), word.span),
        None => (ctx.facts.number(Fact::Nofile).filter(|&files| files < count), connections.span()),
    };
    let Some(files) = files.filter(|&files| files < count.saturating_mul(2)) else { return };
    let report = findings
        .report(
            span,
            format!("{count} connections per worker but only {files} open files: proxied requests need two each"),
        )
        .severity(if files < count { Severity::Warning } else { Severity::Info })
        .label(connections.span(), "the connections");
    if limit.is_some() {
        report.suggest("allow two files a connection", [Edit::replace(span, count.saturating_mul(2).to_string())]);
    }
}
