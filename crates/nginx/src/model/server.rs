//! Servers, their sockets and their names.

use super::Nginx;
use super::schema::BadValue;
use super::tree::{Directive, Scope};
use crate::context::{Context, Protocol};
use crate::keys::key;
use crate::value;
use confvet_core::{Safety, Span, Spanned};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// What a socket is bound to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketAddress {
    /// `*`, `[::]`, an address, a name, or `unix:/path`.
    pub host: String,
    /// The port; 0 for a UNIX socket.
    pub port: u16,
    /// A UDP socket: QUIC, or `udp` in `stream`.
    pub udp: bool,
}

/// `*:80`, `[::]:443`, `unix:/run/x.sock`.
impl fmt::Display for SocketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.starts_with("unix:") {
            return f.write_str(&self.host);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Serialize for SocketAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A `listen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listen {
    /// The socket.
    pub address: SocketAddress,
    /// TLS.
    pub ssl: bool,
    /// HTTP/3 (nginx 1.25.0).
    pub quic: bool,
    /// HTTP/2 by the parameter, deprecated since nginx 1.25.1.
    pub http2: bool,
    /// The server for requests whose name no server has.
    pub default_server: bool,
    /// The PROXY protocol is expected.
    pub proxy_protocol: bool,
    /// A parameter that sets an option of the socket, which only one `listen` of it may carry.
    #[serde(skip)]
    pub socket_option: Option<Span>,
    #[serde(skip)]
    pub(crate) directive: u32,
}

/// A server of `http` or `stream`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Server {
    /// `http` or `stream`.
    pub protocol: Protocol,
    /// Its sockets as written. Without any, nginx listens on `*:80`.
    pub listens: Vec<Listen>,
    /// Its names as written.
    pub names: Vec<Spanned<String>>,
    /// It answers requests on one of its sockets whose host no server has. In a fragment only what it says counts.
    pub is_default: bool,
    #[serde(skip)]
    pub(crate) directive: u32,
}

const SOCKET_OPTIONS: &[&str] = &[
    "setfib=",
    "fastopen=",
    "backlog=",
    "rcvbuf=",
    "sndbuf=",
    "accept_filter=",
    "so_keepalive=",
    "deferred",
    "bind",
    "reuseport",
    "ipv6only=",
];

pub(super) fn read(nginx: &Nginx) -> Vec<Server> {
    nginx
        .all(key!("server"))
        .filter(|directive| directive.is_block())
        .filter_map(|directive| {
            let protocol = match directive.block().context() {
                Context::Server => Protocol::Http,
                Context::StreamServer => Protocol::Stream,
                _ => return None,
            };
            let block = directive.block();
            Some(Server {
                protocol,
                listens: block.all(key!("listen")).filter_map(|listen| parse_listen(listen).ok()).collect(),
                names: block
                    .all(key!("server_name"))
                    .flat_map(|names| names.args().iter())
                    .map(|word| Spanned::new(word.text.to_string(), word.inner()))
                    .collect(),
                is_default: false,
                directive: directive.id(),
            })
        })
        .collect()
}

/// The positions of the servers that are the default on one of their sockets.
pub(super) fn defaults(nginx: &Nginx) -> Vec<usize> {
    let says_so = |&(server, listen): &(usize, Option<usize>)| {
        listen.is_some_and(|listen| nginx.servers[server].listens[listen].default_server)
    };
    let sockets =
        [Protocol::Http, Protocol::Stream].into_iter().flat_map(|protocol| nginx.sockets(protocol).into_values());
    sockets
        .filter_map(|listeners| {
            let first = listeners.first().filter(|_| nginx.is_main());
            listeners.iter().find(|it| says_so(it)).or(first).map(|&(server, _)| server)
        })
        .collect()
}

/// Reads a `listen`.
pub(super) fn parse_listen(directive: Directive<'_>) -> Result<Listen, BadValue> {
    let bad = |span, message| BadValue { span, message, replacement: None };
    let Some(word) = directive.arg(0) else {
        return Err(bad(directive.span(), "`listen` without an address".to_owned()));
    };
    let text = word.text.as_str();
    let has = |name: &str| directive.args().iter().skip(1).any(|word| word.text == name);
    let quic = has("quic");
    let udp = quic || has("udp");
    let (host, port) = if text.starts_with("unix:") {
        (text.to_owned(), 0)
    } else {
        if text.contains('$') && !super::schema::is_placeholder(text) {
            return Err(bad(word.span, format!("`{text}` holds a variable: `listen` takes none")));
        }
        if let Some(at) = text.find("://") {
            return Err(BadValue {
                span: word.slice(0..at + 3),
                message: format!("`{text}` has a scheme: `listen` takes an address and a port"),
                replacement: Some((Safety::Safe, String::new())),
            });
        }
        let after_bracket = text.rfind(']').map_or(0, |at| at + 1);
        let colon = text[after_bracket..].rfind(':').map(|at| at + after_bracket);
        let (host, port_at) = match colon {
            Some(colon) => (&text[..colon], Some(colon + 1)),
            None if text.bytes().all(|byte| byte.is_ascii_digit()) => ("*", Some(0)),
            None => (text, None),
        };
        let port = match port_at.map(|at| (at, value::number(&text[at..]))) {
            None => 80,
            Some((_, Some(port @ 1..=65535))) => u16::try_from(port).unwrap_or(u16::MAX),
            Some(_) if super::schema::is_placeholder(text) => 0,
            Some((at, Some(_))) if text[at..].contains('-') => 0,
            Some((at, _)) if is_port_range(&text[at..]) => 0,
            Some((at, _)) => {
                return Err(bad(word.slice(at..text.len()), format!("`{}` is no port: 1 to 65535", &text[at..])));
            }
        };
        let host = match host {
            "" | "0.0.0.0" | "*" => "*".to_owned(),
            host => host.to_ascii_lowercase(),
        };
        (host, port)
    };
    let option =
        directive.args().iter().skip(1).find(|word| SOCKET_OPTIONS.iter().any(|option| word.text.starts_with(option)));
    Ok(Listen {
        address: SocketAddress { host, port, udp },
        ssl: has("ssl"),
        quic,
        http2: has("http2"),
        default_server: has("default_server") || has("default"),
        proxy_protocol: has("proxy_protocol"),
        socket_option: option.map(|word| word.span),
        directive: directive.id(),
    })
}

/// `8000-8100`: a range of ports.
fn is_port_range(text: &str) -> bool {
    text.split_once('-').is_some_and(|(low, high)| value::number(low).is_some() && value::number(high).is_some())
}

impl Listen {
    /// Its directive.
    pub fn directive<'a>(&self, nginx: &'a Nginx) -> Directive<'a> {
        nginx.directive(self.directive)
    }

    /// TLS over TCP, or QUIC.
    pub fn is_tls(&self) -> bool {
        self.ssl || self.quic
    }

    /// Only reachable from the machine itself.
    pub fn is_local(&self) -> bool {
        let host = self.address.host.trim_start_matches('[').trim_end_matches(']');
        host.starts_with("unix:")
            || host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl Server {
    /// Its directive.
    pub fn directive<'a>(&self, nginx: &'a Nginx) -> Directive<'a> {
        nginx.directive(self.directive)
    }

    /// Its block.
    pub(crate) fn block<'a>(&self, nginx: &'a Nginx) -> Scope<'a> {
        self.directive(nginx).block()
    }

    /// The sockets it listens on: what it says, or `*:80`.
    pub fn sockets(&self) -> Vec<SocketAddress> {
        if self.listens.is_empty() && self.protocol == Protocol::Http {
            return vec![SocketAddress { host: "*".to_owned(), port: 80, udp: false }];
        }
        self.listens.iter().map(|listen| listen.address.clone()).collect()
    }

    /// Its names, in lower case; a server without any has the empty one.
    pub fn lower_names(&self) -> Vec<String> {
        if self.names.is_empty() {
            return vec![String::new()];
        }
        self.names.iter().map(|name| name.value.to_ascii_lowercase()).collect()
    }

    /// All its names are exact host names, so that no other host reaches it unless it is the default server.
    pub fn has_exact_names(&self) -> bool {
        let exact = |name: &Spanned<String>| {
            let name = name.value.as_str();
            !name.is_empty() && name != "_" && !name.starts_with(['~', '*', '.']) && !name.ends_with('*')
        };
        !self.names.is_empty() && self.names.iter().all(exact)
    }

    /// Does it listen with TLS?
    pub fn is_tls(&self, nginx: &Nginx) -> bool {
        self.listens.iter().any(Listen::is_tls) || self.block(nginx).is_on(key!("ssl"))
    }

    /// It only serves the machine it runs on.
    pub fn is_local(&self) -> bool {
        !self.listens.is_empty() && self.listens.iter().all(Listen::is_local)
    }

    /// Is HTTP/2 on?
    pub(crate) fn has_http2(&self, nginx: &Nginx) -> bool {
        self.listens.iter().any(|listen| listen.http2) || self.block(nginx).is_on(key!("http2"))
    }
}

/// Who listens on one socket, in the order of the configuration: the server's position, and its `listen` if it has one.
pub(crate) type Listeners = Vec<(usize, Option<usize>)>;

impl Nginx {
    /// The servers of a protocol by socket. Addresses are compared as written, as nginx does after resolving names.
    pub(crate) fn sockets(&self, protocol: Protocol) -> BTreeMap<SocketAddress, Listeners> {
        let mut sockets: BTreeMap<SocketAddress, Listeners> = BTreeMap::new();
        for (index, server) in self.servers.iter().enumerate().filter(|(_, server)| server.protocol == protocol) {
            if server.listens.is_empty() {
                for address in server.sockets() {
                    sockets.entry(address).or_default().push((index, None));
                }
            }
            for (listen_index, listen) in server.listens.iter().enumerate() {
                sockets.entry(listen.address.clone()).or_default().push((index, Some(listen_index)));
            }
        }
        sockets
    }

    /// The server a directive stands in.
    pub(crate) fn server_of(&self, directive: Directive<'_>) -> Option<&Server> {
        let id = directive.server()?.id();
        let at = self.servers.partition_point(|server| server.directive < id);
        self.servers.get(at).filter(|server| server.directive == id)
    }
}
