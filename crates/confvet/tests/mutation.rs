//! Thousands of damaged configurations of every system: nothing panics, every span fits, fixes settle and never make a
//! program refuse what it accepted. The seeds are the examples of the rule pages.

use confvet::{Linter, Source, Sources};
use confvet_testkit::{File, Random, assert_fixes_accepted, assert_fixes_settle, assert_sound, damage, examples};
use std::collections::BTreeSet;

/// Damaged configurations of each system.
const ROUNDS: usize = 3_000;
/// One in so many is fixed too, which takes longer than all else.
const FIXED: usize = 4;

/// Damages the examples of a system, all but what confvet itself reads.
fn damaged(examples: &[Vec<File>], random: &mut Random) -> Vec<File> {
    let example = &examples[random.below(examples.len())];
    let other = &examples[random.below(examples.len())];
    let others: Vec<&str> = other.iter().map(|(_, text)| text.as_str()).collect();
    let damage_one = |(path, text): &File| {
        let text = if path == "confvet.toml" { text.clone() } else { damage(text, &others, random) };
        (path.clone(), text)
    };
    example.iter().map(damage_one).collect()
}

fn sources(files: &[File]) -> Sources {
    files.iter().map(|(path, text)| Source::new(path, text)).collect()
}

fn try_system(system: &str) {
    let examples = examples(system);
    assert!(examples.len() > 60, "{system}: {} examples", examples.len());
    let mut random = Random::new(system);
    let linter = Linter::new();
    for example in &examples {
        assert_fixes_accepted(&linter, &linter.lint_sources(sources(example)));
    }
    let mut findings = 0;
    for round in 0..ROUNDS {
        let files = damaged(&examples, &mut random);
        let report = linter.lint_sources(sources(&files));
        assert_sound(&report);
        findings += report.diagnostics().len();
        if round % FIXED == 0 {
            assert_fixes_settle(&linter, report);
        }
    }
    assert!(findings > ROUNDS, "{system}: {findings} findings in {ROUNDS} damaged configurations");
}

/// Texts that no editor leaves behind, under the name of every file of the examples: bytes that are hardly text, very long
/// lines, very deep nesting.
fn try_odd_texts(system: &str) {
    let mut random = Random::new(&format!("bytes of {system}"));
    let linter = Linter::new().system(system).unwrap_or_else(|error| panic!("{error}"));
    let paths: BTreeSet<String> = examples(system).into_iter().flatten().map(|(path, _)| path).collect();
    let long = format!("a {}\n", "x".repeat(1 << 16));
    let lines = "server a 10.0.0.1:1 check\n".repeat(2_000);
    let nested = ["{", "[", "a {\n", ".if 1\n", "- ", "a:\n "].map(|opener| opener.repeat(5_000));
    let fixed = ["", "\n", "\u{feff}", "\0", "\"", "'", "a", "\r\n\r\n", "[scope]\n", "{{", &long, &lines];
    for path in paths.iter().filter(|path| *path != "confvet.toml") {
        let bytes: Vec<u8> = (0..random.below(400)).map(|_| random.byte()).collect();
        let texts = fixed.iter().copied().chain(nested.iter().map(String::as_str)).map(|text| text.as_bytes().to_vec());
        for bytes in texts.chain([bytes]) {
            assert_sound(&linter.lint_sources([Source::from_bytes(path, bytes)].into_iter().collect()));
        }
    }
}

#[test]
fn elasticsearch() {
    try_system("elasticsearch");
    try_odd_texts("elasticsearch");
}

#[test]
fn haproxy() {
    try_system("haproxy");
    try_odd_texts("haproxy");
}

#[test]
fn ipsec() {
    try_system("ipsec");
    try_odd_texts("ipsec");
}

#[test]
fn nginx() {
    try_system("nginx");
    try_odd_texts("nginx");
}

#[test]
fn patroni() {
    try_system("patroni");
    try_odd_texts("patroni");
}

#[test]
fn prometheus() {
    try_system("prometheus");
    try_odd_texts("prometheus");
}

#[test]
fn redis() {
    try_system("redis");
    try_odd_texts("redis");
}
