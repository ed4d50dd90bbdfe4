//! Which files are Redis's: by name and by content.

use crate::keys::{Key, Kind};
use crate::{CLOUDFORMATION, DESCRIBED, REDIS_ACL, REDIS_CONF, REDIS_INFO, SENTINEL_CONF, TERRAFORM, cloud, schema};
use compact_str::CompactString;
use confvet_core::source::file_name;
use confvet_core::{Confidence, Detection};

/// Directives that other programs have too: they say nothing about whose file it is.
const COMMON: &[&str] = &[
    "port",
    "bind",
    "dir",
    "include",
    "timeout",
    "user",
    "logfile",
    "loglevel",
    "databases",
    "daemonize",
    "pidfile",
    "save",
    "hz",
];

/// Enough of a file to know it by.
const PREFIX: usize = 256 * 1024;

/// Is the path that of a template, whose holes somebody else fills in?
pub(crate) fn is_template(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "j2" | "jinja" | "jinja2" | "erb" | "epp" | "tmpl" | "tpl" | "template")
}

/// Is the path worth opening?
pub(crate) fn might_be(path: &str) -> bool {
    let name = file_name(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "conf" | "acl" | "info" | "cnf" | "cfg" | "tf" | "json" | "yaml" | "yml")
        || (extension == "txt" && name.contains("info"))
        || mentions(path, &["redis", "valkey", "sentinel"])
}

fn mentions(path: &str, words: &[&str]) -> bool {
    let lower = path.to_ascii_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// What the file is, if it is Redis's.
pub(crate) fn detect(path: &str, text: &str) -> Option<Detection> {
    if is_template(path) {
        return None;
    }
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    if extension == "tf" {
        let reason = cloud::detect_terraform(text)?;
        return Some(Detection::new(TERRAFORM, Confidence::Sure, reason).shared());
    }
    if matches!(extension, "json" | "yaml" | "yml") {
        let (template, reason) = cloud::describe(text)?;
        let kind = if template { CLOUDFORMATION } else { DESCRIBED };
        return Some(Detection::new(kind, Confidence::Sure, reason).shared());
    }
    let mut end = text.len().min(PREFIX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    detect_info(text).or_else(|| detect_acl(path, text)).or_else(|| detect_conf(path, text))
}

fn detect_info(text: &str) -> Option<Detection> {
    let contains = |words: &[u8]| memchr::memmem::find(text.as_bytes(), words).is_some();
    let (may_have_version, may_have_keys) = (contains(b"_version:"), contains(b":keys="));
    if !may_have_version && !may_have_keys {
        return None;
    }
    let mut fields = 0;
    let mut version = false;
    for line in text.lines().take(400) {
        let line = line.trim_end();
        version |= line.starts_with("redis_version:") || line.starts_with("valkey_version:");
        fields += usize::from(line.split_once(':').is_some_and(|(name, _)| !name.contains([' ', '"', '/'])));
    }
    if version && fields > 1 {
        return Some(Detection::new(REDIS_INFO, Confidence::Sure, "a `redis_version` line, as `INFO` prints it"));
    }
    let has_keys = may_have_keys && text.lines().any(|line| line.starts_with("db") && line.contains(":keys="));
    has_keys.then(|| Detection::new(REDIS_INFO, Confidence::Sure, "a keyspace section, as `INFO` prints it"))
}

fn detect_acl(path: &str, text: &str) -> Option<Detection> {
    let extension = path.ends_with(".acl");
    let is_user = |line: &str| {
        line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("user ") || start.eq_ignore_ascii_case("user\t"))
    };
    let (mut users, mut others, mut comments) = (0_usize, 0_usize, false);
    // `user name on …` and nothing else: nginx has `user www;`, and redis.conf may hold users only.
    let mut rules = true;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if is_user(line) {
            users += 1;
            rules &= !line.ends_with(';') && line.split_ascii_whitespace().nth(2).is_some_and(looks_like_rule);
        } else if line.starts_with('#') {
            comments = true;
        } else if extension {
            others += 1;
        } else {
            return None;
        }
    }
    if users <= others {
        return None;
    }
    let named = extension || file_name(path).contains("acl") || file_name(path) == "users.conf";
    match (named, rules) {
        (true, _) => Some(Detection::new(REDIS_ACL, Confidence::Sure, "`user` lines only")),
        (false, true) if !comments => {
            Some(Detection::new(REDIS_ACL, Confidence::Likely, "`user` lines with ACL rules only"))
        }
        _ => None,
    }
}

fn looks_like_rule(word: &str) -> bool {
    matches!(
        word,
        "on" | "off" | "nopass" | "reset" | "allkeys" | "resetkeys" | "resetpass" | "allchannels" | "resetchannels"
    ) || word.starts_with(['>', '#', '~', '+', '-', '&', '%', '('])
}

