//! Servers and the options that hold for them.

use super::build::arguments;
use super::check::HealthCheck;
use super::names::Names;
use super::statement::Statement;
use crate::syntax::{MAX_WORDS, Word};
use crate::table::{Arguments, Context, Key};
use crate::values::{Endpoint, Host, Time, Unit, endpoint, leading_number, time};
use confvet_core::{Edit, Span};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::sync::Arc;
use std::time::Duration;

/// One option of a `server`, `default-server` or `bind` line.
#[derive(Debug, Clone, Copy)]
pub struct ServerOption<'a> {
    /// The line it stands on.
    pub statement: &'a Statement,
    at: usize,
    key: &'static Key,
}

/// An option of a `default-server` line, as the servers below it keep it.
#[derive(Debug, Clone)]
pub(crate) struct DefaultOption {
    statement: Statement,
    at: usize,
    key: &'static Key,
}

impl DefaultOption {
    fn get(&self) -> ServerOption<'_> {
        ServerOption { statement: &self.statement, at: self.at, key: self.key }
    }
}

/// The options of the `default-server` lines so far, weakest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct DefaultServer {
    options: Vec<DefaultOption>,
    set: Names,
    /// They switch checks on.
    checks: bool,
}

/// Follows the options that switch checks on and off.
fn switch(checks: &mut bool, key: &Key) {
    match key.name {
        "check" => *checks = true,
        "no-check" => *checks = false,
        _ => {}
    }
}

impl DefaultServer {
    /// Adds those of one more line. Only the last value of an option counts: the list stays as short as the table of
    /// options.
    pub(crate) fn extend(&mut self, line: &Statement) {
        let older = self.options.len();
        OptionWords::read(line, 1, Context::ServerOption, |at, key| {
            self.set.add(key.name);
            switch(&mut self.checks, key);
            self.options.push(DefaultOption { statement: line.clone(), at, key });
        });
        if older > 0 {
            let new = self.options.split_off(older);
            self.options.retain(|old| new.iter().all(|new| new.key.slot != old.key.slot));
            self.options.extend(new);
        }
    }

    /// Its options.
    pub(crate) fn options(&self) -> impl DoubleEndedIterator<Item = ServerOption<'_>> {
        self.options.iter().map(DefaultOption::get)
    }
}

/// Which words of a line are the names of its options: one bit each. HAProxy refuses lines with more than 64 words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OptionWords(u64);

impl OptionWords {
    /// The known options from a word on, which `found` is told of; reading stops at the first word that is none.
    pub(crate) fn read(
        statement: &Statement,
        from: usize,
        context: Context,
        mut found: impl FnMut(usize, &'static Key),
    ) -> Self {
        let mut words = 0;
        let mut at = from;
        while let Some(word) = statement.word(at).filter(|word| !word.is_empty() && at < MAX_WORDS) {
            let Some(key) = option_key(context, word.text) else { break };
            words |= 1 << at;
            found(at, key);
            at += 1 + arguments(key, statement, at);
        }
        Self(words)
    }

    pub(crate) fn options(
        self,
        statement: &Statement,
        context: Context,
    ) -> impl DoubleEndedIterator<Item = ServerOption<'_>> {
        self.filter_map(move |at| {
            let key = option_key(context, statement.text(at))?;
            Some(ServerOption { statement, at, key })
        })
    }

    /// The last option that fits, by the text of its word.
    pub(crate) fn last<'a>(
        self,
        statement: &'a Statement,
        context: Context,
        fits: impl Fn(&str) -> bool,
    ) -> Option<ServerOption<'a>> {
        let at = self.rev().find(|&at| fits(statement.text(at)))?;
        Some(ServerOption { statement, at, key: option_key(context, statement.text(at))? })
    }
}

/// The numbers of the words.
impl Iterator for OptionWords {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let at = (self.0 != 0).then(|| self.0.trailing_zeros())?;
        self.0 &= !(1 << at);
        Some(at as usize)
    }
}

impl DoubleEndedIterator for OptionWords {
    fn next_back(&mut self) -> Option<usize> {
        let at = self.0.checked_ilog2()?;
        self.0 &= !(1 << at);
        Some(at as usize)
    }
}

/// Does the word name the option? Some names have more behind them.
pub(crate) fn names_option(word: &str, name: &str) -> bool {
    word == name || (name == TLV_OPTION && word.starts_with(TLV_OPTION))
}

const TLV_OPTION: &str = "set-proxy-v2-tlv-fmt";

/// The option a word names.
pub(super) fn option_key(context: Context, word: &str) -> Option<&'static Key> {
    context.find(if word.starts_with(TLV_OPTION) { TLV_OPTION } else { word })
}

