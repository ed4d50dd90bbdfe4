//! Names that statements use, and the sections and lines that define them.

use super::expression::{Call, Condition, Expression, PREDEFINED};
use super::statement::{SectionKind, Statement};
use super::{Haproxy, Proxy};
use crate::syntax::Word;
use crate::table::{Argument, Context as Keywords, Key, Keyword, keyword};
use compact_str::CompactString;
use confvet_core::{Keys, Map, Span};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// A backend or listen.
    Backend,
    /// An ACL of the same section.
    Acl,
    /// A defaults section with a name.
    Defaults,
    /// A list of users.
    Userlist,
    /// DNS servers.
    Resolvers,
    /// A peers section.
    Peers,
    /// Mail servers.
    Mailers,
    /// A cache.
    Cache,
    /// A set of error pages.
    HttpErrors,
    /// A FastCGI application.
    FcgiApp,
    /// A ring buffer.
    Ring,
    /// A log profile.
    LogProfile,
    /// A proxy with a stick-table, or a table of a peers section.
    Table,
    /// `@STORE/NAME`: a certificate of a crt-store.
    Certificate,
    /// A frontend or listen.
    Frontend,
    /// A server of the same proxy, or `BACKEND/SERVER`.
    Server,
}

impl Named {
    /// The word for it in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Acl => "ACL",
            Self::Defaults => "defaults",
            Self::Userlist => "userlist",
            Self::Resolvers => "resolvers",
            Self::Peers => "peers",
            Self::Mailers => "mailers",
            Self::Cache => "cache",
            Self::HttpErrors => "http-errors",
            Self::FcgiApp => "fcgi-app",
            Self::Ring => "ring",
            Self::LogProfile => "log-profile",
            Self::Table => "stick-table",
            Self::Certificate => "certificate",
            Self::Frontend => "frontend",
            Self::Server => "server",
        }
    }

    fn section(self) -> Option<SectionKind> {
        Some(match self {
            Self::Userlist => SectionKind::Userlist,
            Self::Resolvers => SectionKind::Resolvers,
            Self::Peers => SectionKind::Peers,
            Self::Mailers => SectionKind::Mailers,
            Self::Cache => SectionKind::Cache,
            Self::HttpErrors => SectionKind::HttpErrors,
            Self::FcgiApp => SectionKind::FcgiApp,
            Self::Ring => SectionKind::Ring,
            Self::LogProfile => SectionKind::LogProfile,
            _ => return None,
        })
    }
}

/// A name in use.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// What it must be.
    pub named: Named,
    /// The name.
    pub name: &'a str,
    /// Where it stands.
    pub span: Span,
    /// The statement that uses it; `None` for `from` in a section header.
    pub statement: Option<&'a Statement>,
    /// For an ACL, the first line of the section that declares it.
    pub acl: Option<&'a Statement>,
    /// Where it is used.
    pub proxy: &'a Proxy,
}

/// A name in use, as the model keeps it.
#[derive(Debug)]
pub(crate) struct Use {
    named: Named,
    name: CompactString,
    span: Span,
    /// Number of the statement in its section.
    statement: Option<u32>,
    /// Number of the first line that declares the ACL.
    pub(super) acl: Option<u32>,
    /// It stands in a `default_backend` line.
    by_default: bool,
}

impl Haproxy {
    /// The names that exist, by what they stand for. ACLs and servers are left out: they belong to their proxies.
    pub fn definitions(&self) -> Map<Named, Keys<&str>> {
        let mut names: Map<Named, Keys<&str>> = Map::new();
        let kinds = [
            Named::Userlist,
            Named::Resolvers,
            Named::Peers,
            Named::Mailers,
            Named::Cache,
            Named::HttpErrors,
            Named::FcgiApp,
            Named::Ring,
            Named::LogProfile,
        ];
        for named in kinds {
            let sections = named.section().into_iter().flat_map(|kind| self.of_kind(kind));
            names.insert(named, sections.map(super::Section::name).collect());
        }
        let backends = self.proxies.iter().filter(|proxy| proxy.has_backend_side());
        names.insert(Named::Backend, backends.map(|proxy| proxy.name()).collect());
        let frontends = self.proxies.iter().filter(|proxy| proxy.has_frontend_side());
        names.insert(Named::Frontend, frontends.map(|proxy| proxy.name()).collect());
        names.insert(Named::Defaults, self.defaults.iter().map(|defaults| defaults.name()).collect());
        let tables = self.proxies.iter().filter(|proxy| proxy.last("stick-table").is_some());
        names.insert(Named::Table, tables.map(|proxy| proxy.name()).collect());
        names
    }

