//! No line lets a replica stream.

use crate::hba::{ConnectionType, Verdict};
use crate::model::{Document, HbaInEffect};
use confvet_core::{Context, Fact, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-no-replication", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let (HbaInEffect::Only(list) | HbaInEffect::AfterInitdb(list)) = config.hba() else { return };
    let Some(user) = config.replication_user() else { return };
    if config.is_demo() || ctx.facts.number(Fact::Members) == Some(1) {
        return;
    }
    if list.lines.iter().any(|line| line.record.is_none()) {
        return;
    }
    let records = || list.lines.iter().filter_map(|line| line.record.as_ref());
    let remote =
        |record: &&crate::hba::HbaRecord| record.connection.value != ConnectionType::Local && !record.rejects();
    let names_replication = |record: &&crate::hba::HbaRecord| {
        record.databases.iter().any(|name| name.is_keyword("replication") || name.is_open())
    };
    let admits = records()
        .filter(remote)
        .filter(names_replication)
        .any(|record| record.names_user(user.value) != Verdict::Passes && !record.address.value.is_confined());
    if admits {
        return;
    }
    let near = records().filter(remote).find(names_replication);
    let why = match near {
        Some(record) if record.names_user(user.value) == Verdict::Passes => {
            let named = record.users.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(",");
            format!(" (a line names user `{named}`)")
        }
        Some(record) => format!(" (a line only covers `{}`)", record.address_text),
        None => " (`all` does not include replication)".to_owned(),
    };
    let report = findings
        .report(list.key_span, format!("no pg_hba line lets `{}` stream from another host{why}", user.value))
        .label(user.span, "the user of the replicas")
        .help(format!("add `host replication {} ADDRESS/32 scram-sha-256` for each member", user.value));
    if let Some(record) = near {
        report.label(record.connection.span, "the nearest line");
    }
}
