//! One discovered target through one job: what Prometheus adds before the rules, and what it does behind them.

use super::engine::{Labels, Trace, relabel};
use super::regex::Dialect;
use super::rule::{NameScheme, RelabelRule};
use crate::units::{Millis, parse_duration};
use confvet_core::{Map, Version};
use serde::Serialize;

/// What the version of Prometheus changes about relabelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Semantics {
    /// Before 3.0 an address without a port gets `:80` or `:443`.
    pub appends_port: bool,
    /// Before 3.0 `params` of the job override a discovered `__param_*`.
    pub params_override: bool,
    /// From 3.13 three labels more stand on every target.
    pub histogram_labels: bool,
    /// How patterns are compiled.
    pub dialect: Dialect,
}

impl Semantics {
    /// Of a version; without one, of the newest.
    pub fn of(version: Option<&Version>) -> Self {
        let at_least = |major, minor| version.is_none_or(|version| (version.major, version.minor) >= (major, minor));
        Self {
            appends_port: !at_least(3, 0),
            params_override: !at_least(3, 0),
            histogram_labels: at_least(3, 13),
            dialect: Dialect {
                dot_matches_newline: at_least(3, 0),
                bare_names: at_least(2, 51),
                long_categories: at_least(3, 7),
            },
        }
    }
}

/// What a job gives every target of its.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobSettings {
    /// `job_name`.
    pub job_name: String,
    /// `scheme`, default `http`.
    pub scheme: String,
    /// `metrics_path`, default `/metrics`.
    pub metrics_path: String,
    /// The interval that applies, as written.
    pub scrape_interval: String,
    /// The timeout that applies, as written.
    pub scrape_timeout: String,
    /// `params`, each with its values.
    pub params: Vec<(String, Vec<String>)>,
    /// `convert_classic_histograms_to_nhcb`, `always_scrape_classic_histograms`, `scrape_native_histograms`.
    pub histograms: [bool; 3],
}

impl Semantics {
    /// The names of the labels that a job gives every target, those of parameters left aside.
    pub(crate) fn given_names(self) -> impl Iterator<Item = &'static str> {
        let histograms = HISTOGRAM_LABELS.into_iter().filter(move |_| self.histogram_labels);
        ["job", "__scrape_interval__", "__scrape_timeout__", "__metrics_path__", "__scheme__"]
            .into_iter()
            .chain(histograms)
    }
}

impl JobSettings {
    /// The labels it gives every target that does not have them yet, parameters left aside.
    fn labels(&self, semantics: Semantics) -> impl Iterator<Item = (&'static str, &str)> {
        let own = [
            ("job", self.job_name.as_str()),
            ("__scrape_interval__", &self.scrape_interval),
            ("__scrape_timeout__", &self.scrape_timeout),
            ("__metrics_path__", &self.metrics_path),
            ("__scheme__", &self.scheme),
        ];
        let histograms = HISTOGRAM_LABELS.into_iter().zip(self.histograms);
        let histograms = histograms.map(|(name, value)| (name, if value { "true" } else { "false" }));
        own.into_iter().chain(histograms.filter(move |_| semantics.histogram_labels))
    }
}

/// A target's way through a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetTrace {
    /// The labels before the rules, and what each rule did.
    pub trace: Trace,
    /// What comes of it.
    #[serde(flatten)]
    pub verdict: TargetVerdict,
}

/// What comes of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum TargetVerdict {
    /// It is scraped.
    Scraped {
        /// Every label of the target, those that start with `__` included.
        internal: Labels,
        /// The labels that its samples get.
        labels: Labels,
        /// Where it is scraped.
        url: String,
    },
    /// A rule dropped it.
    Dropped {
        /// Which rule, from 0.
        rule: usize,
    },
    /// Prometheus logs an error and does not scrape it.
    Failed {
        /// Why, in the words of this program.
        reason: String,
    },
}

const HISTOGRAM_LABELS: [&str; 3] =
    ["__convert_classic_histograms_to_nhcb__", "__always_scrape_classic_histograms__", "__scrape_native_histograms__"];

/// Runs a target through a job's `relabel_configs`.
pub fn simulate_target<'r>(
    job: &JobSettings,
    target: &Labels,
    group: &Labels,
    rules: impl IntoIterator<Item = &'r RelabelRule>,
    scheme: NameScheme,
    semantics: Semantics,
) -> TargetTrace {
    let discovered = discovered(job, target, group, semantics);
    let trace = relabel(rules, &discovered, scheme);
    let verdict = match &trace.output {
        None => TargetVerdict::Dropped { rule: trace.steps.last().map_or(0, |step| step.rule) },
        Some(labels) => finish(job, labels.clone(), semantics),
    };
    TargetTrace { trace, verdict }
}