    /// Every name that is used, section by section.
    pub fn references(&self) -> impl Iterator<Item = Reference<'_>> {
        // The `default_backend` of a defaults section is looked up for those who inherit it.
        let mut inherited = vec![false; self.defaults.len()];
        for proxy in
            self.proxies.iter().filter(|proxy| proxy.has_frontend_side() && proxy.last("default_backend").is_none())
        {
            if let Some(number) = proxy.defaults {
                inherited[number] = true;
            }
        }
        let sections = self.defaults.iter().zip(inherited).chain(self.proxies.iter().zip(std::iter::repeat(true)));
        sections.flat_map(|(proxy, with_default)| {
            let looked_up = proxy.uses.iter().filter(move |used| with_default || !used.by_default);
            let numbered = |number: u32| proxy.statements.get(number as usize);
            looked_up.map(move |used| Reference {
                named: used.named,
                name: &used.name,
                span: used.span,
                statement: used.statement.and_then(numbered),
                acl: used.acl.and_then(numbered),
                proxy,
            })
        })
    }
}

/// Gathers the names that the header and the statements of a proxy use.
pub(super) struct Uses {
    pub(super) found: Vec<Use>,
    /// Of several `default_backend` lines only the last one is looked up.
    default: Option<Span>,
}

impl Uses {
    pub(super) fn of(proxy: &Proxy) -> Self {
        let mut found = Vec::new();
        if let Some(from) = proxy.from.as_ref().filter(|from| from.is_known()) {
            let (name, span) = (from.text.clone(), from.span);
            found.push(Use { named: Named::Defaults, name, span, statement: None, acl: None, by_default: false });
        }
        Self { found, default: proxy.last("default_backend").map(Statement::span) }
    }

    /// Takes a statement, given its number, and the names in the arguments of its calls where they are known.
    pub(super) fn take(
        &mut self,
        proxy: &Proxy,
        number: u32,
        statement: &Statement,
        calls: Option<&[(Named, &str, Span)]>,
    ) {
        let by_default = statement.id() == keyword::DEFAULT_BACKEND;
        if by_default && Some(statement.span()) != self.default {
            return;
        }
        let mut add = |named, name: &str, span| {
            let acl = if named == Named::Acl { proxy.first_acl(name) } else { None };
            self.found.push(Use { named, name: name.into(), span, statement: Some(number), acl, by_default });
        };
        collect(proxy, statement, &mut add);
        match calls {
            Some(calls) => calls.iter().for_each(|&(named, name, span)| add(named, name, span)),
            None => collect_calls(statement, &mut add),
        }
    }
}

/// Does the program, or what makes the file, put something into the name?
fn is_filled_in(name: &str) -> bool {
    memchr::memchr2(b'$', b'%', name.as_bytes()).is_some()
}

