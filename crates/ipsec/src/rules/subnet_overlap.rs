//! The remote network of a connection overlaps the local one.

use crate::dialect::Dialect;
use crate::model::Ipsec;
use crate::model::collisions::shared_addresses;
use crate::selector::Relation;
use confvet_core::{Context, Findings, Keys, Rule, Severity};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/subnet-overlap", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let exemptions = model.exemptions();
    let mut reported = Keys::new();
    for connection in
        model.live().filter(|connection| !connection.remote.is_any() || !connection.remote.addresses.is_empty())
    {
        for overlap in connection.own_overlaps() {
            let (Some(local), Some(remote)) = (overlap.local.net(), overlap.remote.net()) else { continue };
            if overlap.relation == Relation::Contains && exemptions.cover(local)
                || !reported.insert(overlap.remote.span)
            {
                continue;
            }
            let strongswan = model.program.dialect == Dialect::Strongswan;
            let severity = match overlap.relation {
                Relation::Equal => Severity::Error,
                Relation::Contains if strongswan => Severity::Error,
                Relation::Contains => Severity::Warning,
                Relation::Inside => Severity::Info,
            };
            let shared = match shared_addresses(local, remote) {
                1 => "1 address".to_owned(),
                count => format!("{count} addresses"),
            };
            let message = match overlap.relation {
                Relation::Inside => format!(
                    "`{remote}` lies inside `{local}` (hub): hosts of the own network with one of these {shared} become unreachable"
                ),
                relation => format!(
                    "`{remote}` {} `{local}` ({shared} in both): traffic to the own network goes into the tunnel",
                    relation.verb()
                ),
            };
            findings
                .report(overlap.remote.span, message)
                .severity(severity)
                .label(overlap.local.span, "the own network");
        }
    }
}
