//! pg_hba: lists inside patroni.yml and pg_hba.conf files, read as PostgreSQL reads them, and what they admit.

use crate::index::Hashed;
use compact_str::CompactString;
use confvet_core::{Span, Spanned};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// One line of pg_hba: an item of a list, or a line of a file.
#[derive(Debug, Clone, Serialize)]
pub struct HbaLine {
    /// The whole line.
    #[serde(skip)]
    pub span: Span,
    /// The line as PostgreSQL gets it.
    pub text: String,
    /// What it says, if PostgreSQL can read it.
    pub record: Option<HbaRecord>,
    /// The earlier line of the list, by its place, that matches everything this line does.
    pub covered_by: Option<u32>,
    /// Why PostgreSQL refuses it.
    #[serde(skip)]
    pub problems: Vec<HbaProblem>,
    /// Options that hold a secret; they are masked in the text.
    #[serde(skip)]
    pub secrets: Vec<Span>,
}

/// What a connection must be like for a line to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionType {
    /// A Unix socket.
    Local,
    /// TCP, encrypted or not.
    Host,
    /// TCP with TLS.
    HostSsl,
    /// TCP without TLS.
    HostNoSsl,
    /// TCP with GSSAPI encryption, from PostgreSQL 12 on.
    HostGssEnc,
    /// TCP without GSSAPI encryption, from PostgreSQL 12 on.
    HostNoGssEnc,
}

/// A database or user name in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HbaName {
    /// The name without quotes.
    pub text: CompactString,
    /// It began with a quote, so a keyword has lost its meaning.
    pub quoted: bool,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// From where a connection may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HbaAddress {
    /// `all`.
    All,
    /// `samehost`: any address of the server.
    SameHost,
    /// `samenet`: any network of the server.
    SameNet,
    /// A network. Bits below the mask may be set; PostgreSQL ignores them.
    Network {
        /// The address as PostgreSQL reads it.
        address: IpAddr,
        /// The mask.
        mask: IpAddr,
    },
    /// A name or, with a dot in front, the end of a name.
    Name(CompactString),
    /// It holds a placeholder that somebody fills in later.
    Unknown,
}

/// A line that PostgreSQL can read.
#[derive(Debug, Clone, Serialize)]
pub struct HbaRecord {
    /// The first word.
    pub connection: Spanned<ConnectionType>,
    /// The databases.
    pub databases: Vec<HbaName>,
    /// The users.
    pub users: Vec<HbaName>,
    /// The address; [`HbaAddress::All`] for `local`.
    pub address: Spanned<HbaAddress>,
    /// The address as written, without a mask in a word of its own.
    pub address_text: CompactString,
    /// The method.
    pub method: Spanned<CompactString>,
    /// `name=value` behind the method.
    pub options: Vec<(CompactString, CompactString)>,
}

/// Why PostgreSQL refuses a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HbaProblem {
    /// The word to blame.
    pub span: Span,
    /// What is wrong with it.
    pub kind: HbaProblemKind,
}

/// What is wrong with a word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HbaProblemKind {
    /// The first word is no connection type; perhaps another is meant.
    UnknownType(String, Option<&'static str>),
    /// Several values where one is wanted.
    Several(&'static str, Vec<String>),
    /// The line ends too early.
    EndsBefore(&'static str),
    /// The part behind the slash is no mask length.
    BadLength(String),
    /// An address without length and mask; the length that makes it a single host.
    NoMask(String, u8),
    /// The word behind an address is no mask.
    BadMask(String),
    /// Address and mask are of different families.
    MaskFamily,
    /// A name with a length; the name alone.
    NameWithLength(String, String),
    /// Brackets around an IPv6 address; the address without them.
    Brackets(String),
    /// No such method; perhaps another is meant.
    UnknownMethod(String, Option<&'static str>),
    /// The method does not go with the connection type.
    MethodOnType(String, &'static str),
    /// A word behind the method that is no `name=value`.
    NoOption(String),
    /// An option PostgreSQL does not know.
    UnknownOption(String),
    /// A regular expression that PostgreSQL cannot compile, and why.
    BadRegex(String, &'static str),
    /// An option that does not go with the method or the type.
    OptionNotHere(String, &'static str),
    /// A value of `clientcert` that this version refuses.
    ClientCert(String),
    /// An option the method cannot do without.
    OptionMissing(String, &'static str),
    /// It takes a later PostgreSQL.
    NeedsVersion(String, u16),
}

impl fmt::Display for HbaProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HbaProblemKind::UnknownType(word, _) => write!(f, "`{word}` is no connection type"),
            HbaProblemKind::Several(what, _) => write!(f, "several values where one {what} is wanted"),
            HbaProblemKind::EndsBefore(what) => write!(f, "the line ends before the {what}"),
            HbaProblemKind::BadLength(word) => write!(f, "`{word}` has no mask length that fits its address"),
            HbaProblemKind::NoMask(word, _) => write!(f, "`{word}` has neither a length nor a mask"),
            HbaProblemKind::BadMask(word) => write!(f, "`{word}` stands where the IP mask is expected"),
            HbaProblemKind::MaskFamily => f.write_str("address and mask are of different families"),
            HbaProblemKind::NameWithLength(word, _) => write!(f, "`{word}` is a host name with a mask length"),
            HbaProblemKind::Brackets(word) => write!(f, "an address takes no brackets, write `{word}`"),
            HbaProblemKind::UnknownMethod(word, _) => write!(f, "`{word}` is no authentication method"),
            HbaProblemKind::MethodOnType(word, on) => write!(f, "`{word}` goes only with {on} lines"),
            HbaProblemKind::NoOption(word) => write!(f, "`{word}` behind the method is no `name=value`"),
            HbaProblemKind::UnknownOption(word) => write!(f, "`{word}` is no option"),
            HbaProblemKind::BadRegex(word, why) => write!(f, "`{word}` is no regular expression: {why}"),
            HbaProblemKind::OptionNotHere(word, with) => write!(f, "option `{word}` goes only with {with}"),
            HbaProblemKind::ClientCert(word) => write!(f, "`clientcert={word}` is gone since PostgreSQL 14"),
            HbaProblemKind::OptionMissing(word, need) => write!(f, "method `{word}` needs {need}"),
            HbaProblemKind::NeedsVersion(word, version) => write!(f, "`{word}` needs PostgreSQL {version}"),
        }
    }
}

impl ConnectionType {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionType::Local => "local",
            ConnectionType::Host => "host",
            ConnectionType::HostSsl => "hostssl",
            ConnectionType::HostNoSsl => "hostnossl",
            ConnectionType::HostGssEnc => "hostgssenc",
            ConnectionType::HostNoGssEnc => "hostnogssenc",
        }
    }

    /// The type with this name; names are in lower case only.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// All of them.
    pub const ALL: [ConnectionType; 6] = [
        ConnectionType::Local,
        ConnectionType::Host,
        ConnectionType::HostSsl,
        ConnectionType::HostNoSsl,
        ConnectionType::HostGssEnc,
        ConnectionType::HostNoGssEnc,
    ];
}

/// The methods PostgreSQL knows.
pub const METHODS: &[&str] = &[
    "trust",
    "reject",
    "md5",
    "password",
    "scram-sha-256",
    "gss",
    "sspi",
    "ident",
    "peer",
    "pam",
    "bsd",
    "ldap",
    "radius",
    "cert",
    "oauth",
];

const OPTIONS: &[&str] = &[
    "map",
    "clientcert",
    "clientname",
    "pamservice",
    "pam_use_hostname",
    "ldapurl",
    "ldaptls",
    "ldapscheme",
    "ldapserver",
    "ldapport",
    "ldapbinddn",
    "ldapbindpasswd",
    "ldapsearchattribute",
    "ldapsearchfilter",
    "ldapbasedn",
    "ldapprefix",
    "ldapsuffix",
    "krb_realm",
    "include_realm",
    "compat_realm",
    "upn_username",
    "radiusservers",
    "radiussecrets",
    "radiusports",
    "radiusidentifiers",
    "issuer",
    "scope",
    "validator",
    "delegate_ident_mapping",
];

/// The method that a word is, or was meant to be.
fn meant_method(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase().replace('_', "-");
    match lower.as_str() {
        "scram" | "scram-sha256" | "scramsha256" | "scram-sha-256" => Some("scram-sha-256"),
        lower => METHODS
            .iter()
            .copied()
            .find(|known| *known == lower)
            .or_else(|| confvet_core::did_you_mean(lower, METHODS.iter().copied())),
    }
}

struct Token<'a> {
    text: CompactString,
    quoted: bool,
    /// A comma joins it to the word before it: both are one field.
    joined: bool,
    range: Range<usize>,
    source: &'a str,
}

/// The words of a line that were not looked at yet.
struct Rest<'t, 's>(&'t [Token<'s>]);

