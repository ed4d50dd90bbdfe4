//! Rule files: groups of recording and alerting rules, with their expressions read.

use super::Text;
use super::read::{Reader, duration, items, text, yaml};
use super::schema;
use crate::problem::{Check, Problem};
use crate::promql::{Matcher, Query};
use crate::relabel::NameScheme;
use crate::template;
use crate::units::Millis;
use confvet_core::{Category, Edit, FileId, Safety, Severity, Span, Spanned};
use confvet_yaml::{Dialect, Entry, Node};
use serde::Serialize;
use std::collections::HashMap;

/// A rule file.
#[derive(Debug, Clone, Serialize)]
pub struct RuleFile {
    /// Where it stands.
    #[serde(skip)]
    pub file: FileId,
    /// `groups`
    pub groups: Vec<RuleGroup>,
}

/// A group of rules that are evaluated one behind the other.
#[derive(Debug, Clone, Serialize)]
pub struct RuleGroup {
    /// `name`
    pub name: Option<Text>,
    /// `interval`; default: the global evaluation interval.
    pub interval: Option<Spanned<Millis>>,
    /// `labels`, which every rule of the group gets that does not set them itself (3.0).
    pub labels: Vec<(Text, Text)>,
    /// `rules`
    pub rules: Vec<AlertRule>,
}

/// A recording or alerting rule.
#[derive(Debug, Clone, Serialize)]
pub struct AlertRule {
    /// What it is.
    pub kind: RuleKind,
    /// `record` or `alert`
    pub name: Option<Text>,
    /// `expr`
    pub expr: Option<Text>,
    /// The expression, read.
    #[serde(skip)]
    pub query: Query,
    /// Where some bytes of the expression stand.
    #[serde(skip)]
    places: Places,
    /// `labels`
    pub labels: Vec<(Text, Text)>,
    /// `annotations`
    pub annotations: Vec<(Text, Text)>,
    /// The parts of label templates that depend on the value.
    #[serde(skip)]
    pub value_labels: Vec<ValueLabel>,
}

/// A `{{ … }}` in a label of an alert that depends on the value of the expression.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueLabel {
    /// The braces and what is in them.
    pub span: Span,
    /// The value only decides between fixed texts, as in `{{ if gt $value 90.0 }}`.
    pub only_decides: bool,
    /// The edits that make an annotation of the label.
    pub(crate) to_annotations: Vec<Edit>,
}

/// Is it an alert?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// `record`
    Record,
    /// `alert`
    Alert,
}

/// The parts of an expression that diagnostics point at, by their offset: the expression may be folded, so its places in
/// the file are looked up while the tree is there.
#[derive(Debug, Clone, Default)]
struct Places(Vec<((usize, usize), Span)>);

impl AlertRule {
    /// The series that a recording rule makes.
    pub fn recorded_name(&self) -> Option<&str> {
        self.name.as_ref().filter(|_| self.kind == RuleKind::Record).map(|name| name.value.as_str())
    }

    /// Where a part of the expression stands in the file.
    pub fn place(&self, range: &std::ops::Range<usize>) -> Span {
        let whole = self.expr.as_ref().map(|expr| expr.span);
        let places = &self.places.0;
        let at = places.binary_search_by_key(&(range.start, range.end), |(range, _)| *range).ok();
        let known = at.and_then(|at| places.get(at)).map(|(_, span)| *span);
        known.or(whole).unwrap_or(Span::new(FileId(0), 0..0))
    }
}

pub(super) fn read_rules(reader: &mut Reader<'_>, file: FileId) -> RuleFile {
    let before = reader.problems.len();
    let yaml = yaml(reader, file, Dialect::GoYamlV3);
    let sound = !reader.problems[before..].iter().any(|problem| problem.check == Check::YamlSyntax);
    let mut rules = RuleFile { file, groups: Vec::new() };
    let Some(root) = yaml.root().filter(|root| sound && !root.is_null()) else { return rules };
    schema::check(reader, root, "rule file");
    groups(reader, root, &mut rules);
    rules
}

/// The rules of a manifest: those of every `PrometheusRule` in it, under `spec`.
pub(super) fn read_manifest(reader: &mut Reader<'_>, file: FileId) -> RuleFile {
    let before = reader.problems.len();
    let yaml = yaml(reader, file, Dialect::GoYamlV3);
    let sound = !reader.problems[before..].iter().any(|problem| problem.check == Check::YamlSyntax);
    let mut rules = RuleFile { file, groups: Vec::new() };
    for root in yaml.documents().filter(|_| sound).map(|document| document.root()) {
        let spec = root.get("spec").filter(|spec| spec.is_mapping());
        let Some(spec) = spec.filter(|_| root.get("kind").and_then(Node::as_str) == Some("PrometheusRule")) else {
            continue;
        };
        let from = reader.problems.len();
        schema::check(reader, spec, "rule file");
        // A key of the operator, for Thanos.
        let operators = |problem: &Problem| {
            problem.check == Check::UnknownKey && yaml.source(problem.span) == "partial_response_strategy"
        };
        let found = reader.problems.split_off(from);
        reader.problems.extend(found.into_iter().filter(|problem| !operators(problem)));
        groups(reader, spec, &mut rules);
    }
    rules
}

