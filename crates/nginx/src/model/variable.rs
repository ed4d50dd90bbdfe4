//! Variables: where they are defined, where they are used, which values they can have.

use super::Nginx;
use super::tree::Directive;
use crate::context::{Context, Protocol};
use crate::keys::{Key, Origin, TableVersion, ValueType, key, known};
use crate::pcre;
use crate::syntax::Word;
use crate::template::{self, Part};
use compact_str::CompactString;
use confvet_core::{Map, Span, Spanned};

/// What defines a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinitionKind {
    /// `set`: the value is the second argument.
    Set,
    /// `map`: the values are those of its entries.
    Map,
    /// `geo`: the values are those of its entries.
    Geo,
    /// `split_clients`: the values are those of its entries.
    SplitClients,
    /// A named group of a regular expression.
    Group,
    /// Another directive, whose values are not known.
    Other,
}

/// A place that defines a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// What defines it.
    pub kind: DefinitionKind,
    /// Where its name stands.
    pub span: Span,
    pub(crate) directive: u32,
    /// It holds in its server only.
    local: bool,
}

/// The values a variable can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Possible {
    /// These and no others.
    Values(Vec<Spanned<String>>),
    /// It may be anything.
    Anything,
}

/// A variable that is used.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// Its name as written.
    pub name: &'a str,
    /// Where it stands, `$` included.
    pub span: Span,
    /// The directive or entry that uses it.
    pub directive: Directive<'a>,
}

/// A variable of nginx itself.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    pub(crate) name: &'static str,
    pub(crate) prefix: bool,
    stream: bool,
    pub(crate) since: Option<TableVersion>,
    pub(crate) removed: Option<TableVersion>,
    pub(crate) assignable: bool,
}

include!(concat!(env!("OUT_DIR"), "/variables.rs"));

/// The built-in variable of that name (in lower case): exact rows before prefixes.
pub(crate) fn built_in(protocol: Protocol, name: &str) -> Option<&'static BuiltIn> {
    let fits = |row: &&BuiltIn| row.stream == (protocol == Protocol::Stream);
    let start = BUILT_IN.partition_point(|row| row.name < name);
    let exact = BUILT_IN[start..].iter().take_while(|row| row.name == name).filter(|row| !row.prefix).find(fits);
    exact.or_else(|| {
        BUILT_IN
            .iter()
            .filter(|row| row.prefix && row.name.len() <= name.len())
            .filter(fits)
            .find(|row| name.starts_with(row.name))
    })
}

/// The names of all built-in variables of a protocol.
pub(crate) fn built_in_names<'a>(protocol: Protocol) -> impl Iterator<Item = &'a str> {
    BUILT_IN.iter().filter(move |row| !row.prefix && row.stream == (protocol == Protocol::Stream)).map(|row| row.name)
}

/// Variables by name, in `http` and in `stream`.
type Definitions = [Map<String, Vec<Definition>>; 2];

fn of_protocol(protocol: Protocol) -> usize {
    usize::from(protocol == Protocol::Stream)
}