impl<'t, 's> Rest<'t, 's> {
    /// The next field: a word, or several with commas between them.
    fn next(&mut self) -> Option<&'t [Token<'s>]> {
        let (_, behind) = self.0.split_first()?;
        let more = behind.iter().take_while(|token| token.joined).count();
        let (field, rest) = self.0.split_at(1 + more);
        self.0 = rest;
        Some(field)
    }
}

impl Token<'_> {
    fn is_unknown(&self) -> bool {
        has_placeholder(self.source)
    }

    fn is_word(&self, word: &str) -> bool {
        !self.quoted && self.text == word
    }
}

/// Stands in front of what was filled in for a placeholder; it is for private use and no configuration holds it.
pub(crate) const FILLER: char = '\u{e000}';

/// Does a text hold something that a template engine or a shell fills in later?
pub fn has_placeholder(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut bars = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'{' | b'$', Some(b'{')) | (b'<', Some(b'%')) => return true,
            (b'_', Some(b'_')) => {
                (bars, at) = (bars + 1, at + 1);
                if bars == 2 {
                    return true;
                }
            }
            (0xee, Some(0x80)) if bytes.get(at + 2) == Some(&0x80) => return true,
            _ => {}
        }
        at += 1;
    }
    false
}

/// The words of a line.
fn words<'a>(line: &'a str, mask: &str) -> Vec<Token<'a>> {
    let bytes = mask.as_bytes();
    let mut at = 0;
    let mut tokens: Vec<Token<'a>> = Vec::with_capacity(6);
    let mut goes_on = false;
    loop {
        while at < bytes.len() {
            match bytes[at] {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => at += 1,
                b'\\' if bytes.get(at + 1) == Some(&b'\n') => at += 2,
                _ => break,
            }
        }
        if at >= bytes.len() || bytes[at] == b'#' {
            return tokens;
        }
        let start = at;
        let mut text = CompactString::default();
        let (mut in_quote, mut was_quote, mut comma) = (false, false, false);
        let mut chunk = at;
        let quoted = bytes[at] == b'"';
        while at < bytes.len() {
            let byte = bytes[at];
            if byte == b'\\' && bytes.get(at + 1) == Some(&b'\n') {
                text.push_str(&line[chunk..at]);
                at += 2;
                chunk = at;
                continue;
            }
            if !in_quote && (matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'#')) {
                comma = byte == b',';
                break;
            }
            if byte == b'"' {
                text.push_str(&line[chunk..at]);
                chunk = at + 1;
                if was_quote {
                    text.push('"');
                }
                in_quote = !in_quote;
                was_quote = !in_quote && !was_quote;
            } else {
                was_quote = false;
            }
            at += 1;
        }
        text.push_str(&line[chunk.min(at)..at]);
        tokens.push(Token { text, quoted, joined: goes_on, range: start..at, source: &line[start..at] });
        if comma {
            at += 1;
        }
        goes_on = comma;
    }
}

/// The blanks and the like inside `{{ … }}` must not end a word.
fn masked(line: &str) -> Cow<'_, str> {
    if !line.contains("{{") {
        return Cow::Borrowed(line);
    }
    let mut text = line.to_owned();
    let mut from = 0;
    while let Some(start) = text[from..].find("{{").map(|at| at + from) {
        let Some(end) = text[start..].find("}}").map(|at| at + start + 2) else { break };
        text.replace_range(start..end, &"_".repeat(end - start));
        from = end;
    }
    Cow::Owned(text)
}

