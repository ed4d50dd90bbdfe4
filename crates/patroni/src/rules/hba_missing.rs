//! No pg_hba list anywhere: neither a replica nor a client can connect.

use crate::Document;
use crate::model::{Completion, Config, HbaInEffect, Origin};
use confvet_core::{Category, Context, Fact, Facts, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/hba-missing", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    let clusters = super::clusters(set);
    for member in &set.members {
        for config in member.model().configs().filter(|config| is_missing(config, &member.facts)) {
            let own = super::cluster_of(&clusters, config);
            let others = own.into_iter().flat_map(|cluster| &cluster.members);
            let supplies = |other: &&&Config| other.hba_list(Origin::Dynamic).is_some_and(|list| list.is_filled);
            report(config, others.into_iter().find(supplies).copied(), findings);
        }
    }
}

fn is_missing(config: &Config, facts: &Facts) -> bool {
    let listed = config.hba_lists().iter().any(|list| list.is_filled);
    let loopback = |address: &crate::address::HostPort<'_>| address.hosts().all(|host| host.is_loopback());
    let local = config.address("postgresql.connect_address").is_some_and(|address| loopback(&address.value));
    let written_as_text = ["postgresql.pg_hba", "bootstrap.pg_hba"].iter().any(|path| config.text(path).is_some());
    let elsewhere = config.completion != Completion::Nothing;
    matches!(config.hba(), HbaInEffect::Initdb)
        && !(listed || local || written_as_text || elsewhere || facts.number(Fact::Members) == Some(1))
}

fn report(config: &Config, supplier: Option<&Config>, findings: &mut Findings) {
    let Some(dcs) = config.dcs() else { return };
    let list = supplier.and_then(|other| other.hba_list(Origin::Dynamic));
    if let Some(list) = list {
        findings
            .report(
                dcs.key_span(),
                "no pg_hba list here: whether the other member's is used depends on which bootstraps first",
            )
            .severity(Severity::Info)
            .category(Category::Maintainability)
            .label(list.key_span, "the list of another member");
        return;
    }
    let report = findings
        .report(
            dcs.key_span(),
            "no pg_hba list anywhere: initdb's file admits only this host, without a password, so no replica can connect",
        )
        .help("add `pg_hba` to `postgresql` with a line for clients, one for `replication`, and one for Patroni itself");
    let report = report.suggest("write the usual lines for the network of this member", config.add_usual_hba());
    if let Some(connect) = config.address("postgresql.connect_address") {
        report.label(connect.span, "others are told to connect here");
    }
}
