//! Which files are Patroni's: by what stands in them, with the name as a help.

use crate::hba::ConnectionType;
use crate::parameter::Parameter;
use crate::{CONSUL, DYNAMIC, ENVIRONMENT, LOCAL, MANIFEST, PG_HBA, POSTGRESQL_CONF};
use crate::{conf, consul, environment, manifest};
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

/// Keys of the `postgresql` section of a dynamic configuration.
const POSTGRESQL_DYNAMIC: &[&str] = &["parameters", "use_pg_rewind", "use_slots", "pg_hba"];

/// Root keys that make a file something else.
const FOREIGN: &[&str] = &["apiVersion", "services", "version", "kind", "hosts", "tasks", "pgbouncer"];

/// Words without which a manifest has nothing of Patroni's.
const WORDS: &[&str] = &["PATRONI_", "SPILO_", "patroni", "spilo", "pg_hba"];

/// Is the path worth opening?
pub(crate) fn might_be(path: &str) -> bool {
    let name = file_name(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "yml" | "yaml" | "json" | "hcl" | "env" | "conf") || name.starts_with(".env")
}

/// Does the name say that the file holds variables?
pub(crate) fn names_variables(path: &str) -> bool {
    let name = file_name(path);
    name.ends_with(".env") || name.starts_with(".env")
}

/// What the file is, if it is Patroni's.
pub(crate) fn detect(path: &str, text: &str) -> Option<Detection> {
    let name = file_name(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "conf" if name.contains("hba") => detect_hba(text),
        "conf" => detect_conf(name, text),
        "hcl" => detect_consul(text),
        "json" => detect_yaml(path, text).or_else(|| detect_consul(text)),
        _ if names_variables(path) => detect_environment(text),
        _ => detect_yaml(path, text).or_else(|| detect_manifest(text)),
    }
}

/// What a document inside another file is, which has a name and nothing around it.
pub(crate) fn alone(path: &str, text: &str) -> Option<&'static str> {
    let name = file_name(path);
    let found = match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "conf" if name.contains("hba") => detect_hba(text),
        "conf" => detect_conf(name, text),
        "env" => detect_environment(text),
        _ => detect_yaml(path, text),
    };
    found.map(|detection| detection.kind)
}

