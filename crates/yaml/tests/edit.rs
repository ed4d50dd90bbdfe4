//! Edits that keep the layout.

use confvet_core::{Edit, FileId, apply};
use confvet_yaml::{Dialect, Node, Yaml};

fn edited(text: &str, edit: impl FnOnce(Node<'_>) -> Option<Edit>) -> Option<String> {
    let yaml = Yaml::parse(FileId(0), text, Dialect::Core);
    assert_eq!(yaml.problems(), []);
    edit(yaml.root().expect("a root")).map(|edit| apply(text, &[edit]).expect("an edit that fits"))
}

fn delete(text: &str, path: &[&str]) -> Option<String> {
    let (key, way) = path.split_last().expect("a key");
    edited(text, |root| root.at_path(way.iter().copied())?.entry(key)?.delete())
}

#[test]
fn whole_lines_go() {
    assert_eq!(delete("a: 1\nb: 2 # x\nc: 3\n", &["b"]).unwrap(), "a: 1\nc: 3\n");
    assert_eq!(delete("a: 1\nb:\n  c: [1,\n    2]\n  d: 3\ne: 4", &["b"]).unwrap(), "a: 1\ne: 4");
    assert_eq!(delete("a:\n  b: |\n    x\n\n    y\n  c: 1\n", &["a", "b"]).unwrap(), "a:\n  c: 1\n");
    assert_eq!(delete("a: 1\r\nb:\r\nc: 3\r\n", &["b"]).unwrap(), "a: 1\r\nc: 3\r\n");
    assert_eq!(delete("\u{feff}a: 1\nb: 2\n", &["a"]).unwrap(), "\u{feff}b: 2\n");
    assert_eq!(delete("a: 1\nb: 2", &["b"]).unwrap(), "a: 1\n");
    assert_eq!(delete("x:\n- a: 1\n  b: 2\n", &["x", "0", "a"]).unwrap(), "x:\n- b: 2\n");
    assert_eq!(delete("x:\n- a: 1\n  b: 2\n- c: 3\n", &["x", "0", "b"]).unwrap(), "x:\n- a: 1\n- c: 3\n");
}

#[test]
fn flow_entries_go_with_their_comma() {
    assert_eq!(delete("a: {b: 1, c: 2, d: 3}\n", &["a", "b"]).unwrap(), "a: {c: 2, d: 3}\n");
    assert_eq!(delete("a: {b: 1, c: 2, d: 3}\n", &["a", "c"]).unwrap(), "a: {b: 1, d: 3}\n");
    assert_eq!(delete("a: {b: 1, c: 2, d: 3}\n", &["a", "d"]).unwrap(), "a: {b: 1, c: 2}\n");
    assert_eq!(delete("a: {b: 1}\n", &["a", "b"]).unwrap(), "a: {}\n");
}

#[test]
fn what_is_unsure_stays() {
    assert_eq!(delete("a:\n  b: 1\nc: 2\n", &["a", "b"]), None);
    assert_eq!(delete("x:\n- a: 1 # why\n  b: 2\n", &["x", "0", "a"]), None);
}

#[test]
fn new_lines_line_up() {
    let after = |text: &str, path: &[&str], new: &str| {
        let (key, way) = path.split_last().expect("a key");
        edited(text, |root| root.at_path(way.iter().copied())?.entry(key)?.insert_after(new))
    };
    assert_eq!(after("a: 1 # x\nb: 2\n", &["a"], "n: 0").unwrap(), "a: 1 # x\nn: 0\nb: 2\n");
    assert_eq!(
        after("a:\n    b:\n        c: 1\n", &["a", "b"], "n:\n  - 0").unwrap(),
        "a:\n    b:\n        c: 1\n    n:\n      - 0\n"
    );
    assert_eq!(after("x:\n- a: 1\n- b: 2\n", &["x", "0", "a"], "n: 0").unwrap(), "x:\n- a: 1\n  n: 0\n- b: 2\n");
    assert_eq!(after("a: 1", &["a"], "n: 0").unwrap(), "a: 1\nn: 0");
    assert_eq!(after("a: 1\r\n", &["a"], "n: 0").unwrap(), "a: 1\r\nn: 0\r\n");
    assert_eq!(after("a: {b: 1}\n", &["a", "b"], "n: 0").unwrap(), "a: {b: 1, n: 0}\n");
    assert_eq!(after("a: |\n  x\n\nb: 1\n", &["a"], "n: 0").unwrap(), "a: |\n  x\nn: 0\n\nb: 1\n");
    assert_eq!(
        edited("a:\n- x\n- y\nb: 1\n", |root| root.get("a")?.append("- z")).unwrap(),
        "a:\n- x\n- y\n- z\nb: 1\n"
    );
    assert_eq!(edited("a: [x, y]\n", |root| root.get("a")?.append("z")).unwrap(), "a: [x, y, z]\n");
    assert_eq!(edited("a:\n  b: 1\n", |root| root.get("a")?.append("c: 2")).unwrap(), "a:\n  b: 1\n  c: 2\n");
    assert_eq!(edited("a: {}\n", |root| root.get("a")?.append("c: 2")), None);
}

#[test]
fn items_go_with_their_dash() {
    let item = |text: &str, index| edited(text, |root| root.get("a")?.item(index)?.delete_item());
    assert_eq!(item("a:\n- x\n- y: 1\n  z: 2\n- w\n", 1).unwrap(), "a:\n- x\n- w\n");
    assert_eq!(item("a:\n  - x # c\n  - y\n", 0).unwrap(), "a:\n  - y\n");
    assert_eq!(item("a: [x, y]\n", 1).unwrap(), "a: [x]\n");
    assert_eq!(item("a:\n- x\n", 0), None);
}

#[test]
fn values_are_replaced_or_put_in() {
    let value = |text: &str| edited(text, |root| Some(root.entry("a")?.replace_value("new"))).unwrap();
    assert_eq!(value("a: 'old' # c\n"), "a: new # c\n");
    assert_eq!(value("a: # c\nb: 1\n"), "a: new # c\nb: 1\n");
}
