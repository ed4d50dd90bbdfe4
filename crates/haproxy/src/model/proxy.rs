//! Proxies: what they say themselves, and what holds for them.

use super::check::HealthCheck;
use super::names::Names;
use super::server::{Server, ServerOption};
use super::statement::{Section, SectionKind, Statement};
use crate::syntax::Word;
use crate::table::Context;
use crate::values::{Endpoint, Unit, time};
use compact_str::CompactString;
use confvet_core::Span;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Bytes; the default.
    Tcp,
    /// HTTP.
    Http,
    /// Log messages (2.9).
    Log,
    /// SPOE agents (3.1).
    Spop,
    /// A word that is none of these.
    Unknown,
}

impl Mode {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Tcp => "tcp",
            Mode::Http => "http",
            Mode::Log => "log",
            Mode::Spop => "spop",
            Mode::Unknown => "unknown",
        }
    }
}

/// The timeouts of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is the second word of the statement")]
pub enum Timeout {
    Check,
    Client,
    Connect,
    HttpRequest,
    Queue,
    Server,
    Tunnel,
}

impl Timeout {
    /// The statement, as the manual names it.
    pub fn statement(self) -> &'static str {
        match self {
            Timeout::Check => "timeout check",
            Timeout::Client => "timeout client",
            Timeout::Connect => "timeout connect",
            Timeout::HttpRequest => "timeout http-request",
            Timeout::Queue => "timeout queue",
            Timeout::Server => "timeout server",
            Timeout::Tunnel => "timeout tunnel",
        }
    }
}

/// A timeout and the line that sets it.
#[derive(Debug, Clone, Copy)]
pub struct TimeoutSetting<'a> {
    /// How long; `None` when the value comes from a variable or cannot be read.
    pub duration: Option<Duration>,
    /// The line, which may stand in a defaults section.
    pub statement: &'a Statement,
}

impl TimeoutSetting<'_> {
    /// Where the value stands.
    pub fn span(&self) -> Span {
        self.statement.word(2).map_or(self.statement.span(), |word| word.span)
    }
}

/// A `bind` line.
#[derive(Debug, Serialize)]
pub struct Bind {
    /// The line.
    #[serde(skip)]
    pub statement: Arc<Statement>,
    /// What it listens on.
    pub addresses: Vec<Endpoint>,
    #[serde(skip)]
    pub(crate) options: Vec<ServerOption>,
    #[serde(skip)]
    pub(crate) set: Names,
}

impl Bind {
    /// The last option of this name.
    #[inline]
    pub fn option(&self, name: &str) -> Option<&ServerOption> {
        if !self.set.may_hold(name) {
            return None;
        }
        self.options.iter().rev().find(|option| option.name() == name)
    }

    /// All options, in order.
    pub fn options(&self) -> impl Iterator<Item = &ServerOption> {
        self.options.iter()
    }

    /// TLS is terminated here, over TCP or QUIC.
    pub fn terminates_tls(&self) -> bool {
        self.option("ssl").is_some() || self.addresses.iter().any(|address| address.quic)
    }

    /// Only this machine can connect.
    pub fn is_local(&self) -> bool {
        self.addresses.iter().all(Endpoint::is_local)
    }

    /// Somebody outside the private networks may connect: a wildcard or a public address.
    pub fn is_public(&self) -> bool {
        self.addresses.iter().filter_map(Endpoint::inet).any(|address| {
            address.is_wildcard() || matches!(address, confvet_core::Address::Ip(_) if !address.is_private())
        })
    }
}

