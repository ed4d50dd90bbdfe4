//! Checks of `Origin` and `Referer` by regular expressions: do foreign sites pass them?

use super::Nginx;
use super::location::Condition;
use super::variable::PatternAt;
use crate::context::Protocol;
use crate::keys::key;
use crate::pcre::{ByteSet, Node, Pattern};
use crate::template;
use confvet_core::{Safety, Span};

/// How many texts are made from one pattern.
const MAX_SAMPLES: usize = 32;

/// A pattern that decides which sites are let in.
#[derive(Debug)]
pub(crate) struct OriginCheck<'a> {
    pattern: PatternAt<'a>,
    is_origin: bool,
    /// Answers are readable with the user's cookies.
    pub(crate) with_credentials: bool,
}

/// A foreign site that passes a check.
#[derive(Debug)]
pub(crate) struct Hole {
    pub(crate) message: String,
    pub(crate) replacement: Option<(Safety, String)>,
}

/// A text that a pattern is made for, and where any character would do as well.
#[derive(Debug, Clone, Default)]
struct Sample {
    text: String,
    wildcards: Vec<usize>,
}

impl Nginx {
    /// Every pattern that decides by `Origin` or `Referer`.
    pub(crate) fn origin_checks(&self) -> Vec<OriginCheck<'_>> {
        let allows_origin =
            |header: &super::Directive<'_>| header.text(0).eq_ignore_ascii_case("access-control-allow-origin");
        let origins: Vec<super::Directive<'_>> = self.all(key!("add_header")).filter(allows_origin).collect();
        let credentials = self.all(key!("add_header")).any(|header| {
            header.text(0).eq_ignore_ascii_case("access-control-allow-credentials") && header.text(1) == "true"
        });
        let mut checks = Vec::new();
        for condition in self.all(key!("if")) {
            let Some(parsed) = Condition::of(condition) else { continue };
            let (Some(name), Some(pattern)) = (parsed.variable, parsed.pattern) else { continue };
            let is_origin = name.eq_ignore_ascii_case("http_origin");
            if is_origin || name.eq_ignore_ascii_case("http_referer") {
                checks.push(OriginCheck { pattern, is_origin, with_credentials: credentials && is_origin });
            }
        }
        for map in self.all(key!("map")).filter(|map| map.text(0).eq_ignore_ascii_case("$http_origin")) {
            let target = map.text(1);
            let feeds = origins.iter().any(|header| {
                template::variables(header.text(1))
                    .any(|(name, _)| target.strip_prefix('$').is_some_and(|it| it.eq_ignore_ascii_case(name)))
            });
            let seen = feeds
                || !self.is_complete() && self.definitions(Protocol::Http, target.trim_start_matches('$')).len() == 1;
            if !seen {
                continue;
            }
            for entry in map.block().children().filter(|entry| !entry.text(0).is_empty()) {
                if let Some(pattern) = entry.pattern() {
                    checks.push(OriginCheck { pattern, is_origin: true, with_credentials: credentials });
                }
            }
        }
        checks
    }
}

