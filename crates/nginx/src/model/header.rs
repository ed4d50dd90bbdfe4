//! Headers and parameters that an inner block drops by setting others.

use super::tree::{Directive, Scope};
use crate::keys::{Key, key};
use crate::syntax::Word;
use crate::template;
use confvet_core::Keys;

/// Directives that are inherited only when the inner block has none of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderFamily {
    /// `add_header`, towards clients.
    Response,
    /// `add_trailer`, towards clients.
    Trailer,
    /// `proxy_set_header`.
    Proxy,
    /// `grpc_set_header`.
    Grpc,
    /// `fastcgi_param`.
    Fastcgi,
    /// `uwsgi_param`.
    Uwsgi,
    /// `scgi_param`.
    Scgi,
}

impl HeaderFamily {
    /// What is sent to backends.
    pub const REQUEST: &'static [HeaderFamily] =
        &[HeaderFamily::Proxy, HeaderFamily::Grpc, HeaderFamily::Fastcgi, HeaderFamily::Uwsgi, HeaderFamily::Scgi];

    /// What is sent to clients.
    pub const RESPONSE: &'static [HeaderFamily] = &[HeaderFamily::Response, HeaderFamily::Trailer];

    pub(crate) fn key(self) -> Key {
        match self {
            HeaderFamily::Response => key!("add_header"),
            HeaderFamily::Trailer => key!("add_trailer"),
            HeaderFamily::Proxy => key!("proxy_set_header"),
            HeaderFamily::Grpc => key!("grpc_set_header"),
            HeaderFamily::Fastcgi => key!("fastcgi_param"),
            HeaderFamily::Uwsgi => key!("uwsgi_param"),
            HeaderFamily::Scgi => key!("scgi_param"),
        }
    }

    /// The directive that passes requests on with it.
    pub(crate) fn pass(self) -> Option<Key> {
        match self {
            HeaderFamily::Response | HeaderFamily::Trailer => None,
            HeaderFamily::Proxy => Some(key!("proxy_pass")),
            HeaderFamily::Grpc => Some(key!("grpc_pass")),
            HeaderFamily::Fastcgi => Some(key!("fastcgi_pass")),
            HeaderFamily::Uwsgi => Some(key!("uwsgi_pass")),
            HeaderFamily::Scgi => Some(key!("scgi_pass")),
        }
    }

    /// The switch that makes inner blocks add to the outer ones (nginx 1.29.3).
    fn inherit_switch(self) -> Option<Key> {
        match self {
            HeaderFamily::Response => Some(key!("add_header_inherit")),
            HeaderFamily::Trailer => Some(key!("add_trailer_inherit")),
            _ => None,
        }
    }
}

/// What an inner block drops.
#[derive(Debug, Clone)]
pub struct DroppedHeaders<'a> {
    /// The first line of the inner block.
    pub first_inner: Directive<'a>,
    /// The last line of the inner block.
    pub last_inner: Directive<'a>,
    /// The outer lines that no longer hold.
    pub dropped: Vec<Directive<'a>>,
}

impl<'a> Scope<'a> {
    /// The outer lines of a family that this block drops by setting its own, without those it repeats.
    pub fn dropped_headers(self, family: HeaderFamily) -> Option<DroppedHeaders<'a>> {
        let key = family.key();
        let first_inner = self.first(key)?;
        let switch = family.inherit_switch();
        if switch.and_then(|switch| self.effective_text(switch)).is_some_and(|value| value == "merge") {
            return None;
        }
        let outer = self.outer()?.outwards().find(|scope| scope.has(key))?;
        let name = |line: Directive<'_>| line.text(0).to_ascii_lowercase();
        let repeated: Keys<String> = self.all(key).map(name).collect();
        let dropped: Vec<Directive<'a>> = outer.all(key).filter(|line| !repeated.contains(&name(*line))).collect();
        let last_inner = self.all(key).last().unwrap_or(first_inner);
        (!dropped.is_empty()).then_some(DroppedHeaders { first_inner, last_inner, dropped })
    }

    /// The `proxy_set_header` of that name that holds here.
    pub(crate) fn proxy_header(self, name: &str) -> Option<Directive<'a>> {
        self.effective_all(key!("proxy_set_header")).filter(|line| line.text(0).eq_ignore_ascii_case(name)).last()
    }

    /// Is a response header of that name set here, by whichever directive?
    pub(crate) fn sets_response_header(self, name: &str) -> bool {
        let names_it = |word: Word<'_>| word.text.to_ascii_lowercase().contains(&name.to_ascii_lowercase());
        let set_more = |scope: Scope<'a>| scope.all(key!("more_set_headers"));
        self.effective_all(key!("add_header")).any(|line| line.text(0).eq_ignore_ascii_case(name))
            || self.outwards().flat_map(set_more).any(|line| line.args().iter().any(names_it))
    }

    /// Is a WebSocket upgrade forwarded here?
    pub(crate) fn forwards_upgrade(self) -> bool {
        self.proxy_header("Upgrade").is_some_and(|line| template::has_variables(line.text(1)))
    }
}
