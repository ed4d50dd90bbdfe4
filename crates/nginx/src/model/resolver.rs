//! `resolver`: which name servers, and who asks them.

use super::Nginx;
use super::host::{Endpoint, HostClass};
use super::tree::{Directive, Scope};
use crate::context::{Context, Protocol};
use crate::keys::{Key, Origin, key};
use crate::value::{self, TimeUnits};
use confvet_core::{Span, Spanned};
use serde::{Serialize, Serializer};
use std::net::IpAddr;
use std::time::Duration;

/// A name server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameServer {
    /// Its address; port 53 unless it says otherwise.
    pub endpoint: Endpoint,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// A `resolver` directive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolver {
    /// The name servers, asked in turn.
    pub name_servers: Vec<NameServer>,
    /// `valid=`: how long an answer is kept, in place of its own time to live. 0 means the time to live.
    #[serde(serialize_with = "seconds")]
    pub valid: Option<Spanned<Duration>>,
    /// `ipv6=off`.
    pub without_ipv6: bool,
    #[serde(skip)]
    pub(crate) directive: u32,
}

fn seconds<S: Serializer>(valid: &Option<Spanned<Duration>>, serializer: S) -> Result<S::Ok, S::Error> {
    valid.as_ref().map(|valid| valid.value.as_secs()).serialize(serializer)
}

/// What in a resolver's scope asks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResolverUse {
    /// A `*_pass` whose host is a variable, or a server with `resolve`.
    pub proxying: bool,
    /// OCSP.
    pub ocsp: bool,
    /// A directive of a module that may ask it.
    pub other: bool,
}

impl ResolverUse {
    /// Does anything ask it?
    pub fn any(self) -> bool {
        self.proxying || self.ocsp || self.other
    }

    /// Does nothing but OCSP ask it?
    pub fn only_ocsp(self) -> bool {
        self.ocsp && !self.proxying && !self.other
    }
}

pub(super) fn read(nginx: &Nginx) -> Vec<Resolver> {
    nginx.all(key!("resolver")).map(resolver).collect()
}

fn resolver(directive: Directive<'_>) -> Resolver {
    let mut resolver =
        Resolver { name_servers: Vec::new(), valid: None, without_ipv6: false, directive: directive.id() };
    for word in directive.args() {
        let text = word.text;
        if let Some(given) = text.strip_prefix("valid=") {
            resolver.valid = value::time(given, TimeUnits::Seconds).map(|valid| Spanned::new(valid, word.span));
        } else if text.contains('=') {
            resolver.without_ipv6 |= text == "ipv6=off";
        } else {
            resolver.name_servers.push(NameServer { endpoint: Endpoint::parse(text, 0), span: word.span });
        }
    }
    resolver
}

impl NameServer {
    /// It can be asked over the Internet only: a public address, or a name outside private zones.
    pub fn is_external(&self) -> bool {
        match self.endpoint.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => {
                let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
                !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified() || shared)
            }
            Ok(IpAddr::V6(ip)) => {
                !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified())
            }
            Err(_) => matches!(self.endpoint.class, HostClass::Public),
        }
    }

    /// It runs on the machine itself, as Docker's, systemd's and dnsmasq do: it may know names without a dot.
    pub fn is_loopback(&self) -> bool {
        self.endpoint.class == HostClass::Loopback
            || self.endpoint.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// Directives of nginx itself that ask a resolver, beside `*_pass` and OCSP.
const OTHER_CONSUMERS: &[Key] = &[key!("js_content"), key!("js_access"), key!("acme_certificate"), key!("acme_issuer")];

impl Resolver {
    /// Its directive.
    pub fn directive<'a>(&self, nginx: &'a Nginx) -> Directive<'a> {
        nginx.directive(self.directive)
    }

    /// Does a place get this resolver?
    fn serves(&self, nginx: &Nginx, scope: Scope<'_>) -> bool {
        scope.effective(key!("resolver")).is_some_and(|found| found.id() == self.directive(nginx).id())
    }

    /// The passes whose host this resolver looks up at run time.
    pub(crate) fn passes<'a>(&'a self, nginx: &'a Nginx) -> impl Iterator<Item = &'a super::Pass> {
        let own = self.directive(nginx).scope();
        nginx.passes_in(own).filter(move |pass| {
            pass.has_variables && pass.endpoint.class != HostClass::Ip && self.serves(nginx, pass.scope(nginx))
        })
    }

    /// The groups whose servers with `resolve` this resolver looks up.
    pub(crate) fn groups<'a>(&'a self, nginx: &'a Nginx) -> impl Iterator<Item = &'a super::Upstream> {
        let own = self.directive(nginx);
        let possible =
            matches!(own.context(), Context::Http | Context::Stream | Context::Upstream | Context::StreamUpstream);
        let outermost = matches!(own.context(), Context::Http | Context::Stream);
        let parent = own.parent().map(Directive::id);
        nginx.upstreams.iter().filter(move |group| {
            possible
                && (outermost || group.directive == parent)
                && group.servers.iter().any(|server| server.resolve.is_some())
                && group.resolver(nginx).is_some_and(|found| found == own)
        })
    }

    /// Who asks it.
    pub(crate) fn uses(&self, nginx: &Nginx) -> ResolverUse {
        let scope = self.directive(nginx).scope();
        let proxying = self.passes(nginx).next().is_some() || self.groups(nginx).next().is_some();
        let is_on = |directive: Directive<'_>| !directive.text(0).eq_ignore_ascii_case("off");
        let on = |key: Key| nginx.all_in(scope, key).any(is_on) || scope.effective(key).is_some_and(is_on);
        let ocsp = on(key!("ssl_stapling")) || on(key!("ssl_ocsp"));
        let other = matches!(scope.context(), Context::Mail | Context::MailServer)
            || OTHER_CONSUMERS.iter().any(|&key| nginx.has(key))
            || nginx.has_foreign_directive();
        ResolverUse { proxying, ocsp, other }
    }
}

impl Nginx {
    /// The passes that stand in a scope or below.
    pub(crate) fn passes_in(&self, scope: Scope<'_>) -> impl Iterator<Item = &super::Pass> {
        let range = scope.ids();
        let from = self.passes.partition_point(|pass| pass.directive < range.start);
        self.passes[from..].iter().take_while(move |pass| pass.directive < range.end)
    }

    /// Is there a directive that is not of the open-source distribution?
    pub(crate) fn has_foreign_directive(&self) -> bool {
        self.foreign
    }

    pub(super) fn find_foreign_directive(&self) -> bool {
        let is_checked = |directive: &Directive<'_>| directive.context().is_checked();
        self.nodes.iter().any(|node| node.key.is_none() && node.context.is_checked())
            || self.all_whose(|row| row.origin != Origin::OpenSource).iter().any(is_checked)
    }

    /// The hosts below a scope that are looked up once, at start: the places and classes of their names.
    pub(crate) fn static_hosts_in(&self, scope: Scope<'_>) -> Vec<(Span, HostClass)> {
        let passes = self
            .passes_in(scope)
            .filter(|pass| pass.is_static_host())
            .map(|pass| (pass.host_span(self), pass.endpoint.class));
        let range = scope.ids();
        let protocol = scope.context().protocol().unwrap_or(Protocol::Http);
        let servers = self
            .upstreams
            .iter()
            .filter(|group| group.protocol == protocol)
            .flat_map(|group| group.servers.iter())
            .filter(|server| range.contains(&server.directive))
            .filter(|server| server.resolve.is_none() && server.endpoint.class.is_name())
            .map(|server| (server.host(self), server.endpoint.class));
        passes.chain(servers).collect()
    }
}
