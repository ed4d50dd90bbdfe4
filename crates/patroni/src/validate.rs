//! What `patroni --validate-config` refuses: its schema as data, as of Patroni 4.1.5.
//!
//! Left out is what depends on the machine (ports, directories, programs, reachable stores), and three false alarms,
//! with which the daemon works: `parameters:` without anything below, `quorum` where an older validator does not know it,
//! and loopback addresses where all of a file's addresses are.

use crate::address::{HostPort, Port};
use crate::model::Config;
use crate::parameter::{plain_number, quantity, switch};
use confvet_core::{Span, Version};
use confvet_yaml::{Node, Value};

/// A value that the validator refuses.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The value, or its key where nothing is written.
    pub span: Span,
    /// The path of the key.
    pub path: String,
    /// What is wanted, as words behind "is not".
    pub expected: &'static str,
}

/// What the validator wants.
#[derive(Debug, Clone, Copy)]
enum Want {
    Text,
    Bool,
    Mapping,
    /// An integer, not a text, at least and at most.
    Integer(i64, i64),
    /// A number or a text of digits, at least and at most, with units of this base if it has one.
    Number(f64, f64, &'static str),
    Word(&'static [&'static str]),
    /// A word in any case.
    AnyCase(&'static [&'static str]),
    /// A list of texts that is not empty.
    Texts,
    /// An address with a port that is a number or left out.
    Address,
    /// An address that is neither loopback nor a wildcard.
    Connect,
    /// Addresses with commas between them, or a list.
    Addresses,
    Watchdog,
    SyncMode,
    LogFormat,
    InitdbList,
    StatusCodes,
}

const MOST: f64 = f64::MAX;
const PORT: Want = Want::Integer(i64::MIN, 65_535);
const fn at_least(least: f64) -> Want {
    Want::Number(least, MOST, "")
}

/// A section, and what is wanted of its keys.
struct Section {
    path: &'static str,
    is_dynamic: bool,
    keys: &'static [(&'static str, Want)],
}

