//! Addresses as nginx takes them apart (`ngx_parse_url`): `host`, `host:port`, `[v6]:port`, `unix:/path`, and for some
//! directives a path behind them.

use super::schema::{BadValue, bad};
use crate::syntax::Word;
use crate::value;
use confvet_core::Safety;
use std::net::Ipv6Addr;
use std::ops::Range;

/// What the directive makes of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlUse {
    /// `listen`: a lone number is a port, and a range of ports is fine.
    Listen,
    /// A path may follow, as in `proxy_pass`.
    WithPath,
    /// Host and port only.
    Plain,
}

/// The longest path of a UNIX socket on Linux, in bytes (`sun_path` without its NUL).
const LONGEST_SOCKET: usize = 107;

/// A part of the address and what is wrong with it.
type Fault = (Range<usize>, String);

/// What nginx does not take in the address that begins at `start` in the word. Names are not looked up.
pub(super) fn fault(word: Word<'_>, start: usize, used: UrlUse) -> Option<BadValue> {
    let (range, message) = check(&word.text[start..], used).err()?;
    Some(bad(word.slice(start + range.start..start + range.end), message))
}

/// Where the scheme of a text ends: before its first `://`. `unix:///run/x.sock` has none: that is the socket
/// `///run/x.sock`.
pub(super) fn scheme_end(text: &str) -> Option<usize> {
    if text.starts_with("unix:") {
        return None;
    }
    memchr::memchr_iter(b':', text.as_bytes()).find(|&at| text.as_bytes()[at..].starts_with(b"://"))
}

/// The scheme in front of an address that takes none, with an edit that deletes it.
pub(super) fn stray_scheme(word: Word<'_>, advice: &str) -> Option<BadValue> {
    let end = scheme_end(word.text)? + 3;
    let message = format!("`{}` does not belong here: {advice}", &word.text[..end]);
    Some(BadValue { span: word.slice(0..end), message, replacement: Some((Safety::Safe, String::new())) })
}

fn check(text: &str, used: UrlUse) -> Result<(), Fault> {
    if let Some(path) = text.strip_prefix("unix:") {
        let end = if used == UrlUse::WithPath { path.find(':').unwrap_or(path.len()) } else { path.len() };
        return match end {
            0 => Err((0..text.len(), format!("`{text}` has no path of a socket"))),
            _ if end > LONGEST_SOCKET => {
                Err((5..5 + end, format!("the path of a socket has at most {LONGEST_SOCKET} bytes, this one {end}")))
            }
            _ => Ok(()),
        };
    }
    let host_end = host_end(text, used)?;
    let authority = &text[..host_end];
    if let Some(inside) = authority.strip_prefix('[') {
        return bracketed(inside, authority, used);
    }
    let colon = authority.find(':');
    let host = &authority[..colon.unwrap_or(host_end)];
    if let Some(colon) = colon {
        let rest = &authority[colon + 1..];
        if host.is_empty() || rest.contains(':') {
            return Err(unbracketed(authority));
        }
        port(rest, colon + 1, used)?;
    } else if used == UrlUse::Listen && is_numeric(host) {
        return port(host, 0, used);
    }
    if host.is_empty() {
        return Err((0..text.len(), format!("`{text}` has no host")));
    }
    Ok(())
}

/// Where a path or a query begins, for directives that take one.
fn host_end(text: &str, used: UrlUse) -> Result<usize, Fault> {
    let from = if text.starts_with('[') { text.find(']').unwrap_or(0) } else { 0 };
    match text[from..].find(['/', '?']) {
        None => Ok(text.len()),
        Some(at) if used == UrlUse::WithPath => Ok(from + at),
        Some(at) => {
            let path = &text[from + at..];
            Err((from + at..text.len(), format!("`{path}` does not belong here: only a host and a port do")))
        }
    }
}