pub(super) fn definitions(nginx: &Nginx) -> Definitions {
    let mut found: Definitions = [Map::new(), Map::new()];
    let mut add = |directive: Directive<'_>, word: Word<'_>, kind: DefinitionKind| {
        let Some(name) = word.text.strip_prefix('$') else { return };
        let protocol = directive.context().protocol().unwrap_or(Protocol::Http);
        let local = kind == DefinitionKind::Set;
        let definition = Definition { kind, span: word.span, directive: directive.id(), local };
        found[of_protocol(protocol)].or_default(name.to_ascii_lowercase()).push(definition);
    };
    let simple: &[(Key, usize, DefinitionKind)] = &[
        (key!("set"), 0, DefinitionKind::Set),
        (key!("map"), 1, DefinitionKind::Map),
        (key!("split_clients"), 1, DefinitionKind::SplitClients),
        (key!("auth_request_set"), 0, DefinitionKind::Other),
        (key!("perl_set"), 0, DefinitionKind::Other),
        (key!("keyval"), 1, DefinitionKind::Other),
        (key!("num_map"), 1, DefinitionKind::Other),
    ];
    for &(key, index, kind) in simple {
        for directive in nginx.all(key) {
            if let Some(word) = directive.arg(index) {
                add(directive, word, kind);
            }
        }
    }
    for directive in nginx.all(key!("geo")) {
        if let Some(word) = directive.args().last() {
            add(directive, word, DefinitionKind::Geo);
        }
    }
    for directive in nginx.all_whose(|row| row.origin != Origin::OpenSource) {
        if let Some(word) = directive.arg(0).filter(|word| word.text.starts_with('$')) {
            add(directive, word, DefinitionKind::Other);
        }
    }
    for pattern in nginx.patterns() {
        if !pattern.word.text.contains("(?") {
            continue;
        }
        let Ok(parsed) = pattern.parse() else { continue };
        let protocol = pattern.directive.context().protocol();
        let outer = pattern.directive.parent().and_then(|parent| parent.context().protocol());
        for (name, _) in &parsed.names {
            let definition = Definition {
                kind: DefinitionKind::Group,
                span: pattern.word.span,
                directive: pattern.directive.id(),
                local: pattern.directive.context() != Context::Entries,
            };
            let protocol = protocol.or(outer).unwrap_or(Protocol::Http);
            found[of_protocol(protocol)].or_default(name.to_ascii_lowercase()).push(definition);
        }
    }
    for all in found.iter_mut().flat_map(Map::values_mut) {
        all.sort_by_key(|definition| (definition.local, definition.directive));
    }
    found.map(Map::into_sorted)
}

/// A regular expression that has been read; most occur in many places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pattern: Result<pcre::Pattern, pcre::Fault>,
    slow_part: Option<(usize, usize)>,
}

/// What would be said of a pattern that [`read_patterns`] has left out; there is none.
static UNREAD: pcre::Fault = pcre::Fault { offset: 0, message: "a part that was not read" };

/// Reads every pattern once.
pub(super) fn read_patterns(nginx: &Nginx) -> [Map<CompactString, Read>; 2] {
    let mut all = [Map::new(), Map::new()];
    for found in nginx.patterns() {
        let of_case: &mut Map<CompactString, Read> = &mut all[usize::from(found.caseless)];
        if !of_case.contains_key(found.text()) {
            let pattern = pcre::parse(found.text(), found.caseless);
            let understood = pattern.as_ref().ok().filter(|pattern| !pattern.opaque);
            let slow_part = understood.and_then(pcre::Pattern::slow_part);
            of_case.insert(CompactString::new(found.text()), Read { pattern, slow_part });
        }
    }
    all
}

/// A use of a variable: the directive, the word in it, the place of the name and of the whole in the word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UseAt {
    /// Its position in the names.
    of: u32,
    directive: u32,
    word: u32,
    name: (u32, u32),
    whole: (u32, u32),
}

/// A variable that is used somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NameOf {
    protocol: Option<Protocol>,
    /// In lower case.
    name: String,
}

/// A `$` where nginx expands variables that is the start of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NamelessUse {
    pub(crate) span: Span,
    pub(crate) why: Nameless,
}

/// Why a `$` is the start of no variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nameless {
    /// No name stands behind it.
    NoName,
    /// `${` without its end.
    Unclosed,
    /// `$1` where there are no captures.
    Capture,
}

/// What nginx expands: every use of a variable, the variables that are used, and what looks like a use and is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Uses {
    all: Vec<UseAt>,
    names: Vec<NameOf>,
    nameless: Vec<NamelessUse>,
}

