//! Each trap of reading Patroni's files that a naive parser falls into, one by one.

use confvet_core::{Facts, FileId, Input, Source, Sources, System, Target};
use confvet_patroni::hba::{Connection, HbaAddress, Outcome, decide, read_file};
use confvet_patroni::parameter::{DcsOnly, quantity};
use confvet_patroni::{Completion, Config, Document, HbaInEffect, Origin, Patroni, Side, SyncMode, parse};
use confvet_yaml::Value;

/// What Patroni gets for the value of `x` below `postgresql`.
fn scalar(text: &str) -> String {
    let config = parse(&format!("postgresql:\n  x: {text}\n")).model;
    let node = config.local("postgresql.x").expect("the key is there");
    match node.value() {
        Value::Str(text) => format!("text {text}"),
        Value::Int(value) => value.to_string(),
        value => value.describe().to_owned(),
    }
}

fn refused(text: &str) -> bool {
    parse(text).model.trees().any(|yaml| yaml.problems().iter().any(|problem| problem.kind.is_refused()))
}

#[test]
fn plain_scalars_are_typed_by_yaml_1_1() {
    for (text, expected) in [
        ("010203", "4227"),
        ("0644", "420"),
        ("10:30", "630"),
        ("0b101", "5"),
        ("0x10", "16"),
        ("1_000", "1000"),
        ("5432:5432", "text 5432:5432"),
        ("0o10", "text 0o10"),
        ("1e3", "text 1e3"),
        ("08", "text 08"),
        ("0888", "text 0888"),
        ("y", "text y"),
        ("oN", "text oN"),
        ("secret #1", "text secret"),
        ("secret#1", "text secret#1"),
        ("\"false\"", "text false"),
    ] {
        assert_eq!(scalar(text), expected, "{text}");
    }
    let describe = |value: Value<'_>| value.describe();
    for text in ["yes", "On", "FALSE", "off"] {
        assert_eq!(scalar(text), describe(Value::Bool(true)), "{text}");
    }
    for text in ["~", "null", "NULL", ""] {
        assert_eq!(scalar(text), describe(Value::Null), "{text}");
    }
    assert_eq!(scalar("2024-01-01"), describe(Value::Timestamp("")));
}

#[test]
fn what_stops_the_daemon() {
    for text in [
        "restapi:\n\tlisten: a\n",
        "a: 1\n---\nb: 2\n",
        "listen: *:8008\n",
        "listen: [::1]:8008\n",
        "password: @abc\n",
        "password: %abc\n",
        "password: `abc\n",
        "a: =\n",
        "a: !foo b\n",
        "a: *nothing\n",
    ] {
        assert!(refused(text), "{text}");
    }
    for text in ["\u{feff}scope: a\r\nname: b\r\n", "a: &x 1\nb: *x\nc: {<<: {d: 1}}\n"] {
        assert!(!refused(text), "{text}");
    }
}

#[test]
fn a_later_equal_key_wins_as_a_whole() {
    let config = parse("postgresql:\n  data_dir: /pg\npostgresql:\n  listen: a:1\n").model;
    assert!(config.local("postgresql.data_dir").is_none());
    assert!(config.local("postgresql.listen").is_some());
    assert_eq!(config.duplicates().len(), 1);
    assert_eq!(parse("on: 1\ntrue: 2\n\"true\": 3\n").model.duplicates().len(), 1);
    assert!(parse("x: &x {a: 1}\ny: {<<: *x, a: 2}\n").model.duplicates().is_empty());
}

#[test]
fn a_colon_in_a_line_makes_it_a_mapping() {
    let config = parse("postgresql: {pg_hba: [local all all peer, \"x\"]}\n").model;
    assert_eq!(config.hba_list(Origin::Local).unwrap().lines.len(), 2);
    let config = parse("postgresql:\n  pg_hba:\n  - host all all fe80::/10 md5: x\n  - local all all peer\n").model;
    assert_eq!(config.hba_list(Origin::Local).unwrap().lines.len(), 1);
}

