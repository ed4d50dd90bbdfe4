//! Names and DNS: what is looked up at start, what at run time, and what defeats what.

use super::Nginx;
use super::host::{Endpoint, HostClass};
use super::pass::{Family, Pass};
use super::tree::{Directive, Scope};
use super::variable::Possible;
use crate::context::{Context as Place, Protocol};
use crate::keys::key;
use crate::layout;
use crate::template;
use confvet_core::{Context, Edit, Fact, Keys, Map, Span};

/// A name that is looked up once, at start, with every place that names it.
#[derive(Debug)]
pub(crate) struct StaticHost {
    pub(crate) name: String,
    pub(crate) class: HostClass,
    /// The first place.
    pub(crate) span: Span,
    /// The others, and the passes that use them.
    pub(crate) others: Vec<(Span, &'static str)>,
    place: StaticPlace,
}

#[derive(Debug, Clone, Copy)]
enum StaticPlace {
    /// Upstream, server: positions.
    Server(usize, usize),
    /// Position in the passes.
    Pass(usize),
}

/// What the host of a pass with variables can be.
#[derive(Debug)]
pub(crate) struct RunTimeHosts {
    /// Names that DNS is asked for, and where they come from.
    names: Vec<(String, Option<Span>)>,
    /// It may be something that is not known.
    unknown: bool,
    /// It is, or may be, written where it is used already.
    quiet: bool,
}

impl RunTimeHosts {
    /// Where a name comes from that has to be looked up; `None` when none has to, as far as is known.
    pub(crate) fn looked_up(&self) -> Option<Option<Span>> {
        match self.names.first() {
            Some((_, span)) => Some(*span),
            None if self.unknown && !self.quiet => Some(None),
            None => None,
        }
    }

    /// Are all values known?
    pub(crate) fn is_certain(&self) -> bool {
        !self.unknown
    }

    /// The names that have to be looked up.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Option<Span>)> {
        self.names.iter().map(|(name, span)| (name.as_str(), *span))
    }
}

/// A pass whose host is a variable, and that nevertheless never asks the resolver.
#[derive(Debug)]
pub(crate) struct Defeated<'a> {
    pub(crate) pass: &'a Pass,
    pub(crate) host: String,
    pub(crate) literal: Span,
    pub(crate) what: String,
    literal_pass: Option<&'a Pass>,
}

impl Defeated<'_> {
    /// How the literal place would read with the variable, when that is set for it too.
    pub(crate) fn through_variable(&self, nginx: &Nginx) -> Option<(Span, String)> {
        let literal = self.literal_pass?;
        let (name, _) = self.pass.first_variable(nginx)?;
        let here = literal.directive(nginx);
        let set_there = nginx.visible_definitions(Protocol::Http, name, here).iter().any(|definition| {
            here.scope().outwards().skip(1).any(|outer| outer == nginx.directive(definition.directive).scope())
        });
        let sole = self.pass.endpoint.host == format!("${name}") || self.pass.endpoint.host == format!("${{{name}}}");
        (set_there && sole && literal.uri.is_none()).then(|| (literal.host_span(nginx), format!("${{{name}}}")))
    }
}

