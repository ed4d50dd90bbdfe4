//! Runs a chain of rules over a set of labels, and writes down what every step did.

use super::rule::{Action, NameScheme, RelabelRule};
use super::template::Template;
use md5::{Digest, Md5};
use serde::Serialize;
use std::collections::BTreeMap;

/// A set of labels, sorted by name. An empty value and no value are the same, so none is empty.
pub type Labels = BTreeMap<String, String>;

/// What a chain of rules did to a set of labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The labels it started from.
    pub input: Labels,
    /// One entry for every rule that ran; a drop is the last.
    pub steps: Vec<Step>,
    /// The labels that are left; `None` if the set was dropped.
    pub output: Option<Labels>,
}

/// What one rule did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which rule, from 0.
    pub rule: usize,
    /// What it does.
    pub action: Action,
    /// The values of its source labels, joined; nothing for rules that look at names.
    pub value: Option<String>,
    /// Did the regex match, or were the values equal? Nothing for actions without a condition, and for a pattern that is
    /// too large to be run here.
    pub matched: Option<bool>,
    /// What the match captured, the whole value first.
    pub captures: Vec<Option<String>>,
    /// The names of labels that matched, for rules that look at names.
    pub matched_names: Vec<String>,
    /// What changed, by name.
    pub changes: Vec<Change>,
    /// Two labels were copied to one name with different values; for discovered targets it is open which one wins.
    pub ambiguous: bool,
    /// What became of the set.
    pub outcome: Outcome,
    /// The labels behind the rule.
    pub labels: Labels,
}

/// One label that a rule changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The label.
    pub name: String,
    /// Its value before; nothing if it was not set.
    pub before: Option<String>,
    /// Its value behind; nothing if it was deleted.
    pub after: Option<String>,
}

/// What became of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The next rule runs.
    Continued,
    /// The set is gone; later rules do not run.
    Dropped,
    /// The pattern is too large to be run here; the rule was skipped.
    Unknown,
}

/// The labels without those that have an empty value, which Prometheus takes for absent.
fn without_empty(labels: &Labels) -> Labels {
    labels.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Runs rules over labels.
///
/// ```
/// use confvet_prometheus::relabel::{Labels, NameScheme, RelabelRule, Template, relabel};
/// let rule = RelabelRule {
///     source_labels: vec!["__meta_ec2_private_ip".to_owned()],
///     target_label: Template::new("__address__"),
///     replacement: Template::new("$1:9100"),
///     ..RelabelRule::default()
/// };
/// let labels = Labels::from([("__meta_ec2_private_ip".to_owned(), "10.0.0.7".to_owned())]);
/// let trace = relabel(&[rule], &labels, NameScheme::Utf8);
/// assert_eq!(trace.output.unwrap()["__address__"], "10.0.0.7:9100");
/// assert_eq!(trace.steps[0].matched, Some(true));
/// ```
pub fn relabel<'r>(rules: impl IntoIterator<Item = &'r RelabelRule>, labels: &Labels, scheme: NameScheme) -> Trace {
    let input = without_empty(labels);
    let mut labels = input.clone();
    let mut steps = Vec::new();
    for (index, rule) in rules.into_iter().enumerate() {
        let before = labels.clone();
        let mut step = apply(rule, index, &mut labels, scheme);
        step.changes = changes(&before, &labels);
        step.labels = labels.clone();
        let dropped = step.outcome == Outcome::Dropped;
        steps.push(step);
        if dropped {
            return Trace { input, steps, output: None };
        }
    }
    Trace { input, steps, output: Some(labels) }
}

/// Runs rules over labels without writing anything down. False if the set is dropped.
pub fn relabel_in_place<'r>(
    rules: impl IntoIterator<Item = &'r RelabelRule>,
    labels: &mut Labels,
    scheme: NameScheme,
) -> bool {
    labels.retain(|_, value| !value.is_empty());
    rules.into_iter().all(|rule| apply(rule, 0, labels, scheme).outcome != Outcome::Dropped)
}

fn changes(before: &Labels, after: &Labels) -> Vec<Change> {
    let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
    let gone = gone.map(|(name, value)| Change { name: name.clone(), before: Some(value.clone()), after: None });
    let set = after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, value)| Change {
        name: name.clone(),
        before: before.get(name).cloned(),
        after: Some(value.clone()),
    });
    let mut all: Vec<Change> = gone.chain(set).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Sets a label; an empty value deletes it.