/// Reads one line. `place` says where a range of its bytes stands; `major` is PostgreSQL's major version, if known.
/// `None` for empty lines and comments.
pub fn read_line(text: &str, span: Span, place: &dyn Fn(Range<usize>) -> Span, major: Option<u16>) -> Option<HbaLine> {
    let mask = masked(text);
    let tokens = words(text, &mask);
    tokens.first()?;
    let mut reader = Reader { place, major, problems: Vec::new(), secrets: Vec::new(), end: text.len() };
    let record = reader.record(&tokens);
    let Reader { problems, secrets, .. } = reader;
    let record = record.filter(|_| problems.iter().all(|problem| problem.kind.may_pass(major)));
    let mut shown = text.to_owned();
    for range in secrets.iter().rev() {
        shown.replace_range(range.clone(), "***");
    }
    let secrets = secrets.into_iter().map(place).collect();
    Some(HbaLine { span, text: shown.trim().to_owned(), record, covered_by: None, problems, secrets })
}

impl HbaProblemKind {
    /// Is the line good for some version, and the version unknown?
    pub fn may_pass(&self, major: Option<u16>) -> bool {
        major.is_none() && matches!(self, HbaProblemKind::ClientCert(_) | HbaProblemKind::NeedsVersion(..))
    }
}

struct Reader<'a> {
    place: &'a dyn Fn(Range<usize>) -> Span,
    major: Option<u16>,
    problems: Vec<HbaProblem>,
    secrets: Vec<Range<usize>>,
    end: usize,
}

