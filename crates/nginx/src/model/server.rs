//! Servers, their sockets and their names.

use super::Nginx;
use super::schema::BadValue;
use super::tree::{Directive, Scope};
use super::url::{self, UrlUse};
use crate::context::{Context, Protocol};
use crate::keys::key;
use crate::syntax::Words;
use compact_str::CompactString;
use confvet_core::{Map, Span, Spanned};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// What a socket is bound to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketAddress {
    /// `*`, `[::]`, an address, a name, or `unix:/path`.
    pub host: CompactString,
    /// The port; 0 for a UNIX socket or a range of ports.
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
    pub names: Vec<Spanned<CompactString>>,
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
    let protocol = |directive: Directive<'_>| match directive.block().context() {
        Context::Server => Some(Protocol::Http),
        Context::StreamServer => Some(Protocol::Stream),
        _ => None,
    };
    let all = || nginx.all(key!("server")).filter_map(|directive| Some((directive, protocol(directive)?)));
    // Hosts of many thousand sites are common, so that the lists have no room to spare.
    let mut servers = Vec::with_capacity(all().count());
    for (directive, protocol) in all() {
        let block = directive.block();
        let mut listens = Vec::with_capacity(block.all(key!("listen")).count());
        listens.extend(block.all(key!("listen")).filter_map(|listen| parse_listen(listen).ok()));
        let words = || block.all(key!("server_name")).map(Directive::args);
        let mut names = Vec::with_capacity(words().map(Words::len).sum());
        names.extend(words().flatten().map(|word| Spanned::new(CompactString::new(word.text), word.inner())));
        servers.push(Server { protocol, listens, names, is_default: false, directive: directive.id() });
    }
    servers
}

