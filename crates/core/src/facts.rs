//! What no configuration file says: memory, processors, role, workload. One typed table.

use crate::suggest::did_you_mean;
use crate::target::parse_version;
use crate::units::{ByteSize, parse_duration};
use semver::Version;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The type of a fact's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactKind {
    /// Bytes, as `"64GiB"`.
    Size,
    /// A natural number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A length of time, as `"60s"`.
    Duration,
    /// A version, as `"3.5"`.
    Version,
    /// Any text.
    Text,
    /// One of these words; `true` and `false` may be among them.
    Word(&'static [&'static str]),
    /// A list of texts.
    List,
    /// A table from a name to one of these words.
    Table(&'static [&'static str]),
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactKind::Size => f.write_str("a size such as \"64GiB\""),
            FactKind::Number => f.write_str("a natural number"),
            FactKind::Bool => f.write_str("true or false"),
            FactKind::Duration => f.write_str("a duration such as \"60s\""),
            FactKind::Version => f.write_str("a version such as \"3.5\""),
            FactKind::Text => f.write_str("a text"),
            FactKind::Word(words) => write!(f, "one of {}", words.join(", ")),
            FactKind::List => f.write_str("a list of texts"),
            FactKind::Table(words) => write!(f, "a table of names, each {}", words.join(" or ")),
        }
    }
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq)]
pub enum FactValue {
    /// Bytes.
    Size(ByteSize),
    /// A natural number.
    Number(u64),
    /// A truth value.
    Bool(bool),
    /// A length of time.
    Duration(Duration),
    /// A version.
    Version(Version),
    /// A text or a word.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A table of words.
    Table(BTreeMap<String, String>),
}

/// Why a fact cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// No such fact.
    #[error("`{name}` is no fact; {}", suggestion(*.did_you_mean))]
    Unknown {
        /// The name given.
        name: String,
        /// A near name.
        did_you_mean: Option<&'static str>,
    },
    /// A value of another type.
    #[error("fact `{name}` is `{value}`; expected {expected}")]
    Value {
        /// The fact.
        name: &'static str,
        /// The value given.
        value: String,
        /// What it should be.
        expected: FactKind,
    },
}

fn suggestion(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", Fact::ALL.iter().map(|fact| fact.name()).collect::<Vec<_>>().join(", ")),
    }
}

/// Everything confvet.toml may state under `[facts]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is described in the table of `Fact::describe`")]
pub enum Fact {
    Memory,
    Cpus,
    Nofile,
    PageSize,
    Arch,
    Container,
    Environment,
    Ipv6,
    Members,
    Rto,
    Openssl,
    StaticHosts,
    Resolver,
    BehindProxy,
    Envsubst,
    AllowLegacyTls,
    PatroniTtl,
    PatroniRestPort,
    PatroniEnv,
    PatroniConfigDirs,
    PatroniRestapiFirewalled,
    CopyOnWrite,
    HaproxyReloads,
    HaproxyPools,
    EtcdV2,
    Addresses,
    Nat,
    Live,
    OwnedPrefixes,
    DockerBridge,
    EsBootstrapped,
    RedisWorkload,
    RedisReplicas,
    RedisSentinels,
    PrometheusLookbackDelta,
    PrometheusScrapeInterval,
    PrometheusAgent,
    PrometheusEnvsubst,
    PrometheusAlertsExternal,
    PrometheusFeatures,
}