/// An address with several colons, or with nothing before the first.
fn unbracketed(authority: &str) -> Fault {
    let message = match authority.parse::<Ipv6Addr>() {
        Ok(_) => format!("`{authority}` needs brackets: an IPv6 address is written `[{authority}]`"),
        Err(_) if authority.starts_with(':') => format!("`{authority}` has no host"),
        Err(_) => format!("`{authority}` has more than one port; an IPv6 address stands in brackets"),
    };
    (0..authority.len(), message)
}

fn bracketed(inside: &str, authority: &str, used: UrlUse) -> Result<(), Fault> {
    let Some((address, rest)) = inside.split_once(']') else {
        return Err((0..authority.len(), format!("`{authority}` lacks its closing bracket")));
    };
    let after = address.len() + 2;
    match rest.strip_prefix(':') {
        Some(digits) => port(digits, after + 1, used)?,
        None if rest.is_empty() => {}
        None => return Err((after..authority.len(), format!("`{rest}` does not belong behind an address"))),
    }
    if address.parse::<Ipv6Addr>().is_err() {
        return Err((1..after - 1, format!("`{address}` is no IPv6 address")));
    }
    Ok(())
}

fn is_numeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && !text.starts_with('-')
}

/// A port, or for `listen` a range of them.
fn port(text: &str, at: usize, used: UrlUse) -> Result<(), Fault> {
    let valid = |text: &str| value::number(text).filter(|port| (1..=65535).contains(port));
    let range = at..at + text.len();
    let fault =
        || (if text.is_empty() { at - 1..at } else { range.clone() }, format!("`{text}` is no port: 1 to 65535"));
    match text.split_once('-').filter(|_| used == UrlUse::Listen) {
        None => valid(text).map(|_| ()).ok_or_else(fault),
        Some((first, last)) => match (valid(first), valid(last)) {
            (Some(first), Some(last)) if first <= last => Ok(()),
            (Some(_), Some(_)) => Err((range, format!("`{text}` is no range of ports: the first is the larger one"))),
            _ => Err(fault()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str, used: UrlUse) -> Option<&str> {
        check(text, used).err().map(|(range, _)| &text[range])
    }

    /// Each of these was given to nginx 1.22.1 and 1.31.3.
    #[test]
    fn addresses_as_nginx_takes_them() {
        use UrlUse::{Listen, Plain, WithPath};
        for (text, used) in [
            ("127.0.0.1", Plain),
            ("a.example:08080", Plain),
            ("[::1]", Plain),
            ("unix:/a/b:/x/", WithPath),
            ("127.0.0.1?x=1", WithPath),
            ("[::1]:80/x", WithPath),
            ("*:80", Listen),
            ("*", Listen),
            ("18080-18082", Listen),
            ("127.0.0.1:80-90", Listen),
            ("unix:/run/x", Listen),
        ] {
            assert_eq!(wrong(text, used), None, "{text}");
        }
        for (text, used, part) in [
            ("", WithPath, ""),
            ("/x", WithPath, "/x"),
            ("127.0.0.1:0/", WithPath, "0"),
            ("127.0.0.1:70000/", WithPath, "70000"),
            ("127.0.0.1:/", WithPath, ":"),
            ("a:b:c/", WithPath, "a:b:c"),
            ("::1", Plain, "::1"),
            ("[::1", Plain, "[::1"),
            ("[::zz]:80", Plain, "::zz"),
            ("[::1]x", Plain, "x"),
            ("[::1]:99999", Plain, "99999"),
            ("unix:", Plain, "unix:"),
            ("127.0.0.1/x", Plain, "/x"),
            ("127.0.0.1?x", Plain, "?x"),
            (":80", Plain, ":80"),
            ("127.0.0.1:80-90", Plain, "80-90"),
            ("0", Listen, "0"),
            ("65536", Listen, "65536"),
            ("18082-18080", Listen, "18082-18080"),
            ("127.0.0.1:80/x", Listen, "/x"),
        ] {
            assert_eq!(wrong(text, used), Some(part), "{text}");
        }
        assert!(check(&format!("unix:/{}", "x".repeat(107)), Plain).is_err());
    }
}