fn detect_yaml(path: &str, text: &str) -> Option<Detection> {
    let roots = Roots::read(text);
    if FOREIGN.iter().any(|key| roots.has(key)) {
        return None;
    }
    let count = |keys: &[&str]| keys.iter().filter(|key| roots.has(key)).count();
    let local = count(LOCAL_ROOT);
    if roots.has_patroni_postgresql && local > 0 {
        let reason = "a `postgresql` section as Patroni has it, and others of its sections";
        return Some(Detection::new(LOCAL, Confidence::Sure, reason));
    }
    let named = file_name(path).to_ascii_lowercase().contains("patroni");
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

/// `name = value` with names of PostgreSQL's parameters: most of them in a file with PostgreSQL's own name, nearly all
/// of several in any other, since pgpool and the like have some names in common with it.
fn detect_conf(name: &str, text: &str) -> Option<Detection> {
    let own_name = name.starts_with("postgresql") && name != "postgresql.auto.conf";
    let (mut all, mut known) = (0_usize, 0_usize);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(LINES) {
        let word = conf::assigned_name(line).or_else(|| own_name.then(|| line.split([' ', '\t']).next())?);
        // Names with a dot belong to extensions here, and to the kernel and others elsewhere: they tell nothing.
        if word.is_some_and(|word| word.contains('.')) {
            continue;
        }
        all += 1;
        known += usize::from(word.is_some_and(|word| Parameter::exists(&word.to_ascii_lowercase())));
        if all == 8 && known == 0 {
            return None;
        }
    }
    let is_ours = if own_name { known > 0 && known * 2 > all } else { known >= 4 && known * 10 > all * 9 };
    let reason = "settings with names of PostgreSQL's parameters";
    is_ours.then(|| Detection::new(POSTGRESQL_CONF, Confidence::Likely, reason))
}

fn detect_environment(text: &str) -> Option<Detection> {
    let count = if text.contains("PATRONI_") { environment::count(text) } else { 0 };
    let reason = || format!("{count} variables whose names start with `PATRONI_`");
    (count >= 2).then(|| Detection::new(ENVIRONMENT, Confidence::Sure, reason()).shared())
}

/// A file of Kubernetes, Docker Compose or cloud-init with something of Patroni's in it.
fn detect_manifest(text: &str) -> Option<Detection> {
    let mentions = WORDS.iter().any(|word| text.contains(word));
    let reason = "a part of it configures Patroni";
    (mentions && manifest::holds_anything(text)).then(|| Detection::new(MANIFEST, Confidence::Likely, reason).shared())
}

fn detect_consul(text: &str) -> Option<Detection> {
    let mentions = text.contains("check") && text.contains("http") && text.contains("service");
    let reason = "a service of Consul whose check asks Patroni";
    (mentions && text.contains(":8008") && consul::holds_anything(text))
        .then(|| Detection::new(CONSUL, Confidence::Likely, reason).shared())
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
            let indent = line.len() - line.trim_start().len();
            let at_root = indent == 0 || (json && indent <= 2);
            if trimmed.starts_with('#') || !(at_root || inside) {
                continue;
            }
            let Some((key, rest)) = trimmed.split_once(':') else { continue };
            let key = key.trim_end().trim_end_matches('"');
            if at_root && !line.starts_with('-') {
                roots.keys.push(key);
                inside = key == "postgresql";
                if inside {
                    let flow = |words: &[&str]| rest.contains('{') && words.iter().any(|word| rest.contains(word));
                    roots.has_patroni_postgresql |= flow(POSTGRESQL);
                    roots.has_dynamic_postgresql |= flow(POSTGRESQL_DYNAMIC);
                }
            } else if inside {
                roots.has_patroni_postgresql |= POSTGRESQL.contains(&key);
                roots.has_dynamic_postgresql |= POSTGRESQL_DYNAMIC.contains(&key);
            }
            // What else stands in a file that is known already changes nothing but by its foreign keys, which come first.
            if roots.has_patroni_postgresql && LOCAL_ROOT.iter().any(|key| roots.has(key)) {
                break;
            }
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
        assert_eq!(kind("patroni.dynamic.json", "{\n  \"ttl\": 30,\n  \"loop_wait\": 10\n}\n"), Some(DYNAMIC));
        assert_eq!(kind("dns.yml", "ttl: 30\n"), None);
    }

    #[test]
    fn what_only_runs_patroni_is_not_its_configuration() {
        assert_eq!(kind("docker-compose.yml", "version: '2'\nservices:\n  patroni: {}\nscope: x\n"), None);
        assert_eq!(kind("patroni.yaml", "apiVersion: v1\nkind: Service\nscope: x\n"), None);
        let vars = "patroni_scope: main\npatroni_restapi_listen: 0.0.0.0:8008\npatroni_postgresql: {data_dir: /pg}\n";
        assert_eq!(kind("group_vars/all.yml", vars), None);
        let exporter = "postgresql:\n  host: db\n  port: 5432\nscrape: {bootstrap: true}\n";
        assert_eq!(kind("postgres_exporter.yml", exporter), None);
        let cnpg = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec:\n  postgresql:\n    pg_hba: [host all all all md5]\n";
        assert_eq!(kind("cluster.yaml", cnpg), None);
        let zalando = "apiVersion: acid.zalan.do/v1\nkind: postgresql\nspec:\n  patroni: {ttl: 30, pg_hba: [local all all trust]}\n";
        assert_eq!(kind("db.yaml", zalando), None);
    }

    #[test]
    fn pg_hba_by_its_lines() {
        assert_eq!(kind("pg_hba.conf", "# x\nlocal all all peer\nhost all all all md5\n"), Some(PG_HBA));
        assert_eq!(kind("my_hba.conf", "a = b\nc = d\n"), None);
    }

    #[test]
    fn postgresql_conf_by_its_names() {
        assert_eq!(kind("postgresql.conf", "port = 5432\nshared_buffers 8GB\n"), Some(POSTGRESQL_CONF));
        let tuning = "shared_buffers = 8GB\nwork_mem = 16MB\nmax_wal_size = 4GB\nrandom_page_cost = 1.1\n";
        assert_eq!(kind("conf.d/tuning.conf", tuning), Some(POSTGRESQL_CONF));
        let pgpool = "listen_addresses = '*'\nport = 9999\nssl = off\nlog_connections = on\nbackend_hostname0 = 'a'\n";
        assert_eq!(kind("pgpool.conf", pgpool), None);
        assert_eq!(kind("repmgr.conf", "node_id=1\nport=5432\n"), None);
        assert_eq!(kind("redis.conf", "port 6379\n"), None);
    }

    #[test]
    fn variables_need_company() {
        assert_eq!(kind("a.env", "PATRONI_SCOPE=a\nexport PATRONI_NAME=b\n"), Some(ENVIRONMENT));
        assert_eq!(kind(".env.db", "PATRONI_SCOPE=a\n#PATRONI_NAME=b\n"), None);
        assert_eq!(kind("a.env", "X_PATRONI_SCOPE=a\nY=PATRONI_NAME\n"), None);
        let compose = "services:\n  db:\n    environment:\n      PATRONI_SCOPE: a\n      PATRONI_NAME: b\n";
        assert_eq!(kind("compose.yml", compose), Some(MANIFEST));
    }

    #[test]
    fn documents_inside_other_files() {
        let map = "apiVersion: v1\nkind: ConfigMap\ndata:\n  patroni.yml: |\n    scope: a\n    postgresql:\n      listen: 1.2.3.4:5432\n";
        assert_eq!(kind("map.yaml", map), Some(MANIFEST));
        let cloud = "#cloud-config\nwrite_files:\n- path: /etc/patroni.yml\n  content: |\n    scope: a\n    restapi: {listen: a}\n";
        assert_eq!(kind("user-data.yaml", cloud), Some(MANIFEST));
        let readme = "apiVersion: v1\nkind: ConfigMap\ndata:\n  note: |\n    patroni runs here\n";
        assert_eq!(kind("map.yaml", readme), None);
    }

    #[test]
    fn checks_of_consul() {
        let hcl = "service {\n  name = \"pg\"\n  check { http = \"http://localhost:8008/primary\" }\n}\n";
        assert_eq!(kind("pg.hcl", hcl), Some(CONSUL));
        assert_eq!(kind("web.hcl", &hcl.replace("\"pg\"", "\"web\"")), None);
        assert_eq!(kind("package.json", "{\"name\": \"x\", \"scripts\": {\"check\": \"http\"}}"), None);
    }
}
