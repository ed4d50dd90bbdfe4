//! Is a file Prometheus's, and which of its kinds? By the keys at the left edge, whatever the name.

use confvet_core::{Confidence, Detection};

/// prometheus.yml, or a file of `scrape_config_files`.
pub(crate) const CONFIG: &str = "prometheus-config";
/// A file of `rule_files`.
pub(crate) const RULES: &str = "prometheus-rules";
/// A manifest for Kubernetes with the rules of a `PrometheusRule`.
pub(crate) const MANIFEST: &str = "prometheus-manifest";
/// A file of `file_sd_configs`.
pub(crate) const TARGETS: &str = "prometheus-targets";

const TOP: &[&str] = &[
    "global",
    "runtime",
    "alerting",
    "rule_files",
    "scrape_config_files",
    "scrape_configs",
    "storage",
    "tracing",
    "remote_write",
    "remote_read",
    "otlp",
];

/// Any YAML or JSON file may be one of ours.
pub(crate) fn might_be(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".yml", ".yaml", ".json", ".rules", ".YML", ".YAML", ".JSON"].iter().any(|end| name.ends_with(end))
}

pub(crate) fn detect(path: &str, text: &str) -> Option<Detection> {
    if !might_be(path) {
        return None;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let shape = Shape::of(text);
    if text.contains("{%") {
        return None;
    }
    if shape.has("apiVersion") && !name.to_ascii_lowercase().ends_with(".json") {
        return manifest(text);
    }
    if shape.foreign() {
        return None;
    }
    if name.to_ascii_lowercase().ends_with(".json") {
        return json_targets(text)
            .then(|| Detection::new(TARGETS, Confidence::Likely, "a list of `targets` with `labels`"));
    }
    config(name, text, &shape)
        .or_else(|| rules(name, text, &shape))
        .or_else(|| bare_rules(path, text, &shape))
        .or_else(|| targets(text, &shape))
}

/// What stands at the left edge of the first document.
struct Shape<'t> {
    keys: Vec<&'t str>,
    list: bool,
}

impl<'t> Shape<'t> {
    fn of(text: &'t str) -> Self {
        let mut keys = Vec::new();
        let mut list = false;
        for line in text.trim_start_matches('\u{feff}').lines() {
            if line.starts_with("---") {
                if keys.is_empty() && !list {
                    continue;
                }
                break;
            }
            if line.starts_with("- ") || line == "-" {
                list |= keys.is_empty();
                continue;
            }
            if !line.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '"') {
                continue;
            }
            if let Some((key, rest)) = line.split_once(':')
                && (rest.is_empty() || rest.starts_with([' ', '\t', '\r']))
            {
                keys.push(key.trim_matches('"'));
            }
        }
        Self { keys, list }
    }

    fn has(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }

    /// Keys of programs whose files look alike.
    fn foreign(&self) -> bool {
        const OTHERS: &[&str] = &[
            "apiVersion",
            "kind",
            "receivers",
            "route",
            "modules",
            "tests",
            "evaluation_interval",
            "datasources",
            "server",
            "clients",
            "positions",
            "service",
            "exporters",
            "tls_server_config",
            "basic_auth_users",
            "namespace",
            "scope",
            "services",
        ];
        self.keys.iter().any(|key| OTHERS.contains(key))
    }
}

fn config(name: &str, text: &str, shape: &Shape<'_>) -> Option<Detection> {
    if text.contains("pipeline_stages:") {
        return None;
    }
    let known = shape.keys.iter().filter(|key| TOP.contains(key)).count();
    let unknown = shape.keys.len() - known;
    let telling = ["scrape_configs", "rule_files", "remote_write", "scrape_config_files"];
    let telling = telling.iter().find(|key| shape.has(key)).copied();
    let timed = shape.has("global") && (text.contains("scrape_interval") || text.contains("evaluation_interval"));
    let lower = name.to_ascii_lowercase();
    let named = lower == "prometheus.yml" || lower == "prometheus.yaml";
    if named && (known > 0 || shape.list && text.contains("job_name:") || shape.keys.is_empty() && !shape.list) {
        return Some(Detection::new(CONFIG, Confidence::Sure, "the name and the sections of prometheus.yml"));
    }
    if unknown > known.saturating_sub(1).min(1) {
        return None;
    }
    if let Some(key) = telling {
        return Some(Detection::new(CONFIG, Confidence::Sure, format!("`{key}` at the top level")));
    }
    if timed {
        return Some(Detection::new(CONFIG, Confidence::Likely, "`global` with an interval"));
    }
    let fragment = shape.list && text.lines().any(|line| line.starts_with("- job_name:"));
    let prometheus = lower.contains("prometheus");
    if fragment {
        return Some(Detection::new(CONFIG, Confidence::Likely, "a list of scrape jobs"));
    }
    (prometheus && known > 0)
        .then(|| Detection::new(CONFIG, Confidence::Likely, "the name and a section of prometheus.yml"))
}

/// A `PrometheusRule`, unless it is a template of Helm's.
fn manifest(text: &str) -> Option<Detection> {
    let rule = text.lines().any(|line| line.trim_end() == "kind: PrometheusRule");
    let templated = ["{{-", "{{ .Values", "{{.Values", "{{ .Release", "{{ include", "{{ template", "{{ if", "{{ range"];
    let outside = |hole: &&str| text.lines().any(|line| line.trim_start().starts_with(*hole) || line.contains(": {{"));
    (rule && !templated.iter().any(outside))
        .then(|| Detection::new(MANIFEST, Confidence::Sure, "`kind: PrometheusRule`").shared())
}

