//! A connection that starts towards nobody.

use crate::model::{Auto, Connection, Ipsec, Mode, Origin, Peer};
use confvet_core::{Category, Context, Edit, Fact, Findings, Rule, Severity};
use std::net::IpAddr;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/peer-unset", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    for connection in model.live() {
        let (local, remote) = (&connection.local, &connection.remote);
        let span = remote.address_span.unwrap_or(connection.name_span);
        let libreswan = model.program.is_libreswan() && connection.origin == Origin::IpsecConf;
        let any = |peers: &[Peer]| matches!(peers, [Peer::Any]);
        if libreswan
            && !remote.is_group()
            && (remote.address_span.is_none() || any(&local.addresses) && any(&remote.addresses))
        {
            let what = if remote.address_span.is_none() { "is unset" } else { "and the other side are both %any" };
            let message = format!("`{}` {what}: libreswan does not load conn `{}`", remote.side, connection.name);
            findings.report(span, message).category(Category::Invalid);
            continue;
        }
        let finds_peer = remote.is_group() || connection.mediated || catches_any_peer(connection);
        if connection.initiates() && remote.is_any() && !finds_peer {
            let message = format!(
                "`{}` needs a peer, but `{}` is {}: nothing ever connects",
                connection.auto_text,
                remote.side,
                remote.address_text()
            );
            let report = findings.report(span, message);
            let Some(auto) = connection.auto_span else { continue };
            let word = if connection.origin == Origin::Swanctl { "none" } else { "add" };
            report.label(auto, "starts it").suggest("wait for the peer", [Edit::replace(auto, word)]);
            continue;
        }
        own_address(connection, context, findings);
    }
}

/// A trap for any peer: transport mode, limited by protocol and port.
fn catches_any_peer(connection: &Connection) -> bool {
    connection.auto == Some(Auto::OnDemand) && connection.mode == Mode::Transport
}

/// With the host's addresses known: neither side is this host. With only NAT known: a public address is none of its own.
fn own_address(connection: &Connection, context: &Context<'_>, findings: &mut Findings) {
    let own = context.facts.list(Fact::Addresses);
    if own.is_empty() && context.facts.is_true(Fact::Nat) {
        behind_nat(connection, findings);
        return;
    }
    let foreign = |peers: &[Peer]| match peers {
        [Peer::Ip(ip)] => !own.contains(&ip.to_string()),
        _ => false,
    };
    let [local, remote] = connection.ends();
    if !own.is_empty() && foreign(&local.addresses) && foreign(&remote.addresses) {
        let span = local.address_span.unwrap_or(connection.name_span);
        findings
            .report(
                span,
                format!(
                    "neither `{}` nor `{}` is an address of this host",
                    local.address_text(),
                    remote.address_text()
                ),
            )
            .severity(Severity::Warning)
            .help(format!("write `{0}=%defaultroute` and `{0}id={1}`", local.side, local.address_text()));
    }
}

fn behind_nat(connection: &Connection, findings: &mut Findings) {
    let local = &connection.local;
    let ([Peer::Ip(address)], Some(span)) = (local.addresses.as_slice(), local.address_span) else { return };
    // The private one of two addresses is this host's, on whichever side it stands.
    let peer_is_private =
        connection.remote.addresses.iter().any(|peer| matches!(peer, Peer::Ip(ip) if !is_public(*ip)));
    if is_public(*address) && !peer_is_private {
        findings
            .report(
                span,
                format!(
                    "behind NAT the public address {address} is on no interface of this host: the peer is never reached"
                ),
            )
            .severity(Severity::Info)
            .help(format!("write `{0}=%defaultroute` and `{0}id={address}`", local.side));
    }
}

/// An address that a host behind NAT does not have itself. What documentation uses stands for such addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let carrier = address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64;
            !(address.is_private()
                || carrier
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified())
        }
        // IPv6 is hardly ever translated.
        IpAddr::V6(_) => false,
    }
}
