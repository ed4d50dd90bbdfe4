//! What a naive reader of prometheus.yml gets wrong, trap by trap: go-yaml's strict dialect, durations, sizes, paths,
//! inheritance, and what one block of client settings may hold together.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use confvet_core::{Facts, FileId, Input, Severity, Source, Sources, System, Target, parse_version};
use confvet_prometheus::{Check, Document, Prometheus, parse, parse_rules};

/// The rules that speak of a prometheus.yml.
fn checks(text: &str) -> Vec<Check> {
    parse(text).model.problems.iter().map(|problem| problem.check).collect()
}

fn checks_of_rules(text: &str) -> Vec<Check> {
    parse_rules(text).model.problems.iter().map(|problem| problem.check).collect()
}

fn read(kind: &'static str, bytes: &[u8], version: &str) -> Document {
    let sources: Sources = [Source::from_bytes("prometheus.yml", bytes.to_vec())].into_iter().collect();
    let (mut target, facts) = (Target::new(), Facts::new());
    target.insert("prometheus", parse_version(version).unwrap());
    Prometheus::parse(&Input { sources: &sources, file: FileId(0), kind, target: &target, facts: &facts }).model
}

/// A job with these further lines, indented by two blanks.
fn job(lines: &str) -> String {
    format!("scrape_configs:\n- job_name: a\n  static_configs: [{{targets: ['b:9100']}}]\n{lines}")
}

/// A job with one relabel rule.
fn rule(lines: &str) -> String {
    job(&format!("  relabel_configs:\n  - source_labels: [x]\n    target_label: y\n    {lines}\n"))
}

#[track_caller]
fn assert_sound(text: &str) {
    assert_eq!(checks(text), [], "{text}");
}

#[track_caller]
fn assert_refused(text: &str, check: Check) {
    assert_eq!(checks(text), [check], "{text}");
}

#[test]
fn keys_are_known_and_stand_once() {
    assert_refused("scrape_configs:\n- job_name: a\n  static_config: []\n", Check::UnknownKey);
    assert_refused("x-common: &c {a: b}\nscrape_configs: []\n", Check::UnknownKey);
    assert_refused("scrape_configs: []\nglobal: {}\nscrape_configs: []\n", Check::DuplicateKey);
    assert_refused(&job("  params: {a: [b], a: [c]}\n"), Check::DuplicateKey);
    assert_refused("global: {external_labels: {a: b, a: b}}\n", Check::DuplicateKey);
    assert_refused("scrape_configs:\n- job_name: a\n  static_configs: [{labels: {x: y, x: z}}]\n", Check::DuplicateKey);
    assert_eq!(checks_of_rules("groups:\n- name: a\n  rules: []\n  name: b\n"), [Check::DuplicateKey]);
    assert_eq!(checks_of_rules("groups:\n- name: a\n  rule: []\n"), [Check::UnknownKey]);
}

#[test]
fn only_the_first_document_is_read_and_nothing_is_a_configuration_too() {
    assert_refused("scrape_configs: []\n---\nscrape_configs: []\n", Check::ExtraDocument);
    for text in ["", "# nothing\n", "---\n", "{}\n", "\u{feff}scrape_configs: []\n"] {
        assert_sound(text);
    }
    assert_eq!(checks_of_rules("groups: []\n---\ngroups: []\n"), [Check::ExtraDocument]);
    assert_refused("- job_name: a\n  static_configs: []\n", Check::WrongType);
    assert_refused("scrape_configs: {job_name: a}\n", Check::WrongType);
}