#[test]
fn quoted_switches_and_tags() {
    let mode = |value: &str| parse(&format!("bootstrap: {{dcs: {{synchronous_mode: {value}}}}}\n")).model.sync_mode();
    for value in ["on", "\"on\"", "\"TRUE\"", "1"] {
        assert_eq!(mode(value), Some(SyncMode::On), "{value}");
    }
    for value in ["off", "\"no\"", "qourum"] {
        assert_eq!(mode(value), Some(SyncMode::Off), "{value}");
    }
    assert_eq!(mode("Quorum"), Some(SyncMode::Quorum));
    assert!(parse("tags: {nofailover: \"false\"}\n").model.tag_is_on("nofailover"));
    assert!(!parse("tags: {nofailover: false}\n").model.tag_is_on("nofailover"));
}

#[test]
fn local_keys_replace_dynamic_ones_except_where_patroni_keeps_them() {
    let text = "bootstrap:\n  dcs:\n    ttl: 40\n    postgresql:\n      use_pg_rewind: true\n      parameters: {wal_level: logical, work_mem: 4MB, jit: on}\n\
                ttl: 60\npostgresql:\n  use_pg_rewind: false\n  parameters: {wal_level: replica, work_mem: 8MB}\n";
    let config = parse(text).model;
    assert_eq!(config.timing().ttl.value, 40);
    assert!(config.pg_rewind().is_none());
    let parameter = |name: &str| config.parameter(name).and_then(|setting| setting.text());
    assert_eq!(parameter("wal_level"), Some("logical"));
    assert_eq!(parameter("work_mem"), Some("8MB"));
    assert_eq!(parameter("jit"), Some("on"));
    assert_eq!(config.parameter("jit").unwrap().side, Side::Dynamic);
}

#[test]
fn numbers_sizes_and_addresses() {
    let ttl = |value: &str| parse(&format!("bootstrap: {{dcs: {{ttl: {value}}}}}\n")).model.timing().ttl.value;
    assert_eq!(ttl("\"60\""), 60);
    assert_eq!(ttl("30s"), 30);
    assert_eq!(ttl("4_0"), 40);
    for (text, base, expected) in [
        ("64 MB", "kB", Some(65_536.0)),
        ("0x10", "kB", Some(16.0)),
        ("010", "kB", Some(8.0)),
        ("1.5GB", "MB", Some(1536.0)),
        ("1e3", "", Some(1000.0)),
        ("8gb", "kB", None),
        ("1G", "kB", None),
        ("10s", "kB", None),
        ("10m", "ms", None),
        ("2min", "s", Some(120.0)),
    ] {
        assert_eq!(quantity(text, base), expected, "{text}");
    }
    let config = parse("postgresql: {listen: \"10.0.0.1,127.0.0.1:5433\"}\n").model;
    let listen = config.address("postgresql.listen").unwrap().value;
    assert_eq!((listen.hosts().count(), listen.port_or(5432)), (2, Some(5433)));
}

#[test]
fn patroni_keeps_parameters_to_itself() {
    let accepts = |name: &str, value: &str| DcsOnly::find(name).unwrap().accepts(value);
    for (name, least, below) in [
        ("max_connections", "25", "24"),
        ("max_wal_senders", "3", "2"),
        ("max_replication_slots", "4", "3"),
        ("max_worker_processes", "2", "1"),
        ("max_locks_per_transaction", "32", "31"),
        ("max_prepared_transactions", "0", "-1"),
        ("wal_keep_segments", "1", "0"),
        ("wal_keep_size", "16MB", "15MB"),
        ("wal_level", "hot_standby", "minimal"),
        ("track_commit_timestamp", "on", "maybe"),
        ("wal_log_hints", "off", "x"),
    ] {
        assert!(accepts(name, least), "{name}");
        assert!(!accepts(name, below), "{name}");
    }
}

