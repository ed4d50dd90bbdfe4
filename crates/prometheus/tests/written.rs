//! Everything that is written stands in the typed model, and `confvet model` prints the same by the key table.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use confvet_prometheus::config::AnyValue;
use confvet_prometheus::{Document, config, parse, parse_rules};
use serde_json::{Value, json};
use std::path::Path;

/// What the types say, in the shape of the model.
fn typed(document: &Document) -> Value {
    let mut all = serde_json::Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            all.insert(name.to_owned(), value);
        }
    };
    put("config", serde_json::to_value(document.config()).unwrap());
    put("scrape_config_files", serde_json::to_value(document.scrape_config_files()).unwrap());
    put("rule_files", serde_json::to_value(document.rule_files()).unwrap());
    put("target_files", serde_json::to_value(document.target_files()).unwrap());
    Value::Object(all)
}

#[track_caller]
fn assert_same(document: &Document, what: &str) -> Value {
    let shown = serde_json::to_value(document).unwrap();
    assert_eq!(shown, typed(document), "{what}");
    shown
}

/// The types of the key table: context, key and type of each row.
fn rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let rows = include_str!("../src/keys.tsv").lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|cells| (cells[0], cells[1], cells[2])).collect()
}

/// A value of a type, in flow style, around the value of an inner context.
fn sample(kind: &str, inner: Option<&str>) -> String {
    if let Some(kind) = kind.strip_prefix("list:") {
        return format!("[{}]", sample(kind, inner));
    }
    if let Some(kind) = kind.strip_prefix("map:") {
        return format!("{{x: {}}}", sample(kind, inner));
    }
    if let Some(words) = kind.strip_prefix("enum:").or_else(|| kind.strip_prefix("enumci:")) {
        return words.split('|').next_back().unwrap().to_owned();
    }
    match kind {
        "bool" => "true",
        "int" => "-7",
        "uint" => "7",
        "float" => "0.5",
        "duration" => "1h30m",
        "size" => "10MB",
        "any" => "{a: [1, true, ~, x]}",
        kind if kind.starts_with('@') => inner.unwrap_or("{}"),
        _ => "some_text",
    }
    .to_owned()
}

/// The way from a root to a context: the rows that lead there.
fn way_to(context: &str) -> Vec<(&'static str, &'static str, &'static str)> {
    let rows = rows();
    let mut way = Vec::new();
    let mut context = context.to_owned();
    while !matches!(context.as_str(), "top level" | "rule file") {
        let leads = |kind: &str| kind.rsplit(':').next().and_then(|kind| kind.strip_prefix('@')) == Some(&context);
        let row = *rows.iter().find(|(own, _, kind)| *own != context && leads(kind)).unwrap();
        way.push(row);
        context = row.0.to_owned();
    }
    way
}

#[test]
fn every_key_of_every_context_is_read_and_printed() {
    for (context, key, kind) in rows() {
        let mut text = format!("{{{key}: {}}}", sample(kind, None));
        let way = way_to(context);
        for (_, key, kind) in &way {
            text = format!("{{{key}: {}}}", sample(kind, Some(&text)));
        }
        let in_rules = way.last().map_or(context, |row| row.0) == "rule file";
        let document = if in_rules { parse_rules(&text) } else { parse(&text) }.model;
        let shown = assert_same(&document, &text);
        let mut value = if in_rules { &shown["rule_files"][0] } else { &shown["config"] };
        for (_, key, kind) in way.iter().rev() {
            value = &value[*key];
            for part in kind.split(':') {
                match part {
                    "list" => value = &value[0],
                    "map" => value = &value["x"],
                    _ => {}
                }
            }
        }
        assert!(value.get(key).is_some(), "{context} {key}: {text} gives {shown}");
    }
}

