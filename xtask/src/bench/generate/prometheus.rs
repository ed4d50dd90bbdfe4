//! prometheus.yml with very many jobs, and files of recording and alerting rules.

use super::{Format, Generator, Shape};
use confvet_testkit::Random;
use std::fmt::Write;

pub(super) static ALL: &[Generator] = &[
    generator("scrape jobs", Shape::OneFile("prometheus.yml", jobs_head, job)),
    generator("rules", Shape::OneFile("rules/alerts.yml", rules_head, rule_group)),
];

const fn generator(title: &'static str, shape: Shape) -> Generator {
    Generator { system: "prometheus", title, format: Format::Yaml, target: &[("prometheus", "2.53.0")], shape }
}

fn jobs_head() -> String {
    "# One job a service\nglobal:\n  scrape_interval: 15s\n  evaluation_interval: 15s\n  external_labels:\n    \
     cluster: eu-1\n\nalerting:\n  alertmanagers:\n    - static_configs:\n        - targets: ['10.0.0.7:9093', '10.0.0.8:9093']\n\n\
     scrape_configs:\n"
        .to_owned()
}

fn job(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    let _ =
        writeln!(text, "  # {service}, asked for in ticket {}\n  - job_name: {service}-{number}", random.below(90_000));
    let _ = writeln!(text, "    scrape_interval: {}\n    scrape_timeout: 10s", random.pick(&["15s", "30s", "1m"]));
    text.push_str("    metrics_path: /metrics\n    static_configs:\n      - targets:\n");
    for _ in 0..3 + random.below(8) {
        let _ = writeln!(text, "          - '{}:{}'", random.address(), 9100 + random.below(50));
    }
    let _ = writeln!(
        text,
        "        labels:\n          team: {}\n          tier: \"{}\"",
        random.service(),
        random.below(4)
    );
    text.push_str("    relabel_configs:\n      - source_labels: [__address__]\n        regex: '([^:]+):\\d+'\n        target_label: instance\n        replacement: '$1'\n");
    if random.chance(50) {
        text.push_str("    metric_relabel_configs:\n      - source_labels: [__name__]\n        regex: 'go_(gc|memstats)_.*'\n        action: drop\n");
    }
}

fn rules_head() -> String {
    "groups:\n".to_owned()
}

fn rule_group(random: &mut Random, number: usize, text: &mut String) {
    let service = random.service();
    let _ = writeln!(text, "  - name: {service}-{number}\n    interval: 30s\n    rules:");
    for rule in 0..4 {
        let _ = writeln!(text, "      - record: job:{}_requests_{number}_{rule}:rate5m", service.replace('-', "_"));
        let _ = writeln!(
            text,
            "        expr: sum by (job) (rate(http_requests_total{{job=\"{service}-{rule}\", code=~\"5..\"}}[5m]))"
        );
    }
    let _ = writeln!(
        text,
        "      - alert: {}Down{number}\n        expr: |\n          up{{job=\"{service}-{number}\"}} == 0",
        service.replace('-', "")
    );
    let _ = writeln!(text, "          and on (instance) node_boot_time_seconds > {}", random.below(1_000_000));
    text.push_str("        for: 5m\n        labels:\n          severity: page\n        annotations:\n");
    let _ = writeln!(
        text,
        "          summary: \"{service} is down on {{{{ $labels.instance }}}}\"\n          runbook: https://wiki.example.com/{service}"
    );
}
