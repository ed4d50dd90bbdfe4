//! `swanctl.conf` and `strongswan.conf`: connections, secrets, and what does not fit the option tables.

use super::connection::{Auto, Connection, IkeVersion, Mode, Origin, seconds};
use super::effective::Effective;
use super::end::{Auth, End, Peer};
use crate::dialect::{Program, ShortVersion};
use crate::keys::{OptionType, homes, options};
use crate::proposal::{Field, ProposalFault, ProposalList, read_swanctl};
use crate::selector;
use crate::syntax::secrets::{Secret, SecretBytes, SecretKind, decode_base64, decode_hex};
use crate::syntax::settings::{Opt, Settings};
use compact_str::CompactString;
use confvet_core::{Keys, Map, Span, Spanned, did_you_mean};
use serde::Serialize;

/// The sections that `swanctl` reads.
pub(crate) const TOP_LEVEL: &[&str] = &["connections", "secrets", "pools", "authorities"];

/// The few options of `strongswan.conf` that change what a connection does. Defaults in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Charon {
    /// Routes for remote networks are installed \[yes\].
    pub install_routes: bool,
    /// Policies that keep attached networks out of tunnels \[no\].
    pub bypass_lan: bool,
    /// Several networks a side in IKEv1 \[no\].
    pub cisco_unity: bool,
    /// A responder takes aggressive mode with a pre-shared key \[no\].
    pub aggressive_psk: bool,
    /// The plugin that reads `ipsec.conf` is switched on explicitly.
    pub loads_stroke: bool,
}

impl Default for Charon {
    fn default() -> Self {
        Self { install_routes: true, bypass_lan: false, cisco_unity: false, aggressive_psk: false, loads_stroke: false }
    }
}

impl Charon {
    pub(crate) fn read(settings: &Settings) -> Self {
        let option = |path: &[&str], name: &str| settings.section(path).and_then(|node| settings.option(node, name));
        let is_on =
            |option: Option<&Opt>, default| option.map_or(default, |option| truth(&option.value).unwrap_or(default));
        let in_plugins_load = |name: &str| {
            option(&["charon"], "load").is_some_and(|load| load.value.split_whitespace().any(|word| word == name))
        };
        Self {
            install_routes: is_on(option(&["charon"], "install_routes"), true),
            bypass_lan: is_on(option(&["charon", "plugins", "bypass-lan"], "load"), false),
            cisco_unity: is_on(option(&["charon"], "cisco_unity"), false),
            aggressive_psk: is_on(option(&["charon"], "i_dont_care_about_security_and_use_aggressive_mode_psk"), false),
            loads_stroke: is_on(option(&["charon", "plugins", "stroke"], "load"), false) || in_plugins_load("stroke"),
        }
    }
}

/// A truth value as `swanctl` reads it.
pub(crate) fn truth(value: &str) -> Option<bool> {
    match value {
        "yes" | "true" | "enabled" | "1" => Some(true),
        "no" | "false" | "disabled" | "0" => Some(false),
        _ => None,
    }
}

/// Why a part of `swanctl.conf` has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscardKind {
    /// A top-level section that nobody reads.
    UnknownTopLevel {
        /// The section that was meant.
        near: CompactString,
    },
    /// An option or section that is not known here.
    UnknownOption {
        /// A near name that is known here.
        near: Option<CompactString>,
        /// The section where this name belongs, as `children.<child>`.
        home: Option<&'static str>,
        /// Where the setting can be moved to: just behind the brace of the only child.
        destination: Option<Span>,
    },
    /// A value of the wrong type.
    BadValue {
        /// What is expected.
        expected: String,
        /// What was meant.
        repair: Option<String>,
    },
    /// A proposal is refused.
    BadProposal(Field, ProposalFault),
    /// An attribute of a pool that does not exist.
    UnknownAttribute,
    /// A section under `secrets` whose name says nothing.
    UnknownSecret {
        /// The prefix that was meant.
        repair: Option<&'static str>,
    },
    /// A secret without `secret`.
    MissingSecret,
    /// An inherited section that does not exist.
    UnknownReference,
}

