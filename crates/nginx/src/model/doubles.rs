//! Things defined twice, zones that disagree, buffers that do not fit each other, names asked at run time.

use super::Nginx;
use super::host::HostClass;
use super::location::{Location, LocationKind};
use super::resolver::Resolver;
use super::tree::{Directive, Scope};
use super::upstream::Upstream;
use crate::context::{Context, Protocol};
use crate::keys::{Key, key};
use crate::syntax::Word;
use crate::value;
use confvet_core::{Map, Span};

/// Something defined twice.
#[derive(Debug, Clone)]
pub(crate) struct Double {
    pub(crate) second: Span,
    pub(crate) first: Span,
    pub(crate) message: String,
    /// nginx takes it.
    pub(crate) accepted: bool,
}

/// A `zone` of an upstream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UpstreamZone<'a> {
    pub(crate) directive: Directive<'a>,
    /// The group it is for.
    pub(crate) group: &'a Upstream,
    /// In bytes; `None`: not given.
    pub(crate) size: Option<u64>,
    /// Servers of the group are looked up at run time.
    pub(crate) resolves: bool,
    /// Another module, or the other protocol, has a zone of the same name.
    pub(crate) clash: Option<(Span, &'static str)>,
}

impl UpstreamZone<'_> {
    /// Does it name the zone of another group, as after copying that group? Groups with a common beginning, a size that
    /// is written once, and a comment say that it is meant.
    pub(crate) fn is_likely_copied_from(&self, other: &UpstreamZone<'_>) -> bool {
        let (a, b) = (self.group.name.value.as_str(), other.group.name.value.as_str());
        let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        self.directive != other.directive
            && self.directive.text(0) == other.directive.text(0)
            && self.clash.is_none()
            && self.size.is_some()
            && self.size == other.size
            && common < 3.min(a.len()).min(b.len())
            && !self.directive.is_commented()
            && !other.directive.is_commented()
    }
}

/// A zone of shared memory, of another module than the upstreams.
#[derive(Debug, Clone, Copy)]
struct SharedZone<'a> {
    name: &'a str,
    /// The parameter that names it.
    word: Word<'a>,
    directive: Directive<'a>,
    size: Option<u64>,
    /// Several directives may name it, if they agree on its size.
    repeatable: bool,
}

impl SharedZone<'_> {
    /// Zones are told apart by their names within one module of one protocol.
    fn module(&self) -> (Option<Key>, Option<Protocol>) {
        (self.directive.key(), self.directive.context().protocol())
    }
}

/// Buffers of one family that do not fit each other.
#[derive(Debug, Clone)]
pub(crate) struct BufferClash {
    pub(crate) span: Span,
    pub(crate) others: Vec<Span>,
    pub(crate) message: String,
    pub(crate) replacement: Option<(Span, String)>,
}

/// A name that DNS is asked for at run time.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) resolver: &'a Resolver,
}

impl Asked<'_> {
    /// `service.namespace`, asked of a Kubernetes name server.
    pub(crate) fn is_namespaced(&self) -> bool {
        let in_cluster = self.resolver.name_servers.iter().any(|server| {
            let host = server.endpoint.host.as_str();
            host.contains("kube-dns") || host.contains("coredns") || host == "10.96.0.10"
        });
        in_cluster && self.name.matches('.').count() == 1 && HostClass::of(&self.name) == HostClass::Public
    }
}

impl Nginx {
    /// Locations, sockets, groups, formats and zones that are defined twice.
    pub(crate) fn double_definitions(&self) -> Vec<Double> {
        let mut found = Vec::new();
        self.double_locations(&mut found);
        self.double_listens(&mut found);
        self.double_zones(&mut found);
        let mut groups = Map::new();
        for upstream in self.upstreams.iter().filter(|upstream| upstream.directive.is_some()) {
            let name = &upstream.name;
            if let Some(&mut first) = groups.earlier((upstream.protocol, name.value.as_str()), name.span) {
                let message = format!("upstream `{}` is defined twice", name.value);
                found.push(Double { second: name.span, first, message, accepted: false });
            }
        }
        let mut formats = Map::new();
        for format in self.all(key!("log_format")) {
            let Some(word) = format.arg(0) else { continue };
            if let Some(&mut first) = formats.earlier((format.context().protocol(), word.text), word.span) {
                let message = format!("log format `{}` is defined twice", word.text);
                found.push(Double { second: word.span, first, message, accepted: false });
            }
        }
        for pass in self.passes.iter().filter(|pass| !pass.has_variables) {
            if let (Some(group), Some(port)) = (pass.group(self), pass.endpoint.port) {
                let message =
                    format!("`{}` is a group and takes no port (nginx: may not have port {port})", group.name.value);
                let (second, first) = (pass.word(self).span, group.name.span);
                found.push(Double { second, first, message, accepted: false });
            }
        }
        found.sort_by_key(|double| double.second);
        found
    }

