//! What Patroni's REST API answers to a health check: by path, method, role of the member, synchronous mode and version.
//!
//! Taken from `patroni/api.py` of the tags 2.1.0 to 4.1.4. Unknown paths answer 503 and not 404, so a misspelt one
//! looks like a cluster in which every member is down.

use confvet_core::Version;

/// The method of a request. HAProxy's `option httpchk` sends OPTIONS unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET.
    Get,
    /// OPTIONS.
    Options,
    /// HEAD, which Patroni answers from 2.1.5 on.
    Head,
}

/// What the member is at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It holds the leader lock and takes writes.
    Primary,
    /// It holds the leader lock of a standby cluster and takes no writes.
    StandbyLeader,
    /// A running replica that no commit waits for.
    Replica,
    /// A replica that commits wait for, with `synchronous_mode: true`.
    SyncStandby,
    /// A replica that counts for the quorum, with `synchronous_mode: quorum`.
    QuorumStandby,
    /// A running replica with the tag noloadbalance.
    NoLoadBalance,
    /// A replica whose PostgreSQL does not run.
    Stopped,
}

impl Method {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Options => "OPTIONS",
            Method::Head => "HEAD",
        }
    }

    /// The method with this name, in capitals.
    pub fn find(word: &str) -> Option<Self> {
        [Method::Get, Method::Options, Method::Head].into_iter().find(|method| method.as_str() == word)
    }
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 7] = [
        Role::Primary,
        Role::StandbyLeader,
        Role::Replica,
        Role::SyncStandby,
        Role::QuorumStandby,
        Role::NoLoadBalance,
        Role::Stopped,
    ];

    fn is_leader(self) -> bool {
        matches!(self, Role::Primary | Role::StandbyLeader)
    }

    fn is_running_replica(self) -> bool {
        matches!(self, Role::Replica | Role::SyncStandby | Role::QuorumStandby)
    }
}

/// A path of the API, as a version of Patroni understands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/`, `/primary`, `/master`, `/read-write`.
    Primary,
    /// `/leader`: whoever holds the lock.
    Leader,
    /// `/standby-leader`.
    StandbyLeader,
    /// `/replica`.
    Replica,
    /// `/read-only`: the leader and every replica.
    ReadOnly,
    /// `/sync`, `/synchronous`.
    Sync,
    /// `/async`, `/asynchronous`.
    Async,
    /// `/quorum`.
    Quorum,
    /// `/read-only-sync`.
    ReadOnlySync,
    /// `/read-only-quorum`.
    ReadOnlyQuorum,
    /// `/health`: PostgreSQL runs.
    Health,
    /// `/liveness`: Patroni's loop runs. GET only.
    Liveness,
    /// `/readiness`. GET only.
    Readiness,
    /// `/patroni`, `/cluster`, `/config`, `/history`, `/metrics`: pages for people and monitors. GET only.
    Page,
    /// `/failsafe`, which members ask each other. GET only.
    Failsafe,
    /// Nothing Patroni knows: 503 from every member.
    Unknown,
}

/// A `tag_…` or `lag=…` behind the path does not change what the path means.
fn bare(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or(path)
}

impl Endpoint {
    /// What a path means. Roles are found by substring and in a fixed order (`/primary-db` is `/primary`), the
    /// synchronous ones exactly, pages by their first segment and for GET only. Upper and lower case differ. An unknown
    /// version is taken for the newest.
    ///
    /// ```
    /// use confvet_patroni::rest::{Endpoint, Method};
    /// assert_eq!(Endpoint::find(Method::Options, "/", None), Endpoint::Primary);
    /// assert_eq!(Endpoint::find(Method::Options, "/replicas", None), Endpoint::Replica);
    /// assert_eq!(Endpoint::find(Method::Options, "/readiness", None), Endpoint::Unknown);
    /// ```
    pub fn find(method: Method, path: &str, version: Option<&Version>) -> Self {
        let since = |major, minor, patch| version.is_none_or(|version| *version >= Version::new(major, minor, patch));
        let path = bare(path);
        let segment = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if method == Method::Get {
            match segment {
                "liveness" if since(2, 0, 0) => return Endpoint::Liveness,
                "readiness" if since(2, 0, 0) => return Endpoint::Readiness,
                "failsafe" if since(3, 0, 0) => return Endpoint::Failsafe,
                "patroni" | "config" => return Endpoint::Page,
                "cluster" | "history" if since(1, 6, 1) => return Endpoint::Page,
                "metrics" if since(2, 1, 0) => return Endpoint::Page,
                _ => {}
            }
        }
        let has = |part: &str| path.contains(part);
        if path == "/" {
            Endpoint::Primary
        } else if since(1, 5, 0) && (has("standby-leader") || has("standby_leader")) {
            Endpoint::StandbyLeader
        } else if since(1, 5, 0) && has("leader") {
            if since(2, 1, 0) { Endpoint::Leader } else { Endpoint::Primary }
        } else if has("master") || (since(1, 5, 0) && has("primary")) || (since(1, 6, 0) && has("read-write")) {
            Endpoint::Primary
        } else if has("replica") {
            Endpoint::Replica
        } else if since(1, 6, 0)
            && has("read-only")
            && !(since(2, 1, 5) && has("sync"))
            && !(since(4, 0, 0) && has("quorum"))
        {
            Endpoint::ReadOnly
        } else if since(1, 6, 0) && has("health") {
            Endpoint::Health
        } else {
            match path {
                "/sync" | "/synchronous" => Endpoint::Sync,
                "/async" | "/asynchronous" => Endpoint::Async,
                "/read-only-sync" | "/read-only-synchronous" => Endpoint::ReadOnlySync,
                "/quorum" if since(4, 0, 0) => Endpoint::Quorum,
                "/read-only-quorum" if since(4, 0, 0) => Endpoint::ReadOnlyQuorum,
                _ => Endpoint::Unknown,
            }
        }
    }