const fn local(path: &'static str, keys: &'static [(&'static str, Want)]) -> Section {
    Section { path, is_dynamic: false, keys }
}

const fn dynamic(path: &'static str, keys: &'static [(&'static str, Want)]) -> Section {
    Section { path, is_dynamic: true, keys }
}

const USER: &[(&str, Want)] = &[("username", Want::Text), ("password", Want::Text)];
const ETCD: &[(&str, Want)] = &[
    ("host", Want::Address),
    ("hosts", Want::Addresses),
    ("srv", Want::Text),
    ("srv_suffix", Want::Text),
    ("url", Want::Text),
    ("proxy", Want::Text),
    ("protocol", Want::Text),
    ("username", Want::Text),
    ("password", Want::Text),
    ("cacert", Want::Text),
    ("cert", Want::Text),
    ("key", Want::Text),
];

static SECTIONS: &[Section] = &[
    local(
        "",
        &[
            ("name", Want::Text),
            ("scope", Want::Text),
            ("thread_pool_size", Want::Integer(5, i64::MAX)),
            ("log", Want::Mapping),
            ("ctl", Want::Mapping),
            ("restapi", Want::Mapping),
            ("bootstrap", Want::Mapping),
            ("consul", Want::Mapping),
            ("etcd", Want::Mapping),
            ("etcd3", Want::Mapping),
            ("exhibitor", Want::Mapping),
            ("raft", Want::Mapping),
            ("zookeeper", Want::Mapping),
            ("kubernetes", Want::Mapping),
            ("citus", Want::Mapping),
            ("postgresql", Want::Mapping),
            ("watchdog", Want::Mapping),
            ("tags", Want::Mapping),
        ],
    ),
    local(
        "log",
        &[
            ("type", Want::Word(&["plain", "json"])),
            ("level", Want::Word(&["DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL"])),
            ("traceback_level", Want::AnyCase(&["DEBUG", "ERROR"])),
            ("format", Want::LogFormat),
            ("dateformat", Want::Text),
            ("static_fields", Want::Mapping),
            ("max_queue_size", Want::Integer(i64::MIN, i64::MAX)),
            ("dir", Want::Text),
            ("file_num", Want::Integer(i64::MIN, i64::MAX)),
            ("file_size", Want::Integer(i64::MIN, i64::MAX)),
            ("mode", Want::Integer(0, 511)),
            ("loggers", Want::Mapping),
            ("deduplicate_heartbeat_logs", Want::Bool),
        ],
    ),
    local(
        "ctl",
        &[
            ("insecure", Want::Bool),
            ("cacert", Want::Text),
            ("certfile", Want::Text),
            ("keyfile", Want::Text),
            ("keyfile_password", Want::Text),
        ],
    ),
    local(
        "restapi",
        &[
            ("thread_pool_size", Want::Integer(5, i64::MAX)),
            ("listen", Want::Address),
            ("connect_address", Want::Connect),
            ("authentication", Want::Mapping),
            ("certfile", Want::Text),
            ("keyfile", Want::Text),
            ("keyfile_password", Want::Text),
            ("cafile", Want::Text),
            ("ciphers", Want::Text),
            ("verify_client", Want::Word(&["none", "optional", "required"])),
            ("allowlist", Want::Texts),
            ("allowlist_include_members", Want::Bool),
            ("http_extra_headers", Want::Mapping),
            ("https_extra_headers", Want::Mapping),
            ("request_queue_size", Want::Integer(0, 4096)),
            ("server_tokens", Want::AnyCase(&["minimal", "productonly", "original"])),
        ],
    ),
    local("restapi.authentication", USER),
    local("bootstrap", &[("dcs", Want::Mapping), ("initdb", Want::InitdbList), ("method", Want::Text)]),
    dynamic(
        "",
        &[
            ("ttl", at_least(20.0)),
            ("loop_wait", at_least(1.0)),
            ("retry_timeout", at_least(3.0)),
            ("maximum_lag_on_failover", at_least(0.0)),
            ("maximum_lag_on_syncnode", at_least(-1.0)),
            ("member_slots_ttl", Want::Number(0.0, MOST, "s")),
            ("postgresql", Want::Mapping),
            ("primary_start_timeout", at_least(0.0)),
            ("primary_stop_timeout", at_least(0.0)),
            ("standby_cluster", Want::Mapping),
            ("synchronous_mode", Want::SyncMode),
            ("synchronous_mode_strict", Want::Bool),
            ("synchronous_node_count", at_least(1.0)),
        ],
    ),
    dynamic(
        "postgresql",
        &[
            ("parameters", Want::Mapping),
            ("use_pg_rewind", Want::Bool),
            ("pg_hba", Want::Texts),
            ("pg_ident", Want::Texts),
            ("pg_ctl_timeout", at_least(0.0)),
            ("use_slots", Want::Bool),
        ],
    ),
    dynamic(
        "postgresql.parameters",
        &[
            ("max_connections", Want::Number(1.0, 262_143.0, "")),
            ("max_locks_per_transaction", Want::Number(10.0, 2_147_483_647.0, "")),
            ("max_prepared_transactions", Want::Number(0.0, 262_143.0, "")),
            ("max_replication_slots", Want::Number(0.0, 262_143.0, "")),
            ("max_wal_senders", Want::Number(0.0, 262_143.0, "")),
            ("max_worker_processes", Want::Number(0.0, 262_143.0, "")),
        ],
    ),
    dynamic(
        "standby_cluster",
        &[
            ("host", Want::Text),
            ("port", PORT),
            ("restore_command", Want::Text),
            ("primary_slot_name", Want::Text),
            ("create_replica_methods", Want::Texts),
            ("archive_cleanup_command", Want::Text),
            ("recovery_min_apply_delay", Want::Text),
        ],
    ),
    local(
        "consul",
        &[
            ("host", Want::Address),
            ("url", Want::Text),
            ("port", PORT),
            ("scheme", Want::Text),
            ("token", Want::Text),
            ("verify", Want::Bool),
            ("cacert", Want::Text),
            ("cert", Want::Text),
            ("key", Want::Text),
            ("dc", Want::Text),
            ("checks", Want::Texts),
            ("register_service", Want::Bool),
            ("service_tags", Want::Texts),
            ("service_check_interval", Want::Text),
            ("service_check_tls_server_name", Want::Text),
            ("consistency", Want::Word(&["default", "consistent", "stale"])),
        ],
    ),
    local("etcd", ETCD),
    local("etcd3", ETCD),
    local("exhibitor", &[("hosts", Want::Texts), ("port", PORT), ("poll_interval", Want::Integer(1, i64::MAX))]),
    local("raft", &[("self_addr", Want::Connect), ("data_dir", Want::Text), ("password", Want::Text)]),
    local(
        "zookeeper",
        &[
            ("hosts", Want::Addresses),
            ("use_ssl", Want::Bool),
            ("cacert", Want::Text),
            ("cert", Want::Text),
            ("key", Want::Text),
            ("key_password", Want::Text),
            ("verify", Want::Bool),
            ("set_acls", Want::Mapping),
            ("auth_data", Want::Mapping),
        ],
    ),
    local(
        "kubernetes",
        &[
            ("labels", Want::Mapping),
            ("bypass_api_service", Want::Bool),
            ("namespace", Want::Text),
            ("scope_label", Want::Text),
            ("role_label", Want::Text),
            ("leader_label_value", Want::Text),
            ("follower_label_value", Want::Text),
            ("standby_leader_label_value", Want::Text),
            ("tmp_role_label", Want::Text),
            ("use_endpoints", Want::Bool),
            ("cacert", Want::Text),
            ("retriable_http_codes", Want::StatusCodes),
            ("bootstrap_labels", Want::Mapping),
        ],
    ),
    local("citus", &[("database", Want::Text), ("group", Want::Integer(0, i64::MAX))]),
    local(
        "postgresql",
        &[
            ("listen", Want::Address),
            ("connect_address", Want::Connect),
            ("proxy_address", Want::Connect),
            ("authentication", Want::Mapping),
            ("data_dir", Want::Text),
            ("bin_name", Want::Mapping),
            ("parameters", Want::Mapping),
            ("pg_hba", Want::Texts),
            ("pg_ident", Want::Texts),
            ("pg_ctl_timeout", at_least(0.0)),
            ("use_pg_rewind", Want::Bool),
        ],
    ),
    local("postgresql.parameters", &[("unix_socket_directories", Want::Text)]),
    local("postgresql.authentication.superuser", USER),
    local("postgresql.authentication.replication", USER),
    local("postgresql.authentication.rewind", USER),
    local(
        "watchdog",
        &[("mode", Want::Watchdog), ("device", Want::Text), ("safety_margin", Want::Integer(-1, i64::MAX))],
    ),
    local(
        "tags",
        &[
            ("nofailover", Want::Bool),
            ("failover_priority", Want::Integer(0, i64::MAX)),
            ("clonefrom", Want::Bool),
            ("noloadbalance", Want::Bool),
            ("replicatefrom", Want::Text),
            ("nosync", Want::Bool),
            ("sync_priority", Want::Integer(0, i64::MAX)),
            ("nostream", Want::Bool),
        ],
    ),
];

/// Everything the validator refuses in a local configuration. Older validators than that of 4.1 know less and are not
/// asked; an unknown version is taken for the newest.
pub(crate) fn refusals(config: &Config) -> Vec<Refusal> {
    let too_old = config.patroni.as_ref().is_some_and(|version| *version < Version::new(4, 1, 0));
    let mut found = Vec::new();
    if config.is_dynamic() || too_old {
        return found;
    }
    let demo = config.is_demo();
    for section in SECTIONS {
        let node = match (section.is_dynamic, section.path) {
            (false, "") => config.roots().last(),
            (false, path) => config.local(path),
            (true, "") => config.dcs(),
            (true, path) => config.dynamic(path),
        };
        let Some(node) = node.filter(|node| node.is_mapping()) else { continue };
        for entry in node.entries() {
            let Some(key) = entry.key.text() else { continue };
            let Some(&(_, want)) = section.keys.iter().find(|(name, _)| *name == key) else { continue };
            let value = entry.value;
            let harmless = (key == "parameters" && value.is_null()) || (demo && matches!(want, Want::Connect));
            let fits = harmless || want.fits(value) || config.is_unknown(value);
            // Of equal keys only the last is seen.
            if fits || node.get(key) != Some(value) {
                continue;
            }
            let prefix = if section.is_dynamic { "bootstrap.dcs." } else { "" };
            let dot = if section.path.is_empty() { "" } else { "." };
            found.push(Refusal {
                span: if value.is_empty() { entry.key.span() } else { value.span() },
                path: format!("{prefix}{}{dot}{key}", section.path),
                expected: want.expected(),
            });
        }
    }
    for (flag, priority) in [("nofailover", "failover_priority"), ("nosync", "sync_priority")] {
        let tags = config.local("tags");
        let tag = |name: &str| tags.and_then(|tags| tags.get(name));
        if let (Some(_), Some(number)) = (tag(flag), tag(priority)) {
            let expected = "allowed beside the other tag for the same";
            found.push(Refusal { span: number.span(), path: format!("tags.{priority}"), expected });
        }
    }
    found
}

impl Want {
    /// As words behind "is not".
    fn expected(self) -> &'static str {
        match self {
            Want::Text => "a text",
            Want::Bool => "a boolean",
            Want::Mapping => "a mapping",
            Want::Integer(..) => "an integer in the range that is allowed",
            Want::Number(..) => "a number in the range that is allowed",
            Want::Word(_) | Want::AnyCase(_) => "one of the words that are allowed",
            Want::Texts => "a list with texts in it",
            Want::Address => "an address with a port",
            Want::Connect => "an address that other members can connect to",
            Want::Addresses => "a list of addresses with ports, or such addresses with commas between them",
            Want::Watchdog => "off, automatic or required",
            Want::SyncMode => "a boolean or `quorum`",
            Want::LogFormat => "a text, or a list of texts and mappings of one key",
            Want::InitdbList => "a list of texts and mappings",
            Want::StatusCodes => "a number or a list of numbers",
        }
    }

    fn fits(self, node: Node<'_>) -> bool {
        let value = node.value();
        let text = node.as_str();
        match self {
            Want::Text => text.is_some(),
            Want::Bool => matches!(value, Value::Bool(_)),
            Want::Mapping => value == Value::Mapping,
            Want::Integer(least, most) => match value {
                Value::Int(number) => (i128::from(least)..=i128::from(most)).contains(&number),
                // In Python a boolean is an integer, and fails where it is then parsed as one.
                Value::Bool(_) => least == i64::MIN && most == i64::MAX,
                _ => false,
            },
            Want::Number(least, most, unit) => {
                number(node, unit).is_some_and(|number| (least..=most).contains(&number))
            }
            Want::Word(words) => text.is_some_and(|text| words.contains(&text)),
            Want::AnyCase(words) => text.is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text))),
            Want::Texts => node.items().len() > 0 && node.items().all(|item| item.as_str().is_some()),
            Want::Address => text.is_some_and(is_address),
            Want::Connect => text.is_some_and(|text| {
                let host = HostPort::split(text).host;
                is_address(text)
                    && !["127.0.0.1", "0.0.0.0", "*", "::1", "localhost"].contains(&host.trim_matches(['[', ']']))
            }),
            Want::Addresses => match text {
                Some(text) => text.split(',').all(|part| is_address(part.trim())),
                None => node.items().len() > 0 && node.items().all(|item| item.as_str().is_some_and(is_address)),
            },
            Want::Watchdog => match value {
                Value::Bool(on) => !on,
                _ => text.is_some_and(|text| ["off", "automatic", "required"].contains(&text)),
            },
            Want::SyncMode => match value {
                Value::Bool(_) => true,
                Value::Int(number) => matches!(number, 0 | 1),
                _ => text.is_some_and(|text| switch(text).is_some() || text.eq_ignore_ascii_case("quorum")),
            },
            Want::LogFormat => {
                let field = |item: Node<'_>| {
                    let mut entries = item.entries();
                    item.as_str().is_some()
                        || (entries.len() == 1 && entries.all(|entry| entry.value.as_str().is_some()))
                };
                text.is_some() || (node.items().len() > 0 && node.items().all(field))
            }
            Want::InitdbList => {
                node.items().len() > 0 && node.items().all(|item| item.as_str().is_some() || item.is_mapping())
            }
            Want::StatusCodes => {
                let is_number = |node: Node<'_>| matches!(node.value(), Value::Int(_));
                is_number(node) || (node.items().len() > 0 && node.items().all(is_number))
            }
        }
    }
}