impl Fact {
    /// All facts, in the order of the documentation.
    pub const ALL: &'static [Fact] = &[
        Fact::Memory,
        Fact::Cpus,
        Fact::Nofile,
        Fact::PageSize,
        Fact::Arch,
        Fact::Container,
        Fact::Environment,
        Fact::Ipv6,
        Fact::Members,
        Fact::Rto,
        Fact::Openssl,
        Fact::StaticHosts,
        Fact::Resolver,
        Fact::BehindProxy,
        Fact::Envsubst,
        Fact::AllowLegacyTls,
        Fact::PatroniTtl,
        Fact::PatroniRestPort,
        Fact::PatroniEnv,
        Fact::PatroniConfigDirs,
        Fact::PatroniRestapiFirewalled,
        Fact::CopyOnWrite,
        Fact::HaproxyReloads,
        Fact::HaproxyPools,
        Fact::EtcdV2,
        Fact::Addresses,
        Fact::Nat,
        Fact::Live,
        Fact::OwnedPrefixes,
        Fact::DockerBridge,
        Fact::EsBootstrapped,
        Fact::RedisWorkload,
        Fact::RedisReplicas,
        Fact::RedisSentinels,
        Fact::PrometheusLookbackDelta,
        Fact::PrometheusScrapeInterval,
        Fact::PrometheusAgent,
        Fact::PrometheusEnvsubst,
        Fact::PrometheusAlertsExternal,
        Fact::PrometheusFeatures,
    ];

    /// Name, type and meaning.
    fn describe(self) -> (&'static str, FactKind, &'static str) {
        use FactKind::{Bool, Duration, List, Number, Size, Table, Text, Version, Word};
        match self {
            Fact::Memory => ("memory", Size, "memory of the host, or the limit of the container"),
            Fact::Cpus => ("cpus", Number, "processors the program may use"),
            Fact::Nofile => ("nofile", Number, "limit of open files of the process"),
            Fact::PageSize => ("page_size", Size, "memory page size of the kernel"),
            Fact::Arch => ("arch", Text, "processor architecture, such as amd64 or arm64"),
            Fact::Container => ("container", Bool, "the program runs in a container"),
            Fact::Environment => ("environment", Word(&["production", "test"]), "what the machines are for"),
            Fact::Ipv6 => ("ipv6", Bool, "the host has working IPv6"),
            Fact::Members => ("members", Number, "members of the cluster, when not all of their files are here"),
            Fact::Rto => ("rto", Duration, "longest outage of writes that is tolerated"),
            Fact::Openssl => ("openssl", Version, "OpenSSL version of the host"),
            Fact::StaticHosts => ("static_hosts", List, "names whose addresses never change"),
            Fact::Resolver => ("resolver", Text, "address of the DNS resolver"),
            Fact::BehindProxy => {
                ("behind_proxy", Word(&["true", "false", "network-isolated"]), "a load balancer stands in front")
            }
            Fact::Envsubst => ("envsubst", Bool, "files pass through envsubst before they are used"),
            Fact::AllowLegacyTls => ("allow_legacy_tls", Bool, "old TLS versions and ciphers are wanted"),
            Fact::PatroniTtl => ("patroni_ttl", Duration, "Patroni's ttl, when no patroni.yml is here"),
            Fact::PatroniRestPort => ("patroni_rest_port", Number, "port of Patroni's REST API"),
            Fact::PatroniEnv => ("patroni_env", Bool, "PATRONI_ variables complete patroni.yml"),
            Fact::PatroniConfigDirs => {
                ("patroni_config_dirs", List, "directories whose files Patroni merges into one configuration")
            }
            Fact::PatroniRestapiFirewalled => {
                ("patroni_restapi_firewalled", Bool, "only trusted machines reach Patroni's REST API")
            }
            Fact::CopyOnWrite => ("copy_on_write", Bool, "the data lie on a copy-on-write file system, such as ZFS"),
            Fact::HaproxyReloads => ("haproxy_reloads", Bool, "HAProxy is reloaded often"),
            Fact::HaproxyPools => ("haproxy_pools", Table(&["writer", "reader"]), "what each pool is for"),
            Fact::Addresses => ("addresses", List, "the host's own IP addresses"),
            Fact::Nat => ("nat", Bool, "the host reaches the Internet through NAT"),
            Fact::Live => ("live", Bool, "the files are in use where they lie, so that their permissions count"),
            Fact::OwnedPrefixes => ("owned_prefixes", List, "public networks that are one's own"),
            Fact::DockerBridge => ("docker_bridge", Text, "network of Docker's default bridge"),
            Fact::EtcdV2 => ("etcd_v2", Bool, "etcd's v2 API is switched on"),
            Fact::EsBootstrapped => ("es_bootstrapped", Bool, "the Elasticsearch cluster has formed already"),
            Fact::RedisWorkload => {
                ("redis_workload", Word(&["cache", "store", "queue", "sessions"]), "what Redis is used for")
            }
            Fact::RedisReplicas => ("redis_replicas", Number, "replicas of the Redis master"),
            Fact::RedisSentinels => ("redis_sentinels", Number, "Sentinel processes"),
            Fact::PrometheusLookbackDelta => {
                ("prometheus_lookback_delta", Duration, "--query.lookback-delta of the server")
            }
            Fact::PrometheusScrapeInterval => {
                ("prometheus_scrape_interval", Duration, "scrape interval, when no prometheus.yml is here")
            }
            Fact::PrometheusAgent => ("prometheus_agent", Bool, "the server runs in agent mode"),
            Fact::PrometheusEnvsubst => ("prometheus_envsubst", Bool, "prometheus.yml passes through envsubst"),
            Fact::PrometheusAlertsExternal => {
                ("prometheus_alerts_external", Bool, "alerts are evaluated by another program")
            }
            Fact::PrometheusFeatures => ("prometheus_features", List, "--enable-feature of the server"),
        }
    }

    /// The key in confvet.toml.
    pub fn name(self) -> &'static str {
        self.describe().0
    }

    /// The type of its value.
    pub fn kind(self) -> FactKind {
        self.describe().1
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        self.describe().2
    }

    fn value_error(self, value: &str) -> FactError {
        FactError::Value { name: self.name(), value: value.to_owned(), expected: self.kind() }
    }

    /// Reads a value written as text, as on the command line (`--fact memory=64GiB`); lists are comma-separated, tables
    /// are `name=word` pairs separated by commas.
    ///
    /// # Errors
    /// If the text is no value of the fact's type.
    pub fn parse(self, text: &str) -> Result<FactValue, FactError> {
        let error = || self.value_error(text);
        match self.kind() {
            FactKind::Size => text.parse().map(FactValue::Size).map_err(|_| error()),
            FactKind::Number => text.parse().map(FactValue::Number).map_err(|_| error()),
            FactKind::Bool => text.parse().map(FactValue::Bool).map_err(|_| error()),
            FactKind::Duration => parse_duration(text).map(FactValue::Duration).map_err(|_| error()),
            FactKind::Version => parse_version(text).map(FactValue::Version).map_err(|_| error()),
            FactKind::Text => Ok(FactValue::Text(text.to_owned())),
            FactKind::Word(words) if words.contains(&text) => Ok(FactValue::Text(text.to_owned())),
            FactKind::Word(_) => Err(error()),
            FactKind::List => Ok(FactValue::List(
                text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
            )),
            FactKind::Table(words) => text
                .split(',')
                .map(|pair| match pair.split_once('=') {
                    Some((name, word)) if words.contains(&word.trim()) => {
                        Ok((name.trim().to_owned(), word.trim().to_owned()))
                    }
                    _ => Err(error()),
                })
                .collect::<Result<_, _>>()
                .map(FactValue::Table),
        }
    }
}

