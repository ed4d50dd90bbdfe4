//! Thousands of random edits to the examples of the Redis pages: nothing panics, every span lies inside its file and on
//! character boundaries, fixing twice is fixing once, and no fix makes a valid file invalid.
#![cfg(all(feature = "redis", feature = "text"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot set the stage shall fail")]

use confvet::{Category, Linter, Report, Safety, Source, Sources};

/// A small generator with a fixed seed: the same edits in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }
}

const INSERTS: &[&str] = &[
    "\"",
    "'",
    "#",
    " ",
    "\n",
    "\r",
    "\t",
    "\0",
    "ä",
    "\u{feff}",
    "${X}",
    "%",
    "0",
    "9",
    "-",
    "yes",
    "gb",
    "{{",
    "\\",
    "*",
    "save \"\"\n",
    "include redis.conf\n",
    "maxmemory 1gb\n",
    "user default off\n",
    "sentinel monitor m 10.0.0.1 6379 2\n",
    "bind 0.0.0.0\n",
    "(",
    ")",
    "=",
    ":",
    ",",
    "/",
    "99999999999999999999999",
    "port 0\n",
];

fn boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn mutate(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(3) {
        let at = boundary(&text, random.below(text.len() + 1));
        match random.below(5) {
            0 | 1 => text.insert_str(at, INSERTS[random.below(INSERTS.len())]),
            2 => {
                let end = boundary(&text, at + random.below(12));
                if at < end {
                    text.replace_range(at..end, "");
                }
            }
            3 => {
                let lines: Vec<&str> = text.lines().collect();
                let line = lines.get(random.below(lines.len())).map(|line| format!("{line}\n")).unwrap_or_default();
                text.insert_str(at, &line);
            }
            _ => text.truncate(at),
        }
    }
    text
}

fn check_spans(report: &Report, context: &str) {
    for found in report.diagnostics() {
        let fixes = found.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in found.spans().chain(fixes) {
            let text = report.sources().get(span.file).text();
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(start <= end && end <= text.len(), "{}: {span:?} lies outside\n{context}", found.rule);
            assert!(
                text.is_char_boundary(start) && text.is_char_boundary(end),
                "{}: {span:?} cuts a character\n{context}",
                found.rule
            );
        }
    }
}

fn invalid(report: &Report) -> usize {
    report.diagnostics().iter().filter(|found| found.category == Category::Invalid).count()
}

#[test]
fn nothing_breaks() {
    let pages = confvet::rules::all().iter().filter(|rule| rule.name.starts_with("redis/"));
    let examples: Vec<_> =
        pages.filter_map(|rule| confvet::rules::page(rule.name)).flat_map(|page| page.examples().unwrap()).collect();
    assert!(examples.len() > 100);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let linter = Linter::new();
    for round in 0..3_000 {
        let example = &examples[round % examples.len()];
        let files: Vec<(String, String)> = (example.files.iter())
            .map(|file| {
                let text =
                    if file.path == "confvet.toml" { file.text.clone() } else { mutate(&file.text, &mut random) };
                (file.path.clone(), text)
            })
            .collect();
        let sources = || -> Sources { files.iter().map(|(path, text)| Source::new(path, text)).collect() };
        let context = format!("round {round}: {files:#?}");
        let report = linter.lint_sources(sources());
        check_spans(&report, &context);
        for safety in [Safety::Safe, Safety::Unsafe] {
            let fixed = linter.fix_sources(sources(), safety);
            check_spans(&fixed.report, &context);
            let texts: Sources =
                fixed.report.sources().iter().map(|(_, source)| Source::new(source.path(), source.text())).collect();
            let again = linter.fix_sources(texts, safety);
            assert!(
                again.changed.is_empty(),
                "fixing ({safety:?}) twice changes more\n{context}\n{:#?}",
                fixed.report.sources()
            );
            if invalid(&report) == 0 {
                let rules: Vec<_> =
                    fixed.report.diagnostics().iter().filter(|found| found.category == Category::Invalid).collect();
                assert!(
                    rules.is_empty(),
                    "a fix ({safety:?}) made it invalid\n{context}\n{rules:#?}\n{:#?}",
                    fixed.report.sources()
                );
            }
        }
    }
}
