//! Places, kinds and the shape of the tree.

use confvet_core::FileId;
use confvet_yaml::{Dialect, Kind, Node, Style, Value, Yaml};

fn read(text: &str) -> Yaml {
    let yaml = Yaml::parse(FileId(0), text, Dialect::Core);
    assert_eq!(yaml.problems(), [], "{text:?}");
    yaml
}

fn root(yaml: &Yaml) -> Node<'_> {
    yaml.root().expect("a root")
}

/// All nodes as `kind source`, in the order of the text.
fn sources(text: &str) -> Vec<String> {
    fn walk(node: Node<'_>, found: &mut Vec<String>) {
        found.push(node.source().to_owned());
        if node.is_alias() {
            return;
        }
        for entry in node.entries() {
            walk(entry.key, found);
            walk(entry.value, found);
        }
        node.items().for_each(|item| walk(item, found));
    }
    let yaml = read(text);
    let mut found = Vec::new();
    yaml.documents().for_each(|document| walk(document.root(), &mut found));
    found
}

#[test]
fn spans_cover_what_is_written() {
    assert_eq!(sources("a: 1\nb: x y  # c\n"), ["a: 1\nb: x y", "a", "1", "b", "x y"]);
    assert_eq!(sources("- 'it''s' # no\n- \"a\\\"b\"   \n"), ["- 'it''s' # no\n- \"a\\\"b\"", "'it''s'", "\"a\\\"b\""]);
    assert_eq!(sources("a: [x, {b: c} ] # d\n"), ["a: [x, {b: c} ]", "a", "[x, {b: c} ]", "x", "{b: c}", "b", "c"]);
    assert_eq!(sources("a: [b: c, d]\n"), ["a: [b: c, d]", "a", "[b: c, d]", "b: c", "b", "c", "d"]);
    assert_eq!(sources("\"a\" : 1\n'b' :\n  - x\n"), ["\"a\" : 1\n'b' :\n  - x", "\"a\"", "1", "'b'", "- x", "x"]);
    assert_eq!(sources("a: &x !!str b\nc: *x\n"), ["a: &x !!str b\nc: *x", "a", "&x !!str b", "c", "*x"]);
    assert_eq!(sources("a:\n- x\n- -1\nb:\n-\n"), ["a:\n- x\n- -1\nb:\n-", "a", "- x\n- -1", "x", "-1", "b", "-", ""]);
    assert_eq!(sources("a: one\n  two\n\nb: 1"), ["a: one\n  two\n\nb: 1", "a", "one\n  two", "b", "1"]);
}

#[test]
fn block_scalars_have_a_header_and_a_content() {
    let text = "a: |- # why\n\n    one\n    two\n\nb: !x >\n  z\nc:\n- |\n  q\n";
    let yaml = read(text);
    let a = root(&yaml).get("a").unwrap();
    assert_eq!(a.source(), "|- # why\n\n    one\n    two");
    assert_eq!(yaml.source(a.header_span().unwrap()), "|-");
    assert_eq!(a.text(), Some("\none\ntwo"));
    let b = root(&yaml).get("b").unwrap();
    assert_eq!((b.source(), b.tag(), b.text()), ("!x >\n  z", Some("!x"), Some("z\n")));
    assert_eq!(yaml.source(b.content_span()), "z");
    assert_eq!(root(&yaml).at_path(["c", "0"]).unwrap().source(), "|\n  q");
}

#[test]
fn nothing_stands_behind_the_colon_or_the_dash() {
    let text = "a:\nb: # c\n  \nc: [x, {d: , e}]\nf:\n  -\n  - # z\n  - y\n? g\nh: &k\ni: !!null\n";
    let yaml = read(text);
    let starts: Vec<(usize, usize)> = {
        let r = root(&yaml);
        let nodes = [
            r.get("a").unwrap(),
            r.get("b").unwrap(),
            r.at_path(["c", "1", "d"]).unwrap(),
            r.at_path(["c", "1", "e"]).unwrap(),
            r.at_path(["f", "0"]).unwrap(),
            r.at_path(["f", "1"]).unwrap(),
            r.get("g").unwrap(),
        ];
        nodes.iter().map(|node| (node.span().range().start, node.span().len())).collect()
    };
    let behind = |needle: &str| text.find(needle).unwrap() + needle.len();
    let expected = ["a:", "b:", "{d:", ", e", "f:\n  -", "f:\n  -\n  -", "? g"].map(|needle| (behind(needle), 0));
    assert_eq!(starts, expected);
    assert_eq!(root(&yaml).get("h").unwrap().source(), "&k");
    assert_eq!(root(&yaml).get("i").unwrap().value(), Value::Null);
    assert_eq!(yaml.source(root(&yaml).get("a").unwrap().key_span()), "a");
}