fn groups(reader: &mut Reader<'_>, root: Node<'_>, rules: &mut RuleFile) {
    let mut names: HashMap<String, Span> = HashMap::new();
    for item in items(root.get("groups")) {
        let group = group(reader, item);
        match &group.name {
            Some(name) if !name.value.is_empty() => match names.get(&name.value) {
                Some(first) => {
                    let line = reader.input.sources.start(*first).line;
                    let message = format!("group `{}` is already defined on line {line}", name.value);
                    reader.report(Problem::new(Check::DuplicateName, name.span, message).related(*first, "first here"));
                }
                None => {
                    names.insert(name.value.clone(), name.span);
                }
            },
            _ => {
                let span = item.entry_at(0).map_or(item.span(), |entry| entry.key.span());
                reader.report(Problem::new(Check::RuleInvalid, span, "a group without a `name`"));
            }
        }
        rules.groups.push(group);
    }
}

fn group(reader: &mut Reader<'_>, item: Node<'_>) -> RuleGroup {
    let rules = items(item.get("rules")).into_iter().map(|item| rule(reader, item)).collect();
    label_names(reader, item.get("labels"), "label");
    RuleGroup {
        name: item.get("name").and_then(text),
        interval: duration(item.get("interval")),
        labels: pairs(item.get("labels")),
        rules,
    }
}

fn label_names(reader: &mut Reader<'_>, node: Option<Node<'_>>, what: &str) {
    let legacy = reader.version.is_some_and(|version| version.major < 3);
    let scheme = if legacy { NameScheme::Legacy } else { NameScheme::Utf8 };
    for field in node.map(Node::fields).unwrap_or_default() {
        let name = field.key.as_str().unwrap_or_default();
        if !scheme.accepts(name) || name == "__name__" && what == "label" {
            reader.report(Problem::new(
                Check::RuleInvalid,
                field.key.span(),
                format!("`{name}` is no name for a {what}"),
            ));
        }
    }
}

fn pairs(node: Option<Node<'_>>) -> Vec<(Text, Text)> {
    let fields = node.map(Node::fields).unwrap_or_default();
    fields.iter().filter_map(|field| Some((text(field.key)?, text(field.value)?))).collect()
}

fn rule(reader: &mut Reader<'_>, item: Node<'_>) -> AlertRule {
    let filled = |key: &str| item.get(key).and_then(text).filter(|text| !text.value.is_empty());
    let (record, alert) = (filled("record"), filled("alert"));
    let start = item.entry_at(0).map_or(item.span(), |entry| entry.key.span());
    let kind = if record.is_some() && alert.is_none() { RuleKind::Record } else { RuleKind::Alert };
    match (&record, &alert) {
        (Some(record), Some(alert)) => {
            let span = if record.span.start > alert.span.start { record.span } else { alert.span };
            let message = "a rule cannot have both `record` and `alert`";
            reader.report(Problem::new(Check::RuleInvalid, span, message));
        }
        (None, None) => reader.report(Problem::new(Check::RuleInvalid, start, "a rule needs `record` or `alert`")),
        _ => {}
    }
    let expr = filled("expr");
    if expr.is_none() {
        let span = item.entry("expr").map_or(start, |entry| entry.key.span());
        reader.report(Problem::new(Check::RuleInvalid, span, "a rule needs `expr`"));
    }
    if let (RuleKind::Record, Some(record)) = (kind, &record) {
        recording(reader, item, record);
    }
    label_names(reader, item.get("labels"), "label");
    label_names(reader, item.get("annotations"), "annotation");
    let mut rule = AlertRule {
        kind,
        name: record.or(alert),
        query: Query::default(),
        places: Places::default(),
        expr,
        labels: pairs(item.get("labels")),
        annotations: pairs(item.get("annotations")),
        value_labels: if kind == RuleKind::Alert { value_labels(item) } else { Vec::new() },
    };
    if kind == RuleKind::Alert {
        for value in ["labels", "annotations"]
            .into_iter()
            .filter_map(|key| item.get(key))
            .flat_map(Node::fields)
            .map(|field| field.value)
        {
            templates(reader, value);
        }
    }
    if let (Some(expr), Some(node)) = (&rule.expr, item.get("expr")) {
        let (query, places) = expression(reader, &expr.value, node);
        rule.query = query;
        rule.places = places;
    }
    rule
}