pub(super) fn uses(nginx: &Nginx) -> Uses {
    let mut nameless = Vec::new();
    let mut names: Vec<NameOf> = Vec::new();
    let mut known: Map<(Option<Protocol>, &str), u32> = Map::new();
    let to_u32 = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let mut uses = Vec::new();
    for directive in nginx.directives().filter(|directive| directive.has_dollar()) {
        let (from, to) = expanded_range(directive);
        if from == to {
            continue;
        }
        let pattern = directive.pattern().map(|pattern| pattern.word.span);
        let outer = || directive.parent().and_then(|parent| parent.context().protocol());
        let protocol = directive.context().protocol().or_else(outer);
        for (index, word) in directive.words().iter().enumerate().take(to).skip(from) {
            if !word.has_dollar || pattern == Some(word.span) {
                continue;
            }
            for piece in template::pieces(word.text) {
                let range = piece.range;
                let name = match piece.part {
                    Part::Variable(name) => name,
                    part => {
                        let why = nameless_part(&part, directive, index, word);
                        nameless.extend(why.map(|why| NamelessUse { span: word.slice(range), why }));
                        continue;
                    }
                };
                let brace = usize::from(word.text[range.start + 1..].starts_with('{'));
                let start = range.start + 1 + brace;
                let of = *known.or_insert_with((protocol, name), || {
                    names.push(NameOf { protocol, name: name.to_ascii_lowercase() });
                    to_u32(names.len() - 1)
                });
                uses.push(UseAt {
                    of,
                    directive: directive.id(),
                    word: to_u32(index),
                    name: (to_u32(start), to_u32(start + name.len())),
                    whole: (to_u32(range.start), to_u32(range.end)),
                });
            }
        }
    }
    Uses { all: uses, names, nameless }
}

/// Why nginx refuses a part of a word that is no variable. Patterns may hold a lone `$`, and what a template engine fills
/// in is not there yet.
fn nameless_part(part: &Part<'_>, directive: Directive<'_>, index: usize, word: Word<'_>) -> Option<Nameless> {
    const PATTERN_FIRST: &[Key] =
        &[key!("proxy_redirect"), key!("proxy_cookie_domain"), key!("proxy_cookie_path"), key!("proxy_cookie_flags")];
    let is_pattern = index == 1 && word.text.starts_with('~') && directive.is_any(PATTERN_FIRST);
    let capitals = |text: &str| text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    let is_filled_in = || word.text.match_indices("${").any(|(at, _)| capitals(&word.text[at + 2..]));
    let why = match part {
        Part::NoName => Nameless::NoName,
        Part::Unclosed => Nameless::Unclosed,
        Part::Capture(_) if directive.is(key!("log_format")) => Nameless::Capture,
        _ => return None,
    };
    (!is_pattern && !directive.is(key!("if")) && !is_filled_in()).then_some(why)
}

/// A regular expression in the configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PatternAt<'a> {
    /// The directive, or the entry of a `map`.
    pub(crate) directive: Directive<'a>,
    /// The word that holds it.
    pub(crate) word: Word<'a>,
    /// Where the pattern starts in the word, behind `~` or `~*`.
    pub(crate) offset: usize,
    /// Where it ends in the word, before the `)` of a condition.
    pub(crate) end: usize,
    /// `~*`.
    pub(crate) caseless: bool,
}

impl<'a> PatternAt<'a> {
    fn of_word(directive: Directive<'a>, word: Word<'a>) -> Option<Self> {
        let rest = word.text.strip_prefix('~')?;
        let caseless = rest.starts_with('*');
        Some(Self { directive, word, offset: 1 + usize::from(caseless), end: word.text.len(), caseless })
    }

    /// A pattern among names: there is no `~*` there.
    fn of_name(directive: Directive<'a>, word: Word<'a>) -> Option<Self> {
        word.text.starts_with('~').then_some(Self { directive, word, offset: 1, end: word.text.len(), caseless: false })
    }

