//! The traps of redis.conf, sentinel.conf, ACL files and INFO: each is read as the servers read it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set the stage shall fail")]

use confvet_core::{Fact, Facts, Input, Source, Sources, System, Target};
use confvet_redis::{
    AclFile, AclProblemKind, Document, Engine, Exposure, IncludeOutcome, Info, Policy, Problem, ProblemKind, Redis,
    RedisConf, SaveFault,
};

const KNOWN: &[&str] = &["redis", "valkey"];

fn target(version: &str) -> Target {
    let mut target = Target::new();
    if let Some((program, version)) = version.split_once(' ') {
        target.set(program, version, KNOWN).unwrap();
    }
    target
}

/// Reads the first file; the others lie beside it. `version` is such as `redis 6.2`, or empty.
fn document(files: &[(&str, &str)], kind: &'static str, version: &str) -> Document {
    let sources: Sources = files.iter().map(|(path, text)| Source::new(*path, *text)).collect();
    let file = sources.by_path(files[0].0).unwrap();
    let (target, facts) = (target(version), Facts::new());
    Redis::parse(&Input { sources: &sources, file, kind, target: &target, facts: &facts }).model
}

fn conf_of(files: &[(&str, &str)], kind: &'static str, version: &str) -> RedisConf {
    match document(files, kind, version) {
        Document::Conf(conf) => *conf,
        other => panic!("no configuration: {other:?}"),
    }
}

fn conf(text: &str, version: &str) -> RedisConf {
    conf_of(&[("redis.conf", text)], "redis-conf", version)
}

fn sentinel(text: &str, version: &str) -> RedisConf {
    conf_of(&[("sentinel.conf", text)], "sentinel-conf", version)
}

fn acl(text: &str, version: &str) -> AclFile {
    match document(&[("users.acl", text)], "redis-acl", version) {
        Document::Acl(acl) => acl,
        other => panic!("no ACL file: {other:?}"),
    }
}

fn info(text: &str) -> Info {
    match document(&[("redis.info", text)], "redis-info", "") {
        Document::Info(info) => info,
        other => panic!("no snapshot: {other:?}"),
    }
}

/// Is there a problem of this kind?
fn has(conf: &RedisConf, kind: impl Fn(&ProblemKind) -> bool) -> bool {
    conf.problems.iter().any(|problem| kind(&problem.kind))
}

fn is_sound(conf: &RedisConf) -> bool {
    conf.problems.is_empty()
}

fn is_arity(kind: &ProblemKind) -> bool {
    matches!(kind, ProblemKind::Arity { .. })
}

fn is_value(kind: &ProblemKind) -> bool {
    matches!(kind, ProblemKind::Value { .. })
}

fn is_unknown(kind: &ProblemKind) -> bool {
    matches!(kind, ProblemKind::Unknown { .. })
}

// Lines and words.

#[test]
fn a_line_may_be_as_long_as_it_likes() {
    let conf = conf(&format!("requirepass {}\nport 1\n", "x".repeat(1 << 20)), "redis 7.2");
    assert_eq!(conf.text("requirepass").unwrap().value.len(), 1 << 20);
    assert_eq!(conf.port().unwrap().value, 1);
}

#[test]
fn a_nul_byte_takes_the_next_line_with_it() {
    // 7.0.15 reads `maxmemory 1gbport 0` here.
    let conf = conf("maxmemory 1gb\0 junk\nport 0\nhz 20\n", "redis 7.0");
    assert!(has(&conf, |kind| matches!(kind, ProblemKind::Nul(1))) && has(&conf, is_arity));
    assert!(conf.last("port").is_none() && conf.number("hz").unwrap().value == 20);
}

#[test]
fn line_ends_are_line_feeds_and_carriage_returns_are_blanks() {
    assert!(is_sound(&conf("port 1\r\n  \tmaxmemory 1gb \t\r\n\r\n", "redis 7.2")));
    let old_mac = conf("port 1\rmaxmemory 1gb\r", "redis 7.2");
    assert!(has(&old_mac, |kind| matches!(kind, ProblemKind::CarriageReturns { comment: false })));
}

