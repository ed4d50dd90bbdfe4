//! Times, numbers and addresses, as HAProxy reads them.

use crate::syntax::Word;
use compact_str::CompactString;
use confvet_core::{Address, Span};
use serde::Serialize;
use std::net::Ipv4Addr;
use std::time::Duration;

/// What HAProxy makes of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// A number with a unit.
    Exact(Duration),
    /// A bare number, in the keyword's default unit.
    Bare(Duration, u64),
    /// A number with a unit and more letters, which are ignored with a warning. The length of the part that counts.
    Partly(Duration, usize),
}

impl Time {
    /// The duration.
    pub fn duration(self) -> Duration {
        match self {
            Time::Exact(duration) | Time::Bare(duration, _) | Time::Partly(duration, _) => duration,
        }
    }
}

/// The unit of a time that is a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nearly everything.
    Milliseconds,
    /// `stats refresh`, cookie `maxidle` and `maxlife`, cache `max-age`.
    Seconds,
}

/// Reads a time. `None`: HAProxy refuses it.
pub fn time(text: &str, unit: Unit) -> Option<Time> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, letters) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let units =
        [("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000)];
    let micros = |factor: u64| {
        let micros = number.checked_mul(factor)?;
        (micros / 1_000 < 1 << 31).then(|| Duration::from_micros(micros))
    };
    if letters.is_empty() {
        let factor = if unit == Unit::Seconds { 1_000_000 } else { 1_000 };
        return Some(Time::Bare(micros(factor)?, number));
    }
    let &(name, factor) = units.iter().find(|(name, _)| letters.starts_with(name))?;
    let duration = micros(factor)?;
    let rest = &letters[name.len()..];
    if rest.is_empty() {
        Some(Time::Exact(duration))
    } else if rest.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Some(Time::Partly(duration, digits + name.len()))
    } else {
        None
    }
}

/// What C's `atol()` makes of a text: the leading number, and whether that is all of it.
pub fn leading_number(text: &str) -> (i64, bool) {
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
    let number = text[..sign + digits].parse().unwrap_or(if digits == 0 { 0 } else { i64::MAX });
    (number, digits > 0 && sign + digits == text.len())
}

/// What an address points to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// An IP address or a host name; `*` and nothing are every IPv4 address.
    Inet(Address),
    /// A UNIX socket, abstract or not.
    Unix(String),
    /// An inherited descriptor, a socket pair or a reversed connection: nothing outside.
    Internal,
    /// Its text holds a variable.
    Variable,
}

/// The port of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Port {
    /// None is written.
    None,
    /// One number.
    Fixed(u16),
    /// From, to.
    Range(u16, u16),
    /// Relative to the port the client connected to.
    Relative,
    /// Its text holds a variable.
    Variable,
    /// No number, or out of range: HAProxy refuses it.
    Invalid,
}

/// One address of `bind`, `server` and the like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Where.
    pub host: Host,
    /// Which port.
    pub port: Port,
    /// `quic4@` or `quic6@`: UDP.
    pub quic: bool,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
    /// Where the host part stands.
    #[serde(skip)]
    pub host_span: Span,
    /// Where the port stands, without the colon.
    #[serde(skip)]
    pub port_span: Option<Span>,
    /// As written.
    pub text: CompactString,
}

impl Endpoint {
    /// The port, when it is one number.
    pub fn fixed_port(&self) -> Option<u16> {
        match self.port {
            Port::Fixed(port) => Some(port),
            _ => None,
        }
    }

    /// The IP address or host name.
    pub fn inet(&self) -> Option<&Address> {
        match &self.host {
            Host::Inet(address) => Some(address),
            _ => None,
        }
    }

    /// Only this machine can reach it.
    pub fn is_local(&self) -> bool {
        match &self.host {
            Host::Inet(address) => address.is_loopback(),
            Host::Unix(_) | Host::Internal => true,
            Host::Variable => false,
        }
    }

    /// A host name, which has to be resolved.
    pub fn host_name(&self) -> Option<&str> {
        match &self.host {
            Host::Inet(Address::Name(name)) => Some(name),
            _ => None,
        }
    }
}

const INTERNAL: &[&str] = &["fd@", "sockpair@", "rhttp@", "rev@"];
const UNIX: &[&str] = &["unix@", "abns@", "abnsz@", "uxst@", "uxdg@"];
const INET: &[&str] = &[
    "ipv4@", "ipv6@", "ip@", "tcp@", "tcp4@", "tcp6@", "udp@", "udp4@", "udp6@", "mptcp@", "mptcp4@", "mptcp6@",
    "quic@", "quic4@", "quic6@",
];
const KINDS: &[&str] = &["stream+", "dgram+", "quic+"];

