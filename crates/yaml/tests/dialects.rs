//! Plain scalars in every dialect; what is stated of a program was tried with it or stands in its sources.

use confvet_core::FileId;
use confvet_yaml::{Dialect, Duplicates, Value, Yaml};

const DIALECTS: [Dialect; 6] =
    [Dialect::PyYaml, Dialect::GoYamlV2, Dialect::GoYamlV3, Dialect::Jackson, Dialect::JacksonLegacy, Dialect::Core];

#[test]
fn null_is_null_everywhere() {
    for dialect in DIALECTS {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(dialect.resolve(text), Value::Null, "{text} {dialect:?}");
        }
        for text in ["nULL", "none", "nil", "-"] {
            assert_eq!(dialect.resolve(text), Value::Str(text), "{text} {dialect:?}");
        }
    }
}

#[test]
fn booleans() {
    let readers = |text: &str| {
        let is_bool = |dialect: &&Dialect| matches!(dialect.resolve(text), Value::Bool(_));
        DIALECTS.iter().filter(is_bool).copied().collect::<Vec<_>>()
    };
    use Dialect::{Core, GoYamlV2, GoYamlV3, Jackson, PyYaml};
    for text in ["true", "True", "TRUE", "false", "False", "FALSE"] {
        assert_eq!(readers(text), [PyYaml, GoYamlV2, GoYamlV3, Jackson, Core], "{text}");
    }
    for text in ["yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"] {
        assert_eq!(readers(text), [PyYaml, GoYamlV2, Jackson], "{text}");
    }
    for text in ["y", "Y", "n", "N"] {
        assert_eq!(readers(text), [GoYamlV2], "{text}");
    }
    for text in ["tRUE", "oN", "1", "0", "t", "yEs"] {
        assert_eq!(readers(text), [], "{text}");
    }
}

#[test]
fn numbers() {
    use Value::{Float, Int, Str};
    // text, PyYAML, go-yaml v2, Jackson, core schema
    let table: &[(&str, Value<'_>, Value<'_>, Value<'_>, Value<'_>)] = &[
        ("0", Int(0), Int(0), Int(0), Int(0)),
        ("-12", Int(-12), Int(-12), Int(-12), Int(-12)),
        ("010", Int(8), Int(8), Int(10), Int(10)),
        ("010203", Int(4227), Int(4227), Int(10203), Int(10203)),
        ("0644", Int(420), Int(420), Int(644), Int(644)),
        ("08", Str("08"), Float(8.0), Int(8), Int(8)),
        ("0x10", Int(16), Int(16), Str("0x10"), Int(16)),
        ("0b10", Int(2), Int(2), Str("0b10"), Str("0b10")),
        ("0o10", Str("0o10"), Str("0o10"), Str("0o10"), Int(8)),
        ("1_000", Int(1000), Int(1000), Str("1_000"), Str("1_000")),
        ("10:30", Int(630), Str("10:30"), Str("10:30"), Str("10:30")),
        ("5432:22", Int(325_942), Str("5432:22"), Str("5432:22"), Str("5432:22")),
        ("5432:5432", Str("5432:5432"), Str("5432:5432"), Str("5432:5432"), Str("5432:5432")),
        ("1.10", Float(1.1), Float(1.1), Float(1.1), Float(1.1)),
        ("1e3", Str("1e3"), Float(1000.0), Float(1000.0), Float(1000.0)),
        ("1.5e3", Str("1.5e3"), Float(1500.0), Float(1500.0), Float(1500.0)),
        ("1.5e+3", Float(1500.0), Float(1500.0), Float(1500.0), Float(1500.0)),
        (".5", Float(0.5), Float(0.5), Float(0.5), Float(0.5)),
        ("1.2.3", Str("1.2.3"), Str("1.2.3"), Str("1.2.3"), Str("1.2.3")),
        (".inf", Float(f64::INFINITY), Float(f64::INFINITY), Str(".inf"), Float(f64::INFINITY)),
        ("10.0.0.1", Str("10.0.0.1"), Str("10.0.0.1"), Str("10.0.0.1"), Str("10.0.0.1")),
        ("30s", Str("30s"), Str("30s"), Str("30s"), Str("30s")),
        (".", Str("."), Str("."), Str("."), Str(".")),
    ];
    for (text, python, go, jackson, core) in table {
        assert_eq!(Dialect::PyYaml.resolve(text), *python, "{text}");
        assert_eq!(Dialect::GoYamlV2.resolve(text), *go, "{text}");
        assert_eq!(Dialect::Jackson.resolve(text), *jackson, "{text}");
        assert_eq!(Dialect::Core.resolve(text), *core, "{text}");
    }
    assert_eq!(Dialect::GoYamlV3.resolve("0o10"), Int(8));
    assert_eq!(Dialect::PyYaml.resolve("1:30.5"), Float(90.5));
    assert_eq!(Dialect::PyYaml.resolve("99999999999999999999999999999999999999999"), Float(1e41));
}

