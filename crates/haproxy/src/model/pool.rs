//! Database pools: what a proxy's servers are, what the pool is for, and what Patroni answers to its health checks.

use super::Haproxy;
use super::check::CheckKind;
use super::proxy::Proxy;
use super::server::Server;
use crate::values::{Host, Port};
use confvet_core::{Fact, Facts, Keys};

/// What a pool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Connections that may write.
    Writer,
    /// Connections that only read.
    Reader,
    /// Neither the name nor anything else says so.
    Unknown,
}

/// What Patroni makes of a request of its REST API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// 200 while Patroni runs.
    GetOnly,
    /// 200 while Patroni's loop runs, whatever the role.
    Liveness,
    /// 200 on the leader and on running replicas.
    Readiness,
    /// 200 on the leader of a standby cluster.
    StandbyLeader,
    /// 200 on the node that holds the leader key.
    Leader,
    /// 200 on running replicas.
    Replica,
    /// 200 on the leader and on replicas.
    ReadOnly,
    /// 200 while PostgreSQL runs, whatever the role.
    Health,
    /// 200 on synchronous standbys.
    Sync,
    /// 200 on the other replicas.
    Async,
    /// 200 on quorum standbys (Patroni 4.0).
    Quorum,
    /// 200 on the leader and on synchronous standbys (Patroni 2.1.4).
    ReadOnlySync,
    /// 200 on the leader and on quorum standbys (Patroni 4.0).
    ReadOnlyQuorum,
    /// Always 503.
    Dead,
}

impl Endpoint {
    /// What Patroni makes of a request; see `do_GET()` and `parse_request()` of its api.py.
    pub fn of(method: &str, uri: &str) -> Self {
        let path = uri.split('?').next().unwrap_or(uri);
        let has = |part: &str| path.contains(part);
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if method == "GET" {
            match first {
                "patroni" | "cluster" | "history" | "config" | "metrics" | "failsafe" => return Self::GetOnly,
                "liveness" => return Self::Liveness,
                "readiness" => return Self::Readiness,
                _ => {}
            }
        }
        if has("standby_leader") || has("standby-leader") {
            Self::StandbyLeader
        } else if has("leader") || has("master") || has("primary") || has("read-write") || path == "/" {
            Self::Leader
        } else if has("replica") {
            Self::Replica
        } else if has("read-only") && !has("sync") && !has("quorum") {
            Self::ReadOnly
        } else if has("health") {
            Self::Health
        } else {
            match path {
                "/sync" | "/synchronous" => Self::Sync,
                "/async" | "/asynchronous" => Self::Async,
                "/quorum" => Self::Quorum,
                "/read-only-sync" | "/read-only-synchronous" => Self::ReadOnlySync,
                "/read-only-quorum" => Self::ReadOnlyQuorum,
                _ => Self::Dead,
            }
        }
    }

    /// Only the node that takes writes answers 200.
    pub fn is_leader(self) -> bool {
        matches!(self, Self::Leader | Self::StandbyLeader)
    }

    /// Which nodes other than the leader answer 200 too.
    pub fn answered_by(self) -> Option<&'static str> {
        match self {
            Self::Health | Self::GetOnly | Self::Liveness | Self::Readiness => Some("every running node"),
            Self::Replica | Self::Sync | Self::Async | Self::Quorum => Some("replicas"),
            Self::ReadOnly | Self::ReadOnlySync | Self::ReadOnlyQuorum => Some("the leader and replicas"),
            Self::StandbyLeader | Self::Leader | Self::Dead => None,
        }
    }

    /// First version of Patroni that knows it, where it is newer than 2.0.
    pub fn since(self) -> Option<(u64, u64, u64)> {
        match self {
            Self::Quorum | Self::ReadOnlyQuorum => Some((4, 0, 0)),
            Self::ReadOnlySync => Some((2, 1, 4)),
            _ => None,
        }
    }

    /// The endpoints that exist, for suggestions.
    pub const PATHS: &'static [&'static str] = &[
        "/primary",
        "/master",
        "/leader",
        "/read-write",
        "/replica",
        "/read-only",
        "/health",
        "/sync",
        "/synchronous",
        "/async",
        "/asynchronous",
        "/quorum",
        "/standby-leader",
        "/liveness",
        "/readiness",
        "/patroni",
        "/read-only-sync",
        "/read-only-quorum",
    ];
}