#[test]
fn null_is_the_zero_and_not_the_default() {
    let flips =
        ["honor_timestamps:", "scheme: ~", "metrics_path: null", "enable_compression: NULL", "follow_redirects:"];
    for line in flips {
        assert_refused(&job(&format!("  {line}\n")), Check::NullDefault);
    }
    for line in ["separator:", "replacement:", "regex:"] {
        assert_refused(&rule(line), Check::NullDefault);
    }
    assert_refused(&rule("action:"), Check::RelabelFields);
    for line in ["scrape_interval:", "sample_limit:", "honor_labels:", "params:", "body_size_limit:"] {
        assert_sound(&job(&format!("  {line}\n")));
    }
    let lists = [
        "scrape_configs:\n-\n",
        "remote_write: [~]\n",
        "remote_read: [null]\n",
        "alerting: {alert_relabel_configs: [~]}\n",
        "scrape_configs: [{job_name: a, static_configs: [~]}]\n",
        "scrape_configs: [{job_name: a, relabel_configs: [~]}]\n",
        "scrape_configs: [{job_name: a, metric_relabel_configs: [~]}]\n",
        "scrape_configs: [{job_name: a, ec2_sd_configs: [~]}]\n",
    ];
    for text in lists {
        assert_refused(text, Check::MissingRequired);
    }
}

#[test]
fn scalars_are_what_go_yaml_makes_of_them() {
    for word in ["true", "True", "TRUE", "yes", "Yes", "on", "ON", "y", "Y", "false", "no", "off", "n", "N"] {
        assert_sound(&job(&format!("  honor_labels: {word}\n")));
    }
    for word in ["\"true\"", "'yes'", "1", "tRUE", "[true]"] {
        assert_refused(&job(&format!("  honor_labels: {word}\n")), Check::WrongType);
    }
    for word in ["9100", "true", "1.10", "010", "2024-01-01", "1_000", "0x1F", "yes", "'~'"] {
        let document = parse(&format!("scrape_configs: [{{job_name: {word}}}]\n")).model;
        assert_eq!(document.problems, [], "{word}");
        let name = document.config().unwrap().scrape_configs[0].job_name.clone().unwrap();
        assert_eq!(name.value, word.trim_matches('\''));
    }
    for word in ["null", "Null", "NULL", "~", ""] {
        assert_refused(&format!("scrape_configs: [{{job_name: {word}}}]\n"), Check::MissingRequired);
    }
    for (word, value) in
        [("10", 10), ("010", 8), ("0x10", 16), ("0b11", 3), ("1_000", 1000), ("2.9", 2), ("1e3", 1000), ("+7", 7)]
    {
        let document = parse(&job(&format!("  sample_limit: {word}\n"))).model;
        assert_eq!(document.problems, [], "{word}");
        let limit = document.config().unwrap().scrape_configs[0].sample_limit.unwrap();
        assert_eq!(limit.value, value, "{word}");
    }
    for word in ["-1", "'10'", "many"] {
        assert_refused(&job(&format!("  sample_limit: {word}\n")), Check::WrongType);
    }
    let regex = |text: &str| parse(&rule(text)).model.jobs().next().unwrap().relabel[0].rule.regex.as_str().to_owned();
    assert_eq!(regex("regex: true"), "true");
    assert_eq!(regex("regex: foo #bar"), "foo");
    assert_eq!(regex("regex: !!binary YS4q"), "a.*");
    assert_eq!(regex("regex: !!str 1.10"), "1.10");
}

#[test]
fn anchors_stand_at_their_first_use_and_merges_apply_in_their_order() {
    let text = "scrape_configs:\n- &a\n  job_name: a\n  scheme: https\n- <<: *a\n  job_name: b\n- job_name: c\n  scheme: http\n  \
                <<: *a\n";
    let document = parse(text).model;
    let jobs: Vec<(&str, &str)> = document.jobs().map(|job| (job.title(), job.scheme())).collect();
    // Behind a key a merge overrides it.
    assert_eq!(jobs, [("a", "https"), ("b", "https"), ("a", "https")]);
    assert_eq!(checks(text), [Check::DuplicateName]);
}

#[test]
fn the_encoding_is_utf_8_or_marked_as_utf_16() {
    let text = "scrape_configs:\n- job_name: a\n";
    let utf_16: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let config = Prometheus::KINDS[0];
    // The server reads it; so it is not refused here, but not read either.
    let problems = read(config, &utf_16, "3.5").problems;
    assert_eq!((problems.len(), problems[0].severity), (1, Some(Severity::Info)));
    let bad = [b"scrape_configs:\n- job_name: a\xff\n".as_slice(), b"scrape_configs: [{job_name: \"\xc3\"}]\n"];
    for bytes in bad {
        let problems = read(config, bytes, "3.5").problems;
        assert_eq!(problems.iter().map(|problem| problem.check).collect::<Vec<_>>(), [Check::YamlSyntax]);
    }
    assert_refused("scrape_configs: [{job_name: !!binary /w==}]\n", Check::InvalidValue);
}

