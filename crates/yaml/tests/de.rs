//! Trees into types.

use confvet_core::{FileId, Spanned};
use confvet_yaml::{Dialect, Yaml, de};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

fn yaml(text: &str, dialect: Dialect) -> Yaml {
    let yaml = Yaml::parse(FileId(0), text, dialect);
    assert_eq!(yaml.problems(), []);
    yaml
}

fn lenient<T: for<'a> Deserialize<'a>>(text: &str) -> (Option<T>, Vec<String>) {
    let yaml = yaml(text, Dialect::PyYaml);
    let (value, mismatches) = de::from_node_lenient(yaml.root().expect("a root"));
    (value, mismatches.iter().map(|m| format!("{m} @{}", yaml.source(m.span))).collect())
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Off,
    Required,
    Custom { level: u8 },
    Pair(u8, u8),
    Named(String),
}

#[derive(Debug, Deserialize, PartialEq, Default)]
struct Inner {
    size: Option<u16>,
    name: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Deserialize, PartialEq, Default)]
struct Outer {
    inner: Option<Inner>,
    #[serde(default)]
    list: Vec<Inner>,
    #[serde(default)]
    map: BTreeMap<String, u8>,
    mode: Option<Mode>,
    #[serde(default)]
    count: u8,
    #[serde(default)]
    on: bool,
    pair: Option<(u8, String)>,
}

#[test]
fn what_fits_arrives() {
    let text = "inner: {size: 8, name: x, tags: [a, b]}\nlist:\n- name: y\nmap: {a: 1, on: 2}\nmode: off\ncount: 010\non: yes\npair: [1, z]\nother: 1\n";
    let (value, mismatches) = lenient::<Outer>(text);
    assert_eq!(mismatches, [""; 0]);
    let expected = Outer {
        inner: Some(Inner { size: Some(8), name: "x".into(), tags: vec!["a".into(), "b".into()] }),
        list: vec![Inner { size: None, name: "y".into(), tags: vec![] }],
        map: [("a".into(), 1), ("on".into(), 2)].into(),
        mode: Some(Mode::Off),
        count: 8,
        on: true,
        pair: Some((1, "z".into())),
    };
    assert_eq!(value.unwrap(), expected);
}

#[test]
fn what_does_not_fit_is_left_out_and_the_rest_stands() {
    let text = "inner: {size: 70000, name: x, tags: [a, 1, b]}\nlist:\n- name: y\n- name: 5\n- z\n- name: w\n  tags: no\nmap: {a: 1, b: x, c: 3}\nmode: never\ncount: many\npair: [1]\n";
    let (value, mismatches) = lenient::<Outer>(text);
    let expected = Outer {
        inner: Some(Inner { size: None, name: "x".into(), tags: vec!["a".into(), "b".into()] }),
        list: vec![
            Inner { size: None, name: "y".into(), tags: vec![] },
            Inner { size: None, name: "w".into(), tags: vec![] },
        ],
        map: [("a".into(), 1), ("c".into(), 3)].into(),
        ..Outer::default()
    };
    assert_eq!(value.unwrap(), expected);
    assert_eq!(
        mismatches,
        [
            "inner.size: expected a whole number from 0 to 65535, found a larger one @70000",
            "inner.tags[1]: expected a text, found a whole number @1",
            "list[1].name: expected a text, found a whole number @5",
            "list[2]: expected a mapping, found a text @z",
            "list[3].tags: expected a list, found a boolean @no",
            "map.b: expected a whole number from 0 to 255, found a text @x",
            "mode: expected one of `off`, `required`, `custom`, `pair`, `named` @never",
            "count: expected a whole number from 0 to 255, found a text @many",
            "pair: expected a list of 2, found a list @[1]",
        ]
    );
    let yaml = yaml(text, Dialect::PyYaml);
    let error = de::from_node::<Outer>(yaml.root().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "inner.size: expected a whole number from 0 to 65535, found a larger one");
}

