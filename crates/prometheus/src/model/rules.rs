//! Rule files: groups of recording and alerting rules, with their expressions read.

use super::Text;
use super::read::{Reader, duration, each_field, items, text, yaml};
use super::schema;
use super::written::{Role, Tree};
use crate::problem::{Check, Problem};
use crate::promql::Query;
use crate::relabel::NameScheme;
use crate::template;
use crate::units::Millis;
use compact_str::CompactString;
use confvet_core::{Category, Edit, FileId, Map, Safety, Severity, Span, Spanned};
use confvet_yaml::{Dialect, Entry, Node};

/// A group of rules that are evaluated one behind the other.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
pub struct AlertRule {
    /// What it is.
    pub kind: RuleKind,
    /// `record` or `alert`
    pub name: Option<Text>,
    /// `for`; default 0: the alert fires at once.
    pub holds: Option<Spanned<Millis>>,
    /// `expr`
    pub expr: Option<Text>,
    /// The expression, read.
    pub query: Query,
    /// Where the expression stands without its quotes.
    expr_content: Span,
    /// `labels`
    pub labels: Vec<(Text, Text)>,
    /// `annotations`
    pub annotations: Vec<(Text, Text)>,
    /// The labels that its templates print, `$labels.name`.
    pub(crate) printed_labels: Vec<Spanned<String>>,
    /// The parts of label templates that depend on the value.
    pub(crate) value_labels: Vec<ValueLabel>,
}

/// A `{{ … }}` in a label of an alert that depends on the value of the expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueLabel {
    /// The braces and what is in them.
    pub(crate) span: Span,
    /// The value only decides between fixed texts, as in `{{ if gt $value 90.0 }}`.
    pub(crate) only_decides: bool,
    /// The edits that make an annotation of the label.
    pub(crate) to_annotations: Vec<Edit>,
}

/// Is it an alert?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// `record`
    Record,
    /// `alert`
    Alert,
}

impl AlertRule {
    /// The expression must give a result for some time before the alert fires.
    pub fn waits(&self) -> bool {
        self.holds.is_some_and(|holds| holds.value.0 > 0)
    }

    /// The series that a recording rule makes.
    pub fn recorded_name(&self) -> Option<&str> {
        self.name.as_ref().filter(|_| self.kind == RuleKind::Record).map(|name| name.value.as_str())
    }

    /// Where a part of the expression stands in the file; of one that is folded or has escapes, the whole.
    pub fn place(&self, range: &std::ops::Range<usize>) -> Span {
        let exact = self.expr.as_ref().and_then(|expr| expr.exact);
        exact.map_or(self.expr_content, |exact| exact.slice(range.clone()))
    }
}

pub(super) fn read_rules(reader: &mut Reader<'_>, file: FileId) -> Vec<RuleGroup> {
    let before = reader.problems.len();
    let yaml = yaml(reader, file, Dialect::GoYamlV3);
    let sound = !reader.problems[before..].iter().any(|problem| problem.check == Check::YamlSyntax);
    let mut rules = Vec::new();
    let Some(root) = yaml.root().filter(|root| sound && !root.is_null()) else { return rules };
    schema::check(reader, root, "rule file");
    groups(reader, root, &mut rules);
    reader.trees.push(Tree::new(Role::Rules, yaml));
    rules
}

/// The rules of a manifest: those of every `PrometheusRule` in it, under `spec`.
pub(super) fn read_manifest(reader: &mut Reader<'_>, file: FileId) -> Vec<RuleGroup> {
    let before = reader.problems.len();
    let yaml = yaml(reader, file, Dialect::GoYamlV3);
    let sound = !reader.problems[before..].iter().any(|problem| problem.check == Check::YamlSyntax);
    let mut rules = Vec::new();
    for root in yaml.documents().filter(|_| sound).map(confvet_yaml::Document::root) {
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
    reader.trees.push(Tree::new(Role::Manifest, yaml));
    rules
}

fn groups(reader: &mut Reader<'_>, root: Node<'_>, rules: &mut Vec<RuleGroup>) {
    let mut names: Map<CompactString, Span> = Map::new();
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
        rules.push(group);
    }
}

