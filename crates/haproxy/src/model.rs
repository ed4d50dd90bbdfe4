//! The typed model: sections, proxies with what they inherit, servers, binds, and the questions rules ask of them.

mod build;
mod check;
mod expression;
mod names;
mod pool;
mod proxy;
mod reference;
mod schema;
mod server;
mod server_check;
mod spoe;
mod statement;

pub use check::{CheckKind, HealthCheck, Request};
pub(crate) use expression::{CLIENT_HEADERS, PREDEFINED};
pub use expression::{Call, Condition, Criterion, Expression, Term};
pub(crate) use names::Names;
pub(crate) use pool::database_on;
pub use pool::{Endpoint, Pool, Purpose};
pub use proxy::{Bind, Mode, Proxy, Timeout, TimeoutSetting};
pub use reference::{Named, Reference};
pub use schema::{Problem, ProblemKind};
pub use server::{Server, ServerOption};
pub use server_check::{ExpectedStatus, ServerCheck};
pub use spoe::{SpoeFile, SpoeKind, SpoeLine, SpoeSection};
pub use statement::{Section, SectionKind, Statement};

pub(crate) use build::build;

use crate::condition::{Branch, Branches};
pub use crate::syntax::Prefix;
use crate::syntax::{GluedHash, SyntaxProblem, Word};
use crate::table::HaVersion;
use compact_str::CompactString;
use confvet_core::{Category, Edit, FileId, Keys, Map, Severity, Span};
use serde::Serialize;

/// Newest version that is released.
pub const NEWEST: HaVersion = (3, 4, 0);
/// Oldest version that is supported, and assumed when the target is not known.
pub const OLDEST: HaVersion = (2, 6, 0);

/// One configuration: all files that HAProxy is started with, in load order.
#[derive(Debug, Serialize)]
pub struct Haproxy {
    /// The version it will run on.
    #[serde(skip)]
    pub target: Option<HaVersion>,
    /// The `global` sections; their statements add up.
    #[serde(rename = "global")]
    pub globals: Vec<Section>,
    /// The `defaults` sections, in load order.
    pub defaults: Vec<Proxy>,
    /// Frontends, backends and listens, in load order.
    pub proxies: Vec<Proxy>,
    /// All other sections: userlists, resolvers, peers, caches, …
    pub others: Vec<Section>,
    /// The files that its SPOE filters read, or the SPOE file itself where no configuration is known that reads it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spoe: Vec<SpoeFile>,
    /// Some filter reads the SPOE files, under the paths it writes.
    #[serde(skip)]
    pub(crate) reads_spoe: bool,
    #[serde(skip)]
    pub(crate) spoe_paths: Vec<(String, FileId)>,
    /// What the tokenizer refuses.
    #[serde(skip)]
    pub syntax: Vec<SyntaxProblem>,
    /// What HAProxy refuses, ignores or reads otherwise than it is written.
    #[serde(skip)]
    pub problems: Vec<Problem>,
    /// The statements whose criteria may compare with what was meant otherwise; all others are fine.
    #[serde(skip)]
    pub(crate) odd_criteria: Vec<Statement>,
    /// `#` in the middle of words.
    #[serde(skip)]
    pub(crate) hashes: Vec<(GluedHash, Statement)>,
    /// Lines with template marks were left out.
    #[serde(skip)]
    pub template: bool,
    #[serde(skip)]
    pub(crate) branches: Branches,
    #[serde(skip)]
    pub(crate) index: Index,
}

/// A rule in a defaults section, and a proxy that cannot take it.
#[derive(Debug)]
pub struct MisusedDefaults<'a> {
    /// The first rule.
    pub statement: &'a Statement,
    /// Where it stands.
    pub defaults: &'a Proxy,
    /// The header of the user.
    pub header: Span,
    /// What the user is.
    pub by: &'static str,
}

/// What is looked up by name often.
#[derive(Debug, Default)]
pub(crate) struct Index {
    backends: Map<CompactString, usize>,
    /// Who sends to a backend, and where the first route of each names it.
    users: Map<CompactString, Vec<(usize, Span)>>,
    tables: Map<CompactString, usize>,
    sections: Map<u32, usize>,
    dynamic_routes: bool,
    /// Some frontend or listen is there.
    listens: bool,
    /// Two proxies have one name.
    shared_names: bool,
    headers: Vec<Span>,
}

