//! `proxy_pass` and its kin: what they say, and where requests go.

use super::Nginx;
use super::host::{Endpoint, HostClass};
use super::schema::{BadValue, Problem, is_placeholder};
use super::tree::{Directive, Scope};
use super::upstream::Upstream;
use crate::context::Protocol;
use crate::keys::{Key, key};
use crate::syntax::Word;
use crate::template::{self, Part};
use compact_str::CompactString;
use confvet_core::{Map, Span};
use serde::Serialize;
use std::ops::Range;

/// Which protocol is spoken to the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// `proxy_pass` in `http`.
    Proxy,
    /// `fastcgi_pass`.
    Fastcgi,
    /// `uwsgi_pass`.
    Uwsgi,
    /// `scgi_pass`.
    Scgi,
    /// `grpc_pass`.
    Grpc,
    /// `memcached_pass`.
    Memcached,
    /// `tunnel_pass` (nginx 1.31.0).
    Tunnel,
    /// `proxy_pass` in `stream`.
    Stream,
}

/// A directive that passes requests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pass {
    /// The protocol.
    pub family: Family,
    /// The scheme as written, such as `https`.
    pub scheme: Option<CompactString>,
    /// The host and port.
    pub endpoint: Endpoint,
    /// What follows the host, even a lone `/`, as bytes of the argument.
    #[serde(skip)]
    pub uri: Option<Range<usize>>,
    /// The argument holds a variable anywhere: it is evaluated for each request.
    pub has_variables: bool,
    /// The group it names literally, in [`Nginx::upstreams`].
    pub upstream: Option<usize>,
    #[serde(skip)]
    pub(crate) directive: u32,
}

const KEYS: &[(Key, Family)] = &[
    (key!("proxy_pass"), Family::Proxy),
    (key!("fastcgi_pass"), Family::Fastcgi),
    (key!("uwsgi_pass"), Family::Uwsgi),
    (key!("scgi_pass"), Family::Scgi),
    (key!("grpc_pass"), Family::Grpc),
    (key!("memcached_pass"), Family::Memcached),
    (key!("tunnel_pass"), Family::Tunnel),
];

/// Variables whose value begins with `/` (or `?`), so that they end the host.
const ENDS_HOST: &[&str] = &["request_uri", "uri", "document_uri", "is_args"];

pub(super) fn read(nginx: &Nginx) -> Vec<Pass> {
    let mut groups: Map<(Protocol, &str), usize> = Map::new();
    for (index, upstream) in nginx.upstreams.iter().enumerate().rev() {
        groups.insert((upstream.protocol, upstream.name.value.as_str()), index);
    }
    let mut passes = Vec::with_capacity(KEYS.iter().map(|&(key, _)| nginx.count(key)).sum());
    let all = KEYS.iter().flat_map(|&(key, family)| nginx.all(key).map(move |directive| (directive, family)));
    passes.extend(all.filter_map(|(directive, family)| {
        let mut pass = Pass::read(directive, family)?;
        if pass.endpoint.class != HostClass::Variable {
            pass.upstream = groups.get(&(pass.protocol(), pass.endpoint.host.as_str())).copied();
        }
        Some(pass)
    }));
    passes.sort_by_key(|pass| pass.directive);
    passes
}

/// Hosts that are no group and have no port, in directives that know no default one.
pub(super) fn without_port(nginx: &Nginx) -> Vec<Problem> {
    let lacks_port = |pass: &&Pass| {
        !pass.has_variables
            && pass.upstream.is_none()
            && pass.port().is_none()
            && !matches!(pass.endpoint.class, HostClass::Unix | HostClass::Variable)
            && (pass.endpoint.class == HostClass::Ip || nginx.is_complete())
            && !is_placeholder(pass.word(nginx).text)
            && super::url::fault(pass.word(nginx), pass.endpoint.range.start, super::url::UrlUse::WithPath).is_none()
    };
    let describe = |pass: &Pass| {
        let host = &pass.endpoint.host;
        let message = if pass.endpoint.class == HostClass::Ip {
            format!("`{host}` has no port: `{}` knows no default one", pass.directive(nginx).name().text)
        } else {
            format!("`{host}` is no upstream and has no port (nginx: no port in upstream)")
        };
        Problem::Value(pass.directive, BadValue { span: pass.host_span(nginx), message, replacement: None })
    };
    nginx.passes.iter().filter(lacks_port).map(describe).collect()
}

impl Pass {
    fn read(directive: Directive<'_>, family: Family) -> Option<Self> {
        let text = directive.arg(0)?.text;
        let protocol = directive.context().protocol();
        let family = if protocol == Some(Protocol::Stream) { Family::Stream } else { family };
        let (scheme, start) = match super::url::scheme_end(text) {
            Some(at) => (Some(CompactString::new(&text[..at])), at + 3),
            None => (None, 0),
        };
        let rest = &text[start..];
        let end = start + host_length(rest);
        let host = &text[start..end];
        let host = if rest.starts_with("unix:") { host.strip_suffix(':').unwrap_or(host) } else { host };
        Some(Self {
            family,
            scheme,
            endpoint: Endpoint::parse(host, start),
            uri: (end < text.len()).then_some(end..text.len()),
            has_variables: template::has_variables(text),
            upstream: None,
            directive: directive.id(),
        })
    }

    /// `http` or `stream`.
    pub fn protocol(&self) -> Protocol {
        if self.family == Family::Stream { Protocol::Stream } else { Protocol::Http }
    }