#[test]
fn enums() {
    let text = "- required\n- custom: {level: 3}\n- pair: [1, 2]\n- named: x\n- off:\n- custom\n";
    let (value, mismatches) = lenient::<Vec<Mode>>(text);
    let expected = [Mode::Required, Mode::Custom { level: 3 }, Mode::Pair(1, 2), Mode::Named("x".into()), Mode::Off];
    assert_eq!(value.unwrap(), expected);
    assert_eq!(mismatches.len(), 1);
}

#[test]
fn places() {
    #[derive(Deserialize)]
    struct Model {
        a: Spanned<String>,
        b: Option<Spanned<u16>>,
        c: Spanned<Option<u16>>,
        d: Spanned<Vec<Spanned<u8>>>,
        e: Spanned<String>,
    }
    let yaml = yaml("a: &x 'q'\nb:\nc:\nd: [1,  2]\ne: *x\n", Dialect::PyYaml);
    let model: Model = de::from_node(yaml.root().unwrap()).unwrap();
    assert_eq!((model.a.value.as_str(), yaml.source(model.a.span)), ("q", "&x 'q'"));
    assert!(model.b.is_none());
    assert_eq!((model.c.value, yaml.source(model.c.span)), (None, "c"));
    assert_eq!((model.d.value[1].value, model.d.value[1].span.range()), (2, 24..25));
    assert_eq!((model.e.value.as_str(), yaml.source(model.e.span)), ("q", "*x"));
}

#[test]
fn flatten_newtypes_maps_and_merges() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Port(u16);
    #[derive(Debug, Deserialize, PartialEq)]
    struct Common {
        user: Option<String>,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Model {
        port: Port,
        #[serde(flatten)]
        common: Common,
        #[serde(flatten)]
        rest: HashMap<String, u8>,
    }
    let yaml = yaml("base: &b {port: 80, user: x, z: 1}\nuse: {<<: *b, port: 81}\n", Dialect::PyYaml);
    let model: Model = de::from_node(yaml.root().unwrap().get("use").unwrap()).unwrap();
    let expected = Model { port: Port(81), common: Common { user: Some("x".into()) }, rest: [("z".into(), 1)].into() };
    assert_eq!(model, expected);
}

#[test]
fn the_dialect_decides_what_a_text_is() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Model {
        version: Option<String>,
        limit: Option<i64>,
    }
    let read = |dialect| {
        let yaml = yaml("version: 1.10\nlimit: 2.9\n", dialect);
        de::from_node_lenient::<Model>(yaml.root().unwrap()).0.unwrap()
    };
    assert_eq!(read(Dialect::GoYamlV2), Model { version: Some("1.10".into()), limit: Some(2) });
    assert_eq!(read(Dialect::PyYaml), Model { version: None, limit: None });
    assert_eq!(read(Dialect::Jackson), Model { version: Some("1.10".into()), limit: None });
}

#[test]
fn keys_may_be_numbers_or_carry_their_place() {
    let yaml = yaml("200: a\n404: b\n", Dialect::PyYaml);
    let root = yaml.root().unwrap();
    assert_eq!(de::from_node::<BTreeMap<u16, String>>(root).unwrap()[&404], "b");
    assert_eq!(de::from_node::<BTreeMap<String, String>>(root).unwrap()["200"], "a");

    #[derive(Debug)]
    struct Pairs(Vec<(Spanned<String>, String)>);
    impl<'de> Deserialize<'de> for Pairs {
        fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            struct V;
            impl<'de> serde::de::Visitor<'de> for V {
                type Value = Pairs;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a mapping")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                    let mut pairs = Vec::new();
                    while let Some(pair) = map.next_entry()? {
                        pairs.push(pair);
                    }
                    Ok(Pairs(pairs))
                }
            }
            d.deserialize_map(V)
        }
    }
    let pairs: Pairs = de::from_node(root).unwrap();
    assert_eq!((pairs.0[1].0.value.as_str(), pairs.0[1].0.span.range()), ("404", 7..10));
}
