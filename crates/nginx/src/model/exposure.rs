//! Where values go that clients can reach: headers, files, answers.

use super::Nginx;
use super::location::Location;
use super::tree::{Directive, Scope};
use crate::keys::{Key, key};
use crate::pcre::{ByteSet, Pattern};
use crate::syntax::Word;
use crate::template::{self, Part, Piece};
use std::ops::Range;

/// A word that ends up in a header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeaderSink<'a> {
    pub(crate) directive: Directive<'a>,
    pub(crate) word: Word<'a>,
    /// The header goes to the client; otherwise to a backend.
    pub(crate) to_client: bool,
    /// It is the target of a redirect by `return`.
    pub(crate) is_redirect: bool,
    /// nginx escapes `$1` to `$9` here.
    escapes_captures: bool,
}

impl HeaderSink<'_> {
    /// Can this part of the word carry a line end into the header?
    pub(crate) fn covers(&self, piece: &Piece<'_>) -> bool {
        match piece.part {
            Part::Variable(_) => true,
            Part::Capture(_) => !self.escapes_captures,
            _ => false,
        }
    }
}

/// A group of a location's pattern that lets a path climb out of an aliased directory.
#[derive(Debug)]
pub(crate) struct AliasEscape {
    /// The group in the alias.
    pub(crate) range: Range<usize>,
    /// What lets it.
    pub(crate) why: String,
    /// It can also hold `/`, so that any file is reached.
    pub(crate) climbs: bool,
}

fn is_redirect_code(code: &str) -> bool {
    matches!(code, "301" | "302" | "303" | "307" | "308")
}

impl Nginx {
    /// Every word that ends up in a header and that clients may get a line end into.
    pub(crate) fn header_sinks<'a>(&'a self) -> Vec<HeaderSink<'a>> {
        let mut sinks = Vec::new();
        let mut add = |directive, word: Word<'a>, to_client, is_redirect, escapes_captures| {
            if word.has_dollar && self.may_hold_line_end(word.text) {
                sinks.push(HeaderSink { directive, word, to_client, is_redirect, escapes_captures });
            }
        };
        for answer in self.all(key!("return")) {
            let redirects = match answer.args().len() {
                1 => true,
                2 => is_redirect_code(answer.text(0)),
                _ => false,
            };
            if let Some(target) = answer.args().last().filter(|_| redirects) {
                add(answer, target, true, true, false);
            }
        }
        for rewrite in self.all(key!("rewrite")) {
            let Some(target) = rewrite.arg(1) else { continue };
            let absolute = ["http://", "https://", "$scheme"].iter().any(|start| target.text.starts_with(start));
            if absolute || matches!(rewrite.text(2), "redirect" | "permanent") {
                add(rewrite, target, true, false, true);
            }
        }
        let to_clients = [key!("add_header"), key!("add_trailer")];
        let to_backends = [key!("proxy_set_header"), key!("grpc_set_header")];
        for (key, to_client) in to_clients.map(|key| (key, true)).into_iter().chain(to_backends.map(|key| (key, false)))
        {
            for header in self.all(key) {
                if let Some(value) = header.arg(1) {
                    add(header, value, to_client, false, false);
                }
            }
        }
        for pass in self.all(key!("proxy_pass")) {
            let in_http = pass.location().is_some() || pass.server().is_none();
            if let Some(target) = pass.arg(0).filter(|_| in_http) {
                add(pass, target, false, false, false);
            }
        }
        sinks
    }

    /// A group of a regex location through which `alias` can be left.
    pub(crate) fn alias_escape(&self, alias: &str, pattern: &str, parsed: &Pattern) -> Option<AliasEscape> {
        if parsed.opaque {
            return None;
        }
        let mut before = "";
        for piece in template::pieces(alias) {
            let index = match piece.part {
                Part::Text(text) => {
                    before = text;
                    continue;
                }
                Part::Capture(index) => u32::from(index),
                Part::Variable(name) => match parsed.named(name) {
                    Some(index) => index,
                    None => continue,
                },
                _ => continue,
            };
            let group = parsed.group(index)?;
            let dot = group.first_bytes().contains(b'.');
            let climbs = group.bytes().contains(b'/');
            let range = piece.range.clone();
            if piece.range.start == 0 {
                let why = "the alias starts with what the client wrote: `..` in the path climbs out of the directory"
                    .to_owned();
                return group.bytes().contains(b'.').then_some(AliasEscape { range, why, climbs });
            }
            let opened_by_slash = pattern_before(pattern, parsed, index).is_some_and(|text| text.ends_with('/'));
            let must_slash = !group.is_nullable() && !group.first_bytes().overlaps(ByteSet::one(b'/').complement());
            if before.ends_with('/') && !opened_by_slash && dot && !must_slash {
                let why = "the group may begin with `.` right behind the directory's slash: `..` in the path climbs out of it".to_owned();
                return Some(AliasEscape { range, why, climbs });
            }
            if !before.ends_with('/') && !must_slash && group.bytes().contains(b'.') {
                let why = "nothing separates the directory from the group: names beside the directory are served too"
                    .to_owned();
                return Some(AliasEscape { range, why, climbs: false });
            }
        }
        None
    }

    /// The blocks that hold a directive of that name, each once.
    pub(crate) fn scopes_with_key(&self, key: Key) -> Vec<Scope<'_>> {
        let mut scopes: Vec<Scope<'_>> = self.all(key).map(Directive::scope).collect();
        scopes.sort_by_key(|scope| scope.owner().map(Directive::id));
        scopes.dedup();
        scopes
    }
}

/// The text of a pattern in front of a group.
fn pattern_before<'a>(pattern: &'a str, parsed: &Pattern, index: u32) -> Option<&'a str> {
    match parsed.group(index)? {
        crate::pcre::Node::Group { range, .. } => pattern.get(..range.0),
        _ => None,
    }
}

impl Scope<'_> {
    /// Does every request here end in an error status of `return`?
    pub(crate) fn only_answers_with_errors(self) -> bool {
        self.first(key!("return")).is_some_and(|answer| answer.text(0).starts_with(['4', '5']))
    }

    /// Does everything below set its own directory, or pass requests on or answer them without files?
    pub(crate) fn serves_no_files(self) -> bool {
        const HANDLERS: &[Key] = &[
            key!("proxy_pass"),
            key!("fastcgi_pass"),
            key!("uwsgi_pass"),
            key!("scgi_pass"),
            key!("grpc_pass"),
            key!("memcached_pass"),
            key!("return"),
            key!("root"),
            key!("alias"),
            key!("stub_status"),
        ];
        let handled = |scope: Scope<'_>| HANDLERS.iter().any(|&key| scope.has(key));
        let Some(owner) = self.owner() else { return false };
        if Location::of(owner).is_some() {
            return HANDLERS.iter().filter(|&&key| key != key!("root")).any(|&key| self.has(key));
        }
        let locations: Vec<Directive<'_>> =
            owner.descendants().filter(|directive| Location::of(*directive).is_some()).collect();
        let covers_all = locations.iter().any(|location| {
            Location::of(*location).is_some_and(|location| location.is_prefix() && location.path == "/")
        });
        covers_all && locations.iter().all(|location| handled(location.block()))
    }
}