#[test]
fn values_have_their_types_and_their_places() {
    let text = "global:\n  scrape_interval: 90s\n  body_size_limit: 1.5KB\nscrape_configs:\n- job_name: 9100\n  \
                basic_auth: {username: u, password: pw}\n  http_headers: {X-A: {secrets: [s], values: [v]}}\n  \
                relabel_configs: [{action: LabelDrop, regex: x}]\n  static_configs: nothing\n  sample_limit: many\n";
    let document = parse(text).model;
    let config = document.config().unwrap();
    let global = config.global.as_ref().unwrap();
    assert_eq!(global.scrape_interval.unwrap().value, config::Millis(90_000));
    assert_eq!(global.body_size_limit.unwrap().value, config::Size(1536));
    let job = &config.scrape_configs[0];
    let name = job.job_name.as_ref().unwrap();
    assert_eq!((name.value.as_str(), &text[name.span.range()]), ("9100", "9100"));
    assert_eq!(job.relabel_configs[0].action.unwrap().value, config::Action::LabelDrop);
    assert_eq!(job.basic_auth.as_ref().unwrap().password.as_ref().unwrap().value.reveal(), "pw");
    assert!(job.static_configs.is_empty() && job.sample_limit.is_none());
    let shown = assert_same(&document, text);
    let job = &shown["config"]["scrape_configs"][0];
    assert_eq!(job["basic_auth"], json!({"username": "u", "password": "***"}));
    assert_eq!(job["http_headers"], json!({"X-A": {"secrets": ["***"], "values": ["v"]}}));
    assert_eq!(job["relabel_configs"], json!([{"action": "labeldrop", "regex": "x"}]));
    assert!(!format!("{config:?}").contains("pw"));
}

#[test]
fn what_does_not_fit_is_left_out_and_the_rest_stands() {
    let many: String =
        (0..3000).map(|number| format!("- job_name: j{number}\n  params: none\n  honor_labels: maybe\n")).collect();
    let document = parse(&format!("scrape_configs:\n{many}")).model;
    assert_eq!(document.config().unwrap().scrape_configs.len(), 3000);
    let odd = [
        "scrape_configs: {job_name: a}\n",
        "scrape_configs: [a, ~, [], {job_name: a, params: {a: [1, ~, {}], b: 2}}]\n",
        "global: &g {scrape_interval: 15}\nscrape_configs: [{<<: *g, scrape_timeout: 5s, job_name: {}}]\n",
        "global: {external_labels: {a: 1, b: ~, c: [x], [d]: e}}\nrule_files: x\n",
        "remote_write: [{oauth2: {claims: {a: {b: [1.5, -2, yes, ~, 2020-01-01, 99999999999999999999]}}}}]\n",
        "global: ~\nscrape_configs:\n",
        "[]\n",
        "",
    ];
    for text in odd {
        assert_same(&parse(text).model, text);
        assert_same(&parse_rules(text).model, text);
    }
    let config = parse(odd[4]).model.config().unwrap();
    let claims = config.remote_write[0].oauth2.as_ref().unwrap().claims.clone();
    let Some(AnyValue::Map(claims)) = claims else { panic!("{claims:?}") };
    assert!(
        matches!(&claims["a"], AnyValue::Map(inner) if matches!(&inner["b"], AnyValue::List(list) if list.len() == 6))
    );
}

#[test]
fn the_examples_of_all_pages_read_the_same() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/prometheus");
    let mut count = 0;
    for page in std::fs::read_dir(pages).unwrap() {
        let page = page.unwrap().path();
        let text = std::fs::read_to_string(&page).unwrap();
        for fence in text.split("```").skip(1).step_by(2) {
            let (_, body) = fence.split_once('\n').unwrap();
            let body: String =
                body.lines().filter(|line| !line.starts_with("#~")).map(|line| format!("{line}\n")).collect();
            assert_same(&parse(&body).model, &page.display().to_string());
            assert_same(&parse_rules(&body).model, &page.display().to_string());
            count += 1;
        }
    }
    assert!(count > 100);
}
