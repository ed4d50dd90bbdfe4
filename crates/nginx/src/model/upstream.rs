//! Upstream groups and their servers.

use super::Nginx;
use super::host::Endpoint;
use super::tree::{Directive, Scope};
use crate::context::{Context, Protocol};
use crate::keys::{Key, key};
use crate::syntax::Word;
use compact_str::CompactString;
use confvet_core::{Span, Spanned};
use serde::Serialize;

/// A group of servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upstream {
    /// Its name.
    pub name: Spanned<CompactString>,
    /// `http` or `stream`.
    pub protocol: Protocol,
    /// Its servers, in order.
    pub servers: Vec<UpstreamServer>,
    /// The id of its directive; `None` for the servers of a fragment that is included into an upstream.
    #[serde(skip)]
    pub(crate) directive: Option<u32>,
}

/// A server of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpstreamServer {
    /// Where it is. Without a port, http connects to port 80 whatever the scheme.
    pub endpoint: Endpoint,
    /// `backup`.
    #[serde(skip)]
    pub backup: Option<Span>,
    /// `down`.
    #[serde(skip)]
    pub down: Option<Span>,
    /// `resolve`: the name is looked up at run time (nginx 1.27.3).
    #[serde(skip)]
    pub resolve: Option<Span>,
    /// `service=`: the ports come from SRV records.
    #[serde(skip)]
    pub service: Option<Span>,
    #[serde(skip)]
    pub(crate) directive: u32,
}

/// Directives of modules that choose or resolve servers themselves.
const FOREIGN_BALANCERS: &[Key] = &[key!("balancer_by_lua_block"), key!("balancer_by_lua_file"), key!("state")];

/// The balancing methods.
const METHODS: &[Key] = &[key!("hash"), key!("ip_hash"), key!("least_conn"), key!("least_time"), key!("random")];

pub(super) fn read(nginx: &Nginx) -> Vec<Upstream> {
    let mut upstreams: Vec<Upstream> = nginx
        .all(key!("upstream"))
        .filter(|directive| directive.is_block())
        .filter_map(|directive| {
            let name = directive.arg(0)?;
            let protocol = directive.context().protocol().unwrap_or(Protocol::Http);
            Some(Upstream {
                name: Spanned::new(CompactString::new(name.text), name.span),
                protocol,
                servers: servers(directive.block()),
                directive: Some(directive.id()),
            })
        })
        .collect();
    let top = nginx.top();
    if matches!(top.context(), Context::Upstream | Context::StreamUpstream) {
        let start = nginx.directives().next().map(|first| first.span().before());
        upstreams.extend(start.map(|start| Upstream {
            name: Spanned::new(CompactString::default(), start),
            protocol: top.context().protocol().unwrap_or(Protocol::Http),
            servers: servers(top),
            directive: None,
        }));
    }
    upstreams
}

fn servers(scope: Scope<'_>) -> Vec<UpstreamServer> {
    let all = || scope.all(key!("server")).filter(|directive| !directive.is_block());
    let mut servers = Vec::with_capacity(all().count());
    servers.extend(all().filter_map(server));
    servers
}

fn server(directive: Directive<'_>) -> Option<UpstreamServer> {
    let address = directive.arg(0)?;
    let endpoint = Endpoint::parse(address.text, 0);
    let word = |name: &str| directive.args().iter().skip(1).find(|word| word.text == name).map(|word| word.span);
    let service = directive.args().iter().skip(1).find(|word| word.text.starts_with("service="));
    Some(UpstreamServer {
        endpoint,
        backup: word("backup"),
        down: word("down"),
        resolve: word("resolve"),
        service: service.map(|word| word.span),
        directive: directive.id(),
    })
}

impl UpstreamServer {
    /// Does it, or may it, become several addresses?
    pub fn may_have_several_addresses(&self) -> bool {
        self.endpoint.class.is_name()
    }

    pub(crate) fn directive<'a>(&self, nginx: &'a Nginx) -> Directive<'a> {
        nginx.directive(self.directive)
    }

    /// The place of its address, port included.
    pub(crate) fn address(&self, nginx: &Nginx) -> Span {
        let directive = self.directive(nginx);
        directive.arg(0).unwrap_or(directive.name()).span
    }

    /// The place of its host.
    pub(crate) fn host(&self, nginx: &Nginx) -> Span {
        let directive = self.directive(nginx);
        directive.arg(0).unwrap_or(directive.name()).slice(self.endpoint.range.clone())
    }

    /// A parameter by the name before its `=`.
    pub(crate) fn parameter<'a>(&self, nginx: &'a Nginx, name: &str) -> Option<Word<'a>> {
        let is_it = |word: &Word<'_>| word.text.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        self.directive(nginx).args().iter().skip(1).find(is_it)
    }
}

impl Upstream {
    /// Its directive.
    pub(crate) fn directive<'a>(&self, nginx: &'a Nginx) -> Option<Directive<'a>> {
        self.directive.map(|id| nginx.directive(id))
    }

    /// Its block.
    pub(crate) fn block<'a>(&self, nginx: &'a Nginx) -> Scope<'a> {
        self.directive(nginx).map_or(nginx.top(), Directive::block)
    }

    /// Is another module in charge of its servers?
    pub(crate) fn is_foreign(&self, nginx: &Nginx) -> bool {
        let block = self.block(nginx);
        FOREIGN_BALANCERS.iter().any(|&key| block.has(key)) || block.children().any(|child| child.key().is_none())
    }

    /// Its balancing methods, in order; nginx takes one.
    pub(crate) fn methods<'a>(&self, nginx: &'a Nginx) -> Vec<Directive<'a>> {
        self.block(nginx).children().filter(|child| child.is_any(METHODS)).collect()
    }

    /// Its `zone`, that is, its place in shared memory.
    pub(crate) fn zone<'a>(&self, nginx: &'a Nginx) -> Option<Directive<'a>> {
        self.block(nginx).first(key!("zone"))
    }

    /// Its `keepalive`, with the number of idle connections, unless that is 0.
    pub(crate) fn keepalive<'a>(&self, nginx: &'a Nginx) -> Option<Directive<'a>> {
        self.block(nginx).first(key!("keepalive")).filter(|keepalive| keepalive.text(0) != "0")
    }

    /// May a request find a second server to be sent to?
    pub fn may_have_several_servers(&self) -> bool {
        self.servers.len() > 1 || self.servers.iter().any(UpstreamServer::may_have_several_addresses)
    }

    /// The resolver that its servers with `resolve` use: its own, else the one directly in `http` or `stream`.
    pub(crate) fn resolver<'a>(&self, nginx: &'a Nginx) -> Option<Directive<'a>> {
        let block = self.block(nginx);
        block.first(key!("resolver")).or_else(|| self.outer(nginx)?.first(key!("resolver")))
    }

    /// The `http` or `stream` block around it.
    pub(crate) fn outer<'a>(&self, nginx: &'a Nginx) -> Option<Scope<'a>> {
        self.directive(nginx).map(Directive::scope)
    }

    /// What stands around it is known: it lies in an `http` or `stream` block whose includes have been read.
    pub(crate) fn is_surrounded(&self, nginx: &Nginx) -> bool {
        nginx.is_main() && self.outer(nginx).is_some_and(|outer| !outer.has_unread_include())
    }
}
