//! What a client can put into a value: a small analysis that follows `set`, `map` and the groups of regular expressions.

use super::Nginx;
use super::location::{Condition, Location};
use super::tree::Directive;
use super::variable::{DefinitionKind, PatternAt};
use crate::context::{Context, Protocol};
use crate::keys::key;
use crate::pcre::Node;
use crate::syntax::Word;
use crate::template::{self, Part};
use confvet_core::Span;

/// How much of a value clients choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Client {
    /// Nothing.
    Nothing,
    /// Which of a list of values.
    Choice,
    /// Its text.
    Text,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The place that gives the value.
    pub(crate) span: Span,
}

/// What a value can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taint {
    /// A line feed.
    pub(crate) line_feed: bool,
    /// A carriage return.
    pub(crate) carriage_return: bool,
    /// A dot, as a foreign host name needs.
    pub(crate) dot: bool,
    /// How much of it clients choose.
    pub(crate) client: Client,
    /// How much of the host clients choose, when the value is used as a URL.
    pub(crate) host: Client,
    /// It begins with `/` whatever the client sends, or is empty.
    pub(crate) begins_with_slash: bool,
    /// The place of the pattern, `set` or `map` that lets it through.
    pub(crate) source: Option<Origin>,
}

const CONSTANT: Taint = Taint {
    line_feed: false,
    carriage_return: false,
    dot: false,
    client: Client::Nothing,
    host: Client::Nothing,
    begins_with_slash: false,
    source: None,
};

/// Nothing in it: what a union starts from.
const EMPTY: Taint = Taint { begins_with_slash: true, ..CONSTANT };

/// The decoded path: `%0d%0a` in the request are real line ends here.
const DECODED: Taint = Taint {
    line_feed: true,
    carriage_return: true,
    dot: true,
    client: Client::Text,
    host: Client::Text,
    begins_with_slash: true,
    source: None,
};

/// As the client wrote it: no blanks or line ends can be in it.
const RAW: Taint = Taint { line_feed: false, carriage_return: false, begins_with_slash: false, ..DECODED };

impl Taint {
    /// Either of two values.
    #[must_use]
    fn or(self, other: Taint) -> Taint {
        Taint {
            line_feed: self.line_feed || other.line_feed,
            carriage_return: self.carriage_return || other.carriage_return,
            dot: self.dot || other.dot,
            client: self.client.max(other.client),
            host: self.host.max(other.host),
            begins_with_slash: self.begins_with_slash && other.begins_with_slash,
            source: self.source.or(other.source),
        }
    }

    fn from(self, span: Span) -> Taint {
        Taint { source: Some(Origin { span }), ..self }
    }

    /// What a group of a pattern can hold of it.
    fn captured(self, group: &Node) -> Taint {
        let bytes = group.bytes();
        let fixed = is_fixed(group);
        Taint {
            line_feed: self.line_feed && bytes.contains(b'\n'),
            carriage_return: self.carriage_return && bytes.contains(b'\r'),
            dot: self.dot && bytes.contains(b'.'),
            client: if fixed { self.client.min(Client::Choice) } else { self.client },
            host: if fixed { self.host.min(Client::Choice) } else { self.host },
            begins_with_slash: !group.is_nullable()
                && group.first_bytes().contains(b'/')
                && !group.first_bytes().overlaps(crate::pcre::ByteSet::one(b'/').complement()),
            source: None,
        }
    }
}

/// A choice of fixed words: no class of characters, no repetition.
fn is_fixed(node: &Node) -> bool {
    match node {
        Node::Alternatives(items) => items.iter().all(is_fixed),
        Node::Group { node, .. } => is_fixed(node),
        other => other.literal().is_some(),
    }
}

/// A pattern that has matched where a value is used, and what it was matched against.
struct Matched<'a> {
    pattern: PatternAt<'a>,
    subject: Taint,
}

/// How many values are looked at before the analysis gives up.
const FUEL: u32 = 2_000;

impl Nginx {
    /// What a variable can hold where `at` uses it. `None`: not known.
    pub(crate) fn taint_of_variable(&self, name: &str, at: Directive<'_>) -> Option<Taint> {
        let mut walk = Walk { nginx: self, fuel: FUEL, open: Vec::new() };
        walk.variable(&name.to_ascii_lowercase(), at)
    }

    /// What the capture `$N` can hold where `at` uses it. `None`: not known.
    pub(crate) fn taint_of_capture(&self, index: u8, at: Directive<'_>) -> Option<Taint> {
        let mut walk = Walk { nginx: self, fuel: FUEL, open: Vec::new() };
        walk.capture(index, at)
    }

