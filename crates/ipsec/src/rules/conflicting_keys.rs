//! Two settings of which one takes the effect from the other.

use crate::keys::Key;
use crate::model::{Connection, Ipsec, Origin};
use crate::syntax::conf::Setting;
use confvet_core::{Category, Context, Edit, Findings, Keys, Rule, Safety, Severity, Span};

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/conflicting-keys", check };

fn check(model: &Ipsec, context: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for connection in model.live().filter(|connection| connection.origin == Origin::IpsecConf) {
        if model.program.is_strongswan() {
            strongswan(model, connection, context, &mut reported, findings);
        } else if model.program.is_libreswan() {
            libreswan(model, connection, &mut reported, findings);
        }
    }
}

fn strongswan(
    model: &Ipsec,
    connection: &Connection,
    context: &Context<'_>,
    reported: &mut Keys<Span>,
    findings: &mut Findings,
) {
    let value = |key| model.value(connection, key);
    if let Some(ah) = value(Key::AH)
        && let Some(esp) = value(Key::ESP)
        && reported.insert(esp.name_span)
    {
        let source = context.sources.get(ah.name_span.file);
        let line = source.line(source.position(ah.name_span.start).line);
        let line = line.map(|line| Span::new(ah.name_span.file, line.start..(line.end + 1).min(source.text().len())));
        findings
            .report(esp.name_span, "`esp` is ignored because `ah` is set: traffic is authenticated but not encrypted")
            .severity(Severity::Error)
            .category(Category::Security)
            .label(ah.name_span, "wins")
            .suggest_as(Safety::Unsafe, "delete `ah`", line.map(Edit::delete));
    }
    for (firewall, updown) in [(Key::LEFTFIREWALL, Key::LEFTUPDOWN), (Key::RIGHTFIREWALL, Key::RIGHTUPDOWN)] {
        if let (Some(firewall), Some(updown)) =
            (value(firewall).filter(|setting| setting.value == "yes"), value(updown))
            && reported.insert(firewall.name_span)
        {
            findings
                .report(
                    firewall.name_span,
                    format!("`{}` and `{}` exclude each other: this conn is dropped", firewall.name, updown.name),
                )
                .severity(Severity::Error)
                .category(Category::Invalid)
                .label(updown.name_span, "the other one");
        }
    }
    let (left, right) = (value(Key::LEFTAUTH), value(Key::RIGHTAUTH));
    if left.is_some() || right.is_some() {
        authby(connection, [value(Key::AUTHBY), left, right], reported, findings);
    }
    if let (Some(left), Some(right)) = (value(Key::LEFTSOURCEIP), value(Key::RIGHTSOURCEIP))
        && reported.insert(left.name_span)
    {
        findings
            .report(
                left.name_span,
                "`leftsourceip` is ignored next to `rightsourceip`: a gateway that hands out addresses asks for none",
            )
            .label(right.name_span, "wins");
    }
}

fn authby(
    connection: &Connection,
    [authby, left, right]: [Option<&Setting>; 3],
    reported: &mut Keys<Span>,
    findings: &mut Findings,
) {
    let Some((authby, winner)) = authby.zip(left.or(right)) else { return };
    if !reported.insert(authby.name_span) {
        return;
    }
    let [local, remote] = connection.ends();
    let both = left.is_some() && right.is_some();
    let side = if local.auth_span.is_none() { local.side } else { remote.side };
    let rest = if both { String::new() } else { format!("; `{side}` now uses pubkey") };
    findings
        .report(authby.name_span, format!("`authby` is ignored next to `{}`{rest}", winner.name))
        .severity(if both { Severity::Info } else { Severity::Warning })
        .label(winner.name_span, "wins");
}

fn libreswan(model: &Ipsec, connection: &Connection, reported: &mut Keys<Span>, findings: &mut Findings) {
    let value = |key| model.value(connection, key);
    let mut refuse = |loser: &Setting, winner: &Setting, message: String| {
        if reported.insert(loser.name_span) {
            findings
                .report(loser.name_span, message)
                .severity(Severity::Error)
                .category(Category::Invalid)
                .label(winner.name_span, "the other one");
        }
    };
    if let (Some(esp), Some(ah)) = (value(Key::ESP), value(Key::AH)) {
        refuse(esp, ah, format!("`{}` and `ah` exclude each other: libreswan drops this conn", esp.name));
    }
    for (pool, subnet) in [(Key::LEFTADDRESSPOOL, Key::LEFTSUBNET), (Key::RIGHTADDRESSPOOL, Key::RIGHTSUBNET)] {
        if let (Some(pool), Some(subnet)) = (value(pool), value(subnet)) {
            refuse(
                pool,
                subnet,
                format!("`{}` and `{}` exclude each other: libreswan drops this conn", pool.name, subnet.name),
            );
        }
    }
    if !model.program.is_libreswan_since((5, 0, 0)) {
        return;
    }
    for end in connection.ends().into_iter().filter(|end| !end.plural && !end.selectors().is_empty()) {
        let key = if end.side == "left" { Key::LEFTSOURCEIP } else { Key::RIGHTSOURCEIP };
        let Some(source) = value(key) else { continue };
        let Ok(address) = source.value.parse::<std::net::IpAddr>() else { continue };
        let inside =
            end.selectors().iter().filter_map(crate::selector::Selector::net).any(|net| net.contains(&address));
        let subnet = if end.side == "left" { Key::LEFTSUBNET } else { Key::RIGHTSUBNET };
        if let Some(subnet) = value(subnet).filter(|_| !inside) {
            let message = format!(
                "`{}={address}` lies outside `{}={}`: libreswan drops this conn",
                source.name, subnet.name, subnet.value
            );
            refuse(source, subnet, message);
        }
    }
}