    fn double_locations(&self, found: &mut Vec<Double>) {
        // Locations at any depth share one tree of prefixes only with their siblings.
        let mut all: Vec<(u32, u8, u32)> = self
            .location_kinds()
            .zip(0..)
            .filter_map(|((directive, kind), index)| {
                let class = match kind {
                    LocationKind::Exact => 0,
                    LocationKind::Prefix | LocationKind::FirmPrefix => 1,
                    LocationKind::Regex => 2,
                    LocationKind::CaselessRegex => 3,
                    LocationKind::Named => return None,
                };
                Some((directive.parent().map_or(u32::MAX, Directive::id), class, index))
            })
            .collect();
        all.sort_unstable();
        let mut locations: Vec<Location<'_>> = Vec::new();
        for siblings in all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|siblings| siblings.len() > 1) {
            locations.clear();
            locations.extend(siblings.iter().map(|&(_, _, index)| self.location(index)));
            locations.sort_by_key(|location| location.path);
            let mut earlier = locations[0];
            for &location in &locations[1..] {
                if earlier.path != location.path {
                    earlier = location;
                    continue;
                }
                let message = if location.is_regex() {
                    format!("location `{}` never runs: the same pattern stands before it", location.path)
                } else {
                    format!("location `{}` is defined twice", location.path)
                };
                let accepted = location.is_regex();
                found.push(Double { second: location.span, first: earlier.span, message, accepted });
            }
        }
    }

    fn double_listens(&self, found: &mut Vec<Double>) {
        for server in self.servers.iter().filter(|server| server.listens.len() > 1) {
            let mut seen = Map::new();
            for listen in server.listens.iter().filter(|listen| listen.address.port != 0) {
                let span = listen.directive(self).span();
                if let Some(&mut first) = seen.earlier(listen.address.clone(), span) {
                    let message =
                        format!("`{}` is listened on twice in this server (nginx: a duplicate listen)", listen.address);
                    found.push(Double { second: span, first, message, accepted: false });
                }
            }
        }
        if self.release.is_before((1, 25, 5)) {
            let mut sockets = Map::new();
            let streams = self.servers.iter().filter(|server| server.protocol == Protocol::Stream);
            for listen in streams.flat_map(|server| server.listens.iter()).filter(|listen| listen.address.port != 0) {
                let second = listen.directive(self).span();
                if let Some(&mut first) = sockets.earlier(listen.address.clone(), second) {
                    let message = format!(
                        "two stream servers listen on `{}`: nginx tells them apart by name only from 1.25.5 on",
                        listen.address
                    );
                    found.push(Double { second, first, message, accepted: false });
                }
            }
        }
        for protocol in [Protocol::Http, Protocol::Stream] {
            let (mut defaults, mut options) = (Map::new(), Map::new());
            let servers = self.servers.iter().filter(|server| server.protocol == protocol);
            for listen in servers.flat_map(|server| server.listens.iter()).filter(|listen| listen.address.port != 0) {
                let span = listen.directive(self).span();
                if let Some(&mut first) =
                    listen.default_server.then(|| defaults.earlier(listen.address.clone(), span)).flatten()
                {
                    let message = format!("`{}` has two default servers", listen.address);
                    found.push(Double { second: span, first, message, accepted: false });
                }
                let Some(option) = listen.socket_option else { continue };
                if let Some(&mut first) = options.earlier(listen.address.clone(), option) {
                    let message = format!(
                        "options of the socket `{}` are set twice: only one `listen` may carry them",
                        listen.address
                    );
                    found.push(Double { second: option, first, message, accepted: false });
                }
            }
        }
    }

    /// Zones of shared memory beside those of upstreams, in the order in which nginx reads them.
    fn shared_zones(&self) -> Vec<SharedZone<'_>> {
        const NAMED: &[(Key, &str, bool)] = &[
            (key!("limit_req_zone"), "zone=", false),
            (key!("limit_conn_zone"), "zone=", false),
            (key!("proxy_cache_path"), "keys_zone=", false),
            (key!("fastcgi_cache_path"), "keys_zone=", false),
            (key!("uwsgi_cache_path"), "keys_zone=", false),
            (key!("scgi_cache_path"), "keys_zone=", false),
            (key!("ssl_session_cache"), "shared:", true),
        ];
        let mut zones = Vec::new();
        for &(key, prefix, repeatable) in NAMED {
            for directive in self.all(key) {
                for word in directive.args() {
                    let Some(zone) = word.text.strip_prefix(prefix) else { continue };
                    let (name, size) = zone.split_once(':').unwrap_or((zone, ""));
                    zones.push(SharedZone { name, word, directive, size: value::size(size), repeatable });
                }
            }
        }
        zones.sort_by_key(|zone| zone.directive.id());
        zones
    }

    fn double_zones(&self, found: &mut Vec<Double>) {
        let mut seen: Map<&str, SharedZone<'_>> = Map::new();
        for zone in self.shared_zones() {
            let first = *seen.or_insert(zone.name, zone);
            let (name, second, other) = (zone.name, zone.word.span, first.directive.name().text);
            let message = if first.word.span == second {
                continue;
            } else if first.module() != zone.module() {
                format!("zone `{name}` is already one of `{other}` (nginx: already declared for a different use)")
            } else if !zone.repeatable {
                format!("zone `{name}` is defined twice")
            } else if first.size != zone.size {
                format!("zone `{name}` has two sizes (nginx: conflicts with already declared size)")
            } else {
                continue;
            };
            found.push(Double { second, first: first.word.span, message, accepted: false });
        }
    }

    /// The zones of upstreams.
    pub(crate) fn upstream_zones(&self) -> Vec<UpstreamZone<'_>> {
        let mut others: Map<&str, Span> = Map::new();
        for zone in self.shared_zones() {
            others.or_insert(zone.name, zone.word.span);
        }
        let mut zones = Vec::new();
        let mut protocols: Map<&str, (Protocol, Span)> = Map::new();
        for upstream in &self.upstreams {
            let Some(directive) = upstream.zone(self) else { continue };
            let Some(name) = directive.arg(0) else { continue };
            let other = others.get(name.text).map(|&span| (span, "a zone of another module"));
            let (protocol, span) = *protocols.or_insert(name.text, (upstream.protocol, name.span));
            let crossed = (protocol != upstream.protocol).then_some((span, "a zone of the other protocol"));
            zones.push(UpstreamZone {
                directive,
                group: upstream,
                size: value::size(directive.text(1)),
                resolves: upstream.servers.iter().any(|server| server.resolve.is_some()),
                clash: other.or(crossed),
            });
        }
        zones
    }

    /// Buffers that nginx refuses because of each other.
    pub(crate) fn buffer_clashes(&self) -> Vec<BufferClash> {
        const FAMILIES: &[[Key; 5]] = &[
            [
                key!("proxy_buffer_size"),
                key!("proxy_buffers"),
                key!("proxy_busy_buffers_size"),
                key!("proxy_temp_file_write_size"),
                key!("proxy_max_temp_file_size"),
            ],
            [
                key!("fastcgi_buffer_size"),
                key!("fastcgi_buffers"),
                key!("fastcgi_busy_buffers_size"),
                key!("fastcgi_temp_file_write_size"),
                key!("fastcgi_max_temp_file_size"),
            ],
            [
                key!("uwsgi_buffer_size"),
                key!("uwsgi_buffers"),
                key!("uwsgi_busy_buffers_size"),
                key!("uwsgi_temp_file_write_size"),
                key!("uwsgi_max_temp_file_size"),
            ],
            [
                key!("scgi_buffer_size"),
                key!("scgi_buffers"),
                key!("scgi_busy_buffers_size"),
                key!("scgi_temp_file_write_size"),
                key!("scgi_max_temp_file_size"),
            ],
        ];
        let in_http = |line: &Directive<'_>| line.context().protocol() == Some(Protocol::Http);
        let mut found = Vec::new();
        for family in FAMILIES {
            let mut scopes: Vec<Scope<'_>> =
                family.iter().flat_map(|&key| self.all(key)).filter(in_http).map(Directive::scope).collect();
            scopes.sort_by_key(|scope| scope.owner().map(Directive::id));
            scopes.dedup();
            // What stands directly in `http` is judged in each server, which may set the rest.
            let judged = scopes.into_iter().flat_map(|scope| match scope.context() {
                Context::Http if self.is_main() => scope.all(key!("server")).map(Directive::block).collect(),
                _ => vec![scope],
            });
            let clashes = judged.filter(|scope| !scope.sees_unread_include()).filter_map(|scope| clash(scope, family));
            let mut of_family: Vec<BufferClash> = clashes.collect();
            of_family.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
            of_family.dedup_by(|a, b| a.span == b.span);
            found.extend(of_family);
        }
        found
    }

    /// Every name that DNS is asked for at run time, as far as it is known.
    pub(crate) fn names_asked_at_run_time(&self) -> Vec<Asked<'_>> {
        let mut asked = Vec::new();
        for resolver in &self.resolvers {
            for group in resolver.groups(self) {
                for server in group.servers.iter().filter(|server| server.resolve.is_some() && server.service.is_none())
                {
                    let name = server.endpoint.host.to_string();
                    if server.endpoint.class.is_name() || server.endpoint.class == HostClass::Loopback {
                        asked.push(Asked { name, span: server.host(self), resolver });
                    }
                }
            }
            for pass in resolver.passes(self) {
                for (name, span) in self.run_time_hosts(pass).names() {
                    let span = span.unwrap_or(pass.host_span(self));
                    asked.push(Asked { name: name.to_owned(), span, resolver });
                }
            }
        }
        asked
    }
}