    /// Could a text hold a line end that a client sent? The variables of nearly all texts never do, wherever they stand.
    pub(crate) fn may_hold_line_end(&self, text: &str) -> bool {
        let may = |name: &str| {
            let defined =
                [Protocol::Http, Protocol::Stream].map(|protocol| !self.definitions(protocol, name).is_empty());
            defined.contains(&true) || DECODED_PATHS.iter().any(|path| path.eq_ignore_ascii_case(name))
        };
        template::pieces(text).any(|piece| match piece.part {
            Part::Variable(name) => may(name),
            Part::Capture(_) => true,
            _ => false,
        })
    }

    /// What a part of a template can hold where `at` uses it. `None`: nothing of the client's, or not known.
    pub(crate) fn taint_of_part(&self, part: &Part<'_>, at: Directive<'_>) -> Option<Taint> {
        match part {
            Part::Variable(name) => self.taint_of_variable(name, at),
            Part::Capture(index) => self.taint_of_capture(*index, at),
            _ => None,
        }
    }
}

struct Walk<'a> {
    nginx: &'a Nginx,
    fuel: u32,
    /// Names that are being looked at, so that a circle ends.
    open: Vec<String>,
}

impl Walk<'_> {
    fn spend(&mut self) -> Option<()> {
        self.fuel = self.fuel.checked_sub(1)?;
        Some(())
    }

    fn variable(&mut self, name: &str, at: Directive<'_>) -> Option<Taint> {
        self.spend()?;
        if self.open.iter().any(|open| open == name) {
            return Some(EMPTY);
        }
        let protocol = at.context().protocol().unwrap_or(Protocol::Http);
        let definitions = self.nginx.visible_definitions(protocol, name, at);
        if definitions.is_empty() {
            return built_in(name, at, self.nginx);
        }
        self.open.push(name.to_owned());
        let mut taint: Option<Taint> = None;
        for definition in definitions {
            let directive = self.nginx.directive(definition.directive);
            let found = match definition.kind {
                DefinitionKind::Set => self.word(directive.arg(1)?, directive)?.from(directive.span()),
                DefinitionKind::Map => self.map(directive)?,
                DefinitionKind::Geo | DefinitionKind::SplitClients => {
                    Taint { client: Client::Choice, host: Client::Choice, ..CONSTANT }
                }
                DefinitionKind::Group => self.named_group(name, directive)?,
                DefinitionKind::Other => {
                    self.open.pop();
                    return None;
                }
            };
            taint = Some(taint.map_or(found, |taint| taint.or(found)));
        }
        self.open.pop();
        taint
    }

    fn word(&mut self, word: Word<'_>, at: Directive<'_>) -> Option<Taint> {
        self.spend()?;
        if !template::has_variables(word.text) {
            return Some(CONSTANT);
        }
        let mut whole: Option<Taint> = None;
        let mut host_ended = false;
        for piece in template::pieces(word.text) {
            let part = match piece.part {
                Part::Text(text) => Taint { begins_with_slash: text.starts_with('/'), ..CONSTANT },
                Part::Variable(name) => self.variable(&name.to_ascii_lowercase(), at)?,
                Part::Capture(index) => self.capture(index, at)?,
                Part::NoName | Part::Unclosed => return None,
            };
            host_ended |= part.begins_with_slash && whole.is_some();
            let part = if host_ended { Taint { host: Client::Nothing, ..part } } else { part };
            if let Part::Text(text) = piece.part {
                let after_scheme = text.find("://").map_or(text, |at| &text[at + 3..]);
                host_ended |= after_scheme.contains(['/', '?']);
            }
            whole = Some(match whole {
                None => part,
                Some(whole) => Taint { begins_with_slash: whole.begins_with_slash, ..whole.or(part) },
            });
        }
        whole
    }

    fn map(&mut self, map: Directive<'_>) -> Option<Taint> {
        let mut taint: Option<Taint> = None;
        for entry in map.block().children() {
            let Some(value) = entry.arg(0).filter(|_| entry.name().quoted || entry.name().text != "include") else {
                continue;
            };
            self.spend()?;
            let found = match template::has_variables(value.text) {
                false => CONSTANT,
                true => self.word(value, entry)?.from(entry.span()),
            };
            taint = Some(taint.map_or(found, |taint| taint.or(found)));
        }
        let taint = taint?;
        Some(Taint { client: taint.client.max(Client::Choice), host: taint.host.max(Client::Choice), ..taint })
    }

    fn named_group(&mut self, name: &str, directive: Directive<'_>) -> Option<Taint> {
        let patterns: Vec<PatternAt<'_>> = match directive.pattern() {
            Some(pattern) => vec![pattern],
            None => return Some(Taint { line_feed: false, carriage_return: false, ..RAW }),
        };
        let mut taint = None;
        for pattern in patterns {
            let subject = self.subject(pattern.directive)?;
            let parsed = pattern.parse().ok().filter(|parsed| !parsed.opaque)?;
            let index = parsed.names.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?.1;
            taint = Some(subject.captured(parsed.group(index)?).from(pattern.word.span));
        }
        taint
    }

    fn capture(&mut self, index: u8, at: Directive<'_>) -> Option<Taint> {
        self.spend()?;
        let matched = self.matched(at)?;
        let parsed = matched.pattern.parse().ok().filter(|parsed| !parsed.opaque)?;
        match parsed.group(u32::from(index)) {
            Some(group) => Some(matched.subject.captured(group).from(matched.pattern.word.span)),
            None => Some(CONSTANT),
        }
    }

    /// The pattern whose groups `$1` to `$9` are where `at` stands.
    fn matched<'b>(&mut self, at: Directive<'b>) -> Option<Matched<'b>> {
        if at.is(key!("rewrite")) || at.context() == Context::Entries {
            let pattern = at.pattern()?;
            let subject = self.subject(at)?;
            return Some(Matched { pattern, subject });
        }
        let before = at
            .scope()
            .children()
            .take_while(|sibling| sibling.id() < at.id())
            .filter(|sibling| sibling.is(key!("rewrite")) && sibling.text(0).contains('('))
            .last();
        if let Some(pattern) = before.and_then(Directive::pattern) {
            return Some(Matched { pattern, subject: DECODED });
        }
        for outer in at.ancestors() {
            if let Some(pattern) = outer.pattern() {
                let subject = self.subject(outer)?;
                return Some(Matched { pattern, subject });
            }
            if outer.is(key!("location")) && Location::of(outer).is_some_and(|location| !location.is_regex()) {
                continue;
            }
        }
        None
    }

    /// What the pattern of a directive is matched against.
    fn subject(&mut self, directive: Directive<'_>) -> Option<Taint> {
        if directive.is(key!("location")) || directive.is(key!("rewrite")) {
            return Some(DECODED);
        }
        if directive.is(key!("if")) {
            let condition = Condition::of(directive)?;
            let name = condition.variable?;
            return self.variable(&name.to_ascii_lowercase(), directive);
        }
        if directive.context() == Context::Entries {
            let map = directive.parent()?;
            return self.word(map.arg(0)?, map);
        }
        None
    }
}

