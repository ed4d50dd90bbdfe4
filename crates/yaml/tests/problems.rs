//! What a file that is wrong is told, and on which token.

use confvet_core::FileId;
use confvet_yaml::{Dialect, Yaml};

/// `line: token | message` for each problem.
fn problems(text: &str, dialect: Dialect) -> Vec<String> {
    let yaml = Yaml::parse(FileId(0), text, dialect);
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let describe = |problem: &confvet_yaml::SyntaxProblem| {
        format!("{}: {} | {problem}", line(problem.span.range().start), yaml.source(problem.span))
    };
    yaml.problems().iter().map(describe).collect()
}

fn one(text: &str) -> String {
    let found = problems(text, Dialect::GoYamlV2);
    assert_eq!(found.len(), 1, "{text:?}: {found:?}");
    found[0].clone()
}

#[test]
fn values_that_must_be_quoted() {
    assert_eq!(one("a: 1\nhttp.cors.allow-origin: *\n"), "2: * | a value cannot start with `*`: that is an alias");
    assert_eq!(one("listen: *:8008\n"), "1: *:8008 | `*:8008` is an alias, and there is no `&:8008` above it");
    assert_eq!(
        one("regex: *.example.com\n"),
        "1: *.example.com | `*.example.com` is an alias, and there is no `&.example.com` above it"
    );
    assert_eq!(one("password: @abc\n"), "1: @abc | a value cannot start with `@`, which YAML reserves");
    assert_eq!(one("password: %abc def\n"), "1: %abc | a value cannot start with `%`, which YAML reserves");
    assert_eq!(one("password: `abc`\n"), "1: `abc` | a value cannot start with ```, which YAML reserves");
    assert_eq!(one("separator: ,\nb: 1\n"), "1: , | a value cannot start with `,`");
    assert_eq!(
        one("listen: [::1]:8008\n"),
        "1: [::1]:8008 | a value that starts with `[` is a list, and nothing may follow its closing bracket"
    );
    assert_eq!(
        one("regex: [0-9]+\nb: 1\n"),
        "1: [0-9]+ | a value that starts with `[` is a list, and nothing may follow its closing bracket"
    );
    assert_eq!(
        one("a: 1\nurl: {{ host }}/x\n"),
        "2: {{ host }}/x | a value that starts with `{` is a mapping, and nothing may follow its closing bracket"
    );
    assert_eq!(
        one("regex: a: b\n"),
        "1: a: | a colon with a blank inside a plain value starts another mapping, which is not allowed here"
    );
    assert_eq!(one("hosts: \"a\",\"b\"\n"), "1: ,\"b\" | text behind the closing quote");
}

#[test]
fn quotes_and_brackets() {
    assert_eq!(one("a: \"b\nc: d\n"), "1: \"b | this `\"` is never closed");
    assert_eq!(one("a: 'b\nc: 'd'\ne: 1\n"), "1: 'b | this `'` is never closed");
    assert_eq!(one("a: \"b\nc: \"d\"\ne: 1\n"), "1: \"b | this `\"` is never closed");
    assert_eq!(one("a: [b, c\nd: 1\n"), "1: [ | this `[` is never closed");
    assert_eq!(one("a: {b: c\nd: 1\ne: 2\n"), "1: { | this `{` is never closed");
    assert_eq!(one("a: [b, c]]\nd: 1\n"), "1: ] | this `]` closes nothing");
    assert_eq!(one("a: ['b' 'c']\n"), "1: 'c' | no comma in front of this item");
    assert_eq!(one("a: {b: [x] c: y}\n"), "1: c: | no comma in front of this item");
    let escape = "`\\d` is no escape sequence, and double quotes take a backslash for one";
    assert_eq!(one("regex: \"\\d+\"\n"), format!("1: \\d | {escape}"));
    assert_eq!(one("regex: \"(.*)\\n\\\"\\d+\"\n"), format!("1: \\d | {escape}"));
}