/// Hands every name that a statement uses to `found`.
fn collect<'a>(proxy: &'a Proxy, statement: &'a Statement, found: &mut impl FnMut(Named, &'a str, Span)) {
    let mut word = |named, word: Option<Word<'a>>| {
        if let Some(word) = word.filter(|word| word.is_known() && !word.is_empty() && !is_filled_in(word.text)) {
            found(named, word.text, word.span);
        }
    };
    match statement.id() {
        keyword::USE_BACKEND | keyword::DEFAULT_BACKEND => word(Named::Backend, statement.word(1)),
        keyword::USE_SERVER => word(Named::Server, statement.word(1)),
        keyword::ERRORFILES => word(Named::HttpErrors, statement.word(1)),
        keyword::USE_FCGI_APP => word(Named::FcgiApp, statement.word(1)),
        keyword::EMAIL_ALERT if statement.text(1) == "mailers" => word(Named::Mailers, statement.word(2)),
        keyword::FILTER if statement.text(1) == "cache" => word(Named::Cache, statement.word(2)),
        keyword::BIND => {
            let is_stored =
                |(option, value): &(Word<'_>, Word<'_>)| option.text == "crt" && value.text.starts_with('@');
            for (_, certificate) in statement.words().pairs().filter(is_stored) {
                word(Named::Certificate, Some(certificate));
            }
        }
        keyword::STICK_TABLE => word(Named::Peers, statement.after("peers")),
        keyword::STICK => word(Named::Table, statement.after("table")),
        keyword::SERVER | keyword::SERVER_TEMPLATE
            if !["resolvers", "track"].into_iter().any(|option| proxy.servers_may_have(option)) => {}
        keyword::SERVER | keyword::SERVER_TEMPLATE | keyword::DEFAULT_SERVER => {
            word(Named::Resolvers, statement.after("resolvers"));
            if proxy.kind != SectionKind::Defaults {
                word(Named::Server, statement.after("track"));
            }
        }
        keyword::HTTP_REQUEST | keyword::HTTP_RESPONSE if matches!(statement.text(1), "cache-use" | "cache-store") => {
            // A cache has a name, never an expression.
            if let Some(cache) = statement.word(2).filter(|cache| !cache.is_variable() && !cache.has_dollar()) {
                found(Named::Cache, cache.text, cache.span);
            }
        }
        keyword::HTTP_REQUEST | keyword::HTTP_RESPONSE | keyword::TCP_REQUEST => {
            let at = if statement.id() == keyword::TCP_REQUEST { 2 } else { 1 };
            if statement.text(at).starts_with("track-sc") {
                match statement.after("table") {
                    Some(table) => word(Named::Table, Some(table)),
                    None if proxy.kind != SectionKind::Defaults && proxy.last("stick-table").is_none() => {
                        found(Named::Table, proxy.name(), statement.span_of(at));
                    }
                    None => {}
                }
            }
        }
        keyword::LOG => {
            word(Named::LogProfile, statement.after("profile"));
            if let Some(address) = statement.word(1).filter(|address| address.is_known())
                && let Some(ring) = address.text.strip_prefix("ring@").filter(|ring| !ring.contains('$'))
            {
                found(Named::Ring, ring, address.slice(5..address.text.len()));
            }
        }
        _ => {}
    }
    if let Some(condition) = statement.condition() {
        for (name, word) in condition.names() {
            let is_predefined =
                name.starts_with(|c: char| c.is_ascii_uppercase()) && PREDEFINED.binary_search(&name).is_ok();
            if word.is_known() && !is_predefined && !is_filled_in(name) && !name.is_empty() {
                found(Named::Acl, name, Condition::name_span(name, word));
            }
        }
    }
    if Keyword::of(statement.action()) == keyword::DO_RESOLVE_CALL
        && let Some(action) = statement.word(1).filter(|action| action.text.starts_with("do-resolve("))
        && let Some(call) = Expression::of_word(action).map(|expression| expression.fetch)
        && let Some(resolvers) = call.argument(1)
    {
        found(Named::Resolvers, resolvers, call.argument_span(1));
    }
}

/// Hands every name among the arguments of fetches and converters to `found`.
fn collect_calls<'a>(statement: &'a Statement, found: &mut impl FnMut(Named, &'a str, Span)) {
    if !statement.has_calls() {
        return;
    }
    for expression in statement.expressions() {
        called(&expression.fetch, Keywords::Fetch.find(expression.fetch.name), found);
        for converter in &expression.converters {
            called(converter, Keywords::Converter.find(converter.name), found);
        }
    }
}

/// The names among the arguments of a fetch or converter.
pub(super) fn called<'a>(call: &Call<'a>, known: Option<&Key>, found: &mut impl FnMut(Named, &'a str, Span)) {
    if call.arguments.is_empty() || call.word.is_variable() || call.word.has_literal_variable() {
        return;
    }
    let shape = known.and_then(|key| key.call);
    for (index, argument) in shape.into_iter().flat_map(|shape| shape.arguments.iter().enumerate()) {
        let named = match argument {
            Argument::Table => Named::Table,
            Argument::Backend => Named::Backend,
            Argument::Frontend => Named::Frontend,
            Argument::Server => Named::Server,
            Argument::Userlist => Named::Userlist,
            _ => continue,
        };
        if let Some(name) = call.argument(index).filter(|name| !is_filled_in(name)) {
            found(named, name, call.argument_span(index));
        }
    }
}
