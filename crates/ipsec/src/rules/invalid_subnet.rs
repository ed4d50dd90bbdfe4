//! A network that the program takes for something else.

use crate::dialect::Program;
use crate::model::{Connection, End, Ipsec, Origin, Peer};
use crate::selector::{FaultySelector, SelectorFault};
use confvet_core::{Category, Context, Edit, Findings, Keys, Rule, Safety, Span};
use std::borrow::Cow;

pub(super) static RULE: Rule<Ipsec> = Rule { name: "ipsec/invalid-subnet", check };

fn check(model: &Ipsec, _: &Context<'_>, findings: &mut Findings) {
    let mut reported = Keys::new();
    for connection in &model.connections {
        for faulty in connection.ends().into_iter().flat_map(|end| &end.networks.faults) {
            if !super::placeholder::is_placeholder(&faulty.text) && reported.insert(faulty.span) {
                report(model, connection, faulty, findings);
            }
        }
        if connection.is_loaded() {
            families(model, connection, findings);
            one_plural(model, connection, findings);
        }
    }
}

fn report(model: &Ipsec, connection: &Connection, faulty: &FaultySelector, findings: &mut Findings) {
    let program = &model.program;
    let new = program.is_libreswan_since((5, 0, 0));
    let is_refused = matches!(faulty.fault, SelectorFault::Unparsable | SelectorFault::Range);
    let (text, dropped) = match connection.origin {
        Origin::IpsecConf => (consequence(program, faulty), new),
        Origin::Swanctl if is_refused => (refusal(connection, faulty), true),
        Origin::Swanctl => (consequence(program, faulty), false),
    };
    let message = format!("`{}`: {text}", faulty.text);
    let category = if dropped { Category::Invalid } else { Category::Outage };
    let report = findings.report(faulty.span, message).category(category);
    let Some(repair) = &faulty.repair else { return };
    match faulty.fault {
        SelectorFault::List => {
            // The singular key takes one network; the plural one takes them in braces.
            let sides = connection.ends();
            let key = sides.into_iter().find(|end| end.networks_span == Some(faulty.span)).map(|end| end.side);
            let setting = model.conf.settings.iter().find(|setting| setting.value_span == faulty.span);
            if let (Some(side), Some(setting)) = (key, setting) {
                let edits = [
                    Edit::replace(setting.name_span, format!("{side}subnets")),
                    Edit::replace(faulty.span, format!("{{{repair}}}")),
                ];
                report.suggest_as(Safety::Unsafe, format!("write `{side}subnets={{{repair}}}`"), edits);
            }
        }
        _ => {
            report.suggest_as(Safety::Safe, format!("write `{repair}`"), [Edit::replace(faulty.span, repair.as_str())]);
        }
    }
}

/// vici refuses a connection for a selector that it cannot read; stroke skips the selector.
fn refusal(connection: &Connection, faulty: &FaultySelector) -> String {
    let reason = match faulty.fault {
        SelectorFault::Range => "ranges are read since strongSwan 5.4.0",
        _ => "not a network, range or `dynamic`",
    };
    format!("{reason}: connection `{}` is discarded", connection.name)
}

