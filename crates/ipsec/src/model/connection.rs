//! A connection as rules see it, whether it comes from `ipsec.conf` or from `swanctl.conf`.

use super::effective::{DEFAULT, Effective, Group, Inherited, Via};
use super::end::{Auth, End, Peer};
use crate::dialect::Program;
use crate::keys::{Key, SectionKind};
use crate::proposal::Field;
use crate::selector;
use crate::syntax::conf::{Conf, Setting};
use compact_str::CompactString;
use confvet_core::{Span, Spanned};
use serde::Serialize;

/// When a connection is loaded and started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    /// Never loaded.
    Ignore,
    /// Loaded; the peer must begin.
    Add,
    /// The first packet starts it.
    OnDemand,
    /// Started at once.
    Start,
    /// libreswan: kept up once it is up.
    Keep,
}

/// What is done with the packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Packets between networks, wrapped.
    Tunnel,
    /// Packets between the two hosts.
    Transport,
    /// Both in one (BEET), or transport with a proxy.
    Beet,
    /// No IPsec: let the packets pass.
    Pass,
    /// No IPsec: drop or reject the packets.
    Drop,
}

/// Which versions of IKE a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IkeVersion {
    /// IKEv1 only.
    V1,
    /// IKEv2 only.
    V2,
    /// Starts with IKEv2, answers both.
    Both,
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// `ipsec.conf`.
    IpsecConf,
    /// `swanctl.conf`.
    Swanctl,
}

/// One tunnel, with everything inherited resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// Its name; of a swanctl child `connection.child`.
    pub name: CompactString,
    /// Where the name stands.
    #[serde(skip)]
    pub name_span: Span,
    /// Where it comes from.
    pub origin: Origin,
    /// When it is started; `None` when nothing says so, which means never loaded in `ipsec.conf`.
    pub auto: Option<Auto>,
    /// The value that says so.
    #[serde(skip)]
    pub auto_span: Option<Span>,
    /// `auto=ignore`, `auto=start` and so on, as written.
    pub auto_text: CompactString,
    /// What is done with the packets.
    pub mode: Mode,
    /// The value that says so.
    #[serde(skip)]
    pub mode_span: Option<Span>,
    /// Which versions of IKE.
    pub ike_version: IkeVersion,
    /// The value that says so.
    #[serde(skip)]
    pub ike_version_span: Option<Span>,
    /// The value of `aggressive`, when it is on.
    #[serde(skip)]
    pub aggressive: Option<Span>,
    /// This gateway.
    pub local: End,
    /// The peer.
    pub remote: End,
    /// Indexes into [`Ipsec::proposals`](super::Ipsec::proposals): `ike`, `esp`, `ah`.
    pub proposals: [Option<usize>; 3],
    /// A mark, a VTI or XFRM interface, NAT or an own script: routing is not by networks alone.
    #[serde(skip)]
    pub routed_by: Option<Span>,
    /// A route-based set-up: a VTI or XFRM interface.
    pub route_based: bool,
    /// What tells it apart from others with the same networks: marks, interfaces, priority.
    #[serde(skip)]
    pub told_apart_by: Vec<CompactString>,
    /// A mediation server tells where the peer is (`mediated_by`).
    pub mediated: bool,
    /// libreswan: narrower networks are agreed to.
    pub narrowing: bool,
    /// Dead peer detection is on.
    pub dead_peer_detection: bool,
    /// A finite number of attempts to bring it up.
    pub attempts: Option<u64>,
    /// The CHILD SA's lifetime in seconds, default included.
    pub lifetime: u64,
    /// Rekeying begins before a lifetime ends, for what is known of margin and lifetimes.
    pub rekeys_in_time: bool,
    /// libreswan: the first group of `ike=` also protects the CHILD SA.
    pub pfs: bool,
    /// Names another section in `also`.
    #[serde(skip)]
    pub values: Effective,
    /// Another section names it in `also`.
    pub is_template: bool,
}