fn detect_conf(path: &str, text: &str) -> Option<Detection> {
    if schema::utf16_mark(text).is_some() {
        let kind = if is_sentinel_name(path) { SENTINEL_CONF } else { REDIS_CONF };
        let reason = || format!("named `{}`, and UTF-16", file_name(path));
        return is_conf_name(path).then(|| Detection::new(kind, Confidence::Likely, reason()));
    }
    let mut statements = 0_usize;
    let mut known = 0_usize;
    let mut specific: Vec<&'static str> = Vec::new();
    let mut sentinels = 0_usize;
    for line in text.split('\n') {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if is_foreign(line) {
            return None;
        }
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.next() else { continue };
        statements += 1;
        if first.eq_ignore_ascii_case("sentinel") && words.next().is_some() && words.next().is_some() {
            sentinels += 1;
            known += 1;
            continue;
        }
        if first.len() > 64 {
            continue;
        }
        // `maxmemory=1gb` is a mistake that people make in a redis.conf; generic names stand in front of `=` everywhere.
        let glued = first.find(['=', ':']);
        let mut name = CompactString::new(&first[..glued.unwrap_or(first.len())]);
        name.make_ascii_lowercase();
        let ours = |key: &&Key| key.kind != Kind::Sentinel && (glued.is_none() || !COMMON.contains(&key.name));
        if let Some(key) = Key::find(&name).filter(ours) {
            known += 1;
            if !COMMON.contains(&key.name) && !specific.contains(&key.name) {
                specific.push(key.name);
            }
        }
    }
    if statements == 0 || known * 2 < statements {
        return fallback(path, statements);
    }
    if sentinels > 0 {
        let server = ["replicaof", "slaveof", "appendonly", "maxmemory", "maxmemory-policy", "cluster-enabled"];
        let count = specific.iter().filter(|name| server.contains(name)).count();
        if count < 2 || sentinels > count {
            let reason = format!("{sentinels} `sentinel` statement{}", if sentinels == 1 { "" } else { "s" });
            return Some(Detection::new(SENTINEL_CONF, Confidence::Sure, reason));
        }
    }
    let named = is_conf_name(path);
    let kind = if specific.is_empty() && is_sentinel_name(path) { SENTINEL_CONF } else { REDIS_CONF };
    match (specific.as_slice(), named) {
        ([first, _, _, ..], _) => {
            let reason = format!("`{first}` and {} other Redis directives", specific.len() - 1);
            Some(Detection::new(kind, Confidence::Sure, reason))
        }
        (_, true) => {
            let reason = format!("named `{}`, and {known} of {statements} directives are Redis's", file_name(path));
            Some(Detection::new(kind, Confidence::Likely, reason))
        }
        _ => None,
    }
}

/// A file that can only be meant for Redis by its name, though hardly a line of it is known: a download that failed, say.
fn fallback(path: &str, statements: usize) -> Option<Detection> {
    let name = file_name(path);
    let exact = matches!(name, "redis.conf" | "valkey.conf" | "sentinel.conf");
    let kind = if name == "sentinel.conf" { SENTINEL_CONF } else { REDIS_CONF };
    (exact && statements == 0).then(|| Detection::new(kind, Confidence::Possible, format!("named `{name}`, and empty")))
}

fn is_conf_name(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = file_name(&lower);
    let Some(stem) = name.strip_suffix(".conf") else { return false };
    let digits = (4..=5).contains(&stem.len()) && stem.bytes().all(|byte| byte.is_ascii_digit());
    let programs = ["redis", "valkey"];
    let words = || stem.split(['-', '_', '.']);
    (digits && programs.iter().any(|program| lower.contains(program)))
        || words().any(|word| programs.contains(&word) || word == "sentinel")
}

fn is_sentinel_name(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    file_name(&lower).contains("sentinel") || lower.rsplit('/').nth(1).is_some_and(|dir| dir.contains("sentinel"))
}