impl Index {
    fn of(haproxy: &Haproxy) -> Self {
        let listens = haproxy.proxies.iter().any(|proxy| proxy.kind != SectionKind::Backend);
        let mut index = Self { listens, ..Self::default() };
        let mut frontends: Map<&str, usize> = Map::new();
        for (number, proxy) in haproxy.proxies.iter().enumerate() {
            if proxy.has_backend_side() {
                index.shared_names |= index.backends.earlier(proxy.name().into(), number).is_some();
            }
            if proxy.has_frontend_side() {
                index.shared_names |= frontends.insert(proxy.name(), number).is_some();
            }
            if proxy.last("stick-table").is_some() {
                index.tables.or_insert(proxy.name().into(), number);
            }
            index.sections.insert(proxy.index, number);
            for name in proxy.routes().filter_map(|route| route.word(1)) {
                index.dynamic_routes |= !name.is_known();
                let users = index.users.or_default(name.text.into());
                if users.last().is_none_or(|(last, _)| *last != number) {
                    users.push((number, name.span));
                }
            }
        }
        let backends = &index.backends;
        let is_other = |(name, number): (&&str, &usize)| backends.get(*name).is_some_and(|backend| backend != number);
        index.shared_names |= frontends.iter().any(is_other);
        let sections =
            haproxy.globals.iter().chain(&haproxy.others).chain(haproxy.sections().map(|proxy| &proxy.section));
        let mut headers: Vec<(u32, Span)> = sections.map(|section| (section.index, section.header())).collect();
        headers.sort_unstable_by_key(|(number, _)| *number);
        index.headers = headers.into_iter().map(|(_, header)| header).collect();
        index
    }
}

impl Haproxy {
    /// Is it certain that the target is this version or a later one? Without a target 2.6 is assumed.
    pub fn at_least(&self, version: HaVersion) -> bool {
        self.target.unwrap_or(OLDEST) >= version
    }

    /// Is it certain that the target is older than this version? Without a target 3.4 is assumed.
    pub fn before(&self, version: HaVersion) -> bool {
        self.target.unwrap_or(NEWEST) < version
    }

    /// Parts of the configuration are missing here: it holds nothing that listens, or proxies without the `global` and
    /// `defaults` they need, or lines only a template engine can fill.
    pub fn is_part(&self) -> bool {
        self.template || !self.index.listens || (self.globals.is_empty() && self.defaults.is_empty())
    }

    /// The statements of all `global` sections.
    pub fn global(&self) -> impl DoubleEndedIterator<Item = &Statement> {
        self.globals.iter().flat_map(|section| &section.statements)
    }

    /// The last statement of `global` with this keyword.
    pub fn global_setting(&self, keyword: &str) -> Option<&Statement> {
        self.global().rev().find(|statement| statement.is(keyword))
    }

    /// The proxies and the defaults sections.
    pub fn sections(&self) -> impl Iterator<Item = &Proxy> {
        self.defaults.iter().chain(&self.proxies)
    }

    /// Names within words that hold more than a name, such as the arguments of fetches, and the servers that others
    /// `track`.
    pub fn mentions(&self) -> impl Iterator<Item = &str> {
        let apart = |c: char| matches!(c, '(' | ')' | ',' | '/' | '[' | ']' | '@');
        let calls = self.statements_where(|section| section.some.may_look).filter(|statement| statement.has_calls());
        let within = calls.flat_map(|statement| statement.from(1)).filter(|word| word.text.contains(['(', '[']));
        let servers = self.proxies.iter().flat_map(|proxy| &proxy.servers);
        let tracked = servers.filter_map(|server| server.option("track")).map(ServerOption::text);
        within.map(|word| word.text).chain(tracked).flat_map(move |text| text.split(apart))
    }

