//! Names that statements use, and the sections and lines that define them.

use super::expression::{Condition, PREDEFINED};
use super::statement::{SectionKind, Statement};
use super::{Haproxy, Proxy};
use crate::syntax::Word;
use confvet_core::Span;
use std::collections::{BTreeMap, BTreeSet};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    /// A server of the same proxy.
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
}

/// Fetches whose first argument is a backend.
const BACKEND_FETCHES: &[&str] =
    &["avg_queue", "be_conn", "be_conn_free", "be_sess_rate", "connslots", "nbsrv", "queue"];

impl Haproxy {
    /// The names that exist, by what they stand for. ACLs and servers are left out: they belong to their proxies.
    pub fn definitions(&self) -> BTreeMap<Named, BTreeSet<&str>> {
        let mut names: BTreeMap<Named, BTreeSet<&str>> = BTreeMap::new();
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
        names.insert(Named::Defaults, self.defaults.iter().map(|defaults| defaults.name()).collect());
        let tables = self.proxies.iter().filter(|proxy| proxy.last("stick-table").is_some());
        names.insert(Named::Table, tables.map(|proxy| proxy.name()).collect());
        names
    }

    /// Every name that is used, with the proxy that uses it.
    pub fn references(&self) -> Vec<(&Proxy, Reference<'_>)> {
        let mut found = Vec::new();
        for proxy in self.sections() {
            if let Some(from) = proxy.from.as_ref().filter(|from| from.is_known()) {
                found.push((
                    proxy,
                    Reference { named: Named::Defaults, name: &from.text, span: from.span, statement: None },
                ));
            }
            let no_table = proxy.kind != SectionKind::Defaults && proxy.last("stick-table").is_none();
            let default = proxy.last("default_backend").map(Statement::span);
            for statement in &proxy.statements {
                // Of several `default_backend` lines only the last one is looked up.
                if statement.is("default_backend") && Some(statement.span()) != default {
                    continue;
                }
                let track = statement.words.iter().take(3).find(|word| word.text.starts_with("track-sc"));
                if let Some(track) =
                    track.filter(|_| no_table && statement.after("table").is_none() && proxy.name.is_some())
                {
                    let reference = Reference {
                        named: Named::Table,
                        name: proxy.name(),
                        span: track.span,
                        statement: Some(statement),
                    };
                    found.push((proxy, reference));
                }
                collect(statement, &mut |named, name, span| {
                    found.push((proxy, Reference { named, name, span, statement: Some(statement) }));
                });
            }
        }
        found
    }
}

/// Hands every name that a statement uses to `found`.
fn collect<'a>(statement: &'a Statement, found: &mut impl FnMut(Named, &'a str, Span)) {
    let mut word = |named, word: Option<&'a Word>| {
        if let Some(word) = word.filter(|word| word.is_known() && !word.is_empty() && !word.text.contains(['$', '%'])) {
            found(named, word.text.as_str(), word.span);
        }
    };
    match statement.keyword() {
        "use_backend" | "default_backend" => word(Named::Backend, statement.word(1)),
        "use-server" => word(Named::Server, statement.word(1)),
        "errorfiles" => word(Named::HttpErrors, statement.word(1)),
        "use-fcgi-app" => word(Named::FcgiApp, statement.word(1)),
        "email-alert" if statement.text(1) == "mailers" => word(Named::Mailers, statement.word(2)),
        "filter" if statement.text(1) == "cache" => word(Named::Cache, statement.word(2)),
        "stick-table" => word(Named::Peers, statement.after("peers")),
        "stick" => word(Named::Table, statement.after("table")),
        "server" | "server-template" | "default-server" => word(Named::Resolvers, statement.after("resolvers")),
        "http-request" if statement.text(1) == "cache-use" => word(Named::Cache, statement.word(2)),
        "http-response" if statement.text(1) == "cache-store" => word(Named::Cache, statement.word(2)),
        "http-request" | "http-response" | "tcp-request"
            if statement.text(1).starts_with("track-sc") || statement.text(2).starts_with("track-sc") =>
        {
            word(Named::Table, statement.after("table"));
        }
        "log" => {
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
        for (name, word) in condition.names().filter(|(_, word)| word.is_known()) {
            if PREDEFINED.binary_search(&name).is_err() && !name.contains(['$', '%']) && !name.is_empty() {
                found(Named::Acl, name, Condition::name_span(name, word));
            }
        }
    }
    if !statement.words.iter().any(|word| word.text.contains('(')) {
        return;
    }
    for expression in statement.expressions() {
        for call in expression.calls() {
            let name = call.name;
            let (named, index) = match name {
                "http_auth" | "http_auth_group" => (Named::Userlist, 0),
                _ if BACKEND_FETCHES.contains(&name) => (Named::Backend, 0),
                "in_table" => (Named::Table, 0),
                _ if name.starts_with("table_") => (Named::Table, 0),
                _ if name.starts_with("sc_") => (Named::Table, 1),
                _ if name.starts_with("src_") && name != "src_port" => (Named::Table, 0),
                _ => continue,
            };
            // A table may be given by a number first: `sc_get_gpc(0,1,table)`.
            let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let argument = (index..index + 3).find(|&index| call.argument(index).is_none_or(|text| !is_number(text)));
            let Some((index, argument)) = argument.and_then(|index| Some((index, call.argument(index)?))) else {
                continue;
            };
            if !argument.contains(['$', '%']) && call.word.is_known() || call.word.text.contains("%[") {
                found(named, argument, call.argument_span(index));
            }
        }
    }
    if let Some(rest) = statement.text(1).strip_prefix("do-resolve(").filter(|_| statement.is("http-request"))
        && let Some(resolvers) = rest.trim_end_matches(')').split(',').nth(1)
        && let Some(word) = statement.word(1)
    {
        let start = word.text.find(resolvers).unwrap_or(0);
        found(Named::Resolvers, resolvers, word.slice(start..start + resolvers.len()));
    }
}