fn group(reader: &mut Reader<'_>, item: Node<'_>) -> RuleGroup {
    let rules = items(item.get("rules")).map(|item| rule(reader, item)).collect();
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

/// The values of a rule.
#[derive(Default)]
struct RuleNodes<'a> {
    record: Option<Node<'a>>,
    alert: Option<Node<'a>>,
    expr: Option<Node<'a>>,
    holds: Option<Node<'a>>,
    labels: Option<Node<'a>>,
    annotations: Option<Node<'a>>,
}

impl<'a> RuleNodes<'a> {
    fn of(item: Node<'a>) -> Self {
        let mut nodes = Self::default();
        each_field(item, |key, value| {
            let place = match key.text().unwrap_or_default() {
                "record" => &mut nodes.record,
                "alert" => &mut nodes.alert,
                "expr" => &mut nodes.expr,
                "for" => &mut nodes.holds,
                "labels" => &mut nodes.labels,
                "annotations" => &mut nodes.annotations,
                _ => return,
            };
            *place = Some(value);
        });
        nodes
    }

    /// Where texts of alerts stand that may be templates.
    fn texts(&self) -> impl Iterator<Item = Node<'a>> {
        let blocks = [self.labels, self.annotations].into_iter().flatten();
        blocks.flat_map(Node::fields).map(|field| field.value)
    }
}

fn rule(reader: &mut Reader<'_>, item: Node<'_>) -> AlertRule {
    let nodes = RuleNodes::of(item);
    let filled = |node: Option<Node<'_>>| node.and_then(text).filter(|text| !text.value.is_empty());
    let (record, alert) = (filled(nodes.record), filled(nodes.alert));
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
    let expr = filled(nodes.expr);
    if expr.is_none() {
        let span = item.entry("expr").map_or(start, |entry| entry.key.span());
        reader.report(Problem::new(Check::RuleInvalid, span, "a rule needs `expr`"));
    }
    if let (RuleKind::Record, Some(record)) = (kind, &record) {
        recording(reader, item, record);
    }
    label_names(reader, nodes.labels, "label");
    label_names(reader, nodes.annotations, "annotation");
    let is_alert = kind == RuleKind::Alert;
    if is_alert {
        nodes.texts().for_each(|value| templates(reader, value));
    }
    let query = match (&expr, nodes.expr) {
        (Some(expr), Some(node)) => expression(reader, &expr.value, node),
        _ => Query::default(),
    };
    AlertRule {
        kind,
        name: record.or(alert),
        holds: duration(nodes.holds),
        query,
        expr_content: nodes.expr.map_or(start, Node::content_span),
        expr,
        labels: pairs(nodes.labels),
        annotations: pairs(nodes.annotations),
        printed_labels: if is_alert { printed_labels(&nodes) } else { Vec::new() },
        value_labels: if is_alert { value_labels(item) } else { Vec::new() },
    }
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

/// The labels that the templates of an alert print.
fn printed_labels(nodes: &RuleNodes<'_>) -> Vec<Spanned<String>> {
    let mut found = Vec::new();
    let blocks = [nodes.labels, nodes.annotations].into_iter().flatten();
    for value in blocks.flat_map(Node::entries).map(|entry| entry.value) {
        let Some(text) = value.as_str().filter(|text| text.contains("{{")) else { continue };
        for (name, range) in template::printed_labels(text) {
            found.push(Spanned::new(name.to_owned(), value.offset(range)));
        }
    }
    found
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

fn expression(reader: &mut Reader<'_>, expr: &str, node: Node<'_>) -> Query {
    if looks_like_template(expr) {
        let message = "the expression looks like a template, so it was not read";
        reader.report(
            Problem::new(Check::Promql, node.span(), message).milder(Severity::Info, Category::Maintainability),
        );
        return Query::default();
    }
    let bare_durations = reader.version.is_none_or(|version| version.major >= 3);
    let query = Query::with_patterns(expr, bare_durations, &mut reader.patterns);
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
    query
}

/// It holds a mark of a template engine, or of a dashboard's variables.
fn looks_like_template(expr: &str) -> bool {
    let starts = |at: usize, marks: &[&str]| marks.iter().any(|mark| expr[at..].starts_with(mark));
    memchr::memchr3_iter(b'{', b'$', b'[', expr.as_bytes()).any(|at| starts(at, &["{{", "{%", "$__", "[["]))
}
