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

/// A foreign site that passes a check, or a check that no site passes.
#[derive(Debug)]
pub(crate) struct Hole {
    pub(crate) message: String,
    pub(crate) replacement: Option<(Safety, String)>,
    /// Nobody gets in who should not: the pattern only does not do what it seems to.
    pub(crate) is_harmless: bool,
}

/// A text that a pattern is made for, where any character would do as well, and where any text could stand.
#[derive(Debug, Clone, Default)]
struct Sample {
    text: String,
    wildcards: Vec<usize>,
    gaps: Vec<usize>,
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
        let samples = samples(&parsed.root);
        let passes = |text: &str| parsed.matches(text) == Some(true);
        samples.iter().find_map(|sample| self.foreign_site(parsed, sample)).or_else(|| {
            // A header that begins with something else than the scheme is no header a browser sends, but nothing in
            // the pattern says so.
            let loose = samples.iter().find(|sample| {
                sample.text.contains("://") && passes(&format!("evil{}", sample.text)) && is_domain(sample.host())
            })?;
            let message = format!("`evil{}` passes this check: begin the pattern with `^`", loose.text);
            Some(self.found(parsed, message, false))
        })
    }

    /// Why no `Origin` that a browser sends can pass the check.
    pub(crate) fn never_passes(&self) -> Option<Hole> {
        let parsed = self.pattern.parse().ok().filter(|parsed| self.is_origin && !parsed.opaque)?;
        let samples = samples(&parsed.root);
        let passes = |text: &str| parsed.matches(text) == Some(true);
        let lacks_scheme =
            |sample: &Sample| !sample.text.contains("://") && !passes(&format!("https://{}", sample.text));
        let has_path = |sample: &Sample| sample.path().starts_with('/') && !passes(sample.origin());
        let why = if samples.iter().all(lacks_scheme) {
            "an `Origin` begins with its scheme"
        } else if samples.iter().all(has_path) {
            "an `Origin` has no path"
        } else {
            return None;
        };
        let named = samples.iter().any(|sample| is_domain(sample.host()));
        named.then(|| Hole {
            message: format!("{why}: this pattern never matches one"),
            replacement: None,
            is_harmless: true,
        })
    }

    fn foreign_site(&self, parsed: &Pattern, sample: &Sample) -> Option<Hole> {
        let passes = |text: &str| parsed.matches(text) == Some(true);
        let (text, name) = (&sample.text, sample.host());
        let scheme = if text.contains("://") { "" } else { "https://" };
        if !is_domain(name) {
            return None;
        }
        let (host_at, host_end) = (sample.host_start(), sample.host_start() + name.len());
        let suffixed = format!("{scheme}{text}.evil.com");
        if !sample.path().contains('/') && passes(&suffixed) {
            return Some(self.found(parsed, format!("`{suffixed}` passes this check: end the pattern with `$`"), true));
        }
        let prefixed = format!("{scheme}{}evil{}", &text[..host_at], &text[host_at..]);
        // Another name below the same registered one belongs to the same owner.
        let is_foreign = |host: &str| registrable(host) != registrable(name);
        if is_foreign(&format!("evil{name}")) && passes(&prefixed) {
            let message =
                format!("`{prefixed}` passes this check: nothing separates the host from what stands before it");
            return Some(self.found(parsed, message, false));
        }
        let buried = format!("https://evil.com/{text}");
        if !self.is_origin && passes(&buried) {
            return Some(self.found(
                parsed,
                format!("`{buried}` passes this check: begin the pattern with `^`"),
                false,
            ));
        }
        for &at in sample.gaps.iter().filter(|&&at| at > host_at && at < host_end && !text[at..].starts_with('.')) {
            let filled = format!("{scheme}{}x.evil{}", &text[..at], &text[at..]);
            let host = format!("{}x.evil{}", &text[host_at..at], &text[at..host_end]);
            if is_foreign(&host) && passes(&filled) {
                let message = format!("`{filled}` passes this check: the wildcard also stands for dots");
                return Some(self.found(parsed, message, false));
            }
        }
        for &at in sample.wildcards.iter().filter(|&&at| at >= host_at && at < host_end) {
            let mut replaced = sample.clone();
            if text.as_bytes().get(at) != Some(&b'.') {
                continue;
            }
            replaced.text.replace_range(at..at + 1, "x");
            if is_foreign(replaced.host()) && passes(&replaced.text) {
                return Some(self.found(
                    parsed,
                    format!("`{}` passes this check: escape the dot", replaced.text),
                    true,
                ));
            }
        }
        None
    }

    fn found(&self, parsed: &Pattern, message: String, mendable: bool) -> Hole {
        let text = self.pattern.text();
        let simple = !matches!(parsed.root, Node::Alternatives(_)) && self.pattern.word.is_verbatim();
        let mended = mend(text, self.is_origin);
        let replacement = (mendable && simple && mended != text).then_some((Safety::Safe, mended));
        Hole { message, replacement, is_harmless: false }
    }
}

/// A name with at least two labels of more than one character.
fn is_domain(name: &str) -> bool {
    name.split('.').filter(|label| label.len() > 1).count() > 1 && !name.starts_with('.')
}

/// The part of a name that its owner has registered: two labels, or three below `co.uk` and its like.
fn registrable(name: &str) -> &str {
    let mut ends = name.rmatch_indices('.').map(|(at, _)| at);
    let (last, second, third) = (ends.next(), ends.next(), ends.next());
    let shared = matches!((last, second), (Some(last), Some(second)) if name.len() - last == 3 && last - second <= 4);
    let from = if shared { third } else { second };
    from.map_or(name, |at| &name[at + 1..])
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
        Node::Repeat { node, min, max, .. } => {
            let gap = max.is_none() && [b'.', b'x'].iter().all(|&byte| node.bytes().contains(byte));
            let once = if *min == 0 { vec![Sample::default()] } else { samples(node) };
            once.into_iter()
                .map(|sample| {
                    let text = sample.text.repeat((*min).min(64) as usize);
                    let gaps = if gap { vec![text.len()] } else { Vec::new() };
                    Sample { text, wildcards: Vec::new(), gaps }
                })
                .collect()
        }
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
        joined.gaps.extend(next.gaps.iter().map(|at| at + offset));
        joined
    }

    fn host_start(&self) -> usize {
        self.text.find("://").map_or(0, |at| at + 3)
    }

    /// The name of the host, without a port.
    fn host(&self) -> &str {
        self.text[self.host_start()..].split(['/', ':', '?']).next().unwrap_or_default()
    }

    /// What follows the host and its port.
    fn path(&self) -> &str {
        let rest = &self.text[self.host_start()..];
        rest.find(['/', '?']).map_or("", |at| &rest[at..])
    }

    /// Everything but the path.
    fn origin(&self) -> &str {
        &self.text[..self.text.len() - self.path().len()]
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
        gaps: Vec::new(),
    }
}