    /// Which roles it answers with 200. A role that a synchronous mode does not have (a quorum standby with
    /// `synchronous_mode: true`) is simply not among the members of such a cluster.
    pub fn answers(self, role: Role) -> bool {
        match self {
            Endpoint::Primary => role == Role::Primary,
            Endpoint::Leader => role.is_leader(),
            Endpoint::StandbyLeader => role == Role::StandbyLeader,
            Endpoint::Replica => role.is_running_replica(),
            Endpoint::ReadOnly => role.is_leader() || role.is_running_replica(),
            Endpoint::Sync => role == Role::SyncStandby,
            Endpoint::Async => role == Role::Replica,
            Endpoint::Quorum => role == Role::QuorumStandby,
            Endpoint::ReadOnlySync => role.is_leader() || role == Role::SyncStandby,
            Endpoint::ReadOnlyQuorum => role.is_leader() || role == Role::QuorumStandby,
            Endpoint::Health | Endpoint::Readiness => role != Role::Stopped,
            Endpoint::Liveness | Endpoint::Page | Endpoint::Failsafe => true,
            Endpoint::Unknown => false,
        }
    }

    /// Does it tell the primary from the replicas?
    pub fn is_role_blind(self) -> bool {
        self.answers(Role::Primary) && self.answers(Role::Replica)
    }
}

/// The status code that a member in a role answers to a GET. An unknown version is taken for the newest. `/failsafe` is
/// taken with `failsafe_mode` on, `/readiness` of a replica with its lag within the limit.
///
/// ```
/// use confvet_patroni::rest::{Role, status};
/// assert_eq!(status("/health", Role::Replica, None), 200);
/// assert_eq!(status("/primary", Role::Replica, None), 503);
/// ```
pub fn status(path: &str, role: Role, version: Option<&Version>) -> u16 {
    status_of(Method::Get, path, role, version)
}

/// The status code that a member in a role answers to a request. HEAD is 501 before 2.1.5.
pub fn status_of(method: Method, path: &str, role: Role, version: Option<&Version>) -> u16 {
    if method == Method::Head && version.is_some_and(|version| *version < Version::new(2, 1, 5)) {
        return 501;
    }
    if Endpoint::find(method, path, version).answers(role) { 200 } else { 503 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(path: &str, version: (u64, u64, u64)) -> Vec<u16> {
        let version = Version::new(version.0, version.1, version.2);
        Role::ALL.into_iter().map(|role| status(path, role, Some(&version))).collect()
    }

    #[test]
    fn roles_answer_as_the_program_does() {
        let new = (4, 1, 4);
        for (path, expected) in [
            ("/", [200, 503, 503, 503, 503, 503, 503]),
            ("/primary-db", [200, 503, 503, 503, 503, 503, 503]),
            ("/leader", [200, 200, 503, 503, 503, 503, 503]),
            ("/standby_leader", [503, 200, 503, 503, 503, 503, 503]),
            ("/replica?lag=1MB", [503, 503, 200, 200, 200, 503, 503]),
            ("/read-only", [200, 200, 200, 200, 200, 503, 503]),
            ("/sync", [503, 503, 503, 200, 503, 503, 503]),
            ("/sync/", [503; 7]),
            ("/async", [503, 503, 200, 503, 503, 503, 503]),
            ("/quorum", [503, 503, 503, 503, 200, 503, 503]),
            ("/read-only-sync", [200, 200, 503, 200, 503, 503, 503]),
            ("/healthz", [200, 200, 200, 200, 200, 200, 503]),
            ("/liveness", [200; 7]),
            ("/patroni", [200; 7]),
            ("/Primary", [503; 7]),
            ("/slave", [503; 7]),
        ] {
            assert_eq!(codes(path, new), expected, "{path}");
        }
    }

    #[test]
    fn old_versions_read_some_paths_differently() {
        assert_eq!(codes("/read-only-sync", (2, 1, 4))[2], 200);
        assert_eq!(codes("/read-only-quorum", (3, 3, 11))[2], 200);
        assert_eq!(codes("/quorum", (3, 3, 11)), [503; 7]);
        assert_eq!(codes("/leader", (2, 0, 2))[1], 503);
        assert_eq!(codes("/metrics", (2, 0, 2)), [503; 7]);
    }

    #[test]
    fn only_get_reaches_the_pages() {
        for path in ["/liveness", "/readiness", "/patroni", "/cluster", "/metrics", "/config"] {
            assert_eq!(status_of(Method::Options, path, Role::Primary, None), 503, "{path}");
        }
        let old = Version::new(2, 1, 4);
        assert_eq!(status_of(Method::Head, "/primary", Role::Primary, Some(&old)), 501);
        assert_eq!(status_of(Method::Head, "/primary", Role::Primary, None), 200);
    }
}