impl StaticHost {
    /// Edits after which the name is looked up again at run time: `resolve`, `zone`, a `resolver`.
    pub(crate) fn resolve_again(&self, nginx: &Nginx, ctx: &Context<'_>) -> Option<Vec<Edit>> {
        let (place, mut edits) = match self.place {
            StaticPlace::Server(upstream, server) => {
                let upstream = &nginx.upstreams[upstream];
                let server = upstream.servers[server].directive(nginx);
                let block = upstream.block(nginx);
                let mut edits = vec![Edit::insert_after(server.span(), " resolve")];
                let other_resolve = upstream.servers.iter().any(|server| server.resolve.is_some());
                if upstream.zone(nginx).is_none() && !other_resolve {
                    let zone = format!("zone {} 64k;", nginx.free_zone_name(&upstream.name.value));
                    edits.push(layout::first_in(block, &zone, ctx)?);
                }
                if upstream.resolver(nginx).is_some() {
                    return Some(edits);
                }
                (server, edits)
            }
            StaticPlace::Pass(pass) => {
                let pass = &nginx.passes[pass];
                let server = pass.directive(nginx).server()?;
                let known = pass.directive(nginx).context().protocol() == Some(pass.protocol());
                if !known || server.scope().owner().is_none() || server.file() != pass.directive(nginx).file() {
                    return None;
                }
                let endpoint = &pass.endpoint;
                let group = nginx.free_group_name(&endpoint.group_name());
                let port = pass.port().map(|port| format!(":{port}")).unwrap_or_default();
                let text = format!(
                    "upstream {group} {{ zone {} 64k; server {}{port} resolve; }}",
                    nginx.free_zone_name(&group),
                    endpoint.host
                );
                let word = pass.word(nginx);
                let colon =
                    endpoint.port.map_or(endpoint.range.end, |port| endpoint.range.end + 1 + port.to_string().len());
                let replaced = word.slice(endpoint.range.start..colon.min(word.text.len()));
                (server, vec![Edit::replace(replaced, group), layout::before(server, &text, ctx)])
            }
        };
        let block = place.protocol_block()?;
        if !block.has(key!("resolver")) {
            let address = ctx.facts.text(Fact::Resolver)?;
            edits.push(layout::first_in(block, &format!("resolver {address} valid=10s;"), ctx)?);
        }
        Some(edits)
    }

    /// Edits after which the name goes through a variable, for versions without `resolve`. Only without a URI part: that
    /// would change meaning.
    pub(crate) fn through_variable(&self, nginx: &Nginx, ctx: &Context<'_>) -> Option<Vec<Edit>> {
        let pass = match self.place {
            StaticPlace::Pass(pass) => &nginx.passes[pass],
            StaticPlace::Server(..) => return None,
        };
        if pass.uri.is_some() || pass.family == Family::Stream {
            return None;
        }
        let directive = pass.directive(nginx);
        let name = pass.endpoint.group_name();
        if !nginx.definitions(Protocol::Http, &name).is_empty()
            || super::variable::built_in(Protocol::Http, &name).is_some()
            || directive.context() == Place::LimitExcept
        {
            return None;
        }
        let mut edits = vec![
            layout::before(directive, &format!("set ${name} {};", pass.endpoint.host), ctx),
            Edit::replace(pass.host_span(nginx), format!("${{{name}}}")),
        ];
        if pass.resolver(nginx).is_none() {
            let address = ctx.facts.text(Fact::Resolver)?;
            let block = directive.protocol_block()?;
            edits.push(layout::first_in(block, &format!("resolver {address} valid=10s;"), ctx)?);
        }
        Some(edits)
    }
}

impl Pass {
    /// The first variable of the argument, without `$`, and its place.
    pub(crate) fn first_variable<'a>(&self, nginx: &'a Nginx) -> Option<(&'a str, Span)> {
        let word = self.word(nginx);
        template::variables(word.text).next().map(|(name, range)| (name, word.slice(range)))
    }
}

impl Nginx {
    /// The first `resolve` of a group, and a comment that names nginx 1.27.0, 1.27.1 or 1.27.2.
    pub(crate) fn resolve_beside_old_version(&self) -> Option<(Span, Span)> {
        let servers = self.upstreams.iter().flat_map(|upstream| upstream.servers.iter());
        let resolve = servers.filter_map(|server| server.resolve.or(server.service)).next()?;
        let comments = self.trees.iter().flat_map(|tree| tree.comments.iter());
        Some((resolve, comments.filter_map(|comment| comment.names_version).next()?))
    }