impl Reader<'_> {
    fn problem<T>(&mut self, range: Range<usize>, kind: HbaProblemKind) -> Option<T> {
        self.problems.push(HbaProblem { span: (self.place)(range), kind });
        None
    }

    fn single<'t, 's>(&mut self, field: Option<&'t [Token<'s>]>, what: &'static str) -> Option<&'t Token<'s>> {
        let Some(field) = field else {
            return self.problem(self.end..self.end, HbaProblemKind::EndsBefore(what));
        };
        if field.len() > 1 {
            let range = field[0].range.start..field[field.len() - 1].range.end;
            let values = field.iter().map(|token| token.source.to_owned()).collect();
            return self.problem(range, HbaProblemKind::Several(what, values));
        }
        field.first()
    }

    fn names(&mut self, field: Option<&[Token<'_>]>, what: &'static str) -> Option<Vec<HbaName>> {
        let Some(field) = field else {
            return self.problem(self.end..self.end, HbaProblemKind::EndsBefore(what));
        };
        let name = |token: &Token<'_>| HbaName {
            text: token.text.clone(),
            quoted: token.quoted,
            span: (self.place)(token.range.clone()),
        };
        for token in field.iter().filter(|token| !token.quoted && token.text.starts_with('/')) {
            if let Some(why) = regex_fault(&token.text[1..]).filter(|_| self.major.is_some_and(|major| major >= 16)) {
                let kind = HbaProblemKind::BadRegex(token.text.to_string(), why);
                self.problem::<()>(token.range.clone(), kind);
            }
        }
        Some(field.iter().map(name).collect())
    }

    fn record(&mut self, tokens: &[Token<'_>]) -> Option<HbaRecord> {
        let mut rest = Rest(tokens);
        let kind = self.single(rest.next(), "connection type")?;
        let connection = match ConnectionType::find(&kind.text) {
            Some(connection) => connection,
            None if kind.is_unknown() => return None,
            None if matches!(&*kind.text, "include" | "include_if_exists" | "include_dir") => {
                if self.major.is_none_or(|major| major < 16) {
                    self.problem::<()>(kind.range.clone(), HbaProblemKind::NeedsVersion(kind.text.to_string(), 16));
                }
                return None;
            }
            None => {
                let lower = kind.text.to_ascii_lowercase();
                let meant = ConnectionType::find(&lower).map(ConnectionType::as_str).or_else(|| {
                    confvet_core::did_you_mean(&lower, ConnectionType::ALL.iter().map(|kind| kind.as_str()))
                });
                return self.problem(kind.range.clone(), HbaProblemKind::UnknownType(kind.text.to_string(), meant));
            }
        };
        let databases = self.names(rest.next(), "database")?;
        let users = self.names(rest.next(), "user")?;
        let span = (self.place)(kind.range.clone());
        let mut address = Spanned::new(HbaAddress::All, span);
        let mut address_text = CompactString::default();
        if connection != ConnectionType::Local {
            let token = self.single(rest.next(), "address")?;
            let span = (self.place)(token.range.clone());
            address_text = CompactString::from(token.source);
            let (value, wants_mask) = self.address(token)?;
            address = Spanned::new(value, span);
            if let Some(ip) = wants_mask {
                let host_length = if ip.is_ipv4() { 32 } else { 128 };
                let no_mask = HbaProblemKind::NoMask(token.text.to_string(), host_length);
                let Some(field) = rest.next() else {
                    return self.problem(token.range.clone(), HbaProblemKind::EndsBefore("IP mask"));
                };
                let mask = self.single(Some(field), "IP mask")?;
                if mask.is_unknown() {
                    address.value = HbaAddress::Unknown;
                } else {
                    match literal(&mask.text) {
                        Some(mask) if mask.is_ipv4() == ip.is_ipv4() => {
                            address.value = HbaAddress::Network { address: ip, mask };
                        }
                        Some(_) => return self.problem(mask.range.clone(), HbaProblemKind::MaskFamily),
                        None if meant_method(&mask.text).is_some() => {
                            self.problem::<()>(token.range.clone(), no_mask);
                            return self.method(mask, connection).and(None);
                        }
                        None => {
                            let kind = HbaProblemKind::BadMask(mask.text.to_string());
                            return self.problem(mask.range.clone(), kind);
                        }
                    }
                }
            }
        }
        let method = self.single(rest.next(), "method")?;
        let method = self.method(method, connection)?;
        let mut options = Vec::new();
        for token in rest.0 {
            self.option(token, connection, &method.value, &mut options);
        }
        self.needed_options(&method, &options);
        Some(HbaRecord {
            connection: Spanned::new(connection, span),
            databases,
            users,
            address,
            address_text,
            method,
            options,
        })
    }

    /// The address, and the IP that still needs a mask.
    fn address(&mut self, token: &Token<'_>) -> Option<(HbaAddress, Option<IpAddr>)> {
        for (word, address) in
            [("all", HbaAddress::All), ("samehost", HbaAddress::SameHost), ("samenet", HbaAddress::SameNet)]
        {
            if token.is_word(word) {
                return Some((address, None));
            }
        }
        let text = &token.text;
        if token.is_unknown() {
            return Some((HbaAddress::Unknown, None));
        }
        let (host, length) = text.split_once('/').map_or((text.as_str(), None), |(host, length)| (host, Some(length)));
        if let Some(ip) = literal(host) {
            let Some(length) = length else { return Some((HbaAddress::Unknown, Some(ip))) };
            return match mask_of_length(ip, length) {
                Some(mask) => Some((HbaAddress::Network { address: ip, mask }, None)),
                None => self.problem(token.range.clone(), HbaProblemKind::BadLength(text.to_string())),
            };
        }
        if let Some(bare) =
            host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|ip| literal(ip).is_some())
        {
            let length = length.unwrap_or("128");
            let plain = format!("{bare}/{length}");
            return self.problem(token.range.clone(), HbaProblemKind::Brackets(plain));
        }
        if length.is_some() {
            let kind = HbaProblemKind::NameWithLength(text.to_string(), host.to_owned());
            return self.problem(token.range.clone(), kind);
        }
        Some((HbaAddress::Name(CompactString::from(host)), None))
    }

    fn method(&mut self, token: &Token<'_>, connection: ConnectionType) -> Option<Spanned<CompactString>> {
        let method = &token.text;
        let span = (self.place)(token.range.clone());
        if token.is_unknown() {
            return None;
        }
        if !METHODS.contains(&method.as_str()) {
            let meant = meant_method(method);
            return self.problem(token.range.clone(), HbaProblemKind::UnknownMethod(method.to_string(), meant));
        }
        let wrong = match method.as_str() {
            "peer" if connection != ConnectionType::Local => Some("`local`"),
            "gss" | "sspi" if connection == ConnectionType::Local => Some("`host`"),
            "cert" if connection != ConnectionType::HostSsl => Some("`hostssl`"),
            _ => None,
        };
        if let Some(on) = wrong {
            return self.problem(token.range.clone(), HbaProblemKind::MethodOnType(method.to_string(), on));
        }
        if method == "oauth" && self.major.is_none_or(|major| major < 18) {
            self.problem::<()>(token.range.clone(), HbaProblemKind::NeedsVersion(method.to_string(), 18));
        }
        Some(Spanned::new(method.clone(), span))
    }

    fn option(
        &mut self,
        token: &Token<'_>,
        connection: ConnectionType,
        method: &str,
        options: &mut Vec<(CompactString, CompactString)>,
    ) {
        if token.is_unknown() {
            return;
        }
        let Some((name, value)) = token.text.split_once('=') else {
            self.problem::<()>(token.range.clone(), HbaProblemKind::NoOption(token.text.to_string()));
            return;
        };
        let kind = match name {
            "clientcert" if connection != ConnectionType::HostSsl => {
                Some(HbaProblemKind::OptionNotHere(name.to_owned(), "`hostssl`"))
            }
            "clientcert" if !matches!(value, "verify-ca" | "verify-full") => match value {
                "0" | "1" | "no-verify" if self.major.is_some_and(|major| major < 14) => None,
                _ => Some(HbaProblemKind::ClientCert(value.to_owned())),
            },
            "map" if !matches!(method, "ident" | "peer" | "gss" | "sspi" | "cert" | "oauth") => {
                Some(HbaProblemKind::OptionNotHere(name.to_owned(), "ident, peer, gss, sspi and cert"))
            }
            "clientname" if self.major.is_none_or(|major| major < 14) => {
                Some(HbaProblemKind::NeedsVersion(name.to_owned(), 14))
            }
            name if name.starts_with("ldap") && OPTIONS.contains(&name) && method != "ldap" => {
                Some(HbaProblemKind::OptionNotHere(name.to_owned(), "ldap"))
            }
            name if name.starts_with("radius") && OPTIONS.contains(&name) && method != "radius" => {
                Some(HbaProblemKind::OptionNotHere(name.to_owned(), "radius"))
            }
            name if !OPTIONS.contains(&name) => Some(HbaProblemKind::UnknownOption(name.to_owned())),
            _ => None,
        };
        if let Some(kind) = kind {
            self.problem::<()>(token.range.clone(), kind);
        }
        let is_secret = matches!(name, "ldapbindpasswd" | "radiussecrets");
        if is_secret {
            self.secrets.push(token.range.clone());
        }
        options.push((CompactString::from(name), CompactString::from(if is_secret { "***" } else { value })));
    }

    fn needed_options(&mut self, method: &Spanned<CompactString>, options: &[(CompactString, CompactString)]) {
        let has = |names: &[&str]| options.iter().any(|(name, _)| names.contains(&name.as_str()));
        let missing = match method.value.as_str() {
            "ldap" if !has(&["ldapserver", "ldapurl"]) => Some("`ldapserver`"),
            "ldap" if !has(&["ldapbasedn", "ldapprefix", "ldapsuffix", "ldapurl"]) => {
                Some("one of `ldapbasedn`, `ldapprefix`, `ldapsuffix`")
            }
            "radius" if !has(&["radiusservers"]) => Some("`radiusservers`"),
            "radius" if !has(&["radiussecrets"]) => Some("`radiussecrets`"),
            "oauth" if !has(&["scope"]) => Some("`scope`"),
            "oauth" if !has(&["issuer"]) => Some("`issuer`"),
            _ => None,
        };
        if let Some(need) = missing {
            let kind = HbaProblemKind::OptionMissing(method.value.to_string(), need);
            self.problems.push(HbaProblem { span: method.span, kind });
        }
    }
}

/// What visibly keeps a regular expression from compiling; PostgreSQL may find more.
fn regex_fault(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    let mut may_repeat = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if at + 1 == bytes.len() => return Some("it ends in a backslash"),
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' if depth == 0 => return Some("a parenthesis is closed that was not opened"),
            b')' => depth -= 1,
            b'[' => {
                // A closing bracket in the first place stands for itself.
                let body = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'^'));
                let from = body + usize::from(bytes.get(body) == Some(&b']'));
                match bytes[from.min(bytes.len())..].iter().position(|&byte| byte == b']') {
                    Some(length) => at = from + length,
                    None => return Some("a bracket is not closed"),
                }
            }
            b'*' | b'+' | b'?' if !may_repeat => return Some("there is nothing to repeat"),
            _ => {}
        }
        may_repeat = !matches!(byte, b'(' | b'|' | b'^');
        at += 1;
    }
    (depth > 0).then_some("a parenthesis is not closed")
}