#[test]
fn only_a_number_sign_at_the_start_makes_a_comment() {
    assert!(is_sound(&conf("  # port x\n\t#port x\n", "redis 7.2")));
    let trailing = conf("port 1 # x\n", "redis 7.2");
    assert!(has(&trailing, |kind| matches!(kind, ProblemKind::InlineComment { .. })));
    assert_eq!(conf("requirepass pass#word\n", "redis 7.2").text("requirepass").unwrap().value, "pass#word");
    for text in ["; a comment\n", "// a comment\n"] {
        assert!(has(&conf(text, "redis 7.2"), is_unknown), "{text}");
    }
}

#[test]
fn nothing_else_of_other_formats_is_there() {
    for text in ["maxmemory=1gb\n", "maxmemory: 1gb\n", "[section]\n"] {
        assert!(!is_sound(&conf(text, "redis 7.2")), "{text}");
    }
    assert_eq!(conf("bind 10.0.0.1 \\\nport 1\n", "redis 7.2").binds()[1].token.text, "\\");
    assert_eq!(conf("dir ${DATA}\n", "redis 7.2").text("dir").unwrap().value, "${DATA}");
}

#[test]
fn a_byte_order_mark_is_refused_and_the_rest_is_read() {
    let conf = conf("\u{feff}# a comment\nport 1\n", "redis 7.2");
    assert!(has(&conf, |kind| matches!(kind, ProblemKind::ByteOrderMark)));
    assert_eq!(conf.port().unwrap().value, 1);
}

#[test]
fn quotes_open_within_words_and_end_them() {
    let password = |text: &str| conf(text, "redis 7.2").text("requirepass").unwrap().value.to_owned();
    assert_eq!(password("requirepass pa\"ss\"\n"), "pass");
    assert_eq!(password("requirepass \"\\x41\\t\\d\"\n"), "A\td");
    assert_eq!(password("requirepass 'it\\'s \\n'\n"), "it's \\n");
    for text in ["requirepass it's\n", "requirepass \"a\"b\n"] {
        assert!(has(&conf(text, "redis 7.2"), |kind| matches!(kind, ProblemKind::Unbalanced { .. })), "{text}");
    }
}

#[test]
fn names_switches_and_words_of_lists_ignore_case() {
    let conf = conf("MaxMemory 1GB\nMAXMEMORY-POLICY ALLKEYS-LRU\nappendonly YES\n", "redis 7.2");
    assert!(conf.is_on("appendonly"));
    assert_eq!(conf.policy().unwrap().value, Policy::parse("allkeys-lru").unwrap());
    assert_eq!(conf.maxmemory().unwrap().value.bytes(), 1 << 30);
    assert!(is_sound(&conf));
}

#[test]
fn switches_are_yes_and_no() {
    for word in ["on", "off", "true", "1"] {
        for version in ["redis 5.0", "redis 7.2", "valkey 8.0"] {
            assert!(has(&conf(&format!("appendonly {word}\n"), version), is_value), "{word} in {version}");
        }
    }
}

// Values.

#[test]
fn integers_are_strict_from_6_0_on() {
    for text in ["timeout 5m\n", "timeout 007\n", "timeout +5\n"] {
        assert!(has(&conf(text, "redis 6.0"), is_value), "{text}");
    }
    let old = conf("timeout 5m\n", "redis 5.0");
    assert!(has(&old, |kind| matches!(kind, ProblemKind::Suffix { reads_as: 5, .. })));
    assert_eq!(old.number("timeout").unwrap().value, 5);
}

#[test]
fn a_size_in_another_notation_is_refused_or_read_as_nothing() {
    for value in ["4GiB", "50%", "1.5gb", "1tb", "-1", "1 gb"] {
        let text = format!("maxmemory {value}\n");
        assert!(!is_sound(&conf(&text, "redis 6.0")) && !is_sound(&conf(&text, "valkey 8.0")), "{value}");
    }
    let bytes = |version| conf("maxmemory 4GiB\n", version).maxmemory().unwrap().value.bytes();
    assert_eq!((bytes("redis 3.0"), bytes("redis 5.0"), bytes("redis 2.8")), (0, 0, 4));
    assert_eq!(conf("maxmemory 1k\n", "redis 7.2").maxmemory().unwrap().value.bytes(), 1000);
}