/// Reads the address in `range` of a word.
pub fn endpoint(word: Word<'_>, range: std::ops::Range<usize>) -> Endpoint {
    let whole = word.text.get(range.clone()).unwrap_or_default();
    if let Some((address, port, colon)) = plain_address(whole.as_bytes()) {
        let part = |from: usize, to: usize| word.slice(range.start + from..range.start + to);
        return Endpoint {
            host: Host::Inet(Address::Ip(address.into())),
            port: Port::Fixed(port),
            quic: false,
            span: part(0, whole.len()),
            host_span: part(0, colon),
            port_span: Some(part(colon + 1, whole.len())),
            text: whole.into(),
        };
    }
    let mut rest = whole;
    let mut quic = false;
    // Without either there is no prefix.
    let marked = memchr::memchr2(b'@', b'+', whole.as_bytes()).is_some();
    while let Some(kind) = KINDS.iter().find(|kind| marked && rest.starts_with(**kind)) {
        quic |= *kind == "quic+";
        rest = &rest[kind.len()..];
    }
    let span = |text: &str, from: usize| word.slice(range.start + from..range.start + from + text.len());
    let make = |host, port, rest: &str, port_span, quic| Endpoint {
        host,
        port,
        quic,
        span: word.slice(range.clone()),
        host_span: span(rest, whole.len() - rest.len()),
        port_span,
        text: whole.into(),
    };
    if marked && INTERNAL.iter().any(|prefix| rest.starts_with(prefix)) {
        return make(Host::Internal, Port::None, rest, None, false);
    }
    if rest.starts_with('/') || marked && UNIX.iter().any(|prefix| rest.starts_with(prefix)) {
        return make(Host::Unix(rest.to_owned()), Port::None, rest, None, false);
    }
    if let Some(prefix) = INET.iter().find(|prefix| marked && rest.starts_with(**prefix)) {
        quic |= prefix.starts_with("quic");
        rest = &rest[prefix.len()..];
    }
    let offset = whole.len() - rest.len();
    let closes = |behind: &str| memchr::memchr2(b']', b'}', behind.as_bytes()).is_some();
    let colon = rest.rfind(':').filter(|&colon| !closes(&rest[colon..]));
    let (host, port) = colon.map_or((rest, None), |colon| (&rest[..colon], Some(&rest[colon + 1..])));
    let port_span = port.map(|port| span(port, whole.len() - port.len()));
    let port_value = port.map_or(Port::None, read_port);
    let host_value = if host.contains('$') {
        Host::Variable
    } else if host.is_empty() || host == "*" {
        Host::Inet(Address::parse("0.0.0.0"))
    } else {
        Host::Inet(Address::parse(host))
    };
    Endpoint {
        host: host_value,
        port: port_value,
        quic,
        span: word.slice(range.clone()),
        host_span: span(host, offset),
        port_span,
        text: whole.into(),
    }
}

/// `10.0.0.1:8080`, as most addresses are written: the address, the port, and where the colon stands.
fn plain_address(text: &[u8]) -> Option<(Ipv4Addr, u16, usize)> {
    let (address, length) = leading_ipv4(text)?;
    let port = text.get(length..)?.strip_prefix(b":")?;
    Some((address, short_number(port)?, length))
}

/// The IPv4 address at the start of a text, and its length.
pub(crate) fn leading_ipv4(text: &[u8]) -> Option<(Ipv4Addr, usize)> {
    let mut octets = [0_u8; 4];
    let mut octet = 0;
    let mut start = 0;
    let mut number = 0_u32;
    for at in 0..=text.len().min(15) {
        let byte = text.get(at).copied().unwrap_or(b' ');
        if byte.is_ascii_digit() {
            number = number * 10 + u32::from(byte - b'0');
            continue;
        }
        let leads_with_zero = at > start + 1 && text[start] == b'0';
        if at == start || leads_with_zero {
            return None;
        }
        octets[octet] = u8::try_from(number).ok()?;
        octet += 1;
        if octet == 4 {
            return Some((Ipv4Addr::from(octets), at));
        }
        if byte != b'.' {
            return None;
        }
        (start, number) = (at + 1, 0);
    }
    None
}

/// A number of up to five digits that fits a port.
fn short_number(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 5 {
        return None;
    }
    let mut number = 0_u32;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(digit - b'0');
    }
    u16::try_from(number).ok()
}

/// Does the text end in a colon and a port as nearly everybody writes it?
pub(crate) fn ends_in_port(text: &str) -> bool {
    let bytes = text.as_bytes();
    let colon = bytes.iter().rev().take(6).position(|&byte| byte == b':');
    colon.is_some_and(|digits| short_number(&bytes[bytes.len() - digits..]).is_some())
}