    /// Every statement of every section.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.statements_where(|_| true)
    }

    /// Every statement of the sections that fit.
    fn statements_where(&self, fits: impl Fn(&Section) -> bool) -> impl Iterator<Item = &Statement> {
        let plain = self.globals.iter().chain(&self.others);
        let sections = plain.chain(self.sections().map(|proxy| &proxy.section));
        sections.filter(move |section| fits(section)).flat_map(|section| &section.statements)
    }

    /// The statements that hold a variable in double quotes.
    pub(crate) fn with_variables(&self) -> impl Iterator<Item = &Statement> {
        self.statements_where(|section| section.some.marks.has_variable()).filter(|statement| statement.has_variable())
    }

    /// The statements that hold a variable outside double quotes.
    pub(crate) fn with_literal_variables(&self) -> impl Iterator<Item = &Statement> {
        let statements = self.statements_where(|section| section.some.marks.has_literal_variable());
        statements.filter(|statement| statement.has_literal_variable())
    }

    /// The defaults section a proxy inherits from.
    pub fn defaults_of(&self, proxy: &Proxy) -> Option<&Proxy> {
        self.defaults.get(proxy.defaults?)
    }

    /// The backend or listen of this name.
    pub fn backend(&self, name: &str) -> Option<&Proxy> {
        self.proxies.get(*self.index.backends.get(name)?)
    }

    /// The frontends and listens that send to this backend with a static name.
    pub fn users_of<'a>(&'a self, backend: &Proxy) -> impl Iterator<Item = &'a Proxy> {
        let users = self.index.users.get(backend.name()).filter(|_| backend.has_backend_side());
        users.into_iter().flatten().filter_map(|&(number, _)| self.proxies.get(number))
    }

    /// Where a frontend or listen first names this backend as its target.
    pub fn first_route_to(&self, backend: &Proxy) -> Option<Span> {
        let users = self.index.users.get(backend.name()).filter(|_| backend.has_backend_side())?;
        users.first().map(|&(_, name)| name)
    }

    /// The `stick-table` line of the proxy with this name.
    pub fn table(&self, name: &str) -> Option<&Statement> {
        self.proxies.get(*self.index.tables.get(name)?)?.last("stick-table")
    }

    /// Would HAProxy still accept the routes to and from a proxy if it had this mode?
    pub fn may_become(&self, proxy: &Proxy, mode: Mode) -> bool {
        let accepts = |from: Mode, to: Mode| from == to || (from == Mode::Tcp && to == Mode::Http);
        let mut targets = proxy.routes().filter_map(|route| self.backend(route.text(1)));
        targets.all(|backend| accepts(mode, backend.mode()))
            && self.users_of(proxy).all(|user| accepts(user.mode(), mode))
    }

    /// Have two proxies one name?
    pub(crate) fn shares_names(&self) -> bool {
        self.index.shared_names
    }

    /// Some `use_backend` decides by a log-format string or a variable.
    pub fn has_dynamic_routes(&self) -> bool {
        self.index.dynamic_routes
    }

    /// The certificates that crt-stores load: the name of the store, and the file or alias.
    pub fn stored_certificates(&self) -> Keys<(&str, &str)> {
        let loads = self
            .of_kind(SectionKind::CrtStore)
            .flat_map(|section| section.all("load").map(move |load| (section.name(), load)));
        let names = |load| ["crt", "alias"].into_iter().filter_map(move |setting| Statement::after(load, setting));
        loads.flat_map(|(store, load)| names(load).map(move |name| (store, name.text))).collect()
    }

    /// Sections of this kind.
    pub fn of_kind(&self, kind: SectionKind) -> impl Iterator<Item = &Section> {
        self.others.iter().filter(move |section| section.kind == kind)
    }

    /// The header of the section a statement stands in.
    pub fn header_of(&self, statement: &Statement) -> Span {
        let header = self.index.headers.get(statement.section as usize).copied();
        header.unwrap_or(statement.keyword_span())
    }

    /// Never both are read: they stand in different arms of one `.if`.
    pub fn exclude_each_other(&self, a: Branch, b: Branch) -> bool {
        self.branches.exclude_each_other(a, b)
    }

    /// Severity and category of what HAProxy refuses: only a line that is read for sure makes the file invalid.
    pub fn refused(&self, branch: Branch) -> (Severity, Category) {
        if self.branches.is_certain(branch) {
            (Severity::Error, Category::Invalid)
        } else {
            (Severity::Warning, Category::Outage)
        }
    }

    /// Empty words, with their statements.
    pub fn empty_words(&self) -> impl Iterator<Item = (&Statement, Word<'_>)> {
        let with_empty =
            self.statements_where(|section| section.some.marks.has_empty()).filter(|statement| statement.has_empty());
        with_empty.filter_map(|statement| Some((statement, statement.words().iter().find(|word| word.is_empty())?)))
    }

    /// `#` in the middle of words, with the statements they cut. A section word with a comment glued to it is fine.
    pub fn cut_words(&self) -> impl Iterator<Item = (&GluedHash, &Statement)> {
        self.hashes.iter().map(|(hash, statement)| (hash, statement))
    }

    /// Version words of `option httpchk` that hold headers.
    pub fn headers_in_version_words(&self) -> impl Iterator<Item = (&Statement, Word<'_>)> {
        let checks = self.sections().flat_map(|proxy| proxy.all("option")).filter(|option| option.has(1, "httpchk"));
        checks.filter_map(|statement| {
            let version = statement.word(4)?;
            let holds = version.text.contains(['\r', '\n']) || version.text.contains("\\r\\n");
            holds.then_some((statement, version))
        })
    }

    /// Rules in named defaults sections that are used by a proxy which cannot take them.
    pub fn misused_defaults(&self) -> Vec<MisusedDefaults<'_>> {
        let rule = |statement: &&Statement| {
            matches!(
                statement.keyword(),
                "acl" | "http-request" | "http-response" | "http-after-response" | "tcp-request" | "tcp-response"
            )
        };
        let with_rules: Vec<Option<&Statement>> = self
            .defaults
            .iter()
            .map(|defaults| defaults.statements.iter().find(rule).filter(|_| defaults.name.is_some()))
            .collect();
        let mut kinds: Vec<Option<SectionKind>> = vec![None; self.defaults.len()];
        let mut found = Vec::new();
        for proxy in self.sections() {
            let Some((number, statement)) = proxy.defaults.and_then(|number| Some((number, with_rules[number]?)))
            else {
                continue;
            };
            let by = match (proxy.kind, kinds[number]) {
                (SectionKind::Listen, _) => "a `listen`",
                (SectionKind::Defaults, _) => "another `defaults`",
                (kind, Some(first)) if kind != first => "both a `frontend` and a `backend`",
                (kind, _) => {
                    kinds[number] = Some(kind);
                    continue;
                }
            };
            found.push(MisusedDefaults { statement, defaults: &self.defaults[number], header: proxy.header(), by });
        }
        found
    }

    /// Does some backend that the statement's frontend sends to lack the setting?
    pub fn lacks_in_backends(&self, statement: &Statement, setting: &str) -> bool {
        let number = self.index.sections.get(&statement.section);
        let Some(frontend) = number.and_then(|&number| self.proxies.get(number)) else { return false };
        frontend
            .routes()
            .filter_map(|route| self.backend(route.text(1)))
            .any(|backend| backend.effective(setting).is_none())
    }

    /// The word `frontend` of the section a statement stands in.
    pub(crate) fn frontend_of(&self, statement: &Statement) -> Option<Span> {
        let proxy = self.proxies.get(*self.index.sections.get(&statement.section)?)?;
        (proxy.kind == SectionKind::Frontend).then_some(proxy.word)
    }

    /// Takes a statement out of its proxy, and puts it into the only backend of that frontend, or the only frontend of
    /// that backend. Nothing where there are several, or where the other side has the setting already.
    pub(crate) fn moved(&self, statement: &Statement, text: &str) -> Vec<Edit> {
        let Some(proxy) = self.index.sections.get(&statement.section).and_then(|&number| self.proxies.get(number))
        else {
            return Vec::new();
        };
        let mut others: Vec<&Proxy> = if proxy.kind == SectionKind::Frontend {
            proxy.routes().take(8).filter_map(|route| self.backend(route.text(1))).collect()
        } else {
            self.users_of(proxy).take(2).collect()
        };
        others.dedup_by_key(|other| other.index);
        let few = proxy.routes().nth(8).is_none();
        let alone = |other: &Proxy| proxy.kind != SectionKind::Frontend || self.users_of(other).nth(1).is_none();
        match others[..] {
            [other]
                if few
                    && other.kind != SectionKind::Listen
                    && alone(other)
                    && other.word.file == proxy.word.file
                    && !self.has_dynamic_routes()
                    && !other.all(statement.keyword()).any(|line| line.slot() == statement.slot()) =>
            {
                vec![other.insert_first(text), statement.delete()]
            }
            _ => Vec::new(),
        }
    }

    /// Is a statement in this branch read for sure?
    pub fn is_certain(&self, branch: Branch) -> bool {
        self.branches.is_certain(branch)
    }
}
