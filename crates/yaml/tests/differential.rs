//! The same documents read by `serde_yaml`: same documents, same values.
//!
//! What may differ, because `serde_yaml` has its own idea of YAML 1.2's core schema:
//! * numbers: `0b1` and a sign before `0x1` or `0o1` are numbers to it; so are numbers too large for 64 bits;
//! * leading zeros: YAML 1.2 reads `007` as 7, serde_yaml as a text;
//! * merge keys: it leaves `<<` as a key, so merges are compared with the entries as written.

use confvet_core::FileId;
use confvet_testkit::Random;
use confvet_yaml::{Dialect, Kind, Node, Style, Yaml};
use serde::Deserialize;
use serde_yaml::Value;
use std::path::{Path, PathBuf};

/// Compares a node with what `serde_yaml` makes of it; gives the first difference.
fn difference(node: Node<'_>, theirs: &Value) -> Option<String> {
    let differs = || Some(format!("{}: {node:?} against {theirs:?}", node.path()));
    if let Value::Tagged(tagged) = theirs {
        let same = node.tag().is_some_and(|tag| tagged.tag == tag.trim_start_matches('!'));
        return if same { difference(node, &tagged.value) } else { differs() };
    }
    match (node.value(), theirs) {
        (confvet_yaml::Value::Null, Value::Null) => None,
        (confvet_yaml::Value::Bool(ours), Value::Bool(theirs)) if ours == *theirs => None,
        (confvet_yaml::Value::Str(ours), Value::String(theirs)) if ours == theirs => None,
        (confvet_yaml::Value::Int(ours), Value::Number(theirs)) => {
            let same = theirs.as_i64().map(i128::from) == Some(ours) || theirs.as_u64().map(i128::from) == Some(ours);
            if same { None } else { differs() }
        }
        (confvet_yaml::Value::Int(_), Value::String(theirs)) if node.kind() == Kind::Scalar(Style::Plain) => {
            let digits = theirs.trim_start_matches(['+', '-']);
            let known = digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
            if known { None } else { differs() }
        }
        (confvet_yaml::Value::Float(ours), Value::Number(theirs)) => {
            let same = theirs.as_f64().is_some_and(|theirs| ours == theirs || ours.is_nan() && theirs.is_nan());
            if same { None } else { differs() }
        }
        (confvet_yaml::Value::Sequence, Value::Sequence(theirs)) if theirs.len() == node.items().len() => {
            node.items().zip(theirs).find_map(|(ours, theirs)| difference(ours, theirs))
        }
        (confvet_yaml::Value::Mapping, Value::Mapping(theirs)) if theirs.len() == node.entries().len() => node
            .entries()
            .zip(theirs)
            .find_map(|(ours, (key, value))| difference(ours.key, key).or_else(|| difference(ours.value, value))),
        (confvet_yaml::Value::Str(text), Value::Number(_)) if node.kind() == Kind::Scalar(Style::Plain) => {
            let digits = text.trim_start_matches(['+', '-']);
            let known = ["0b", "0x", "0o"].iter().any(|prefix| digits.starts_with(prefix));
            if known { None } else { differs() }
        }
        _ => differs(),
    }
}

/// Both read it, and alike; or both refuse it. Gives whether it was read.
fn compare(name: &str, text: &str) -> bool {
    let yaml = Yaml::parse(FileId(0), text, Dialect::Core);
    let theirs: Result<Vec<Value>, _> = serde_yaml::Deserializer::from_str(text).map(Value::deserialize).collect();
    let theirs = match theirs {
        Ok(theirs) => theirs,
        Err(error) if error.to_string().contains("duplicate entry") => return false,
        Err(error) => {
            assert!(!yaml.problems().is_empty(), "{name}: serde_yaml refuses it: {error}\n{text}");
            return false;
        }
    };
    assert_eq!(yaml.problems(), [], "{name}\n{text}");
    let ours: Vec<Node<'_>> = yaml.documents().map(confvet_yaml::Document::root).collect();
    if ours.is_empty() {
        assert!(theirs.iter().all(Value::is_null), "{name}\n{text}");
        return true;
    }
    assert_eq!(ours.len(), theirs.len(), "{name}: number of documents\n{text}");
    for (ours, theirs) in ours.into_iter().zip(&theirs) {
        assert_eq!(difference(ours, theirs), None, "{name}\n{text}");
    }
    true
}

fn files_below(directory: &Path, wanted: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if path.is_dir() {
            files_below(&path, wanted, found);
        } else if wanted.contains(&extension) {
            found.push(path);
        }
    }
}

/// Broken examples are refused by both; that too is compared.
#[test]
fn every_fixture_and_every_example_on_a_rule_page() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    files_below(&workspace.join("fixtures"), &["yml", "yaml"], &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a readable fixture");
        compare_unless_only_readers_differ(&path.display().to_string(), &text);
    }
    let mut pages = Vec::new();
    files_below(&workspace.join("rules"), &["md"], &mut pages);
    for path in pages {
        let page = std::fs::read_to_string(&path).expect("a readable page");
        for (number, fence) in yaml_fences(&page).into_iter().enumerate() {
            compare_unless_only_readers_differ(&format!("{} fence {number}", path.display()), &fence);
        }
    }
}

/// A page may show what one reader refuses and another takes: then there is nothing to compare.
fn compare_unless_only_readers_differ(name: &str, text: &str) {
    let refused = !Yaml::parse(FileId(0), text, Dialect::Core).problems().is_empty();
    if !refused {
        compare(name, text);
    }
}

