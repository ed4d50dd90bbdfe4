//! Traffic selectors: networks with protocol and ports, how each program reads them, and how they overlap.

use crate::dialect::{Dialect, Program};
use crate::model::Origin;
use crate::model::collisions::{mistaken_for_private, reserved_owner};
use compact_str::CompactString;
use confvet_core::Span;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr};

/// What a selector covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// A network; a single address is a /32 or /128.
    Net(IpNet),
    /// The host itself, or its virtual address.
    Dynamic,
    /// libreswan's `vhost:` and `vnet:`: whatever the peer may bring.
    Virtual,
    /// First and last address, in `swanctl.conf`.
    Range(IpAddr, IpAddr),
}

/// A selector as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Selector {
    /// What it covers, as the program takes it: host bits masked.
    pub scope: Scope,
    /// The IP protocol number, if it is limited to one.
    pub protocol: Option<u8>,
    /// First and last port, if it is limited to some.
    pub ports: Option<(u16, u16)>,
    /// The network as written had bits set below its prefix.
    pub host_bits: bool,
    /// As written.
    pub text: CompactString,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// What is compared of a selector: scope, protocol, ports.
pub type Essence = (Scope, Option<u8>, Option<(u16, u16)>);

/// Why a selector is not what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectorFault {
    /// No address at all.
    Unparsable,
    /// A prefix longer than the address.
    PrefixTooLong,
    /// `10.1.0.0/255.255.0.0`.
    Netmask,
    /// An address that looks like a network, without a prefix.
    NoPrefix,
    /// `;` where a comma belongs.
    Semicolon,
    /// `from-to`.
    Range,
    /// `to-from`.
    ReversedRange,
    /// Several selectors where the program takes one.
    List,
    /// A protocol or port where the program takes none.
    ProtocolPort,
}

/// A selector that the program takes differently from what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultySelector {
    /// Why.
    pub fault: SelectorFault,
    /// The item.
    pub span: Span,
    /// The item as written.
    pub text: CompactString,
    /// What strongSwan makes of it.
    pub taken_as: Option<IpNet>,
    /// The spelling that says what was meant.
    pub repair: Option<String>,
}

/// A comma list of selectors, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SelectorList {
    /// What the program uses.
    pub selectors: Vec<Selector>,
    /// What is wrong.
    pub faults: Vec<FaultySelector>,
    /// Some network has host bits, is public or belongs to somebody else. Most lists have none.
    pub remarkable: bool,
}

/// How two networks of one family lie to each other. Networks overlap only by being equal or nested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The same network.
    Equal,
    /// The first contains the second.
    Contains,
    /// The first lies inside the second.
    Inside,
}

impl Relation {
    /// As a verb: "equals", "contains", "lies inside".
    pub fn verb(self) -> &'static str {
        match self {
            Relation::Equal => "equals",
            Relation::Contains => "contains",
            Relation::Inside => "lies inside",
        }
    }
}

/// How `a` lies to `b`; `None` when they share no address.
pub fn relation(a: IpNet, b: IpNet) -> Option<Relation> {
    if a == b {
        Some(Relation::Equal)
    } else if a.contains(&b) {
        Some(Relation::Contains)
    } else if b.contains(&a) {
        Some(Relation::Inside)
    } else {
        None
    }
}

/// Number of addresses in a network; `u128::MAX` for `::/0`.
pub fn address_count(net: IpNet) -> u128 {
    let bits = u32::from(net.max_prefix_len() - net.prefix_len());
    1_u128.checked_shl(bits).unwrap_or(u128::MAX)
}

impl Selector {
    /// The network, unless the selector is dynamic or virtual.
    pub fn net(&self) -> Option<IpNet> {
        match self.scope {
            Scope::Net(net) => Some(net),
            Scope::Dynamic | Scope::Virtual | Scope::Range(..) => None,
        }
    }

    /// One address only: a /32, a /128, the host itself.
    pub fn is_single_host(&self) -> bool {
        self.net().is_none_or(|net| net.prefix_len() == net.max_prefix_len())
    }