    /// A name for a zone that no other zone has.
    pub(crate) fn free_zone_name(&self, wished: &str) -> String {
        let taken = |name: &str| {
            let zones = self.all(key!("zone")).any(|zone| zone.text(0) == name);
            let prefixed = |key, prefix: &str| {
                self.all(key).any(|it| {
                    it.args().iter().any(|word| {
                        word.text.strip_prefix(prefix).is_some_and(|rest| rest.split(':').next() == Some(name))
                    })
                })
            };
            zones
                || prefixed(key!("limit_req_zone"), "zone=")
                || prefixed(key!("limit_conn_zone"), "zone=")
                || prefixed(key!("proxy_cache_path"), "keys_zone=")
        };
        free_name(wished, taken)
    }

    /// A name for an upstream that no other has.
    fn free_group_name(&self, wished: &str) -> String {
        free_name(wished, |name| self.upstreams.iter().any(|upstream| upstream.name.value == name))
    }

    /// Every name that is looked up once at start, each with its first place; without those that never change.
    pub(crate) fn static_hosts(&self, never_change: &[String]) -> Vec<StaticHost> {
        let mut found: Map<String, StaticHost> = Map::new();
        let mut add = |endpoint: &Endpoint, span: Span, place: StaticPlace, user: Option<Span>| {
            let name = endpoint.host.trim_end_matches('.').to_ascii_lowercase();
            if never_change.iter().any(|fixed| fixed.eq_ignore_ascii_case(&name)) {
                return;
            }
            let host = found.or_insert_with(name, || StaticHost {
                name: endpoint.host.to_string(),
                class: endpoint.class,
                span,
                others: Vec::new(),
                place,
            });
            if host.span != span {
                host.others.push((span, "looked up here too"));
            }
            if let Some(user) = user.filter(|_| host.others.len() < 10) {
                host.others.push((user, "requests go there"));
            }
        };
        for (index, (upstream, mut uses)) in self.groups_with_uses().enumerate() {
            let user = uses.next();
            if upstream.is_foreign(self) || user.is_none() && upstream.directive.is_some() {
                continue;
            }
            for (position, server) in upstream.servers.iter().enumerate() {
                if server.resolve.is_none() && server.down.is_none() && server.endpoint.class.is_name() {
                    let user = user.map(|pass| pass.directive(self).span());
                    add(&server.endpoint, server.host(self), StaticPlace::Server(index, position), user);
                }
            }
        }
        for (index, pass) in self.passes.iter().enumerate() {
            let may_be_group = pass.endpoint.class == HostClass::Bare && !self.is_complete();
            if pass.is_static_host() && !may_be_group {
                add(&pass.endpoint, pass.host_span(self), StaticPlace::Pass(index), None);
            }
        }
        let mut hosts: Vec<StaticHost> = found.into_values().collect();
        hosts.sort_by_key(|host| host.span);
        hosts
    }

    /// What the host of a pass can be when requests come.
    pub(crate) fn run_time_hosts(&self, pass: &Pass) -> RunTimeHosts {
        let mut hosts = RunTimeHosts { names: Vec::new(), unknown: false, quiet: false };
        if !pass.has_variable_host() {
            let name = pass.endpoint.host.as_str();
            if pass.endpoint.class.is_name()
                && pass.upstream.is_none()
                && !self.is_literal(pass.protocol(), name, pass.port())
            {
                hosts.names.push((name.to_owned(), Some(pass.host_span(self))));
            }
            return hosts;
        }
        let word = pass.word(self);
        let whole = &word.text[pass.endpoint.range.clone()];
        let Some(variable) = template::sole_variable(whole) else {
            // Something like `$tenant.example.com`: a name, whatever the variable holds.
            let fixed_name = whole.rsplit('.').next().is_some_and(|last| !last.contains('$') && !last.is_empty())
                && whole.contains('.');
            if fixed_name && HostClass::of(&whole.replace('$', "x")).is_name() {
                hosts.names.push((whole.to_owned(), Some(pass.host_span(self))));
            } else {
                hosts.unknown = true;
            }
            return hosts;
        };
        let lower = variable.to_ascii_lowercase();
        if matches!(
            lower.as_str(),
            "server_addr"
                | "upstream_addr"
                | "realip_remote_addr"
                | "remote_addr"
                | "binary_remote_addr"
                | "proxy_protocol_server_addr"
        ) {
            return hosts;
        }
        match self.possible_values(variable, pass.directive(self)) {
            Possible::Anything => {
                hosts.unknown = true;
                hosts.quiet = self
                    .visible_definitions(pass.protocol(), variable, pass.directive(self))
                    .iter()
                    .any(|definition| definition.kind == super::DefinitionKind::Other)
                    || self.has_foreign_directive();
            }
            Possible::Values(values) => {
                for value in values {
                    let text = value.value.split_once("://").map_or(value.value.as_str(), |(_, rest)| rest);
                    let text = text.split('/').next().unwrap_or_default();
                    let endpoint = Endpoint::parse(text, 0);
                    let port = endpoint.port.or(pass.port());
                    let literal = self.is_literal(pass.protocol(), &endpoint.host, port);
                    if (endpoint.class.is_name() || endpoint.class == HostClass::Loopback) && !literal {
                        hosts.names.push((endpoint.host.to_string(), Some(value.span)));
                    }
                }
            }
        }
        hosts
    }