/// A defaults, frontend, backend or listen section.
#[derive(Debug, Serialize)]
pub struct Proxy {
    /// The section as written.
    #[serde(flatten)]
    pub section: Section,
    /// Number of the defaults section it inherits from.
    #[serde(skip)]
    pub defaults: Option<usize>,
    /// The `bind` lines.
    pub binds: Vec<Bind>,
    /// The servers.
    pub servers: Vec<Server>,
    /// How servers are checked.
    #[serde(skip)]
    pub check: HealthCheck,
    /// Its `acl` lines, by name.
    #[serde(skip)]
    pub(crate) acls: HashMap<CompactString, Vec<Arc<Statement>>>,
    /// Its rules that feed a counter, by their action.
    #[serde(skip)]
    pub(crate) tracks: HashMap<CompactString, Vec<Arc<Statement>>>,
    /// Settings that hold, by their number in the keyword table.
    #[serde(skip)]
    pub(crate) settings: Vec<(u16, Arc<Statement>)>,
    /// The names of these settings.
    #[serde(skip)]
    pub(crate) set: Names,
    /// `log` lines that hold.
    #[serde(skip)]
    pub(crate) logs: Vec<Arc<Statement>>,
    /// Options of the `default-server` lines that hold at its end.
    #[serde(skip)]
    pub(crate) default_server: Arc<Vec<ServerOption>>,
    #[serde(skip)]
    pub(crate) server_names: OnceLock<HashSet<CompactString>>,
    /// The fetches of its expressions, and the headers that clients could forge.
    #[serde(skip)]
    pub(crate) looks: Names,
    #[serde(skip)]
    pub(crate) mode: Mode,
    #[serde(skip)]
    pub(crate) is_disabled: bool,
    #[serde(skip)]
    pub(crate) is_postgres: bool,
}

impl Deref for Proxy {
    type Target = Section;
    fn deref(&self) -> &Section {
        &self.section
    }
}

impl Proxy {
    /// The statement that decides a setting (`timeout server`, `option redispatch`, `balance`), in the proxy or in the
    /// defaults it inherits from. A negated one is returned too.
    #[inline]
    pub fn effective(&self, setting: &str) -> Option<&Statement> {
        if self.set.may_hold(setting) { self.find_setting(setting) } else { None }
    }

    fn find_setting(&self, setting: &str) -> Option<&Statement> {
        let (context, name) = match setting.split_once(' ') {
            Some(("option", name)) => (Context::ProxyOption, name),
            Some(("timeout", name)) => (Context::ProxyTimeout, name),
            Some(("stats", name)) => (Context::ProxyStats, name),
            Some(("external-check", name)) => (Context::ProxyExternalCheck, name),
            Some(("tcp-request", name)) => (Context::ProxyTcpRequest, name),
            _ => (Context::Proxy, setting),
        };
        let slot = context.find(name)?.slot;
        let index = self.settings.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        Some(&self.settings[index].1)
    }

    /// The statement that switches an option on.
    #[inline]
    pub fn option(&self, name: &str) -> Option<&Statement> {
        if !self.set.may_hold_pair("option", name) {
            return None;
        }
        self.effective_option(name).filter(|statement| !statement.is_negated())
    }

    fn effective_option(&self, name: &str) -> Option<&Statement> {
        let slot = Context::ProxyOption.find(name)?.slot;
        let index = self.settings.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        Some(&self.settings[index].1)
    }

    /// It names its defaults section with `from`.
    pub fn is_explicit(&self) -> bool {
        self.section.from.is_some()
    }

    /// Is the statement its own, not inherited?
    pub fn owns(&self, statement: &Statement) -> bool {
        statement.section == self.section.index
    }

    /// The statement that sets the mode.
    pub fn mode_setting(&self) -> Option<&Statement> {
        self.effective("mode")
    }

