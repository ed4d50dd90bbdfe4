//! Which program reads the file: Redis or Valkey, and how old it is.

use confvet_core::Target;
use serde::{Serialize, Serializer};
use std::fmt;

/// Major, minor and patch level.
pub type Number = (u16, u16, u16);

/// The two programs that read redis.conf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Redis.
    Redis,
    /// Valkey, which split off from Redis 7.2.4.
    Valkey,
}

/// The program the files are for, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// Redis, unless the target says Valkey.
    pub engine: Engine,
    version: Option<Number>,
}

impl Release {
    /// Nothing known: the newest Redis is assumed.
    pub const UNKNOWN: Release = Release { engine: Engine::Redis, version: None };

    /// A known version.
    pub const fn new(engine: Engine, version: Number) -> Self {
        Self { engine, version: Some(version) }
    }

    /// What the target says. Valkey wins, as somebody who names it means it.
    pub fn of(target: &Target) -> Self {
        let number = |program: &str| {
            let version = target.version(program)?;
            let part = |part: u64| u16::try_from(part).unwrap_or(u16::MAX);
            Some((part(version.major), part(version.minor), part(version.patch)))
        };
        match (number("valkey"), number("redis")) {
            (Some(version), _) => Self::new(Engine::Valkey, version),
            (None, Some(version)) => Self::new(Engine::Redis, version),
            (None, None) => Self::UNKNOWN,
        }
    }

    /// The version, if it is known.
    pub fn version(self) -> Option<Number> {
        self.version
    }

    /// Is the version known?
    pub fn is_known(self) -> bool {
        self.version.is_some()
    }

    /// The version of Redis whose behaviour the program has. Valkey is a Redis 7.2 in everything older than the split.
    fn as_redis(self) -> Option<Number> {
        match self.engine {
            Engine::Redis => self.version,
            Engine::Valkey => self.version.map(|_| (7, 2, 4)),
        }
    }

    /// Does it behave as Redis does from `version` on? Taken for true when nothing is known: the newest is assumed.
    pub fn since(self, version: Number) -> bool {
        self.as_redis().is_none_or(|redis| redis >= version)
    }

    /// Is it known to be older than this version of Redis?
    pub fn is_before(self, version: Number) -> bool {
        self.as_redis().is_some_and(|redis| redis < version)
    }

    /// Is it known to be this version of Redis (or Valkey, where that behaves alike), or younger?
    pub fn is_known_since(self, version: Number) -> bool {
        self.is_known() && self.since(version)
    }

    /// Is it known to be this Valkey or younger?
    pub fn is_valkey_since(self, version: Number) -> bool {
        self.engine == Engine::Valkey && self.version.is_some_and(|own| own >= version)
    }
}

/// `Redis 6.2`, `Valkey 8.0`, or just `Redis`.
impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.engine {
            Engine::Redis => "Redis",
            Engine::Valkey => "Valkey",
        })?;
        match self.version {
            Some(version) => write!(f, " {}", display(version)),
            None => Ok(()),
        }
    }
}

impl Serialize for Release {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `7.2` or `6.0.7`.
pub(crate) fn display((major, minor, patch): Number) -> String {
    if patch == 0 { format!("{major}.{minor}") } else { format!("{major}.{minor}.{patch}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valkey_is_a_redis_7_2_in_what_is_older_than_the_split() {
        let valkey = Release::new(Engine::Valkey, (8, 0, 1));
        assert!(valkey.since((7, 2, 0)));
        assert!(!valkey.since((7, 4, 0)));
        assert!(valkey.is_valkey_since((8, 0, 0)));
        assert_eq!(valkey.to_string(), "Valkey 8.0.1");
    }

    #[test]
    fn an_unknown_version_is_the_newest_but_never_known_to_be() {
        assert!(Release::UNKNOWN.since((8, 0, 0)));
        assert!(!Release::UNKNOWN.is_before((2, 8, 0)));
        assert!(!Release::UNKNOWN.is_known_since((2, 8, 0)));
    }
}
