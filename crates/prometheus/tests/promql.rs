//! Our reader of PromQL beside promql-parser, a reader by other people: both accept and refuse the same expressions.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use confvet_prometheus::{Query, parse_rules};
use confvet_testkit::Random;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn ours(text: &str) -> bool {
    Query::new(text).error.is_none()
}

fn theirs(text: &str) -> bool {
    promql_parser::parser::parse(text).is_ok()
}

/// Why the two may judge differently: a condition on the text, and the reason.
type Difference = (fn(&str) -> bool, &'static str);

const DIFFERENCES: &[Difference] = &[
    (has_offset_of_zero, "promql-parser refuses an offset of 0, as Prometheus does only before 3.0"),
    (calculates_durations, "promql-parser reads no arithmetic of durations, which stands behind a feature flag"),
    (|text| text.contains("+\""), "promql-parser accepts a sign in front of a string; Prometheus does not"),
    (|text| text.contains('`'), "promql-parser reads escapes between backquotes; Prometheus does not"),
    (|text| text.contains("[0]") || text.contains("[0:"), "promql-parser accepts a range of 0; Prometheus does not"),
];

fn has_offset_of_zero(text: &str) -> bool {
    text.split("offset ").skip(1).any(|behind| behind.trim_start_matches(['-', '+']).starts_with('0'))
}

fn calculates_durations(text: &str) -> bool {
    let inside = text.split('[').skip(1).filter_map(|behind| behind.split(']').next());
    inside.into_iter().any(|range| range.contains(['+', '-', '*', '/', '%', '^', '(']))
}

#[track_caller]
fn compare(expressions: impl IntoIterator<Item = String>) -> usize {
    let mut count = 0;
    let mut different = Vec::new();
    for text in expressions {
        count += 1;
        let (ours, theirs) = (ours(&text), theirs(&text));
        if ours != theirs && !DIFFERENCES.iter().any(|(is, _)| is(&text)) {
            different.push(format!("{} {text}", if ours { "only we accept" } else { "only we refuse" }));
        }
    }
    assert!(different.is_empty(), "{} of {count}:\n{}", different.len(), different.join("\n"));
    count
}

/// Files below a directory.
fn files(directory: PathBuf, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(path, all) } else { all.push(path) }
    }
}

#[test]
fn both_judge_the_expressions_of_pages_and_fixtures_alike() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    files(root.join("rules/prometheus"), &mut paths);
    files(root.join("fixtures/prometheus"), &mut paths);
    let mut expressions = BTreeSet::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let is_page = path.extension().is_some_and(|end| end == "md");
        let bodies: Vec<&str> = if is_page { text.split("```").skip(1).step_by(2).collect() } else { vec![&text] };
        for body in bodies {
            let body = if is_page { body.split_once('\n').unwrap().1 } else { body };
            let body: String =
                body.lines().filter(|line| !line.starts_with("#~")).map(|line| format!("{line}\n")).collect();
            let files = parse_rules(&body).model.rule_files();
            let rules = files.into_iter().flat_map(|file| file.groups).flat_map(|group| group.rules);
            expressions.extend(rules.filter_map(|rule| Some(rule.expr?.value)));
        }
    }
    let count = compare(expressions);
    assert!(count > 30, "{count}");
}

const NAMES: &[&str] = &["up", "x", "job:x:rate5m", "http_requests_total", "by", "sum", "offset", "start", "bool"];
const LABELS: &[&str] = &["job", "le", "instance", "on", "by", "sum", "a_b"];
const VALUES: &[&str] = &["a", "5..", "(a|b)", "", "a\\\\.b", "x y", "("];
const DURATIONS: &[&str] = &["5m", "1h30m", "1d", "30s", "1y2w", "100ms", "0s", "1.5m", "5"];
const OPERATORS: &[&str] =
    &["+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless", "atan2"];
const AGGREGATORS: &[&str] =
    &["sum", "avg", "max", "count", "group", "stddev", "topk", "quantile", "count_values", "SUM"];
const FUNCTIONS: &[&str] = &[
    "abs",
    "rate",
    "increase",
    "irate",
    "histogram_quantile",
    "label_replace",
    "label_join",
    "vector",
    "scalar",
    "time",
    "absent",
    "clamp",
    "round",
    "hour",
    "sort",
    "avg_over_time",
    "quantile_over_time",
    "predict_linear",
    "pi",
    "nope",
];

