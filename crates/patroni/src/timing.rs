//! ttl, loop_wait and retry_timeout: what Patroni makes of them.

use confvet_core::{Span, Version};
use serde::Serialize;

/// One of the three, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Seconds {
    /// Its value; the default where nothing is written.
    pub value: i64,
    /// Where it is written; `None` for the default.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// The three values that decide how fast a dead primary is noticed, before Patroni adjusts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// Lifetime of the leader key. Default 30; least 20 from Patroni 3.2.0 on.
    pub ttl: Seconds,
    /// Pause between two runs of the loop. Default 10; least 1 from 3.2.0 on.
    pub loop_wait: Seconds,
    /// How long the store and PostgreSQL are tried again. Default 10; least 3 from 3.2.0 on.
    pub retry_timeout: Seconds,
}

/// What a running Patroni uses, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effective {
    /// Lifetime of the leader key.
    pub ttl: i64,
    /// Pause between two runs of the loop.
    pub loop_wait: i64,
    /// How long the store and PostgreSQL are tried again.
    pub retry_timeout: i64,
}

/// How long, at worst, until a cluster has a new leader, in seconds. Not in it: the promotion itself, which takes a few
/// seconds, and the time until clients or load balancers look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Failover {
    /// The leader's host or network is gone: its key was renewed a moment before, so it lives for ttl, and a replica whose
    /// loop was just under way looks again one loop_wait later.
    pub host_lost: i64,
    /// Only PostgreSQL died: Patroni notices within loop_wait and tries to start it again for primary_start_timeout before
    /// it gives the key away.
    pub postgres_crashed: i64,
}

impl Effective {
    /// The worst case with this primary_start_timeout (default 300; 0 fails over at once).
    ///
    /// ```
    /// use confvet_patroni::timing::Effective;
    /// let defaults = Effective { ttl: 30, loop_wait: 10, retry_timeout: 10 };
    /// let failover = defaults.worst_case(300);
    /// assert_eq!((failover.host_lost, failover.postgres_crashed), (40, 310));
    /// ```
    pub fn worst_case(self, primary_start_timeout: i64) -> Failover {
        Failover {
            host_lost: self.ttl.saturating_add(self.loop_wait),
            postgres_crashed: self.loop_wait.saturating_add(primary_start_timeout.max(0)),
        }
    }
}

impl Timing {
    /// `loop_wait + 2 * retry_timeout`, which must not exceed ttl.
    pub fn sum(&self) -> i64 {
        self.retry_timeout.value.saturating_mul(2).saturating_add(self.loop_wait.value)
    }

    /// What Patroni runs with. Before 3.2.0 the values are used as written; an unknown version is taken for a newer one.
    pub fn effective(&self, version: Option<&Version>) -> Effective {
        let Timing { ttl, loop_wait, retry_timeout } = self;
        let written = Effective { ttl: ttl.value, loop_wait: loop_wait.value, retry_timeout: retry_timeout.value };
        if version.is_some_and(|version| *version < Version::new(3, 2, 0)) {
            return written;
        }
        let Effective { ttl, loop_wait, retry_timeout } = written;
        let (ttl, loop_wait, retry_timeout) = (ttl.max(20), loop_wait.max(1), retry_timeout.max(3));
        let twice = retry_timeout.saturating_mul(2);
        if twice.saturating_add(1) > ttl {
            Effective { ttl, loop_wait: 1, retry_timeout: (ttl - 1) / 2 }
        } else if twice.saturating_add(loop_wait) > ttl {
            Effective { ttl, loop_wait: ttl - twice, retry_timeout }
        } else {
            Effective { ttl, loop_wait, retry_timeout }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effective(ttl: i64, loop_wait: i64, retry_timeout: i64, version: &Version) -> (i64, i64, i64) {
        let seconds = |value| Seconds { value, span: None };
        let timing = Timing { ttl: seconds(ttl), loop_wait: seconds(loop_wait), retry_timeout: seconds(retry_timeout) };
        let effective = timing.effective(Some(version));
        (effective.ttl, effective.loop_wait, effective.retry_timeout)
    }

    #[test]
    fn the_worst_case_follows_what_patroni_runs_with() {
        let worst = |text: &str| {
            let failover = crate::parse(text).model.worst_case_failover();
            (failover.host_lost, failover.postgres_crashed)
        };
        assert_eq!(worst("scope: a\n"), (40, 310));
        assert_eq!(worst("bootstrap: {dcs: {ttl: 5, loop_wait: 1, retry_timeout: 3}}\n"), (21, 301));
        assert_eq!(worst("bootstrap: {dcs: {ttl: 60, primary_start_timeout: 0}}\n"), (70, 10));
        assert_eq!(worst("bootstrap: {dcs: {ttl: 30s, master_start_timeout: \"20\"}}\n"), (40, 30));
    }

    #[test]
    fn patroni_adjusts_from_3_2_0_on() {
        let new = Version::new(4, 1, 4);
        assert_eq!(effective(30, 10, 30, &new), (30, 1, 14));
        assert_eq!(effective(30, 15, 10, &new), (30, 10, 10));
        assert_eq!(effective(5, 0, 1, &new), (20, 1, 3));
        assert_eq!(effective(30, 10, 10, &new), (30, 10, 10));
        assert_eq!(effective(30, 10, 30, &Version::new(3, 1, 2)), (30, 10, 30));
    }
}
