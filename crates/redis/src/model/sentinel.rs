//! What a Sentinel watches.

use super::{RedisConf, Setting, Statement};
use crate::keys::{Key, Kind};
use crate::syntax::Token;
use crate::value;
use confvet_core::Map;

/// One `sentinel monitor` statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Monitor<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The name that the other statements use.
    pub name: &'a Token,
    /// Address or host name of the master.
    pub host: &'a Token,
    /// Its port.
    pub port: &'a Token,
    /// How many Sentinels must agree that the master is down.
    pub quorum: &'a Token,
}

impl<'a> Monitor<'a> {
    pub(crate) fn of(statement: &'a Statement) -> Option<Self> {
        match (statement.key?.kind == Kind::Monitor, statement.values()) {
            (true, [name, host, port, quorum]) => Some(Self { statement, name, host, port, quorum }),
            _ => None,
        }
    }

    /// The port as Sentinel reads it.
    pub fn port_number(&self) -> i64 {
        value::leading_integer(&self.port.text)
    }

    /// The quorum as Sentinel reads it.
    pub fn quorum_number(&self) -> i64 {
        value::leading_integer(&self.quorum.text)
    }
}

/// The statements of a Sentinel that name a master: for each master and directive the last one, which counts.
#[derive(Debug, Clone)]
pub struct AboutMasters<'a> {
    last: Map<(&'a str, &'static str), &'a Statement>,
}

impl<'a> AboutMasters<'a> {
    /// The statement `sentinel KEY MASTER …`; the key with `sentinel ` in front.
    pub fn statement(&self, key: &str, master: &str) -> Option<&'a Statement> {
        // A key outlives the program, the one that is looked up need not.
        let key = Key::find(key)?.canonical();
        self.last.get(&(master, key)).copied()
    }

    /// The word behind the master's name.
    pub fn value(&self, key: &str, master: &str) -> Option<&'a Token> {
        self.statement(key, master)?.values().get(1)
    }

    /// A number, as Sentinel reads it.
    pub fn number(&self, key: &str, master: &str) -> Option<Setting<'a, i64>> {
        let statement = self.statement(key, master)?;
        let value = value::leading_integer(&statement.values().get(1)?.text);
        Some(Setting { value, statement: Some(statement) })
    }
}

impl RedisConf {
    /// The masters a Sentinel watches.
    pub fn monitors(&self) -> impl Iterator<Item = Monitor<'_>> {
        self.all("sentinel monitor").filter_map(Monitor::of)
    }

    /// What a Sentinel is told about each of its masters, looked up once.
    pub fn about_masters(&self) -> AboutMasters<'_> {
        let mut last = Map::new();
        for statement in &self.statements {
            let key = statement.key.filter(|key| key.is_sentinel() && key.words.0 >= 2);
            if let (Some(key), Some(master)) = (key, statement.values().first()) {
                last.insert((master.as_str(), key.canonical()), statement);
            }
        }
        AboutMasters { last }
    }

    /// Has the Sentinel rewritten the file, so that addresses may have moved since it was deployed?
    pub fn sentinel_was_running(&self) -> bool {
        let keys = ["sentinel known-replica", "sentinel known-sentinel", "sentinel current-epoch"];
        keys.into_iter().any(|key| self.last(key).is_some())
    }
}