#[test]
fn who_provides_the_pg_hba_list() {
    let origin = |text: &str| match parse(text).model.hba() {
        HbaInEffect::Only(list) => format!("{:?}", list.origin),
        HbaInEffect::AfterInitdb(list) => format!("after initdb {:?}", list.origin),
        HbaInEffect::Initdb => "initdb".to_owned(),
        HbaInEffect::Unknown => "unknown".to_owned(),
    };
    let list = "[local all all peer]";
    assert_eq!(origin(&format!("bootstrap: {{dcs: {{ttl: 30}}, pg_hba: {list}}}\n")), "after initdb Bootstrap");
    assert_eq!(origin(&format!("bootstrap: {{dcs: {{postgresql: {{pg_hba: {list}}}}}, pg_hba: {list}}}\n")), "Dynamic");
    let both = format!("bootstrap: {{dcs: {{postgresql: {{pg_hba: {list}}}}}}}\npostgresql: {{pg_hba: {list}}}\n");
    assert_eq!(origin(&both), "Local");
    let null = format!("bootstrap: {{dcs: {{postgresql: {{pg_hba: {list}}}}}}}\npostgresql: {{pg_hba: }}\n");
    assert_eq!(origin(&null), "initdb");
    assert_eq!(origin("bootstrap: {dcs: {ttl: 30}}\n"), "initdb");
    let own =
        format!("bootstrap: {{dcs: {{ttl: 30}}}}\npostgresql: {{pg_hba: {list}, parameters: {{hba_file: /x}}}}\n");
    assert_eq!(origin(&own), "unknown");
    let method = "bootstrap: {dcs: {ttl: 30}, method: restore, restore: {command: /x}}\n";
    assert_eq!(origin(method), "unknown");
}

fn admits(line: &str, database: Option<&str>, user: &str, from: &str) -> bool {
    let lines = read_file(FileId(0), line, Some(16));
    assert!(lines.iter().all(|line| line.problems.is_empty()), "{line}");
    let connection = Connection { database, user, from: from.parse().ok(), tls: Some(true) };
    matches!(decide(&lines, &connection), Outcome::Admitted(_))
}

#[test]
fn words_of_pg_hba() {
    assert!(admits("host all all all md5", Some("db"), "u", "10.0.0.1"));
    assert!(!admits("host all all all md5", None, "u", "10.0.0.1"), "all is not replication");
    assert!(admits("host replication u all md5", None, "u", "10.0.0.1"));
    assert!(!admits("host \"replication\" u all md5", None, "u", "10.0.0.1"), "quotes take the meaning away");
    assert!(admits("host \"replication\" u all md5", Some("replication"), "u", "10.0.0.1"));
    assert!(!admits("host ALL all all md5", Some("db"), "u", "10.0.0.1"), "case counts");
    assert!(admits("host a,b x, u all md5", Some("b"), "u", "10.0.0.1"));
    assert!(!admits("host all all * md5", Some("db"), "u", "10.0.0.1"), "a host name that nobody has");
    assert!(!admits("host all all 0.0.0.0/0 md5", Some("db"), "u", "::1"), "IPv4 only");
    assert!(admits("host all all 10.0.0.1 32 md5", Some("db"), "u", "128.0.0.1"), "mask 0.0.0.32");
    assert!(admits("host all all 10.0.0.17/16 md5", Some("db"), "u", "10.0.9.9"), "bits below the mask");
    assert!(admits("hostssl all all 10.0.0.0/8 cert clientcert=verify-full", Some("db"), "u", "10.0.9.9"));
}

#[test]
fn the_first_match_decides_without_falling_through() {
    let lines = "host all u 10.0.0.0/8 reject\nhost all all all md5";
    assert!(!admits(lines, Some("db"), "u", "10.0.0.1"));
    assert!(admits(lines, Some("db"), "v", "10.0.0.1"));
}

#[test]
fn comments_quotes_and_continuations_of_pg_hba() {
    let read = |text: &str, major| read_file(FileId(0), text, Some(major));
    assert_eq!(read("host all all all md5#x", 16)[0].record.as_ref().unwrap().method.value, "md5");
    let quoted = read("host \"a \"\"b\"\" #,c\" all all md5", 16);
    assert_eq!(quoted[0].record.as_ref().unwrap().databases[0].text, "a \"b\" #,c");
    assert_eq!(read("host all all \\\nall md5", 14).len(), 1);
    assert_eq!(read("host all all \\\nall md5", 13).len(), 2);
    assert!(read("\u{a0}host all all all md5", 16)[0].record.is_none());
    let long = format!("host {} all all md5", "x".repeat(300));
    assert!(read(&long, 16)[0].record.is_some());
    let record = read("host all all samenet md5,", 16).remove(0).record.unwrap();
    assert_eq!(record.address.value, HbaAddress::SameNet);
}