/// The positions of the servers that are the default on one of their sockets.
pub(super) fn defaults(nginx: &Nginx) -> Vec<usize> {
    let says_so = |&(server, listen): &(usize, Option<usize>)| {
        listen.is_some_and(|listen| nginx.servers[server].listens[listen].default_server)
    };
    let sockets = nginx.sockets.iter().flat_map(Map::values);
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
    let text = word.text;
    let has = |name: &str| directive.args().iter().skip(1).any(|word| word.text == name);
    let quic = has("quic");
    let udp = quic || has("udp");
    if text == "unix:" {
        return Err(bad(word.span, "`unix:` has no path of a socket".to_owned()));
    }
    let (host, port) = if text.starts_with("unix:") {
        (CompactString::new(text), 0)
    } else {
        if text.contains('$') && !super::schema::is_placeholder(text) {
            return Err(bad(word.span, format!("`{text}` holds a variable: `listen` takes none")));
        }
        let scheme = || url::stray_scheme(word, "`listen` takes an address and a port");
        let fault = || scheme().or_else(|| url::fault(word, 0, UrlUse::Listen));
        if let Some(bad) = (!super::schema::is_placeholder(text)).then(fault).flatten() {
            return Err(bad);
        }
        let after_bracket = text.rfind(']').map_or(0, |at| at + 1);
        let colon = text[after_bracket..].rfind(':').map(|at| at + after_bracket);
        let is_port = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        // A range of ports is none of them.
        let (host, port) = match colon {
            Some(colon) => (&text[..colon], text[colon + 1..].parse().unwrap_or_default()),
            None if is_port => ("*", text.parse().unwrap_or_default()),
            None => (text, 80),
        };
        let host = match host {
            "" | "0.0.0.0" | "*" => CompactString::const_new("*"),
            host => CompactString::new(host).to_ascii_lowercase(),
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

    /// Only machines of a private network reach it.
    pub fn is_private(&self) -> bool {
        let host = self.address.host.trim_start_matches('[').trim_end_matches(']');
        self.is_local()
            || match host.parse::<std::net::IpAddr>() {
                Ok(std::net::IpAddr::V4(ip)) => ip.is_private() || ip.is_link_local(),
                Ok(std::net::IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
                Err(_) => false,
            }
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
            return vec![SocketAddress { host: CompactString::const_new("*"), port: 80, udp: false }];
        }
        self.listens.iter().map(|listen| listen.address.clone()).collect()
    }

    /// Its names in lower case, each with its place; a server without any has the empty one.
    pub(crate) fn lower_names<'a>(&'a self, nginx: &'a Nginx) -> impl Iterator<Item = (Cow<'a, str>, Span)> {
        let nameless = self.names.is_empty().then(|| (Cow::Borrowed(""), self.directive(nginx).name().span));
        let lower = |name: &'a Spanned<CompactString>| {
            let text = name.value.as_str();
            let plain = !text.bytes().any(|byte| byte.is_ascii_uppercase());
            (if plain { Cow::Borrowed(text) } else { Cow::Owned(text.to_ascii_lowercase()) }, name.span)
        };
        nameless.into_iter().chain(self.names.iter().map(lower))
    }

    /// All its names are exact host names, so that no other host reaches it unless it is the default server.
    pub fn has_exact_names(&self) -> bool {
        let exact = |name: &Spanned<CompactString>| {
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

/// A name that an earlier server on the same socket has.
#[derive(Debug)]
pub(crate) struct NameConflict<'a> {
    /// In lower case.
    pub(crate) name: Cow<'a, str>,
    /// The later one.
    pub(crate) second: Span,
    /// The one that answers.
    pub(crate) first: Span,
}

/// Who listens on one socket, in the order of the configuration: the server's position, and its `listen` if it has one.
pub(crate) type Listeners = Vec<(usize, Option<usize>)>;

/// The servers of a protocol by socket. Addresses are compared as written, as nginx does after resolving names.
pub(super) fn sockets(servers: &[Server], protocol: Protocol) -> Map<SocketAddress, Listeners> {
    let mut sockets: Map<SocketAddress, Listeners> = Map::new();
    let mut add = |address: &SocketAddress, listener| sockets.or_default(address.clone()).push(listener);
    for (index, server) in servers.iter().enumerate().filter(|(_, server)| server.protocol == protocol) {
        if server.listens.is_empty() {
            for address in server.sockets() {
                add(&address, (index, None));
            }
        }
        for (listen_index, listen) in server.listens.iter().enumerate() {
            add(&listen.address, (index, Some(listen_index)));
        }
    }
    sockets.into_sorted()
}

impl Nginx {
    /// The servers of a protocol by socket.
    pub(crate) fn sockets(&self, protocol: Protocol) -> &Map<SocketAddress, Listeners> {
        &self.sockets[usize::from(protocol == Protocol::Stream)]
    }

    /// Names that several servers on one socket have; a fragment's servers without a name are left out.
    pub(crate) fn name_conflicts(&self, address: &SocketAddress) -> Vec<NameConflict<'_>> {
        let listeners = self.sockets(Protocol::Http).get(address).map(Vec::as_slice).unwrap_or_default();
        let mut names: Vec<(Cow<'_, str>, usize, Span)> = Vec::new();
        for &(index, _) in listeners.iter().filter(|_| listeners.len() > 1) {
            let server = &self.servers[index];
            if server.names.is_empty() && !self.is_main() {
                continue;
            }
            for (name, span) in server.lower_names(self) {
                // `.x` stands for `x` and `*.x`.
                if let Some(rest) = name.strip_prefix('.') {
                    names.push((Cow::Owned(rest.to_owned()), index, span));
                    names.push((Cow::Owned(format!("*{name}")), index, span));
                } else {
                    names.push((name, index, span));
                }
            }
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        let mut found: Vec<NameConflict<'_>> = Vec::new();
        let mut first = 0;
        for at in 1..names.len() {
            if names[at].0 != names[first].0 {
                first = at;
            } else if names[at].1 != names[first].1 {
                let (name, _, second) = names[at].clone();
                found.push(NameConflict { name, second, first: names[first].2 });
            }
        }
        found.sort_by_key(|conflict| conflict.second);
        found.dedup_by_key(|conflict| conflict.second);
        found
    }

    /// Do all servers that a directive holds for listen on private or loopback addresses? Without any, nobody knows.
    pub(crate) fn listens_privately(&self, directive: Directive<'_>) -> bool {
        let here = directive.scope().ids();
        let own = directive.server().map(Directive::id);
        let mut servers =
            self.servers.iter().filter(|server| own == Some(server.directive) || here.contains(&server.directive));
        servers.all(|server| server.listens.iter().all(Listen::is_private) && !server.listens.is_empty())
    }

    /// The server a directive stands in.
    pub(crate) fn server_of(&self, directive: Directive<'_>) -> Option<&Server> {
        let id = directive.server()?.id();
        let at = self.servers.partition_point(|server| server.directive < id);
        self.servers.get(at).filter(|server| server.directive == id)
    }
}
