//! The relabel engine against what Prometheus does, and against a second engine that is written as plainly as possible.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use confvet_core::FileId;
use confvet_prometheus::relabel::{
    Action, Dialect, Draft, Labels, NameScheme, Pattern, RelabelRule, Semantics, TargetVerdict, Template, relabel,
    simulate_target,
};
use confvet_prometheus::{Check, read_relabel_list};
use confvet_testkit::Random;
use confvet_yaml::{Dialect as YamlDialect, Yaml};
use serde_json::Value;
use std::sync::Arc;

fn vectors() -> Value {
    serde_json::from_str(include_str!("relabel-vectors.json")).unwrap()
}

fn labels(value: &Value) -> Labels {
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn rules(yaml: &str) -> Vec<RelabelRule> {
    let yaml = Yaml::parse(FileId(0), yaml, YamlDialect::GoYamlV2);
    read_relabel_list(yaml.root().unwrap(), Dialect::default()).into_iter().map(|step| step.rule).collect()
}

#[test]
fn chains_do_what_prometheus_does_step_by_step() {
    let all = vectors();
    for vector in all["rules"].as_array().unwrap() {
        let id = vector["id"].as_str().unwrap();
        let rules = rules(vector["rules_yaml"].as_str().unwrap());
        let trace = relabel(&rules, &labels(&vector["input"]), NameScheme::Utf8);
        let steps = vector["steps"].as_array().unwrap();
        assert_eq!(trace.steps.len(), steps.len(), "{id}");
        for (index, (step, expected)) in trace.steps.iter().zip(steps).enumerate() {
            match expected.get("labels") {
                Some(expected) => assert_eq!(step.labels, labels(expected), "{id}, step {index}"),
                None if expected["dropped"] == true => {
                    assert!(trace.output.is_none() && index + 1 == steps.len(), "{id}, step {index}");
                }
                None => assert!(step.labels.is_empty(), "{id}, step {index}"),
            }
        }
        assert_eq!(trace.output.is_none(), vector["dropped"].as_bool().unwrap(), "{id}");
    }
}

#[test]
fn rules_are_refused_as_prometheus_refuses_them() {
    for vector in vectors()["validate"].as_array().unwrap() {
        let id = vector["id"].as_str().unwrap();
        let rules = vector["rules_yaml"].as_str().unwrap().trim_end().replace('\n', "\n  ");
        let scheme = vector["name_scheme"].as_str().unwrap();
        let text = format!(
            "scrape_configs:\n- job_name: a\n  metric_name_validation_scheme: {scheme}\n  relabel_configs:\n  {rules}\n"
        );
        let problems = confvet_prometheus::parse(&text).model.problems;
        let refused = problems.iter().any(|problem| problem.severity.is_none() && problem.check != Check::NullDefault);
        let accepted = !refused;
        assert_eq!(accepted, vector["accepted"].as_bool().unwrap(), "{id}: {problems:?}");
    }
}

#[test]
fn targets_end_as_prometheus_lets_them_end() {
    for vector in vectors()["target"].as_array().unwrap() {
        let id = vector["id"].as_str().unwrap();
        let text =
            format!("scrape_configs:\n- {}", vector["job_yaml"].as_str().unwrap().trim_end().replace('\n', "\n  "));
        let config = confvet_prometheus::parse(&text).model;
        let job = config.jobs().next().unwrap();
        let version = confvet_core::Version::new(3, 5, 3);
        let target = job.targets().next().unwrap();
        let trace = simulate_target(
            &config.job_settings(job),
            &target.labels(),
            &target.group_labels(),
            job.relabel.iter().map(|step| &step.rule),
            NameScheme::Utf8,
            Semantics::of(Some(&version)),
        );
        assert_eq!(trace.trace.input, labels(&vector["discovered"]), "{id}");
        let result = &vector["result"];
        match trace.verdict {
            TargetVerdict::Scraped { internal, .. } => assert_eq!(internal, labels(&result["labels"]), "{id}"),
            TargetVerdict::Dropped { .. } => assert_eq!(result["dropped"], true, "{id}"),
            TargetVerdict::Failed { reason } => assert!(result.get("error").is_some(), "{id}: {reason}"),
        }
    }
}

#[test]
fn patterns_mean_what_they_mean_in_go() {
    for line in include_str!("regex-dialect.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let text: String = serde_json::from_str(cells[1]).unwrap();
        let inputs: Vec<String> = serde_json::from_str(cells[2]).unwrap();
        let pattern = Pattern::new(&text);
        if cells[3] == "error" {
            assert!(pattern.is_err(), "{}: {text} is refused by Go", cells[0]);
            continue;
        }
        let pattern = pattern.unwrap_or_else(|error| panic!("{}: {text}: {error}", cells[0]));
        let found: Vec<&str> =
            inputs.iter().map(|input| if pattern.matches(input).unwrap() { "yes" } else { "no" }).collect();
        assert_eq!(found.join(";"), cells[3], "{}: {text}", cells[0]);
        if !cells[4].is_empty() {
            let expected: Vec<String> = serde_json::from_str(cells[4]).unwrap();
            let first = inputs.iter().find_map(|input| pattern.captures(input).unwrap()).unwrap();
            let groups: Vec<&str> = first.all().iter().map(|group| group.unwrap_or_default()).collect();
            assert_eq!(groups, expected, "{}: {text}", cells[0]);
        }
    }
}

#[test]
fn older_versions_refuse_what_they_do_not_know() {
    let old = Dialect { dot_matches_newline: false, bare_names: false, long_categories: false };
    assert!(Pattern::with_dialect("(?<n>a)", old).is_err());
    assert!(Pattern::with_dialect(r"\p{Letter}", old).is_err());
    assert_eq!(Pattern::with_dialect("a.b", old).unwrap().matches("a\nb"), Some(false));
}

const NAMES: &[&str] = &["a", "b", "job", "__address__", "__meta_x_a", "__meta_x_b"];
const VALUES: &[&str] = &["", "foo", "bar", "foo;bar", "10.0.0.1:80", "a_b"];
const REGEXES: &[(&str, &str)] = &[
    ("(.*)", "(.*)"),
    ("(.+)", "(.+)"),
    ("foo|bar", "(?:foo|bar)"),
    ("(f)(.*)", "(f)(.*)"),
    ("([^:]+)(?::\\d+)?;?(.*)", "([^:]+)(?::[0-9]+)?;?(.*)"),
    ("__meta_x_(.+)", "__meta_x_(.+)"),
    ("", ""),
    ("a|job", "(?:a|job)"),
];

/// One rule, done the long way: lists instead of maps, the crate's own regexes, text replacement instead of templates.
fn naive(rule: &RelabelRule, regex: &regex::Regex, labels: &mut Vec<(String, String)>) -> bool {
    let get = |labels: &Vec<(String, String)>, name: &str| {
        labels.iter().find(|(own, _)| own == name).map_or(String::new(), |(_, value)| value.clone())
    };
    let set = |labels: &mut Vec<(String, String)>, name: &str, value: String| {
        labels.retain(|(own, _)| own != name);
        if !value.is_empty() {
            labels.push((name.to_owned(), value));
        }
    };
    let fill = |template: &str, found: &regex::Captures<'_>| {
        let group = |number| found.get(number).map_or("", |group: regex::Match<'_>| group.as_str());
        template.replace("${1}", group(1)).replace("${2}", group(2)).replace("$1", group(1)).replace("$2", group(2))
    };
    let mut value = String::new();
    for (index, source) in rule.source_labels.iter().enumerate() {
        if index > 0 {
            value.push_str(&rule.separator);
        }
        value.push_str(&get(labels, source));
    }
    let target = rule.target_label.as_str();
    match rule.action {
        Action::Keep => return regex.is_match(&value),
        Action::Drop => return !regex.is_match(&value),
        Action::KeepEqual => return get(labels, target) == value,
        Action::DropEqual => return get(labels, target) != value,
        Action::Replace => {
            if let Some(found) = regex.captures(&value) {
                let (target, text) = (fill(target, &found), fill(rule.replacement.as_str(), &found));
                if !target.is_empty() {
                    set(labels, &target, text);
                }
            }
        }
        Action::Lowercase => set(labels, target, value.to_lowercase()),
        Action::Uppercase => set(labels, target, value.to_uppercase()),
        Action::HashMod => {
            use md5::Digest;
            let sum = md5::Md5::digest(value.as_bytes());
            let mut last = [0; 8];
            last.copy_from_slice(&sum[8..]);
            set(labels, target, (u64::from_be_bytes(last) % rule.modulus).to_string());
        }
        Action::LabelDrop => labels.retain(|(name, _)| !regex.is_match(name)),
        Action::LabelKeep => labels.retain(|(name, _)| regex.is_match(name)),
        Action::LabelMap => {
            let mut before = labels.clone();
            before.sort();
            for (name, value) in before {
                if let Some(found) = regex.captures(&name) {
                    let target = fill(rule.replacement.as_str(), &found);
                    set(labels, &target, value);
                }
            }
        }
    }
    true
}

#[test]
fn the_engine_agrees_with_a_plain_one() {
    let mut random = Random::new("relabel");
    let actions = [
        Action::Replace,
        Action::Replace,
        Action::Keep,
        Action::Drop,
        Action::KeepEqual,
        Action::DropEqual,
        Action::HashMod,
        Action::LabelMap,
        Action::LabelDrop,
        Action::LabelKeep,
        Action::Lowercase,
        Action::Uppercase,
    ];
    let patterns: Vec<(Arc<Pattern>, regex::Regex)> = (REGEXES.iter())
        .map(|(go, rust)| (Arc::new(Pattern::new(go).unwrap()), regex::Regex::new(&format!("^(?s:{rust})$")).unwrap()))
        .collect();
    let (mut dropped, mut kept) = (0, 0);
    for _ in 0..20_000 {
        let mut input = Labels::new();
        for _ in 0..random.below(5) {
            let value = random.pick(&VALUES[1..]).to_owned();
            input.insert(random.pick(NAMES).to_owned(), value);
        }
        let chain: Vec<(RelabelRule, &regex::Regex)> = (0..1 + random.below(4))
            .map(|_| {
                let (pattern, plain) = &patterns[random.below(patterns.len())];
                let sources = (0..random.below(3)).map(|_| random.pick(NAMES).into()).collect();
                let rule = RelabelRule {
                    source_labels: sources,
                    separator: random.pick(&[";", "", "-"]).into(),
                    regex: Arc::clone(pattern),
                    modulus: 7,
                    target_label: Template::new(if random.chance(20) {
                        random.pick(&["t_$1", "${2}", "$1$1"])
                    } else {
                        random.pick(NAMES)
                    }),
                    replacement: Template::new(random.pick(&["$1", "${2}", "x", "", "${1}_$2"])),
                    action: actions[random.below(actions.len())],
                };
                (rule, plain)
            })
            // A map to the name "" stores a label without a name, which the plain engine has no opinion on.
            .filter(|(rule, _)| rule.action != Action::LabelMap || matches!(rule.replacement.as_str(), "x" | "${1}_$2"))
            // What does not look for groups takes its target as it stands.
            .filter(|(rule, _)| rule.action == Action::Replace || !rule.target_label.as_str().contains('$'))
            .collect();
        let trace = relabel(chain.iter().map(|(rule, _)| rule), &input, NameScheme::Utf8);
        let mut plain: Vec<(String, String)> = input.into_iter().collect();
        let survives = chain.iter().all(|(rule, regex)| naive(rule, regex, &mut plain));
        let expected = survives.then(|| plain.into_iter().collect::<Labels>());
        assert_eq!(trace.output, expected, "{chain:?} on {:?}", trace.input);
        if survives { kept += 1 } else { dropped += 1 }
    }
    assert!(dropped > 2_000 && kept > 2_000, "{dropped} dropped, {kept} kept: the mix is lopsided");
}

#[test]
fn a_draft_says_everything_that_is_wrong_at_once() {
    let draft = Draft {
        action: Some(Action::LabelDrop),
        source_labels: Some(vec!["a"]),
        target_label: Some("b"),
        ..Draft::default()
    };
    assert_eq!(draft.problems(NameScheme::Utf8).len(), 2);
}