    /// The pattern itself.
    pub(crate) fn text(&self) -> &'a str {
        &self.word.text[self.offset..self.end]
    }

    /// The pattern, understood.
    pub(crate) fn parse(&self) -> Result<&'a pcre::Pattern, &'a pcre::Fault> {
        self.read().map_or(Err(&UNREAD), |read| read.pattern.as_ref())
    }

    /// A part that a crafted text makes exponentially slow, of a pattern that is understood.
    pub(crate) fn slow_part(&self) -> Option<(usize, usize)> {
        self.read()?.slow_part
    }

    fn read(&self) -> Option<&'a Read> {
        self.directive.nginx().patterns[usize::from(self.caseless)].get(self.text())
    }

    /// The place of a part of the pattern.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Span {
        let end = range.end.saturating_add(self.offset).min(self.end);
        self.word.slice((range.start + self.offset).min(end)..end)
    }
}

impl<'a> Directive<'a> {
    /// The pattern of a `location`, `rewrite` or `if`, or of the key of a `map` entry.
    pub(crate) fn pattern(self) -> Option<PatternAt<'a>> {
        let at = |word: Word<'a>, caseless| {
            Some(PatternAt { directive: self, word, offset: 0, end: word.text.len(), caseless })
        };
        if self.is(key!("location")) {
            return match (self.text(0), self.arg(1)) {
                ("~", Some(word)) => at(word, false),
                ("~*", Some(word)) => at(word, true),
                (_, None) => PatternAt::of_word(self, self.arg(0)?),
                _ => None,
            };
        }
        if self.is(key!("rewrite")) {
            return at(self.arg(0)?, false);
        }
        if self.is(key!("if")) {
            let condition = super::location::Condition::of(self)?;
            return condition.pattern;
        }
        if self.context() == Context::Entries && self.parent().is_some_and(|parent| parent.is(key!("map"))) {
            return PatternAt::of_word(self, self.name());
        }
        None
    }
}

impl Nginx {
    /// Is there a pattern that is none, or one that is slow? Most configurations have neither.
    pub(crate) fn has_pattern(&self, faulty: bool) -> bool {
        let odd = |read: &Read| if faulty { read.pattern.is_err() } else { read.slow_part.is_some() };
        self.patterns.iter().flat_map(Map::values).any(odd)
    }

