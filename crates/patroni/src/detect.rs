//! Which files are Patroni's: by what stands in them, with the name as a help.

use crate::hba::ConnectionType;
use crate::{DYNAMIC, LOCAL, PG_HBA};
use confvet_core::source::file_name;
use confvet_core::{Confidence, Detection};

/// Enough of a file to know it by.
const LINES: usize = 4_000;

/// Root keys of a local configuration besides `postgresql`.
const LOCAL_ROOT: &[&str] =
    &["restapi", "bootstrap", "scope", "etcd", "etcd3", "consul", "zookeeper", "exhibitor", "kubernetes", "raft"];

/// Root keys of a dynamic configuration.
const DYNAMIC_ROOT: &[&str] = &[
    "ttl",
    "loop_wait",
    "retry_timeout",
    "maximum_lag_on_failover",
    "synchronous_mode",
    "failsafe_mode",
    "slots",
    "standby_cluster",
    "primary_start_timeout",
];

/// Keys of the `postgresql` section that only Patroni has.
const POSTGRESQL: &[&str] = &["data_dir", "listen", "connect_address", "authentication", "bin_dir"];

/// Root keys that make a file something else.
const FOREIGN: &[&str] = &["apiVersion", "services", "version", "kind", "hosts", "tasks", "pgbouncer"];

/// Is the path worth opening?
pub(crate) fn might_be(path: &str) -> bool {
    let name = file_name(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "yml" | "yaml") || name == "patroni.dynamic.json" || is_hba_name(name)
}

fn is_hba_name(name: &str) -> bool {
    name.ends_with(".conf") && name.contains("hba")
}

/// What the file is, if it is Patroni's.
pub(crate) fn detect(path: &str, text: &str) -> Option<Detection> {
    let name = file_name(path);
    if is_hba_name(name) {
        return detect_hba(text);
    }
    let roots = Roots::read(text);
    if FOREIGN.iter().any(|key| roots.has(key)) {
        return None;
    }
    let count = |keys: &[&str]| keys.iter().filter(|key| roots.has(key)).count();
    let local = count(LOCAL_ROOT);
    if roots.has_patroni_postgresql && local > 0 {
        let reason = format!("a `postgresql` section as Patroni has it, and {local} of its other sections");
        return Some(Detection::new(LOCAL, Confidence::Sure, reason));
    }
    let named = path.to_ascii_lowercase().contains("patroni");
    if named && (roots.has_patroni_postgresql || local > 0) {
        return Some(Detection::new(LOCAL, Confidence::Likely, "the name, and a section that Patroni has"));
    }
    let dynamic = count(DYNAMIC_ROOT) + usize::from(roots.has_dynamic_postgresql);
    let closed = ["scope", "name", "restapi", "bootstrap"].iter().any(|key| roots.has(key));
    if dynamic >= 2 && !closed {
        let reason = format!("{dynamic} keys of Patroni's dynamic configuration at the root");
        return Some(Detection::new(DYNAMIC, Confidence::Likely, reason));
    }
    None
}

fn detect_hba(text: &str) -> Option<Detection> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(LINES);
    let (mut all, mut known) = (0, 0);
    for line in lines {
        all += 1;
        let first = line.split_ascii_whitespace().next().unwrap_or_default();
        known += usize::from(ConnectionType::find(&first.to_ascii_lowercase()).is_some());
    }
    (known * 2 > all).then(|| Detection::new(PG_HBA, Confidence::Sure, "lines that start as those of pg_hba.conf do"))
}

/// The root keys, found without reading the YAML: lines that start in the first column, or the outermost braces.
struct Roots<'a> {
    keys: Vec<&'a str>,
    has_patroni_postgresql: bool,
    has_dynamic_postgresql: bool,
}

impl<'a> Roots<'a> {
    fn read(text: &'a str) -> Self {
        let mut roots = Roots { keys: Vec::new(), has_patroni_postgresql: false, has_dynamic_postgresql: false };
        let mut inside = false;
        let json = text.trim_start().starts_with('{');
        for line in text.trim_start_matches('\u{feff}').lines().take(LINES) {
            let trimmed = line.trim_start_matches([' ', '\t', '{', '"']);
            let Some((key, _)) = trimmed.split_once(':') else { continue };
            let key = key.trim_end().trim_end_matches('"');
            let indent = line.len() - line.trim_start().len();
            let at_root = indent == 0 || (json && indent <= 2);
            if at_root && !line.starts_with('#') && !line.starts_with('-') {
                roots.keys.push(key);
                inside = key == "postgresql";
                if !inside {
                    continue;
                }
            }
            if !inside || line.trim_start().starts_with('#') {
                continue;
            }
            let has = |word: &&str| trimmed.contains(*word);
            roots.has_patroni_postgresql |= POSTGRESQL.iter().any(has);
            roots.has_dynamic_postgresql |= ["parameters", "use_pg_rewind", "use_slots", "pg_hba"].iter().any(has);
        }
        roots
    }

    fn has(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, text: &str) -> Option<&'static str> {
        detect(path, text).map(|detection| detection.kind)
    }

    #[test]
    fn content_decides() {
        let local = "scope: a\npostgresql:\n  listen: 10.0.0.1:5432\n";
        assert_eq!(kind("a/config.yml", local), Some(LOCAL));
        assert_eq!(kind("a/config.yml", "postgresql: {data_dir: /pg}\nrestapi: {listen: a}\n"), Some(LOCAL));
        assert_eq!(kind("config.yml", "postgresql:\n  host: db\nscope: read\n"), None);
        assert_eq!(kind("patroni.yml", "restapi: {listen: 0.0.0.0:8008}\n"), Some(LOCAL));
        assert_eq!(kind("dcs.yml", "ttl: 30\nloop_wait: 10\n"), Some(DYNAMIC));
        assert_eq!(kind("dns.yml", "ttl: 30\n"), None);
    }

    #[test]
    fn what_only_runs_patroni_is_not_its_configuration() {
        assert_eq!(kind("docker-compose.yml", "version: '2'\nservices:\n  patroni: {}\nscope: x\n"), None);
        assert_eq!(kind("patroni.yaml", "apiVersion: v1\nkind: Service\nscope: x\n"), None);
    }

    #[test]
    fn pg_hba_by_its_lines() {
        assert_eq!(kind("pg_hba.conf", "# x\nlocal all all peer\nhost all all all md5\n"), Some(PG_HBA));
        assert_eq!(kind("my_hba.conf", "a = b\nc = d\n"), None);
    }
}
