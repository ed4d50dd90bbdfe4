//! No pg_hba list anywhere: neither a replica nor a client can connect.

use crate::model::{Document, HbaInEffect};
use confvet_core::{Context, Fact, Findings, Rule};

pub(super) static RULE: Rule<Document> = Rule { name: "patroni/hba-missing", check };

fn check(document: &Document, ctx: &Context<'_>, findings: &mut Findings) {
    let Some(config) = document.config() else { return };
    let listed = config.hba_lists().iter().any(|list| list.is_filled);
    if listed || !matches!(config.hba(), HbaInEffect::Initdb) || ctx.facts.number(Fact::Members) == Some(1) {
        return;
    }
    let connect = config.address("postgresql.connect_address");
    let loopback = connect.as_ref().is_some_and(|address| address.value.hosts().all(|host| host.is_loopback()));
    let written_as_text = ["postgresql.pg_hba", "bootstrap.pg_hba"].iter().any(|path| config.text(path).is_some());
    let Some(dcs) = config.dcs().filter(|_| !loopback && !written_as_text && !config.may_be_completed()) else {
        return;
    };
    let report = findings
        .report(
            dcs.key_span(),
            "no pg_hba list anywhere: initdb's file admits only this host, without a password, so no replica can connect",
        )
        .help("add `pg_hba` to `postgresql` with a line for clients, one for `replication`, and one for Patroni itself");
    if let Some(connect) = connect {
        report.label(connect.span, "others are told to connect here");
    }
}