#[test]
fn equal_lists_of_many_lines_are_compared_in_no_time() {
    let mut text = String::new();
    for number in 0..20_000 {
        text.push_str(&format!("host db{number} all 10.0.{}.{}/32 md5\n", number / 250 % 250, number % 250));
    }
    text.push_str("host db7 u 10.0.0.7/32 md5\nhost all all 10.0.0.0/8 md5\nhost x y 10.9.0.0/16 trust\n");
    let lines = read_file(FileId(0), &text, Some(16));
    assert_eq!(lines[20_000].covered_by, Some(7));
    assert_eq!(lines[20_001].covered_by, None);
    assert_eq!(lines[20_002].covered_by, Some(20_001));
}

fn read(path: &str, kind: &'static str, files: &[(&str, &str)]) -> Document {
    let sources: Sources = files.iter().map(|(path, text)| Source::new(*path, *text)).collect();
    let file = sources.by_path(path).expect("the file is there");
    let (target, facts) = (Target::new(), Facts::new());
    Patroni::parse(&Input { sources: &sources, file, kind, target: &target, facts: &facts }).model
}

#[test]
fn a_directory_is_merged_in_the_order_of_names() {
    let files = [
        ("conf.d/10-base.yml", "scope: main\nrestapi: {listen: a:1}\npostgresql: {listen: a:1, data_dir: /a}\n"),
        ("conf.d/20-node.yaml", "name: pg1\nrestapi: null\npostgresql: {data_dir: /b}\n"),
        ("conf.d/readme.txt", "name: x\n"),
    ];
    let document = read("conf.d/10-base.yml", "patroni-yml", &files);
    let config: &Config = document.configs().next().unwrap();
    let text = |path: &str| config.text(path).map(|value| value.value);
    assert_eq!(text("scope"), Some("main"));
    assert_eq!(text("name"), Some("pg1"));
    assert_eq!(text("postgresql.data_dir"), Some("/b"));
    assert_eq!(text("postgresql.listen"), Some("a:1"));
    assert_eq!(text("restapi.listen"), None, "a null takes the key away");
    let alone = [files[0], ("conf.d/20-node.yaml", "name: pg1\nscope: other\n")];
    let document = read("conf.d/10-base.yml", "patroni-yml", &alone);
    assert!(document.configs().next().unwrap().name().is_none());
}

#[test]
fn a_directory_is_merged_where_confvet_toml_says_so() {
    let files = [
        ("etc/patroni.d/a.yml", "scope: main\nname: x\npostgresql: {listen: a:1}\n"),
        ("etc/patroni.d/b.yml", "name: pg1\n"),
    ];
    let sources: Sources = files.iter().map(|(path, text)| Source::new(*path, *text)).collect();
    let name = |facts: &Facts| {
        let target = Target::new();
        let input = Input { sources: &sources, file: FileId(0), kind: "patroni-yml", target: &target, facts };
        let parsed = Patroni::parse(&input);
        let config = parsed.model.configs().next().expect("a configuration");
        (config.name().map(|name| name.value.to_owned()), parsed.files.len())
    };
    assert_eq!(name(&Facts::new()), (Some("x".to_owned()), 1));
    let mut facts = Facts::new();
    facts.set_text("patroni_config_dirs", "patroni.d").expect("a list");
    assert_eq!(name(&facts), (Some("pg1".to_owned()), 2));
}

#[test]
fn includes_of_postgresql_conf_are_read_in_their_place() {
    let files = [
        ("pg/postgresql.conf", "work_mem = 4MB\ninclude_dir 'conf.d'\ninclude = 'postgresql.conf'\njit = off\n"),
        ("pg/conf.d/10.conf", "work_mem = 8MB\njit = on\n"),
        ("pg/conf.d/.hidden.conf", "work_mem = 16MB\n"),
    ];
    let Document::Conf(file) = read("pg/postgresql.conf", "postgresql-conf", &files) else { panic!("another kind") };
    let value = |name: &str| file.setting(name).map(|line| line.value.value.to_string());
    assert_eq!(value("work_mem").as_deref(), Some("8MB"));
    assert_eq!(value("JIT").as_deref(), Some("off"));
    assert!(!file.is_open);
    let Document::Conf(file) = read("a", "postgresql-conf", &[("a", "include_if_exists = 'gone.conf'\n")]) else {
        panic!()
    };
    assert!(file.is_open);
}