    /// Everything, or one half of everything.
    pub fn is_default_route(&self) -> bool {
        self.net().is_some_and(|net| net.prefix_len() <= 1)
    }

    /// May one packet match both? Networks aside: protocol and ports.
    pub fn shares_protocol(&self, other: &Selector) -> bool {
        let protocols = match (self.protocol, other.protocol) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let ports = match (self.ports, other.ports) {
            (Some((a, b)), Some((c, d))) => a <= d && c <= b,
            _ => true,
        };
        protocols && ports
    }

    /// How the networks lie to each other, if one packet can match both.
    pub fn relation(&self, other: &Selector) -> Option<Relation> {
        relation(self.net()?, other.net()?).filter(|_| self.shares_protocol(other))
    }

    /// What is compared between the two ends: the text plays no part.
    pub fn essence(&self) -> Essence {
        (self.scope, self.protocol, self.ports)
    }
}

/// The whole of an address family, or a network with its host bits masked.
fn network(address: IpAddr, prefix: u8) -> Option<IpNet> {
    Some(IpNet::new(address, prefix).ok()?.trunc())
}

fn single(address: IpAddr) -> IpNet {
    match address {
        IpAddr::V4(address) => IpNet::V4(Ipv4Net::from(address)),
        IpAddr::V6(address) => IpNet::V6(Ipv6Net::from(address)),
    }
}

fn protocol_number(name: &str) -> Option<u8> {
    Some(match name {
        "icmp" => 1,
        "tcp" => 6,
        "udp" => 17,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "icmp6" | "icmpv6" | "ipv6-icmp" => 58,
        "ospf" => 89,
        "sctp" => 132,
        "l2tp" => 115,
        _ => return name.parse().ok(),
    })
}

fn port_number(name: &str) -> Option<u16> {
    Some(match name {
        "ssh" => 22,
        "domain" => 53,
        "http" => 80,
        "https" => 443,
        "isakmp" => 500,
        "l2tp" | "l2f" => 1701,
        "bgp" => 179,
        _ => return name.parse().ok(),
    })
}

/// A protocol number and a range of ports; `None` does not limit.
pub(crate) type Limit = (Option<u8>, Option<(u16, u16)>);

/// `proto`, `proto/port`, `proto/from-to`; `%any` limits nothing. `None` when it cannot be read.
pub(crate) fn protocol_and_ports(text: &str) -> Option<Limit> {
    let (protocol, port) = text.split_once('/').map_or((text, None), |(protocol, port)| (protocol, Some(port)));
    let protocol = match protocol.trim() {
        "%any" | "" | "any" => None,
        name => Some(protocol_number(name)?).filter(|&number| number != 0),
    };
    let ports = match port.map(str::trim) {
        None | Some("%any" | "%opaque" | "" | "0" | "any") => None,
        Some(range) => match range.split_once('-') {
            Some((from, to)) => Some((port_number(from.trim())?, port_number(to.trim())?)),
            None => port_number(range).map(|port| Some((port, port)))?,
        },
    };
    Some((protocol, ports))
}

/// A comma list with the offset of every item.
fn items(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    text.split(',').map(move |item| {
        let start = offset + (item.len() - item.trim_start().len());
        offset += item.len() + 1;
        (start, item.trim())
    })
}

/// For so many selectors there is room from the start; who has more may grow.
const MAX_RESERVED: usize = 256;

fn is_remarkable(scope: Scope) -> bool {
    let Scope::Net(net) = scope else { return false };
    let public = matches!(net, IpNet::V4(net) if mistaken_for_private(net).is_some());
    public || reserved_owner(net).is_some()
}