/// A part of `swanctl.conf` that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// Why.
    pub kind: DiscardKind,
    /// The key, the value or the section's name.
    pub span: Span,
    /// As written.
    pub text: CompactString,
    /// The connection, pool or secret that is lost.
    pub lost: CompactString,
    /// The whole setting, when it stands alone on its lines.
    pub line: Option<Span>,
}

/// What `swanctl.conf` gives.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) connections: Vec<Connection>,
    pub(crate) proposals: Vec<ProposalList>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) masked: Vec<Span>,
    /// A template engine fills in a secret, or whom it is for.
    pub(crate) incomplete: bool,
    pub(crate) discards: Vec<Discard>,
}

pub(crate) fn read(settings: &Settings, program: &Program) -> Read {
    let mut reader =
        SwanctlReader { settings, program, known_proposals: Map::new(), checked: Keys::new(), read: Read::default() };
    reader.top_level();
    if let Some(connections) = settings.section(&["connections"]) {
        for &node in settings.children(connections).iter() {
            reader.connection(node);
        }
    }
    if let Some(secrets) = settings.section(&["secrets"]) {
        for &node in settings.children(secrets).iter() {
            reader.secret(node);
        }
    }
    if let Some(pools) = settings.section(&["pools"]) {
        for &node in settings.children(pools).iter() {
            reader.pool(node);
        }
    }
    if let Some(authorities) = settings.section(&["authorities"]) {
        for &node in settings.children(authorities).iter() {
            reader.check_node(node, "authorities.*", &settings.nodes[node].name.clone());
        }
    }
    reader.read
}

struct SwanctlReader<'a> {
    settings: &'a Settings,
    program: &'a Program,
    /// By the place of the value: several connections may inherit one.
    known_proposals: Map<Span, usize>,
    /// Sections that were checked, and as what: several may inherit from one.
    checked: Keys<(usize, &'static str)>,
    read: Read,
}