    /// Is there a group of that name, or a literal pass to that host and port?
    fn is_literal(&self, protocol: Protocol, host: &str, port: Option<u16>) -> bool {
        let index = &self.literals;
        let key = |port| (protocol, host.to_ascii_lowercase(), port);
        index.contains_key(&key(None)) || index.contains_key(&key(port))
    }

    /// Every host that nginx knows from the start: groups (port `None`) and literal passes.
    pub(super) fn literal_hosts(&self) -> Map<(Protocol, String, Option<u16>), u32> {
        let mut found = Map::new();
        // Only hosts of variables are looked for among them.
        let groups = if self.passes.iter().any(|pass| pass.has_variables) { self.upstreams.as_slice() } else { &[] };
        for upstream in groups {
            if let Some(directive) = upstream.directive {
                let name = upstream.name.value.as_str().to_ascii_lowercase();
                found.or_insert((upstream.protocol, name, None), directive);
            }
        }
        for pass in self.passes.iter().filter(|pass| pass.is_static_host()) {
            if let Some(port) = pass.port() {
                let place = (pass.protocol(), pass.endpoint.host.as_str().to_ascii_lowercase(), Some(port));
                found.or_insert(place, pass.directive);
            }
        }
        found
    }

    /// Passes whose variable host is also written out elsewhere in the same block.
    pub(crate) fn defeated_lookups(&self) -> Vec<Defeated<'_>> {
        let mut found = Vec::new();
        for pass in self.passes.iter().filter(|pass| pass.has_variables) {
            if pass.resolver(self).is_none() {
                continue;
            }
            let values = if pass.has_variable_host() {
                let word = pass.word(self);
                let whole = &word.text[pass.endpoint.range.clone()];
                let Some(variable) = template::sole_variable(whole) else { continue };
                match self.possible_values(variable, pass.directive(self)) {
                    Possible::Values(values) => values.into_iter().map(|value| value.value).collect(),
                    Possible::Anything => continue,
                }
            } else {
                vec![pass.endpoint.host.to_string()]
            };
            for value in values {
                let text = value.split_once("://").map_or(value.as_str(), |(_, rest)| rest);
                let endpoint = Endpoint::parse(text.split('/').next().unwrap_or_default(), 0);
                if !endpoint.class.is_name() {
                    continue;
                }
                let port = endpoint.port.or(pass.port());
                let host = endpoint.host.as_str().to_ascii_lowercase();
                let literal = self.literals.get(&(pass.protocol(), host.clone(), port)).filter(|_| port.is_some());
                let group = self.literals.get(&(pass.protocol(), host, None));
                let group = group.filter(|_| endpoint.class != HostClass::Bare);
                let Some(&other) = literal.or(group) else { continue };
                let directive = self.directive(other);
                let is_group = literal.is_none();
                if is_group && self.is_dynamic_group(other) {
                    continue;
                }
                let what = if is_group { "an upstream" } else { "a literal `proxy_pass`" };
                let literal_pass = self.passes.iter().find(|pass| pass.directive == other);
                let (literal, what) = (directive.span(), what.to_owned());
                let host = endpoint.host.to_string();
                found.push(Defeated { pass, host, literal, what, literal_pass });
                break;
            }
        }
        found
    }

    fn is_dynamic_group(&self, directive: u32) -> bool {
        let group = self.upstreams.iter().find(|group| group.directive == Some(directive));
        group.is_some_and(|group| {
            group.is_foreign(self)
                || group.servers.iter().all(|server| server.resolve.is_some() || !server.endpoint.class.is_name())
        })
    }
}