impl Connection {
    /// Does the program load it?
    pub fn is_loaded(&self) -> bool {
        matches!(self.auto, Some(auto) if auto != Auto::Ignore)
    }

    /// Does this end bring it up?
    pub fn initiates(&self) -> bool {
        matches!(self.auto, Some(Auto::OnDemand | Auto::Start | Auto::Keep))
    }

    /// No tunnel but an exemption: pass, drop, reject.
    pub fn is_shunt(&self) -> bool {
        matches!(self.mode, Mode::Pass | Mode::Drop)
    }

    /// Loaded, and a tunnel or transport connection.
    pub fn is_live(&self) -> bool {
        self.is_loaded() && !self.is_shunt()
    }

    /// Index of its list of proposals.
    pub fn proposal(&self, field: Field) -> Option<usize> {
        self.proposals[field as usize]
    }

    /// Both ends, the local one first.
    pub fn ends(&self) -> [&End; 2] {
        [&self.local, &self.remote]
    }

    /// Where its start is decided, or its name.
    pub fn start_span(&self) -> Span {
        self.auto_span.unwrap_or(self.name_span)
    }
}

/// Reads values in force by key.
pub(crate) struct Reader<'a> {
    pub(crate) conf: &'a Conf,
    pub(crate) program: &'a Program,
    pub(crate) values: &'a Effective,
}

impl<'a> Reader<'a> {
    fn inherited(&self, key: Key) -> Option<Inherited> {
        let key = if self.program.is_libreswan() { key.canonical(crate::dialect::Dialect::Libreswan) } else { key };
        self.values.get(key)
    }

    pub(crate) fn setting(&self, key: Key) -> Option<&'a Setting> {
        self.inherited(key).map(|inherited| &self.conf.settings[inherited.setting as usize])
    }

    fn index(&self, keys: &[Key]) -> Option<usize> {
        keys.iter().find_map(|&key| self.inherited(key)).map(|inherited| inherited.setting as usize)
    }

    fn first(&self, keys: &[Key]) -> Option<&'a Setting> {
        keys.iter().find_map(|&key| self.setting(key))
    }

    /// The word, folded as the program folds it.
    pub(crate) fn word(&self, key: Key) -> Option<(CompactString, Span)> {
        let setting = self.setting(key)?;
        let folds = !self.program.is_strongswan();
        let word = if folds { setting.value.to_ascii_lowercase() } else { setting.value.clone() };
        Some((word, setting.value_span))
    }

    pub(crate) fn is_on(&self, key: Key) -> bool {
        self.is_one_of(key, &["yes", "y", "true", "on", "1"])
    }

    pub(crate) fn is_off(&self, key: Key) -> bool {
        self.is_one_of(key, &["no", "n", "false", "off", "0"])
    }

    fn is_one_of(&self, key: Key, words: &[&str]) -> bool {
        let folds = !self.program.is_strongswan();
        self.setting(key).is_some_and(|setting| {
            words.iter().any(|word| setting.value == *word || folds && setting.value.eq_ignore_ascii_case(word))
        })
    }

    /// `lifetime`, `margintime`: two spellings of one field, of which strongSwan lets the parents' win.
    pub(crate) fn synonym(&self, weak: Key, strong: Key) -> Option<&'a Setting> {
        match (self.inherited(weak), self.inherited(strong)) {
            (Some(a), Some(b)) if self.program.is_strongswan() => {
                let weak_wins = a.via != Via::Own && b.via == Via::Own;
                let winner = if weak_wins { a } else { b };
                Some(&self.conf.settings[winner.setting as usize])
            }
            (a, b) => b.or(a).map(|inherited| &self.conf.settings[inherited.setting as usize]),
        }
    }

    /// The setting that gives the CHILD SA's lifetime.
    pub(crate) fn lifetime(&self) -> Option<&'a Setting> {
        if self.program.is_libreswan() {
            return self.setting(Key::IPSEC_LIFETIME);
        }
        self.synonym(Key::KEYLIFE, Key::LIFETIME).or_else(|| self.setting(Key::IPSEC_LIFETIME))
    }

    /// The setting that gives the margin before the end of a lifetime.
    pub(crate) fn margin(&self) -> Option<&'a Setting> {
        self.synonym(Key::REKEYMARGIN, Key::MARGINTIME)
    }
}

