//! Proxies: what they say themselves, and what holds for them.

use super::build::addresses;
use super::check::HealthCheck;
use super::names::{Looks, Names};
use super::reference::Use;
use super::server::{DefaultServer, OptionWords, Server, ServerOption, names_option};
use super::statement::{Section, SectionKind, Statement};
use crate::syntax::Word;
use crate::table::{Context, Keyword, keyword};
use crate::values::{Endpoint, Unit, time};
use compact_str::CompactString;
use confvet_core::Span;
use foldhash::fast::RandomState;
use foldhash::{HashMap, HashSet};
use serde::Serialize;
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
    /// Its second word.
    fn name(self) -> &'static str {
        match self {
            Timeout::Check => "check",
            Timeout::Client => "client",
            Timeout::Connect => "connect",
            Timeout::HttpRequest => "http-request",
            Timeout::Queue => "queue",
            Timeout::Server => "server",
            Timeout::Tunnel => "tunnel",
        }
    }

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
    pub statement: Statement,
    /// What it listens on.
    pub addresses: Vec<Endpoint>,
    #[serde(skip)]
    own: OptionWords,
    #[serde(skip)]
    set: Names,
}

impl Bind {
    /// Reads a line; `None` when it has no address.
    pub(super) fn read(statement: &Statement) -> Option<Self> {
        let addresses = addresses(statement.word(1)?);
        let mut set = Names::default();
        let own = OptionWords::read(statement, 2, Context::BindOption, |_, key| set.add(key.name));
        Some(Self { statement: statement.clone(), addresses, own, set })
    }

    /// The last option of this name.
    #[inline]
    pub fn option(&self, name: &str) -> Option<ServerOption<'_>> {
        if !self.set.may_hold(name) {
            return None;
        }
        self.own.last(&self.statement, Context::BindOption, |word| names_option(word, name))
    }

    /// All options, in order.
    pub fn options(&self) -> impl DoubleEndedIterator<Item = ServerOption<'_>> {
        self.own.options(&self.statement, Context::BindOption)
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
    pub check: Arc<HealthCheck>,
    /// Its `acl` lines and its rules that feed a counter; `None` when it has neither.
    #[serde(skip)]
    pub(crate) lookups: Option<Box<Lookups>>,
    #[serde(skip)]
    pub(crate) settings: Settings,
    #[serde(skip)]
    pub(crate) summary: Summary,
    /// The names it uses.
    #[serde(skip)]
    pub(crate) uses: Vec<Use>,
    /// `log` lines that hold.
    #[serde(skip)]
    pub(crate) logs: Arc<Vec<Statement>>,
    /// Options of the `default-server` lines that hold at its end.
    #[serde(skip)]
    pub(crate) default_server: Arc<DefaultServer>,
    #[serde(skip)]
    pub(crate) server_names: OnceLock<Box<HashSet<CompactString>>>,
}

/// The settings that hold for a proxy, by their number in the keyword table.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Its own, with the numbers of their statements, sorted.
    own: Vec<(u16, u32)>,
    /// The place of the latest among them: lines of one keyword often follow each other.
    latest: usize,
    inherited: Option<Arc<HandedDown>>,
    /// What a defaults section hands down: what it inherits, and its own.
    handed_down: Option<Arc<HandedDown>>,
    /// The names of all that hold.
    set: Names,
}

type HandedDown = Vec<(u16, Statement)>;

impl Settings {
    /// What those start with who inherit from this defaults section.
    pub(super) fn handed_down(&self) -> Self {
        Self { inherited: self.handed_down.clone(), set: self.set, ..Self::default() }
    }

    /// Takes a statement of the section, given its number there.
    pub(super) fn take(&mut self, number: u32, statement: &Statement) {
        let Some(slot) = statement.slot() else { return };
        if let Some(latest) = self.own.get_mut(self.latest).filter(|(latest, _)| *latest == slot) {
            latest.1 = number;
            return;
        }
        match statement.sub() {
            Some(_) => self.set.add_pair(statement.text(0), statement.text(1)),
            None => self.set.add(statement.text(0)),
        }
        match self.own.binary_search_by_key(&slot, |(slot, _)| *slot) {
            Ok(index) => {
                self.own[index].1 = number;
                self.latest = index;
            }
            Err(index) => {
                self.own.insert(index, (slot, number));
                self.latest = index;
            }
        }
    }