#[test]
fn dates() {
    for text in ["2024-01-01", "2024-01-01T10:00:00Z", "2024-1-1 9:30:00", "2024-01-01 10:00:00.5 +02:00"] {
        assert_eq!(Dialect::PyYaml.resolve(text), Value::Timestamp(text));
        assert_eq!(Dialect::Jackson.resolve(text), Value::Str(text));
        assert_eq!(Dialect::Core.resolve(text), Value::Str(text));
    }
    for text in ["2024-1-1", "2024-01", "2024-01-01x", "24-01-01", "2024-01-01 10:00"] {
        assert_eq!(Dialect::PyYaml.resolve(text), Value::Str(text));
    }
}

#[test]
fn what_a_program_gets_where_it_wants_text() {
    let text = "port: 9100\nflag: yes\nversion: 1.10\ndate: 2024-01-01\nquoted: '5'\nnothing:\n";
    let read = |dialect| {
        let yaml = Yaml::parse(FileId(0), text, dialect);
        let texts =
            yaml.root().unwrap().entries().map(|entry| entry.value.as_str().map(str::to_owned)).collect::<Vec<_>>();
        texts.into_iter().map(|text| text.unwrap_or_else(|| "-".to_owned())).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(read(Dialect::PyYaml), "- - - - 5 -");
    assert_eq!(read(Dialect::GoYamlV2), "9100 yes 1.10 2024-01-01 5 -");
    assert_eq!(read(Dialect::Jackson), "9100 true 1.10 2024-01-01 5 -");
    assert_eq!(read(Dialect::JacksonLegacy), "9100 yes 1.10 2024-01-01 5 -");
}

#[test]
fn quoted_words_are_no_booleans_but_for_elasticsearch() {
    let bools = |text: &str, dialect| {
        let yaml = Yaml::parse(FileId(0), text, dialect);
        yaml.root().unwrap().items().map(confvet_yaml::Node::as_bool).collect::<Vec<_>>()
    };
    let text = "['true', \"yes\", true, yes, 1]";
    assert_eq!(bools(text, Dialect::GoYamlV2), [None, None, Some(true), Some(true), None]);
    assert_eq!(bools(text, Dialect::GoYamlV3), [None, None, Some(true), Some(true), None]);
    assert_eq!(bools(text, Dialect::PyYaml), [None, None, Some(true), Some(true), None]);
    assert_eq!(bools(text, Dialect::Jackson), [Some(true), None, Some(true), Some(true), None]);
    assert_eq!(bools(text, Dialect::JacksonLegacy), [Some(true), None, Some(true), None, None]);
}

#[test]
fn numbers_asked_for() {
    let text = "[2.9, 1e3, '5', -1, 010]";
    let ints = |dialect| {
        let yaml = Yaml::parse(FileId(0), text, dialect);
        yaml.root().unwrap().items().map(confvet_yaml::Node::as_i64).collect::<Vec<_>>()
    };
    assert_eq!(ints(Dialect::GoYamlV2), [Some(2), Some(1000), None, Some(-1), Some(8)]);
    assert_eq!(ints(Dialect::PyYaml), [None, None, None, Some(-1), Some(8)]);
    assert_eq!(ints(Dialect::Jackson), [None, None, Some(5), Some(-1), Some(10)]);
}

#[test]
fn tags_decide_where_the_reader_heeds_them() {
    let values = |dialect| {
        let yaml = Yaml::parse(FileId(0), "[!!str 5, !!int '5', !!float 5, !!null x, ! yes, !x 5]", dialect);
        yaml.root().unwrap().items().map(|item| format!("{:?}", item.value())).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(values(Dialect::GoYamlV2), "Str(\"5\") Int(5) Float(5.0) Null Str(\"yes\") Int(5)");
    assert_eq!(values(Dialect::Jackson), "Int(5) Str(\"5\") Int(5) Str(\"x\") Bool(true) Int(5)");
}

#[test]
fn duplicates() {
    assert_eq!(Dialect::PyYaml.duplicates(), Duplicates::LastWins);
    assert_eq!(Dialect::GoYamlV2.duplicates(), Duplicates::Refused);
    assert_eq!(Dialect::Jackson.duplicates(), Duplicates::Depends);
    let yaml = Yaml::parse(FileId(0), "a: {x: 1, y: 2}\nb: 0\na: {z: 3}\n", Dialect::PyYaml);
    let root = yaml.root().unwrap();
    assert!(root.at_path(["a", "x"]).is_none());
    assert_eq!(root.at_path(["a", "z"]).unwrap().as_i64(), Some(3));
    assert_eq!((root.entries().len(), root.fields().len()), (3, 2));
    let repeated = confvet_yaml::schema::duplicates(root);
    assert_eq!(repeated.len(), 1);
    assert_eq!((repeated[0].0.key.span().range(), repeated[0].1.key.span().range()), (21..22, 0..1));
}