impl SwanctlReader<'_> {
    fn version(&self) -> Option<ShortVersion> {
        self.program.version
    }

    fn discard(&mut self, kind: DiscardKind, span: Span, text: &str, lost: &str, line: Option<Span>) {
        self.read.discards.push(Discard { kind, span, text: text.into(), lost: lost.into(), line });
    }

    fn top_level(&mut self) {
        for &node in &self.settings.nodes[0].children {
            let node = &self.settings.nodes[node];
            if TOP_LEVEL.contains(&node.name.as_str()) {
                continue;
            }
            if let Some(near) = did_you_mean(&node.name, TOP_LEVEL.iter().copied()) {
                let kind = DiscardKind::UnknownTopLevel { near: near.into() };
                self.discard(kind, node.name_span, &node.name, "", None);
            }
        }
        let dangling: Vec<(CompactString, Span)> =
            self.settings.dangling_references().map(|(name, span)| (name.clone(), span)).collect();
        for (name, span) in dangling {
            self.discard(DiscardKind::UnknownReference, span, &name, &name, None);
        }
    }

    /// Checks names and values of a section and of those it inherits from against the option table, each once.
    fn check_node(&mut self, node: usize, section: &'static str, lost: &str) {
        for part in std::iter::once(node).chain(self.settings.lineage(node).iter().copied()) {
            if !self.settings.inherits() || self.checked.insert((part, section)) {
                self.check_section(part, section, lost);
            }
        }
    }

    fn check_section(&mut self, node: usize, section: &'static str, lost: &str) {
        let version = self.version();
        let node = &self.settings.nodes[node];
        let rows = options(section);
        for option in node.options.iter().filter(|option| !option.has_hole()) {
            let row = rows
                .iter()
                .find(|row| row.kind != OptionType::Section && row.is_named(&option.name) && row.exists_in(version));
            match row {
                Some(row) => self.check_value(option, row.kind, row.words, lost),
                None => self.unknown_option(node.children.first().copied(), option, section, lost),
            }
        }
        for &child in &node.children {
            let child = &self.settings.nodes[child];
            let known = rows
                .iter()
                .any(|row| row.kind == OptionType::Section && row.is_named(&child.name) && row.exists_in(version));
            if !known && !section.starts_with("secrets") {
                let names =
                    rows.iter().filter(|row| row.kind == OptionType::Section).map(|row| row.name.trim_end_matches('~'));
                let near = did_you_mean(&child.name, names).map(CompactString::new);
                let kind = DiscardKind::UnknownOption { near, home: None, destination: None };
                self.discard(kind, child.name_span, &child.name, lost, None);
            }
        }
    }

    fn unknown_option(&mut self, first_child: Option<usize>, option: &Opt, section: &'static str, lost: &str) {
        let version = self.version();
        let names =
            options(section).iter().filter(|row| row.exists_in(version)).map(|row| row.name.trim_end_matches('~'));
        let home = homes(&option.name).find(|row| row.section.starts_with("connections")).map(|row| row.section);
        let near = if home.is_some() { None } else { did_you_mean(&option.name, names).map(CompactString::new) };
        let destination = match (section, home) {
            ("connections.*", Some("connections.*.children.*")) => self.only_child(first_child),
            _ => None,
        };
        let kind = DiscardKind::UnknownOption { near, home, destination };
        self.discard(kind, option.name_span, &option.name, lost, option.line);
    }

    /// The place behind the brace of the only child of the connection that `some_child` belongs to.
    fn only_child(&self, some_child: Option<usize>) -> Option<Span> {
        let connection = self.settings.nodes[some_child?].parent;
        let children = self.settings.nodes[connection].children.iter();
        let children = children.copied().find(|&child| self.settings.nodes[child].name == "children")?;
        match self.settings.nodes[children].children.as_slice() {
            [only] => Some(self.settings.nodes[*only].body),
            _ => None,
        }
    }

    fn check_value(&mut self, option: &Opt, kind: OptionType, words: &[&str], lost: &str) {
        let value = option.value.as_str();
        let (expected, repair) = match kind {
            OptionType::Bool if truth(value).is_none() => {
                let repair = match value.to_ascii_lowercase().as_str() {
                    "on" | "y" | "yes" | "true" | "enabled" => Some("yes".to_owned()),
                    "off" | "n" | "no" | "false" | "disabled" => Some("no".to_owned()),
                    _ => None,
                };
                ("yes or no".to_owned(), repair)
            }
            OptionType::Enum if !self.is_word(option, words) => {
                let lower = value.to_ascii_lowercase();
                let near = if words.contains(&lower.as_str()) { Some(lower) } else { None };
                (format!("one of {}", words.join(", ")), near)
            }
            OptionType::Duration if !is_duration(value) => {
                let weeks = value.strip_suffix('w').and_then(|weeks| weeks.trim().parse::<u64>().ok());
                ("a number with s, m, h or d".to_owned(), weeks.map(|weeks| format!("{}d", weeks * 7)))
            }
            OptionType::Unsigned if !is_unsigned(value) => ("a number".to_owned(), None),
            OptionType::Bytes if !is_bytes(value) => ("a number with k, m or g".to_owned(), None),
            _ => return,
        };
        let kind = DiscardKind::BadValue { expected, repair };
        self.discard(kind, option.value_span, value, lost, None);
    }

    fn is_word(&self, option: &Opt, words: &[&str]) -> bool {
        if option.name == "start_action" {
            return option.value.split('|').all(|word| words.contains(&word.trim()));
        }
        words.contains(&option.value.as_str())
            || matches!(option.name.as_str(), "fragmentation" | "hw_offload" | "unique" | "copy_dscp" | "ocsp")
                && truth(&option.value).is_some()
    }

    fn secret(&mut self, node: usize) {
        const PREFIXES: &[&str] =
            &["ike", "eap", "xauth", "ntlm", "ppk", "private", "rsa", "ecdsa", "pkcs8", "pkcs12", "token"];
        let name = self.settings.nodes[node].name.clone();
        let name_span = self.settings.nodes[node].name_span;
        for option in &self.settings.nodes[node].options {
            if option.is_secret() {
                self.read.masked.push(option.value_span);
            }
        }
        let Some(prefix) =
            PREFIXES.iter().copied().filter(|prefix| name.starts_with(prefix)).max_by_key(|prefix| prefix.len())
        else {
            let repair = (name.starts_with("psk") || name.starts_with("PSK")).then_some("ike");
            self.discard(DiscardKind::UnknownSecret { repair }, name_span, &name, &name, None);
            return;
        };
        let section = options_section(prefix);
        self.check_node(node, section, &name);
        let value = self.settings.option(node, "secret");
        if !matches!(prefix, "ike" | "eap" | "xauth" | "ntlm" | "ppk") {
            return;
        }
        let Some(value) = value else {
            if !self.settings.nodes[node].options.iter().any(|option| option.name == "secret") {
                self.discard(DiscardKind::MissingSecret, name_span, &name, &name, None);
            }
            return;
        };
        if self.settings.nodes[node].options.iter().any(Opt::has_hole) {
            self.read.incomplete = true;
            return;
        }
        let selectors = self.settings.nodes[node].options.iter().filter(|option| option.name.starts_with("id"));
        let selectors = selectors.map(|option| Spanned::new(option.value.clone(), option.value_span)).collect();
        let decoded = value
            .value
            .strip_prefix("0x")
            .and_then(decode_hex)
            .or_else(|| value.value.strip_prefix("0s").and_then(decode_base64));
        let encoded = decoded.is_some();
        let bytes = SecretBytes::new(decoded.unwrap_or_else(|| value.value.as_bytes().to_vec()));
        let kind = match prefix {
            "ike" => SecretKind::Psk,
            "ppk" => SecretKind::Ppk,
            _ => SecretKind::Password,
        };
        self.read.secrets.push(Secret { selectors, kind, token: name_span, bytes, value: value.value_span, encoded });
    }

    fn pool(&mut self, node: usize) {
        let version = self.version();
        let node = &self.settings.nodes[node];
        let lost = node.name.clone();
        for option in node.options.iter().filter(|option| !option.has_hole()) {
            let known = options("pools.*").iter().any(|row| row.is_named(&option.name) && row.exists_in(version));
            if !known && !option.name.bytes().all(|byte| byte.is_ascii_digit()) {
                self.discard(DiscardKind::UnknownAttribute, option.name_span, &option.name, &lost, None);
            }
        }
    }

    fn proposals(&mut self, node: usize, name: &str, field: Field, lost: &str) -> Option<usize> {
        let option = self.settings.option(node, name).filter(|option| !option.has_hole())?.clone();
        let place = |range: std::ops::Range<usize>| option.value_span.slice(range);
        let shared = self.settings.inherits();
        if let Some(&index) = self.known_proposals.get(&option.value_span).filter(|_| shared) {
            return Some(index);
        }
        let list = read_swanctl(&option.value, field, self.version(), &place);
        for fault in list.faults.clone() {
            let (span, text) = (fault.span, fault.text.clone());
            self.discard(DiscardKind::BadProposal(field, fault), span, &text, lost, None);
        }
        self.read.proposals.push(list);
        let index = self.read.proposals.len() - 1;
        if shared {
            self.known_proposals.insert(option.value_span, index);
        }
        Some(index)
    }

    fn connection(&mut self, node: usize) {
        let settings = self.settings;
        let name = settings.nodes[node].name.clone();
        self.check_node(node, "connections.*", &name);
        let mut local = self.end(node, "local", &name);
        let mut remote = self.end(node, "remote", &name);
        for (end, option) in [(&mut local, "local_addrs"), (&mut remote, "remote_addrs")] {
            if let Some(option) = settings.option(node, option) {
                end.address_span = Some(option.value_span);
                if !option.has_hole() {
                    end.addresses = option.value.split(',').map(str::trim).map(Peer::read).collect();
                }
            }
        }
        if let Some(vips) = settings.option(node, "vips") {
            local.virtual_ip = Some(Spanned::new(vips.value.clone(), vips.value_span));
        }
        if let Some(pools) = settings.option(node, "pools") {
            remote.virtual_ip = Some(Spanned::new(pools.value.clone(), pools.value_span));
        }
        let version = settings.option(node, "version");
        let ike_version = match version.map(|version| version.value.as_str()) {
            Some("1") => IkeVersion::V1,
            Some("2") => IkeVersion::V2,
            _ => IkeVersion::Both,
        };
        let ike = self.proposals(node, "proposals", Field::Ike, &name);
        let delay = settings.option(node, "dpd_delay").and_then(|delay| seconds(&delay.value)).unwrap_or(0);
        let aggressive = settings.option(node, "aggressive").filter(|option| truth(&option.value) == Some(true));
        let interfaces = ["if_id_in", "if_id_out"].iter().filter_map(|name| settings.option(node, name));
        let interfaces: Vec<&Opt> = interfaces.filter(|option| option.value != "0").collect();
        let base = Connection {
            name: name.clone(),
            name_span: settings.nodes[node].name_span,
            origin: Origin::Swanctl,
            auto: Some(Auto::Add),
            auto_span: None,
            auto_text: "none".into(),
            mode: Mode::Tunnel,
            mode_span: None,
            ike_version,
            ike_version_span: version.map(|version| version.value_span),
            aggressive: aggressive.map(|option| option.value_span),
            local,
            remote,
            proposals: [ike, None, None],
            routed_by: interfaces.first().map(|option| option.value_span),
            route_based: !interfaces.is_empty(),
            told_apart_by: interfaces
                .iter()
                .map(|option| CompactString::from(format!("{}={}", option.name, option.value)))
                .collect(),
            mediated: settings.option(node, "mediated_by").is_some(),
            narrowing: true,
            dead_peer_detection: delay > 0,
            attempts: match settings.option(node, "keyingtries").map(|tries| tries.value.parse::<u64>()) {
                None => Some(1),
                Some(tries) => tries.ok().filter(|&tries| tries > 0),
            },
            lifetime: 3_600,
            rekeys_in_time: true,
            pfs: false,
            values: Effective::default(),
            is_template: false,
        };
        let children = settings.children(node).iter().copied().find(|&child| settings.nodes[child].name == "children");
        let children = children.map(|children| settings.children(children)).unwrap_or_default();
        if children.is_empty() {
            self.read.connections.push(base);
            return;
        }
        for &child in children.iter() {
            let connection = self.child(child, base.clone());
            self.read.connections.push(connection);
        }
    }

    fn child(&mut self, node: usize, base: Connection) -> Connection {
        let settings = self.settings;
        let lost = base.name.clone();
        self.check_node(node, "connections.*.children.*", &lost);
        let mut connection = base;
        connection.name = format!("{lost}.{}", settings.nodes[node].name).into();
        connection.name_span = settings.nodes[node].name_span;
        if let Some(action) = settings.option(node, "start_action") {
            connection.auto_span = Some(action.value_span);
            connection.auto_text = action.value.clone();
            let has = |word: &str| action.value.split('|').any(|part| part.trim() == word);
            connection.auto = Some(if has("trap") || has("route") {
                Auto::OnDemand
            } else if has("start") || has("restart") {
                Auto::Start
            } else {
                Auto::Add
            });
        }
        if let Some(mode) = settings.option(node, "mode") {
            connection.mode_span = Some(mode.value_span);
            connection.mode = match mode.value.as_str() {
                "transport" => Mode::Transport,
                "beet" | "transport_proxy" => Mode::Beet,
                "pass" => Mode::Pass,
                "drop" => Mode::Drop,
                _ => Mode::Tunnel,
            };
        }
        connection.proposals[Field::Esp as usize] = self.proposals(node, "esp_proposals", Field::Esp, &lost);
        connection.proposals[Field::Ah as usize] = self.proposals(node, "ah_proposals", Field::Ah, &lost);
        for (end, name) in [(&mut connection.local, "local_ts"), (&mut connection.remote, "remote_ts")] {
            if let Some(option) = settings.option(node, name).filter(|option| !option.has_hole()) {
                end.networks_span = Some(option.value_span);
                end.networks = selector::read_list(&option.value, self.program, Origin::Swanctl, |range| {
                    option.value_span.slice(range)
                });
            }
        }
        let routing = ["mark_in", "mark_out", "if_id_in", "if_id_out", "interface", "set_mark_in", "set_mark_out"];
        for option in routing.iter().filter_map(|name| settings.option(node, name)) {
            connection.routed_by.get_or_insert(option.value_span);
            connection.route_based |= option.name.starts_with("if_id");
            connection.told_apart_by.push(format!("{}={}", option.name, option.value).into());
        }
        if let Some(updown) = settings.option(node, "updown") {
            connection.routed_by.get_or_insert(updown.value_span);
        }
        for option in ["priority", "reqid"].iter().filter_map(|name| settings.option(node, name)) {
            connection.told_apart_by.push(format!("{}={}", option.name, option.value).into());
        }
        if let Some(life) = settings.option(node, "rekey_time").and_then(|life| seconds(&life.value)) {
            connection.lifetime = life;
        }
        connection
    }

    /// `local` or `remote`: the first round counts.
    fn end(&mut self, connection: usize, side: &'static str, lost: &str) -> End {
        let settings = self.settings;
        let section = if side == "local" { "connections.*.local~" } else { "connections.*.remote~" };
        let is_round = |node: usize| {
            let name = &settings.nodes[node].name;
            name.starts_with(side) && !name.ends_with("_addrs")
        };
        let mut rounds: Vec<usize> =
            settings.children(connection).iter().copied().filter(|&node| is_round(node)).collect();
        let round =
            |node: usize| settings.option(node, "round").and_then(|round| round.value.parse::<u32>().ok()).unwrap_or(0);
        rounds.sort_by_key(|&node| round(node));
        for &node in &rounds {
            self.check_node(node, section, lost);
            match settings.option(node, "auth") {
                Some(auth) if !auth.has_hole() && read_auth(&auth.value) == Auth::Unknown => {
                    let repair =
                        matches!(auth.value.to_ascii_lowercase().as_str(), "secret" | "psk").then(|| "psk".to_owned());
                    let expected = "psk, pubkey, eap or xauth".to_owned();
                    let (span, value) = (auth.value_span, auth.value.clone());
                    self.discard(DiscardKind::BadValue { expected, repair }, span, &value, lost, None);
                }
                _ => {}
            }
        }
        let Some(&first) = rounds.first() else { return End::new(side, Auth::Pubkey) };
        let auth = settings.option(first, "auth");
        let mut end = End::new(side, auth.map_or(Auth::Pubkey, |auth| read_auth(&auth.value)));
        end.auth_span = auth.map(|auth| auth.value_span);
        end.second_round = rounds.len() > 1;
        end.has_certificate = ["certs", "pubkeys", "cacerts"].iter().any(|name| settings.option(first, name).is_some())
            || settings.children(first).iter().any(|&child| settings.nodes[child].name.starts_with("cert"));
        end.id = settings.option(first, "id").map(|id| Spanned::new(id.value.clone(), id.value_span));
        end
    }
}