#[test]
fn bytes_not_characters() {
    let text = "\u{feff}ä: 'ö€'\r\n𝄞: [ü, x]\r\nlast: |\r\n  ß\r\n";
    let yaml = read(text);
    let ä = root(&yaml).get("ä").unwrap();
    assert_eq!((ä.source(), ä.text(), yaml.source(ä.content_span())), ("'ö€'", Some("ö€"), "ö€"));
    assert_eq!(yaml.source(root(&yaml).at_path(["𝄞", "1"]).unwrap().span()), "x");
    assert_eq!(root(&yaml).get("last").unwrap().source(), "|\r\n  ß");
    assert_eq!(root(&yaml).get("last").unwrap().text(), Some("ß\n"));
}

#[test]
fn a_place_inside_a_value() {
    let yaml = read("a: 10.0.0.1:80\nb: 'x:y'\nc: \"q\\tr\"\nd: x\n  y\n");
    let place = |key: &str, range| yaml.source(root(&yaml).get(key).unwrap().offset(range));
    assert_eq!(place("a", 9..11), "80");
    assert_eq!(place("b", 2..3), "y");
    assert_eq!(place("c", 2..3), "q\\tr");
    assert_eq!(place("d", 2..3), "x\n  y");
}

#[test]
fn aliases_and_merges() {
    let text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nuse:\n  <<: [*b, *m]\n  x: 9\nsame: *b\n";
    let yaml = read(text);
    let place = root(&yaml).get("use").unwrap();
    let get = |key: &str| place.get(key).and_then(Node::as_i64);
    assert_eq!((get("x"), get("y"), get("z"), get("<<")), (Some(9), Some(2), Some(4), None));
    let fields: Vec<_> = place
        .fields()
        .iter()
        .map(|f| (f.key.text().unwrap(), f.value.as_i64().unwrap(), f.merged_by.is_some()))
        .collect();
    assert_eq!(fields, [("x", 9, false), ("y", 2, true), ("z", 4, true)]);
    let same = root(&yaml).get("same").unwrap();
    assert!(same.is_alias() && same.is_mapping());
    assert_eq!((same.source(), same.target().source(), same.anchor()), ("*b", "&b {x: 1, y: 2}", Some("b")));
    assert_eq!(same.path(), "same");
    let written: Vec<_> = place.entries().map(|entry| (entry.key.text().unwrap(), entry.is_merge())).collect();
    assert_eq!(written, [("<<", true), ("x", false)]);
}

#[test]
fn fields_of_a_large_mapping_are_those_of_a_small_one() {
    let keys: Vec<String> = (0..40).map(|number| format!("k{number}: {number}\n")).collect();
    let text = format!("{}k3: x\nk39: y\n", keys.concat());
    let yaml = read(&text);
    let fields = root(&yaml).fields();
    let texts: Vec<_> = fields.iter().map(|field| field.value.text().unwrap()).collect();
    let expected: Vec<String> = (0..40)
        .map(|number| match number {
            3 => "x".into(),
            39 => "y".into(),
            n => n.to_string(),
        })
        .collect();
    assert_eq!(texts, expected);
    assert_eq!(confvet_yaml::schema::duplicates(root(&yaml)).len(), 2);
    assert_eq!(root(&yaml).get("k3").unwrap().text(), Some("x"));
}

#[test]
fn go_v2_applies_merges_in_order() {
    let text = "a: &a {x: 1}\nb: {x: 2, <<: *a}\nc: {<<: *a, x: 2}\n";
    let x = |dialect, key| {
        let yaml = Yaml::parse(FileId(0), text, dialect);
        let node = yaml.root().unwrap().get(key).unwrap();
        let got = node.get("x").and_then(Node::as_i64).unwrap();
        assert_eq!(node.fields()[0].value.as_i64(), Some(got));
        assert_eq!(node.fields().len(), 1);
        got
    };
    assert_eq!((x(Dialect::GoYamlV2, "b"), x(Dialect::GoYamlV2, "c")), (1, 2));
    assert_eq!((x(Dialect::GoYamlV3, "b"), x(Dialect::PyYaml, "b")), (2, 2));
}

#[test]
fn jackson_knows_no_aliases() {
    let yaml = Yaml::parse(FileId(0), "a: &x 1\nb: *x\nc: *none\nd: {<<: *x}\n", Dialect::Jackson);
    assert_eq!(yaml.problems(), []);
    let get = |key: &str| root(&yaml).get(key).and_then(Node::as_str);
    assert_eq!((get("b"), get("c")), (Some("x"), Some("none")));
    assert_eq!(root(&yaml).at_path(["d", "<<"]).unwrap().as_str(), Some("x"));
}

