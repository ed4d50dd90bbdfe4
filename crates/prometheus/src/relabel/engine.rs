//! Runs a chain of rules over a set of labels, and writes down what every step did.

use super::regex::Captures;
use super::rule::{Action, NameScheme, RelabelRule};
use super::template::Template;
use md5::{Digest, Md5};
use serde::Serialize;
use std::borrow::Cow;
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
///     source_labels: vec!["__meta_ec2_private_ip".into()],
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
        step.outcome = apply(rule, &mut labels, scheme, Some(&mut step));
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
pub(crate) fn relabel_in_place<'r, L: LabelSet>(
    rules: impl IntoIterator<Item = &'r RelabelRule>,
    labels: &mut L,
    scheme: NameScheme,
) -> bool {
    rules.into_iter().all(|rule| apply(rule, labels, scheme, None) != Outcome::Dropped)
}

/// What rules run over. No value is empty.
pub(crate) trait LabelSet {
    /// The value of a label; empty if there is none.
    fn value(&self, name: &str) -> &str;
    /// Sets a label; an empty value deletes it.
    fn put(&mut self, name: &str, value: String);
    /// All labels, sorted by name.
    fn all(&self) -> Vec<(String, String)>;
}

impl LabelSet for Labels {
    fn value(&self, name: &str) -> &str {
        self.get(name).map(String::as_str).unwrap_or_default()
    }

    fn put(&mut self, name: &str, value: String) {
        if value.is_empty() {
            self.remove(name);
        } else {
            self.insert(name.to_owned(), value);
        }
    }

    fn all(&self) -> Vec<(String, String)> {
        self.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// A few labels, most of them borrowed: what the targets of a large configuration are run through the rules with.
#[derive(Debug, Clone, Default)]
pub(crate) struct FlatLabels<'a> {
    labels: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> FlatLabels<'a> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { labels: Vec::with_capacity(capacity) }
    }

    /// Where a label stands. Names differ in their lengths, so that few of them need a second look.
    fn find(&self, name: &str) -> Option<usize> {
        const FEW: usize = 24;
        if self.labels.len() > FEW {
            return self.place(name).ok();
        }
        self.labels.iter().position(|(own, _)| own.as_ref() == name)
    }

    /// Where a label stands, or should stand.
    fn place(&self, name: &str) -> Result<usize, usize> {
        if let Some(at) = self.labels.last().filter(|(last, _)| last.as_ref() < name).map(|_| self.labels.len()) {
            return Err(at);
        }
        self.labels.binary_search_by(|(own, _)| own.as_ref().cmp(name))
    }

    /// Adds a label that is not there yet, unless its value is empty.
    pub(crate) fn add(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (name, value) = (name.into(), value.into());
        if let Err(at) = self.place(&name)
            && !value.is_empty()
        {
            self.labels.insert(at, (name, value));
        }
    }

    /// Sets a label to a text that outlives the set.
    pub(crate) fn set_borrowed(&mut self, name: &'a str, value: &'a str) {
        match self.find(name) {
            Some(at) if value.is_empty() => {
                self.labels.remove(at);
            }
            Some(at) => self.labels[at].1 = Cow::Borrowed(value),
            None => self.add(name, value),
        }
    }

    /// Becomes a copy of other labels, without copying their texts.
    pub(crate) fn start_from(&mut self, other: &'a FlatLabels<'_>) {
        // Room for what relabelling usually adds.
        const ROOM: usize = 3;
        self.labels.clear();
        self.labels.reserve(other.labels.len() + ROOM);
        self.labels.extend(other.iter().map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value))));
    }

    /// What Prometheus does behind the rules: without an `instance`, the address is it. False without an address.
    pub(crate) fn set_instance(&mut self) -> bool {
        let Some(address) = self.find("__address__") else { return false };
        if self.find("instance").is_none() {
            let address = self.labels[address].1.clone();
            let at = self.place("instance").unwrap_or_else(|at| at);
            self.labels.insert(at, (Cow::Borrowed("instance"), address));
        }
        true
    }

    /// All labels, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

