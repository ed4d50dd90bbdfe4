//! Questions about the tree as a whole: what is missing, repeated, out of place or newer than the target.

use super::location::{Location, LocationKind};
use super::pass::Family;
use super::server::{Server, SocketAddress};
use super::tree::{Directive, Scope};
use super::variable::built_in;
use super::{Nginx, RootKind};
use crate::context::{Context, Protocol};
use crate::keys::{Key, Origin, TableVersion, key};
use crate::syntax::Word;
use confvet_core::{Map, Span};

/// A parameter or value that came with a certain version.
#[derive(Debug, Clone)]
pub(crate) struct Newer {
    pub(crate) span: Span,
    /// As it is written.
    pub(crate) what: String,
    pub(crate) since: TableVersion,
}

/// Modules of nginx itself that distributions ship as files.
const OWN_MODULES: &[&str] = &[
    "ngx_http_geoip_",
    "ngx_stream_geoip_",
    "ngx_http_xslt_",
    "ngx_http_image_",
    "ngx_http_perl_",
    "ngx_mail_",
    "ngx_stream_module",
];

/// Third-party modules whose directives are in the table.
const KNOWN_MODULES: &[&str] = &[
    "js",
    "headers_more",
    "echo",
    "set_misc",
    "brotli",
    "zstd",
    "geoip2",
    "vhost_traffic",
    "rtmp",
    "modsecurity",
    "otel",
    "acme",
    "cache_purge",
    "fancyindex",
    "lua",
    "ndk",
];

