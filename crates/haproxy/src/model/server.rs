//! Servers and the options that hold for them.

use super::names::Names;
use super::statement::Statement;
use crate::syntax::Word;
use crate::table::Key;
use crate::values::{Endpoint, Host, Time, Unit, leading_number, time};
use confvet_core::{Edit, Span};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// One option of a `server`, `default-server` or `bind` line.
#[derive(Debug, Clone)]
pub struct ServerOption {
    /// The line it stands on.
    pub statement: Arc<Statement>,
    pub(crate) at: usize,
    pub(crate) key: &'static Key,
}

impl ServerOption {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.key.name
    }

    /// What it switches: its name without `no-`.
    pub fn setting(&self) -> &'static str {
        self.name().strip_prefix("no-").unwrap_or(self.name())
    }

    /// Where the name stands.
    pub fn span(&self) -> Span {
        self.statement.words[self.at].span
    }

    /// Its value.
    pub fn value(&self) -> Option<&Word> {
        self.statement.word(self.at + 1)
    }

    /// Name and value.
    pub fn whole(&self) -> Span {
        self.value().map_or(self.span(), |value| self.span().to(value.span))
    }

    /// The value's text; empty when there is none.
    pub fn text(&self) -> &str {
        self.value().map_or("", |value| value.text.as_str())
    }

    /// The value as a time.
    pub fn time(&self) -> Option<Duration> {
        let word = self.value().filter(|word| word.is_known())?;
        time(word, Unit::Milliseconds).map(Time::duration)
    }

    /// The value as HAProxy's `atol()` reads it.
    pub fn number(&self) -> Option<i64> {
        self.value().filter(|word| word.is_known()).map(|word| leading_number(word).0)
    }

    /// Takes the option out of its line, with the space in front.
    pub fn delete(&self, has_value: bool) -> Edit {
        let before = self.statement.words[self.at - 1].span;
        let last = if has_value { self.whole() } else { self.span() };
        Edit::delete(before.after().to(last))
    }
}

/// A `server` or `server-template` line, with the options of the `default-server` lines above it.
#[derive(Debug, Serialize)]
pub struct Server {
    /// The line.
    #[serde(skip)]
    pub statement: Arc<Statement>,
    /// Its name, or the prefix of a template.
    pub name: Word,
    /// Where it is.
    pub address: Endpoint,
    /// First and last number of a template.
    pub slots: Option<(u32, u32)>,
    #[serde(skip)]
    pub(crate) defaults: Arc<Vec<ServerOption>>,
    #[serde(serialize_with = "options_as_words")]
    pub(crate) own: Vec<ServerOption>,
    /// The names of all options that hold for it.
    #[serde(skip)]
    pub(crate) set: Names,
    /// Whether its health is checked, which is asked for every server.
    #[serde(skip)]
    pub(crate) is_checked: bool,
}

fn options_as_words<S: serde::Serializer>(options: &[ServerOption], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(options.iter().map(|option| match option.value() {
        Some(value) if option.key.arguments != crate::table::Arguments::None && !value.is_secret() => {
            format!("{} {}", option.name(), value.text)
        }
        _ => option.name().to_owned(),
    }))
}

impl Server {
    /// The options that hold for it, weakest first.
    pub fn options(&self) -> impl DoubleEndedIterator<Item = &ServerOption> {
        self.defaults.iter().chain(&self.own)
    }

    /// The options on its own line.
    pub fn own_options(&self) -> &[ServerOption] {
        &self.own
    }

    /// The option of this name that holds, on its own line or from `default-server`.
    #[inline]
    pub fn option(&self, name: &str) -> Option<&ServerOption> {
        if self.set.may_hold(name) { self.find_option(name) } else { None }
    }

    fn find_option(&self, name: &str) -> Option<&ServerOption> {
        self.options().rev().find(|option| option.name() == name)
    }

    /// Is a flag set, and not taken back with `no-…`?
    #[inline]
    pub fn flag(&self, name: &str) -> Option<&ServerOption> {
        if self.set.may_hold(name) { self.find_flag(name) } else { None }
    }

    fn find_flag(&self, name: &str) -> Option<&ServerOption> {
        let is_no = |option: &ServerOption| option.name().strip_prefix("no-") == Some(name);
        let last = self.options().rev().find(|option| option.name() == name || is_no(option))?;
        (last.name() == name).then_some(last)
    }

    /// Is its health checked?
    pub fn check(&self) -> Option<&ServerOption> {
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
        let last = self.options().rev().find(|option| matches!(option.name(), "disabled" | "enabled"));
        last.is_some_and(|option| option.name() == "disabled")
    }

    /// Its connections are encrypted.
    pub fn ssl(&self) -> Option<&ServerOption> {
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