impl FromStr for Fact {
    type Err = FactError;
    fn from_str(name: &str) -> Result<Self, FactError> {
        Fact::ALL.iter().copied().find(|fact| fact.name() == name).ok_or_else(|| FactError::Unknown {
            name: name.to_owned(),
            did_you_mean: did_you_mean(name, Fact::ALL.iter().map(|fact| fact.name())),
        })
    }
}

/// The facts that are known for a file.
///
/// ```
/// use confvet_core::{Fact, Facts, units::ByteSize};
/// let mut facts = Facts::new();
/// facts.set_text("memory", "64GiB").unwrap();
/// assert_eq!(facts.size(Fact::Memory), Some(ByteSize::gib(64)));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    values: BTreeMap<Fact, FactValue>,
}

impl Facts {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a fact from a name and a text, as on the command line.
    ///
    /// # Errors
    /// If there is no such fact, or the text is no value of its type.
    pub fn set_text(&mut self, name: &str, value: &str) -> Result<(), FactError> {
        let fact: Fact = name.parse()?;
        self.values.insert(fact, fact.parse(value)?);
        Ok(())
    }

    /// Sets a fact. The value must be of the fact's type; another type is never found again.
    pub fn set(&mut self, fact: Fact, value: FactValue) {
        self.values.insert(fact, value);
    }

    /// Takes over what `other` knows; `other` wins.
    pub fn extend(&mut self, other: &Facts) {
        self.values.extend(other.values.iter().map(|(&fact, value)| (fact, value.clone())));
    }

    /// Is anything known about it?
    pub fn knows(&self, fact: Fact) -> bool {
        self.values.contains_key(&fact)
    }

    /// A size.
    pub fn size(&self, fact: Fact) -> Option<ByteSize> {
        match self.values.get(&fact)? {
            FactValue::Size(size) => Some(*size),
            _ => None,
        }
    }

    /// A number.
    pub fn number(&self, fact: Fact) -> Option<u64> {
        match self.values.get(&fact)? {
            FactValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A truth value.
    pub fn bool(&self, fact: Fact) -> Option<bool> {
        match self.values.get(&fact)? {
            FactValue::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Is the fact known, and true?
    pub fn is_true(&self, fact: Fact) -> bool {
        self.bool(fact) == Some(true)
    }

    /// A length of time.
    pub fn duration(&self, fact: Fact) -> Option<Duration> {
        match self.values.get(&fact)? {
            FactValue::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    /// A version.
    pub fn version(&self, fact: Fact) -> Option<&Version> {
        match self.values.get(&fact)? {
            FactValue::Version(version) => Some(version),
            _ => None,
        }
    }

    /// A text or a word.
    pub fn text(&self, fact: Fact) -> Option<&str> {
        match self.values.get(&fact)? {
            FactValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A list; empty when nothing is known.
    pub fn list(&self, fact: Fact) -> &[String] {
        match self.values.get(&fact) {
            Some(FactValue::List(list)) => list,
            _ => &[],
        }
    }

    /// The word that a table has for a name.
    pub fn entry(&self, fact: Fact, name: &str) -> Option<&str> {
        match self.values.get(&fact)? {
            FactValue::Table(table) => table.get(name).map(String::as_str),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Fact::ALL.iter().map(|fact| fact.name()).collect();
        assert_eq!(names.len(), Fact::ALL.len());
    }

    #[test]
    fn unknown_facts_and_wrong_types_are_errors() {
        let mut facts = Facts::new();
        let error = facts.set_text("memroy", "64GiB").unwrap_err();
        assert_eq!(error.to_string(), "`memroy` is no fact; did you mean `memory`?");
        let error = facts.set_text("redis_workload", "caching").unwrap_err();
        assert_eq!(
            error.to_string(),
            "fact `redis_workload` is `caching`; expected one of cache, store, queue, sessions"
        );
        facts.set_text("haproxy_pools", "pg=writer,ro=reader").unwrap();
        assert_eq!(facts.entry(Fact::HaproxyPools, "ro"), Some("reader"));
    }
}