    /// Every regular expression of `location`, `rewrite`, `if`, `server_name`, `map` and `valid_referers`.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = PatternAt<'_>> {
        let single = [key!("location"), key!("rewrite"), key!("if")];
        let lists = [key!("server_name"), key!("valid_referers")];
        let singles = single.into_iter().flat_map(|key| self.all(key)).filter_map(Directive::pattern);
        let words = lists
            .into_iter()
            .flat_map(|key| self.all(key))
            .flat_map(|directive| directive.args().iter().filter_map(move |word| PatternAt::of_name(directive, word)));
        let entries = self.all(key!("map")).flat_map(|map| map.block().children()).filter_map(Directive::pattern);
        singles.chain(words).chain(entries)
    }

    /// Where a variable is defined. The name is compared without regard to case.
    pub fn definitions(&self, protocol: Protocol, name: &str) -> &[Definition] {
        let known = &self.definitions[of_protocol(protocol)];
        let found = match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => known.get(&name.to_ascii_lowercase()),
            false => known.get(name),
        };
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// All names that are defined, in lower case.
    pub(crate) fn defined_names(&self, protocol: Protocol) -> impl Iterator<Item = &str> {
        self.definitions[of_protocol(protocol)].keys().map(String::as_str)
    }

    /// Every use of a variable where nginx expands it.
    pub fn variable_uses(&self) -> impl Iterator<Item = Use<'_>> {
        self.uses_of(|_, _| true)
    }

    /// The uses of those variables that are meant: each variable is asked about once, by its protocol and its name in
    /// lower case.
    pub(crate) fn uses_of(&self, meant: impl Fn(Option<Protocol>, &str) -> bool) -> impl Iterator<Item = Use<'_>> {
        let meant: Vec<bool> = self.uses.names.iter().map(|of| meant(of.protocol, &of.name)).collect();
        let any = meant.contains(&true);
        self.uses.all.iter().filter(move |found| any && meant[found.of as usize]).map(|found| {
            let directive = self.directive(found.directive);
            let word = directive.words().get(found.word as usize).unwrap_or(directive.name());
            Use {
                name: &word.text[found.name.0 as usize..found.name.1 as usize],
                span: word.slice(found.whole.0 as usize..found.whole.1 as usize),
                directive,
            }
        })
    }

    /// Every `$` with no name behind it where nginx expands variables.
    pub(crate) fn nameless_uses(&self) -> &[NamelessUse] {
        &self.uses.nameless
    }

    /// Are there directives or modules whose variables are not known?
    pub(crate) fn has_foreign_parts(&self) -> bool {
        const SHIPPED_MODULES: &[&str] =
            &["http_geoip", "stream_geoip", "http_xslt", "http_image", "http_perl", "mail", "stream_module"];
        let foreign_module = |module: Directive<'_>| !SHIPPED_MODULES.iter().any(|name| module.text(0).contains(name));
        self.all(key!("load_module")).any(foreign_module)
            || self.problems.iter().any(|problem| matches!(problem, super::Problem::Unknown(_)))
            || self.foreign
    }

    /// Which values a variable can have at a place.
    pub(crate) fn possible_values(&self, name: &str, at: Directive<'_>) -> Possible {
        let mut values = Vec::new();
        let mut fuel = 500;
        match self.collect_values(name, at, &mut values, &mut fuel) {
            Some(()) if !values.is_empty() => Possible::Values(values),
            _ => Possible::Anything,
        }
    }

    fn collect_values(
        &self,
        name: &str,
        at: Directive<'_>,
        values: &mut Vec<Spanned<String>>,
        fuel: &mut u32,
    ) -> Option<()> {
        let protocol = at.context().protocol().unwrap_or(Protocol::Http);
        let visible = self.visible_definitions(protocol, name, at);
        if visible.is_empty() {
            return None;
        }
        for definition in visible {
            let directive = self.directive(definition.directive);
            match definition.kind {
                DefinitionKind::Set => self.collect_value(directive.arg(1)?, directive, values, fuel)?,
                DefinitionKind::Map | DefinitionKind::Geo | DefinitionKind::SplitClients => {
                    for value in entry_values(directive) {
                        self.collect_value(value, directive, values, fuel)?;
                    }
                    if directive.block().has_unread_include() {
                        return None;
                    }
                }
                DefinitionKind::Group | DefinitionKind::Other => return None,
            }
        }
        Some(())
    }

    fn collect_value(
        &self,
        word: Word<'_>,
        at: Directive<'_>,
        values: &mut Vec<Spanned<String>>,
        fuel: &mut u32,
    ) -> Option<()> {
        *fuel = fuel.checked_sub(1)?;
        if !template::has_variables(word.text) {
            values.push(Spanned::new(word.text.to_string(), word.span));
            return Some(());
        }
        self.collect_values(template::sole_variable(word.text)?, at, values, fuel)
    }

    /// The definitions of a variable that can hold at a place: a `set` counts when it stands around the place, or in the
    /// same server if none does.
    pub(crate) fn visible_definitions(&self, protocol: Protocol, name: &str, at: Directive<'_>) -> Vec<Definition> {
        let all = self.definitions(protocol, name);
        if all.is_empty() {
            return Vec::new();
        }
        let (global, local) = all.split_at(all.partition_point(|definition| !definition.local));
        let range = at.server().map_or(self.top().ids(), |server| server.block().ids());
        let from = local.partition_point(|definition| definition.directive < range.start);
        let to = local.partition_point(|definition| definition.directive < range.end);
        let around = |definition: &&Definition| {
            let own = self.directive(definition.directive);
            at == own || at.scope().outwards().any(|outer| outer == own.scope() || outer == own.block())
        };
        // A name that the server itself captures stands on the server's own line of names.
        let in_server = &local[from..to];
        let near: Vec<Definition> = in_server.iter().filter(around).copied().collect();
        let chosen = if near.is_empty() { in_server.to_vec() } else { near };
        chosen.into_iter().chain(global.iter().copied()).collect()
    }
}