#[test]
fn short_tags_are_kept() {
    let text = "a: !Ref Name\nb: !GetAtt [x, y]\nc: !Sub\n  k: v\nd: !If {a: b}\ne: !Base64\n";
    let yaml = read(text);
    let tags: Vec<_> = root(&yaml).entries().map(|entry| entry.value.tag().unwrap()).collect();
    assert_eq!(tags, ["!Ref", "!GetAtt", "!Sub", "!If", "!Base64"]);
    assert_eq!(root(&yaml).get("a").unwrap().as_str(), Some("Name"));
    assert_eq!(yaml.source(root(&yaml).get("b").unwrap().content_span()), "[x, y]");
    assert_eq!(root(&yaml).at_path(["b", "1"]).unwrap().as_str(), Some("y"));
    assert_eq!(root(&yaml).at_path(["c", "k"]).unwrap().as_str(), Some("v"));
}

#[test]
fn documents() {
    let yaml = read("# c\n---\na: 1\n---\n# empty\n---\n- b\n...\n");
    let kinds: Vec<_> = yaml.documents().map(|document| document.root().kind()).collect();
    assert_eq!(kinds, [Kind::Mapping { flow: false }, Kind::Scalar(Style::Plain), Kind::Sequence { flow: false }]);
    assert_eq!(yaml.documents().map(|d| d.start().range()).collect::<Vec<_>>(), [4..7, 13..16, 25..28]);
    assert!(yaml.documents().all(confvet_yaml::Document::is_complete));
    for empty in ["", "# c\n", "\n\n", "\u{feff}"] {
        assert!(read(empty).root().is_none(), "{empty:?}");
    }
}

#[test]
fn paths_and_ways_up() {
    let yaml = read("a:\n- b: {c: [1, 2]}\n");
    let two = root(&yaml).at_path(["a", "0", "b", "c", "1"]).unwrap();
    assert_eq!(two.path(), "a[0].b.c[1]");
    assert_eq!(root(&yaml).path(), "");
    assert_eq!(two.parent().and_then(Node::key).and_then(Node::text), Some("c"));
    let at = |needle: &str| yaml.node_at(u32::try_from(yaml.text().find(needle).unwrap()).unwrap()).unwrap().source();
    assert_eq!((at("2]"), at("c: ["), at("{c")), ("2", "c", "{c: [1, 2]}"));
}

#[test]
fn leaves_join_dotted_and_nested_keys() {
    let yaml = read("a.b: 1\nc:\n  d:\n    e: x\n    f: [y, {g: z}]\n  h: []\ni:\n");
    let leaves: Vec<_> = root(&yaml)
        .leaves()
        .map(|leaf| (leaf.path.clone(), leaf.indexes.clone(), leaf.keys.len(), leaf.value.source()))
        .collect();
    let expected = [
        ("a.b", vec![], 1, "1"),
        ("c.d.e", vec![], 3, "x"),
        ("c.d.f", vec![0], 3, "y"),
        ("c.d.f.g", vec![1], 4, "z"),
        ("c.h", vec![], 2, "[]"),
        ("i", vec![], 1, ""),
    ];
    assert_eq!(leaves, expected.map(|(path, indexes, keys, source)| (path.to_owned(), indexes, keys, source)));
    let yaml = read("x");
    assert_eq!(root(&yaml).leaves().map(|leaf| leaf.path).collect::<Vec<_>>(), [""]);
}

#[test]
fn deep_nesting_is_a_problem_and_no_crash() {
    for open in ["[", "- ", "{a: ", "? ", "[{a: "] {
        let yaml = Yaml::parse(FileId(0), &open.repeat(10_000), Dialect::Core);
        assert_eq!(yaml.problems()[0].to_string(), "more than 128 levels of nesting", "{open}");
    }
    let nested: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let yaml = Yaml::parse(FileId(0), &nested, Dialect::Core);
    assert_eq!(yaml.problems()[0].to_string(), "more than 128 levels of nesting");
    let fine: String = (0..120).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(read(&fine).len(), 2 * 120 + 1);
}

#[test]
fn alias_bombs_are_counted_and_not_unfolded() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let yaml = Yaml::parse(FileId(0), &text, Dialect::PyYaml);
    assert_eq!(yaml.problems().len(), 1);
    assert_eq!(yaml.problems()[0].to_string(), "aliases unfold this file to more than 1000000 nodes");
    assert!(yaml.root().unwrap().leaves().count() < 1_200_000);

    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..500 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let yaml = Yaml::parse(FileId(0), &chain, Dialect::PyYaml);
    assert_eq!(yaml.problems()[0].to_string(), "more than 128 levels of nesting");

    let yaml = Yaml::parse(FileId(0), "a: &a [1, *a]\nb: &b {c: *b}\n", Dialect::PyYaml);
    let messages: Vec<_> = yaml.problems().iter().map(ToString::to_string).collect();
    assert_eq!(messages, ["`*a` stands inside the value it names", "`*b` stands inside the value it names"]);
    assert_eq!(yaml.root().unwrap().leaves().count(), 3);
}