/// Ports of programs that do not speak HTTP, and their names.
const DATABASES: &[(u16, u16, &str)] = &[
    (22, 22, "SSH"),
    (25, 25, "mail"),
    (143, 143, "mail"),
    (389, 389, "LDAP"),
    (465, 465, "mail"),
    (587, 587, "mail"),
    (636, 636, "LDAP"),
    (993, 993, "mail"),
    (1433, 1433, "SQL Server"),
    (1521, 1521, "Oracle"),
    (3306, 3309, "MySQL"),
    (3389, 3389, "RDP"),
    (5432, 5439, "PostgreSQL"),
    (5671, 5672, "AMQP"),
    (6379, 6389, "Redis"),
    (6432, 6432, "PgBouncer"),
    (9042, 9042, "Cassandra"),
    (9092, 9092, "Kafka"),
    (11211, 11211, "memcached"),
    (27017, 27019, "MongoDB"),
];

/// The program that listens on a well-known port and does not speak HTTP.
pub(crate) fn database_on(port: u16) -> Option<&'static str> {
    let index = DATABASES.partition_point(|&(_, high, _)| high < port);
    DATABASES.get(index).filter(|&&(low, ..)| low <= port).map(|&(.., name)| name)
}

fn is_postgres_port(port: u16) -> bool {
    (5432..=5439).contains(&port) || port == 6432
}

/// A proxy seen as a pool of database nodes.
#[derive(Debug, Clone, Copy)]
pub struct Pool<'a> {
    /// The proxy.
    pub proxy: &'a Proxy,
    /// What it is for.
    pub purpose: Purpose,
    /// The nodes are known to run Patroni.
    pub patroni: bool,
}

impl<'a> Pool<'a> {
    /// The endpoint that its health check asks, when the check speaks HTTP and the request is written out.
    pub fn endpoint(&self) -> Option<Endpoint> {
        let request = self.proxy.check.request().filter(super::check::Request::is_known)?;
        Some(Endpoint::of(request.method, request.uri))
    }

    /// Its check tells the leader from the replicas.
    pub fn is_role_checked(&self) -> bool {
        self.endpoint().is_some_and(|endpoint| !matches!(endpoint, Endpoint::Dead))
    }

    /// Its check lets the leader through and nobody else.
    pub fn checks_leader(&self) -> bool {
        self.endpoint().is_some_and(Endpoint::is_leader) && !self.proxy.check.is_inverted()
    }

    /// Its servers whose health is checked.
    pub fn checked(&self) -> impl Iterator<Item = &'a Server> {
        self.proxy.servers.iter().filter(|server| server.is_checked() && !server.is_disabled())
    }

    /// Servers that take traffic from the start.
    pub fn active(&self) -> impl Iterator<Item = &'a Server> {
        self.proxy.servers.iter().filter(|server| !server.is_disabled() && !server.is_backup())
    }

    /// It takes writes: it is named so, or its check says so.
    pub fn takes_writes(&self) -> bool {
        self.purpose == Purpose::Writer || (self.purpose == Purpose::Unknown && self.checks_leader())
    }
}

/// The words of a name: split at `-`, `_`, `.` and where a capital follows a small letter; in lower case.
pub(crate) fn tokens(name: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.' | ':') || (c.is_uppercase() && small) {
            tokens.push(String::new());
        }
        small = c.is_lowercase();
        if c.is_alphanumeric()
            && let Some(token) = tokens.last_mut()
        {
            token.extend(c.to_lowercase());
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

const WRITER: &[&str] = &["primary", "master", "leader", "write", "writer", "writes", "rw", "readwrite"];
const READER: &[&str] = &[
    "replica",
    "replicas",
    "slave",
    "slaves",
    "standby",
    "standbys",
    "secondary",
    "read",
    "reader",
    "reads",
    "readonly",
    "ro",
];

fn purpose_of_name(name: &str) -> Purpose {
    let tokens = tokens(name);
    let any = |words: &[&str]| tokens.iter().any(|token| words.contains(&token.as_str()));
    // "read-only-master" is no name anybody gives; "standby-leader" leads a standby cluster and takes its writes.
    if any(WRITER) {
        Purpose::Writer
    } else if any(READER) {
        Purpose::Reader
    } else {
        Purpose::Unknown
    }
}

const POSTGRES_NAMES: &[&str] = &["pg", "psql", "postgres", "postgresql", "patroni", "pgbouncer"];

fn has_postgres_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let starts = |part: &str| POSTGRES_NAMES.iter().any(|prefix| part.starts_with(prefix));
    starts(&lower) || lower.char_indices().any(|(at, c)| matches!(c, '-' | '_' | '.') && starts(&lower[at + 1..]))
}

impl Proxy {
    /// A server port is PostgreSQL's or PgBouncer's, or a name says so.
    pub fn is_postgres(&self) -> bool {
        self.summary.is_postgres
    }

