//! `host:port` as Patroni splits it.

use confvet_core::Address;

/// What stands behind the last colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port<'a> {
    /// Nothing.
    Missing,
    /// No number from 1 to 65535.
    Bad(&'a str),
    /// A port.
    Number(u16),
}

/// One address, or several hosts with one port behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostPort<'a> {
    /// What stands in front of the last colon.
    pub host: &'a str,
    /// What stands behind it.
    pub port: Port<'a>,
}

impl<'a> HostPort<'a> {
    /// Splits at the last colon, as Patroni does. A bare IPv6 address has no port.
    pub fn split(text: &'a str) -> Self {
        let missing = HostPort { host: text, port: Port::Missing };
        if text.parse::<std::net::Ipv6Addr>().is_ok() || text.ends_with(']') {
            return missing;
        }
        let Some((host, port)) = text.rsplit_once(':') else { return missing };
        let number = port.parse::<u16>().ok().filter(|&number| number > 0 && port.bytes().all(|b| b.is_ascii_digit()));
        HostPort { host, port: number.map_or(Port::Bad(port), Port::Number) }
    }

    /// The port, or this one.
    pub fn port_or(self, default: u16) -> Option<u16> {
        match self.port {
            Port::Missing => Some(default),
            Port::Bad(_) => None,
            Port::Number(port) => Some(port),
        }
    }

    /// The hosts, which commas part.
    pub fn hosts(self) -> impl Iterator<Item = Address> + 'a {
        self.host.split(',').map(Address::parse)
    }

    /// The scheme in front (`http://…`), which Patroni does not expect.
    pub fn scheme(text: &str) -> Option<&str> {
        let end = text.find("://")? + 3;
        text.get(..end)
    }
}

/// Where each of several addresses in one string stands: they are parted by commas, and blanks around them do not count.
pub fn parts(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, &str)> {
    let mut from = 0;
    text.split(',').map(move |part| {
        let start = from + part.len() - part.trim_start().len();
        from += part.len() + 1;
        (start..start + part.trim().len(), part.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_colon_counts() {
        let port = |text| HostPort::split(text).port;
        assert_eq!(port("10.0.0.1,127.0.0.1:5432"), Port::Number(5432));
        assert_eq!(port("10.0.0.1"), Port::Missing);
        assert_eq!(port("[::1]:8008"), Port::Number(8008));
        assert_eq!(port("pg1:http"), Port::Bad("http"));
        assert_eq!(port("pg1:70000"), Port::Bad("70000"));
    }
}