fn set(labels: &mut Labels, name: &str, value: String) {
    if value.is_empty() {
        labels.remove(name);
    } else {
        labels.insert(name.to_owned(), value);
    }
}

fn apply(rule: &RelabelRule, index: usize, labels: &mut Labels, scheme: NameScheme) -> Step {
    let mut step = Step {
        rule: index,
        action: rule.action,
        value: None,
        matched: None,
        captures: Vec::new(),
        matched_names: Vec::new(),
        changes: Vec::new(),
        ambiguous: false,
        outcome: Outcome::Continued,
        labels: Labels::new(),
    };
    if rule.action.works_on_names() {
        names(rule, labels, &mut step, scheme);
        return step;
    }
    let value = joined(rule, labels);
    match rule.action {
        Action::Replace | Action::Keep | Action::Drop => conditional(rule, &value, labels, &mut step, scheme),
        Action::KeepEqual | Action::DropEqual => {
            let other = labels.get(rule.target_label.as_str()).map(String::as_str).unwrap_or_default();
            let equal = other == value;
            step.matched = Some(equal);
            if equal != (rule.action == Action::KeepEqual) {
                step.outcome = Outcome::Dropped;
            }
        }
        Action::HashMod => {
            let remainder = hash(&value).checked_rem(rule.modulus).unwrap_or_default();
            set(labels, rule.target_label.as_str(), remainder.to_string());
        }
        Action::Lowercase => set(labels, rule.target_label.as_str(), value.to_lowercase()),
        Action::Uppercase => set(labels, rule.target_label.as_str(), value.to_uppercase()),
        Action::LabelMap | Action::LabelDrop | Action::LabelKeep => {}
    }
    step.value = Some(value);
    step
}

/// The values of a rule's source labels with the separator between them; a missing label is empty.
fn joined(rule: &RelabelRule, labels: &Labels) -> String {
    let values = rule.source_labels.iter().map(|name| labels.get(name).map(String::as_str).unwrap_or_default());
    values.collect::<Vec<_>>().join(&rule.separator)
}

/// The last eight bytes of the MD5 sum, as Prometheus takes them.
fn hash(value: &str) -> u64 {
    let sum = Md5::digest(value.as_bytes());
    sum.iter().skip(8).fold(0, |hash, &byte| hash << 8 | u64::from(byte))
}

fn conditional(rule: &RelabelRule, value: &str, labels: &mut Labels, step: &mut Step, scheme: NameScheme) {
    let Some(captures) = rule.regex.captures(value) else {
        step.outcome = Outcome::Unknown;
        return;
    };
    step.matched = Some(captures.is_some());
    if let Some(captures) = &captures {
        step.captures = captures.all().iter().map(|group| group.map(str::to_owned)).collect();
    }
    match (rule.action, captures) {
        (Action::Keep, None) | (Action::Drop, Some(_)) => step.outcome = Outcome::Dropped,
        (Action::Replace, Some(captures)) => {
            let target = rule.target_label.expand(&captures);
            if scheme.accepts(&target) {
                set(labels, &target, rule.replacement.expand(&captures));
            }
        }
        _ => {}
    }
}

fn names(rule: &RelabelRule, labels: &mut Labels, step: &mut Step, scheme: NameScheme) {
    let visited: Vec<(String, String)> = labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut copied: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in visited {
        let Some(captures) = rule.regex.captures(&name) else {
            step.outcome = Outcome::Unknown;
            return;
        };
        let matched = captures.is_some();
        match (rule.action, captures) {
            (Action::LabelMap, Some(captures)) => {
                let target = rule.replacement.expand(&captures);
                if let Some(before) = copied.insert(target.clone(), value.clone()) {
                    step.ambiguous |= before != value;
                }
                // Prometheus checks the template and not what comes of it; a set without a name cannot be stored.
                if !target.is_empty() || scheme == NameScheme::Utf8 {
                    set(labels, &target, value);
                }
            }
            (Action::LabelDrop, Some(_)) | (Action::LabelKeep, None) => {
                labels.remove(&name);
            }
            _ => {}
        }
        if matched {
            step.matched_names.push(name);
        }
    }
    step.matched = Some(!step.matched_names.is_empty());
}

/// A reference-free template as the name it stands for.
pub(crate) fn constant_name(template: &Template) -> Option<&str> {
    template.constant().filter(|name| !name.is_empty())
}