#[test]
fn documents_in_other_files_keep_their_places() {
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  patroni.yml: |\n    scope: main\n    bootstrap: {dcs: {ttl: 20}}\n    postgresql:\n      listen: a:1\n  pg_hba.conf: |\n    local all all peer\n";
    let document = read("map.yaml", "patroni-manifest", &[("map.yaml", text)]);
    let config = document.configs().next().unwrap();
    let listen = config.local("postgresql.listen").unwrap();
    assert_eq!(&text[listen.span().range()], "a:1");
    assert_eq!(config.completion, Completion::Environment);
    let hba = document.parts().iter().find(|part| matches!(part, Document::Hba(_))).unwrap();
    assert_eq!(hba.effective_hba()[0].text, "local all all peer");

    let spilo = "spec:\n  containers:\n  - env:\n    - name: SPILO_CONFIGURATION\n      value: |\n        bootstrap:\n          initdb: [{auth-host: md5}]\n";
    let document = read("pod.yaml", "patroni-manifest", &[("pod.yaml", spilo)]);
    assert_eq!(document.configs().next().unwrap().completion, Completion::Spilo);

    let cloud =
        "write_files:\n- path: /etc/patroni.yml\n  content: |\n    scope: main\n    postgresql:\n      listen: a:1\n";
    let document = read("user-data", "patroni-manifest", &[("user-data", cloud)]);
    assert_eq!(document.configs().next().unwrap().completion, Completion::Nothing);
}

#[test]
fn variables_are_found_wherever_they_stand() {
    let names = |kind, text| -> Vec<String> {
        let document = read("x", kind, &[("x", text)]);
        let blocks = document.environments().flat_map(|block| &block.variables);
        blocks.map(|variable| variable.name.value.to_string()).collect()
    };
    assert_eq!(
        names("patroni-env", "# PATRONI_X=1\nexport PATRONI_SCOPE=a\n PATRONI_NAME='b'\n"),
        ["PATRONI_SCOPE", "PATRONI_NAME"]
    );
    let list = "services: {db: {environment: [PATRONI_SCOPE=a, PATRONI_NAME=b, X=y]}}\n";
    assert_eq!(names("patroni-manifest", list), ["PATRONI_SCOPE", "PATRONI_NAME"]);
    let pod = "spec: {containers: [{env: [{name: PATRONI_SCOPE, value: a}, {name: PATRONI_NAME, valueFrom: {}}]}]}\n";
    assert_eq!(names("patroni-manifest", pod), ["PATRONI_SCOPE", "PATRONI_NAME"]);
}

#[test]
fn secrets_of_variables_are_never_shown() {
    let text = "PATRONI_SUPERUSER_PASSWORD=hush\nPATRONI_SCOPE=a\n";
    let sources: Sources = [Source::new("a.env", text)].into_iter().collect();
    let (target, facts) = (Target::new(), Facts::new());
    let input = Input { sources: &sources, file: FileId(0), kind: "patroni-env", target: &target, facts: &facts };
    let parsed = Patroni::parse(&input);
    assert_eq!(parsed.secrets.iter().map(|span| &text[span.range()]).collect::<Vec<_>>(), ["hush"]);
    assert!(!serde_json::to_string(&parsed.model).unwrap().contains("hush"));
}

/// A patroni.yml with a file of variables beside it.
fn beside(config: &str, variables: &str) -> Document {
    read("db/patroni.yml", "patroni-yml", &[("db/patroni.yml", config), ("db/patroni.env", variables)])
}