impl LabelSet for FlatLabels<'_> {
    fn value(&self, name: &str) -> &str {
        self.find(name).map_or("", |at| self.labels[at].1.as_ref())
    }

    fn put(&mut self, name: &str, value: String) {
        match self.find(name) {
            Some(at) if value.is_empty() => {
                self.labels.remove(at);
            }
            Some(at) => self.labels[at].1 = Cow::Owned(value),
            None if value.is_empty() => {}
            None => {
                let at = self.place(name).unwrap_or_else(|at| at);
                self.labels.insert(at, (Cow::Owned(name.to_owned()), Cow::Owned(value)));
            }
        }
    }

    fn all(&self) -> Vec<(String, String)> {
        self.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
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

fn apply<L: LabelSet>(rule: &RelabelRule, labels: &mut L, scheme: NameScheme, mut step: Option<&mut Step>) -> Outcome {
    if rule.action.works_on_names() {
        return names(rule, labels, scheme, step);
    }
    let value = joined(rule, labels);
    if let Some(step) = &mut step {
        step.value = Some(value.clone().into_owned());
    }
    let target = rule.target_label.as_str();
    let (target, text) = match rule.action {
        Action::Replace | Action::Keep | Action::Drop => match conditional(rule, &value, scheme, step) {
            Ok(Some(written)) => written,
            Ok(None) => return Outcome::Continued,
            Err(outcome) => return outcome,
        },
        Action::KeepEqual | Action::DropEqual => {
            let equal = labels.value(target) == value;
            if let Some(step) = step {
                step.matched = Some(equal);
            }
            return if equal == (rule.action == Action::KeepEqual) { Outcome::Continued } else { Outcome::Dropped };
        }
        Action::HashMod => {
            let remainder = hash(&value).checked_rem(rule.modulus).unwrap_or_default();
            (Cow::Borrowed(target), remainder.to_string())
        }
        Action::Lowercase => (Cow::Borrowed(target), value.to_lowercase()),
        Action::Uppercase => (Cow::Borrowed(target), value.to_uppercase()),
        Action::LabelMap | Action::LabelDrop | Action::LabelKeep => return Outcome::Continued,
    };
    labels.put(&target, text);
    Outcome::Continued
}

/// The values of a rule's source labels with the separator between them; a missing label is empty.
fn joined<'l>(rule: &RelabelRule, labels: &'l impl LabelSet) -> Cow<'l, str> {
    match rule.source_labels.as_slice() {
        [] => Cow::Borrowed(""),
        [name] => Cow::Borrowed(labels.value(name)),
        names => {
            let mut value = String::new();
            for (index, name) in names.iter().enumerate() {
                if index > 0 {
                    value.push_str(&rule.separator);
                }
                value.push_str(labels.value(name));
            }
            Cow::Owned(value)
        }
    }
}

/// The last eight bytes of the MD5 sum, as Prometheus takes them.
fn hash(value: &str) -> u64 {
    let sum = Md5::digest(value.as_bytes());
    sum.iter().skip(8).fold(0, |hash, &byte| hash << 8 | u64::from(byte))
}

/// What a rule with a regex writes, and to which label; as an error, what becomes of the set otherwise.
fn conditional<'r>(
    rule: &'r RelabelRule,
    value: &str,
    scheme: NameScheme,
    step: Option<&mut Step>,
) -> Result<Option<(Cow<'r, str>, String)>, Outcome> {
    if step.is_none() && rule.action != Action::Replace {
        return match rule.regex.matches(value) {
            None => Err(Outcome::Unknown),
            Some(matched) if matched == (rule.action == Action::Drop) => Err(Outcome::Dropped),
            Some(_) => Ok(None),
        };
    }
    let Some(captures) = rule.regex.captures(value) else { return Err(Outcome::Unknown) };
    if let Some(step) = step {
        step.matched = Some(captures.is_some());
        let all = captures.as_ref().map(Captures::all).unwrap_or_default();
        step.captures = all.iter().map(|group| group.map(str::to_owned)).collect();
    }
    match (rule.action, captures) {
        (Action::Keep, None) | (Action::Drop, Some(_)) => Err(Outcome::Dropped),
        (Action::Replace, Some(captures)) => {
            let target = match rule.target_label.constant() {
                Some(target) => Cow::Borrowed(target),
                None => Cow::Owned(rule.target_label.expand(&captures)),
            };
            Ok(scheme.accepts(&target).then(|| (target, rule.replacement.expand(&captures))))
        }
        _ => Ok(None),
    }
}