/// Do the buffers that hold here fit each other? Pages are 4k, as on most machines.
fn clash(scope: Scope<'_>, family: &[Key; 5]) -> Option<BufferClash> {
    const PAGE: u64 = 4096;
    let set = family.map(|key| scope.effective(key));
    let read = |index: usize, argument: usize| set[index].map(|line| value::size(line.text(argument)));
    let buffer = read(0, 0).unwrap_or(Some(PAGE))?;
    let count = set[1].map_or(Some(8), |line| value::number(line.text(0)))?;
    let size = read(1, 1).unwrap_or(Some(PAGE))?;
    let largest = buffer.max(size);
    let busy = read(2, 0).unwrap_or(Some(2 * largest))?;
    let all_but_one = count.saturating_sub(1).saturating_mul(size);
    let name = |index: usize| family[index].name();
    let span = |index: usize| set[index].map(Directive::span);
    let kilo = |bytes: u64| if bytes >= 1024 { format!("{}k", bytes / 1024) } else { bytes.to_string() };
    let make = |first: &[usize], message: String, replacement: Option<(Span, String)>| {
        let mut spans = first.iter().filter_map(|&index| span(index));
        let primary = spans.next()?;
        Some(BufferClash { span: primary, others: spans.collect(), message, replacement })
    };
    if count < 2 {
        return make(&[1], format!("`{}` needs at least 2 buffers", name(1)), None);
    }
    if busy < largest {
        let message = format!("`{}` ({}) is less than one buffer ({})", name(2), kilo(busy), kilo(largest));
        return make(&[2, 0, 1], message, span(2).map(|span| (span, format!("{} {}", name(2), kilo(2 * largest)))));
    }
    if busy > all_but_one {
        let how = if set[2].is_some() { String::new() } else { ", twice the largest buffer".to_owned() };
        let message =
            format!("`{}` ({}{how}) exceeds `{}` minus one ({})", name(2), kilo(busy), name(1), kilo(all_but_one));
        let replacement = span(1).map(|span| (span, format!("{} 8 {}", name(1), kilo(largest))));
        return make(&[0, 1, 2], message, replacement);
    }
    if let Some(write) = read(3, 0).flatten().filter(|&write| write < largest) {
        let message = format!("`{}` ({}) is less than one buffer ({})", name(3), kilo(write), kilo(largest));
        return make(&[3, 0, 1], message, None);
    }
    let most = read(4, 0).flatten().filter(|&most| most != 0 && most < largest)?;
    let message = format!("`{}` ({}) is less than one buffer ({})", name(4), kilo(most), kilo(largest));
    make(&[4, 0, 1], message, None)
}

impl Nginx {
    /// Directives that nginx of the target version takes with a warning only; without a target, those of the newest.
    pub(crate) fn deprecated_directives(&self) -> Vec<Directive<'_>> {
        self.all_whose(|row| {
            row.deprecated.is_some()
                && !row.deprecated_since.is_some_and(|since| self.release.is_before(since))
                && !row.removed.is_some_and(|removed| self.release.is_at_least(removed))
        })
    }
}