    /// All statements of the defaults section are taken.
    pub(super) fn hand_down(&mut self, section: &Section) {
        let mut all = self.inherited.as_deref().cloned().unwrap_or_default();
        for &(slot, number) in &self.own {
            let statement = section.statements[number as usize].clone();
            match all.binary_search_by_key(&slot, |(slot, _)| *slot) {
                Ok(index) => all[index].1 = statement,
                Err(index) => all.insert(index, (slot, statement)),
            }
        }
        self.handed_down = Some(Arc::new(all));
    }

    fn find<'a>(&'a self, slot: u16, section: &'a Section) -> Option<&'a Statement> {
        if let Ok(index) = self.own.binary_search_by_key(&slot, |(slot, _)| *slot) {
            return section.statements.get(self.own[index].1 as usize);
        }
        let inherited = self.inherited.as_ref()?;
        let index = inherited.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        Some(&inherited[index].1)
    }
}

/// Numbers of statements that share a name; nearly always there is one.
#[derive(Debug)]
enum Alike {
    One(u32),
    Many(Vec<u32>),
}

impl Alike {
    fn numbers(&self) -> &[u32] {
        match self {
            Self::One(number) => std::slice::from_ref(number),
            Self::Many(numbers) => numbers,
        }
    }

    fn push(&mut self, number: u32) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, number]),
            Self::Many(numbers) => numbers.push(number),
        }
    }
}

/// Statements of a section by a name in them.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    /// The `acl` lines.
    acls: HashMap<CompactString, Alike>,
    /// The rules that feed a counter, by their action.
    tracks: HashMap<CompactString, Alike>,
}

impl Lookups {
    /// Room for so many ACLs.
    pub(super) fn with_room(acls: usize) -> Option<Box<Self>> {
        let acls = (acls > 0).then(|| HashMap::with_capacity_and_hasher(acls, RandomState::default()));
        acls.map(|acls| Box::new(Self { acls, ..Self::default() }))
    }

    /// Takes a statement of the section, given its number there.
    pub(super) fn take(lookups: &mut Option<Box<Self>>, number: u32, statement: &Statement) {
        let mut add = |to: fn(&mut Self) -> &mut HashMap<CompactString, Alike>, name: CompactString| {
            let of_name = to(lookups.get_or_insert_default()).entry(name);
            of_name.and_modify(|alike| alike.push(number)).or_insert(Alike::One(number));
        };
        if Keyword::of(statement.action()) == keyword::TRACK_SC_CALL
            && let Some(track) = statement.words().iter().take(3).find(|word| word.text.starts_with("track-sc"))
        {
            add(|lookups| &mut lookups.tracks, track.text.into());
        }
        if statement.is_acl() {
            add(|lookups| &mut lookups.acls, statement.text(1).into());
        }
    }
}

/// What rules ask of every proxy, side by side in one line of the processor's cache: nearly all of them find there that
/// the proxy does not concern them.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Summary {
    /// The keywords of its own statements.
    keywords: Names,
    /// The settings that hold.
    settings: Names,
    /// The options of its servers.
    options: Names,
    /// What its expressions look at.
    pub(super) looks: Looks,
    kind: SectionKind,
    pub(super) mode: Mode,
    pub(super) is_disabled: bool,
    pub(super) is_postgres: bool,
    all_watched: bool,
    may_have_doubles: bool,
    may_be_refused: bool,
    late_defaults: bool,
}

impl Summary {
    /// All but what the whole configuration decides. Of the `default-server` lines it has to be told whether one stands
    /// below a server.
    pub(super) fn of(section: &Section, settings: &Settings, servers: &[Server], late_defaults: bool) -> Self {
        let mut summary = Self {
            keywords: section.keywords,
            settings: settings.set,
            options: Names::default(),
            looks: Looks::default(),
            kind: section.kind,
            mode: Mode::Tcp,
            is_disabled: false,
            is_postgres: false,
            all_watched: true,
            may_have_doubles: false,
            may_be_refused: false,
            late_defaults,
        };
        let mut names = Names::default();
        for server in servers {
            summary.options.add_all(server.option_names());
            summary.all_watched &= server.is_watched();
            summary.may_have_doubles |= names.may_double(server.name().text) || server.slots.is_some();
            summary.may_be_refused |= server.may_be_refused();
        }
        summary
    }
}