/// The YAML fences of a page, without the lines that say what is expected.
fn yaml_fences(page: &str) -> Vec<String> {
    let mut fences = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let body = lines.by_ref().take_while(|line| !line.starts_with("```"));
        let body: Vec<&str> = body.filter(|line| !line.trim_start().starts_with("#~")).collect();
        if [".yml", ".yaml", "yaml"].iter().any(|ending| info.trim().ends_with(ending)) {
            fences.push(body.join("\n") + "\n");
        }
    }
    fences
}

const PLAIN: &[&str] = &[
    "a",
    "job",
    "10.0.0.1:80",
    "true",
    "no",
    "null",
    "~",
    "12",
    "-3",
    "1.5",
    "0x1f",
    "1e3",
    "a b  c",
    "ä€𝄞",
    "x#y",
    "a:b",
    "-x",
    "?x",
    ":x",
    "<<x",
    "/etc/ssl/a.pem",
    "$VAR",
    "2024-01-01",
    "it's",
    "say \"hi\"",
    ".5",
    "1_0",
    "x]y",
    "x,y",
];
const QUOTED: &[&str] = &[
    "''",
    "\"\"",
    "'it''s'",
    "\"a\\tb\\u00e4\\\"\"",
    "'# no'",
    "\"{{ x }}\"",
    "'a: b'",
    "\" x \"",
    "\"\\\\d+\"",
    "'on'",
];
const FLOW: &[&str] =
    &["[]", "{}", "[a, b]", "['x', \"y\", 1]", "{a: 1, b: [c, {d: e}]}", "[a, [b], {}]", "{a: , b}", "[a: b]"];
const KEYS: &[&str] = &["a", "b", "job_name", "'q k'", "\"d\"", "ä", "x.y.z", "1", "true"];

struct Writer {
    random: Random,
    out: String,
    end: &'static str,
    anchors: usize,
}

impl Writer {
    fn line_end(&mut self) {
        if self.random.below(6) == 0 {
            self.out.push_str("  # ü remark: [\"'");
        }
        self.out.push_str(self.end);
        if self.random.below(12) == 0 {
            self.out.push_str(self.end);
        }
    }

    /// A value behind `key:` or `-`, with its line end.
    fn value(&mut self, indent: usize, depth: usize) {
        let pad = " ".repeat(indent + 2);
        match self.random.below(if depth > 3 { 6 } else { 10 }) {
            0 => self.line_end(),
            1 | 2 => {
                let word = self.random.pick(PLAIN);
                self.out.push(' ');
                self.out.push_str(word);
                self.line_end();
            }
            3 => {
                let word = self.random.pick(QUOTED);
                self.out.push(' ');
                self.out.push_str(word);
                self.line_end();
            }
            4 => {
                let word = self.random.pick(FLOW);
                self.out.push(' ');
                self.out.push_str(word);
                self.line_end();
            }
            5 => {
                let header = self.random.pick(&["|", ">", "|-", ">-", "|+", "|2"]);
                self.out.push_str(&format!(" {header}{}", self.end));
                for line in 0..=self.random.below(3) {
                    let text = self.random.pick(&["one", "two words", "# no remark", "- x: y", "ä"]);
                    self.out.push_str(&format!("{pad}{text}{line}{}", self.end));
                    if self.random.below(4) == 0 {
                        self.out.push_str(self.end);
                    }
                }
            }
            6 => {
                self.out.push_str(&format!(" one{0}{pad}two{0}{0}{pad}three", self.end));
                self.line_end();
            }
            7 => {
                if self.anchors > 0 && self.random.below(2) == 0 {
                    let anchor = self.random.below(self.anchors);
                    self.out.push_str(&format!(" *n{anchor}"));
                    self.line_end();
                } else {
                    let word = self.random.pick(QUOTED);
                    self.out.push_str(&format!(" &n{} {word}", self.anchors));
                    self.anchors += 1;
                    self.line_end();
                }
            }
            8 => {
                self.line_end();
                self.mapping(indent + 2, depth + 1);
            }
            _ => {
                self.line_end();
                self.sequence(indent + 2, depth + 1);
            }
        }
    }

    fn mapping(&mut self, indent: usize, depth: usize) {
        for number in 0..=self.random.below(4) {
            let key = self.random.pick(KEYS);
            let key = if key.ends_with(['\'', '"']) || number == 0 { key.to_owned() } else { format!("{key}{number}") };
            if number > 0 && key.ends_with(['\'', '"']) {
                continue;
            }
            self.out.push_str(&format!("{}{key}:", " ".repeat(indent)));
            self.value(indent, depth);
        }
    }

    fn sequence(&mut self, indent: usize, depth: usize) {
        for _ in 0..=self.random.below(4) {
            self.out.push_str(&format!("{}-", " ".repeat(indent)));
            self.value(indent, depth);
        }
    }
}

#[test]
fn generated_documents() {
    let mut read = 0;
    for seed in 1..=600_u64 {
        let end = if seed % 3 == 0 { "\r\n" } else { "\n" };
        let random = Random::new(&seed.to_string());
        let mut writer = Writer { random, out: String::new(), end, anchors: 0 };
        if seed % 5 == 0 {
            writer.out.push_str("---");
            writer.out.push_str(end);
        }
        if seed % 2 == 0 {
            writer.mapping(0, 0);
        } else {
            writer.sequence(0, 0);
        }
        read += usize::from(compare(&format!("seed {seed}"), &writer.out));
    }
    assert!(read >= 500, "only {read} of the documents were read");
}
