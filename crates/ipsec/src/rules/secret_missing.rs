//! A connection authenticates by a pre-shared key, and no entry of the secrets file fits.

use crate::model::psk::Lookup;
use crate::model::{Connection, Ipsec, Origin};
use confvet_core::{Context, Edit, Findings, Keys, Rule, Span};
use std::net::IpAddr;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/secret-missing", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let mut stray: Option<bool> = None;
    for connection in model.live() {
        let Lookup::Missing(near) = model.psk_of(connection) else { continue };
        if !knows_itself(connection) && *stray.get_or_insert_with(|| has_stray_address(model)) {
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
        report
            .help(format!("add an entry for `{me}` and `{peer}`"))
            .suggest("add an entry, its key still to be filled in", skeleton(model, connection, &me, &peer, context));
    }
}

/// An entry at the end of the secrets file, with a placeholder that has a rule of its own. Below a line that strongSwan
/// cannot read it would never be found.
fn skeleton(model: &Ipsec, connection: &Connection, me: &str, peer: &str, context: &Context<'_>) -> Option<Edit> {
    let readable = !model.secrets.faults.iter().any(|fault| fault.kind.is_fatal());
    let file = *model.secrets.files.first().filter(|_| readable && connection.origin == Origin::IpsecConf)?;
    let text = context.sources.get(file).text();
    let quoted = |id: &str| if id.contains([' ', ',', '=']) { format!("\"{id}\"") } else { id.to_owned() };
    let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let entry = format!("{line_end}{} {} : PSK \"<pre-shared key>\"\n", quoted(me), quoted(peer));
    Some(Edit::replace(Span::new(file, text.len()..text.len()), entry))
}

/// Is the own identity certain, as opposed to a host name that stands for some address?
fn knows_itself(connection: &Connection) -> bool {
    let known =
        connection.local.id.is_some() || connection.origin == Origin::IpsecConf && !connection.local.is_wildcard();
    let is_address = |id: String| id.parse::<IpAddr>().is_ok() || connection.local.id.is_some();
    known && connection.local.identity().is_some_and(is_address)
}

/// An entry is for an address that no connection names: it may be this host.
fn has_stray_address(model: &Ipsec) -> bool {
    let named: Keys<String> =
        model.connections.iter().flat_map(Connection::ends).flat_map(crate::model::End::handles).collect();
    let mut selectors = model.psks().flat_map(|secret| &secret.selectors);
    selectors.any(|selector| selector.value.parse::<IpAddr>().is_ok_and(|ip| !named.contains(&ip.to_string())))
}