/// A line that redis.conf never has: sections, blocks, assignments, node tables, templates.
fn is_foreign(line: &str) -> bool {
    let first = line.split_ascii_whitespace().next().unwrap_or_default();
    let node = first.len() == 40 && first.bytes().all(|byte| byte.is_ascii_hexdigit());
    node || first.starts_with(['[', '<', '{', '}', '/'])
        || line.ends_with('{')
        || schema::template_hole(line).is_some()
        || line.starts_with("vars currentEpoch")
        || line.starts_with("start on ")
        || line.starts_with("exec ")
        || line.starts_with("check process")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, text: &str) -> Option<&'static str> {
        detect(path, text).map(|detection| detection.kind)
    }

    #[test]
    fn configurations_are_known_by_name_or_by_three_directives() {
        assert_eq!(kind("redis.conf", "port 6379\n"), Some(REDIS_CONF));
        assert_eq!(kind("cache.conf", "maxmemory 2gb\nsave \"\"\nappendonly no\nmaxclients 5\n"), Some(REDIS_CONF));
        assert_eq!(kind("x.conf", "port 1\nbind a\ntimeout 3\nuser x\n"), None);
        assert_eq!(kind("roles/valkey/6379.conf", "port 6379\n"), Some(REDIS_CONF));
        assert_eq!(kind("redis/redis.conf", "SENTINEL monitor m 10.0.0.1 6379 2\nport 26379\n"), Some(SENTINEL_CONF));
        assert_eq!(kind("redis.conf", ""), Some(REDIS_CONF));
    }

    #[test]
    fn a_broken_file_is_still_ours() {
        assert_eq!(kind("redis.conf", "apendonly yes\nport 1\n"), Some(REDIS_CONF));
        assert_eq!(kind("redis.conf", "maxmemory 512 mb\n"), Some(REDIS_CONF));
    }

    #[test]
    fn files_of_others_are_left_alone() {
        for (path, text) in [
            (
                "nodes-7000.conf",
                "07c37dfeb235213a872192d90877d0cd55635b91 127.0.0.1:30004 slave\nvars currentEpoch 6\n",
            ),
            ("telegraf.d/redis.conf", "[[inputs.redis]]\n  servers = [\"tcp://localhost:6379\"]\n"),
            ("tmpfiles.d/redis.conf", "d /run/redis 0755 redis redis\n"),
            ("supervisor/redis.conf", "[program:redis]\ncommand=redis-server\n"),
            ("init/redis.conf", "start on runlevel [2345]\nexec /usr/bin/redis-server\n"),
            ("nginx/conf.d/redis.conf", "upstream redis {\n  server 127.0.0.1:6379;\n}\n"),
            ("logrotate.d/redis.conf", "/var/log/redis/*.log {\n  weekly\n}\n"),
            ("sentinel.conf", "rpcuser=dash\nrpcport=19998\n"),
            ("redis.conf", "port {{ redis_port }}\nmaxmemory 1gb\n"),
            ("redis.conf.j2", "port 6379\nmaxmemory 1gb\n"),
            ("nginx.conf", "user www-data;\n"),
            ("users.txt", "user name of the person\n"),
            ("notes.txt", "redis_version:7.0 is what we run\n"),
            (
                "collectd.conf.d/redis.conf",
                "<Plugin redis>\n  <Node \"a\">\n    Host \"localhost\"\n  </Node>\n</Plugin>\n",
            ),
            ("diamond/redis.conf", "enabled = True\nhosts = localhost:6379\n"),
            ("datadog/redisdb.d/redis.conf", "init_config:\n\ninstances:\n  - host: localhost\n    port: 6379\n"),
            ("monit.d/redis.conf", "check process redis with pidfile /run/redis.pid\n  start program = \"/bin/x\"\n"),
            ("fail2ban/filter.d/redis.conf", "[Definition]\nfailregex = ^x$\n"),
            ("rsyslog.d/redis.conf", "if $programname == 'redis' then /var/log/redis.log\n& stop\n"),
            ("sentinel.conf", "server.port=8080\ncsp.sentinel.dashboard.server=localhost:8080\n"),
            ("redis.conf.erb", "port <%= @port %>\nmaxmemory 1gb\n"),
            ("redis.conf.epp", "port <%= $port %>\nmaxmemory 1gb\n"),
            ("redis.conf", "port 6379\nmaxmemory <%= @cap %>\n"),
            ("nodes.conf", "vars currentEpoch 6 lastVoteEpoch 0\n"),
            ("main.tf", "resource \"aws_s3_bucket\" \"redis\" {\n  bucket = \"x\"\n}\n"),
            ("stack.yaml", "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n"),
            ("parameters.json", "{\"Parameters\": [{\"Name\": \"x\"}]}"),
            ("package.json", "{\"name\": \"redis\", \"dependencies\": {\"redis\": \"4\"}}"),
        ] {
            assert_eq!(kind(path, text), None, "{path}");
        }
    }

    #[test]
    fn carriers_of_elasticache_are_known_by_content() {
        for (path, text, expected) in [
            ("a.tf", "resource \"aws_memorydb_cluster\" \"a\" {}\n", TERRAFORM),
            ("a.tf", "module \"cache\" {\n  source = \"cloudposse/elasticache-redis/aws\"\n}\n", TERRAFORM),
            ("a.yml", "Resources:\n  A:\n    Type: AWS::ElastiCache::CacheCluster\n", CLOUDFORMATION),
            ("a.json", "{\"Resources\": {\"A\": {\"Type\": \"AWS::MemoryDB::ParameterGroup\"}}}", CLOUDFORMATION),
            ("a.json", "{\"Parameters\": [{\"ParameterName\": \"timeout\"}]}", DESCRIBED),
            ("a.json", "{\"EngineDefaults\": {\"Parameters\": [{\"ParameterName\": \"timeout\"}]}}", DESCRIBED),
        ] {
            assert_eq!(kind(path, text), Some(expected), "{path}: {text}");
        }
    }

    #[test]
    fn snapshots_and_acl_files_are_known_by_content() {
        assert_eq!(kind("x.txt", "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n"), Some(REDIS_INFO));
        assert_eq!(kind("prod.info", "# Keyspace\ndb0:keys=1,expires=0,avg_ttl=0\n"), Some(REDIS_INFO));
        assert_eq!(kind("users.acl", "# accounts\nUSER a on\n"), Some(REDIS_ACL));
        assert_eq!(kind("accounts", "user a on >x ~* +@all\n"), Some(REDIS_ACL));
    }
}