/// Seconds of a duration with one of the units both programs know.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let factor = match text[digits..].trim() {
        "" | "s" | "S" => 1,
        "m" | "M" => 60,
        "h" | "H" => 3_600,
        "d" | "D" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// The keys of one side.
struct SideKeys {
    side: &'static str,
    address: Key,
    id: Key,
    auth: Key,
    auth2: Key,
    certificates: [Key; 3],
    subnet: [Key; 2],
    subnets: Key,
    protoport: Key,
    virtual_ip: [Key; 2],
}

const LEFT: SideKeys = SideKeys {
    side: "left",
    address: Key::LEFT,
    id: Key::LEFTID,
    auth: Key::LEFTAUTH,
    auth2: Key::LEFTAUTH2,
    certificates: [Key::LEFTCERT, Key::LEFTSIGKEY, Key::LEFTRSASIGKEY],
    subnet: [Key::LEFTSUBNET, Key::LEFTSUBNETWITHIN],
    subnets: Key::LEFTSUBNETS,
    protoport: Key::LEFTPROTOPORT,
    virtual_ip: [Key::LEFTSOURCEIP, Key::LEFTADDRESSPOOL],
};

const RIGHT: SideKeys = SideKeys {
    side: "right",
    address: Key::RIGHT,
    id: Key::RIGHTID,
    auth: Key::RIGHTAUTH,
    auth2: Key::RIGHTAUTH2,
    certificates: [Key::RIGHTCERT, Key::RIGHTSIGKEY, Key::RIGHTRSASIGKEY],
    subnet: [Key::RIGHTSUBNET, Key::RIGHTSUBNETWITHIN],
    subnets: Key::RIGHTSUBNETS,
    protoport: Key::RIGHTPROTOPORT,
    virtual_ip: [Key::RIGHTSOURCEIP, Key::RIGHTADDRESSPOOL],
};

/// What decides when an SA is rekeyed, in seconds.
pub(crate) struct Rekeying<'a> {
    /// How long before the end it begins, where that is set, and the setting.
    pub(crate) margin: (u64, Option<&'a Setting>),
    /// The margin with the greatest random addition.
    pub(crate) with_fuzz: u64,
    /// Lifetimes of the CHILD SA and of the IKE SA, those that are never rekeyed left out.
    pub(crate) lifetimes: [Option<(&'static str, u64, Option<&'a Setting>)>; 2],
}

impl Rekeying<'_> {
    /// Is there no time left between the two?
    pub(crate) fn is_late(&self, lifetime: u64, program: &Program) -> bool {
        let early = if program.is_libreswan() { self.margin.0 } else { self.with_fuzz };
        early >= lifetime
    }
}

impl<'a> Reader<'a> {
    /// When SAs are rekeyed; `None` when they never are, or a time cannot be read.
    pub(crate) fn rekeying(&self) -> Option<Rekeying<'a>> {
        let (no_rekey, no_reauth) = (self.is_off(Key::REKEY), self.is_off(Key::REAUTH));
        if no_rekey && (no_reauth || self.program.is_libreswan()) {
            return None;
        }
        let time = |setting: Option<&'a Setting>, default| match setting {
            None => Some((default, None)),
            Some(setting) => Some((seconds(&setting.value)?, Some(setting))),
        };
        let margin = time(self.margin(), 540)?;
        let fuzz = match self.setting(Key::REKEYFUZZ) {
            None => 100,
            Some(setting) => setting.value.trim_end_matches('%').parse::<u64>().unwrap_or(100),
        };
        let ike_default = if self.program.is_libreswan() { 28_800 } else { 10_800 };
        let lifetime = |name, setting: Option<&'a Setting>, default, off: bool| {
            let (seconds, setting) = time(setting, default).filter(|(seconds, _)| *seconds > 0 && !off)?;
            Some((name, seconds, setting))
        };
        let lifetimes = [
            lifetime("lifetime", self.lifetime(), default_lifetime(self.program), no_rekey),
            lifetime("ikelifetime", self.setting(Key::IKELIFETIME), ike_default, no_rekey && no_reauth),
        ];
        let with_fuzz = margin.0.saturating_mul(100 + fuzz) / 100;
        Some(Rekeying { margin, with_fuzz, lifetimes })
    }
}

