//! Locations that never run, and protected ones that a regular expression takes requests from.

use super::Nginx;
use super::location::{Location, LocationKind};
use crate::keys::key;
use confvet_core::Span;
use std::cell::OnceCell;

/// A location that loses requests to another one.
#[derive(Debug)]
pub(crate) struct Shadow {
    pub(crate) span: Span,
    pub(crate) winner: Span,
    pub(crate) message: String,
}

/// Patterns that match every path.
const EVERYTHING: &[&str] = &["/", "^/", ".", ".*", "^.*", "^/.*", "^", "^.*$", "^/.*$", "/.*"];

/// Regular expressions looked at in one server; more are not written by hand.
const MAX_PATTERNS: usize = 200;

impl Nginx {
    /// Locations that lose requests, each with the location that wins.
    pub(crate) fn shadowed_locations(&self) -> Vec<Shadow> {
        let mut found = Vec::new();
        for server in self.servers() {
            let block = server.block(self);
            if !self.has_regex_location(block) {
                continue;
            }
            let locations: Vec<Location<'_>> = block.children().filter_map(Location::of).collect();
            let patterns: Vec<&Location<'_>> =
                locations.iter().filter(|location| location.is_regex()).take(MAX_PATTERNS).collect();
            if patterns.is_empty() {
                continue;
            }
            if let Some(first) = patterns.iter().position(|location| EVERYTHING.contains(&location.path)) {
                for later in &patterns[first + 1..] {
                    let message =
                        format!("`{}` never runs: `{}` before it matches everything", later.path, patterns[first].path);
                    found.push(Shadow { span: later.span, winner: patterns[first].span, message });
                }
            }
            for (index, later) in patterns.iter().enumerate().filter(|(_, later)| later.kind == LocationKind::Regex) {
                let wider = patterns[..index]
                    .iter()
                    .find(|earlier| earlier.kind == LocationKind::CaselessRegex && earlier.path == later.path);
                if let Some(earlier) = wider {
                    let message = format!(
                        "`{}` never runs: the same pattern stands before it, without regard to case",
                        later.path
                    );
                    found.push(Shadow { span: later.span, winner: earlier.span, message });
                }
            }
            if block.own_access_control().is_some() || server.directive(self).holds_unread_include() {
                continue;
            }
            let is_open = |location: &&&Location<'_>| !location.directive.block().is_restricted();
            let open: OnceCell<Vec<&&Location<'_>>> = OnceCell::new();
            for location in locations.iter().filter(|location| location.kind == LocationKind::Prefix) {
                let inside = location.directive.block();
                let controlled = inside
                    .own_access_control()
                    .is_some_and(|control| control.directives.iter().any(|line| line.name().text != "allow"))
                    || inside.returns_denial();
                // What another location takes from a status page is no status page.
                if !controlled || location.path == "/" || inside.has(key!("stub_status")) {
                    continue;
                }
                let winner = open.get_or_init(|| patterns.iter().filter(is_open).collect()).iter().find(|regex| {
                    may_match_below(regex.path, location.path)
                        && !inside.children().filter_map(Location::of).any(|nested| nested.path == regex.path)
                });
                if let Some(winner) = winner {
                    let message = format!(
                        "`{}` is not protected for paths that match `{}`: a regular expression wins over a plain prefix (use `^~`)",
                        location.path, winner.path
                    );
                    found.push(Shadow { span: location.span, winner: winner.span, message });
                }
            }
        }
        found
    }
}

/// Can the pattern match a path that begins with the prefix? Only an anchor with another text rules it out.
fn may_match_below(pattern: &str, prefix: &str) -> bool {
    let Some(anchored) = pattern.strip_prefix('^') else { return true };
    let literal: String = anchored
        .replace("\\.", ".")
        .replace("\\/", "/")
        .chars()
        .take_while(|character| character.is_ascii_alphanumeric() || matches!(character, '/' | '-' | '_' | '.'))
        .collect();
    literal.starts_with(prefix) || prefix.starts_with(&literal)
}
