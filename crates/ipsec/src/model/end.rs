//! One end of a connection: address, identity, authentication, networks.

use crate::selector::{Selector, SelectorList};
use crate::syntax::has_hole;
use compact_str::CompactString;
use confvet_core::{Span, Spanned};
use serde::Serialize;
use std::net::IpAddr;

/// An address as `left=` or `remote_addrs =` gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// Any host: `%any`, `0.0.0.0`, unset with strongSwan.
    Any,
    /// The address of the interface with the default route.
    DefaultRoute,
    /// libreswan: the address of a named interface.
    Interface(CompactString),
    /// libreswan: `%group`, `%opportunistic` and their kin.
    Group,
    /// An address.
    Ip(IpAddr),
    /// A host name; nobody resolves it here.
    Name(CompactString),
    /// A network or range of peers.
    Several(CompactString),
}

impl Peer {
    /// Reads one item of a list.
    pub(crate) fn read(text: &str) -> Peer {
        match text {
            "%any" | "%any4" | "%any6" | "0.0.0.0" | "::" | "0.0.0.0/0" | "::/0" => return Peer::Any,
            "%defaultroute" => return Peer::DefaultRoute,
            _ => {}
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Peer::Ip(ip);
        }
        match text.strip_prefix('%') {
            Some(word) if word.starts_with("group") || word.starts_with("oppo") => Peer::Group,
            Some(word) if word.contains('.') => Peer::Any,
            Some(word) => Peer::Interface(word.into()),
            None if text.contains('/') || is_range(text) => Peer::Several(text.into()),
            None => Peer::Name(text.to_ascii_lowercase().into()),
        }
    }

    /// A known address or name.
    pub fn is_concrete(&self) -> bool {
        matches!(self, Peer::Ip(_) | Peer::Name(_))
    }
}

fn is_range(text: &str) -> bool {
    text.split_once('-').is_some_and(|(from, to)| from.parse::<IpAddr>().is_ok() && to.parse::<IpAddr>().is_ok())
}

/// How an end proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// A pre-shared key.
    Psk,
    /// A signature.
    Pubkey,
    /// EAP.
    Eap,
    /// XAuth as the first and only round.
    Xauth,
    /// Nothing at all.
    Null,
    /// Whatever the other end brings, or one of several.
    Any,
    /// A method that the program does not know.
    Unknown,
}

impl Auth {
    /// As people say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Auth::Psk => "psk",
            Auth::Pubkey => "pubkey",
            Auth::Eap => "eap",
            Auth::Xauth => "xauth",
            Auth::Null => "null",
            Auth::Any => "any",
            Auth::Unknown => "unknown",
        }
    }
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct End {
    /// `left` and `right`, or `local` and `remote`.
    pub side: &'static str,
    /// Its addresses; empty when unset.
    pub addresses: Vec<Peer>,
    /// Where the address stands.
    #[serde(skip)]
    pub address_span: Option<Span>,
    /// Its identity, as written.
    pub id: Option<Spanned<CompactString>>,
    /// How it proves itself.
    pub auth: Auth,
    /// The setting that says so.
    #[serde(skip)]
    pub auth_span: Option<Span>,
    /// A second round of authentication follows.
    pub second_round: bool,
    /// A certificate or key is named.
    pub has_certificate: bool,
    /// The networks behind it; empty when unset, which means the host itself.
    #[serde(serialize_with = "serialize_selectors")]
    pub networks: SelectorList,
    /// The whole value that lists the networks.
    #[serde(skip)]
    pub networks_span: Option<Span>,
    /// libreswan's plural `leftsubnets=`: one tunnel a pair.
    pub plural: bool,
    /// A virtual address or an address pool.
    pub virtual_ip: Option<Spanned<CompactString>>,
}

fn serialize_selectors<S: serde::Serializer>(list: &SelectorList, serializer: S) -> Result<S::Ok, S::Error> {
    list.selectors.serialize(serializer)
}

impl End {
    pub(crate) fn new(side: &'static str, auth: Auth) -> Self {
        Self {
            side,
            addresses: Vec::new(),
            address_span: None,
            id: None,
            auth,
            auth_span: None,
            second_round: false,
            has_certificate: false,
            networks: SelectorList::default(),
            networks_span: None,
            plural: false,
            virtual_ip: None,
        }
    }

