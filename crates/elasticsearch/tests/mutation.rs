//! Thousands of damaged configurations: no panic, every span inside its file, and fixes that settle and refuse nothing
//! that the program took before. The seeds are the examples of the rule pages.

use confvet::{Category, Diagnostic, Linter, Report, Safety, Source, Sources};
use std::collections::BTreeMap;

type Files = Vec<(String, String)>;

/// A small generator with a fixed seed: the same run every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// What people and editors leave behind, and what parsers trip over.
const SCRAPS: &[&str] = &[
    "\t",
    " ",
    "\n",
    "\r\n",
    ": ",
    ":",
    "- ",
    "#",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "*",
    "&a ",
    "<<: *a\n",
    "${",
    "}",
    "${A:${B}}",
    "---\n",
    "é",
    "\u{feff}",
    "\u{0}",
    "%",
    "-Xmx",
    "-Xms4g",
    "8-:",
    "-XX:+",
    "9999999999999999999g",
    "node:\n  name: x\n",
    "discovery.seed_hosts: []\n",
    "node.roles: []\n",
    "force.",
    "null",
    "~",
    "1.5h",
    "{{ x }}",
    "::1",
    "[::1]:9300",
    ",,",
];

fn seeds() -> Vec<Files> {
    let pages = confvet::rules::all().iter().filter(|rule| rule.name.starts_with("elasticsearch/"));
    let mut seeds = Vec::new();
    for page in pages.filter_map(|rule| confvet::rules::page(rule.name)) {
        for example in page.examples().expect("the pages of the repository can be read") {
            seeds.push(example.files.into_iter().map(|file| (file.path, file.text)).collect());
        }
    }
    seeds
}

fn damage(files: &Files, random: &mut Random) -> Files {
    let mut files = files.clone();
    for _ in 0..=random.below(4) {
        let (path, text) = {
            let at = random.below(files.len());
            &mut files[at]
        };
        if path == "confvet.toml" {
            continue;
        }
        let boundary = |at: usize, text: &str| (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let at = boundary(random.below(text.len() + 1), text);
        match random.below(5) {
            0 => text.insert_str(at, SCRAPS[random.below(SCRAPS.len())]),
            1 => {
                let end = boundary((at + random.below(12)).min(text.len()), text).max(at);
                text.replace_range(at..end, "");
            }
            2 => {
                let lines: Vec<&str> = text.lines().collect();
                let line = lines.get(random.below(lines.len())).map(|line| format!("{line}\n")).unwrap_or_default();
                text.push_str(&line);
            }
            3 => text.truncate(at),
            _ => {
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                let (a, b) = (random.below(lines.len()), random.below(lines.len()));
                if a < lines.len() && b < lines.len() {
                    lines.swap(a, b);
                }
                *text = lines.concat();
            }
        }
    }
    files
}

fn sources(files: &Files) -> Sources {
    files.iter().map(|(path, text)| Source::new(path, text)).collect()
}

fn check_spans(report: &Report, found: &Diagnostic) {
    let edits = found.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
    for span in found.spans().chain(edits) {
        let text = report.sources().get(span.file).text();
        assert!(text.get(span.range()).is_some(), "{}: {span:?} of {text:?}", found.rule);
    }
    assert!(!found.message.ends_with('.'), "{}: {}", found.rule, found.message);
}

fn refused(report: &Report) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for found in report.diagnostics().iter().filter(|found| found.category == Category::Invalid) {
        let path = report.sources().get(found.primary.span.file).path();
        *counts.entry(path.to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn damaged_configurations_are_read_to_the_end() {
    let seeds = seeds();
    let mut random = Random(0x5eed_e1a5_71c5_ea4c);
    let linter = Linter::new();
    for run in 0..2_500 {
        let files = damage(&seeds[random.below(seeds.len())], &mut random);
        let report = linter.lint_sources(sources(&files));
        for found in report.diagnostics() {
            check_spans(&report, found);
        }
        if run % 8 != 0 {
            continue;
        }
        let before = refused(&report);
        let fixed = linter.fix_report(report, Safety::Unsafe);
        for (path, count) in refused(&fixed.report) {
            assert!(before.get(&path).is_some_and(|was| *was >= count), "fixing made {path} worse: {files:?}");
        }
        let again = linter
            .fix_sources(fixed.report.sources().iter().map(|(_, source)| source.clone()).collect(), Safety::Unsafe);
        assert!(again.changed.is_empty(), "fixing twice changes more: {files:?}\n{:?}", again.changed);
    }
}

#[test]
fn any_bytes_are_read() {
    let mut random = Random(0xb17e_5000_dead_beef);
    let linter = Linter::new();
    let paths = [
        "elasticsearch.yml",
        "es/jvm.options",
        "docker-compose.yml",
        "es/jvm.options.d/x.options",
        "etc/default/elasticsearch",
    ];
    for _ in 0..1_000 {
        let bytes: Vec<u8> = (0..random.below(300)).map(|_| random.next() as u8).collect();
        for path in paths {
            let linter = linter.clone().system("elasticsearch").unwrap();
            let report = linter.lint_sources([Source::from_bytes(path, bytes.clone())].into_iter().collect());
            for found in report.diagnostics() {
                check_spans(&report, found);
            }
        }
    }
}