/// The labels a target has when the first rule sees it.
fn discovered(job: &JobSettings, target: &Labels, group: &Labels, semantics: Semantics) -> Labels {
    let mut labels = target.clone();
    labels.retain(|_, value| !value.is_empty());
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() && !labels.contains_key(name) {
            labels.insert(name.to_owned(), value.to_owned());
        }
    };
    for (name, value) in group {
        add(name, value);
    }
    for (name, value) in job.labels(semantics) {
        add(name, value);
    }
    for (name, values) in &job.params {
        let Some(first) = values.first() else { continue };
        let name = format!("__param_{name}");
        let free = semantics.params_override || !labels.contains_key(&name);
        if free && !first.is_empty() {
            labels.insert(name, first.clone());
        }
    }
    labels
}

fn finish(job: &JobSettings, mut labels: Labels, semantics: Semantics) -> TargetVerdict {
    let failed = |reason: String| TargetVerdict::Failed { reason };
    let get = |labels: &Labels, name: &str| labels.get(name).cloned().unwrap_or_default();
    let mut address = get(&labels, "__address__");
    if address.is_empty() {
        return failed("no address".to_owned());
    }
    let scheme = get(&labels, "__scheme__");
    if semantics.appends_port && !has_port(&address) {
        let port = match scheme.as_str() {
            "http" | "" => 80,
            "https" => 443,
            other => return failed(format!("invalid scheme: `{other}`")),
        };
        address = format!("{address}:{port}");
        labels.insert("__address__".to_owned(), address.clone());
    }
    if address.contains('/') {
        return failed(format!("`{address}` is not a valid hostname"));
    }
    match timing(&labels) {
        Ok(()) => {}
        Err(reason) => return failed(reason),
    }
    if semantics.histogram_labels {
        for name in HISTOGRAM_LABELS {
            let value = get(&labels, name);
            if !value.is_empty() && !is_go_bool(&value) {
                return failed(format!("`{value}` is no boolean for {name}"));
            }
        }
    }
    labels.retain(|name, _| !name.starts_with("__meta_"));
    labels.entry("instance".to_owned()).or_insert(address);
    let url = url(job, &labels);
    let public = labels.iter().filter(|(name, _)| !name.starts_with("__"));
    let public = public.map(|(name, value)| (name.clone(), value.clone())).collect();
    TargetVerdict::Scraped { internal: labels, labels: public, url }
}

fn is_go_bool(value: &str) -> bool {
    matches!(value, "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False")
}

/// The interval and the timeout that a target ends up with.
fn timing(labels: &Labels) -> Result<(), String> {
    let read = |what: &str, name: &str| -> Result<Millis, String> {
        let text = labels.get(name).map(String::as_str).unwrap_or_default();
        let value = parse_duration(text).map_err(|_| format!("error parsing {what}: `{text}` is no duration"))?;
        if value.0 == 0 { Err(format!("{what} cannot be 0")) } else { Ok(value) }
    };
    let interval = read("scrape interval", "__scrape_interval__")?;
    let timeout = read("scrape timeout", "__scrape_timeout__")?;
    if timeout > interval {
        return Err(format!("the scrape timeout {timeout} is longer than the scrape interval {interval}"));
    }
    Ok(())
}

/// Is a port written, as Go's `SplitHostPort` sees it?
pub(crate) fn has_port(address: &str) -> bool {
    match address.strip_prefix('[') {
        Some(rest) => rest.split_once(']').is_some_and(|(_, behind)| behind.starts_with(':')),
        None => address.bytes().filter(|&b| b == b':').count() == 1,
    }
}

fn url(job: &JobSettings, labels: &Labels) -> String {
    let get = |name: &str| labels.get(name).map(String::as_str).unwrap_or_default();
    let path = get("__metrics_path__");
    let slash = if path.starts_with('/') { "" } else { "/" };
    let escaped: String = path.chars().map(|c| escape(c, "?#%\" <>`{}|\\^")).collect();
    let mut params: Map<&str, Vec<&str>> = Map::new();
    for (name, values) in &job.params {
        params.insert(name, values.iter().map(String::as_str).collect());
    }
    for (name, value) in labels {
        if let Some(param) = name.strip_prefix("__param_") {
            match params.get_mut(param).and_then(|values| values.first_mut()) {
                Some(first) => *first = value,
                None => {
                    params.insert(param, vec![value]);
                }
            }
        }
    }
    let query =
        |text: &str| text.chars().map(|c| if c == ' ' { "+".to_owned() } else { escape(c, QUERY) }).collect::<String>();
    let pairs: Vec<String> = params
        .sorted()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
        .map(|(name, value)| format!("{}={}", query(name), query(value)))
        .collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    format!("{}://{}{slash}{escaped}{mark}{}", get("__scheme__"), get("__address__"), pairs.join("&"))
}

/// Everything in ASCII that a query does not take as it is.
const QUERY: &str = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}";

fn escape(c: char, reserved: &str) -> String {
    if c.is_ascii() && !c.is_ascii_control() && !reserved.contains(c) {
        return c.to_string();
    }
    let mut bytes = [0; 4];
    c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect()
}
