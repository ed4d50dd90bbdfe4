//! Connections to backends: which HTTP version, and whether they are used again.

use super::Nginx;
use super::pass::{Family, Pass};
use super::tree::Scope;
use crate::context::Protocol;
use crate::keys::key;
use crate::template;
use confvet_core::Span;

/// The HTTP version spoken to a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHttpVersion {
    /// 1.0: one request per connection.
    Http10,
    /// 1.1.
    Http11,
    /// 2 (nginx 1.29.4).
    Http2,
}

/// Can a location use idle connections of its group again?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReusedConnections {
    /// Yes.
    Yes,
    /// No: the request goes out as HTTP/1.0.
    OldVersion,
    /// No: `Connection: close` or another value is sent.
    ConnectionHeader,
    /// No: both.
    Both,
    /// No: `fastcgi_keep_conn` is off.
    FastcgiCloses,
    /// It depends on a variable.
    Unknown,
    /// Only for upgrades: the map behind `Connection` says `close` otherwise.
    ClosedByMap(Span),
}

impl Scope<'_> {
    /// The version spoken by `proxy_pass` here. The default is 1.0, from nginx 1.29.7 on 1.1.
    pub(crate) fn proxy_http_version(self, nginx: &Nginx) -> ProxyHttpVersion {
        match self.effective_text(key!("proxy_http_version")) {
            Some("1.1") => ProxyHttpVersion::Http11,
            Some("2") => ProxyHttpVersion::Http2,
            Some(_) => ProxyHttpVersion::Http10,
            None if nginx.release().is_at_least((1, 29, 7)) => ProxyHttpVersion::Http11,
            None => ProxyHttpVersion::Http10,
        }
    }
}

impl Pass {
    /// Does this pass leave its connections open for the next request? For nginx before 1.29.7.
    pub(crate) fn reuses_connections(&self, nginx: &Nginx) -> ReusedConnections {
        let scope = self.scope(nginx);
        if self.family == Family::Fastcgi {
            let keeps = scope.is_on(key!("fastcgi_keep_conn"));
            return if keeps { ReusedConnections::Yes } else { ReusedConnections::FastcgiCloses };
        }
        if self.family != Family::Proxy {
            return ReusedConnections::Yes;
        }
        let old = scope.proxy_http_version(nginx) == ProxyHttpVersion::Http10;
        let header = match scope.proxy_header("Connection").map(|line| line.text(1)) {
            Some("") => true,
            Some(value) if value.eq_ignore_ascii_case("keep-alive") => true,
            Some(value) if template::has_variables(value) => {
                return self
                    .closed_by_map(nginx, value)
                    .map_or(ReusedConnections::Unknown, ReusedConnections::ClosedByMap);
            }
            _ => false,
        };
        match (old, header) {
            (false, true) => ReusedConnections::Yes,
            (true, true) => ReusedConnections::OldVersion,
            (false, false) => ReusedConnections::ConnectionHeader,
            (true, false) => ReusedConnections::Both,
        }
    }

    /// The `close` of a map on `$http_upgrade` that gives the `Connection` header.
    fn closed_by_map(&self, nginx: &Nginx, value: &str) -> Option<Span> {
        let name = template::sole_variable(value)?;
        let definition = nginx.definitions(Protocol::Http, name).first()?;
        let map = nginx.directive(definition.directive);
        if !map.is(key!("map")) || !map.text(0).eq_ignore_ascii_case("$http_upgrade") {
            return None;
        }
        let empty = map.block().children().find(|entry| entry.name().quoted && entry.name().text.is_empty())?;
        empty.arg(0).filter(|word| word.text.eq_ignore_ascii_case("close")).map(|word| word.span)
    }
}
