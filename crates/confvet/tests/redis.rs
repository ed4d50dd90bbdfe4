//! What the pages of the Redis rules cannot show: bytes that no page holds, evidence put together, files of AWS as AWS
//! prints them.
#![cfg(all(feature = "redis", feature = "text"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot set the stage shall fail")]

use confvet::{Category, Diagnostic, Linter, Report, Safety, Severity, Source, Sources};

fn sources(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(path, text)| Source::new(*path, *text)).collect()
}

fn lint(files: &[(&str, &str)]) -> Report {
    Linter::new().lint_sources(sources(files))
}

fn of<'a>(report: &'a Report, rule: &str) -> Vec<&'a Diagnostic> {
    report.diagnostics().iter().filter(|diagnostic| diagnostic.rule == rule).collect()
}

/// The only finding of a rule: its path, its severity and its message.
fn only<'a>(report: &'a Report, rule: &str) -> (&'a str, Severity, &'a str) {
    let found = of(report, rule);
    let [only] = found[..] else { panic!("{rule}: {:?}", report.diagnostics()) };
    (report.sources().get(only.primary.span.file).path(), only.severity, &only.message)
}

#[test]
fn files_that_a_wildcard_glues_together_get_their_line_end_back() {
    let files = [
        ("redis.conf", "port 6379\ninclude /etc/redis/conf.d/*.conf\n"),
        ("conf.d/10-memory.conf", "maxmemory-policy allkeys-lru\nmaxmemory 1gb"),
        ("conf.d/20-clients.conf", "timeout 5\n# the last line"),
        ("conf.d/30-password.conf", "requirepass 4f1f0c7be2a94b0e9d3f6b1c58aa72d1\n"),
    ];
    let report = lint(&files);
    let found = of(&report, "redis/include-problem");
    let messages: Vec<(Category, &str)> =
        found.iter().map(|diagnostic| (diagnostic.category, diagnostic.message.as_str())).collect();
    assert_eq!(
        messages,
        [
            (
                Category::Invalid,
                "no newline at end of file: this line is joined with the first line of `20-clients.conf`"
            ),
            (
                Category::Outage,
                "no newline at end of file: the first line of `30-password.conf` becomes part of this comment"
            ),
        ]
    );
    let fixed = Linter::new().fix_report(report, Safety::Safe);
    assert_eq!(of(&fixed.report, "redis/include-problem").len(), 0);
    let text = |path: &str| {
        let sources = fixed.report.sources();
        sources.get(sources.by_path(path).unwrap()).text().to_owned()
    };
    assert_eq!(text("conf.d/10-memory.conf"), "maxmemory-policy allkeys-lru\nmaxmemory 1gb\n");
    assert_eq!(text("conf.d/20-clients.conf"), "timeout 5\n# the last line\n");
}

#[test]
fn two_comments_that_are_glued_lose_nothing() {
    let report = lint(&[
        ("redis.conf", "port 6379\ninclude /etc/redis/conf.d/*.conf\n"),
        ("conf.d/10.conf", "maxmemory-policy allkeys-lru\nmaxmemory 1gb\n# end"),
        ("conf.d/20.conf", "\ntimeout 5\n"),
    ]);
    assert_eq!(of(&report, "redis/include-problem").len(), 0);
}

#[test]
fn utf16_is_refused_whichever_way_round() {
    let text = "port 6379\nmaxmemory 1gb\n";
    let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.bytes().flat_map(|byte| [byte, 0])).collect();
    let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.bytes().flat_map(|byte| [0, byte])).collect();
    for bytes in [little, big] {
        let report = Linter::new().lint_sources([Source::from_bytes("redis.conf", bytes)].into_iter().collect());
        let (_, severity, message) = only(&report, "redis/lexical-error");
        assert_eq!(severity, Severity::Error);
        assert_eq!(message, "the file is UTF-16: Redis reads its first bytes as part of a directive");
    }
}

#[test]
fn a_nul_byte_shows_what_it_hides() {
    let report = lint(&[("redis.conf", "maxmemory 1gb\0 junk\nmaxmemory-policy allkeys-lru\nappendonly no\n")]);
    assert_eq!(only(&report, "redis/lexical-error").2, "NUL byte: Redis drops the text behind it");
    assert_eq!(only(&report, "redis/wrong-arity").2, "`maxmemory` takes 1 value, got 2");
}

// The three kinds of evidence that a cache will refuse writes: what is configured, what it is for, what a snapshot counts.

const POLICY: &str = "maxmemory 1gb\nmaxmemory-policy noeviction\nport 6379\n";
const SNAPSHOT: &str = "# Server\nredis_version:7.0.15\n# Memory\nused_memory:671088640\nmaxmemory:1073741824\n\
                        maxmemory_policy:noeviction\n# Keyspace\ndb0:keys=10000,expires=188,avg_ttl=0\n";