#[test]
fn only_maxmemory_clients_takes_a_share() {
    assert!(is_sound(&conf("maxmemory-clients 5%\n", "redis 7.2")));
    assert!(!is_sound(&conf("maxmemory-clients 101%\n", "redis 7.2")));
    assert!(!is_sound(&conf("repl-backlog-size 5%\n", "redis 7.2")));
}

#[test]
fn buffer_limits_stay_lenient_until_6_2() {
    let text = "client-output-buffer-limit normal 256MiB 64mb 60\n";
    let reads_as = |kind: &ProblemKind| matches!(kind, ProblemKind::Size { refused: false, reads_as: Some(0), .. });
    assert!(has(&conf(text, "redis 6.2"), reads_as));
    assert!(has(&conf(text, "redis 7.0"), |kind| matches!(kind, ProblemKind::Size { refused: true, .. })));
}

#[test]
fn sentinel_numbers_are_lenient_in_every_version() {
    for version in ["redis 2.8", "redis 7.4", "valkey 8.0"] {
        let conf = sentinel("sentinel monitor m 10.0.0.1 6379 2\nsentinel down-after-milliseconds m 5s\n", version);
        assert!(has(&conf, |kind| matches!(kind, ProblemKind::Suffix { reads_as: 5, .. })), "{version}");
        assert_eq!(conf.about_masters().number("sentinel down-after-milliseconds", "m").unwrap().value, 5);
    }
}

#[test]
fn modes_are_octal() {
    assert!(is_sound(&conf("unixsocketperm 770\n", "redis 7.2")));
    for mode in ["778", "1000", "rwx"] {
        assert!(has(&conf(&format!("unixsocketperm {mode}\n"), "redis 7.2"), is_value), "{mode}");
    }
}

// How many words.

#[test]
fn some_directives_split_one_quoted_word_from_7_0_on() {
    let points = |version| conf("save \"900 1 300 10\"\n", version).save_points().points;
    assert_eq!(points("redis 7.0"), [(900, 1), (300, 10)]);
    assert_eq!(points("redis 6.0"), []);
    assert_eq!(conf("bind \"10.0.0.1 10.0.0.2\"\n", "redis 7.0").binds().len(), 2);
    assert!(is_sound(&conf("oom-score-adj-values \"0 200 800\"\n", "redis 7.0")));
    assert!(has(&conf("oom-score-adj-values \"0 200 800\"\n", "redis 6.2"), is_arity));
}

#[test]
fn lists_of_one_word_need_quotes() {
    for text in ["tls-protocols TLSv1.2 TLSv1.3\n", "notify-keyspace-events K Ex\n", "ignore-warnings a b\n"] {
        assert!(has(&conf(text, "redis 7.2"), is_arity), "{text}");
    }
    assert!(is_sound(&conf("tls-protocols \"TLSv1.2 TLSv1.3\"\n", "redis 7.2")));
}

// What a second line does.

#[test]
fn the_last_line_counts_under_whichever_name() {
    let conf = conf("slave-read-only no\nreplica-read-only yes\nmaxmemory 1mb\nmaxmemory 2mb\n", "redis 7.2");
    assert!(conf.is_on("replica-read-only"));
    assert_eq!(conf.maxmemory().unwrap().value.bytes(), 2 << 20);
}

#[test]
fn save_points_add_up_and_are_dropped_by_an_empty_one() {
    let points = |text: &str| conf(text, "redis 7.2").save_points().points;
    assert_eq!(points("save 900 1\nsave \"\"\n"), []);
    assert_eq!(points("save \"\"\nsave 900 1\n"), [(900, 1)]);
    assert_eq!(points("save 900 1\nsave 900 1\n"), [(900, 1), (900, 1)]);
}