impl<'a> ServerOption<'a> {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.key.name
    }

    /// What it switches: its name without `no-`.
    pub fn setting(&self) -> &'static str {
        self.name().strip_prefix("no-").unwrap_or(self.name())
    }

    /// Where the name stands.
    pub fn span(self) -> Span {
        self.statement.span_of(self.at)
    }

    /// Its value.
    pub fn value(self) -> Option<Word<'a>> {
        self.statement.word(self.at + 1)
    }

    /// Name and value.
    pub fn whole(self) -> Span {
        self.value().map_or(self.span(), |value| self.span().to(value.span))
    }

    /// The value's text; empty when there is none.
    pub fn text(self) -> &'a str {
        self.value().map_or("", |value| value.text)
    }

    /// The value as a time.
    pub fn time(self) -> Option<Duration> {
        let word = self.value().filter(|word| word.is_known())?;
        time(word.text, Unit::Milliseconds).map(Time::duration)
    }

    /// The value as HAProxy's `atol()` reads it.
    pub fn number(self) -> Option<i64> {
        self.value().filter(|word| word.is_known()).map(|word| leading_number(word.text).0)
    }

    /// Takes the option out of its line, with the space in front.
    pub fn delete(self, has_value: bool) -> Edit {
        let before = self.statement.span_of(self.at - 1);
        let last = if has_value { self.whole() } else { self.span() };
        Edit::delete(before.after().to(last))
    }
}

/// A `server` or `server-template` line, with the options of the `default-server` lines above it.
#[derive(Debug)]
pub struct Server {
    /// The line.
    pub statement: Statement,
    /// Where it is.
    pub address: Endpoint,
    /// First and last number of a template.
    pub slots: Option<(u32, u32)>,
    defaults: Arc<DefaultServer>,
    own: OptionWords,
    /// The names of all options that hold for it.
    set: Names,
    /// Whether its health is checked, which is asked for every server.
    is_checked: bool,
    /// How the servers of its proxy are checked, for those that are.
    pub(super) health: Option<Arc<HealthCheck>>,
}

/// Name, address, slots, and the options on its own line.
impl Serialize for Server {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let option = |option: ServerOption<'_>| match option.value() {
            Some(value) if option.key.arguments != Arguments::None && !value.is_secret() => {
                format!("{} {}", option.name(), value.text)
            }
            _ => option.name().to_owned(),
        };
        let mut server = serializer.serialize_struct("Server", 4)?;
        server.serialize_field("name", &self.name())?;
        server.serialize_field("address", &self.address)?;
        server.serialize_field("slots", &self.slots)?;
        server.serialize_field("own", &self.own_options().map(option).collect::<Vec<String>>())?;
        server.end()
    }
}

impl Server {
    /// Reads a line; `None` when it has no address.
    pub(super) fn read(statement: &Statement, defaults: &Arc<DefaultServer>) -> Option<Self> {
        let (address_at, slots) =
            if statement.is("server-template") { (3, Some(slots(statement.text(2)))) } else { (2, None) };
        let word = statement.word(address_at)?;
        let address = endpoint(word, 0..word.text.len());
        let (mut set, mut is_checked) = (defaults.set, defaults.checks);
        let own = OptionWords::read(statement, address_at + 1, Context::ServerOption, |_, key| {
            set.add(key.name);
            switch(&mut is_checked, key);
        });
        let (statement, defaults) = (statement.clone(), Arc::clone(defaults));
        // The lines that say how may stand below; the proxy hands them over at its end.
        Some(Self { statement, address, slots, defaults, own, set, is_checked, health: None })
    }

