//! The check driven by a table.

use confvet_core::{FileId, Version};
use confvet_yaml::schema::{KeyRow, Schema, Type};
use confvet_yaml::{Dialect, Node, Yaml};

static KEYS: &[KeyRow] = &[
    KeyRow::new("job", "action", Type::EnumAnyCase(&["keep", "drop"])),
    KeyRow { required: true, ..KeyRow::new("job", "job_name", Type::Text) },
    KeyRow { since: &[(2, 45, 0)], ..KeyRow::new("job", "limit", Type::Uint) },
    KeyRow { removed: Some((3, 0, 0)), replacement: Some("limit"), ..KeyRow::new("job", "old_limit", Type::Uint) },
    KeyRow::new("job", "params", Type::Map(&Type::List(&Type::Text))),
    KeyRow::new("job", "tls", Type::Mapping("tls")),
    KeyRow { deprecated: Some((2, 26, 0)), replacement: Some("auth"), ..KeyRow::new("job", "token", Type::Text) },
    KeyRow::new("names", "*", Type::Int),
    KeyRow::new("names", "special", Type::Bool),
    KeyRow::new("root", "any", Type::Any),
    KeyRow { since: &[(3, 3, 9), (4, 0, 8), (4, 1, 1)], ..KeyRow::new("root", "backported", Type::Int) },
    KeyRow::new("root", "hosts", Type::OneOf(&[Type::Text, Type::List(&Type::Text)])),
    KeyRow::new("root", "interval", Type::Scalar("duration")),
    KeyRow::new("root", "jobs", Type::List(&Type::Mapping("job"))),
    KeyRow::new("root", "mode", Type::Enum(&["off", "on"])),
    KeyRow::new("root", "names", Type::Mapping("names")),
    KeyRow::new("root", "ratio", Type::Float),
    KeyRow::new("tls", "ca_file", Type::Text),
    KeyRow::new("tls", "insecure", Type::Bool),
];

static SCHEMA: Schema = Schema { scalar, ..Schema::new(KEYS) };

fn scalar(name: &str, node: Node<'_>) -> Result<(), String> {
    assert_eq!(name, "duration");
    let text = node.text().unwrap_or_default();
    if text.ends_with(['s', 'm']) { Ok(()) } else { Err("a duration such as `30s`".to_owned()) }
}

/// `token | message` for each problem.
fn check_with(schema: &Schema, text: &str, dialect: Dialect, version: Option<(u64, u64, u64)>) -> Vec<String> {
    let yaml = Yaml::parse(FileId(0), text, dialect);
    assert_eq!(yaml.problems(), []);
    let version = version.map(|(major, minor, patch)| Version::new(major, minor, patch));
    let problems = schema.check(yaml.root().expect("a root"), "root", version.as_ref());
    problems.iter().map(|problem| format!("{} {} | {problem}", problem.path, yaml.source(problem.span))).collect()
}

fn check(text: &str) -> Vec<String> {
    check_with(&SCHEMA, text, Dialect::GoYamlV2, None)
}

#[test]
fn the_table_is_sound() {
    assert_eq!(SCHEMA.flaw(), None);
    static UNSORTED: &[KeyRow] = &[KeyRow::new("b", "x", Type::Int), KeyRow::new("a", "y", Type::Int)];
    assert_eq!(Schema::new(UNSORTED).flaw().as_deref(), Some("`a y` must not follow `b x`"));
    static DANGLING: &[KeyRow] = &[KeyRow::new("a", "y", Type::List(&Type::Mapping("z")))];
    assert_eq!(Schema::new(DANGLING).flaw().as_deref(), Some("`a y` leads to `z`, which has no rows"));
}

#[test]
fn what_fits_is_quiet() {
    let text = "interval: 30s\nmode: off\nratio: 1\nhosts: [a, 1]\nany: {x: [1]}\nnames: {a: 1, special: yes}\njobs:\n- job_name: 9100\n  action: KEEP\n  params: {match: [x]}\n  limit: 5\n  tls: &t {ca_file: /x}\n- {job_name: b, tls: *t}\n";
    assert_eq!(check(text), [""; 0]);
    assert_eq!(check("hosts: a\njobs:\ninterval:\n"), [""; 0]);
}

