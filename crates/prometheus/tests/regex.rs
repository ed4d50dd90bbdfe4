//! The matcher against the regex crate: patterns are written in Go's syntax and in Rust's at once.

use confvet_prometheus::relabel::{Pattern, PatternErrorKind};
use confvet_testkit::Random;

/// Characters of both cases, of several lengths, with three of one kind among them, and the line end.
const CHARACTERS: &[&str] =
    &["a", "b", "K", "k", "\u{212A}", "s", "ſ", "0", "9", "_", "-", ":", "é", "É", "Σ", "ς", "日", "𝄞", "\n"];

/// What is written differently in the two: Go's way, and Rust's.
const CLASSES: &[(&str, &str)] = &[
    (".", "."),
    (r"\d", "[0-9]"),
    (r"\D", "[^0-9]"),
    (r"\w", "[0-9A-Za-z_]"),
    (r"\W", "[^0-9A-Za-z_]"),
    (r"\s", r"[\t\n\f\r ]"),
    (r"\S", r"[^\t\n\f\r ]"),
    (r"\pL", r"\p{L}"),
    (r"\PN", r"\P{N}"),
    (r"\p{Greek}", r"\p{Greek}"),
    (r"\p{^Lu}", r"\P{Lu}"),
    (r"\p{latin}", r"\p{Latin}"),
    (r"\p{uppercase letter}", r"\p{Lu}"),
    ("[[:alpha:]_]", "[A-Za-z_]"),
    ("[[:^alnum:]]", "[^0-9A-Za-z]"),
    ("[]a-k-]", r"[\]a-k\-]"),
    ("[^a[&&b]", r"[^a\[\&b]"),
    (r"[\x41-\x{5a}\101é]", "[A-Zé]"),
    (r"[^\d\PL]", r"[\p{L}&&[^0-9]]"),
];

const LOOKS: &[(&str, &str)] =
    &[("^", "^"), ("$", "$"), (r"\A", r"\A"), (r"\z", r"\z"), (r"\b", r"(?-u:\b)"), (r"\B", r"(?-u:\B)")];

const REPEATS: &[&str] = &["*", "+", "?", "{2}", "{0,2}", "{1,}", "{2,}", "{1}", "{1,3}"];

/// A pattern in both syntaxes.
#[derive(Default)]
struct Both {
    go: String,
    rust: String,
}

impl Both {
    fn put(&mut self, go: &str, rust: &str) {
        self.go.push_str(go);
        self.rust.push_str(rust);
    }

    fn choice(&mut self, random: &mut Random, depth: usize) {
        for branch in 0..1 + random.below(3) {
            if branch > 0 {
                self.put("|", "|");
            }
            for _ in 0..random.below(4) {
                self.part(random, depth);
            }
        }
    }

    fn part(&mut self, random: &mut Random, depth: usize) {
        match random.below(if depth == 0 { 8 } else { 12 }) {
            0..4 => {
                let c = random.pick(CHARACTERS);
                self.put(c, &regex::escape(c));
            }
            4 => {
                let look = random.pick(LOOKS);
                self.put(look.0, look.1);
                return;
            }
            5 => self.put("\\Qa.k\\E", r"(?:a\.k)"),
            6 | 7 => {
                let class = random.pick(CLASSES);
                self.put(class.0, class.1);
            }
            8 => {
                let flags = random.pick(&["(?i:", "(?s:", "(?-s:", "(?U:", "(?m:", "(?i-s:", "(?:"]);
                self.put(flags, flags);
                self.choice(random, depth - 1);
                self.put(")", ")");
            }
            _ => {
                self.put("(", "(");
                self.choice(random, depth - 1);
                self.put(")", ")");
            }
        }
        // Of a quoted text only the last character is repeated; the other syntax has no such text.
        if !self.rust.ends_with(r"(?:a\.k)") && random.chance(40) {
            let repeat = random.pick(REPEATS);
            self.put(repeat, repeat);
            if random.chance(30) {
                self.put("?", "?");
            }
        }
    }
}

#[test]
fn patterns_match_as_the_regex_crate_matches_them() {
    let mut random = Random::new("regex");
    let (mut found, mut missed) = (0, 0);
    for _ in 0..3000 {
        let mut both = Both::default();
        let depth = random.below(4);
        both.choice(&mut random, depth);
        let pattern = Pattern::new(&both.go).unwrap_or_else(|error| panic!("{}: {error}", both.go));
        let theirs = regex::bytes::Regex::new(&format!("^(?s:{})$", both.rust)).unwrap();
        for _ in 0..12 {
            let value: String = (0..random.below(7)).map(|_| random.pick(CHARACTERS)).collect();
            let ours = pattern.captures(&value).unwrap();
            let text = |group: regex::bytes::Match<'_>| std::str::from_utf8(group.as_bytes()).unwrap().to_owned();
            let expected: Option<Vec<Option<String>>> =
                theirs.captures(value.as_bytes()).map(|found| found.iter().map(|group| group.map(text)).collect());
            let groups = ours.map(|found| found.all().iter().map(|group| group.map(str::to_owned)).collect::<Vec<_>>());
            assert_eq!(groups, expected, "{} on {value:?}", both.go);
            assert_eq!(pattern.matches(&value), Some(expected.is_some()), "{} on {value:?}", both.go);
            if expected.is_some() {
                assert!(value.starts_with(&pattern.prefix()), "{} on {value:?}", both.go);
                assert!(pattern.finite(50).is_none_or(|all| all.contains(&value)), "{} on {value:?}", both.go);
                found += 1;
            } else {
                missed += 1;
            }
        }
    }
    assert!(found > 2_500 && missed > 10_000, "{found} matches, {missed} other values: the mix is lopsided");
}