    /// What it speaks; tcp when nothing is said.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn read_mode(&self) -> Mode {
        match self.mode_setting().map(|statement| statement.text(1)) {
            None | Some("tcp") => Mode::Tcp,
            Some("http" | "haterm") => Mode::Http,
            Some("log") => Mode::Log,
            Some("spop") => Mode::Spop,
            Some(_) => Mode::Unknown,
        }
    }

    /// A timeout that holds. Zero is no timeout.
    pub fn timeout(&self, timeout: Timeout) -> Option<TimeoutSetting<'_>> {
        let statement = self.effective(timeout.statement())?;
        let word = statement.word(2)?;
        let duration =
            word.is_known().then(|| time(word, Unit::Milliseconds)).flatten().map(crate::values::Time::duration);
        (duration != Some(Duration::ZERO)).then_some(TimeoutSetting { duration, statement })
    }

    /// The longest time a connection may be idle in tcp mode, and what decides it: `timeout tunnel`, else the shorter of
    /// `timeout client` and `timeout server`.
    pub fn idle_limit(&self) -> Option<TimeoutSetting<'_>> {
        if let Some(tunnel) = self.timeout(Timeout::Tunnel) {
            return Some(tunnel);
        }
        let both = [self.timeout(Timeout::Client), self.timeout(Timeout::Server)];
        both.into_iter().flatten().min_by_key(|setting| setting.duration.unwrap_or(Duration::MAX))
    }

    /// Takes connections.
    pub fn has_frontend_side(&self) -> bool {
        matches!(self.kind, SectionKind::Frontend | SectionKind::Listen)
    }

    /// Has servers.
    pub fn has_backend_side(&self) -> bool {
        matches!(self.kind, SectionKind::Backend | SectionKind::Listen)
    }

    /// Switched off.
    pub fn is_disabled(&self) -> bool {
        self.is_disabled
    }

    pub(crate) fn read_disabled(&self) -> bool {
        match (self.last("disabled"), self.last("enabled")) {
            (None, None) => self.effective("disabled").is_some(),
            (Some(disabled), Some(enabled)) => disabled.span().start > enabled.span().start,
            (disabled, _) => disabled.is_some(),
        }
    }

    /// Where connections are sent, in evaluation order: the `use_backend` rules, then `default_backend`, which may be
    /// inherited.
    pub fn routes(&self) -> impl Iterator<Item = &Statement> {
        let default = self.effective("default_backend").filter(|_| self.has_frontend_side());
        self.all("use_backend").filter(|_| self.has_frontend_side()).chain(default)
    }

    /// Rules of one set (`http-request`, `tcp-request content`, …), in evaluation order.
    pub fn rules<'a>(&'a self, set: &'a str) -> impl Iterator<Item = &'a Statement> {
        let (first, second) = set.split_once(' ').unwrap_or((set, ""));
        self.all(first).filter(move |statement| second.is_empty() || statement.text(1) == second)
    }

    /// Servers that may be used now: neither disabled nor of weight 0.
    pub fn usable_servers(&self) -> impl Iterator<Item = &Server> {
        let weightless = |server: &Server| server.option("weight").is_some_and(|weight| weight.number() == Some(0));
        self.servers.iter().filter(move |server| !server.is_disabled() && !weightless(server))
    }

    /// May one of its expressions use one of these fetches, or read one of these headers? False is certain.
    pub(crate) fn may_look_at(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.looks.may_hold(name))
    }

    /// Is there a server of this name?
    pub fn has_server(&self, name: &str) -> bool {
        let names = || self.servers.iter().map(|server| server.name.text.clone()).collect::<HashSet<_>>();
        self.server_names.get_or_init(names).contains(name)
    }

    /// How many servers there are, templates counted in full.
    pub fn server_count(&self) -> u32 {
        self.servers.iter().map(Server::count).fold(0, u32::saturating_add)
    }

    /// The `stats` lines that hold: its own, and those of its defaults.
    pub fn stats(&self) -> impl Iterator<Item = &Statement> {
        self.all("stats")
    }

    /// The ACLs of this name, which are alternatives of each other.
    pub fn acls(&self, name: &str) -> impl Iterator<Item = &Statement> {
        self.acls.get(name).into_iter().flatten().map(AsRef::as_ref)
    }

    /// The names of its ACLs, in no particular order.
    pub(crate) fn acl_names(&self) -> impl Iterator<Item = &str> {
        self.acls.keys().map(CompactString::as_str)
    }

    /// The rules with this action (`track-sc0`), which feed one counter.
    pub fn tracks(&self, action: &str) -> impl Iterator<Item = &Statement> {
        self.tracks.get(action).into_iter().flatten().map(AsRef::as_ref)
    }

    /// The name of an ACL or proxy that may be referred to.
    pub fn word_of<'a>(&self, statement: &'a Statement, index: usize) -> Option<&'a Word> {
        statement.word(index).filter(|word| word.is_known())
    }

    /// The `log` lines that hold, inherited ones included.
    pub fn logs(&self) -> impl Iterator<Item = &Statement> {
        self.logs.iter().map(AsRef::as_ref)
    }

    /// Options that its `default-server` lines leave for servers below.
    pub fn default_server(&self) -> &[ServerOption] {
        &self.default_server
    }
}