/// An IP literal as C's `inet_aton` and `inet_pton` read it: `10.1` is 10.0.0.1, `010.0.0.1` is 8.0.0.1.
pub fn literal(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        let bare = text.split_once('%').map_or(text, |(address, _)| address);
        return bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let mut parts = [0_u64; 4];
    let mut count = 0;
    for part in text.split('.') {
        let (digits, radix) = match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
            Some(hex) => (hex, 16),
            None if part.len() > 1 && part.starts_with('0') => (&part[1..], 8),
            None => (part, 10),
        };
        if digits.is_empty() || digits.starts_with('+') {
            return None;
        }
        *parts.get_mut(count)? = u64::from_str_radix(digits, radix).ok()?;
        count += 1;
    }
    let last = parts[count - 1];
    let bytes_in_last = 5 - count;
    if parts[..count - 1].iter().any(|&part| part > 255) || last >= 1_u64 << (8 * bytes_in_last) {
        return None;
    }
    let mut value = last;
    for (index, part) in parts[..count - 1].iter().enumerate() {
        value |= part << (24 - 8 * index);
    }
    Some(IpAddr::V4(Ipv4Addr::from(u32::try_from(value).ok()?)))
}

fn mask_of_length(ip: IpAddr, length: &str) -> Option<IpAddr> {
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let length: u32 = length.parse().ok()?;
    match ip {
        IpAddr::V4(_) if length <= 32 => {
            Some(IpAddr::V4(Ipv4Addr::from(u32::MAX.checked_shl(32 - length).unwrap_or(0))))
        }
        IpAddr::V6(_) if length <= 128 => {
            Some(IpAddr::V6(Ipv6Addr::from(u128::MAX.checked_shl(128 - length).unwrap_or(0))))
        }
        _ => None,
    }
}

/// Reads a pg_hba.conf: every line that is neither empty nor a comment. From PostgreSQL 14 on a backslash at the end of a
/// line continues it.
pub fn read_file(file: confvet_core::FileId, text: &str, major: Option<u16>) -> Vec<HbaLine> {
    let continues = major.is_none_or(|major| major >= 14);
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at <= bytes.len() {
        let ends = at == bytes.len() || bytes[at] == b'\n';
        if ends && !(continues && at < bytes.len() && at > start && bytes[at - 1] == b'\\') {
            let line = text[start..at].trim_end_matches('\r');
            let span = Span::new(file, start..start + line.trim_end().len());
            let place = |range: Range<usize>| Span::new(file, start + range.start..start + range.end);
            lines.extend(read_line(line, span, &place, major));
            start = at + 1;
        }
        at += 1;
    }
    find_covers(&mut lines);
    lines
}

/// Keeps this many lines for each combination of database, user and address: more are alike.
const ALIKE: usize = 4;
/// Lines with longer lists of names are compared with each other one by one, and no more of them than this.
const LONG: usize = 64;

/// Hashes the parts of a line by which an earlier one that covers it is found.
struct Key(u64);

impl Key {
    fn of(database: &HbaName, user: &HbaName) -> Self {
        Key(0xcbf2_9ce4_8422_2325)
            .add(database.text.as_bytes())
            .add(&[u8::from(database.quoted)])
            .add(user.text.as_bytes())
            .add(&[u8::from(user.quoted), 1])
    }

    fn add(self, bytes: &[u8]) -> Self {
        Key(bytes.iter().fold(self.0, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn with(&self, connection: ConnectionType, address: u128, mask: u128, family: u8) -> u64 {
        let start = Key(self.0).add(&[connection as u8, family]);
        let mut hash = start.0;
        for half in [address as u64, (address >> 64) as u64, mask as u64, (mask >> 64) as u64] {
            hash = (hash ^ half).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
        }
        hash
    }
}

/// Networks as numbers; anything else by its words.
fn address_key(address: &HbaAddress) -> Option<(u128, u128, u8)> {
    Some(match address {
        HbaAddress::All => (0, 0, 0),
        HbaAddress::Network { address: IpAddr::V4(address), mask: IpAddr::V4(mask) } => {
            (u128::from(u32::from(*address) & u32::from(*mask)), u128::from(u32::from(*mask)), 4)
        }
        HbaAddress::Network { address: IpAddr::V6(address), mask: IpAddr::V6(mask) } => {
            (u128::from(*address) & u128::from(*mask), u128::from(*mask), 6)
        }
        HbaAddress::SameHost => (1, 0, 0),
        HbaAddress::SameNet => (2, 0, 0),
        HbaAddress::Name(name) => (u128::from(Key(0xcbf2_9ce4_8422_2325).add(name.as_bytes()).0), 1, 0),
        HbaAddress::Network { .. } | HbaAddress::Unknown => return None,
    })
}

/// Says of each line which earlier one covers it, if a single one does. Earlier lines are looked up by what they would
/// have to be, so that lists of many thousand lines take no longer than their length.
pub(crate) fn find_covers(lines: &mut [HbaLine]) {
    let all = HbaName {
        text: CompactString::const_new("all"),
        quoted: false,
        span: Span::new(confvet_core::FileId(0), 0..0),
    };
    let mut places: HashMap<u64, Vec<u32>, Hashed> = HashMap::default();
    let mut pairs: HashSet<u64, Hashed> = HashSet::default();
    let mut masks: Vec<(u128, u8)> = Vec::new();
    let mut long: Vec<u32> = Vec::new();
    for index in 0..lines.len() {
        let Some(later) = &lines[index].record else { continue };
        let (Some(database), Some(user)) = (later.databases.first(), later.users.first()) else { continue };
        let key = address_key(&later.address.value);
        let mut found: Option<u32> = None;
        let mut look = |candidates: &[u32]| {
            let covers = |&&at: &&u32| lines[at as usize].record.as_ref().is_some_and(|first| first.covers(later));
            if let Some(&at) = candidates.iter().find(covers) {
                found = Some(found.map_or(at, |best| best.min(at)));
            }
        };
        for (database, user) in [(database, user), (&all, user), (database, &all), (&all, &all)] {
            let pair = Key::of(database, user);
            if !pairs.contains(&pair.0) {
                continue;
            }
            let kinds = [later.connection.value, ConnectionType::Host];
            let count = if kinds[0] == kinds[1] || kinds[0] == ConnectionType::Local { 1 } else { 2 };
            for &kind in &kinds[..count] {
                let mut ask = |address, mask, family| {
                    if let Some(candidates) = places.get(&pair.with(kind, address, mask, family)) {
                        look(candidates);
                    }
                };
                ask(0, 0, 0);
                let Some((address, mask, family)) = key else { continue };
                if family == 0 {
                    ask(address, mask, family);
                    continue;
                }
                for &(wide, _) in masks.iter().filter(|(wide, of)| *of == family && wide & mask == *wide) {
                    ask(address & wide, wide, family);
                }
            }
        }
        look(&long);
        let at = u32::try_from(index).unwrap_or(u32::MAX);
        if let Some((address, mask, family)) = key {
            if later.databases.len() * later.users.len() > LONG {
                if long.len() < LONG {
                    long.push(at);
                }
            } else {
                for database in &later.databases {
                    for user in &later.users {
                        let pair = Key::of(database, user);
                        let alike = places.entry(pair.with(later.connection.value, address, mask, family)).or_default();
                        if alike.len() < ALIKE {
                            alike.push(at);
                        }
                        pairs.insert(pair.0);
                    }
                }
            }
            if family != 0 && !masks.contains(&(mask, family)) && masks.len() < 256 {
                masks.push((mask, family));
            }
        }
        lines[index].covered_by = found;
    }
}

/// A connection that somebody wants to make.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a> {
    /// The database; `None` for physical replication.
    pub database: Option<&'a str>,
    /// The user.
    pub user: &'a str,
    /// The address it comes from; `None` for the Unix socket.
    pub from: Option<IpAddr>,
    /// Does the server offer TLS, and could the client use it? `None` when that is not known.
    pub tls: Option<bool>,
}

/// What a line makes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The line decides.
    Matches,
    /// The line is passed over.
    Passes,
    /// It cannot be said.
    Unknown,
}

impl HbaName {
    /// Is it this keyword, with its meaning?
    pub fn is_keyword(&self, word: &str) -> bool {
        !self.quoted && self.text == word
    }

