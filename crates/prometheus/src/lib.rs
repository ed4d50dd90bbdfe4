//! Prometheus, read as the server reads it: prometheus.yml with its included files, rule files and target files, and
//! relabelling that can be watched step by step.
//!
//! ```
//! let text = "scrape_configs:\n- job_name: node\n  static_configs:\n  - targets: ['db1:9100']\n";
//! let document = confvet_prometheus::parse(text).model;
//! let config = document.config().unwrap(); // everything that is written
//! assert_eq!(config.scrape_configs[0].static_configs[0].targets[0].value, "db1:9100");
//! let job = document.jobs().next().unwrap(); // what comes of it
//! assert_eq!(document.interval(job).to_string(), "1m"); // the default
//! ```
#![forbid(unsafe_code)]

pub mod config;
mod detect;
mod keys;
mod labels;
mod meta;
mod model;
mod problem;
mod promql;
pub mod relabel;
mod rules;
mod simulate;
mod template;
mod units;

pub use labels::ResultLabels;
pub use meta::{MetaKind, MetaLabel, meta_labels};
pub use model::{
    AlertRule, Chain, Document, Job, RelabelStep, RuleGroup, RuleKind, Stage, TargetGroup, TargetRef, Text,
    read_relabel_list,
};
pub use problem::{Check, Problem};
pub use promql::{Matcher, Query, QueryError, RangeUse, Selector};
pub use simulate::{SimulateError, SimulateRequest, Simulation, simulate_file, simulate_job};
pub use units::{DurationError, Millis, Size, parse_duration};

use confvet_core::{Detection, Input, Parsed, Rule, Set, System, read_alone};

/// Prometheus.
#[derive(Debug, Clone, Copy)]
pub struct Prometheus;

impl System for Prometheus {
    type Model = Document;

    const NAME: &'static str = "prometheus";
    const TITLE: &'static str = "Prometheus";
    const TARGETS: &'static [&'static str] = &["prometheus"];
    const KINDS: &'static [&'static str] = &[detect::CONFIG, detect::RULES, detect::TARGETS, detect::MANIFEST];

    fn might_be(path: &str) -> bool {
        detect::might_be(path)
    }

    fn detect(path: &str, text: &str) -> Option<Detection> {
        detect::detect(path, text)
    }

    fn parse(input: &Input<'_>) -> Parsed<Document> {
        model::read(input)
    }

    fn rules() -> &'static [&'static Rule<Document>] {
        rules::FILE_RULES
    }

    fn set_rules() -> &'static [&'static Rule<Set<Document>>] {
        &[]
    }
}

/// Reads a prometheus.yml by itself, without what it includes, for the newest version.
pub fn parse(text: &str) -> Parsed<Document> {
    read_alone("prometheus.yml", detect::CONFIG, text, model::read)
}

/// Reads a rule file by itself, for the newest version.
pub fn parse_rules(text: &str) -> Parsed<Document> {
    read_alone("rules.yml", detect::RULES, text, model::read)
}

/// `utf8` or `legacy`.
pub fn scheme_of_name(name: &str) -> Option<relabel::NameScheme> {
    match name {
        "utf8" => Some(relabel::NameScheme::Utf8),
        "legacy" => Some(relabel::NameScheme::Legacy),
        _ => None,
    }
}
