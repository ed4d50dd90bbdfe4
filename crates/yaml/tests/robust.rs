//! Whatever the bytes: no panic, spans within the text and on character boundaries, time that grows with the text.

use confvet_core::{FileId, Span};
use confvet_testkit::Random;
use confvet_yaml::{Dialect, Kind, Node, Style, Yaml, de};
use std::time::{Duration, Instant};

const DIALECTS: [Dialect; 6] =
    [Dialect::PyYaml, Dialect::GoYamlV2, Dialect::GoYamlV3, Dialect::Jackson, Dialect::JacksonLegacy, Dialect::Core];

const SEEDS: &[&str] = &[
    "global:\n  scrape_interval: 15s\nscrape_configs:\n- job_name: 'node'\n  static_configs:\n  - targets: ['a:9100', \"b:9100\"]\n    labels: {team: infra, ü: ä}\n",
    "scope: main\nrestapi:\n  listen: '[::]:8008' # ä\nbootstrap:\n  dcs: &d\n    ttl: 30\n    <<: {a: 1}\n  initdb:\n  - encoding: UTF8\n  - data-checksums\ntext: |\n  one\n\n   two\nfold: >-\n  a\n  b\nalias: *d\n",
    "a: [x, {b: c}, [d: e],\n  'f\n  g', \"h \\\n  i\"]\n? complex\n: - 1\n  -\n  - !tag {x: !!str 1}\n---\nb:\n...\n--- !x\n- 𝄞\n",
    "Resources:\n  R:\n    Type: !Sub \"${A}\"\n    Cond: !If [x, !Ref y, !GetAtt z.w]\n    List: [\n  a,\n b\n]\n\ttab\n",
];

const PIECES: &[&str] = &[
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    ":",
    ": ",
    "-",
    "- ",
    "#",
    " #",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&",
    "&a ",
    "*",
    "*a",
    "!",
    "!!",
    "!t ",
    "|",
    "|\n",
    ">-\n",
    "%",
    "@",
    "`",
    "?",
    "? ",
    "=",
    "<<: ",
    "\\",
    "\\x",
    "---\n",
    "...\n",
    "\u{feff}",
    "\u{0}",
    "\u{7}",
    "ä",
    "𝄞",
    "\u{e000}",
    "\u{e001}",
    "\u{85}",
    "\u{2028}",
    "~",
    "%TAG ! x\n",
    "%YAML 1.2\n---\n",
];

fn mutate(random: &mut Random) -> String {
    let mut text = SEEDS[random.below(SEEDS.len())].to_owned();
    for _ in 0..=random.below(6) {
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let at = random.below(boundaries.len());
        match random.below(4) {
            0 | 1 => text.insert_str(boundaries[at], PIECES[random.below(PIECES.len())]),
            2 => {
                let end = (at + 1 + random.below(5)).min(boundaries.len() - 1);
                text.replace_range(boundaries[at.min(end)]..boundaries[end], "");
            }
            _ => {
                let from = random.below(boundaries.len());
                let to = (from + random.below(40)).min(boundaries.len() - 1);
                let copy = text[boundaries[from]..boundaries[to]].to_owned();
                text.insert_str(boundaries[at], &copy);
            }
        }
    }
    text
}

fn check_span(yaml: &Yaml, span: Span) {
    assert!(yaml.text().get(span.range()).is_some(), "{span:?} in {:?}", yaml.text());
}

fn check(yaml: &Yaml, node: Node<'_>, complete: bool) {
    check_span(yaml, node.span());
    check_span(yaml, node.content_span());
    check_span(yaml, node.key_span());
    check_span(yaml, node.offset(0..3));
    assert!(node.span().contains(node.content_span()), "{node:?} in {:?}", yaml.text());
    if let Some(header) = node.header_span() {
        assert!(yaml.source(header).starts_with(['|', '>']), "{node:?} in {:?}", yaml.text());
    }
    if let Some(parent) = node.parent().filter(|_| complete) {
        assert!(parent.span().contains(node.span()), "{parent:?} around {node:?} in {:?}", yaml.text());
    }
    for dialect in DIALECTS {
        node.resolve(dialect);
    }
    let _ = (node.as_str(), node.as_bool(), node.as_i64(), node.as_f64(), node.path(), node.tag(), node.anchor());
    if node.kind() == Kind::Scalar(Style::Plain) && !node.source().contains('\n') && complete {
        assert_eq!(node.text(), Some(yaml.source(node.content_span())), "{:?}", yaml.text());
    }
    if node.is_alias() {
        return;
    }
    node.fields();
    for entry in node.entries() {
        check(yaml, entry.key, complete);
        check(yaml, entry.value, complete);
        let _ = (entry.merge_sources(), entry.delete(), entry.insert_after("k: v"), entry.replace_value("v"));
        if let Some(key) = entry.key.text() {
            assert!(node.entry(key).is_some());
        }
    }
    for item in node.items() {
        check(yaml, item, complete);
        item.delete_item();
    }
    node.append("- x");
}

#[test]
fn random_edits_never_break_it() {
    let mut random = Random::new("robust");
    for round in 0..4000 {
        let text = mutate(&mut random);
        let yaml = Yaml::parse(FileId(0), &text, DIALECTS[round % DIALECTS.len()]);
        for problem in yaml.problems() {
            check_span(&yaml, problem.span);
            assert!(!problem.to_string().is_empty());
        }
        for document in yaml.documents() {
            check_span(&yaml, document.start());
            check(&yaml, document.root(), document.is_complete() && yaml.problems().is_empty());
            let _ = de::from_node_lenient::<serde_yaml::Value>(document.root());
            assert!(document.root().leaves().count() <= 10_000);
        }
        for at in 0..text.len() {
            yaml.node_at(u32::try_from(at).unwrap());
        }
    }
}

#[test]
fn cuts_never_break_it() {
    for seed in SEEDS {
        for (at, _) in seed.char_indices() {
            let yaml = Yaml::parse(FileId(0), &seed[..at], Dialect::PyYaml);
            yaml.documents().for_each(|document| check(&yaml, document.root(), false));
        }
    }
}

#[test]
fn time_grows_with_the_text() {
    let wide = |piece: &str| piece.repeat(100_000 / piece.len());
    let hostile = [
        wide("["),
        wide("[a, "),
        wide("{a: "),
        wide("- "),
        wide("? "),
        wide("a: "),
        wide("&a "),
        wide("!a "),
        wide("*a "),
        wide("'"),
        wide("\""),
        wide("\\"),
        wide("\t"),
        wide("#"),
        wide("a: \"\n"),
        wide("- \"a\nb\"\n"),
        wide("- [\n"),
        wide("- [\n]\n"),
        wide("- a: [\nb\n]\n"),
        wide("- &a b\n"),
        wide("a: 1\n"),
        wide("- |\n"),
        wide("\n"),
        wide("%"),
        wide("---\n"),
        wide("x\ty\n"),
        wide("- x\t# y\n"),
        format!("- [{}]\n", wide("a: b, ")),
        format!("a: &a [x]\nb: [{}]\n", wide("*a, ")),
        format!("a: \"{}\n", wide("b\n")),
        format!("k: 'a{}' b\n", wide("\n")),
    ];
    for text in hostile {
        for dialect in [Dialect::PyYaml, Dialect::GoYamlV2] {
            let start = Instant::now();
            let yaml = Yaml::parse(FileId(0), &text, dialect);
            let root = yaml.root();
            root.map(Node::fields);
            let took = start.elapsed();
            assert!(took < Duration::from_secs(20), "{took:?} for {:?}…", &text[..text.floor_char_boundary(20)]);
        }
    }
}
