//! `maxmemory-policy`: what may be thrown away when memory is full.

use serde::{Serialize, Serializer};
use std::fmt;

/// An eviction policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Nothing is evicted: writes fail at the limit.
    NoEviction,
    /// Any key may go; the word says how it is chosen.
    AllKeys(&'static str),
    /// Only keys with a time to live may go.
    Volatile(&'static str),
}

impl Policy {
    const WORDS: &'static [Policy] = &[
        Policy::NoEviction,
        Policy::AllKeys("allkeys-lru"),
        Policy::AllKeys("allkeys-lfu"),
        Policy::AllKeys("allkeys-lrm"),
        Policy::AllKeys("allkeys-random"),
        Policy::Volatile("volatile-lru"),
        Policy::Volatile("volatile-lfu"),
        Policy::Volatile("volatile-lrm"),
        Policy::Volatile("volatile-random"),
        Policy::Volatile("volatile-ttl"),
    ];

    /// Reads the word, whatever its case.
    pub fn parse(word: &str) -> Option<Policy> {
        Self::WORDS.iter().copied().find(|policy| policy.as_str().eq_ignore_ascii_case(word))
    }

    /// The word of redis.conf.
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::NoEviction => "noeviction",
            Policy::AllKeys(word) | Policy::Volatile(word) => word,
        }
    }

    /// May any key go?
    pub fn evicts_all_keys(self) -> bool {
        matches!(self, Policy::AllKeys(_))
    }

    /// May only keys with a time to live go?
    pub fn evicts_volatile_keys(self) -> bool {
        matches!(self, Policy::Volatile(_))
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