fn rekeys_in_time(reader: &Reader<'_>) -> bool {
    let late = |rekeying: Rekeying<'_>| {
        rekeying.lifetimes.iter().flatten().any(|&(_, lifetime, _)| rekeying.is_late(lifetime, reader.program))
    };
    !reader.rekeying().is_some_and(late)
}

/// Builds the connection of a group of `conn` sections.
pub(crate) fn from_conf(
    reader: &Reader<'_>,
    group: &Group,
    own_addresses: &[String],
    mut proposal_at: impl FnMut(usize, Field) -> usize,
) -> Connection {
    let section = &reader.conf.sections[group.sections[group.sections.len() - 1]];
    let auto = reader.word(Key::AUTO);
    let mode = reader.word(Key::TYPE);
    let (ike_version, ike_version_span) = ike_version(reader);
    let left = end(reader, &LEFT, &RIGHT);
    let right = end(reader, &RIGHT, &LEFT);
    let right_is_local = {
        let is_own = |end: &End| {
            !own_addresses.is_empty()
                && end
                    .addresses
                    .iter()
                    .any(|peer| matches!(peer, Peer::Ip(ip) if own_addresses.contains(&ip.to_string())))
        };
        let at_run_time =
            |end: &End| end.addresses.iter().any(|peer| matches!(peer, Peer::DefaultRoute | Peer::Interface(_)));
        // For libreswan `%any` is a peer, never this host.
        let any_peer = |end: &End| reader.program.is_libreswan() && matches!(end.addresses.as_slice(), [Peer::Any]);
        let right_by_address = at_run_time(&right) && !at_run_time(&left) || any_peer(&left) && !any_peer(&right);
        !is_own(&left) && (is_own(&right) || right_by_address)
    };
    let (local, remote) = if right_is_local { (right, left) } else { (left, right) };
    let mut proposals = [None; 3];
    for (field, keys) in [(Field::Ike, &[Key::IKE][..]), (Field::Esp, &[Key::ESP]), (Field::Ah, &[Key::AH])] {
        proposals[field as usize] = reader.index(keys).map(|setting| proposal_at(setting, field));
    }
    let marks = [Key::MARK, Key::MARK_IN, Key::MARK_IN_DASH, Key::MARK_OUT, Key::MARK_OUT_DASH];
    let interfaces = [Key::VTI_INTERFACE, Key::IPSEC_INTERFACE];
    let routing =
        marks.iter().chain(&interfaces).chain(&[Key::LEFTNATIP, Key::RIGHTNATIP, Key::LEFTUPDOWN, Key::RIGHTUPDOWN]);
    let routed_by = routing.filter_map(|&key| reader.setting(key)).map(|setting| setting.value_span).next();
    let apart = marks.iter().chain(&interfaces).chain(&[Key::PRIORITY, Key::METRIC, Key::LEFTVTI, Key::REQID]);
    let told_apart_by = apart
        .filter_map(|&key| reader.setting(key))
        .map(|setting| CompactString::from(format!("{}={}", setting.name, setting.value)))
        .collect();
    let interface = reader.first(&interfaces).is_some_and(|setting| setting.value != "no");
    Connection {
        name: group.name.clone(),
        name_span: section.name_span,
        origin: Origin::IpsecConf,
        auto: auto.as_ref().map(|(word, _)| match word.as_str() {
            "add" => Auto::Add,
            "route" | "ondemand" => Auto::OnDemand,
            "start" | "up" => Auto::Start,
            "keep" => Auto::Keep,
            _ => Auto::Ignore,
        }),
        auto_span: auto.as_ref().map(|(_, span)| *span),
        auto_text: auto.map(|(word, _)| word).unwrap_or_default(),
        mode: match mode.as_ref().map_or("tunnel", |(word, _)| word.as_str()) {
            "transport" => Mode::Transport,
            "beet" | "transport_proxy" => Mode::Beet,
            "pass" | "passthrough" => Mode::Pass,
            "drop" | "reject" => Mode::Drop,
            _ => Mode::Tunnel,
        },
        mode_span: mode.map(|(_, span)| span),
        ike_version,
        ike_version_span,
        aggressive: reader
            .setting(Key::AGGRESSIVE)
            .filter(|_| reader.is_on(Key::AGGRESSIVE))
            .map(|setting| setting.value_span),
        local,
        remote,
        proposals,
        routed_by,
        route_based: interface,
        told_apart_by,
        mediated: reader.setting(Key::MEDIATED_BY).is_some() || reader.setting(Key::P2P_MEDIATED_BY).is_some(),
        narrowing: !reader.program.is_libreswan() || reader.is_on(Key::NARROWING),
        dead_peer_detection: dead_peer_detection(reader),
        attempts: attempts(reader),
        lifetime: reader
            .lifetime()
            .and_then(|setting| seconds(&setting.value))
            .unwrap_or(default_lifetime(reader.program)),
        pfs: reader.program.is_libreswan() && !reader.is_off(Key::PFS),
        rekeys_in_time: rekeys_in_time(reader),
        values: Effective::default(),
        is_template: false,
    }
}