fn rules(name: &str, text: &str, shape: &Shape<'_>) -> Option<Detection> {
    if !shape.has("groups") {
        return None;
    }
    let keys = || text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    let has = |words: &[&str]| keys().any(|key| words.iter().any(|word| key.starts_with(word)));
    let lower = name.to_ascii_lowercase();
    let named = lower.contains("rules") || lower.contains("alert");
    let rules = has(&["rules:"]) && (named || has(&["alert:", "record:", "expr:"]));
    if !rules || logql(text) || has(OTHER_RULERS) {
        return None;
    }
    let confidence = if shape.keys.len() == 1 { Confidence::Sure } else { Confidence::Likely };
    Some(Detection::new(RULES, confidence, "`groups` with `rules`"))
}

/// A list of rules without `groups`, in a place that is named for rules.
fn bare_rules(path: &str, text: &str, shape: &Shape<'_>) -> Option<Detection> {
    let path = path.to_ascii_lowercase();
    let placed = path.contains("rule") || path.contains("alert");
    let starts = |key: &str| text.lines().any(|line| line.starts_with(key));
    let rules = shape.list && text.contains("  expr:") && (starts("- record:") || starts("- alert:"));
    (placed && rules && !logql(text)).then(|| Detection::new(RULES, Confidence::Likely, "a list of rules"))
}

/// Keys of a group that only other rulers know: Thanos, Mimir, and vmalert of VictoriaMetrics.
const OTHER_RULERS: &[&str] = &[
    "partial_response_strategy:",
    "source_tenants:",
    "align_evaluation_time_on_interval:",
    "concurrency:",
    "eval_alignment:",
    "eval_delay:",
    "eval_offset:",
    "extra_filter_labels:",
    "notifier_headers:",
    "update_entries_limit:",
];

/// LogQL in the place of PromQL: a rule file of Loki.
fn logql(text: &str) -> bool {
    text.contains("|=")
        || text.contains("|~")
        || text.contains("} |")
        || text.contains("| json")
        || text.contains("| logfmt")
}

fn targets(text: &str, shape: &Shape<'_>) -> Option<Detection> {
    if !shape.list || !shape.keys.is_empty() {
        return None;
    }
    let edge = |line: &&str| line.starts_with("- ") || line.starts_with("  ") && !line.starts_with("   ");
    let keys: Vec<&str> = (text.lines().filter(edge))
        .filter_map(|line| line.trim_start_matches("- ").trim_start().split_once(':'))
        .map(|(key, _)| key)
        .filter(|key| key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !key.is_empty())
        .collect();
    let ours = keys.contains(&"targets") && keys.iter().all(|key| matches!(*key, "targets" | "labels"));
    ours.then(|| Detection::new(TARGETS, Confidence::Likely, "a list of `targets` with `labels`"))
}

fn json_targets(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('[') && text.contains("\"targets\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, text: &str) -> Option<&'static str> {
        detect(path, text).map(|detection| detection.kind)
    }

    #[test]
    fn manifests_with_rules_are_ours_unless_helm_fills_them_in() {
        let manifest = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups: []\n";
        assert_eq!(kind("rule.yml", manifest), Some(MANIFEST));
        assert_eq!(kind("rule.yml", &manifest.replace("groups: []", "groups: {{ .Values.groups }}")), None);
        assert_eq!(kind("rule.yml", &manifest.replace("PrometheusRule", "ServiceMonitor")), None);
    }

    #[test]
    fn files_are_told_by_their_sections() {
        assert_eq!(kind("x.yml", "scrape_configs:\n- job_name: a\n"), Some(CONFIG));
        assert_eq!(kind("prometheus.yml", "- job_name: a\n"), Some(CONFIG));
        assert_eq!(kind("a.yml", "groups:\n- name: x\n  rules:\n  - alert: A\n    expr: up\n"), Some(RULES));
        assert_eq!(kind("t.yml", "- targets: [a:1]\n  labels:\n    env: x\n"), Some(TARGETS));
        assert_eq!(kind("t.json", "[{\"targets\": [\"a:1\"]}]"), Some(TARGETS));
    }

    #[test]
    fn files_of_others_are_left_alone() {
        for (path, text) in [
            ("alertmanager.yml", "global:\n  smtp_from: x\nroute:\n  receiver: x\nreceivers: []\n"),
            ("test.yml", "rule_files: [a.yml]\nevaluation_interval: 1m\ntests: []\n"),
            ("promtail.yml", "server:\n  http_listen_port: 1\nclients: []\nscrape_configs:\n- job_name: a\n"),
            ("loki.yml", "groups:\n- name: x\n  rules:\n  - alert: A\n    expr: sum(rate({a=\"b\"} |= \"x\" [5m]))\n"),
            (
                "thanos.yml",
                "groups:\n- name: x\n  partial_response_strategy: warn\n  rules:\n  - alert: A\n    expr: up\n",
            ),
            ("vmalert.yml", "groups:\n- concurrency: 2\n  name: x\n  rules:\n  - alert: A\n    expr: up\n"),
            ("x.conf", "scrape_configs:\n"),
            ("playbook.yml", "- hosts: all\n  tasks: []\n"),
        ] {
            assert_eq!(kind(path, text), None, "{path}");
        }
    }
}
