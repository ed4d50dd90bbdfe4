//! pg_rewind is wanted, and what it needs is switched off.

use crate::Document;
use crate::model::{Config, Side};
use confvet_core::{Context, Edit, Findings, Rule, Safety, Severity};
use confvet_yaml::{Kind, Node};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/rewind-impossible", check: each_config!(check) };

fn check(config: &Config, _: &Context<'_>, findings: &mut Findings) {
    let Some(rewind) = config.pg_rewind() else { return };
    let Some(hints) = config.parameter_of(Side::Dynamic, "wal_log_hints") else { return };
    let off = hints.text().and_then(crate::parameter::boolean) == Some(false);
    if !off || config.local("bootstrap").is_none() || config.has_custom_bootstrap() {
        return;
    }
    let initdb = config.local("bootstrap.initdb");
    let has = |option: &str| {
        let is = |item: Node<'_>| item.as_str() == Some(option) || item.get(option).is_some();
        initdb.is_some_and(|initdb| initdb.items().any(is) || initdb.get(option).is_some())
    };
    let by_default = config.postgresql.is_some_and(|major| major >= 18) && !has("no-data-checksums");
    if has("data-checksums") || by_default {
        return;
    }
    let severity = if config.postgresql.is_none() { Severity::Warning } else { Severity::Error };
    findings
        .report(
            hints.span(),
            "`use_pg_rewind` needs `wal_log_hints` or data checksums, and neither is on: a failed primary cannot rejoin",
        )
        .severity(severity)
        .label(rewind.span(), "rewind is wanted")
        .suggest("remove `wal_log_hints`, its default is on", hints.delete())
        .suggest_as(
            Safety::Unsafe,
            "let initdb make checksums",
            initdb.filter(|_| !has("no-data-checksums")).and_then(add_checksums),
        );
}

/// Asks initdb for checksums. It counts only for a cluster that is made anew.
fn add_checksums(initdb: Node<'_>) -> Option<Edit> {
    match initdb.kind() {
        Kind::Sequence { flow: true } => initdb.append("data-checksums"),
        Kind::Sequence { flow: false } => initdb.append("- data-checksums"),
        _ => None,
    }
}
