//! Thousands of damaged configurations: nothing panics, every place lies in the file, and fixes are sound.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use confvet_core::{
    Category, Context, Diagnostic, Facts, FileId, Findings, Input, RuleInfo, Severity, Source, Sources, System, Target,
};
use confvet_prometheus::Prometheus;

static INFO: RuleInfo = RuleInfo {
    name: "prometheus/any",
    title: "",
    severity: Severity::Error,
    category: Category::Outage,
    fix: None,
    applies: None,
    needs: &[],
    supersedes: &[],
};

const SEEDS: &[(&str, &str)] = &[
    (
        "prometheus-config",
        r#"global:
  scrape_interval: 15s
  external_labels: {region: "${REGION}"}
rule_files: [rules/*.yml]
alerting:
  alertmanagers:
    - api_version: v2
      static_configs:
        - targets: ["am:9093"]
scrape_configs:
  - job_name: web
    metrics_path: /m?a=b&c=d
    params: {module: [x]}
    tls_config: {ca_file: /a}
    basic_auth: {username: u, password: "${PW}"}
    static_configs:
      - targets: ["a:80,b:80", "http://é:1/", '::1']
        labels: {env: "prod"}
    relabel_configs:
      - source_labels: [__address__, __meta_ec2_tag_Näme]
        separator: ';'
        regex: "(.+)(?::\\d+)?;(\\d+)"
        replacement: $1_x:$2
        target_label: __address__
      - regex: job|instance
        action: labelkeep
      - action: hashmod
        modulus: 010
        source_labels: [__address__]
        target_label: __tmp_hash
      - regex: __meta_kubernetes_pod_label_(.+)
        action: labelmap
    metric_relabel_configs:
      - source_labels: [__name__, le]
        regex: a;(1|2)
        action: drop
      - source_labels: [__name__]
        regex: a|b
        action: keep
      - source_labels: [__name__]
        regex: c|d
        action: keep
  - job_name: web
    scrape_timeout: 1m
    kubernetes_sd_configs:
      - role: endpoints
      - namespaces: {names: [a]}
remote_write:
  - url: mimir:9009
    queue_config: {min_shards: 9, max_shards: 3}
"#,
    ),
    (
        "prometheus-rules",
        r#"groups:
  - name: g
    interval: 10m
    rules:
      - record: a:b
        expr: sum by (x) (rate(m{le="1",job=~"a|b"}[30s])) / on(a) group_left c > bool 1
        for: 5m
      - alert: Ä
        expr: |
          histogram_quantile(0.9, rate(x_bucket[5m]))
            > 1 and absent(up{job="é"})
        labels: {severity: "{{ $label.x }}"}
        annotations:
          summary: '{{ $value | humanise }} {{ range $i, $e := query "up" }}{{ $i }}{{ end }}'
---
groups: []
"#,
    ),
    (
        "prometheus-targets",
        "- targets: ['a:1', \"b:2\"]\n  labels: {env: x, __metrics_path__: '/a?b'}\n- targets: []\n",
    ),
];

const PIECES: &[&str] = &[
    "\n",
    "  ",
    "- ",
    ": ",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "|",
    "\\",
    "$1",
    "${",
    "$$",
    "é",
    "\t",
    "#",
    "&a ",
    "*a",
    "<<: *a\n",
    "null",
    "regex: ",
    "action: keep\n",
    "{{",
    "}}",
    "$x",
    "?",
    "*",
    "(?",
    "[5m]",
    "offset ",
    "\u{feff}",
    "\0",
    "---\n",
    "labeldrop",
    ",",
    "10000",
    "by (",
    "=~\"",
];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }

    fn boundary(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// The last character boundary within some bytes behind a place.
fn near(text: &str, from: usize, bytes: usize) -> usize {
    let end = (from + bytes).min(text.len());
    (from..=end).rev().find(|&end| text.is_char_boundary(end)).unwrap()
}

fn mutate(random: &mut Random, text: &mut String) {
    for _ in 0..1 + random.below(4) {
        let (a, b) = (random.boundary(text), random.boundary(text));
        match random.below(4) {
            0 => text.insert_str(a, PIECES[random.below(PIECES.len())]),
            1 => {
                let end = near(text, a, 12);
                text.replace_range(a..end, "");
            }
            2 => {
                let end = near(text, a, 20);
                let piece = text[a..end].to_owned();
                text.insert_str(b, &piece);
            }
            _ => {
                if let Some(c) = text[a..].chars().next() {
                    text.replace_range(a..a + c.len_utf8(), PIECES[random.below(PIECES.len())]);
                }
            }
        }
    }
}

fn lint(kind: &'static str, text: &str) -> Vec<Diagnostic> {
    let sources: Sources = [Source::new("prometheus.yml", text)].into_iter().collect();
    let (target, facts) = (Target::new(), Facts::new());
    let input = Input { sources: &sources, file: FileId(0), kind, target: &target, facts: &facts };
    let parsed = Prometheus::parse(&input);
    let ctx = Context { sources: &sources, target: &target, facts: &facts };
    let mut all = Vec::new();
    for rule in Prometheus::rules() {
        let mut findings = Findings::new(&INFO);
        (rule.check)(&parsed.model, &ctx, &mut findings);
        all.extend(findings.into_diagnostics());
    }
    for span in all.iter().flat_map(Diagnostic::spans).chain(parsed.secrets) {
        assert!(text.get(span.range()).is_some(), "{span:?} is no place in {text:?}");
    }
    let _ = serde_json::to_string(&parsed.model).unwrap();
    all
}

#[test]
fn damaged_files_never_break_anything() {
    let mut random = Random(0x0dd_ba11_5eed);
    let mut found = 0;
    for round in 0..3_000 {
        let (kind, seed) = SEEDS[round % SEEDS.len()];
        let mut text = seed.to_owned();
        mutate(&mut random, &mut text);
        for diagnostic in lint(kind, &text) {
            found += 1;
            for fix in &diagnostic.fixes {
                let fixed = confvet_core::apply(&text, &fix.edits);
                let fixed = fixed.unwrap_or_else(|error| panic!("{}: {error} in {text:?}", fix.title));
                if round % 10 == 0 {
                    lint(kind, &fixed);
                }
            }
        }
    }
    assert!(found > 5_000, "only {found} findings: the seeds are too sound");
}
