//! The networks of the two ends of a tunnel do not mirror each other.

use crate::model::collisions::shared_addresses;
use crate::model::pairing::{Pair, essence, file_name, lists_meet, pairs};
use crate::model::{End, Ipsec, Mode};
use crate::selector::{Essence, Scope, Selector};
use confvet_core::{Context, Edit, Findings, Rule, Set, Severity, Span};

pub(super) static RULE: Rule<Set<Ipsec>> = Rule { name: "ipsec/mirror-selectors", check };

fn check(set: &Set<Ipsec>, context: &Context<'_>, findings: &mut Findings) {
    for pair in pairs(set) {
        if mode(&pair, context, findings) || pair.is_mirror() {
            continue;
        }
        let virtual_ip = |end: &End| end.virtual_ip.is_some();
        let (a, b) = (pair.conn_a, pair.conn_b);
        let remote_free = virtual_ip(a.local) || virtual_ip(b.remote);
        let local_free = virtual_ip(a.remote) || virtual_ip(b.local);
        // Several tunnels between the same two gateways, each of a part of the networks: libreswan's plural form.
        if [a.local, a.remote, b.local, b.remote].iter().any(|end| end.plural) {
            continue;
        }
        let sides = [(b.remote, a.local, remote_free), (b.local, a.remote, local_free)];
        let narrows = a.connection.narrowing && b.connection.narrowing;
        let worst = sides
            .into_iter()
            .filter(|&(_, _, free)| !free)
            .find_map(|(mine, theirs, _)| judge(mine, theirs, narrows).map(|severity| (severity, mine, theirs)));
        if let Some((severity, mine, theirs)) = worst {
            report(&pair, severity, mine, theirs, context, findings);
        }
    }
}

/// Tunnel on one end, transport on the other.
fn mode(pair: &Pair<'_>, context: &Context<'_>, findings: &mut Findings) -> bool {
    let (a, b) = (pair.conn_a.connection, pair.conn_b.connection);
    let differ = matches!((a.mode, b.mode), (Mode::Tunnel, Mode::Transport) | (Mode::Transport, Mode::Tunnel));
    if differ {
        let word = |mode| if mode == Mode::Transport { "transport" } else { "tunnel" };
        let message = format!(
            "{} mode here, {} mode at {}: the peer answers TS_UNACCEPTABLE",
            word(b.mode),
            word(a.mode),
            file_name(context, pair.file_a)
        );
        findings
            .report(b.mode_span.unwrap_or(b.name_span), message)
            .label(a.mode_span.unwrap_or(a.name_span), "the other end");
    }
    differ
}

fn judge(mine: &End, theirs: &End, narrows: bool) -> Option<Severity> {
    let (x, y) = (essence(mine), essence(theirs));
    if x == y || is_unknown(&x) || is_unknown(&y) {
        return None;
    }
    if !lists_meet(mine, theirs) || !narrows {
        return Some(Severity::Error);
    }
    // A client of a gateway: a host inside the network, or everything offered and a part taken.
    let host = |end: &End| end.selectors().iter().all(Selector::is_single_host);
    let everything = |end: &End| end.selectors().iter().any(Selector::is_default_route);
    let client = host(mine) || host(theirs) || everything(mine) || everything(theirs);
    (!client).then_some(Severity::Warning)
}

/// An address found at run time: nothing can be said about it.
fn is_unknown(list: &[Essence]) -> bool {
    list.iter().any(|(scope, ..)| !matches!(scope, Scope::Net(_)))
}

fn report(
    pair: &Pair<'_>,
    severity: Severity,
    mine: &End,
    theirs: &End,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let (a, b) = (pair.conn_a.connection, pair.conn_b.connection);
    let unmatched = |end: &End, other: &End| -> Option<Span> {
        let other = essence(other);
        end.selectors().iter().find(|selector| !other.contains(&selector.essence())).map(|selector| selector.span)
    };
    let span = unmatched(mine, theirs).or(mine.networks_span).unwrap_or(b.name_span);
    let other = unmatched(theirs, mine).or(theirs.networks_span).unwrap_or(a.name_span);
    let show = |end: &End| {
        let texts: Vec<&str> = end.selectors().iter().map(|selector| selector.text.as_str()).collect();
        if texts.is_empty() { "the host itself".to_owned() } else { format!("`{}`", texts.join(",")) }
    };
    let consequence = match severity {
        Severity::Error if lists_meet(mine, theirs) => {
            "an end that does not narrow its networks answers TS_UNACCEPTABLE"
        }
        Severity::Error => "no common traffic selector, the peer answers TS_UNACCEPTABLE",
        _ => "only what both know is tunnelled",
    };
    let nesting = nesting(mine, theirs).unwrap_or_default();
    let message = format!(
        "the {} networks are {} here, {} at {}: {nesting}{consequence}",
        mine.side,
        show(mine),
        show(theirs),
        file_name(context, pair.file_a)
    );
    findings
        .report(span, message)
        .severity(severity)
        .label(other, "the other end")
        .suggest("take over the other end's networks", take_over(pair, mine, theirs));
}

/// Both networks and how they lie to each other, when each end names one.
fn nesting(mine: &End, theirs: &End) -> Option<String> {
    let ([mine], [theirs]) = (mine.selectors(), theirs.selectors()) else { return None };
    let relation = mine.relation(theirs)?;
    let shared = shared_addresses(mine.net()?, theirs.net()?);
    Some(format!("`{}` {} `{}`, {shared} addresses are in both, and ", mine.text, relation.verb(), theirs.text))
}

/// The other end's networks, as this end's program reads them: one for libreswan, any number for strongSwan.
fn take_over(pair: &Pair<'_>, mine: &End, theirs: &End) -> Option<Edit> {
    let plain = |selector: &Selector| selector.net().is_some() && selector.protocol.is_none();
    let nets = theirs.selectors();
    if !nets.iter().all(plain) || nets.len() > 1 && !pair.b.program.is_strongswan() {
        return None;
    }
    let nets: Vec<String> = nets.iter().filter_map(Selector::net).map(|net| net.to_string()).collect();
    let place = mine.networks_span.filter(|_| !nets.is_empty())?;
    Some(Edit::replace(place, nets.join(",")))
}