impl OriginCheck<'_> {
    /// The place of the pattern.
    pub(crate) fn span(&self) -> Span {
        self.pattern.slice(0..self.pattern.text().len())
    }

    /// A foreign site that passes the check.
    pub(crate) fn hole(&self) -> Option<Hole> {
        let parsed = self.pattern.parse().ok().filter(|parsed| !parsed.opaque)?;
        let passes = |text: &str| parsed.matches(text) == Some(true);
        for sample in samples(&parsed.root) {
            let host_at = sample.text.find("://").map_or(0, |at| at + 3);
            let (scheme, host) =
                if host_at == 0 { ("https://", sample.text.as_str()) } else { sample.text.split_at(host_at) };
            let name = host.split(['/', ':', '?']).next().unwrap_or_default();
            let is_domain = name.split('.').filter(|label| label.len() > 1).count() > 1;
            if !is_domain || name.starts_with('.') {
                continue;
            }
            let has_path = host.len() > name.len() && host[name.len()..].contains('/');
            let suffixed = format!("{scheme}{host}.evil.com");
            if !has_path && passes(&suffixed) {
                return Some(self.found(
                    parsed,
                    format!("`{suffixed}` passes this check: end the pattern with `$`"),
                    true,
                ));
            }
            let prefixed = format!("{scheme}evil{host}");
            if passes(&prefixed) {
                return Some(self.found(
                    parsed,
                    format!("`{prefixed}` passes this check: nothing separates the host from what stands before it"),
                    false,
                ));
            }
            let buried = format!("https://evil.com/{}", sample.text);
            if !self.is_origin && passes(&buried) {
                return Some(self.found(
                    parsed,
                    format!("`{buried}` passes this check: begin the pattern with `^`"),
                    false,
                ));
            }
            for &at in &sample.wildcards {
                let mut replaced = sample.text.clone();
                if sample.text.as_bytes().get(at) != Some(&b'.') || at < host_at {
                    continue;
                }
                replaced.replace_range(at..at + 1, "x");
                if passes(&replaced) {
                    return Some(self.found(parsed, format!("`{replaced}` passes this check: escape the dot"), true));
                }
            }
        }
        None
    }

    fn found(&self, parsed: &Pattern, message: String, mendable: bool) -> Hole {
        let text = self.pattern.text();
        let simple = !matches!(parsed.root, Node::Alternatives(_)) && self.pattern.word.is_verbatim();
        let mended = mend(text, self.is_origin);
        let replacement = (mendable && simple && mended != text).then_some((Safety::Safe, mended));
        Hole { message, replacement }
    }
}

/// The pattern with its lone dots escaped and, for an origin, its end tied down.
fn mend(pattern: &str, is_origin: bool) -> String {
    let mut mended = String::with_capacity(pattern.len() + 4);
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match character {
            '\\' => {
                mended.push('\\');
                mended.extend(characters.next());
                continue;
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '.' if !in_class && !matches!(next, Some('*' | '+' | '?' | '{')) => mended.push('\\'),
            _ => {}
        }
        mended.push(character);
    }
    if is_origin && !mended.ends_with('$') {
        mended.push('$');
    }
    mended
}

/// Texts that a pattern is made for: each alternative once, repetitions as few as possible.
fn samples(node: &Node) -> Vec<Sample> {
    match node {
        Node::Empty | Node::Start | Node::End => vec![Sample::default()],
        Node::Set(set) => vec![of_set(*set)],
        Node::Group { node, .. } => samples(node),
        Node::Alternatives(items) => items.iter().flat_map(samples).take(MAX_SAMPLES).collect(),
        Node::Repeat { min: 0, .. } => vec![Sample::default()],
        Node::Repeat { node, min, .. } => samples(node)
            .into_iter()
            .map(|sample| Sample { text: sample.text.repeat((*min).min(64) as usize), wildcards: Vec::new() })
            .collect(),
        Node::Concat(items) => {
            let mut all = vec![Sample::default()];
            for item in items {
                let parts = samples(item);
                all = all
                    .iter()
                    .flat_map(|start| parts.iter().map(move |part| start.then(part)))
                    .take(MAX_SAMPLES)
                    .collect();
            }
            all
        }
    }
}

impl Sample {
    fn then(&self, next: &Sample) -> Sample {
        let offset = self.text.len();
        let mut joined = self.clone();
        joined.text.push_str(&next.text);
        joined.wildcards.extend(next.wildcards.iter().map(|at| at + offset));
        joined
    }
}

fn of_set(set: ByteSet) -> Sample {
    let any = set.contains(b'.') && set.contains(b'x') && set.contains(b'/');
    let pick = if any {
        Some(b'.')
    } else {
        (0x21..0x7f).find(|&byte| set.contains(byte) && (byte as char).is_ascii_lowercase())
    };
    let pick = pick.or_else(|| (0x20..0x7f).find(|&byte| set.contains(byte)));
    Sample {
        text: pick.map(|byte| char::from(byte).to_string()).unwrap_or_default(),
        wildcards: if any { vec![0] } else { Vec::new() },
    }
}