const RULE: &str = "redis/noeviction-cache";

#[test]
fn policy_and_fact_are_enough() {
    let linter = Linter::new().fact("redis_workload", "cache").unwrap();
    let report = linter.lint_sources(sources(&[("redis.conf", POLICY)]));
    let message = "cache with `noeviction`: when `maxmemory 1gb` is full every write fails with OOM";
    assert_eq!(only(&report, RULE), ("redis.conf", Severity::Warning, message));
}

#[test]
fn policy_and_name_are_enough() {
    let report = lint(&[("page-cache/redis.conf", POLICY)]);
    assert_eq!(only(&report, RULE).1, Severity::Warning);
}

#[test]
fn the_policy_alone_is_none() {
    assert_eq!(of(&lint(&[("redis.conf", POLICY)]), RULE).len(), 0);
}

#[test]
fn a_snapshot_of_a_cache_is_enough() {
    let linter = Linter::new().fact("redis_workload", "cache").unwrap();
    let report = linter.lint_sources(sources(&[("redis.info", SNAPSHOT)]));
    let message = "cache with `noeviction`: when the limit of 1 GiB is full every write fails with OOM; \
                   9,812 of 10,000 keys in db0 never expire";
    assert_eq!(only(&report, RULE), ("redis.info", Severity::Error, message));
}

#[test]
fn a_full_snapshot_without_a_word_on_its_use_is_enough() {
    let snapshot = SNAPSHOT.replace("671088640", "837518622").replace("expires=188", "expires=0");
    let report = lint(&[("redis.info", &snapshot)]);
    let message = "`noeviction` with 77 % of the limit used: writes will fail with OOM; 10,000 of 10,000 keys in db0 never expire";
    assert_eq!(only(&report, RULE), ("redis.info", Severity::Warning, message));
}

#[test]
fn all_three_together_name_the_numbers() {
    for files in [
        [("page-cache/redis.conf", POLICY), ("page-cache/redis.info", SNAPSHOT)],
        [("page-cache/redis.conf", POLICY), ("page-cache/info-prod.txt", SNAPSHOT)],
    ] {
        let report = lint(&files);
        let message = "cache with `noeviction`: when `maxmemory 1gb` is full every write fails with OOM; \
                       9,812 of 10,000 keys in db0 never expire";
        assert_eq!(only(&report, RULE), ("page-cache/redis.conf", Severity::Error, message));
    }
}

#[test]
fn keys_that_expire_soften_it_and_a_store_silences_it() {
    let expiring = SNAPSHOT.replace("expires=188", "expires=9000");
    let report = lint(&[("page-cache/redis.conf", POLICY), ("page-cache/redis.info", &expiring)]);
    assert_eq!(only(&report, RULE).1, Severity::Warning);
    for workload in ["store", "queue", "sessions"] {
        let linter = Linter::new().fact("redis_workload", workload).unwrap();
        let report = linter.lint_sources(sources(&[("redis.conf", POLICY), ("redis.info", SNAPSHOT)]));
        assert_eq!(of(&report, RULE).len(), 0, "{workload}");
    }
}

#[test]
fn the_limit_may_come_from_the_snapshot() {
    let report = lint(&[
        ("page-cache/redis.conf", "port 6379\nmaxclients 100\ntcp-backlog 64\n"),
        ("page-cache/redis.info", SNAPSHOT),
    ]);
    let (path, severity, message) = only(&report, RULE);
    assert_eq!((path, severity), ("page-cache/redis.info", Severity::Error));
    assert!(message.starts_with("cache with the default `noeviction`: when the limit of 1 GiB is full"), "{message}");
}

// Targets.

#[test]
fn valkey_is_a_target_of_its_own() {
    let lint = |program: &str, version: &str, text: &str| {
        let linter = Linter::new().target(program, version).unwrap();
        let report = linter.lint_text("redis.conf", text);
        report.diagnostics().iter().map(|diagnostic| diagnostic.message.clone()).collect::<Vec<_>>()
    };
    let text = "port 6379\navailability-zone eu-1\nmaxclients 100\n";
    assert_eq!(lint("valkey", "8.0", text), Vec::<String>::new());
    assert_eq!(lint("redis", "7.2", text), ["unknown directive `availability-zone` (only Valkey has it)"]);
    let text = "port 6379\nprimaryauth 4f1f0c7be2a94b0e9d3f6b1c58aa72d1\nmaxclients 100\n";
    assert_eq!(lint("valkey", "8.0", text), Vec::<String>::new());
    assert!(lint("redis", "8.0", text)[0].contains("only Valkey has it"));
    let text = "port 6379\nmaxmemory 1gb\nmaxmemory-policy allkeys-lrm\n";
    assert!(lint("valkey", "9.0", text)[0].starts_with("`maxmemory-policy` must be"));
    assert_eq!(lint("redis", "8.6", text), Vec::<String>::new());
}