/// Reads `leftsubnet=`, `local_ts =` and the like. `place` gives the span of a part of the text.
pub(crate) fn read_list(
    text: &str,
    program: &Program,
    origin: Origin,
    place: impl Fn(std::ops::Range<usize>) -> Span,
) -> SelectorList {
    let mut list = SelectorList::default();
    // `vhost:%priv,%no` is one prefix with a list of its own behind it.
    if text.starts_with("vhost:") || text.starts_with("vnet:") {
        let span = place(0..text.len());
        let text = CompactString::new(text);
        list.selectors.push(Selector {
            scope: Scope::Virtual,
            protocol: None,
            ports: None,
            host_bits: false,
            text,
            span,
        });
        return list;
    }
    if program.is_libreswan_before((5, 0, 0)) && text.contains(',') {
        let span = place(0..text.len());
        let all_nets = items(text).all(|(_, item)| item.parse::<IpNet>().is_ok());
        let repair = all_nets.then(|| items(text).map(|(_, item)| item).collect::<Vec<_>>().join(" "));
        list.faults.push(FaultySelector {
            fault: SelectorFault::List,
            span,
            text: text.into(),
            taken_as: None,
            repair,
        });
        return list;
    }
    list.selectors.reserve_exact(memchr::memchr_iter(b',', text.as_bytes()).take(MAX_RESERVED).count() + 1);
    for (start, item) in items(text) {
        if item.is_empty() {
            continue;
        }
        let span = place(start..start + item.len());
        match read_item(item, program, origin) {
            Ok((scope, protocol, ports, host_bits)) => {
                list.remarkable |= host_bits || is_remarkable(scope);
                let text = CompactString::new(item);
                list.selectors.push(Selector { scope, protocol, ports, host_bits, text, span });
            }
            Err((fault, taken_as, repair)) => {
                let text = CompactString::new(item);
                list.faults.push(FaultySelector { fault, span, text, taken_as, repair });
            }
        }
    }
    list
}

type Read = (Scope, Option<u8>, Option<(u16, u16)>, bool);
type Fault = (SelectorFault, Option<IpNet>, Option<String>);

fn read_item(item: &str, program: &Program, origin: Origin) -> Result<Read, Fault> {
    let strict = !program.is_libreswan();
    if let Some((first, _)) = item.split_once(';') {
        let first = first.trim().parse::<IpNet>().ok().map(|net| net.trunc());
        return Err((SelectorFault::Semicolon, first, Some(item.replace(';', ","))));
    }
    let (net, limit) = match item.split_once('[') {
        Some((net, rest)) => (net.trim(), Some(rest.trim_end_matches(']'))),
        None => split_slashes(item),
    };
    let (protocol, ports) = match limit {
        Some(_) if program.is_libreswan_before((5, 0, 0)) => return Err((SelectorFault::ProtocolPort, None, None)),
        Some(limit) => protocol_and_ports(limit).ok_or((SelectorFault::Unparsable, None, None))?,
        None => (None, None),
    };
    let dynamic = if origin == Origin::Swanctl { "dynamic" } else { "%dynamic" };
    if net == dynamic {
        return Ok((Scope::Dynamic, protocol, ports, false));
    }
    if net.trim_start_matches('%') == "dynamic" {
        return Err((SelectorFault::Unparsable, None, Some(item.replacen(net, dynamic, 1))));
    }
    let (address, prefix) = match net.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (net, None),
    };
    let range = address.split_once('-').filter(|_| prefix.is_none());
    if let Some((from, to)) = range.and_then(|(from, to)| parse_address(from).zip(parse_address(to))) {
        // vici reads ranges since 5.4.0, stroke never.
        let is_read = origin == Origin::Swanctl && program.version.is_none_or(|version| version >= (5, 4, 0));
        return match (is_read, from.is_ipv4() == to.is_ipv4()) {
            (false, _) => Err((SelectorFault::Range, None, None)),
            (true, false) => Err((SelectorFault::Unparsable, None, None)),
            (true, true) if from > to => Err((SelectorFault::ReversedRange, None, Some(format!("{to}-{from}")))),
            (true, true) => Ok((Scope::Range(from, to), protocol, ports, false)),
        };
    }
    let Some(address) = parse_address(address) else { return Err((SelectorFault::Unparsable, None, None)) };
    let Some(prefix) = prefix else {
        let looks_like_network = match address {
            IpAddr::V4(address) => address.octets()[3] == 0,
            IpAddr::V6(_) => net.ends_with("::"),
        };
        let refused = if strict { looks_like_network && program.dialect == Dialect::Strongswan } else { true };
        if refused {
            return Err((SelectorFault::NoPrefix, Some(single(address)), None));
        }
        return Ok((Scope::Net(single(address)), protocol, ports, false));
    };
    if let Ok(mask) = prefix.parse::<Ipv4Addr>() {
        let Ok(length) = ipnet::ipv4_mask_to_prefix(mask) else { return Err((SelectorFault::Unparsable, None, None)) };
        let meant = network(address, length);
        if program.is_libreswan_before((5, 0, 0))
            || program.dialect == Dialect::Unknown
            || program.is_libreswan() && program.version.is_none()
        {
            let net = meant.ok_or((SelectorFault::Unparsable, None, None))?;
            return Ok((Scope::Net(net), protocol, ports, net.addr() != address));
        }
        let repair = format!("{address}/{length}");
        return Err((SelectorFault::Netmask, Some(single(address)), Some(repair)));
    }
    let Ok(length) = prefix.parse::<u8>() else {
        return Err((SelectorFault::Unparsable, None, None));
    };
    let Some(net) = network(address, length) else {
        return Err((SelectorFault::PrefixTooLong, Some(single(address)), None));
    };
    Ok((Scope::Net(net), protocol, ports, net.addr() != address))
}