    /// The keyword that it looks like and is not: in quotes, or in other case.
    pub fn disguised_keyword(&self) -> Option<&'static str> {
        let keyword = ["all", "replication", "sameuser", "samerole"]
            .into_iter()
            .find(|word| self.text.eq_ignore_ascii_case(word))?;
        (self.quoted || self.text != keyword).then_some(keyword)
    }

    /// Does it need more than the name to be decided: a group, a regular expression, a file?
    pub fn is_open(&self) -> bool {
        has_placeholder(&self.text) || (!self.quoted && self.text.starts_with(['+', '/', '@']))
    }

    fn covers(&self, other: &HbaName) -> bool {
        self == other || (self.text == other.text && self.quoted == other.quoted)
    }
}

impl HbaAddress {
    /// The network, with the bits below the mask cleared, for comparisons.
    pub fn contains(&self, ip: IpAddr) -> Verdict {
        match self {
            HbaAddress::All => Verdict::Matches,
            HbaAddress::Network { address, mask } => match (*address, *mask, ip) {
                (IpAddr::V4(address), IpAddr::V4(mask), IpAddr::V4(ip)) => {
                    verdict(u32::from(address) & u32::from(mask) == u32::from(ip) & u32::from(mask))
                }
                (IpAddr::V6(address), IpAddr::V6(mask), IpAddr::V6(ip)) => {
                    verdict(u128::from(address) & u128::from(mask) == u128::from(ip) & u128::from(mask))
                }
                _ => Verdict::Passes,
            },
            HbaAddress::SameHost if ip.is_loopback() => Verdict::Matches,
            HbaAddress::SameHost | HbaAddress::SameNet | HbaAddress::Name(_) | HbaAddress::Unknown => Verdict::Unknown,
        }
    }

    /// Never another machine: a part of 127.0.0.0/8, `::1`, `localhost`, `samehost`.
    pub fn is_confined(&self) -> bool {
        match self {
            HbaAddress::Network { address: IpAddr::V4(address), mask: IpAddr::V4(mask) } => {
                address.is_loopback() && u32::from(*mask) >= 0xff00_0000
            }
            HbaAddress::Network { address: IpAddr::V6(address), mask: IpAddr::V6(mask) } => {
                address.is_loopback() && u128::from(*mask) == u128::MAX
            }
            HbaAddress::Name(name) => name == "localhost",
            HbaAddress::SameHost => true,
            _ => false,
        }
    }

    /// Length 0 on an address that is not zero itself: everybody, though one is named.
    pub fn is_zero_mask_of_host(&self) -> bool {
        matches!(self, HbaAddress::Network { address, mask } if mask.is_unspecified() && !address.is_unspecified())
    }

    fn covers(&self, other: &HbaAddress) -> bool {
        match (self, other) {
            (HbaAddress::Unknown, _) | (_, HbaAddress::Unknown) => false,
            (HbaAddress::All, _) => true,
            (
                HbaAddress::Network { address: IpAddr::V4(a), mask: IpAddr::V4(wide) },
                HbaAddress::Network { address: IpAddr::V4(b), mask: IpAddr::V4(narrow) },
            ) => {
                let (wide, narrow) = (u32::from(*wide), u32::from(*narrow));
                wide & narrow == wide && u32::from(*a) & wide == u32::from(*b) & wide
            }
            (
                HbaAddress::Network { address: IpAddr::V6(a), mask: IpAddr::V6(wide) },
                HbaAddress::Network { address: IpAddr::V6(b), mask: IpAddr::V6(narrow) },
            ) => {
                let (wide, narrow) = (u128::from(*wide), u128::from(*narrow));
                wide & narrow == wide && u128::from(*a) & wide == u128::from(*b) & wide
            }
            _ => self == other,
        }
    }
}

fn verdict(matches: bool) -> Verdict {
    if matches { Verdict::Matches } else { Verdict::Passes }
}

/// One of several names: matches if one does.
fn any(names: &[HbaName], matches: impl Fn(&HbaName) -> bool) -> Verdict {
    if names.iter().any(matches) {
        return Verdict::Matches;
    }
    if names.iter().any(HbaName::is_open) { Verdict::Unknown } else { Verdict::Passes }
}