fn read_auth(value: &str) -> Auth {
    let begins = |words: &[&str]| words.iter().any(|word| value.starts_with(word));
    match value {
        "psk" => Auth::Psk,
        "any" => Auth::Any,
        _ if begins(&["ike:", "pubkey", "rsa", "ecdsa", "eddsa", "ed25519", "ed448", "bliss"]) => Auth::Pubkey,
        _ if begins(&["eap"]) => Auth::Eap,
        _ if begins(&["xauth"]) => Auth::Xauth,
        _ => Auth::Unknown,
    }
}

fn options_section(prefix: &str) -> &'static str {
    match prefix {
        "ike" => "secrets.ike~",
        "ntlm" => "secrets.ntlm~",
        "ppk" => "secrets.ppk~",
        "private" => "secrets.private~",
        "rsa" => "secrets.rsa~",
        "ecdsa" => "secrets.ecdsa~",
        "pkcs8" => "secrets.pkcs8~",
        "pkcs12" => "secrets.pkcs12~",
        "token" => "secrets.token~",
        _ => "secrets.eap~",
    }
}

fn is_duration(value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && matches!(value[digits..].trim().to_ascii_lowercase().as_str(), "" | "s" | "m" | "h" | "d")
}

fn is_bytes(value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && matches!(value[digits..].trim().to_ascii_lowercase().as_str(), "" | "k" | "m" | "g")
}

fn is_unsigned(value: &str) -> bool {
    value.parse::<u64>().is_ok() || value.strip_prefix("0x").is_some_and(|hex| u64::from_str_radix(hex, 16).is_ok())
}