#[test]
fn bind_replaces_and_buffer_limits_are_kept_by_class() {
    let conf = conf(
        "bind 10.0.0.1\nbind 127.0.0.1\nclient-output-buffer-limit replica 1gb 1gb 1\n\
         client-output-buffer-limit pubsub 1mb 1mb 1\n",
        "redis 7.2",
    );
    assert_eq!((conf.binds().len(), conf.exposure()), (1, Some(Exposure::Loopback)));
    assert_eq!(conf.replica_buffer_limit().unwrap().hard.value.bytes(), 1 << 30);
}

#[test]
fn a_relative_dir_is_taken_from_the_one_before() {
    let conf = conf("dir /var/lib\ndir redis\n", "redis 7.2");
    assert_eq!(conf.directory().unwrap().value, "/var/lib/redis");
}

// Includes.

#[test]
fn an_include_is_read_where_it_stands() {
    let other = ("o.conf", "maxmemory 1gb\n");
    let bytes = |text| {
        let conf = conf_of(&[("redis.conf", text), other], "redis-conf", "redis 7.2");
        conf.maxmemory().unwrap().value.bytes()
    };
    assert_eq!(bytes("maxmemory 2gb\ninclude o.conf\n"), 1 << 30);
    assert_eq!(bytes("include o.conf\nmaxmemory 2gb\n"), 2 << 30);
}

#[test]
fn wildcards_came_with_7_0_and_are_sorted() {
    let files = [("redis.conf", "include d/*.conf\n"), ("d/20.conf", "hz 20\n"), ("d/10.conf", "hz 10\n")];
    let new = conf_of(&files, "redis-conf", "redis 7.0");
    assert_eq!(new.number("hz").unwrap().value, 20);
    let old = conf_of(&files, "redis-conf", "redis 6.2");
    assert_eq!(old.includes[0].outcome, IncludeOutcome::Literal);
    let none = conf("include d/*.conf\n", "valkey 8.0");
    assert_eq!(none.includes[0].outcome, IncludeOutcome::NoMatch);
}

#[test]
fn includes_that_cannot_be_read_are_told_apart() {
    let outcome = |files: &[(&str, &str)]| conf_of(files, "redis-conf", "redis 7.2").includes[0].outcome.clone();
    assert!(matches!(outcome(&[("redis.conf", "include redis.conf\n")]), IncludeOutcome::Cycle(_)));
    assert_eq!(outcome(&[("redis.conf", "include d/x.conf\n"), ("d/y.conf", "")]), IncludeOutcome::Missing);
    assert_eq!(outcome(&[("redis.conf", "include /run/secrets/x.conf\n")]), IncludeOutcome::Outside);
    let behind_dir = [("redis.conf", "dir /data\ninclude x.conf\n"), ("x.conf", "hz 20\n")];
    let conf = conf_of(&behind_dir, "redis-conf", "redis 7.2");
    assert_eq!(conf.includes[0].dir.as_ref().unwrap().text, "/data");
}

// What differs by version.

#[test]
fn defaults_follow_version_and_engine() {
    let empty = |version| conf("port 1\n", version);
    let policy = |version| empty(version).policy().unwrap().value.as_str();
    assert_eq!(
        (policy("redis 2.8"), policy("redis 3.0"), policy("valkey 8.0")),
        ("volatile-lru", "noeviction", "noeviction")
    );
    let points = |version| empty(version).save_points().points.len();
    assert_eq!((points("redis 6.0"), points("redis 6.2"), points("valkey 8.0")), (0, 3, 3));
    let on = |key, version| empty(version).is_on(key);
    assert!(!on("repl-diskless-sync", "redis 6.2") && on("repl-diskless-sync", "redis 7.0"));
    assert!(!on("lazyfree-lazy-eviction", "redis 7.2") && on("lazyfree-lazy-eviction", "valkey 8.0"));
    let number = |key, version| empty(version).number(key).unwrap().value;
    assert_eq!((number("tcp-keepalive", "redis 3.0"), number("tcp-keepalive", "redis 3.2")), (0, 300));
    let size = |version| empty(version).size("repl-backlog-size").unwrap().value.bytes();
    assert_eq!((size("redis 7.2"), size("valkey 8.0")), (1 << 20, 10 << 20));
    let channels = |version| empty(version).text("acl-pubsub-default").unwrap().value.to_owned();
    assert_eq!((channels("redis 6.2"), channels("redis 7.0")), ("allchannels".to_owned(), "resetchannels".to_owned()));
}