#[test]
fn everything_at_once_each_on_its_token() {
    let text = "intervall: 5\ninterval: 15\nmode: maybe\nratio: x\nhosts: {a: b}\nnames: {a: x, special: 1}\njobs:\n- action: stay\n  limit: -1\n  ca_file: x\n  tls: []\n- job_name: a\n  job_name: b\n  params: {m: x}\n-\n- z\n";
    let expected = [
        "intervall intervall | `intervall` is not known here; did you mean `interval`?",
        "interval 15 | `15` is not a duration such as `30s`",
        "mode maybe | `maybe` is not one of `off`, `on`",
        "ratio x | expected a number, found a text",
        "hosts {a: b} | expected a text or a list, found a mapping",
        "names.a x | expected a whole number, found a text",
        "names.special 1 | expected a boolean, found a whole number",
        "jobs[0].action stay | `stay` is not one of `keep`, `drop`",
        "jobs[0] action | `job_name` is missing",
        "jobs[0].limit -1 | expected a whole number from 0, found a negative number",
        "jobs[0].ca_file ca_file | `ca_file` is not known here; it belongs to tls",
        "jobs[0].tls [] | expected a mapping, found a list",
        "jobs[1].job_name job_name | `job_name` stands here twice",
        "jobs[1].params.m x | expected a list, found a text",
        "jobs[2] - | nothing is written here; expected a mapping",
        "jobs[3] z | expected a mapping, found a text",
    ];
    let mut found = check(text);
    found.sort();
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn versions() {
    let text = "jobs:\n- {job_name: a, limit: 1, old_limit: 2, token: x}\n";
    let at = |version| check_with(&SCHEMA, text, Dialect::GoYamlV2, version);
    assert_eq!(at(None), ["jobs[0].token token | `token` is deprecated since 2.26"]);
    assert_eq!(at(Some((2, 20, 0))), ["jobs[0].limit limit | `limit` is new in 2.45"]);
    assert_eq!(
        at(Some((3, 0, 0))),
        [
            "jobs[0].old_limit old_limit | `old_limit` was removed in 3.0",
            "jobs[0].token token | `token` is deprecated since 2.26"
        ]
    );
    let backported = |version| check_with(&SCHEMA, "backported: 1\n", Dialect::PyYaml, Some(version)).len();
    let known = [(3, 3, 9), (3, 3, 10), (4, 0, 8), (4, 1, 1), (4, 2, 0), (5, 0, 0)];
    assert_eq!(known.map(backported), [0; 6]);
    assert_eq!([(3, 3, 8), (3, 4, 0), (4, 0, 7), (4, 1, 0)].map(backported), [1; 4]);
}

#[test]
fn merges_bring_keys_and_satisfy_requirements() {
    let text = "any: &base {job_name: a, tls: {x: 1}}\njobs:\n- {<<: *base, limit: 1}\n- {<<: *base, foo: 1}\n";
    let expected = ["any.tls.x x | `x` is not known here", "jobs[1].foo foo | `foo` is not known here"];
    assert_eq!(check(text), expected);
    assert_eq!(check("jobs:\n- &a {job_name: a, foo: 1}\n- *a\n"), ["jobs[0].foo foo | `foo` is not known here"]);
}

#[test]
fn nulls_where_they_are_refused() {
    let strict = Schema { refuse_null_values: true, ..SCHEMA };
    let text = "interval:\nratio: ~\nhosts: [~, a]\n";
    let expected = [
        "interval interval | nothing is written here; expected a duration",
        "ratio ~ | nothing is written here; expected a number",
        "hosts[0] ~ | nothing is written here; expected a text",
    ];
    assert_eq!(check_with(&strict, text, Dialect::Jackson, None), expected);
}

#[test]
fn a_scalar_root_is_one_problem() {
    assert_eq!(check("key:value\n"), [" key:value | expected a mapping, found a text"]);
}

#[test]
fn below_a_key_that_a_version_does_not_know_nothing_more_is_said_of_versions() {
    static KEYS: &[KeyRow] = &[
        KeyRow { since: &[(3, 1, 0)], ..KeyRow::new("inner", "a", Type::Int) },
        KeyRow { since: &[(3, 0, 0)], ..KeyRow::new("root", "new", Type::Mapping("inner")) },
        KeyRow { since: &[(2, 0, 0)], ..KeyRow::new("root", "old", Type::Mapping("inner")) },
    ];
    let schema = Schema::new(KEYS);
    let found = check_with(&schema, "new: {a: x}\nold: {a: 1}\n", Dialect::GoYamlV2, Some((2, 5, 0)));
    assert_eq!(
        found,
        [
            "new new | `new` is new in 3.0",
            "new.a x | expected a whole number, found a text",
            "old.a a | `a` is new in 3.1",
        ]
    );
}