fn recording(reader: &mut Reader<'_>, item: Node<'_>, record: &Text) {
    for key in ["for", "keep_firing_for", "annotations"] {
        let Some(entry) = item.entry(key) else { continue };
        let zero = entry.value.is_null()
            || entry.value.is_mapping() && entry.value.fields().is_empty()
            || matches!(entry.value.text(), Some("0s" | "0" | "0m"));
        if !zero {
            let message = format!("a recording rule cannot have `{key}`");
            reader.report(Problem::new(Check::RuleInvalid, entry.key.span(), message));
        }
    }
    let legacy = reader.version.is_some_and(|version| version.major < 3);
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
    };
    let fits = if legacy { plain(&record.value) } else { !record.value.contains(['{', '}']) };
    if !fits {
        let message = format!("`{}` is no name for a recorded series", record.value);
        reader.report(Problem::new(Check::RuleInvalid, record.span, message));
    }
}

/// The templates in labels that depend on the value.
fn value_labels(item: Node<'_>) -> Vec<ValueLabel> {
    let mut found = Vec::new();
    let Some(labels) = item.entry("labels") else { return found };
    for entry in labels.value.entries() {
        let Some(value) = entry.value.as_str().filter(|value| value.contains("{{")) else { continue };
        for part in template::value_parts(value) {
            found.push(ValueLabel {
                span: entry.value.offset(part.range),
                only_decides: part.only_decides,
                to_annotations: to_annotations(item, labels, entry).unwrap_or_default(),
            });
        }
    }
    found
}

/// Takes an entry of `labels` over to `annotations`.
fn to_annotations(item: Node<'_>, labels: Entry<'_>, entry: Entry<'_>) -> Option<Vec<Edit>> {
    let source = item.yaml().source(entry.span());
    if source.contains('\n') || labels.value.is_alias() {
        return None;
    }
    let annotations = item.entry("annotations").map(|entry| entry.value);
    let alone = labels.value.entries().len() == 1;
    Some(match annotations {
        None if alone => vec![Edit::replace(labels.key.span(), "annotations")],
        None => vec![entry.delete()?, labels.insert_after(&format!("annotations:\n  {source}"))?],
        Some(annotations) if annotations.get(entry.key.text()?).is_some() => return None,
        Some(annotations) => {
            vec![if alone { labels.delete()? } else { entry.delete()? }, annotations.append(source)?]
        }
    })
}

fn templates(reader: &mut Reader<'_>, value: Node<'_>) {
    let Some(all) = value.as_str() else { return };
    if !all.contains("{{") {
        return;
    }
    let Some(fault) = template::fault(all) else { return };
    let mut problem = Problem::new(Check::RuleInvalid, value.offset(fault.range), fault.message);
    if let Some((range, meant)) = fault.meant {
        let edit = Edit::replace(value.offset(range), meant.clone());
        problem = problem.fix(Safety::Safe, format!("write `{meant}`"), vec![edit]);
    }
    reader.report(problem);
}

fn expression(reader: &mut Reader<'_>, expr: &str, node: Node<'_>) -> (Query, Places) {
    let mut places = Places::default();
    if ["{{", "{%", "$__", "[["].iter().any(|mark| expr.contains(mark)) {
        let message = "the expression looks like a template, so it was not read";
        reader.report(
            Problem::new(Check::Promql, node.span(), message).milder(Severity::Info, Category::Maintainability),
        );
        return (Query::default(), places);
    }
    let query = Query::with_patterns(expr, &mut reader.patterns);
    if let Some(error) = &query.error {
        let end = error.range.end.max(error.range.start);
        let mut span = node.offset(error.range.start..end);
        if span.is_empty() {
            // At the end: point at the last character, which a reader can see.
            let trimmed = expr.trim_end();
            let last = trimmed.char_indices().next_back().map_or(0, |(at, _)| at);
            span = node.offset(last..trimmed.len());
        }
        reader.report(Problem::new(Check::Promql, span, format!("PromQL: {}", error.message)));
    }
    let matchers = query.selectors.iter().flat_map(|selector| &selector.matchers).map(|matcher| &matcher.range);
    let ranges = query.ranges.iter().map(|use_| &use_.range);
    let jobs = query.selectors.iter().flat_map(|selector| &selector.matchers);
    let jobs: Vec<_> = jobs.filter(|matcher| matcher.label == "job").flat_map(Matcher::selected_values).collect();
    let words = jobs.iter().map(|(_, range)| range);
    for range in matchers.chain(ranges).chain(words).chain(query.calls.iter().map(|(_, range)| range)) {
        places.0.push(((range.start, range.end), node.offset(range.clone())));
    }
    places.0.sort_unstable_by_key(|(range, _)| *range);
    (query, places)
}