/// What Go 1.27 says.
#[test]
fn patterns_are_refused_as_go_refuses_them() {
    for accepted in [
        "a*(?i)*",
        r"a*\Q\E*",
        "^*",
        "(?:(?:a{1000}){0}){2}",
        "(?:a{10}){100}",
        "a{,2}{2}",
        "a{1000",
        "(?P<1>a)(?<1>b)",
        "a)(?",
        "a)(?i",
        r"a)\Q",
        r"a)\",
        "a)|(?:b",
        r"\x{0000000041}",
        r"\p{Uppercase-Letter}\p{assigned}\p{ASCII}\pl",
        "[[:]",
        "[A-[:digit:]]",
    ] {
        Pattern::new(accepted).unwrap_or_else(|error| panic!("{accepted}: {error}"));
    }
    for (refused, kind) in [
        ("*", PatternErrorKind::NothingToRepeat),
        ("a|*", PatternErrorKind::NothingToRepeat),
        ("((?i)*a)", PatternErrorKind::NothingToRepeat),
        ("a**", PatternErrorKind::NestedRepeat),
        ("a{2}{2}", PatternErrorKind::NestedRepeat),
        ("a{1001}", PatternErrorKind::RepeatSize),
        ("a{2,1}", PatternErrorKind::RepeatSize),
        ("a{99999999999999999999999999999}", PatternErrorKind::RepeatSize),
        ("(?:a{11}){100}", PatternErrorKind::RepeatSize),
        (r"\C", PatternErrorKind::UnknownEscape),
        (r"\p{Foo}", PatternErrorKind::UnknownCategory),
        (r"\p{}", PatternErrorKind::UnknownCategory),
        ("[[:foo:]]", PatternErrorKind::BadRange),
        ("[b-a]", PatternErrorKind::BadRange),
        ("(a", PatternErrorKind::UnclosedGroup),
        (r"(a)\Q", PatternErrorKind::UnclosedGroup),
        ("a))", PatternErrorKind::UnopenedGroup),
        (r"a\", PatternErrorKind::TrailingBackslash),
        ("(?i-:a)", PatternErrorKind::UnknownGroup),
    ] {
        assert_eq!(Pattern::new(refused).map_err(|error| error.kind), Err(kind), "{refused}");
    }
    let nested = |open: &str, depth: usize| Pattern::new(&format!("{}a{}", open.repeat(depth), ")".repeat(depth)));
    assert!(nested("(", 998).is_ok() && nested("(?:", 20_000).is_ok());
    for refused in [nested("(", 999), nested("(", 100_000)] {
        assert_eq!(refused.unwrap_err().kind, PatternErrorKind::TooDeep);
    }
    let large = |copies: usize| Pattern::new(&"(?:[^a]{1000})".repeat(copies)).map_err(|error| error.kind);
    assert!(large(3_300).is_ok());
    assert_eq!(large(3_400), Err(PatternErrorKind::TooLarge));
}

#[test]
fn no_pattern_takes_long() {
    let value = "a".repeat(2000);
    for pattern in
        ["(a*)*b", "(a|a|a)*b", "(?:a?){1000}b", "((a*)*)*b", "(?:(?:a{0,10}){0,10}){0,10}b", "(.*)(.*)(.*)(.*)b"]
    {
        assert_eq!(Pattern::new(pattern).unwrap().matches(&value), Some(false), "{pattern}");
    }
    // What would take too much memory is not known.
    assert_eq!(Pattern::new("(?:(?:a?b?){500}){2}c").unwrap().matches(&"a".repeat(10_000)), None);
    assert_eq!(Pattern::new(&"[ab]{1000}".repeat(200)).unwrap().matches("a"), None);
    let deep = Pattern::new(&format!("{}a{}", "(?:b|(".repeat(330), "))*".repeat(330))).unwrap();
    assert_eq!((deep.matches("aaa"), deep.matches("c")), (Some(true), Some(false)));
    assert_eq!((deep.prefix().as_str(), deep.finite(10), deep.matches_everything()), ("", None, false));
}
