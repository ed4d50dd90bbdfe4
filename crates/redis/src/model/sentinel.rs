//! What a Sentinel watches.

use super::{RedisConf, Setting, Statement};
use crate::syntax::Token;
use crate::value;

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
        match (statement.is("sentinel monitor"), statement.values()) {
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

impl RedisConf {
    /// The masters a Sentinel watches.
    pub fn monitors(&self) -> impl Iterator<Item = Monitor<'_>> {
        self.statements.iter().filter_map(Monitor::of)
    }

    /// The last statement of a Sentinel about a master: `sentinel KEY NAME …`.
    pub fn about_master<'a>(&'a self, key: &'a str, master: &'a str) -> Option<&'a Statement> {
        self.all(key).rfind(|statement| statement.values().first().is_some_and(|name| name.text == master))
    }

    /// A number that a Sentinel has about a master.
    pub fn sentinel_number<'a>(&'a self, key: &'a str, master: &'a str) -> Option<Setting<'a, i64>> {
        let statement = self.about_master(key, master)?;
        let value = value::leading_integer(&statement.values().get(1)?.text);
        Some(Setting { value, statement: Some(statement) })
    }

    /// Has the Sentinel rewritten the file, so that addresses may have moved since it was deployed?
    pub fn sentinel_was_running(&self) -> bool {
        let keys = ["sentinel known-replica", "sentinel known-sentinel", "sentinel current-epoch"];
        keys.into_iter().any(|key| self.last(key).is_some())
    }
}