impl Scope<'_> {
    /// Does `limit_except` leave only these methods to this place?
    pub(crate) fn admits_only_methods(self, methods: &[&str]) -> bool {
        let limit = self.outwards().find_map(|scope| scope.first(key!("limit_except")));
        limit.is_some_and(|limit| {
            limit.args().iter().all(|word| methods.contains(&word.text))
                && limit.block().all(key!("deny")).any(|deny| deny.text(0) == "all")
        })
    }
}

fn free_name(wished: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = wished.to_owned();
    let mut number = 2;
    while taken(&name) {
        name = format!("{wished}_{number}");
        number += 1;
    }
    name
}

/// Questions about uses.
impl Nginx {
    /// May requests of this pass go to a group that is not known from the files?
    pub(crate) fn may_go_anywhere(&self, pass: &Pass) -> bool {
        if !pass.has_variable_host() {
            return false;
        }
        let whole = &pass.word(self).text[pass.endpoint.range.clone()];
        let known = template::sole_variable(whole).map(|name| self.possible_values(name, pass.directive(self)));
        !matches!(known, Some(Possible::Values(_)))
    }

    /// The hosts that variables in passes can have, in lower case.
    pub(crate) fn possible_groups(&self) -> Keys<String> {
        let mut groups = Keys::new();
        for pass in self.passes.iter().filter(|pass| pass.has_variable_host()) {
            let whole = &pass.word(self).text[pass.endpoint.range.clone()];
            let Some(name) = template::sole_variable(whole) else { continue };
            if let Possible::Values(values) = self.possible_values(name, pass.directive(self)) {
                for value in values {
                    let text = value.value.split_once("://").map_or(value.value.as_str(), |(_, rest)| rest);
                    let host = text.split(['/', ':']).next().unwrap_or_default();
                    groups.insert(host.to_ascii_lowercase());
                }
            }
        }
        // A host that is written out, with a variable path behind it.
        let literal = self.passes.iter().filter(|pass| !pass.has_variable_host());
        groups.extend(literal.map(|pass| pass.endpoint.host.as_str().to_ascii_lowercase()));
        groups
    }

    /// Is a variable the key of a limit?
    pub(crate) fn limits_by(&self, variable: &str) -> bool {
        [key!("limit_req_zone"), key!("limit_conn_zone")]
            .into_iter()
            .flat_map(|key| self.all(key))
            .any(|zone| names_variable(zone.text(0), variable))
    }

    /// Does a variable decide who is refused?
    pub(crate) fn decides_access(&self, variable: &str) -> bool {
        self.all(key!("if")).any(|condition| {
            condition.args().iter().any(|word| names_variable(word.text, variable))
                && condition.block().returns_denial()
        })
    }

    /// The locations beside a location.
    pub(crate) fn scope_locations<'a>(&'a self, location: Directive<'a>) -> impl Iterator<Item = super::Location<'a>> {
        location.scope().all(key!("location")).filter(move |other| *other != location).filter_map(super::Location::of)
    }
}

fn names_variable(text: &str, variable: &str) -> bool {
    let name = variable.trim_start_matches('$');
    template::variables(text).any(|(used, _)| used.eq_ignore_ascii_case(name))
}