fn all_of(verdicts: [Verdict; 4]) -> Verdict {
    if verdicts.contains(&Verdict::Passes) {
        return Verdict::Passes;
    }
    if verdicts.contains(&Verdict::Unknown) { Verdict::Unknown } else { Verdict::Matches }
}

impl HbaRecord {
    /// Does it refuse what it matches?
    pub fn rejects(&self) -> bool {
        self.method.value == "reject"
    }

    /// A host with a mask of zero in a word of its own: one host is named, every one is meant.
    pub fn is_host_with_zero_mask(&self) -> bool {
        !self.address_text.contains('/') && self.address.value.is_zero_mask_of_host()
    }

    /// The network a line really matches, where bits below the mask are set: `10.0.0.17/16` is 10.0.0.0/16.
    pub fn network_without_host_bits(&self) -> Option<String> {
        let (_, length) = self.address_text.split_once('/')?;
        let HbaAddress::Network { address, mask } = self.address.value else { return None };
        let network = match (address, mask) {
            (IpAddr::V4(address), IpAddr::V4(mask)) => IpAddr::V4(Ipv4Addr::from(u32::from(address) & u32::from(mask))),
            (IpAddr::V6(address), IpAddr::V6(mask)) => {
                IpAddr::V6(Ipv6Addr::from(u128::from(address) & u128::from(mask)))
            }
            _ => return None,
        };
        (network != address && !mask.is_unspecified()).then(|| format!("{network}/{length}"))
    }

    /// The length of the mask.
    pub fn mask_length(&self) -> Option<u32> {
        match self.address.value {
            HbaAddress::Network { mask: IpAddr::V4(mask), .. } => Some(u32::from(mask).leading_ones()),
            HbaAddress::Network { mask: IpAddr::V6(mask), .. } => Some(u128::from(mask).leading_ones()),
            _ => None,
        }
    }

    /// The address in front of a length of zero, where it is not zero itself: one host is named, every one is meant.
    pub fn host_with_zero_length(&self) -> Option<&str> {
        let host = self.address_text.strip_suffix("/0")?;
        match self.address.value {
            HbaAddress::Unknown => Some(host),
            _ => self.address.value.is_zero_mask_of_host().then_some(host),
        }
    }

    /// A network whose short or octal spelling PostgreSQL reads otherwise than people do: what it looks like, and what it
    /// is. `10/8` looks like 10.0.0.0/8 and is 0.0.0.10/8.
    pub fn misread_network(&self) -> Option<(String, String)> {
        let HbaAddress::Network { address: IpAddr::V4(address), .. } = self.address.value else { return None };
        let (host, length) = self.address_text.split_once('/')?;
        let mut octets = [0_u8; 4];
        for (index, part) in host.split('.').enumerate() {
            *octets.get_mut(index)? = part.parse().ok()?;
        }
        let looks = Ipv4Addr::from(octets);
        (looks != address).then(|| (format!("{looks}/{length}"), format!("{address}/{length}")))
    }

    /// A mask in a word of its own with bits that are not contiguous, such as `32` for 0.0.0.32.
    pub fn odd_mask(&self) -> Option<IpAddr> {
        let HbaAddress::Network { mask, .. } = self.address.value else { return None };
        let odd = match mask {
            IpAddr::V4(mask) => u32::from(mask).leading_ones() != u32::from(mask).count_ones(),
            IpAddr::V6(mask) => u128::from(mask).leading_ones() != u128::from(mask).count_ones(),
        };
        odd.then_some(mask)
    }

    /// Is the address read as a host name that no host can have: `*`, `any`, a range, a keyword in capitals?
    pub fn is_impossible_name(&self) -> bool {
        let HbaAddress::Name(name) = &self.address.value else { return false };
        let range = name.split_once('-').is_some_and(|(from, _)| from.contains('.') && literal(from).is_some());
        let keyword = ["all", "samehost", "samenet", "any"].iter().any(|word| name.eq_ignore_ascii_case(word));
        range || keyword || name.contains('*') || name.starts_with('-') || name.ends_with('-')
    }

    /// Does it speak of physical replication?
    pub fn is_for_replication(&self) -> bool {
        self.databases.iter().any(|name| name.is_keyword("replication"))
    }

    /// Does it match connections of this user?
    pub fn names_user(&self, user: &str) -> Verdict {
        any(&self.users, |name| name.is_keyword("all") || name.text == user && !name.is_open())
    }

    /// Does it match connections of a user to this database?
    pub fn names_database(&self, database: &str, user: &str) -> Verdict {
        any(&self.databases, |name| {
            name.is_keyword("all")
                || (name.is_keyword("sameuser") && user == database)
                || (!name.is_keyword("replication") && !name.is_open() && name.text == database)
        })
    }

    /// What it makes of a connection.
    pub fn judge(&self, connection: &Connection<'_>) -> Verdict {
        let kind = match (self.connection.value, connection.from) {
            (ConnectionType::Local, None) | (ConnectionType::Host | ConnectionType::HostNoGssEnc, Some(_)) => {
                Verdict::Matches
            }
            (ConnectionType::HostSsl, Some(_)) => connection.tls.map_or(Verdict::Unknown, verdict),
            (ConnectionType::HostNoSsl, Some(_)) => match connection.tls {
                Some(false) => Verdict::Matches,
                _ => Verdict::Unknown,
            },
            _ => Verdict::Passes,
        };
        let database = match connection.database {
            None => any(&self.databases, |name| name.is_keyword("replication")),
            Some(database) => self.names_database(database, connection.user),
        };
        let address = connection.from.map_or(Verdict::Matches, |ip| self.address.value.contains(ip));
        all_of([kind, database, self.names_user(connection.user), address])
    }

    /// Does everything that `later` matches match this line first?
    pub fn covers(&self, later: &HbaRecord) -> bool {
        let kind = self.connection.value == later.connection.value
            || (self.connection.value == ConnectionType::Host && later.connection.value != ConnectionType::Local);
        let replication = later.is_for_replication();
        let databases = self.databases.iter().any(|name| name.is_keyword("all")) && !replication
            || later.databases.iter().all(|name| self.databases.iter().any(|own| own.covers(name)));
        let users = self.users.iter().any(|name| name.is_keyword("all"))
            || later.users.iter().all(|name| self.users.iter().any(|own| own.covers(name)));
        kind && databases && users && self.address.value.covers(&later.address.value)
    }
}