/// An expression of some depth: mostly sound, sometimes not.
fn expression(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return match random.below(6) {
            0 => random.pick(&["1", "0.5", "1e3", "0x1F", ".5", "Inf", "NaN", "-3"]).to_string(),
            1 => format!("\"{}\"", random.pick(&["a", "$1", ""])),
            _ => selector(random),
        };
    }
    match random.below(10) {
        0 => format!("({})", expression(random, depth - 1)),
        1 => format!("-{}", expression(random, depth - 1)),
        2 | 3 => {
            let arguments: Vec<String> = (0..random.below(4)).map(|_| expression(random, depth - 1)).collect();
            format!("{}({})", random.pick(FUNCTIONS), arguments.join(", "))
        }
        4 => {
            let function = random.pick(&["rate", "increase", "max_over_time", "delta"]);
            format!("{function}({}[{}])", selector(random), random.pick(DURATIONS))
        }
        5 | 6 => {
            let grouping = grouping(random);
            let parameter = if random.chance(30) { random.pick(&["3, ", "0.9, ", "\"v\", "]) } else { "" };
            let body = expression(random, depth - 1);
            if random.chance(50) {
                format!("{}{grouping} ({parameter}{body})", random.pick(AGGREGATORS))
            } else {
                format!("{}({parameter}{body}){grouping}", random.pick(AGGREGATORS))
            }
        }
        7 => {
            format!("{}[{}:{}]", expression(random, depth - 1), random.pick(DURATIONS), random.pick(&["", "1m", "30s"]))
        }
        _ => {
            let matching = match random.below(8) {
                0 => format!(" on ({})", random.pick(LABELS)),
                1 => format!(" ignoring ({})", random.pick(LABELS)),
                2 => format!(" on ({}) group_left ({})", random.pick(LABELS), random.pick(LABELS)),
                3 => " bool".to_owned(),
                _ => String::new(),
            };
            let operator = random.pick(OPERATORS);
            format!("{} {operator}{matching} {}", expression(random, depth - 1), expression(random, depth - 1))
        }
    }
}

fn grouping(random: &mut Random) -> String {
    match random.below(4) {
        0 => format!(" by ({})", random.pick(LABELS)),
        1 => format!(" by ({}, {})", random.pick(LABELS), random.pick(LABELS)),
        2 => format!(" without ({})", random.pick(LABELS)),
        _ => String::new(),
    }
}

fn selector(random: &mut Random) -> String {
    let mut text = random.pick(NAMES).to_owned();
    if random.chance(60) {
        let matcher = |random: &mut Random| {
            format!("{}{}\"{}\"", random.pick(LABELS), random.pick(&["=", "!=", "=~", "!~"]), random.pick(VALUES))
        };
        let matchers: Vec<String> = (0..random.below(3)).map(|_| matcher(random)).collect();
        text = format!("{text}{{{}}}", matchers.join(","));
    }
    match random.below(10) {
        0 => text.push_str(&format!(" offset {}", random.pick(DURATIONS))),
        1 => text.push_str(&format!("[{}]", random.pick(DURATIONS))),
        2 => text.push_str(random.pick(&[" @ 1609746000", " @ start()", " @ end()", " offset -1h", " @ end"])),
        _ => {}
    }
    text
}

#[test]
fn both_judge_generated_expressions_alike() {
    let mut random = Random::new("promql");
    let depth = |random: &mut Random| random.below(4);
    let all: Vec<String> = (0..5_000)
        .map(|_| {
            let depth = depth(&mut random);
            expression(&mut random, depth)
        })
        .collect();
    let sound = all.iter().filter(|text| ours(text)).count();
    assert!((1_000..4_000).contains(&sound), "{sound} of the expressions are accepted, so that little is compared");
    compare(all);
}

#[test]
fn both_judge_damaged_expressions_alike() {
    let mut random = Random::new("damaged promql");
    let signs = "(){}[]\"'=~!<>+-*/^%,:@#. 5mxby";
    let damaged: Vec<String> = (0..3_000)
        .map(|_| {
            let depth = random.below(3);
            let mut text = expression(&mut random, depth);
            let at = random.boundary(&text);
            if random.chance(50) && at < text.len() {
                text.remove(at);
            } else {
                let sign = signs.chars().nth(random.below(signs.len())).unwrap();
                text.insert(at, sign);
            }
            text
        })
        .collect();
    compare(damaged);
}
