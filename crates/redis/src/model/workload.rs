//! What Redis is used for: stated as a fact, or read from names and settings.

use confvet_core::{Fact, Facts};
use serde::Serialize;

/// What the data is to its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// Can be built anew; may be evicted.
    Cache,
    /// The only copy.
    Store,
    /// Jobs and messages that must not get lost.
    Queue,
    /// Logins; each key has a time to live.
    Sessions,
}

/// Why a workload is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadReason {
    /// The fact `redis_workload`.
    Fact,
    /// A word in the path or in a resource's name.
    Name,
    /// The settings fit nothing else.
    Settings,
}

const QUEUE_WORDS: &[&str] =
    &["queue", "queues", "sidekiq", "celery", "resque", "bull", "bullmq", "jobs", "broker", "rq"];
const CACHE_WORDS: &[&str] = &["cache", "caching"];

impl Workload {
    /// What confvet.toml says.
    pub(crate) fn stated(facts: &Facts) -> Option<Workload> {
        match facts.text(Fact::RedisWorkload)? {
            "cache" => Some(Workload::Cache),
            "store" => Some(Workload::Store),
            "queue" => Some(Workload::Queue),
            "sessions" => Some(Workload::Sessions),
            _ => None,
        }
    }

    /// What a path or a name says.
    pub(crate) fn named(name: &str) -> Option<Workload> {
        if has_word(name, QUEUE_WORDS) {
            Some(Workload::Queue)
        } else if has_word(name, CACHE_WORDS) {
            Some(Workload::Cache)
        } else {
            None
        }
    }
}

/// Is one of the words in the text, delimited by `- _ . /`, a blank or a change of case?
pub(crate) fn has_word(text: &str, words: &[&str]) -> bool {
    let mut start = 0;
    let mut was_lower = false;
    let mut found = false;
    let mut check = |range: std::ops::Range<usize>| {
        let part = text.get(range).unwrap_or_default();
        found |= words.iter().any(|word| part.eq_ignore_ascii_case(word));
    };
    for (at, c) in text.char_indices() {
        if matches!(c, '-' | '_' | '.' | '/' | ' ' | '\\') {
            check(start..at);
            start = at + c.len_utf8();
        } else if c.is_ascii_uppercase() && was_lower {
            check(start..at);
            start = at;
        }
        was_lower = c.is_ascii_lowercase();
    }
    check(start..text.len());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_delimited() {
        assert_eq!(Workload::named("prod/api-cache/redis.conf"), Some(Workload::Cache));
        assert_eq!(Workload::named("SessionCache"), Some(Workload::Cache));
        assert_eq!(Workload::named("sidekiq_cache.conf"), Some(Workload::Queue));
        assert_eq!(Workload::named("elasticache/redis.conf"), None);
        assert_eq!(Workload::named("bulletin/redis.conf"), None);
    }
}