#[test]
fn what_regexes_look_like_is_often_no_plain_scalar() {
    let plain = ["regex: *.example.com", "regex: [0-9]+", "regex: 'a' b", "regex: a: b", "regex: {2}x", "regex: |x"];
    let signs = ["separator: ,", "separator: @", "separator: :", "separator: |x", "separator: '", "separator: `"];
    let quoted = [r#"regex: "\d+""#, r#"regex: "(.*)\.""#, r#"replacement: "\1""#];
    for line in plain.iter().chain(&signs).chain(&quoted) {
        assert_refused(&rule(line), Check::YamlSyntax);
    }
    for line in
        ["regex: '*.x'", r"regex: '\d+'", r"regex: (.*)\.", r#"regex: "\\d+""#, "separator: ';'", "separator: '@'"]
    {
        assert!(!checks(&rule(line)).contains(&Check::YamlSyntax), "{line}");
    }
    assert_refused("scrape_configs:\n\t- job_name: a\n", Check::YamlSyntax);
    assert_refused("scrape_configs:\n- job_name: *nothing\n", Check::YamlSyntax);
}

#[test]
fn labels_of_rules_may_be_numbers() {
    let text =
        "groups:\n- name: a\n  rules:\n  - {alert: A, expr: up == 0, labels: {severity: 1, page: true, x: 010}}\n";
    assert_eq!(checks_of_rules(text), []);
    let labels = parse_rules(text).model.rule_files()[0].groups[0].rules[0].labels.clone();
    let values: Vec<&str> = labels.values().map(|value| value.value.as_str()).collect();
    assert_eq!(values, ["true", "1", "010"]);
}

#[test]
fn durations_and_sizes_are_strict() {
    for text in ["15s", "1h30m", "1y2w3d4h5m6s7ms", "0", "0s", "90m"] {
        assert_sound(&format!("global: {{evaluation_interval: {text}}}\n"));
    }
    for text in ["15", "1.5m", "30s1m", "15 s", "15S", "-1m", "1m1m", "s", "1µs"] {
        assert_refused(&format!("global: {{evaluation_interval: {text}}}\n"), Check::InvalidValue);
    }
    for text in ["0", "10MB", "1.5GiB", "1GB512MB", "+1B"] {
        assert_sound(&job(&format!("  body_size_limit: {text}\n")));
    }
    for text in ["100", "10M", "10kB", "10 MB", "MB"] {
        assert_refused(&job(&format!("  body_size_limit: {text}\n")), Check::InvalidValue);
    }
}

#[test]
fn wildcards_stand_in_the_last_part_of_a_path() {
    for text in ["rules/*.yml", "rules/**.yml", "/etc/x/[ab]?.yml", "*.yml"] {
        assert_sound(&format!("rule_files: ['{text}']\n"));
        assert_sound(&format!("scrape_config_files: ['{text}']\n"));
    }
    assert_refused("rule_files: ['rules/*/a.yml']\n", Check::InvalidValue);
    assert_refused("scrape_config_files: ['*/a.yml']\n", Check::InvalidValue);
    let files = |name: &str| format!("scrape_configs: [{{job_name: a, file_sd_configs: [{{files: ['{name}']}}]}}]\n");
    for name in ["a.json", "t/*.yml", "a.yaml", "A.YML", "x/a.JSON"] {
        assert_sound(&files(name));
    }
    for name in ["a.conf", "a.Yml", "targets", "x/*/a.json"] {
        assert_refused(&files(name), Check::InvalidValue);
    }
}

#[test]
fn intervals_are_inherited_and_timeouts_capped() {
    let times = |global: &str, lines: &str| {
        let document = parse(&format!("global: {{{global}}}\n{}", job(lines))).model;
        let job = document.jobs().next().unwrap();
        (document.interval(job).to_string(), document.timeout(job).to_string())
    };
    let pair = |interval: &str, timeout: &str| (interval.to_owned(), timeout.to_owned());
    assert_eq!(times("", ""), pair("1m", "10s"));
    assert_eq!(times("scrape_interval: 5s", ""), pair("5s", "5s"));
    assert_eq!(times("scrape_interval: 30s, scrape_timeout: 20s", ""), pair("30s", "20s"));
    assert_eq!(times("scrape_interval: 30s, scrape_timeout: 20s", "  scrape_interval: 15s\n"), pair("15s", "15s"));
    assert_eq!(times("scrape_interval: 30s", "  scrape_interval: 0s\n  scrape_timeout: 25s\n"), pair("30s", "25s"));
    assert_refused(&job("  scrape_interval: 10s\n  scrape_timeout: 11s\n"), Check::Timeout);
    assert_refused("global: {scrape_interval: 10s, scrape_timeout: 11s}\n", Check::Timeout);
    assert_refused("global: {scrape_timeout: 2m}\n", Check::Timeout);
}

#[test]
fn one_block_of_client_settings_logs_in_once() {
    let ways = [
        "basic_auth: {username: u}",
        "authorization: {credentials_file: f}",
        "oauth2: {client_id: a, token_url: 'http://t'}",
    ];
    for (at, first) in ways.iter().enumerate() {
        for second in &ways[at + 1..] {
            assert_refused(&job(&format!("  {first}\n  {second}\n")), Check::Conflict);
        }
    }
    for (first, second) in [
        ("basic_auth: {username: u, username_file: f}", ""),
        ("basic_auth: {password: p, password_file: f}", ""),
        ("authorization: {credentials: c, credentials_file: f}", ""),
        ("oauth2: {client_id: a, token_url: 'http://t', client_secret: s, client_secret_file: f}", ""),
        ("tls_config: {ca: c, ca_file: f}", ""),
        ("tls_config: {cert: c, cert_file: f, key_file: k}", ""),
        ("tls_config: {cert_file: c, key: k, key_file: f}", ""),
        ("proxy_from_environment: true", "proxy_url: http://p"),
        ("proxy_from_environment: true", "no_proxy: a"),
        ("no_proxy: a", ""),
        ("proxy_connect_header: {A: [b]}", ""),
    ] {
        assert_refused(&job(&format!("  {first}\n  {second}\n")), Check::Conflict);
    }
    let missing = [
        "tls_config: {cert_file: c}",
        "tls_config: {key_file: k}",
        "oauth2: {client_id: a}",
        "oauth2: {token_url: 'http://t'}",
    ];
    for line in missing {
        assert_refused(&job(&format!("  {line}\n")), Check::MissingRequired);
    }
    for word in ["basic", "Basic", "BASIC"] {
        assert_refused(&job(&format!("  authorization: {{type: {word}, credentials_file: c}}\n")), Check::InvalidValue);
    }
    for name in ["Authorization", "host", "Content-Type", "user-agent", "Accept-Encoding", "Keep-Alive", "X-Amz-Date"] {
        assert_refused(&job(&format!("  http_headers: {{{name}: {{values: [a]}}}}\n")), Check::InvalidValue);
    }
    let written = |lines: &str| format!("remote_write:\n- url: http://a/b\n  {lines}\n");
    assert_refused(&written("headers: {Authorization: x}"), Check::InvalidValue);
    assert_refused(&written("sigv4: {}\n  basic_auth: {username: u}"), Check::Conflict);
    assert_refused(
        &written("azuread: {sdk: {tenant_id: t}}\n  oauth2: {client_id: a, token_url: 'http://t'}"),
        Check::Conflict,
    );
    assert_refused(
        &written("google_iam: {credentials_file: f}\n  authorization: {credentials_file: f}"),
        Check::Conflict,
    );
    for old in ["basic_auth: {username: u}", "authorization: {credentials_file: f}", "bearer_token_file: f"] {
        let found = checks(&job(&format!("  bearer_token: <token>\n  {old}\n")));
        assert!(found.contains(&Check::Conflict), "{old}: {found:?}");
    }
}
