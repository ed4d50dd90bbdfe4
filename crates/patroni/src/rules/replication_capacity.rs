//! Too few senders or slots for the members there are.

use super::Cluster;
use crate::Document;
use crate::model::{Config, Side};
use crate::parameter::{DcsOnly, plain_number};
use confvet_core::{Context, Findings, Rule, Set, Severity};

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/replication-capacity", check };

fn check(set: &Set<Document>, _: &Context<'_>, findings: &mut Findings) {
    for Cluster { members, .. } in super::clusters(set) {
        if members.len() < 2 {
            continue;
        }
        let uses_slots = members.iter().all(|config| config.dynamic_switch("postgresql.use_slots") != Some(false));
        let permanent = members.iter().map(|config| config.dynamic_entries("slots").count()).max().unwrap_or(0);
        capacity("max_wal_senders", &members, 0, findings);
        if uses_slots {
            capacity("max_replication_slots", &members, permanent, findings);
        }
    }
}

fn capacity(name: &str, members: &[&Config], permanent: usize, findings: &mut Findings) {
    let Some(own) = DcsOnly::find(name) else { return };
    let setting = members.iter().find_map(|config| config.parameter_of(Side::Dynamic, name));
    let text = setting.and_then(|setting| setting.text());
    if setting.is_some_and(|setting| setting.is_unknown()) || text.is_some_and(|text| !own.accepts(text)) {
        return;
    }
    let Some(most) = plain_number(text.unwrap_or(own.default)) else { return };
    let standbys = members.len() - 1;
    let copies = if name == "max_wal_senders" { 2 } else { 0 };
    #[expect(clippy::cast_precision_loss, reason = "numbers of members are small")]
    let (fits, spare) = ((standbys + permanent) as f64 <= most, (standbys + permanent + copies) as f64 <= most);
    if spare {
        return;
    }
    let further = match (permanent, copies) {
        (0, 0) => String::new(),
        (0, copies) => format!(" and the {copies} that copying a new one takes"),
        (slots, _) => format!(" and {slots} permanent slots"),
    };
    let Some(place) = setting.map(|setting| setting.span()).or_else(|| members[0].scope().map(|scope| scope.span))
    else {
        return;
    };
    let mut report = findings
        .report(place, format!("`{name}` is {most}, too few for {standbys} standbys{further}"))
        .severity(if fits { Severity::Warning } else { Severity::Error });
    for scope in members.iter().filter_map(|config| config.scope()).filter(|scope| scope.span != place) {
        report = report.label(scope.span, "a member");
    }
}