#[test]
fn the_engine_of_a_snapshot_is_the_target_beside_it() {
    let snapshot = "# Server\nredis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.0.1\n";
    let report = lint(&[("redis.conf", "port 6379\navailability-zone a\nmaxclients 10\n"), ("redis.info", snapshot)]);
    assert_eq!(of(&report, "redis/unknown-directive").len(), 0);
    let snapshot = "# Server\nredis_version:7.2.4\nredis_mode:standalone\n";
    let report = lint(&[("redis.conf", "port 6379\navailability-zone a\nmaxclients 10\n"), ("redis.info", snapshot)]);
    assert_eq!(of(&report, "redis/unknown-directive").len(), 1);
}

// ElastiCache, as people have it.

#[test]
fn a_reply_of_describe_cache_parameters_is_read_whole() {
    let reply = r#"{
    "Parameters": [
        {
            "ParameterName": "maxmemory-policy",
            "ParameterValue": "volatile-lru",
            "Description": "Max memory policy.",
            "Source": "system",
            "DataType": "string",
            "AllowedValues": "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction",
            "IsModifiable": true,
            "MinimumEngineVersion": "7.0.0",
            "ChangeType": "immediate"
        },
        {
            "ParameterName": "reserved-memory",
            "ParameterValue": "20",
            "Source": "user",
            "DataType": "integer",
            "AllowedValues": "0-",
            "IsModifiable": true,
            "MinimumEngineVersion": "7.0.0",
            "ChangeType": "requires-reboot"
        }
    ]
}"#;
    let report = lint(&[("page-cache.json", reply)]);
    let message = "`reserved-memory` is in bytes, so `20` reserves 20 bytes";
    assert_eq!(only(&report, "redis/elasticache-reserved-memory"), ("page-cache.json", Severity::Error, message));
    assert!(of(&report, "redis/elasticache-reserved-memory")[0].fixes.is_empty(), "nothing to edit in a reply");
    assert_eq!(only(&report, "redis/volatile-policy-no-ttl").1, Severity::Info);
}