impl Nginx {
    /// The first directive of a main file that has no `events` block. Only a file that is surely the main one counts:
    /// it has `http` and directives such as `worker_processes` beside it, and all its includes have been read.
    pub(crate) fn lacks_events(&self) -> Option<Directive<'_>> {
        const MAIN_ONLY: &[Key] = &[key!("worker_processes"), key!("pid"), key!("user"), key!("daemon")];
        let top = self.top();
        let surely = self.root_kind == RootKind::Main
            && top.has(key!("http"))
            && MAIN_ONLY.iter().any(|&key| top.has(key))
            && !top.has_unread_include();
        (surely && !top.has(key!("events"))).then(|| top.children().next()).flatten()
    }

    /// Stream servers that nginx refuses: without a `listen`, or, before 1.27.1, without a handler.
    pub(crate) fn incomplete_stream_servers(&self) -> Vec<(Directive<'_>, &'static str)> {
        const HANDLERS: &[Key] = &[key!("proxy_pass"), key!("return"), key!("pass"), key!("js_access")];
        let mut found = Vec::new();
        for server in self.servers().iter().filter(|server| server.protocol == Protocol::Stream) {
            let directive = server.directive(self);
            let block = directive.block();
            if directive.holds_unread_include() || !self.is_main() {
                continue;
            }
            if !block.has(key!("listen")) {
                found.push((directive, "this server has no `listen` (nginx: no \"listen\" is defined for server)"));
            } else if self.release.is_before((1, 27, 1))
                && !HANDLERS.iter().any(|&key| block.has(key))
                && !self.has_foreign_directive()
            {
                found.push((directive, "this server has no `proxy_pass` or `return` (nginx: no handler for server)"));
            }
        }
        found
    }

    /// Is a module loaded whose directives are not in the table?
    pub(crate) fn loads_unknown_module(&self) -> bool {
        self.all(key!("load_module")).any(|module| {
            let name = module.text(0);
            !OWN_MODULES.iter().chain(KNOWN_MODULES).any(|known| name.contains(known))
        })
    }

    /// The first directive of each module outside the open-source distribution, in a whole configuration that loads no
    /// modules and whose target does not bring them.
    pub(crate) fn foreign_modules(&self) -> Vec<(&'static str, Directive<'_>)> {
        use crate::release::Flavor;
        if !self.is_main() || self.has(key!("load_module")) || !matches!(self.release.flavor, Flavor::OpenSource) {
            return Vec::new();
        }
        let mut found: Map<&'static str, Directive<'_>> = Map::new();
        for directive in self.all_whose(|row| row.origin != Origin::OpenSource) {
            if let Some(row) = directive.row() {
                found.or_insert(row.module, directive);
            }
        }
        found.into_sorted().into_iter().collect()
    }

    /// Locations that cannot lie where they lie, and why.
    pub(crate) fn misplaced_locations(&self) -> Vec<(Location<'_>, String)> {
        let mut found = Vec::new();
        let inner = self.location_kinds().zip(0..).filter(|((directive, kind), _)| {
            *kind == LocationKind::Named || directive.parent().is_some_and(|outer| outer.is(key!("location")))
        });
        for location in inner.map(|(_, index)| self.location(index)) {
            let Some(outer) = location.directive.parent().and_then(Location::of) else { continue };
            let message = match (location.kind, outer.kind) {
                (LocationKind::Named, _) => {
                    format!("named location `{}` can stand only at server level", location.path)
                }
                (_, LocationKind::Exact) => {
                    format!("location `{}` cannot be inside the exact location `{}`", location.path, outer.path)
                }
                (_, LocationKind::Named) => {
                    format!("location `{}` cannot be inside the named location `{}`", location.path, outer.path)
                }
                _ if location.is_regex() || outer.is_regex() || location.path.starts_with(outer.path) => continue,
                _ => format!("location `{}` is outside location `{}`", location.path, outer.path),
            };
            found.push((location, message));
        }
        found
    }

    /// `limit_req` and `limit_conn` of a zone that already limits the block: the second, the first.
    pub(crate) fn repeated_limits(&self) -> Vec<(Directive<'_>, Directive<'_>)> {
        let zone = |limit: Directive<'_>| -> Option<String> {
            if limit.is(key!("limit_conn")) {
                return Some(limit.text(0).to_owned());
            }
            limit.args().iter().find_map(|word| word.text.strip_prefix("zone=")).map(str::to_owned)
        };
        let mut seen: Map<(Option<u32>, bool, String), Directive<'_>> = Map::new();
        let mut found = Vec::new();
        for limit in [key!("limit_req"), key!("limit_conn")].into_iter().flat_map(|key| self.all(key)) {
            let Some(zone) = zone(limit) else { continue };
            let place = (limit.parent().map(Directive::id), limit.is(key!("limit_conn")), zone);
            found.extend(seen.earlier(place, limit).map(|first| (limit, *first)));
        }
        found
    }

    /// Directives that override an earlier one of the same block in silence: the second, the first.
    pub(crate) fn silent_overrides(&self) -> Vec<(Directive<'_>, Directive<'_>)> {
        let mut found = Vec::new();
        let zones =
            self.all(key!("zone")).filter(|zone| matches!(zone.context(), Context::Upstream | Context::StreamUpstream));
        let returns = self.all(key!("return")).filter(|it| it.context() != Context::StreamServer);
        let mut seen: Map<(u32, Key), Directive<'_>> = Map::new();
        for directive in zones.chain(returns) {
            let (Some(parent), Some(key)) = (directive.parent(), directive.key()) else { continue };
            found.extend(seen.earlier((parent.id(), key), directive).map(|first| (directive, *first)));
        }
        let mut maps: Map<(Option<Protocol>, String), Directive<'_>> = Map::new();
        for map in self.all(key!("map")).filter(|map| map.is_block()) {
            let place = (map.context().protocol(), map.text(1).to_ascii_lowercase());
            found.extend(maps.earlier(place, map).map(|first| (map, *first)));
        }
        found
    }

    /// Definitions whose variable is one of nginx's own that cannot be set: the directive, the word, the name.
    pub(crate) fn reassigned_built_ins(&self) -> Vec<(Directive<'_>, Word<'_>, String)> {
        let targets = [(key!("set"), 0), (key!("map"), 1), (key!("split_clients"), 1), (key!("auth_request_set"), 0)];
        let mut found = Vec::new();
        for (key, index) in targets {
            for directive in self.all(key) {
                let Some(word) = directive.arg(index) else { continue };
                let (Some(name), Some(protocol)) = (word.text.strip_prefix('$'), directive.context().protocol()) else {
                    continue;
                };
                let name = name.to_ascii_lowercase();
                let fixed = built_in(protocol, &name).is_some_and(|row| {
                    !row.prefix
                        && !row.assignable
                        && !row.since.is_some_and(|since| self.release.is_before(since))
                        && !row.removed.is_some_and(|removed| self.release.is_at_least(removed))
                });
                if fixed {
                    found.push((directive, word, name));
                }
            }
        }
        found
    }

    /// Parameters, values and variables that came with a later version than their directive.
    pub(crate) fn newer_parameters(&self) -> Vec<Newer> {
        let mut found = Vec::new();
        let mut add = |word: Word<'_>, what: String, since| found.push(Newer { span: word.span, what, since });
        for listen in self.all(key!("listen")) {
            for word in listen.args().iter().skip(1) {
                match word.text {
                    "quic" => add(word, "listen ... quic".to_owned(), (1, 25, 0)),
                    "default_server" if listen.context() == Context::StreamServer => {
                        add(word, "listen ... default_server in stream".to_owned(), (1, 25, 5));
                    }
                    _ => {}
                }
            }
        }
        for version in self.all(key!("proxy_http_version")) {
            if let Some(word) = version.arg(0).filter(|word| word.text == "2") {
                add(word, "proxy_http_version 2".to_owned(), (1, 29, 4));
            }
        }
        for resolver in self.all(key!("resolver")) {
            if let Some(word) = resolver.args().iter().find(|word| word.text.starts_with("ipv4=")) {
                add(word, word.text.to_string(), (1, 23, 1));
            }
        }
        for keepalive in self.all(key!("keepalive")) {
            if keepalive.context() != Context::Upstream {
                continue;
            }
            if let Some(word) = keepalive.arg(0).filter(|word| word.text == "0") {
                add(word, "keepalive 0".to_owned(), (1, 29, 7));
            }
            if let Some(word) = keepalive.arg(1).filter(|word| word.text == "local") {
                add(word, "keepalive ... local".to_owned(), (1, 29, 7));
            }
        }
        for upstream in self.upstreams() {
            for server in &upstream.servers {
                let words = server.directive(self).args().iter().skip(1);
                for word in words.filter(|word| word.text == "drain" || word.text.starts_with("route=")) {
                    add(word, word.text.to_string(), (1, 29, 6));
                }
            }
        }
        for geo in self.all(key!("geo")) {
            let volatile =
                geo.block().children().find(|entry| entry.words().len() == 1 && entry.name().text == "volatile");
            if let Some(entry) = volatile {
                add(entry.name(), "volatile in geo".to_owned(), (1, 29, 3));
            }
            for include in geo.block().children().filter(|entry| entry.name().text == "include") {
                if let Some(word) = include.arg(0).filter(|word| word.text.contains(['*', '?', '['])) {
                    add(word, "include with a glob in geo".to_owned(), (1, 29, 8));
                }
            }
        }
        let since = |protocol: Option<Protocol>, name: &str| {
            let protocol = protocol?;
            let since = built_in(protocol, name)?.since?;
            self.definitions(protocol, name).is_empty().then_some(since)
        };
        for used in self.uses_of(|protocol, name| since(protocol, name).is_some()) {
            let name = used.name.to_ascii_lowercase();
            if let Some(since) = since(used.directive.context().protocol(), &name) {
                found.push(Newer { span: used.span, what: format!("${name}"), since });
            }
        }
        found
    }

    /// Each `*_ssl_verify on` that holds for a pass over TLS, without certificates of authorities. nginx also prepares
    /// TLS for every `proxy_pass` with a variable, whatever its scheme.
    pub(crate) fn verified_without_authority(&self) -> Vec<Directive<'_>> {
        const VERIFY: &[(Family, Key, Key)] = &[
            (Family::Proxy, key!("proxy_ssl_verify"), key!("proxy_ssl_trusted_certificate")),
            (Family::Grpc, key!("grpc_ssl_verify"), key!("grpc_ssl_trusted_certificate")),
            (Family::Uwsgi, key!("uwsgi_ssl_verify"), key!("uwsgi_ssl_trusted_certificate")),
        ];
        let mut found = Vec::new();
        for pass in self.passes.iter().filter(|pass| self.is_main() && (pass.is_tls() || pass.has_variables)) {
            let Some(&(_, verify, authority)) = VERIFY.iter().find(|(family, ..)| *family == pass.family) else {
                continue;
            };
            let scope = pass.scope(self);
            let line = scope.effective(verify).filter(|line| line.text(0).eq_ignore_ascii_case("on"));
            if scope.effective(authority).is_none() && !scope.sees_unread_include() {
                found.extend(line);
            }
        }
        found.sort_by_key(|line| line.id());
        found.dedup();
        found
    }

    /// Is the server the default one on this socket?
    pub(crate) fn is_default_on(&self, server: &Server, address: &SocketAddress) -> bool {
        let Some(listeners) = self.sockets(server.protocol).get(address) else { return true };
        let says_so = |&&(server, listen): &&(usize, Option<usize>)| {
            listen.is_some_and(|listen| self.servers[server].listens[listen].default_server)
        };
        let default = listeners.iter().find(says_so).or(listeners.first());
        default.is_none_or(|&(index, _)| self.servers[index].directive == server.directive)
    }
}

impl Scope<'_> {
    /// Does something else than `ssl_certificate` give this server its certificate, or refuse all handshakes?
    pub(crate) fn brings_certificate_otherwise(self) -> bool {
        const OTHERS: &[Key] =
            &[key!("ssl_certificate_by_lua_block"), key!("ssl_certificate_by_lua_file"), key!("acme_certificate")];
        OTHERS.iter().any(|&key| self.effective(key).is_some()) || self.is_on(key!("ssl_reject_handshake"))
    }
}