/// libreswan's `CIDR/proto/port`.
fn split_slashes(item: &str) -> (&str, Option<&str>) {
    let mut slashes = item.match_indices('/').map(|(at, _)| at);
    match (slashes.next(), slashes.next()) {
        (Some(_), Some(second)) => (&item[..second], Some(&item[second + 1..])),
        _ => (item, None),
    }
}

/// An address; libreswan also takes shortened IPv4 forms such as `10.1` and `0`.
fn parse_address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let parts: Vec<u8> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let mut octets = [0; 4];
    (!parts.is_empty() && parts.len() < 4).then(|| {
        octets[..parts.len()].copy_from_slice(&parts);
        IpAddr::V4(Ipv4Addr::from(octets))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::{FileId, Target};

    fn program(name: &str, version: &str) -> Program {
        let mut target = Target::new();
        if !name.is_empty() {
            target.set(name, version, &["strongswan", "libreswan"]).unwrap();
        }
        Program::decide(&target, Vec::new())
    }

    fn read(text: &str, program: &Program) -> SelectorList {
        read_list(text, program, Origin::IpsecConf, |range| Span::new(FileId(0), range))
    }

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    #[test]
    fn strongswan_reads_lists_ports_and_dynamic() {
        let list =
            read("10.1.5.7/16, 10.4.0.0/24[tcp/https],%dynamic[udp/1701], 10.3.0.7", &program("strongswan", "5.9"));
        assert_eq!(list.faults, []);
        let scopes: Vec<Scope> = list.selectors.iter().map(|selector| selector.scope).collect();
        assert_eq!(
            scopes,
            [
                Scope::Net(net("10.1.0.0/16")),
                Scope::Net(net("10.4.0.0/24")),
                Scope::Dynamic,
                Scope::Net(net("10.3.0.7/32"))
            ]
        );
        assert!(list.selectors[0].host_bits);
        assert_eq!((list.selectors[1].protocol, list.selectors[1].ports), (Some(6), Some((443, 443))));
    }

    #[test]
    fn what_each_program_makes_of_bad_selectors() {
        let strongswan = program("strongswan", "5.9.8");
        let old = program("libreswan", "4.10");
        let new = program("libreswan", "5.4");
        let fault = |text: &str, program: &Program| read(text, program).faults.first().map(|fault| fault.fault);
        for (text, ss, ls4, ls5) in [
            ("10.1.0.0/255.255.0.0", Some(SelectorFault::Netmask), None, Some(SelectorFault::Netmask)),
            (
                "10.1.0.0/33",
                Some(SelectorFault::PrefixTooLong),
                Some(SelectorFault::PrefixTooLong),
                Some(SelectorFault::PrefixTooLong),
            ),
            ("10.1.0.0", Some(SelectorFault::NoPrefix), Some(SelectorFault::NoPrefix), Some(SelectorFault::NoPrefix)),
            ("10.1.0.0/16,10.2.0.0/16", None, Some(SelectorFault::List), None),
            ("10.1.0.0/16/tcp/22", None, Some(SelectorFault::ProtocolPort), None),
            ("vhost:%no,%priv", None, None, None),
            ("vnet:%priv,%v4:!10.0.0.0/8", None, None, None),
        ] {
            assert_eq!(fault(text, &strongswan), ss, "{text}");
            assert_eq!(fault(text, &old), ls4, "{text}");
            assert_eq!(fault(text, &new), ls5, "{text}");
        }
        assert_eq!(fault("10.2.0.0/16;10.3.0.0/16", &strongswan), Some(SelectorFault::Semicolon));
        assert_eq!(fault("10.3.0.7", &strongswan), None);
    }

    #[test]
    fn ranges_are_for_swanctl_alone() {
        let range = |program: &Program, origin| {
            let list = read_list("10.1.0.17-10.1.0.20", program, origin, |range| Span::new(FileId(0), range));
            (list.selectors.first().map(|selector| selector.scope), list.faults.first().map(|fault| fault.fault))
        };
        let scope = Scope::Range("10.1.0.17".parse().unwrap(), "10.1.0.20".parse().unwrap());
        assert_eq!(range(&program("strongswan", "5.9.8"), Origin::Swanctl), (Some(scope), None));
        assert_eq!(range(&program("", ""), Origin::Swanctl), (Some(scope), None));
        assert_eq!(range(&program("strongswan", "5.3.5"), Origin::Swanctl), (None, Some(SelectorFault::Range)));
        assert_eq!(range(&program("strongswan", "5.9.8"), Origin::IpsecConf), (None, Some(SelectorFault::Range)));
    }

    #[test]
    fn each_format_has_its_own_word_for_the_host_itself() {
        let strongswan = program("strongswan", "5.9.8");
        for (text, origin, is_read) in [
            ("dynamic[tcp/22]", Origin::Swanctl, true),
            ("%dynamic", Origin::Swanctl, false),
            ("%dynamic[tcp/22]", Origin::IpsecConf, true),
            ("dynamic", Origin::IpsecConf, false),
        ] {
            let list = read_list(text, &strongswan, origin, |range| Span::new(FileId(0), range));
            assert_eq!(list.faults.is_empty(), is_read, "{text}");
        }
    }

    #[test]
    fn networks_overlap_by_being_equal_or_nested() {
        assert_eq!(relation(net("10.0.0.0/8"), net("10.7.0.0/16")), Some(Relation::Contains));
        assert_eq!(relation(net("10.7.0.0/16"), net("10.0.0.0/8")), Some(Relation::Inside));
        assert_eq!(relation(net("fd00::/8"), net("fd00::/8")), Some(Relation::Equal));
        assert_eq!(relation(net("10.0.0.0/8"), net("fd00::/8")), None);
        assert_eq!(address_count(net("10.0.0.0/16")), 65_536);
        assert_eq!(address_count(net("::/0")), u128::MAX);
    }

    #[test]
    fn protocols_and_ports_keep_selectors_apart() {
        let strongswan = program("strongswan", "5.9.8");
        let list = read("10.0.0.0/8[tcp/80-90],10.0.0.0/8[tcp/443],10.0.0.0/8[udp],10.0.0.0/8", &strongswan);
        let [web, tls, udp, all] = list.selectors.as_slice() else { panic!("four selectors") };
        assert_eq!(web.relation(tls), None);
        assert_eq!(web.relation(udp), None);
        assert_eq!(web.relation(all), Some(Relation::Equal));
    }
}
