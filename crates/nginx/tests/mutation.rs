//! Thousands of small damages to real-looking configurations: nothing panics, every span fits its file, fixes applied
//! twice change no more than once, and no safe fix makes a file invalid that was not.

use confvet_core::{
    Category, Context, Diagnostic, Edit, Facts, Findings, Input, RuleInfo, Safety, Severity, Source, Sources, System,
    Target, apply,
};
use confvet_nginx::NginxSystem;

const SEEDS: &[&str] = &[
    include_str!("seeds/shop.conf"),
    include_str!("seeds/stream.conf"),
    include_str!("seeds/headers.conf"),
    include_str!("seeds/fragment.conf"),
];

/// Pieces that are put in: what configurations break on.
const PIECES: &[&str] = &[
    ";",
    "{",
    "}",
    "\"",
    "'",
    "#",
    "$",
    "${",
    "\\",
    "\n",
    " ",
    "~",
    "(",
    ")",
    "[",
    "é",
    "\u{feff}",
    "\0",
    "server ",
    "resolve",
    "if ($a) {",
    "include x;",
    "location ~ ",
    "{2}",
    "//",
    "proxy_pass http://$x/y;",
    "10MB",
    "off",
    "zone z",
];

/// A small generator (xorshift), so that each run is the same.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).unwrap_or(0)
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn damage(text: &mut String, random: &mut Random) {
    let start = boundary(text, random.next(text.len() + 1));
    match random.next(4) {
        0 => text.insert_str(start, PIECES[random.next(PIECES.len())]),
        1 => {
            let end = boundary(text, (start + random.next(12)).min(text.len()));
            text.replace_range(start..end.max(start), "");
        }
        2 => {
            let from = boundary(text, random.next(text.len() + 1));
            let to = boundary(text, (from + random.next(40)).min(text.len()));
            let copy = text.get(from..to.max(from)).unwrap_or_default().to_owned();
            text.insert_str(start, &copy);
        }
        _ => text.truncate(boundary(text, start.max(text.len() / 2))),
    }
}

fn info(name: &'static str) -> &'static RuleInfo {
    Box::leak(Box::new(RuleInfo {
        name,
        title: "",
        severity: Severity::Warning,
        category: Category::Outage,
        fix: Some(Safety::Unsafe),
        applies: None,
        needs: &[],
        supersedes: &[],
    }))
}

fn lint(path: &str, text: &str, infos: &[&'static RuleInfo]) -> Vec<Diagnostic> {
    let sources: Sources = [Source::new(path, text)].into_iter().collect();
    let mut target = Target::new();
    target.set("nginx", "1.28.0", &["nginx"]).expect("a version");
    let mut facts = Facts::new();
    facts.set_text("resolver", "10.0.0.2").expect("a fact");
    let file = sources.by_path(path).expect("the file");
    let input = Input { sources: &sources, file, kind: NginxSystem::KINDS[0], target: &target, facts: &facts };
    let parsed = NginxSystem::parse(&input);
    let ctx = Context { sources: &sources, target: &target, facts: &facts };
    let mut found = Vec::new();
    for (rule, info) in NginxSystem::rules().iter().zip(infos) {
        let mut findings = Findings::new(info);
        (rule.check)(&parsed.model, &ctx, &mut findings);
        found.extend(findings.into_diagnostics());
    }
    for span in found.iter().flat_map(Diagnostic::spans).chain(parsed.secrets) {
        assert!(sources.get(span.file).text().get(span.range()).is_some(), "{span:?} does not fit\n{text}");
    }
    found
}

/// One round of fixes: each that fits beside those already taken.
fn fixed(text: &str, found: &[Diagnostic]) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for fix in found.iter().filter_map(|diagnostic| diagnostic.fixes.first()) {
        let free = fix.edits.iter().all(|edit| edits.iter().all(|other| !edit.conflicts_with(other)));
        if free {
            edits.extend(fix.edits.iter().cloned());
        }
    }
    apply(text, &edits).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn damaged_configurations_are_read_without_a_panic_and_fixes_come_to_rest() {
    let infos: Vec<&'static RuleInfo> = NginxSystem::rules().iter().map(|rule| info(rule.name)).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..1_200 {
        let mut text = SEEDS[round % SEEDS.len()].to_owned();
        for _ in 0..=random.next(4) {
            damage(&mut text, &mut random);
        }
        let mut current = text.clone();
        for rounds in 0.. {
            let found = lint("nginx.conf", &current, &infos);
            let next = fixed(&current, &found);
            if next == current {
                break;
            }
            if rounds >= 30 {
                let rules: Vec<&str> =
                    found.iter().filter(|found| !found.fixes.is_empty()).map(|found| found.rule).collect();
                panic!("fixes never come to rest: {rules:?}\n{text}\n---\n{next}");
            }
            current = next;
        }
    }
}

#[test]
fn no_fix_breaks_a_seed() {
    let infos: Vec<&'static RuleInfo> = NginxSystem::rules().iter().map(|rule| info(rule.name)).collect();
    let syntax = |found: &[Diagnostic]| found.iter().filter(|diagnostic| diagnostic.rule.ends_with("/syntax")).count();
    for seed in SEEDS {
        let found = lint("nginx.conf", seed, &infos);
        assert_eq!(syntax(&found), 0, "{seed}");
        let after = fixed(seed, &found);
        assert_eq!(syntax(&lint("nginx.conf", &after, &infos)), 0, "{after}");
    }
}