fn default_lifetime(program: &Program) -> u64 {
    if program.is_libreswan() { 8 * 3_600 } else { 3_600 }
}

fn dead_peer_detection(reader: &Reader<'_>) -> bool {
    let delay = reader.setting(Key::DPDDELAY);
    if reader.program.is_libreswan() {
        return delay.is_some_and(|delay| seconds(&delay.value) != Some(0));
    }
    let action = reader.word(Key::DPDACTION).is_some_and(|(word, _)| word != "none");
    action && delay.is_none_or(|delay| seconds(&delay.value) != Some(0)) || reader.setting(Key::INACTIVITY).is_some()
}

fn attempts(reader: &Reader<'_>) -> Option<u64> {
    if reader.program.is_libreswan() {
        return None;
    }
    match reader.setting(Key::KEYINGTRIES) {
        None => Some(3),
        Some(setting) if setting.value == "%forever" => None,
        Some(setting) => setting.value.parse().ok().filter(|&tries| tries > 0),
    }
}

fn ike_version(reader: &Reader<'_>) -> (IkeVersion, Option<Span>) {
    if let Some((word, span)) = reader.word(Key::KEYEXCHANGE) {
        match word.as_str() {
            "ikev1" => return (IkeVersion::V1, Some(span)),
            "ikev2" => return (IkeVersion::V2, Some(span)),
            _ => {}
        }
    }
    if reader.program.is_strongswan() {
        return (IkeVersion::Both, reader.setting(Key::KEYEXCHANGE).map(|setting| setting.value_span));
    }
    match reader.word(Key::IKEV2) {
        Some((word, span)) if matches!(word.as_str(), "no" | "never" | "permit") => (IkeVersion::V1, Some(span)),
        Some((_, span)) => (IkeVersion::V2, Some(span)),
        None if reader.program.is_libreswan() => (IkeVersion::V2, None),
        None => (IkeVersion::Both, None),
    }
}