impl Deref for Proxy {
    type Target = Section;
    fn deref(&self) -> &Section {
        &self.section
    }
}

impl Proxy {
    /// Its own statements with this keyword.
    #[inline]
    pub fn all(&self, keyword: &str) -> impl DoubleEndedIterator<Item = &Statement> + use<'_> {
        let found = if self.summary.keywords.may_hold(keyword) { self.section.of_keyword(keyword) } else { &[] };
        found.iter().map(|&(_, number)| &self.section.statements[number as usize])
    }

    /// The last of its own statements with this keyword.
    #[inline]
    pub fn last(&self, keyword: &str) -> Option<&Statement> {
        if self.summary.keywords.may_hold(keyword) { self.section.last(keyword) } else { None }
    }

    /// May one of its own statements have one of these keywords? False is certain.
    pub(crate) fn may_have(&self, keywords: Names) -> bool {
        self.summary.keywords.may_meet(keywords)
    }

    /// The statement that decides a setting (`timeout server`, `option redispatch`, `balance`), in the proxy or in the
    /// defaults it inherits from. A negated one is returned too.
    #[inline]
    pub fn effective(&self, setting: &str) -> Option<&Statement> {
        if self.summary.settings.may_hold(setting) { self.find_setting(setting) } else { None }
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
        self.settings.find(context.find(name)?.slot, &self.section)
    }

    /// The statement that switches an option on.
    #[inline]
    pub fn option(&self, name: &str) -> Option<&Statement> {
        if !self.summary.settings.may_hold_pair("option", name) {
            return None;
        }
        self.effective_option(name).filter(|statement| !statement.is_negated())
    }

    fn effective_option(&self, name: &str) -> Option<&Statement> {
        self.settings.find(Context::ProxyOption.find(name)?.slot, &self.section)
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
        self.summary.mode
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
        let name = timeout.name();
        if !self.summary.settings.may_hold_pair("timeout", name) {
            return None;
        }
        let statement = self.settings.find(Context::ProxyTimeout.find(name)?.slot, &self.section)?;
        let word = statement.word(2)?;
        let duration =
            word.is_known().then(|| time(word.text, Unit::Milliseconds)).flatten().map(crate::values::Time::duration);
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
        matches!(self.summary.kind, SectionKind::Frontend | SectionKind::Listen)
    }

    /// Has servers.
    pub fn has_backend_side(&self) -> bool {
        matches!(self.summary.kind, SectionKind::Backend | SectionKind::Listen)
    }

    /// Switched off.
    pub fn is_disabled(&self) -> bool {
        self.summary.is_disabled
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

    /// The lines whose targets HAProxy looks at: the routes, and those that a backend has of its own, which it ignores
    /// all the same.
    pub(crate) fn checked_routes(&self) -> impl Iterator<Item = &Statement> {
        let is_backend = !self.has_frontend_side();
        let own = self.all("use_backend").chain(self.last("default_backend")).filter(move |_| is_backend);
        self.routes().chain(own)
    }

    /// Rules of one set (`http-request`, `tcp-request content`, …), in evaluation order.
    pub fn rules<'a>(&'a self, set: &'a str) -> impl Iterator<Item = &'a Statement> {
        let (first, second) = set.split_once(' ').unwrap_or((set, ""));
        self.all(first).filter(move |statement| second.is_empty() || statement.has(1, second))
    }

    /// Servers that may be used now: neither disabled nor of weight 0.
    pub fn usable_servers(&self) -> impl Iterator<Item = &Server> {
        let weightless = |server: &Server| server.option("weight").is_some_and(|weight| weight.number() == Some(0));
        self.servers.iter().filter(move |server| !server.is_disabled() && !weightless(server))
    }

    /// May one of its expressions use one of these fetches, or read one of these headers? False is certain.
    pub(crate) fn may_look_at(&self, names: &[&str]) -> bool {
        self.summary.looks.may_hold(names)
    }

    /// One of its expressions looks at the client's or the server's TLS.
    pub(crate) fn looks_at_tls(&self) -> bool {
        self.summary.looks.at_tls()
    }

    /// May one of its expressions read a counter? False is certain.
    pub(crate) fn may_read_counters(&self) -> bool {
        self.summary.looks.may_count()
    }

    /// Is there a server of this name?
    pub fn has_server(&self, name: &str) -> bool {
        let names = || Box::new(self.servers.iter().map(|server| server.name().text.into()).collect());
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
        self.numbered(self.lookups.as_ref().and_then(|lookups| lookups.acls.get(name)))
    }

    /// The names of its ACLs, in no particular order.
    pub(crate) fn acl_names(&self) -> impl Iterator<Item = &str> {
        self.lookups.iter().flat_map(|lookups| lookups.acls.keys()).map(CompactString::as_str)
    }

    /// The rules with this action (`track-sc0`), which feed one counter.
    pub fn tracks(&self, action: &str) -> impl Iterator<Item = &Statement> {
        self.numbered(self.lookups.as_ref().and_then(|lookups| lookups.tracks.get(action)))
    }

    /// The first line of each ACL that no condition of the section names, in order.
    pub(crate) fn unused_acls(&self) -> Vec<&Statement> {
        let Some(lookups) = &self.lookups else { return Vec::new() };
        let mut used = vec![false; self.statements.len()];
        for acl in self.uses.iter().filter_map(|used| used.acl) {
            used[acl as usize] = true;
        }
        let firsts = lookups.acls.values().filter_map(|alike| alike.numbers().first());
        let mut unused: Vec<usize> = firsts.map(|&first| first as usize).filter(|&first| !used[first]).collect();
        unused.sort_unstable();
        unused.into_iter().map(|number| &self.statements[number]).collect()
    }

    /// The number of the first line that declares this ACL.
    pub(super) fn first_acl(&self, name: &str) -> Option<u32> {
        self.lookups.as_ref()?.acls.get(name)?.numbers().first().copied()
    }

    fn numbered<'a>(&'a self, alike: Option<&'a Alike>) -> impl Iterator<Item = &'a Statement> {
        let numbers = alike.map_or(&[][..], Alike::numbers);
        numbers.iter().filter_map(|&number| self.section.statements.get(number as usize))
    }

    /// May one of its servers have this option, on its own line or from `default-server`? False is certain.
    #[inline]
    pub(crate) fn servers_may_have(&self, option: &str) -> bool {
        self.summary.options.may_hold(option)
    }

    /// Something looks after the health of every server.
    pub(crate) fn watches_all(&self) -> bool {
        self.summary.all_watched
    }

    /// Some `default-server` line stands below a server.
    pub(crate) fn has_late_defaults(&self) -> bool {
        self.summary.late_defaults
    }

    /// May two of its servers have one name? False is certain.
    pub(crate) fn may_have_doubles(&self) -> bool {
        self.summary.may_have_doubles
    }

    /// May HAProxy refuse one of its servers for options that exclude or need each other? False is certain.
    pub(crate) fn may_have_refused_servers(&self) -> bool {
        self.summary.may_be_refused
    }

    /// The name of an ACL or proxy that may be referred to.
    pub fn word_of<'a>(&self, statement: &'a Statement, index: usize) -> Option<Word<'a>> {
        statement.word(index).filter(|word| word.is_known())
    }

    /// The `log` lines that hold, inherited ones included.
    pub fn logs(&self) -> impl Iterator<Item = &Statement> {
        self.logs.iter()
    }

    /// Options that its `default-server` lines leave for servers below.
    pub fn default_server(&self) -> impl DoubleEndedIterator<Item = ServerOption<'_>> {
        self.default_server.options()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn acls_are_used_by_the_conditions_of_their_own_section() {
        let text = "frontend web\n    acl admin src 10.0.0.1\n    acl idle src 10.0.0.2\n    acl idle src 10.0.0.3\n    \
                    http-request deny if admin\n\
                    defaults late\n    http-request deny if admin\n\
                    frontend api\n    acl admin src 10.0.0.1\n";
        let model = crate::parse(text).model;
        let unused = |number: usize| -> Vec<String> {
            let acls = model.proxies[number].unused_acls().into_iter();
            acls.map(|acl| format!("{} {}", acl.text(1), acl.text(3))).collect()
        };
        assert_eq!(unused(0), ["idle 10.0.0.2"]);
        assert_eq!(unused(1), ["admin 10.0.0.1"]);
    }
}
