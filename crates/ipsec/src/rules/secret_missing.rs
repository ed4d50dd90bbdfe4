//! A connection authenticates by a pre-shared key, and no entry of the secrets file fits.

use crate::model::psk::Lookup;
use crate::model::{Connection, Ipsec, Origin};
use confvet_core::{Context, Findings, Rule};
use std::net::IpAddr;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/secret-missing", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for connection in model.live() {
        let Lookup::Missing(near) = model.psk_of(connection) else { continue };
        if may_be_this_host(model, connection) {
            continue;
        }
        let me =
            connection.local.id.as_ref().map_or_else(|| connection.local.address_text(), |id| id.value.to_string());
        let peer =
            connection.remote.id.as_ref().map_or_else(|| connection.remote.address_text(), |id| id.value.to_string());
        let span = connection.local.auth_span.or(connection.local.address_span).unwrap_or(connection.name_span);
        let hint = near.first().map(|secret| {
            let names: Vec<&str> = secret.selectors.iter().map(|selector| selector.value.as_str()).collect();
            format!(": the entry in line {} is for `{}`", context.line(secret.token), names.join(" "))
        });
        let message = format!("no secret for `{me}` ↔ `{peer}`{}", hint.unwrap_or_default());
        let mut report = findings.report(span, message);
        for secret in near.iter().take(3) {
            report = report.label(secret.token, "does not fit");
        }
        if let Some(id) = connection.local.id.as_ref().or(connection.remote.id.as_ref()) {
            report = report.label(id.span, "the identity that is looked up");
        }
        report.help(format!("add an entry for `{me}` and `{peer}`"));
    }
}

/// The own address is a host name, and an entry is for an address that no connection names: it may be this host.
fn may_be_this_host(model: &Ipsec, connection: &Connection) -> bool {
    let known =
        connection.local.id.is_some() || connection.origin == Origin::IpsecConf && !connection.local.is_wildcard();
    if known
        && connection.local.identity().is_some_and(|id| id.parse::<IpAddr>().is_ok() || connection.local.id.is_some())
    {
        return false;
    }
    model.psks().flat_map(|secret| &secret.selectors).any(|selector| {
        let named = model
            .connections
            .iter()
            .flat_map(Connection::ends)
            .any(|end| end.handles().contains(&selector.value.to_string()));
        selector.value.parse::<IpAddr>().is_ok() && !named
    })
}