#[test]
fn lines_and_levels() {
    assert_eq!(one("a: 1\n\tb: 2\n"), "2: \t | a tab indents this line, which YAML does not allow");
    assert_eq!(one("a:\n  b: 1\n\tc: 2\n"), "3: \t | a tab indents this line, which YAML does not allow");
    assert_eq!(one("a:\n\t- b\n"), "2: \t | a tab indents this line, which YAML does not allow");
    assert_eq!(one("a: 1\n  b: 2\n"), "2: b: | the indentation fits no level above");
    assert_eq!(one("a:\n    b: 1\n  c: 2\n"), "3: c: | the indentation fits no level above");
    assert_eq!(one("a:\n  b: 1\n c: 2\n"), "3: c: | the indentation fits no level above");
    assert_eq!(one("a:\n  - b\n  c: 1\n"), "3: c: | the indentation fits no level above");
    assert_eq!(
        one("a: 1\nhttp.compression:true\n"),
        "2: http.compression:true | `http.compression:true` has no blank behind its colon, so it is a text and not a key with a value"
    );
    assert_eq!(
        one("a: 1\nb:2\nc: 3\n"),
        "2: b:2 | `b:2` has no blank behind its colon, so it is a text and not a key with a value"
    );
    assert_eq!(one("a: 1\nfoo bar\nc: 3\n"), "2: foo bar | a key without a colon, between keys that have one");
    assert_eq!(one("a: 1\n// note\nc: 3\n"), "2: // note | a key without a colon, between keys that have one");
    assert_eq!(one("a: - b\n"), "1: - | a list item cannot stand here");
    assert_eq!(one("a: 1\n: 2\n"), "2: : | a colon without a key in front of it");
    assert_eq!(one("a: |x\n  b\n"), "1: |x | only `+`, `-`, a digit or a comment may follow `|` or `>` on its line");
}

#[test]
fn characters() {
    assert_eq!(one("a: \u{7}b\n"), "1: \u{7} | the control character U+0007 is not allowed in YAML");
    assert_eq!(one("a: ä\u{0}b\n"), "1: \u{0} | the control character U+0000 is not allowed in YAML");
    assert_eq!(one("# \u{9f}\n"), "1: \u{9f} | the control character U+009F is not allowed in YAML");
    for fine in ["\u{feff}a: 1\r\n", "a: \u{85}b\n", "a: ü€𝄞\n", "# a\tb\n"] {
        assert_eq!(problems(fine, Dialect::Jackson), [""; 0], "{fine:?}");
    }
}

