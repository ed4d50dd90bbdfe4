//! Names that are used but defined nowhere.

use super::Nginx;
use super::tree::Directive;
use crate::context::Protocol;
use crate::keys::{Key, key};
use crate::syntax::Word;
use crate::template;
use confvet_core::{Keys, Map, Span};

/// What a name should refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// A `log_format`, defined before its use.
    LogFormat,
    /// A zone of `limit_req_zone` or `limit_conn_zone`.
    LimitZone,
    /// A zone of `proxy_cache_path` and its kin.
    CacheZone,
    /// `location @name` in the same server.
    NamedLocation,
    /// `match`, for health checks.
    Match,
    /// `thread_pool`.
    ThreadPool,
}

/// A reference to nothing.
#[derive(Debug, Clone)]
pub struct Missing {
    /// What it should refer to.
    pub reference: Reference,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// A definition that comes too late.
    pub later: Option<Span>,
    /// The names that do exist, in order.
    pub known: Vec<String>,
}

/// The parameter of that name: its value and the place of the value.
fn parameter<'a>(directive: Directive<'a>, name: &str) -> Option<(&'a str, Span)> {
    directive.args().iter().find_map(|word| {
        let value = word.text.strip_prefix(name)?.strip_prefix('=')?;
        Some((value, word.slice(name.len() + 1..word.text.len())))
    })
}

fn before_colon(text: &str) -> &str {
    text.split_once(':').map_or(text, |(name, _)| name)
}

impl Nginx {
    /// References to nothing. What may be defined in files that are not here is left out.
    pub(crate) fn missing_references(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        self.missing_named_locations(&mut missing);
        if self.is_complete() {
            self.missing_log_formats(&mut missing);
            self.missing_zones(&mut missing);
            self.missing_pools(&mut missing);
        }
        missing.sort_by_key(|missing| missing.span);
        missing
    }

    fn missing_log_formats(&self, missing: &mut Vec<Missing>) {
        let mut formats: Map<(Option<Protocol>, &str), Directive<'_>> = Map::new();
        for format in self.all(key!("log_format")) {
            formats.or_insert((format.context().protocol(), format.text(0)), format);
        }
        for log in self.all(key!("access_log")) {
            let protocol = log.context().protocol();
            // The second word is a format whatever it looks like: nginx takes `buffer=32k` for one.
            let known = |word: &Word<'_>| word.text == "combined" && protocol == Some(Protocol::Http);
            let Some(word) = log.arg(1).filter(|word| !known(word) && log.text(0) != "off") else { continue };
            let format = formats.get(&(protocol, word.text));
            if format.is_some_and(|format| format.id() < log.id()) {
                continue;
            }
            let later = format.and_then(|format| format.arg(0)).map(|name| name.span);
            let known = formats.keys().filter(|(of, _)| *of == protocol).map(|(_, name)| (*name).to_owned()).collect();
            let (name, span) = (word.text.to_string(), word.span);
            missing.push(Missing { reference: Reference::LogFormat, name, span, later, known });
        }
    }

    fn missing_zones(&self, missing: &mut Vec<Missing>) {
        let limits: Keys<&str> = [key!("limit_req_zone"), key!("limit_conn_zone")]
            .iter()
            .flat_map(|&key| self.all(key))
            .filter_map(|zone| parameter(zone, "zone"))
            .map(|(zone, _)| before_colon(zone))
            .collect();
        let mut report = |reference, name: &str, span, known: &Keys<&str>| {
            if !template::has_variables(name) && !known.contains(name) {
                let known = known.sorted().map(|name| (*name).to_owned()).collect();
                missing.push(Missing { reference, name: name.to_owned(), span, later: None, known });
            }
        };
        for limit in self.all(key!("limit_req")) {
            if let Some((name, span)) = parameter(limit, "zone") {
                report(Reference::LimitZone, name, span, &limits);
            }
        }
        for limit in self.all(key!("limit_conn")) {
            if let Some(word) = limit.arg(0) {
                report(Reference::LimitZone, word.text, word.span, &limits);
            }
        }
        const CACHES: &[(Key, Key)] = &[
            (key!("proxy_cache"), key!("proxy_cache_path")),
            (key!("fastcgi_cache"), key!("fastcgi_cache_path")),
            (key!("uwsgi_cache"), key!("uwsgi_cache_path")),
            (key!("scgi_cache"), key!("scgi_cache_path")),
        ];
        for &(cache, path) in CACHES {
            let zones: Keys<&str> = self
                .all(path)
                .filter_map(|path| parameter(path, "keys_zone"))
                .map(|(zone, _)| before_colon(zone))
                .collect();
            for word in self.all(cache).filter_map(|cache| cache.arg(0)).filter(|word| word.text != "off") {
                report(Reference::CacheZone, word.text, word.span, &zones);
            }
        }
    }

    fn missing_pools(&self, missing: &mut Vec<Missing>) {
        let pools: Vec<&str> = self.all(key!("thread_pool")).map(|pool| pool.text(0)).collect();
        for aio in self.all(key!("aio")) {
            let Some((name, span)) = parameter(aio, "threads") else { continue };
            if name != "default" && !pools.contains(&name) && !template::has_variables(name) {
                let known = pools.iter().map(|pool| (*pool).to_owned()).collect();
                let reference = Reference::ThreadPool;
                missing.push(Missing { reference, name: name.to_owned(), span, later: None, known });
            }
        }
        let matches: Vec<&str> = self.all(key!("match")).map(|block| block.text(0)).collect();
        for check in self.all(key!("health_check")) {
            let Some((name, span)) = parameter(check, "match") else { continue };
            if !matches.contains(&name) {
                let known = matches.iter().map(|name| (*name).to_owned()).collect();
                let reference = Reference::Match;
                missing.push(Missing { reference, name: name.to_owned(), span, later: None, known });
            }
        }
    }

    fn missing_named_locations(&self, missing: &mut Vec<Missing>) {
        for server in self.servers() {
            let directive = server.directive(self);
            if directive.holds_unread_include() {
                continue;
            }
            let named: Vec<&str> = directive
                .block()
                .all(key!("location"))
                .map(|location| location.text(0))
                .filter(|name| name.starts_with('@'))
                .collect();
            let users = directive.descendants().filter(|it| it.is(key!("try_files")) || it.is(key!("error_page")));
            let last_words = users.filter_map(|user| user.args().last());
            for word in last_words.filter(|word| is_name(*word) && !named.contains(&word.text)) {
                let known = named.iter().map(|name| (*name).to_owned()).collect();
                let (name, span) = (word.text.to_string(), word.span);
                missing.push(Missing { reference: Reference::NamedLocation, name, span, later: None, known });
            }
        }
    }
}

fn is_name(word: Word<'_>) -> bool {
    word.text.starts_with('@') && !template::has_variables(word.text)
}