#[test]
fn a_save_line_of_the_wrong_form_is_skipped_up_to_6_2() {
    let ignored = |kind: &ProblemKind| matches!(kind, ProblemKind::Save(SaveFault::Ignored(_)));
    let refused = |kind: &ProblemKind| matches!(kind, ProblemKind::Save(SaveFault::Refused(_)));
    for text in ["save 900 1 300 10\n", "save 900\n", "save no\n"] {
        let old = conf(text, "redis 6.2");
        assert!(has(&old, ignored) && old.save_points().points.is_empty(), "{text}");
    }
    assert!(has(&conf("save no\n", "redis 7.0"), refused));
    assert_eq!(conf("save 900 1 300 10\n", "redis 7.0").save_points().points.len(), 2);
}

#[test]
fn words_for_replicas_came_with_5_0_and_slaves_stayed() {
    assert!(has(&conf("replica-read-only yes\n", "redis 4.0"), is_unknown));
    assert!(is_sound(&conf("slave-read-only yes\nslaveof 10.0.0.1 6379\n", "valkey 8.0")));
    let class = "client-output-buffer-limit replica 256mb 64mb 60\n";
    assert!(has(&conf(class, "redis 4.0"), is_value) && is_sound(&conf(class, "redis 5.0")));
}

#[test]
fn module_settings_are_unknown_without_a_module() {
    for (text, version, sound) in [
        ("search.timeout 5\n", "redis 7.2", false),
        ("loadmodule /m.so\nsearch.timeout 5\n", "redis 7.2", true),
        ("loadmodule /m.so\nfoo 5\n", "redis 7.2", false),
        ("loadmodule /m.so\nfoo 5\n", "redis 8.0", true),
        ("foo 5\n", "redis 8.0", false),
    ] {
        assert_eq!(is_sound(&conf(text, version)), sound, "{text} in {version}");
    }
}

#[test]
fn valkey_is_an_engine_of_its_own() {
    assert!(is_sound(&conf("availability-zone a\nprimaryauth x\n", "valkey 8.0")));
    assert!(has(&conf("availability-zone a\n", "redis 7.2"), is_unknown));
    assert!(has(&conf("maxmemory-policy allkeys-lrm\n", "valkey 9.0"), is_value));
    assert!(is_sound(&conf("maxmemory-policy allkeys-lrm\n", "redis 8.6")));
    assert!(has(&conf("maxmemory-samples 65\n", "valkey 8.0"), is_value));
    assert!(is_sound(&conf("maxmemory-samples 65\n", "redis 7.2")));
    assert_eq!(conf("port 1\n", "valkey 8.0").release.to_string(), "Valkey 8.0");
}

// Sentinel.

#[test]
fn a_sentinel_has_defaults_of_its_own() {
    let conf = sentinel("sentinel monitor m 10.0.0.1 6379 2\n", "redis 7.2");
    assert_eq!(conf.port().unwrap().value, 26379);
    assert_eq!(conf.monitors().next().unwrap().quorum_number(), 2);
}

#[test]
fn sentinel_statements_are_checked_one_by_one() {
    for text in [
        "sentinel monitor m 10.0.0.1 6379\n",
        "sentinel monitor m 10.0.0.1 6379 0\n",
        "sentinel monitor m 10.0.0.1 6379 two\n",
        "sentinel monitor m 10.0.0.1 70000 2\n",
        "sentinel down-after-milliseconds m 0\n",
        "sentinel myid abc\n",
        "sentinel resolve-hostnames maybe\n",
        "sentinel frobnicate m\n",
        "sentinel can-failover m yes\n",
        "maxmemorry 1gb\n",
    ] {
        assert!(!is_sound(&sentinel(text, "redis 7.2")), "{text}");
    }
    assert!(has(&sentinel("sentinel resolve-hostnames yes\n", "redis 6.0"), is_unknown));
}