#[test]
fn cloudformation_in_json_is_mended_in_json() {
    let template = r#"{
  "Resources": {
    "Sessions": {
      "Type": "AWS::ElastiCache::ParameterGroup",
      "Properties": {
        "CacheParameterGroupFamily": "redis7",
        "Description": {"Fn::Sub": "${AWS::StackName} logins"},
        "Properties": {"reserved-memory": "20", "timeout": {"Ref": "Timeout"}}
      }
    },
    "Group": {
      "Type": "AWS::ElastiCache::ReplicationGroup",
      "Properties": {
        "ReplicationGroupDescription": "logins",
        "Engine": "redis",
        "EngineVersion": "7.1",
        "CacheParameterGroupName": {"Ref": "Sessions"},
        "NumCacheClusters": 2,
        "TransitEncryptionEnabled": true,
        "AtRestEncryptionEnabled": true
      }
    }
  }
}
"#;
    let fixed = Linter::new().fix_sources(sources(&[("stack.json", template)]), Safety::Unsafe);
    let text = fixed.report.sources().iter().next().unwrap().1.text().to_owned();
    assert!(text.contains(r#"{"reserved-memory-percent": "20", "timeout""#), "{text}");
    assert!(text.contains(r#""AutomaticFailoverEnabled": true, "ReplicationGroupDescription": "logins""#), "{text}");
    assert_eq!(of(&fixed.report, "redis/elasticache-replication-group").len(), 0);
}

#[test]
fn what_terraform_computes_is_unknown() {
    let text = r#"
resource "aws_elasticache_parameter_group" "cache" {
  name   = "cache"
  family = var.family
  dynamic "parameter" {
    for_each = var.parameters
    content {
      name  = parameter.value.name
      value = parameter.value.value
    }
  }
}
resource "aws_elasticache_replication_group" "cache" {
  replication_group_id       = "cache-${var.environment}"
  description                = "cache"
  engine_version             = local.version
  num_cache_clusters         = var.nodes
  automatic_failover_enabled = var.nodes > 1
  transit_encryption_enabled = true
  at_rest_encryption_enabled = true
  parameter_group_name       = aws_elasticache_parameter_group.cache.name
}
"#;
    assert_eq!(lint(&[("main.tf", text)]).diagnostics().len(), 0);
}

const GROUP: &str = r#"
resource "aws_elasticache_parameter_group" "main" {
  name   = "orders-redis6"
  family = "redis6.x"
  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }
  parameter {
    name  = "reserved-memory"
    value = "104857600"
  }
}
"#;
const USER: &str = r#"
resource "aws_elasticache_replication_group" "orders" {
  replication_group_id       = "orders-queue"
  description                = "orders"
  engine_version             = "7.1"
  node_type                  = "cache.m5.large"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  transit_encryption_enabled = true
  at_rest_encryption_enabled = true
  snapshot_retention_limit   = 5
  parameter_group_name       = aws_elasticache_parameter_group.main.name
}
"#;
const RELATED: [&str; 3] =
    ["redis/elasticache-family", "redis/eviction-on-datastore", "redis/elasticache-reserved-memory"];

#[test]
fn a_terraform_module_is_all_files_of_its_directory() {
    let literal = USER.replace("aws_elasticache_parameter_group.main.name", "\"orders-redis6\"");
    for user in [USER, &literal] {
        let report = lint(&[("infra/main.tf", user), ("infra/parameters.tf", GROUP)]);
        let (path, severity, message) = only(&report, RELATED[0]);
        assert_eq!((path, severity), ("infra/main.tf", Severity::Error));
        assert!(message.starts_with("engine redis 7.1 needs a group of family redis7, `"), "{message}");
        let message = "`allkeys-lru` may delete queue entries when memory is full";
        assert_eq!(only(&report, RELATED[1]), ("infra/parameters.tf", Severity::Error, message));
        let (path, _, message) = only(&report, RELATED[2]);
        assert_eq!(path, "infra/parameters.tf");
        assert!(message.ends_with("are less than a quarter"), "{message}");
    }
}

#[test]
fn a_group_of_another_module_is_not_meant() {
    let memorydb = GROUP.replace("aws_elasticache", "aws_memorydb");
    for files in [
        &[("infra/main.tf", USER), ("infra/cache/parameters.tf", GROUP)][..],
        &[("main.tf", USER), ("infra/parameters.tf", GROUP)],
        // Two modules in one directory: one of them at most is right.
        &[("infra/main.tf", USER), ("infra/a.tf", GROUP), ("infra/b.tf", GROUP)],
    ] {
        let report = lint(files);
        for rule in RELATED {
            assert_eq!(of(&report, rule).len(), 0, "{files:?}: {:?}", report.diagnostics());
        }
    }
    // What MemoryDB holds is data whoever uses it.
    let report = lint(&[("infra/main.tf", USER), ("infra/parameters.tf", &memorydb)]);
    assert_eq!(of(&report, RELATED[0]).len(), 0);
    assert_eq!(only(&report, RELATED[1]).2, "`allkeys-lru` may delete data when memory is full");
}

#[test]
fn a_group_of_the_same_file_goes_before_others() {
    let whole = format!("{USER}{}", GROUP.replace("redis6.x", "redis7"));
    let report = lint(&[("infra/a.tf", GROUP), ("infra/main.tf", &whole), ("infra/z.tf", GROUP)]);
    assert_eq!(of(&report, RELATED[0]).len(), 0, "{:?}", report.diagnostics());
    assert_eq!(only(&report, RELATED[1]).0, "infra/main.tf");
}

#[test]
fn models_of_all_kinds_are_data_and_hide_secrets() {
    for (path, text, word) in [
        ("redis.conf", "requirepass hunter2-hunter2-hunter2\nmaxmemory 1gb\nmaxclients 5\n", "maxmemory"),
        ("sentinel.conf", "sentinel monitor m 10.0.0.1 6379 2\nsentinel auth-pass m hunter2-hunter2\n", "monitor"),
        ("users.acl", "user default on >hunter2-hunter2 ~* +@all\n", "can_log_in"),
        ("redis.info", "# Server\nredis_version:7.2.4\nrun_id:x\n# Keyspace\ndb0:keys=1,expires=0\n", "keyspace"),
        (
            "main.tf",
            "resource \"aws_elasticache_replication_group\" \"a\" {\n  auth_token = \"hunter2-hunter2\"\n}\n",
            "auth_token",
        ),
        (
            "stack.yaml",
            "Resources:\n  A:\n    Type: AWS::ElastiCache::ReplicationGroup\n    Properties:\n      AuthToken: hunter2-x\n",
            "auth_token",
        ),
        ("p.json", "{\"Parameters\": [{\"ParameterName\": \"timeout\", \"ParameterValue\": \"0\"}]}", "timeout"),
    ] {
        let (system, model) = confvet::model(&sources(&[(path, text)]), path).unwrap_or_else(|| panic!("{path}"));
        let data = model.to_string();
        assert_eq!(system, "redis");
        assert!(data.contains(word) && !data.contains("hunter2"), "{path}: {data}");
    }
}
