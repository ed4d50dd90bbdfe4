//! Random edits of the examples of the rule pages: nothing panics, spans stay inside the text and on character
//! boundaries, and no fix makes HAProxy refuse what it accepted.

#![allow(clippy::unwrap_used, reason = "a test")]

use confvet_core::{
    Category, Context, Diagnostic, Facts, FileId, Findings, Input, RuleInfo, Severity, Source, Sources, Span, System,
    Target, apply,
};
use confvet_haproxy::HaproxySystem;
use std::path::Path;

static REFUSES: RuleInfo = info(Category::Invalid);
static SPEAKS: RuleInfo = info(Category::Outage);

const fn info(category: Category) -> RuleInfo {
    RuleInfo {
        name: "",
        title: "",
        severity: Severity::Error,
        category,
        fix: None,
        applies: None,
        needs: &[],
        supersedes: &[],
    }
}

fn lint(text: &str) -> (Vec<Diagnostic>, Vec<Span>) {
    let sources: Sources = [Source::new("haproxy.cfg", text)].into_iter().collect();
    let (mut target, facts) = (Target::new(), Facts::new());
    target.set("haproxy", "2.6", &["haproxy"]).unwrap();
    let parsed = HaproxySystem::parse(&Input {
        sources: &sources,
        file: FileId(0),
        kind: "haproxy",
        target: &target,
        facts: &facts,
    });
    let context = Context { sources: &sources, target: &target, facts: &facts };
    let mut found = Vec::new();
    for rule in HaproxySystem::rules() {
        // Only the rule about syntax leaves the category to its page.
        let mut findings = Findings::new(if rule.name == "haproxy/syntax-error" { &REFUSES } else { &SPEAKS });
        (rule.check)(&parsed.model, &context, &mut findings);
        found.extend(findings.into_diagnostics());
    }
    (found, parsed.secrets)
}

fn refused(found: &[Diagnostic]) -> usize {
    found.iter().filter(|diagnostic| diagnostic.category == Category::Invalid).count()
}

/// xorshift: the same edits at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

fn seeds() -> Vec<String> {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/haproxy");
    let mut paths: Vec<_> = std::fs::read_dir(pages).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut seeds = Vec::new();
    for path in paths {
        let page = std::fs::read_to_string(path).unwrap();
        for fence in page.split("```haproxy.cfg\n").skip(1) {
            let body = fence.split("```").next().unwrap_or_default();
            seeds.push(body.lines().filter(|line| !line.starts_with("#~")).map(|line| format!("{line}\n")).collect());
        }
    }
    seeds
}

fn mutate(text: &str, seeds: &[String], random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "\"",
        "'",
        "\\",
        "#",
        "$",
        "${X}",
        "\"${X}\"",
        "{",
        "}",
        "%[",
        "(",
        ")",
        ",",
        "\r",
        "\0",
        "é",
        "…",
        ":",
        " ",
        "\t",
        "-",
        ".if",
        "no ",
        "\"\"",
        "0",
        "99999999999999999999",
    ];
    let mut text = text.to_owned();
    for _ in 0..1 + random.below(4) {
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let at = boundaries[random.below(boundaries.len())];
        match random.below(5) {
            0 => text.insert_str(at, PIECES[random.below(PIECES.len())]),
            1 => {
                let end = boundaries[random.below(boundaries.len())];
                text.replace_range(at.min(end)..at.max(end).min(at.min(end) + 12).max(at.min(end)).min(text.len()), "");
                return text;
            }
            2 => {
                let other = &seeds[random.below(seeds.len())];
                let line = other.lines().nth(random.below(other.lines().count())).unwrap_or_default();
                text.insert_str(at, &format!("\n{line}\n"));
            }
            3 => text.truncate(at),
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let word = other.split_whitespace().nth(random.below(60)).unwrap_or("x");
                text.insert_str(at, &format!(" {word} "));
            }
        }
    }
    text
}

fn check_spans(text: &str, found: &[Diagnostic], secrets: &[Span]) {
    let fits = |span: Span| text.get(span.range()).is_some();
    for diagnostic in found {
        assert!(diagnostic.spans().all(fits), "{diagnostic:?}\n{text}");
        for fix in &diagnostic.fixes {
            assert!(apply(text, &fix.edits).is_ok(), "{fix:?}\n{text}");
        }
    }
    assert!(secrets.iter().all(|span| fits(*span)), "{text}");
}

#[test]
fn random_edits_break_nothing() {
    let seeds = seeds();
    assert!(seeds.len() > 100, "the pages hold {} examples", seeds.len());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..2_000 {
        let seed = &seeds[random.below(seeds.len())];
        let text = if round < seeds.len() { seeds[round].clone() } else { mutate(seed, &seeds, &mut random) };
        let (found, secrets) = lint(&text);
        check_spans(&text, &found, &secrets);
        let before = refused(&found);
        for diagnostic in &found {
            for fix in &diagnostic.fixes {
                let fixed = apply(&text, &fix.edits).unwrap();
                let (after, secrets) = lint(&fixed);
                check_spans(&fixed, &after, &secrets);
                assert!(
                    before > 0 || refused(&after) == 0,
                    "{} `{}` makes it invalid:\n{text}\n----\n{fixed}\n{:?}",
                    diagnostic.message,
                    fix.title,
                    after.iter().filter(|d| d.category == Category::Invalid).map(|d| &d.message).collect::<Vec<_>>()
                );
            }
        }
    }
}

#[test]
fn odd_inputs_are_read() {
    let long = format!("global\n    description {}\n", "x".repeat(1 << 20));
    let deep = ".if 1\n".repeat(10_000);
    let many = format!("listen a\n    bind :1\n{}", "    server s 10.0.0.1:1 check\n".repeat(2_000));
    for text in ["", "\n", "\u{feff}", "\0", "\"", "a", "\r\n\r\n", "[scope]\n", &long, &deep, &many] {
        let (found, secrets) = lint(text);
        check_spans(text, &found, &secrets);
    }
    assert_eq!(lint("defaults\r\n    mode http\r\n").0, []);
}