/// What the first matching line of a list does.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    /// The line lets the connection in, if the method is satisfied.
    Admitted(&'a HbaLine),
    /// The line rejects it.
    Rejected(&'a HbaLine),
    /// No line matches.
    NoLine,
    /// A line that cannot be decided comes first.
    Unknown,
}

/// The first match decides.
pub fn decide<'a>(lines: &'a [HbaLine], connection: &Connection<'_>) -> Outcome<'a> {
    for line in lines {
        let Some(record) = &line.record else {
            if line.problems.is_empty() {
                return Outcome::Unknown;
            }
            continue;
        };
        match record.judge(connection) {
            Verdict::Passes => {}
            Verdict::Unknown => return Outcome::Unknown,
            Verdict::Matches if record.rejects() => return Outcome::Rejected(line),
            Verdict::Matches => return Outcome::Admitted(line),
        }
    }
    Outcome::NoLine
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::FileId;

    fn line(text: &str, major: Option<u16>) -> HbaLine {
        read_file(FileId(0), text, major).remove(0)
    }

    fn problem(text: &str) -> String {
        let line = line(text, Some(15));
        line.problems.first().map(|problem| problem.kind.to_string()).unwrap_or_default()
    }

    #[test]
    fn addresses_are_read_like_inet_aton() {
        let cases = [
            ("10", "0.0.0.10"),
            ("10.1", "10.0.0.1"),
            ("192.168.1", "192.168.0.1"),
            ("172.16", "172.0.0.16"),
            ("010.0.0.1", "8.0.0.1"),
            ("::1", "::1"),
        ];
        for (text, ip) in cases {
            assert_eq!(literal(text), ip.parse().ok(), "{text}");
        }
        for text in ["*", "any", "10.0.0.1-10.0.0.9", "256.0.0.1", "1.2.3.4.5", "", "[::1]"] {
            assert_eq!(literal(text), None, "{text}");
        }
    }

    #[test]
    fn what_postgresql_15_accepts() {
        for text in [
            "local all all peer",
            "host all all 10.0.0.0/24 md5",
            "host all all 10.0.0.1 255.255.255.255 md5",
            "host all all 10.0.0.1 32 md5",
            "host a,b c, d 0.0.0.0/0 md5,",
            "host all all all md5#comment",
            "host \"all\" \"my user\" samenet scram-sha-256",
            "hostssl all all ::/0 cert clientcert=verify-full",
            "host all all .example.org reject",
            "local all all ident",
            "host all all 10.0.0.0/024 md5",
        ] {
            assert_eq!(problem(text), "", "{text}");
        }
    }

    #[test]
    fn what_postgresql_15_refuses() {
        let cases = [
            ("HOST all all 10.0.0.0/24 md5", "`HOST` is no connection type"),
            ("host all all 10.0.0.5 md5", "`10.0.0.5` has neither a length nor a mask"),
            ("host all all 10.0.0.0/33 md5", "`10.0.0.0/33` has no mask length that fits its address"),
            ("host all all pg1/32 md5", "`pg1/32` is a host name with a mask length"),
            ("host all all [::1]/128 md5", "an address takes no brackets, write `::1/128`"),
            ("host all all 127.0.0.1/32,::1/128 md5", "several values where one address is wanted"),
            ("host all all 10.0.0.0/24", "the line ends before the method"),
            ("host all all 10.0.0.0/24 peer", "`peer` goes only with `local` lines"),
            ("host all all 10.0.0.0/24 cert", "`cert` goes only with `hostssl` lines"),
            ("host all all 10.0.0.0/24 scram-sha256", "`scram-sha256` is no authentication method"),
            ("host all all 10.0.0.0/24 md5 trust", "`trust` behind the method is no `name=value`"),
            ("hostssl all all 10.0.0.0/24 md5 clientcert=1", "`clientcert=1` is gone since PostgreSQL 14"),
            ("host all all 10.0.0.0/24 oauth issuer=a scope=b", "`oauth` needs PostgreSQL 18"),
            ("- host all all 10.0.0.0/24 md5", "`-` is no connection type"),
        ];
        let regex = |text: &str| line(text, Some(16)).problems.first().map(|problem| problem.kind.to_string());
        let fault = Some("`/db(` is no regular expression: a parenthesis is not closed".to_owned());
        assert_eq!(regex("host /db( all 10.0.0.0/24 md5"), fault);
        assert_eq!(regex("host /^db[]a-c]+(x|y)?$ all 10.0.0.0/24 md5"), None);
        assert_eq!(problem("host /db( all 10.0.0.0/24 md5"), "", "a name before 16");
        for (text, expected) in cases {
            assert_eq!(problem(text), expected, "{text}");
        }
        assert!(line("hostssl all all 10.0.0.0/24 md5 clientcert=1", Some(13)).problems.is_empty());
    }

    #[test]
    fn secrets_in_options_are_masked() {
        let line = line("host all all all ldap ldapserver=a ldapbasedn=b ldapbindpasswd=hush", Some(15));
        assert_eq!(line.text, "host all all all ldap ldapserver=a ldapbasedn=b ***");
        assert_eq!(line.secrets.len(), 1);
        assert!(!serde_json::to_string(&line).unwrap().contains("hush"));
    }

    #[test]
    fn a_backslash_continues_a_line_from_14_on() {
        let text = "host all all \\\n  10.0.0.0/24 md5\n";
        assert!(line(text, Some(14)).record.is_some());
        assert!(line(text, Some(13)).record.is_none());
    }

    #[test]
    fn the_first_match_decides_and_all_is_not_replication() {
        let lines = read_file(
            FileId(0),
            "local all all peer\nhost all all 0.0.0.0/0 md5\nhost replication rep 10.0.0.0/24 md5\n",
            None,
        );
        let connection =
            |database, from: &str| Connection { database, user: "rep", from: from.parse().ok(), tls: Some(false) };
        assert!(matches!(decide(&lines, &connection(None, "10.0.0.7")), Outcome::Admitted(_)));
        assert!(matches!(decide(&lines, &connection(None, "10.0.1.7")), Outcome::NoLine));
        assert!(matches!(decide(&lines, &connection(Some("postgres"), "10.0.1.7")), Outcome::Admitted(_)));
    }
}