/// Variables that hold the path of the request, decoded.
const DECODED_PATHS: &[&str] = &["uri", "document_uri", "fastcgi_script_name", "fastcgi_path_info", "request_filename"];

/// What nginx's own variables can hold.
fn built_in(name: &str, at: Directive<'_>, nginx: &Nginx) -> Option<Taint> {
    const RAW_NAMES: &[&str] = &["args", "query_string", "request", "http_host", "remote_user", "content_type"];
    const SAFE: &[&str] = &[
        "scheme",
        "server_name",
        "server_port",
        "server_addr",
        "remote_addr",
        "remote_port",
        "binary_remote_addr",
        "document_root",
        "realpath_root",
        "hostname",
        "request_method",
        "server_protocol",
        "is_args",
        "https",
        "proxy_host",
        "proxy_port",
        "request_id",
        "status",
        "nginx_version",
        "request_port",
        "is_request_port",
        "msec",
        "time_iso8601",
        "time_local",
        "pid",
        "connection",
        "ssl_protocol",
        "ssl_cipher",
        "proxy_protocol_addr",
        "proxy_protocol_port",
        "realip_remote_addr",
        "proxy_add_x_forwarded_for",
    ];
    if DECODED_PATHS.contains(&name) {
        return Some(DECODED);
    }
    if name == "request_uri" {
        return Some(Taint { begins_with_slash: true, ..RAW });
    }
    if name == "host" {
        let open = nginx.server_of(at).is_some_and(|server| {
            server.is_default || server.names.iter().any(|name| name.value.starts_with(['~', '*', '.']))
        });
        return Some(if open { RAW } else { CONSTANT });
    }
    let is_raw =
        RAW_NAMES.contains(&name) || ["arg_", "http_", "cookie_"].iter().any(|prefix| name.starts_with(prefix));
    if is_raw {
        return Some(RAW);
    }
    SAFE.contains(&name).then_some(CONSTANT)
}