    /// The networks behind it.
    pub fn selectors(&self) -> &[Selector] {
        &self.networks.selectors
    }

    /// The networks that have host bits, are public or belong to somebody else are among these.
    pub(crate) fn remarkable_selectors(&self) -> &[Selector] {
        if self.networks.remarkable { self.selectors() } else { &[] }
    }

    /// Is there no known address: unset, any, or found at run time?
    pub fn is_wildcard(&self) -> bool {
        !self.addresses.iter().any(Peer::is_concrete)
    }

    /// May it be any host (as opposed to a host whose address is found at run time)?
    pub fn is_any(&self) -> bool {
        self.addresses.is_empty() || self.addresses.iter().any(|peer| matches!(peer, Peer::Any | Peer::Several(_)))
    }

    /// libreswan's groups.
    pub fn is_group(&self) -> bool {
        self.addresses.contains(&Peer::Group)
    }

    /// The address as people say it.
    pub fn address_text(&self) -> String {
        match self.addresses.first() {
            None => "unset".to_owned(),
            Some(Peer::Any) => "%any".to_owned(),
            Some(Peer::DefaultRoute) => "%defaultroute".to_owned(),
            Some(Peer::Interface(name)) => format!("%{name}"),
            Some(Peer::Group) => "%group".to_owned(),
            Some(Peer::Ip(ip)) => ip.to_string(),
            Some(Peer::Name(name) | Peer::Several(name)) => name.to_string(),
        }
    }

    /// The identity it is known by, normalised for comparison: its id, else its address. `None` when neither is known
    /// or the id is a wildcard.
    pub fn identity(&self) -> Option<String> {
        match &self.id {
            Some(id) => normalised_id(id),
            None => match self.addresses.as_slice() {
                [Peer::Ip(ip)] => Some(ip.to_string()),
                [Peer::Name(name)] => Some(name.to_string()),
                _ => None,
            },
        }
    }

    /// Everything that finds it: its addresses, and its id when that is an address or a name.
    pub fn handles(&self) -> Vec<String> {
        let addresses = self.addresses.iter().filter_map(|peer| match peer {
            Peer::Ip(ip) => Some(ip.to_string()),
            Peer::Name(name) => Some(name.to_string()),
            _ => None,
        });
        let id = self.id.as_ref().and_then(|id| normalised_id(id)).filter(|id| !id.contains('='));
        let mut all: Vec<String> = addresses.chain(id).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// An id as both programs compare it: `@` stripped, letters folded, blanks of a distinguished name dropped. `None` for
/// wildcards, ids that only the program knows, and what a template engine fills in.
pub(crate) fn normalised_id(id: &str) -> Option<String> {
    let bare = id.trim().trim_start_matches('@').trim_start_matches("fqdn:").trim_start_matches("email:");
    if bare.is_empty() || bare.starts_with('%') || bare.contains('*') || has_hole(bare) {
        return None;
    }
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Some(ip.to_string());
    }
    let folded = bare.to_ascii_lowercase();
    if !folded.contains('=') {
        return Some(folded);
    }
    let parts: Vec<&str> = folded.split([',', '/']).map(str::trim).filter(|part| !part.is_empty()).collect();
    Some(parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_compare_without_sigils_case_and_blanks() {
        assert_eq!(normalised_id("@GW.example"), normalised_id("gw.example"));
        assert_eq!(normalised_id("C=CH, O=Acme"), normalised_id("C=ch,O=acme"));
        assert_eq!(normalised_id("%any"), None);
        assert_eq!(normalised_id("@{{ vpn_id }}"), None);
        assert_eq!(normalised_id("C=CH, CN=*"), None);
    }

    #[test]
    fn addresses_read() {
        assert_eq!(Peer::read("%any"), Peer::Any);
        assert_eq!(Peer::read("10.0.0.1"), Peer::Ip("10.0.0.1".parse().unwrap()));
        assert_eq!(Peer::read("%eth0"), Peer::Interface("eth0".into()));
        assert_eq!(Peer::read("GW.example"), Peer::Name("gw.example".into()));
        assert_eq!(Peer::read("10.0.0.0/8"), Peer::Several("10.0.0.0/8".into()));
        assert_eq!(Peer::read("%opportunisticgroup"), Peer::Group);
    }
}