#[test]
fn what_only_one_reader_refuses() {
    let tab = "a: 1 # x\ty\n";
    assert_eq!(
        problems(tab, Dialect::JacksonLegacy),
        ["1: \t | a tab, which this version refuses anywhere in the file"]
    );
    for dialect in [Dialect::Jackson, Dialect::PyYaml, Dialect::GoYamlV2] {
        assert_eq!(problems(tab, dialect), [""; 0]);
    }
    let tab = "a: 'x\ty' # c\td\nb: |\n  x\ty\n\t\nc:\t1\n";
    assert_eq!(problems(tab, Dialect::PyYaml), ["5: \t | a tab where the program's YAML reader takes only blanks"]);
    let after_colon = "a: 'x\ty' # c\td\nc:\t1\nd: [1,\t2]\ne: 1\t# f\n";
    let refused = |line: usize| vec![format!("{line}: \t | a tab where the program's YAML reader takes only blanks")];
    assert_eq!(problems(after_colon, Dialect::GoYamlV2), [""; 0]);
    assert_eq!(problems(after_colon, Dialect::Jackson), refused(2));
    assert_eq!(problems("a: [1,\t2]\n", Dialect::PyYaml), refused(1));
    assert_eq!(problems("a: 1\t# b\n", Dialect::PyYaml), refused(1));
    for text in ["a: 1\n\t# b\n", "a:\n-\tb\n", "a: b\n\t\n"] {
        let line = if text.starts_with("a: ") || text.contains('-') { 2 } else { 1 };
        for dialect in [Dialect::PyYaml, Dialect::Jackson, Dialect::GoYamlV2] {
            assert_eq!(problems(text, dialect), refused(line), "{text:?} {dialect:?}");
        }
        assert_eq!(problems(text, Dialect::Core), [""; 0]);
    }
    assert_eq!(problems("a: 1\n\t# b\n", Dialect::GoYamlV3), [""; 0]);
    assert_eq!(problems("a:\n-\tb\n", Dialect::GoYamlV3), refused(2));

    let behind = "  a: 1\nb: 2\n";
    let ignored = "2: b: | the document ends above: this and all that follows has no effect";
    assert_eq!(problems(behind, Dialect::GoYamlV2), [ignored]);
    assert_eq!(problems(behind, Dialect::PyYaml), ["2: b: | the indentation fits no level above"]);
    assert_eq!(problems("a: 1\n---\nb: [\n", Dialect::GoYamlV2), [""; 0]);
    let yaml = Yaml::parse(FileId(0), behind, Dialect::GoYamlV2);
    assert!(!yaml.problems()[0].kind.is_refused() && yaml.documents().next().unwrap().is_complete());

    let two = "a: 1\n---\nb: 2\n";
    for dialect in [Dialect::Jackson, Dialect::PyYaml] {
        assert_eq!(problems(two, dialect), ["2: --- | a second document, and the program reads only one"]);
    }
    assert_eq!(problems(two, Dialect::GoYamlV3), [""; 0]);

    let tags = "a: !foo x\nb: !!python/tuple [1]\nc: !!str 1\nd: ! x\n";
    let expected = [
        "1: !foo | the tag `!foo` means nothing to the program",
        "2: !!python/tuple | the tag `!!python/tuple` means nothing to the program",
    ];
    assert_eq!(problems(tags, Dialect::PyYaml), expected);
    assert_eq!(problems(tags, Dialect::Core), [""; 0]);

    assert_eq!(
        problems("a: =\n", Dialect::PyYaml),
        ["1: = | a bare `=` is a special key of YAML 1.1 and cannot be a value"]
    );
    let date = "a: 2024-02-30\nb: 2024-02-29\nc: 2024-01-01 25:00:00\nd: '2024-02-30'\n";
    let expected = [
        "1: 2024-02-30 | `2024-02-30` is read as a date, and there is no such date",
        "3: 2024-01-01 25:00:00 | `2024-01-01 25:00:00` is read as a date, and there is no such date",
    ];
    assert_eq!(problems(date, Dialect::PyYaml), expected);
    assert_eq!(problems("a: &x 1\nb: &x 2\n", Dialect::PyYaml), ["2: &x 2 | `&x` marks another value already"]);
    assert_eq!(problems("a: &x 1\nb: &x 2\n", Dialect::GoYamlV2), [""; 0]);
    assert_eq!(one("a: {<<: 1}\n"), "1: 1 | `<<` takes a mapping or a list of mappings");
    assert_eq!(one("{a: b}: c\n"), "1: {a: b} | a list or mapping cannot be a key");
    assert_eq!(problems("a: *x\n", Dialect::Jackson), [""; 0]);
}

#[test]
fn the_tree_reaches_to_the_error() {
    let yaml = Yaml::parse(FileId(0), "a: {b: [1, 2]}\nc:\n- d: x\n  e: 'y\n", Dialect::Core);
    let root = yaml.root().unwrap();
    assert_eq!(root.at_path(["a", "b", "1"]).unwrap().as_i64(), Some(2));
    assert_eq!(root.at_path(["c", "0", "d"]).unwrap().as_str(), Some("x"));
    assert!(root.at_path(["c", "0", "e"]).unwrap().is_null());
    assert!(!yaml.documents().next().unwrap().is_complete());
}

#[test]
fn layouts_that_every_reader_accepts() {
    let text = "targets: [\n'a',\nb:80, # ä, ]\nit's d\n e\n]\nextra: {\na: 1,\nb: \"x\n\n  y\"\n}\ntext: \"one  \ntwo \\\n  three\n\n four\"\nlast: ['p'\n]\n";
    let yaml = Yaml::parse(FileId(0), text, Dialect::GoYamlV2);
    assert_eq!(yaml.problems(), []);
    let root = yaml.root().unwrap();
    let targets: Vec<_> =
        root.get("targets").unwrap().items().map(|item| (item.text().unwrap(), item.source())).collect();
    assert_eq!(targets, [("a", "'a'"), ("b:80", "b:80"), ("it's d e", "it's d\n e")]);
    assert_eq!(root.at_path(["extra", "b"]).unwrap().text(), Some("x\ny"));
    assert_eq!(root.get("text").unwrap().text(), Some("one two three\nfour"));
    assert_eq!(root.get("last").unwrap().source(), "['p'\n]");
}