/// A port as nearly everybody writes it: digits, up to 65535.
pub(crate) fn plain_port(text: &str) -> Option<u16> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

fn read_port(text: &str) -> Port {
    if let Some(port) = plain_port(text) {
        return Port::Fixed(port);
    }
    if text.contains('$') {
        return Port::Variable;
    }
    if text.is_empty() {
        return Port::None;
    }
    if text.starts_with(['+', '-']) {
        return if text[1..].parse::<u16>().is_ok() { Port::Relative } else { Port::Invalid };
    }
    // The program reads the digits in front and leaves the rest.
    let digits = |text: &str| {
        let end = text.bytes().take_while(u8::is_ascii_digit).count();
        text[..end].parse::<u16>().ok()
    };
    match text.split_once('-') {
        Some((low, high)) => match (digits(low), digits(high)) {
            (Some(low), Some(high)) if low <= high => Port::Range(low, high),
            _ => Port::Invalid,
        },
        None => digits(text).map_or(Port::Invalid, Port::Fixed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::FileId;

    #[test]
    fn times_are_read_as_the_program_reads_them() {
        let ms = |text| time(text, Unit::Milliseconds).map(|time| time.duration().as_millis());
        assert_eq!(ms("30s"), Some(30_000));
        assert_eq!(ms("5"), Some(5));
        assert_eq!(ms("5min"), Some(300_000));
        assert_eq!(ms("30sec"), Some(30_000));
        assert_eq!(ms("24d"), Some(2_073_600_000));
        for text in ["1.5s", "30M", "25d", "-1s", "", "s", "5 s"] {
            assert_eq!(ms(text), None, "{text}");
        }
        assert_eq!(time("10", Unit::Seconds).map(Time::duration), Some(Duration::from_secs(10)));
        assert_eq!(time("30sec", Unit::Milliseconds), Some(Time::Partly(Duration::from_secs(30), 3)));
    }

    #[test]
    fn numbers_stop_at_the_first_other_character() {
        assert_eq!(leading_number("5k"), (5, false));
        assert_eq!(leading_number("1,000"), (1, false));
        assert_eq!(leading_number("abc"), (0, false));
        assert_eq!(leading_number("-1"), (-1, true));
        assert_eq!(leading_number("300"), (300, true));
        assert_eq!(leading_number(""), (0, false));
    }

    fn read(text: &str) -> Endpoint {
        let source = std::sync::Arc::new(format!("bind {text}\n"));
        let mut lexer = crate::syntax::Lexer::new(FileId(0), &source);
        let cut = lexer.next_line().unwrap();
        let word = lexer.words.words_of(&cut).get(1).unwrap();
        endpoint(word, 0..word.text.len())
    }

    #[test]
    fn addresses_split_at_the_last_colon() {
        assert_eq!(
            (read("10.0.0.1:80").host, read("10.0.0.1:80").port),
            (Host::Inet(Address::parse("10.0.0.1")), Port::Fixed(80))
        );
        for plain in ["10.0.0.1:80", "255.0.0.255:65535"] {
            assert!(plain_address(plain.as_bytes()).is_some() && ends_in_port(plain), "{plain}");
        }
        for other in
            ["10.0.0.1", "10.0.0.256:80", "10.0.0.01:80", "10.0:0.1:80", "10.0.0.1:65536", "10.0.0.1:", ":80", ""]
        {
            assert_eq!(plain_address(other.as_bytes()), None, "{other}");
        }
        assert!(ends_in_port("app:1") && !ends_in_port("app:65536") && !ends_in_port("app:") && !ends_in_port("80"));
        assert_eq!(read("*:80").host, Host::Inet(Address::parse("0.0.0.0")));
        assert_eq!((read("::1:80").host, read("::1:80").port), (Host::Inet(Address::parse("::1")), Port::Fixed(80)));
        assert_eq!(read("[::1]:80").port, Port::Fixed(80));
        assert_eq!(read("[::1]").port, Port::None);
        assert!(read("quic4@:443").quic);
        assert_eq!(read("ipv6@app:80-90").port, Port::Range(80, 90));
        assert_eq!(read("/run/x.sock").host, Host::Unix("/run/x.sock".into()));
        assert_eq!(read("fd@3").host, Host::Internal);
        assert_eq!((read("${IP}:80").host, read("${IP}:80").port), (Host::Variable, Port::Fixed(80)));
        assert_eq!(read(":+10").port, Port::Relative);
        assert_eq!(read("a:99999").port, Port::Invalid);
        assert_eq!(read("app.example:80").host_span.range(), 5..16);
    }
}
