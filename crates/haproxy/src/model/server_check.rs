//! How one server is checked: what its line, the lines of its proxy and what both inherit come to.

use super::check::{CheckKind, HealthCheck, Request, is_negated};
use super::server::{Server, ServerOption};
use confvet_core::{Address, Span};
use serde::Serialize;
use std::time::Duration;

/// The check of a server, as it really runs.
///
/// `http-check connect` and `tcp-check connect` decide before `port` and `addr` of the server, and these before its own
/// address. Parts of the request that no `http-check send` says come from `option httpchk`, then from HAProxy: `OPTIONS
/// / HTTP/1.0`.
#[derive(Debug, Clone, Copy)]
pub struct ServerCheck<'a> {
    server: &'a Server,
    health: &'a HealthCheck,
    option: ServerOption<'a>,
}

/// The answers that pass a check of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExpectedStatus {
    /// Ranges of status codes, both ends included.
    pub codes: Vec<(u16, u16)>,
    /// `! status`: all but these.
    pub negated: bool,
}

impl ExpectedStatus {
    /// Does an answer with this status pass?
    pub fn accepts(&self, status: u16) -> bool {
        self.codes.iter().any(|&(low, high)| (low..=high).contains(&status)) != self.negated
    }

    /// `200,204`, `300-399`.
    fn read(text: &str, negated: bool) -> Option<Self> {
        let code = |part: &str| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            Some((low.parse().ok()?, high.parse().ok()?))
        };
        Some(Self { codes: text.split(',').map(code).collect::<Option<_>>()?, negated })
    }
}

impl Server {
    /// How its health is checked; `None` when it is not, or when only an agent or another server's check looks after it.
    pub fn check(&self) -> Option<ServerCheck<'_>> {
        Some(ServerCheck { server: self, health: self.health.as_deref()?, option: self.check_option()? })
    }
}

impl<'a> ServerCheck<'a> {
    /// The word `check`, which may stand on a `default-server` line.
    pub fn span(&self) -> Span {
        self.option.span()
    }

    /// What it speaks.
    pub fn kind(&self) -> CheckKind {
        self.health.kind
    }

    /// The port it connects to; `None` when a variable or an SRV record decides.
    pub fn port(&self) -> Option<u16> {
        match self.health.connect_port() {
            Some(port) => port.text.parse().ok(),
            None => self.server.check_port(),
        }
    }

    /// The address it connects to; `None` for sockets and variables.
    pub fn address(&self) -> Option<Address> {
        let written = self.health.connects().find_map(|line| line.after("addr"));
        match written.or(self.server.option("addr").and_then(ServerOption::value)) {
            Some(addr) => {
                let endpoint = crate::values::endpoint(addr, 0..addr.text.len());
                endpoint.inet().cloned()
            }
            None => self.server.address.inet().cloned(),
        }
    }