#[test]
fn variables_override_the_file_key_by_key() {
    let text = "scope: main\nname: pg1\nrestapi: {listen: 0.0.0.0:8008, connect_address: 10.0.0.1:8008}\n\
                postgresql: {listen: a:1, bin_dir: /usr/lib/postgresql/13/bin}\n";
    let variables = "PATRONI_SCOPE=other\nexport PATRONI_RESTAPI_LISTEN=127.0.0.1:8008\nPATRONI_POSTGRESQL_BIN_DIR=/pg\nX_PATRONI_NAME=x\n";
    let document = beside(text, variables);
    let config = document.configs().next().unwrap();
    assert!(config.is_overridden("restapi.listen") && config.is_set("restapi.listen"));
    assert!(config.scope().is_none() && config.cluster().is_none(), "the file's is not in effect");
    assert!(config.local("restapi.listen").is_none() && config.local("postgresql.bin_dir").is_none());
    assert_eq!(config.postgresql, None);
    let text_at = |path: &str| config.text(path).map(|value| value.value);
    assert_eq!(text_at("restapi.connect_address"), Some("10.0.0.1:8008"), "its neighbour is");
    assert_eq!(text_at("name"), Some("pg1"));
    let document = beside(text, "PATRONI_SCOPE=main\nPATRONI_NAME=\"pg1\"\n");
    let config = document.configs().next().unwrap();
    assert_eq!(config.scope().map(|scope| scope.value), Some("main"), "the same value is in effect");
    assert!(config.name().is_none(), "quotes are not everywhere taken away");
    let document = beside(text, "X_PATRONI_NAME=x\n#PATRONI_SCOPE=y\n");
    let config = document.configs().next().unwrap();
    assert_eq!((config.scope().map(|scope| scope.value), config.postgresql), (Some("main"), Some(13)));
    let dynamic = [("db/dcs.yml", "ttl: 30\nloop_wait: 10\n"), ("db/.env", "PATRONI_SCOPE=a\n")];
    let document = read("db/dcs.yml", "patroni-dynamic", &dynamic);
    assert!(!document.configs().next().unwrap().is_overridden("scope"), "variables do not reach the store");
}

#[test]
fn a_variable_of_a_store_makes_its_section() {
    let sections = |variables: &str| -> Vec<String> {
        let document = beside("scope: a\netcd: {hosts: 10.0.0.1:2379}\npostgresql: {listen: a:1}\n", variables);
        let sections = document.configs().next().unwrap().dcs_sections();
        sections.iter().filter_map(|entry| entry.key.text()).map(str::to_owned).collect()
    };
    assert!(sections("PATRONI_CONSUL_HOST=c:8500\n").is_empty(), "which store is used the file does not say");
    assert!(sections("PATRONI_KUBERNETES_NAMESPACE=db\n").is_empty());
    assert_eq!(sections("PATRONI_ETCD_PASSWORD=x\nPATRONI_CONSUL_TOKEN=y\n"), ["etcd"]);
}

#[test]
fn a_whole_configuration_in_a_variable_is_read_alone() {
    let whole = "PATRONI_CONFIGURATION: |\n        scope: main\n        name: pg1\n        postgresql:\n          listen: a:1\n";
    let compose = format!("services:\n  db:\n    environment:\n      {whole}      PATRONI_SCOPE: other\n");
    let document = read("compose.yml", "patroni-manifest", &[("compose.yml", &compose)]);
    let config = document.configs().next().unwrap();
    assert_eq!(config.scope().map(|scope| scope.value), Some("main"), "the other variables are ignored");
    assert!(!config.is_overridden("scope"));

    let written =
        "write_files:\n- path: /etc/patroni.yml\n  content: |\n    scope: main\n    postgresql:\n      listen: a:1\n";
    let cloud =
        format!("{written}- path: /etc/patroni.env\n  content: |\n    PATRONI_SCOPE=other\n    PATRONI_NAME=pg1\n");
    let document = read("user-data", "patroni-manifest", &[("user-data", &cloud)]);
    let config = document.configs().next().unwrap();
    assert!(config.scope().is_none() && config.is_overridden("name"), "a file is overridden");
    let same = beside("scope: main\npostgresql: {listen: a:1}\n", "PATRONI_CONFIGURATION='{scope: other}'\n");
    let config = same.configs().next().unwrap();
    assert_eq!(config.scope().map(|scope| scope.value), Some("main"), "where there is a file, it is not read");
}