fn names<L: LabelSet>(rule: &RelabelRule, labels: &mut L, scheme: NameScheme, step: Option<&mut Step>) -> Outcome {
    let mut copied: BTreeMap<String, String> = BTreeMap::new();
    let mut matched_names = Vec::new();
    let mut ambiguous = false;
    for (name, value) in labels.all() {
        let Some(captures) = rule.regex.captures(&name) else { return Outcome::Unknown };
        let matched = captures.is_some();
        match (rule.action, captures) {
            (Action::LabelMap, Some(captures)) => {
                let target = rule.replacement.expand(&captures);
                if let Some(before) = copied.insert(target.clone(), value.clone()) {
                    ambiguous |= before != value;
                }
                // Prometheus checks the template and not what comes of it; a set without a name cannot be stored.
                if !target.is_empty() || scheme == NameScheme::Utf8 {
                    labels.put(&target, value);
                }
            }
            (Action::LabelDrop, Some(_)) | (Action::LabelKeep, None) => labels.put(&name, String::new()),
            _ => {}
        }
        if matched {
            matched_names.push(name);
        }
    }
    if let Some(step) = step {
        step.matched = Some(!matched_names.is_empty());
        step.matched_names = matched_names;
        step.ambiguous = ambiguous;
    }
    Outcome::Continued
}

/// A reference-free template as the name it stands for.
pub(crate) fn constant_name(template: &Template) -> Option<&str> {
    template.constant().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_testkit::Random;

    /// What targets are run through in large configurations beside what the trace is made with.
    #[test]
    fn flat_labels_end_as_sorted_maps_do() {
        let names = ["a", "ab", "b", "__address__", "instance", "job", "__tmp_x", "z"];
        let values = ["", "x", "x:1", "y", "10.0.0.1:9100", "ab"];
        let patterns = ["(.*)", "(.+)", "([^:]+):\\d+", "x|y", "", "a(.*)", "__.*"]
            .map(|text| std::sync::Arc::new(crate::relabel::Pattern::new(text).unwrap()));
        let actions: Vec<Action> = Action::WORDS.iter().map(|word| word.parse().unwrap()).collect();
        let mut random = Random::new("flat labels");
        let mut survivors = 0;
        for _ in 0..10_000 {
            let input: Vec<(&str, &str)> =
                (0..random.below(30)).map(|_| (random.pick(&names), random.pick(&values))).collect();
            let rules: Vec<RelabelRule> = (0..random.below(5))
                .map(|_| RelabelRule {
                    source_labels: (0..random.below(3)).map(|_| random.pick(&names).into()).collect(),
                    separator: random.pick(&[";", ""]).into(),
                    regex: patterns[random.below(patterns.len())].clone(),
                    modulus: 5,
                    target_label: Template::new(random.pick(&["a", "instance", "n_$1", "__address__"])),
                    replacement: Template::new(random.pick(&["$1", "x", "", "${1}_y"])),
                    action: random.pick(&actions),
                })
                .collect();
            let mut flat = FlatLabels::default();
            for (name, value) in &input {
                flat.add(*name, *value);
            }
            let mut sorted = Labels::new();
            for (name, value) in input.iter().filter(|(_, value)| !value.is_empty()) {
                sorted.entry((*name).to_owned()).or_insert_with(|| (*value).to_owned());
            }
            let trace = relabel(&rules, &sorted, NameScheme::Utf8);
            let start = flat.clone();
            let mut copy = FlatLabels::default();
            copy.start_from(&start);
            let survives = relabel_in_place(&rules, &mut copy, NameScheme::Utf8);
            assert_eq!(survives, trace.output.is_some(), "{rules:?} on {sorted:?}");
            if let Some(output) = trace.output {
                survivors += 1;
                assert_eq!(copy.all(), output.all(), "{rules:?} on {sorted:?}");
            }
        }
        assert!((2_000..9_000).contains(&survivors), "{survivors}");
    }
}