/// A number as Patroni's own parser reads it.
fn number(node: Node<'_>, unit: &str) -> Option<f64> {
    match node.value() {
        #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
        Value::Int(value) => Some(value as f64),
        Value::Float(value) => Some(value.round()),
        Value::Str(text) if unit.is_empty() => plain_number(text).map(f64::round),
        Value::Str(text) => quantity(text, unit).map(f64::round),
        _ => None,
    }
}

/// Can Python split it at the last colon, with a whole number behind it and what may be a host in front?
fn is_address(text: &str) -> bool {
    match text.rsplit_once(':') {
        _ if text.contains(['/', ' ', ';']) => false,
        None => true,
        Some((_, port)) => !matches!(HostPort::split(text).port, Port::Bad(_)) || port.trim().parse::<i64>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    fn refused(text: &str) -> Vec<String> {
        let config = parse(text).model;
        config.refusals().iter().map(|refusal| format!("{} is not {}", refusal.path, refusal.expected)).collect()
    }

    #[test]
    fn the_validator_is_stricter_than_the_daemon() {
        let cases = [
            ("bootstrap: {dcs: {ttl: 10}}", "bootstrap.dcs.ttl is not a number in the range that is allowed"),
            ("tags: {nofailover: \"false\"}", "tags.nofailover is not a boolean"),
            ("watchdog: {mode: auto}", "watchdog.mode is not off, automatic or required"),
            ("log: {level: debug}", "log.level is not one of the words that are allowed"),
            (
                "restapi: {connect_address: 127.0.0.1:8008}\npostgresql: {listen: 10.0.0.1:5432}",
                "restapi.connect_address is not an address that other members can connect to",
            ),
            (
                "postgresql: {authentication: {replication: {password: 1}}}",
                "postgresql.authentication.replication.password is not a text",
            ),
            ("postgresql: {pg_hba: []}", "postgresql.pg_hba is not a list with texts in it"),
            (
                "etcd3: {hosts: 'http://a:2379/'}",
                "etcd3.hosts is not a list of addresses with ports, or such addresses with commas between them",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(refused(text), [expected], "{text}");
        }
    }

    #[test]
    fn its_false_alarms_are_not_repeated() {
        for text in [
            "postgresql: {parameters: }",
            "bootstrap: {dcs: {synchronous_mode: quorum, ttl: \"30\"}}",
            "restapi: {connect_address: 127.0.0.1:8008, listen: 127.0.0.1:8008}",
            "thread_stack_size: 100000",
            "scope: {{ scope }}",
            "tags: {nofailover: \"x\"}\ntags: {nofailover: true}",
        ] {
            assert!(refused(text).is_empty(), "{text}: {:?}", refused(text));
        }
    }
}