    /// Its name, or the prefix of a template.
    pub fn name(&self) -> Word<'_> {
        self.statement.at(1)
    }

    /// Is its health checked?
    pub fn is_checked(&self) -> bool {
        self.is_checked
    }

    /// The names of all options that hold for it.
    pub(super) fn option_names(&self) -> Names {
        self.set
    }

    /// The options that hold for it, weakest first.
    pub fn options(&self) -> impl DoubleEndedIterator<Item = ServerOption<'_>> {
        self.defaults.options().chain(self.own_options())
    }

    /// The options on its own line.
    pub fn own_options(&self) -> impl DoubleEndedIterator<Item = ServerOption<'_>> {
        self.own.options(&self.statement, Context::ServerOption)
    }

    /// The last option whose name fits, on its own line or from `default-server`.
    fn last_option(&self, fits: impl Fn(&str) -> bool) -> Option<ServerOption<'_>> {
        let own = self.own.last(&self.statement, Context::ServerOption, &fits);
        own.or_else(|| self.defaults.options().rev().find(|option| fits(option.name())))
    }

    /// The option of this name that holds, on its own line or from `default-server`.
    #[inline]
    pub fn option(&self, name: &str) -> Option<ServerOption<'_>> {
        if self.set.may_hold(name) { self.last_option(|word| names_option(word, name)) } else { None }
    }

    /// Is a flag set, and not taken back with `no-…`?
    #[inline]
    pub fn flag(&self, name: &str) -> Option<ServerOption<'_>> {
        if self.set.may_hold(name) { self.find_flag(name) } else { None }
    }

    fn find_flag(&self, name: &str) -> Option<ServerOption<'_>> {
        let last = self.last_option(|word| word == name || word.strip_prefix("no-") == Some(name))?;
        (last.name() == name).then_some(last)
    }

    /// The option that switches its check on.
    pub fn check_option(&self) -> Option<ServerOption<'_>> {
        if !self.is_checked {
            return None;
        }
        self.flag("check")
    }

    /// Something looks after its health: a check of its own, an agent, or another server's check.
    pub fn is_watched(&self) -> bool {
        self.is_checked || self.flag("agent-check").is_some() || self.option("track").is_some()
    }

    /// It has one of the options that need others beside them, or an address without a port. Nearly every server has
    /// neither.
    pub(crate) fn may_be_refused(&self) -> bool {
        ["ssl", "check-ssl", "redir", "track", "agent-check"].iter().any(|name| self.set.may_hold(name))
            || self.address.fixed_port().is_none()
    }

    /// Only used when all others are down.
    pub fn is_backup(&self) -> bool {
        self.flag("backup").is_some()
    }

    /// Starts in maintenance.
    pub fn is_disabled(&self) -> bool {
        if !self.set.may_hold("disabled") {
            return false;
        }
        let last = self.last_option(|word| matches!(word, "disabled" | "enabled"));
        last.is_some_and(|option| option.name() == "disabled")
    }

    /// Its connections are encrypted.
    pub fn ssl(&self) -> Option<ServerOption<'_>> {
        self.flag("ssl")
    }

    /// How many servers the line stands for.
    pub fn count(&self) -> u32 {
        self.slots.map_or(1, |(low, high)| high.saturating_sub(low).saturating_add(1))
    }

    /// The port that is checked: `port`, else its own; `None` when it is not known or there is none.
    pub fn check_port(&self) -> Option<u16> {
        match self.option("port") {
            Some(port) => port.number().and_then(|port| u16::try_from(port).ok()).filter(|&port| port != 0),
            None if self.option("addr").is_some_and(|addr| addr.text().contains(':')) => None,
            None => self.address.fixed_port(),
        }
    }

    /// Time between two checks; 2 seconds when nothing is said.
    pub fn inter(&self) -> Option<Duration> {
        self.option("inter").map_or(Some(Duration::from_secs(2)), ServerOption::time)
    }

    /// Time between two checks while the state is changing; `inter` when nothing is said.
    pub fn fastinter(&self) -> Option<Duration> {
        self.option("fastinter").map_or_else(|| self.inter(), ServerOption::time)
    }

    /// Time between two checks while it is down; `inter` when nothing is said.
    pub fn downinter(&self) -> Option<Duration> {
        self.option("downinter").map_or_else(|| self.inter(), ServerOption::time)
    }

    /// Failed checks until it is down; 3 when nothing is said.
    pub fn fall(&self) -> Option<u32> {
        self.count_of("fall", 3)
    }

    /// Good checks until it is up; 2 when nothing is said.
    pub fn rise(&self) -> Option<u32> {
        self.count_of("rise", 2)
    }

    fn count_of(&self, name: &str, default: u32) -> Option<u32> {
        self.option(name).map_or(Some(default), |option| u32::try_from(option.number()?).ok())
    }

    /// Longest time a node that answers wrongly stays up: one interval, then the quicker ones until `fall`.
    pub fn detection(&self) -> Option<Duration> {
        Some(self.inter()?.saturating_add(self.fastinter()?.saturating_mul(self.fall()?.saturating_sub(1))))
    }

    /// Longest time until a node that answers rightly again is up.
    pub fn recovery(&self) -> Option<Duration> {
        Some(self.downinter()?.saturating_add(self.fastinter()?.saturating_mul(self.rise()?.saturating_sub(1))))
    }

    /// Its address as people recognise it: without the port.
    pub fn host(&self) -> Option<String> {
        match &self.address.host {
            Host::Inet(address) if !address.is_wildcard() => Some(address.to_string()),
            _ => None,
        }
    }

    /// Puts options behind the last of its line, if HAProxy reads the line to its end.
    pub fn append(&self, options: &str) -> Option<Edit> {
        self.statement.append_options(options)
    }
}

/// `5` is 1 to 5, `3-7` is what it says.
fn slots(text: &str) -> (u32, u32) {
    match text.split_once('-') {
        Some((low, high)) => (low.parse().unwrap_or(1), high.parse().unwrap_or(1)),
        None => (1, text.parse().unwrap_or(1)),
    }
}