#[test]
fn what_sentinel_writes_itself_is_sound() {
    let text = "port 26379\nsentinel monitor m 10.0.0.1 6379 2\n# Generated by CONFIG REWRITE\n\
                sentinel resolve-hostnames yes\nsentinel resolve-hostnames yes\nuser default on nopass ~* &* +@all\n\
                sentinel myid 6d69708687046589c832e8eabee1f7b34c8546c3\nsentinel config-epoch m 0\n\
                sentinel leader-epoch m 0\nsentinel current-epoch 0\nsentinel known-replica m 10.0.0.2 6379\n\
                sentinel known-sentinel m 10.0.0.3 26379 6d69708687046589c832e8eabee1f7b34c8546c4\n\
                latency-tracking-info-percentiles 50 99 99.9\n";
    let conf = sentinel(text, "redis 7.0");
    assert!(is_sound(&conf), "{:?}", conf.problems.iter().map(|Problem { kind, .. }| kind).collect::<Vec<_>>());
    assert!(conf.sentinel_was_running());
}

// ACL files.

#[test]
fn acl_files_are_read_by_a_loader_of_their_own() {
    for (text, version, sound) in [
        ("\n  \nuser a on  off\r\n", "redis 7.2", true),
        ("# comment\n", "redis 7.2", false),
        ("USER a on\n", "redis 7.2", false),
        ("user  a on\n", "redis 7.2", false),
        ("user\ta on\n", "redis 7.2", false),
        ("user a on >x \"y\"\n", "redis 7.2", false),
        ("user a ~* ~b\n", "redis 7.2", false),
        ("user a &x\n", "redis 6.2", false),
        ("user a &x\n", "redis 7.0", true),
        ("user a (+get ~b)\n", "redis 6.2", false),
        ("user a -config|set\n", "redis 6.2", false),
        ("user a on\nuser a off\n", "redis 6.2", true),
        ("user a on\nuser a off\n", "redis 7.0", false),
        ("user a +nosuch\n", "valkey 8.0", false),
    ] {
        let acl = acl(text, version);
        let problems = acl.problems.len() + acl.users.iter().map(|user| user.problems.len()).sum::<usize>();
        assert_eq!(problems == 0, sound, "{text:?} in {version}");
    }
    let user = &acl("user a\n", "redis 7.2").users[0];
    assert!(!user.can_log_in() && !user.permissions.has_commands && !user.permissions.has_keys);
    let comment = acl("# x\nuser default off\n", "redis 7.2");
    assert!(matches!(comment.problems[0].kind, AclProblemKind::Line(_)) && comment.default_user().is_some());
}

// Snapshots.

#[test]
fn snapshots_may_come_from_the_wire_or_the_shell() {
    let text = "$ redis-cli info\r\n$4050\r\n# Server\r\nvalkey_version:8.0.1\r\nredis_version:7.2.4\r\n\
                server_name:valkey\r\nconfig_file:/a:b\r\n\r\n# Keyspace\r\n\
                db0:keys=30,expires=10,avg_ttl=0,subexpiry=0,later=1\r\n";
    let info = info(text);
    assert_eq!(info.version().unwrap().0, Engine::Valkey);
    assert_eq!(info.field("config_file").unwrap().value, "/a:b");
    assert_eq!((info.keys().keys, info.keys().expires), (30, 10));
    assert_eq!(info.policy(), None);
}

// The model.

#[test]
fn facts_decide_what_a_server_is_for() {
    let sources: Sources = [Source::new("redis.conf", "appendonly yes\n")].into_iter().collect();
    let mut facts = Facts::new();
    facts.set_text(Fact::RedisWorkload.name(), "cache").unwrap();
    let target = Target::new();
    let file = sources.by_path("redis.conf").unwrap();
    let input = Input { sources: &sources, file, kind: "redis-conf", target: &target, facts: &facts };
    assert!(Redis::parse(&input).model.server().unwrap().is_cache());
}
