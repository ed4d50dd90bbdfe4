//! Two members of one cluster that share what must be their own.

use crate::model::{Config, Document};
use confvet_core::{Context, Findings, Rule, Set, Span};
use std::collections::HashMap;

pub(super) static RULE: Rule<Set<Document>> = Rule { name: "patroni/member-identity", check };

fn check(set: &Set<Document>, ctx: &Context<'_>, findings: &mut Findings) {
    for (_, members) in super::clusters(set) {
        let mut names: HashMap<String, Span> = HashMap::new();
        let mut slots: HashMap<String, (String, Span)> = HashMap::new();
        let mut addresses: HashMap<String, Span> = HashMap::new();
        for config in members {
            if let Some(name) = config.name() {
                if let Some(first) = names.insert(name.value.to_owned(), name.span) {
                    let file = ctx.path(first.file);
                    let message = format!(
                        "member name `{}` is also used in {file}: the second node refuses to start",
                        name.value
                    );
                    findings.report(name.span, message).label(first, "the same name");
                } else {
                    let slot = Config::slot_name(name.value);
                    if let Some((other, first)) = slots.insert(slot.clone(), (name.value.to_owned(), name.span)) {
                        let message = format!(
                            "`{}` and `{other}` share the replication slot `{slot}`: only one of them can stream",
                            name.value
                        );
                        findings.report(name.span, message).label(first, "the other member");
                    }
                }
            }
            for path in ["postgresql.connect_address", "restapi.connect_address"] {
                let Some(address) = config.text(path) else { continue };
                if config.address(path).is_some_and(|at| at.value.hosts().any(|host| host.is_loopback())) {
                    continue;
                }
                if let Some(first) = addresses.insert(format!("{path} {}", address.value), address.span) {
                    let file = ctx.path(first.file);
                    findings
                        .report(
                            address.span,
                            format!("`{path}: {}` is also the address of the member in {file}", address.value),
                        )
                        .label(first, "the same address");
                }
            }
        }
    }
}