    /// The request of an HTTP check; `None` for other checks, and where the proxy's own `http-check` lines have dropped
    /// it.
    pub fn request(&self) -> Option<Request<'a>> {
        self.health.request().filter(|_| !self.health.request_dropped || self.health.send().is_some())
    }

    /// `OPTIONS` when nothing is said.
    pub fn method(&self) -> Option<&'a str> {
        self.request().map(|request| request.method)
    }

    /// `/` when nothing is said; with its query string.
    pub fn path(&self) -> Option<&'a str> {
        self.request().map(|request| request.uri)
    }

    /// The status codes that pass: 200 to 399 when nothing is said. `None` for other checks than HTTP, and where
    /// something else than the status decides.
    pub fn expected_status(&self) -> Option<ExpectedStatus> {
        if self.kind() != CheckKind::Http {
            return None;
        }
        let mut expects = self.health.http.iter().filter(|line| line.text(1) == "expect");
        let Some(expect) = expects.next() else {
            return Some(ExpectedStatus { codes: vec![(200, 399)], negated: false });
        };
        let negated = is_negated(expect);
        let codes = expect.after("status").or_else(|| expect.after("!status"))?;
        ExpectedStatus::read(codes.text, negated).filter(|_| expects.next().is_none())
    }

    /// It speaks TLS: `check-ssl`, `ssl` on the `connect` line, or the server's own `ssl` where the check goes to the
    /// server's own address and port.
    pub fn uses_tls(&self) -> bool {
        let mut connects = self.health.connects().peekable();
        if connects.peek().is_some() {
            let own = self.server.ssl().is_some();
            return connects.any(|line| {
                let says = |setting: &str| line.from(2).iter().any(|word| word.text == setting);
                says("ssl") || says("default") && own
            });
        }
        let elsewhere = self.server.option("port").is_some() || self.server.option("addr").is_some();
        self.server.flag("check-ssl").is_some() || self.server.ssl().is_some() && !elsewhere
    }

    /// Time between two checks while the server is up: `inter`, by default 2 seconds. `None` for variables.
    pub fn interval(&self) -> Option<Duration> {
        self.server.inter()
    }

    /// Failed checks until the server is down: 3 by default.
    pub fn fall(&self) -> Option<u32> {
        self.server.fall()
    }

    /// Good checks until the server is up: 2 by default.
    pub fn rise(&self) -> Option<u32> {
        self.server.rise()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    const DEFAULTS: &str = "defaults\n    option httpchk HEAD /inherited\n    default-server inter 3s fall 4\n";

    /// The check of the first server of a backend with these lines.
    fn checked<T>(lines: &str, ask: impl Fn(Option<ServerCheck<'_>>) -> T) -> T {
        let parsed = parse(&format!("{DEFAULTS}backend app\n{lines}"));
        ask(parsed.model.backend("app").unwrap().servers[0].check())
    }

    #[test]
    fn the_request_comes_from_where_it_is_said() {
        let request = |lines: &str| {
            checked(lines, |check| check.and_then(|check| Some((check.method()?.to_owned(), check.path()?.to_owned()))))
        };
        let says = |method: &str, path: &str| Some((method.to_owned(), path.to_owned()));
        let server = "    server a 10.0.0.1:80 check\n";
        assert_eq!(request(server), says("HEAD", "/inherited"));
        assert_eq!(request(&format!("    option httpchk\n{server}")), says("OPTIONS", "/"));
        assert_eq!(request(&format!("    option httpchk /own\n{server}")), says("OPTIONS", "/own"));
        let send = "    option httpchk\n    http-check send meth GET uri /sent?lag=1MB\n";
        assert_eq!(request(&format!("{send}{server}")), says("GET", "/sent?lag=1MB"));
        assert_eq!(request(&format!("    http-check expect status 200\n{server}")), None, "the request is dropped");
        assert_eq!(request("    server a 10.0.0.1:80\n"), None);
        assert_eq!(request(&format!("    option pgsql-check user x\n{server}")), None);
    }

    #[test]
    fn where_it_goes() {
        let target = |lines: &str| {
            checked(lines, |check| {
                let check = check.unwrap();
                (check.address().map(|address| address.to_string()), check.port(), check.uses_tls())
            })
        };
        let at = |address: &str, port, tls| (Some(address.to_owned()), Some(port), tls);
        assert_eq!(target("    server a 10.0.0.1:80 check\n"), at("10.0.0.1", 80, false));
        assert_eq!(target("    server a 10.0.0.1:80 check port 8008 ssl\n"), at("10.0.0.1", 8008, false));
        assert_eq!(target("    server a 10.0.0.1:80 check ssl verify none\n"), at("10.0.0.1", 80, true));
        assert_eq!(
            target("    server a 10.0.0.1:80 check addr 10.0.0.9 port 81 check-ssl\n"),
            at("10.0.0.9", 81, true)
        );
        let connect =
            "    option httpchk\n    http-check connect port 82 addr 10.0.0.7 ssl\n    http-check send uri /\n";
        assert_eq!(target(&format!("{connect}    server a 10.0.0.1:80 check port 8008\n")), at("10.0.0.7", 82, true));
    }

    #[test]
    fn what_passes_and_how_often_it_is_asked() {
        let passes = |lines: &str| checked(lines, |check| check.unwrap().expected_status());
        let server = "    server a 10.0.0.1:80 check\n";
        assert!(passes(server).is_some_and(|status| status.accepts(301) && !status.accepts(404)));
        let only = passes(&format!("    option httpchk\n    http-check expect status 200,210-219\n{server}")).unwrap();
        assert!(only.accepts(200) && only.accepts(215) && !only.accepts(204));
        let not = passes(&format!("    option httpchk\n    http-check expect ! status 503\n{server}")).unwrap();
        assert!(not.accepts(200) && !not.accepts(503));
        assert_eq!(passes(&format!("    option httpchk\n    http-check expect string up\n{server}")), None);
        let rhythm = checked("    server a 10.0.0.1:80 check rise 5\n", |check| {
            let check = check.unwrap();
            (check.interval(), check.fall(), check.rise())
        });
        assert_eq!(rhythm, (Some(Duration::from_secs(3)), Some(4), Some(5)));
    }
}