fn end(reader: &Reader<'_>, keys: &SideKeys, other: &SideKeys) -> End {
    let (auth, auth_span) = auth(reader, keys, other);
    let mut end = End::new(keys.side, auth);
    end.auth_span = auth_span;
    end.second_round = reader.setting(keys.auth2).is_some()
        || reader.setting(Key::AUTHBY).is_some_and(|setting| setting.value.starts_with("xauth"));
    end.has_certificate = reader.first(&keys.certificates).is_some();
    if let Some(setting) = reader.setting(keys.address) {
        end.address_span = Some(setting.value_span);
        if !setting.hole {
            let items = setting.value.split(',').map(str::trim).filter(|item| !item.is_empty());
            end.addresses.reserve_exact(1);
            end.addresses.extend(items.map(Peer::read));
        }
    }
    end.id = (reader.setting(keys.id)).map(|setting| Spanned::new(setting.value.clone(), setting.value_span));
    end.virtual_ip =
        (reader.first(&keys.virtual_ip)).map(|setting| Spanned::new(setting.value.clone(), setting.value_span));
    let plural = if reader.program.is_strongswan() { None } else { reader.setting(keys.subnets) };
    let networks = plural.or_else(|| reader.first(&keys.subnet));
    if let Some(setting) = networks.filter(|setting| !setting.hole) {
        end.networks_span = Some(setting.value_span);
        end.plural = plural.is_some();
        let list = if plural.is_some() {
            let inner = setting.value.trim_start_matches('{').trim_end_matches('}');
            let shift = setting.value.len() - setting.value.trim_start_matches('{').len();
            let commas = inner.replace([' ', '\t'], ",");
            let modern = Program::strongswan(&confvet_core::Target::new());
            selector::read_list(&commas, &modern, Origin::IpsecConf, |range| {
                setting.part(range.start + shift..range.end + shift)
            })
        } else {
            selector::read_list(&setting.value, reader.program, Origin::IpsecConf, |range| setting.part(range))
        };
        end.networks = list;
    }
    if let Some(limit) = reader.setting(keys.protoport).and_then(|setting| selector::protocol_and_ports(&setting.value))
    {
        for selector in &mut end.networks.selectors {
            (selector.protocol, selector.ports) = limit;
        }
    }
    end
}

fn auth(reader: &Reader<'_>, keys: &SideKeys, other: &SideKeys) -> (Auth, Option<Span>) {
    if let Some(setting) = reader.setting(keys.auth) {
        return (read_auth(&setting.value, reader.program), Some(setting.value_span));
    }
    let other_is_set = reader.setting(other.auth).is_some();
    if reader.program.is_strongswan() && other_is_set {
        return (Auth::Pubkey, None);
    }
    match reader.setting(Key::AUTHBY) {
        Some(setting) => (read_authby(&setting.value), Some(setting.value_span)),
        None => (Auth::Pubkey, None),
    }
}

fn read_auth(value: &str, program: &Program) -> Auth {
    let begins = |words: &[&str]| words.iter().any(|word| value.starts_with(word));
    match value {
        "psk" | "secret" => Auth::Psk,
        "any" => Auth::Any,
        "null" if !program.is_strongswan() => Auth::Null,
        "never" if !program.is_strongswan() => Auth::Any,
        _ if begins(&["ike:", "pubkey", "rsa", "ecdsa", "eddsa", "bliss"]) => Auth::Pubkey,
        _ if begins(&["eap"]) => Auth::Eap,
        _ if begins(&["xauth"]) => Auth::Xauth,
        _ => Auth::Unknown,
    }
}

fn read_authby(value: &str) -> Auth {
    let mut classes = value.split([',', '|']).map(|word| match word.trim() {
        "secret" | "psk" | "xauthpsk" => Auth::Psk,
        "null" => Auth::Null,
        "never" => Auth::Any,
        word if ["rsa", "ecdsa", "eddsa", "pubkey", "xauthrsasig"].iter().any(|start| word.starts_with(start)) => {
            Auth::Pubkey
        }
        _ => Auth::Unknown,
    });
    let first = classes.next().unwrap_or(Auth::Unknown);
    if classes.any(|class| class != first) { Auth::Any } else { first }
}

/// Does a section with this name become a connection?
pub(crate) fn is_connection(conf: &Conf, group: &Group) -> bool {
    group.name != DEFAULT && group.sections.iter().any(|&section| conf.sections[section].kind == SectionKind::Conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("15m"), Some(900));
        assert_eq!(seconds("1.5h"), None);
        assert_eq!(seconds("99999999999999999999h"), None);
    }
}