    pub(crate) fn read_postgres(&self) -> bool {
        let postgres_server = |server: &Server| {
            server.address.fixed_port().map_or_else(|| has_postgres_name(server.name().text), is_postgres_port)
        };
        let other_port = |server: &Server| server.address.fixed_port().is_some_and(|port| !is_postgres_port(port));
        self.has_backend_side()
            && !self.servers.is_empty()
            && (self.servers.iter().any(postgres_server)
                || (has_postgres_name(self.name()) && !self.servers.iter().all(other_port)))
    }

    /// The port that the checks of a server go to.
    pub fn check_port(&self, server: &Server) -> Option<u16> {
        match self.check.connect_port() {
            Some(port) => port.text.parse().ok(),
            None => server.check_port(),
        }
    }

    /// A check of this server would have no port to go to, which HAProxy refuses.
    pub fn lacks_check_port(&self, server: &Server) -> bool {
        // The port of a name may come with its SRV record; HAProxy takes every name without one.
        let inet = matches!(&server.address.host, Host::Inet(_)) && server.address.host_name().is_none();
        let no_port = matches!(server.address.port, Port::None | Port::Relative);
        let elsewhere = ["port", "addr", "track", "healthcheck"].iter().any(|option| server.option(option).is_some());
        let external = self.check.kind == CheckKind::External;
        inet && no_port && !elsewhere && !external && self.check.connects().next().is_none()
    }

    /// The program behind its servers, when all of them are on a well-known port that does not speak HTTP.
    pub fn database(&self) -> Option<&'static str> {
        let first = database_on(self.servers.first()?.address.fixed_port()?)?;
        let all = self.servers.iter().all(|server| server.address.fixed_port().and_then(database_on).is_some());
        all.then_some(first)
    }

    /// What its own evidence says of Patroni: a check of its REST port, or of a path that only Patroni has.
    fn shows_patroni(&self, rest_port: Option<u64>) -> bool {
        let rest = |port: u16| port == 8008 || rest_port == Some(u64::from(port));
        let port = self
            .servers
            .iter()
            .filter(|server| server.is_checked())
            .any(|server| self.check_port(server).is_some_and(rest));
        let path = self.check.request().filter(super::check::Request::is_known).is_some_and(|request| {
            let endpoint = Endpoint::of(request.method, request.uri);
            request.uri != "/" && !matches!(endpoint, Endpoint::Health | Endpoint::Dead)
        });
        port || path
    }
}

impl Haproxy {
    /// The pools of PostgreSQL nodes, with what they are for and whether Patroni runs them.
    pub fn postgres_pools(&self, facts: &Facts) -> Vec<Pool<'_>> {
        let pools: Vec<&Proxy> =
            self.proxies.iter().filter(|proxy| !proxy.is_disabled() && proxy.is_postgres()).collect();
        let rest_port = facts.number(Fact::PatroniRestPort);
        let shows: Vec<bool> = pools.iter().map(|pool| pool.shows_patroni(rest_port)).collect();
        let known_hosts: Keys<String> = (pools.iter().zip(&shows))
            .filter(|(_, shows)| **shows)
            .flat_map(|(pool, _)| pool.servers.iter().filter_map(Server::host))
            .collect();
        let by_port = self.purpose_by_port(&pools);
        (pools.into_iter().zip(shows))
            .map(|(proxy, shows)| {
                let shared = || proxy.servers.iter().filter_map(Server::host).any(|host| known_hosts.contains(&host));
                Pool { proxy, purpose: self.purpose(proxy, facts, by_port), patroni: shows || shared() }
            })
            .collect()
    }

    /// The pools that Patroni runs.
    pub fn patroni_pools(&self, facts: &Facts) -> Vec<Pool<'_>> {
        self.postgres_pools(facts).into_iter().filter(|pool| pool.patroni).collect()
    }

    /// Do pools listen on 5000 and 5001, as in Patroni's own example?
    fn purpose_by_port(&self, pools: &[&Proxy]) -> bool {
        let bound = |port| pools.iter().any(|pool| self.listens_on(pool, port));
        bound(5000) && bound(5001)
    }

    fn listens_on(&self, proxy: &Proxy, port: u16) -> bool {
        let listens = |proxy: &Proxy| {
            proxy.binds.iter().flat_map(|bind| &bind.addresses).any(|address| address.fixed_port() == Some(port))
        };
        listens(proxy) || self.users_of(proxy).any(listens)
    }

    /// What a pool is for: what confvet.toml says, what its name says, what the name of its only user says, what its
    /// port says.
    pub fn purpose(&self, proxy: &Proxy, facts: &Facts, by_port: bool) -> Purpose {
        match facts.entry(Fact::HaproxyPools, proxy.name()) {
            Some("writer") => return Purpose::Writer,
            Some("reader") => return Purpose::Reader,
            _ => {}
        }
        let own = purpose_of_name(proxy.name());
        if own != Purpose::Unknown {
            return own;
        }
        let mut users = self.users_of(proxy);
        if let (Some(user), None) = (users.next(), users.next()) {
            let by_user = purpose_of_name(user.name());
            if by_user != Purpose::Unknown {
                return by_user;
            }
        }
        if by_port && self.listens_on(proxy, 5000) {
            Purpose::Writer
        } else if by_port && self.listens_on(proxy, 5001) {
            Purpose::Reader
        } else {
            Purpose::Unknown
        }
    }
}