/// The words of `map`, `geo` and `split_clients` entries that are values.
pub(crate) fn entry_values<'a>(block: Directive<'a>) -> impl Iterator<Item = Word<'a>> {
    let is_geo = block.is(key!("geo"));
    block.block().children().filter_map(move |entry| {
        let name = entry.name();
        let is_parameter = !name.quoted
            && (name.text == "include"
                || is_geo && matches!(name.text, "proxy" | "delete" | "ranges" | "proxy_recursive"));
        if is_parameter { None } else { entry.arg(0) }
    })
}

/// From which word to which nginx expands variables in a directive or entry, counted with the name. A pattern among them
/// is left as it is.
fn expanded_range(directive: Directive<'_>) -> (usize, usize) {
    const NONE: (usize, usize) = (0, 0);
    let all = directive.words().len();
    if directive.context() == Context::Entries {
        return match directive.parent() {
            Some(parent) if parent.is(key!("map")) && directive.name().text != "include" => (1, 2),
            _ => NONE,
        };
    }
    let (Some(key), Some(row)) = (directive.key(), directive.row()) else { return NONE };
    if row.origin != Origin::OpenSource {
        return NONE;
    }
    match row.kind {
        ValueType::Template => return (1, all),
        ValueType::NameValue if key.name().ends_with("_conf_command") => return NONE,
        ValueType::NameValue => return (2, all),
        _ => {}
    }
    match key {
        known::MAP | known::SPLIT_CLIENTS => (1, 2),
        known::GEO if all > 2 => (1, 2),
        known::IF => (1, all),
        known::SET | known::REWRITE | known::AUTH_REQUEST_SET => (2, 3),
        known::RETURN => (1, all),
        known::ADD_HEADER | known::ADD_TRAILER | known::LOG_FORMAT => (2, all),
        known::EXPIRES
        | known::PROXY_BIND
        | known::FASTCGI_BIND
        | known::UWSGI_BIND
        | known::SCGI_BIND
        | known::GRPC_BIND
        | known::MEMCACHED_BIND
        | known::PROXY_SET_BODY
        | known::FASTCGI_STORE
        | known::UWSGI_STORE
        | known::SCGI_STORE
        | known::AUTH_BASIC_USER_FILE
        | known::PROXY_SSL_ALPN => (1, all),
        known::PROXY_PASS
        | known::FASTCGI_PASS
        | known::UWSGI_PASS
        | known::SCGI_PASS
        | known::GRPC_PASS
        | known::MEMCACHED_PASS
        | known::TRY_FILES
        | known::ROOT
        | known::ALIAS
        | known::INDEX
        | known::ERROR_PAGE
        | known::PROXY_REDIRECT
        | known::PROXY_CACHE_KEY
        | known::PROXY_COOKIE_DOMAIN
        | known::PROXY_COOKIE_PATH
        | known::PROXY_STORE
        | known::SUB_FILTER
        | known::PROXY_CACHE
        | known::FASTCGI_CACHE
        | known::UWSGI_CACHE
        | known::SCGI_CACHE
        | known::FASTCGI_CACHE_KEY
        | known::UWSGI_CACHE_KEY
        | known::SCGI_CACHE_KEY
        | known::ACCESS_LOG => (1, all),
        known::TUNNEL_PASS | known::TUNNEL_BIND | known::PASS => (1, all),
        known::CHARSET | known::SOURCE_CHARSET if directive.text(0).starts_with('$') => (1, 2),
        known::PROXY_COOKIE_FLAGS if directive.text(0).starts_with('~') => (2, all),
        known::PROXY_COOKIE_FLAGS => (1, all),
        known::STICKY => (2, all),
        known::LIMIT_REQ_ZONE | known::LIMIT_CONN_ZONE | known::HASH => (1, 2),
        _ => NONE,
    }
}