fn consequence(program: &Program, faulty: &FaultySelector) -> String {
    let taken = || faulty.taken_as.map_or_else(|| "nothing".to_owned(), |net| format!("`{net}`"));
    if program.is_libreswan() {
        let lost = if program.is_libreswan_since((5, 0, 0)) {
            "libreswan drops this conn"
        } else {
            "libreswan 4 drops the subnet and loads the conn without it"
        };
        let reason = match faulty.fault {
            SelectorFault::List => "`leftsubnet` takes one network; ",
            SelectorFault::NoPrefix => "a network needs its prefix length; ",
            SelectorFault::Netmask => "a netmask is no prefix length; ",
            SelectorFault::PrefixTooLong => "the prefix is longer than the address; ",
            SelectorFault::ProtocolPort => "a protocol belongs into `leftprotoport`; ",
            SelectorFault::Unparsable
            | SelectorFault::Semicolon
            | SelectorFault::Range
            | SelectorFault::ReversedRange => "",
        };
        return format!("{reason}{lost}");
    }
    match faulty.fault {
        SelectorFault::Netmask => format!("strongSwan does not read netmasks and takes this as {}", taken()),
        SelectorFault::PrefixTooLong => {
            format!("the prefix is longer than the address; strongSwan takes this as {}", taken())
        }
        SelectorFault::NoPrefix => format!("without a prefix length strongSwan takes this as {}", taken()),
        SelectorFault::Semicolon => format!("strongSwan reads up to the `;` and takes this as {}", taken()),
        SelectorFault::Range => "strongSwan skips a range of addresses".to_owned(),
        SelectorFault::ReversedRange => "a range that ends before it begins covers nothing".to_owned(),
        _ => "strongSwan skips what it cannot read".to_owned(),
    }
}

/// What an end says of address families: IPv4, IPv6, in which words and where.
struct Families<'a> {
    ipv4: bool,
    ipv6: bool,
    text: Cow<'a, str>,
    span: Span,
}

/// The families of an end's networks; `None` where they are found at run time. For libreswan 5 an end without networks is
/// its address.
fn families_of<'a>(end: &'a End, strict: bool) -> Option<Families<'a>> {
    let networks = end.selectors();
    if let Some(first) = networks.first() {
        let is_ipv4 =
            |ipv4: bool| networks.iter().any(|selector| selector.net().is_some_and(|net| net.addr().is_ipv4() == ipv4));
        let fixed = networks.iter().all(|selector| selector.net().is_some());
        let text = Cow::Borrowed(first.text.as_str());
        return fixed.then(|| Families { ipv4: is_ipv4(true), ipv6: is_ipv4(false), text, span: first.span });
    }
    match end.addresses.as_slice() {
        [Peer::Ip(ip)] if strict && end.networks_span.is_none() && end.virtual_ip.is_none() => {
            let text = Cow::Owned(ip.to_string());
            Some(Families { ipv4: ip.is_ipv4(), ipv6: ip.is_ipv6(), text, span: end.address_span? })
        }
        _ => None,
    }
}

/// libreswan 5 wants one address family; strongSwan finds no packet that fits.
fn families(model: &Ipsec, connection: &Connection, findings: &mut Findings) {
    let strict = model.program.is_libreswan_since((5, 0, 0));
    let [local, remote] = connection.ends().map(|end| families_of(end, strict));
    let (Some(local), Some(remote)) = (local, remote) else { return };
    let both_are_hosts = connection.ends().into_iter().all(|end| end.selectors().is_empty());
    if both_are_hosts || local.ipv4 && remote.ipv4 || local.ipv6 && remote.ipv6 {
        return;
    }
    let (a, b) = (local.text, remote.text);
    findings
        .report(remote.span, format!("`{b}` and `{a}` have no address family in common: no packet fits this conn"))
        .category(if strict { Category::Invalid } else { Category::Outage })
        .label(local.span, "the other side");
}

/// libreswan 4 loads nothing when only one side has the plural form and the other side has no network at all.
fn one_plural(model: &Ipsec, connection: &Connection, findings: &mut Findings) {
    if !model.program.is_libreswan_before((5, 0, 0)) {
        return;
    }
    let [local, remote] = connection.ends();
    for (plural, other) in [(local, remote), (remote, local)] {
        if plural.plural && other.networks_span.is_none() {
            let span = plural.networks_span.unwrap_or(connection.name_span);
            let message = format!(
                "`{0}subnets` without `{1}subnet` or `{1}subnets`: libreswan 4 loads nothing of this conn",
                plural.side, other.side
            );
            findings.report(span, message).category(Category::Outage);
        }
    }
}