impl Proxy {
    /// What its check does, when the answer does not depend on the role of the node.
    pub fn check_without_role(&self) -> Option<&'static str> {
        match self.check.kind {
            CheckKind::Connect => Some("the check only tests that the port accepts connections"),
            CheckKind::Postgres => Some("`pgsql-check` does not know the role"),
            CheckKind::SslHello => Some("the check only tests a TLS handshake"),
            CheckKind::Tcp if !self.check.tcp.iter().any(|line| line.text(1) == "expect") => {
                Some("the check expects no answer")
            }
            _ => None,
        }
    }
}

impl Haproxy {
    /// Pools of Redis nodes that take writes: by their ports or their names, and neither for reads, nor of Sentinels,
    /// nor shards.
    pub fn redis_pools<'a>(&'a self, facts: &'a Facts) -> impl Iterator<Item = &'a Proxy> {
        let redis_port = |port: u16| (6379..=6389).contains(&port);
        self.proxies.iter().filter(move |proxy| {
            // Some port of Redis, or none at all: nearly every proxy is out here.
            let ports = || proxy.servers.iter().map(|server| server.address.fixed_port());
            if proxy.servers.is_empty() || !ports().all(|port| port.is_none_or(redis_port)) {
                return false;
            }
            let tokens = tokens(proxy.name());
            let named = |words: &[&str]| tokens.iter().any(|token| words.contains(&token.as_str()));
            let by_port = ports().all(|port| port.is_some());
            let by_name = named(&["redis", "valkey"]);
            let balanced =
                proxy.effective("balance").map_or("", |balance| balance.text(1).split('(').next().unwrap_or_default());
            let sharded = matches!(balanced, "source" | "uri" | "hash" | "url_param")
                && named(&["cluster", "shard", "twemproxy"]);
            proxy.has_backend_side()
                && !proxy.is_disabled()
                && (by_port || by_name)
                && !sharded
                && !named(&["sentinel", "sentinels"])
                && self.purpose(proxy, facts, false) != Purpose::Reader
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patroni_endpoints_fall_into_their_classes() {
        for (method, uri, class) in [
            ("OPTIONS", "/", Endpoint::Leader),
            ("GET", "/primary", Endpoint::Leader),
            ("GET", "/master?x=1", Endpoint::Leader),
            ("GET", "/standby-leader", Endpoint::StandbyLeader),
            ("GET", "/replica?lag=10MB", Endpoint::Replica),
            ("GET", "/read-only", Endpoint::ReadOnly),
            ("GET", "/read-only-sync", Endpoint::ReadOnlySync),
            ("GET", "/health", Endpoint::Health),
            ("GET", "/healthz", Endpoint::Health),
            ("GET", "/patroni", Endpoint::GetOnly),
            ("OPTIONS", "/patroni", Endpoint::Dead),
            ("OPTIONS", "/readiness", Endpoint::Dead),
            ("GET", "/readiness", Endpoint::Readiness),
            ("GET", "/readonly", Endpoint::Dead),
            ("GET", "/Primary", Endpoint::Dead),
            ("HEAD", "/quorum", Endpoint::Quorum),
            ("GET", "/async", Endpoint::Async),
        ] {
            assert_eq!(Endpoint::of(method, uri), class, "{method} {uri}");
        }
    }

    #[test]
    fn names_say_what_a_pool_is_for() {
        assert_eq!(purpose_of_name("pg-primary"), Purpose::Writer);
        assert_eq!(purpose_of_name("pgReadOnly"), Purpose::Reader);
        assert_eq!(purpose_of_name("postgres_read_write"), Purpose::Writer);
        assert_eq!(purpose_of_name("pg_ro"), Purpose::Reader);
        assert_eq!(purpose_of_name("threads"), Purpose::Unknown);
        assert!(has_postgres_name("my-pgbouncer") && !has_postgres_name("upgrade"));
        assert_eq!(database_on(5433), Some("PostgreSQL"));
        assert_eq!(database_on(8080), None);
    }
}