    /// Its directive.
    pub fn directive<'a>(&self, nginx: &'a Nginx) -> Directive<'a> {
        nginx.directive(self.directive)
    }

    /// The block it stands in.
    pub(crate) fn scope<'a>(&self, nginx: &'a Nginx) -> Scope<'a> {
        self.directive(nginx).scope()
    }

    /// Its argument.
    pub(crate) fn word<'a>(&self, nginx: &'a Nginx) -> Word<'a> {
        let directive = self.directive(nginx);
        directive.arg(0).unwrap_or(directive.name())
    }

    /// The place of the host.
    pub(crate) fn host_span(&self, nginx: &Nginx) -> Span {
        self.word(nginx).slice(self.endpoint.range.clone())
    }

    /// The URI part.
    pub(crate) fn uri_text<'a>(&self, nginx: &'a Nginx) -> Option<&'a str> {
        self.uri.clone().map(|range| &self.word(nginx).text[range])
    }

    /// The place of the URI part.
    pub(crate) fn uri_span(&self, nginx: &Nginx) -> Option<Span> {
        self.uri.clone().map(|range| self.word(nginx).slice(range))
    }

    /// TLS is spoken to the backend.
    pub fn is_tls(&self) -> bool {
        matches!(self.scheme.as_deref(), Some("https" | "grpcs" | "suwsgi"))
    }

    /// The port requests go to when none is written: that of the scheme.
    pub fn port(&self) -> Option<u16> {
        let default = match (self.family, self.is_tls()) {
            (Family::Proxy | Family::Grpc, true) => Some(443),
            (Family::Proxy, false) => Some(80),
            (Family::Grpc, false) => self.scheme.as_ref().map(|_| 80),
            _ => None,
        };
        self.endpoint.port.or(default)
    }

    /// The host itself is evaluated for each request.
    pub fn has_variable_host(&self) -> bool {
        self.endpoint.class == HostClass::Variable
    }

    /// The argument is one variable and nothing else.
    pub(crate) fn is_one_variable(&self, nginx: &Nginx) -> bool {
        template::sole_variable(self.word(nginx).text).is_some()
    }

    /// The argument holds the path of the request: a capture, or `$uri`.
    pub(crate) fn takes_path(&self, nginx: &Nginx) -> bool {
        template::pieces(self.word(nginx).text).any(|piece| match piece.part {
            Part::Capture(_) => true,
            Part::Variable(name) => name.eq_ignore_ascii_case("uri") || name.eq_ignore_ascii_case("document_uri"),
            _ => false,
        })
    }

    /// The group it names literally.
    pub(crate) fn group<'a>(&self, nginx: &'a Nginx) -> Option<&'a Upstream> {
        self.upstream.and_then(|index| nginx.upstreams.get(index))
    }

    /// The host is written out, is no group, and there is no variable anywhere: looked up once, at start.
    pub(crate) fn is_static_host(&self) -> bool {
        !self.has_variables && self.upstream.is_none() && self.endpoint.class.is_name()
    }

    /// The resolver that holds here.
    pub(crate) fn resolver<'a>(&self, nginx: &'a Nginx) -> Option<Directive<'a>> {
        self.scope(nginx).effective(key!("resolver"))
    }
}

/// How long the host is at the start of a text, the port included.
fn host_length(text: &str) -> usize {
    if let Some(path) = text.strip_prefix("unix:") {
        return path.find(':').map_or(text.len(), |at| "unix:".len() + at + 1);
    }
    for piece in template::pieces(text) {
        match piece.part {
            Part::Text(part) => {
                if let Some(at) = part.find(['/', '?']) {
                    return piece.range.start + at;
                }
            }
            Part::Variable(name) if ENDS_HOST.iter().any(|known| known.eq_ignore_ascii_case(name)) => {
                return piece.range.start;
            }
            _ => {}
        }
    }
    text.len()
}

/// Which passes name which group literally, in the order of [`Nginx::upstreams`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GroupUses {
    /// Where those of each group begin in the list.
    starts: Vec<u32>,
    passes: Vec<u32>,
}

impl GroupUses {
    pub(super) fn new(nginx: &Nginx) -> Self {
        let mut starts = vec![0; nginx.upstreams.len() + 1];
        for group in nginx.passes.iter().filter_map(|pass| pass.upstream) {
            starts[group + 1] += 1;
        }
        for group in 1..starts.len() {
            starts[group] += starts[group - 1];
        }
        let mut next = starts.clone();
        let mut passes = vec![0; starts.last().copied().unwrap_or(0) as usize];
        for (group, pass) in nginx.passes.iter().zip(0..).filter_map(|(pass, index)| Some((pass.upstream?, index))) {
            passes[next[group] as usize] = pass;
            next[group] += 1;
        }
        Self { starts, passes }
    }
}

impl Nginx {
    /// Every group with the passes that name it literally.
    pub(crate) fn groups_with_uses(&self) -> impl Iterator<Item = (&Upstream, impl Iterator<Item = &Pass> + Clone)> {
        let GroupUses { starts, passes } = &self.group_uses;
        self.upstreams.iter().zip(starts.windows(2)).map(move |(upstream, range)| {
            let uses = &passes[range[0] as usize..range[1] as usize];
            (upstream, uses.iter().map(|&pass| &self.passes[pass as usize]))
        })
    }
}
