//! A relabel rule as it is written: the rule, and where each of its fields stands.

use super::Text;
use super::read::text;
use crate::relabel::{
    Action, Dialect, Draft, Field, NameScheme, Pattern, PatternError, RelabelRule, RuleError, constant_name,
    default_regex,
};
use confvet_core::{Edit, Span};
use confvet_yaml::Node;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// An item of a list of relabel rules.
#[derive(Debug, Clone, Serialize)]
pub struct RelabelStep {
    /// What it does, defaults filled in. A regex that Go refuses is replaced by the default.
    #[serde(flatten)]
    pub rule: RelabelRule,
    /// The first key of the item.
    #[serde(skip)]
    pub span: Span,
    /// `source_labels`, as written.
    #[serde(skip)]
    pub sources: Vec<Text>,
    /// `regex`, as written.
    #[serde(skip)]
    pub regex: Option<Text>,
    /// `target_label`, as written.
    #[serde(skip)]
    pub target: Option<Text>,
    /// `replacement`, as written.
    #[serde(skip)]
    pub replacement: Option<Text>,
    /// `action`, as written.
    #[serde(skip)]
    pub action: Option<Text>,
    /// The keys that are written, with the span of the key and of the value.
    #[serde(skip)]
    pub fields: Vec<(String, Span, Span)>,
    /// Why Go refuses the regex.
    #[serde(skip)]
    pub regex_error: Option<PatternError>,
    /// A comment on the item says that something is removed on purpose.
    #[serde(skip)]
    pub says_delete: bool,
    /// What Prometheus refuses under UTF-8 names and under legacy names.
    #[serde(skip)]
    pub(crate) errors: [Vec<RuleError>; 2],
    /// The item is a mapping and its action is known.
    #[serde(skip)]
    pub well_formed: bool,
    /// The names its regex stands for, where it is plain words and the action looks at names.
    #[serde(skip)]
    named: Vec<Text>,
    /// The edits that take single fields away, by key.
    #[serde(skip)]
    pub(crate) delete_field: Vec<(String, Edit)>,
    /// The edit that takes the item away.
    #[serde(skip)]
    pub(crate) delete_item: Option<Edit>,
    /// The edit that adds `regex: .+`.
    #[serde(skip)]
    pub(crate) add_not_empty: Option<Edit>,
}

impl RelabelStep {
    /// What Prometheus refuses of it.
    pub fn errors(&self, scheme: NameScheme) -> &[RuleError] {
        &self.errors[usize::from(scheme == NameScheme::Legacy)]
    }

    /// Does Prometheus load it?
    pub fn is_accepted(&self, scheme: NameScheme) -> bool {
        self.well_formed && self.regex_error.is_none() && self.errors(scheme).is_empty()
    }

    /// It is well formed and complete and its regex compiles, so that what it does can be told.
    pub fn is_sound(&self) -> bool {
        self.well_formed && self.regex_error.is_none() && self.errors[0].is_empty()
    }

    /// The labels it reads by name.
    pub fn names_read(&self) -> impl Iterator<Item = &Text> {
        let compared = matches!(self.rule.action, Action::KeepEqual | Action::DropEqual);
        let sources = if self.rule.action.works_on_names() { &[] } else { self.sources.as_slice() };
        let named = if self.rule.action == Action::LabelKeep { &[] } else { self.named.as_slice() };
        sources.iter().chain(named).chain(self.target.iter().filter(move |_| compared))
    }

    /// It may create labels whose names nobody can tell beforehand.
    pub fn writes_anything(&self) -> bool {
        match self.rule.action {
            Action::Replace => self.constant_target().is_none(),
            Action::LabelMap => self.rule.replacement.constant().is_none(),
            _ => false,
        }
    }

    /// What a match with an empty replacement deletes, as a clause.
    pub fn what_is_deleted(&self) -> String {
        match self.constant_target() {
            Some(target) => format!("deletes `{target}`"),
            None => "deletes the label".to_owned(),
        }
    }

    /// Its regex compares `le` or `quantile` with whole numbers only, which are written `1.0` since 3.0.
    pub fn compares_whole_bound(&self) -> bool {
        let bound = self.rule.source_labels.last().is_some_and(|name| name == "le" || name == "quantile");
        if !bound || !matches!(self.rule.action, Action::Keep | Action::Drop | Action::Replace) {
            return false;
        }
        let Some(all) = self.rule.regex.finite(1000) else { return false };
        let last = |value: &String| value.rsplit(self.rule.separator.as_str()).next().unwrap_or_default().to_owned();
        let bounds: Vec<String> = if self.rule.source_labels.len() > 1 { all.iter().map(last).collect() } else { all };
        has_bare_whole_number(&bounds)
    }

    /// Where the value of a field stands; the key, if nothing is written.
    pub fn value_span(&self, field: Field) -> Option<Span> {
        self.fields.iter().find(|(key, _, _)| key == field.as_str()).map(
            |(_, key, value)| {
                if value.is_empty() { *key } else { *value }
            },
        )
    }

    /// The regex, else the action, else the first key: what a message about the condition points at.
    pub fn condition_span(&self) -> Span {
        self.regex.as_ref().map(|regex| regex.span).or_else(|| self.value_span(Field::Action)).unwrap_or(self.span)
    }

    /// The label it writes, if that does not depend on the match.
    pub fn constant_target(&self) -> Option<&str> {
        constant_name(&self.rule.target_label)
    }

    /// Could it write this label?
    pub fn may_write(&self, name: &str) -> bool {
        match self.rule.action {
            Action::Replace => self.constant_target().is_none_or(|target| target == name),
            Action::HashMod | Action::Lowercase | Action::Uppercase => self.rule.target_label.as_str() == name,
            Action::LabelMap => match self.rule.replacement.constant() {
                Some(target) => target == name,
                None => true,
            },
            _ => false,
        }
    }

    /// It writes a constant, whatever the labels are.
    pub fn sets_constant(&self, name: &str) -> bool {
        self.rule.action == Action::Replace
            && self.constant_target() == Some(name)
            && self.rule.source_labels.is_empty()
            && self.rule.replacement.constant().is_some_and(|text| !text.is_empty())
            && self.rule.regex.matches("") == Some(true)
    }

    /// The written regex matches the name of a label that a `labeldrop` deletes, or misses one that a `labelkeep` keeps.
    pub fn deletes_name(&self, name: &str) -> bool {
        match self.rule.action {
            Action::LabelDrop => self.rule.regex.matches(name) == Some(true),
            Action::LabelKeep => self.rule.regex.matches(name) == Some(false),
            Action::Replace => self.constant_target() == Some(name) && self.rule.replacement.constant() == Some(""),
            _ => false,
        }
    }
}

/// Is one of the values a whole number whose spelling with `.0` is not there too?
pub(crate) fn has_bare_whole_number(values: &[String]) -> bool {
    let whole = |value: &&String| !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    values.iter().filter(whole).any(|value| !values.contains(&format!("{value}.0")))
}

/// Reads a list of relabel rules.
pub fn read_relabel_list(node: Node<'_>, dialect: Dialect) -> Vec<RelabelStep> {
    read_with(node, &mut Patterns::new(dialect))
}

/// Patterns by their text: a configuration repeats few of them many times.
pub(crate) struct Patterns {
    dialect: Dialect,
    known: HashMap<String, Result<Arc<Pattern>, PatternError>>,
}

impl Patterns {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, known: HashMap::new() }
    }

    fn read(&mut self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let read = Pattern::with_dialect(text, self.dialect).map(Arc::new);
        self.known.insert(text.to_owned(), read.clone());
        read
    }
}

pub(crate) fn read_with(node: Node<'_>, patterns: &mut Patterns) -> Vec<RelabelStep> {
    node.items().filter(|item| item.is_mapping()).map(|item| step(item, patterns)).collect()
}

fn step(item: Node<'_>, patterns: &mut Patterns) -> RelabelStep {
    let mut sources = Vec::new();
    let mut source_labels = None;
    let (mut regex, mut target, mut replacement, mut action, mut separator) = (None, None, None, None, None);
    let mut modulus = None;
    let mut fields = Vec::new();
    let mut well_formed = true;
    for field in item.fields() {
        let Some(key) = field.key.text() else { continue };
        let value = field.value;
        fields.push((key.to_owned(), field.key.span(), value.span()));
        match key {
            "source_labels" if value.is_sequence() => {
                sources = value.items().filter_map(text).collect();
                source_labels = Some(());
            }
            "regex" => regex = written(value),
            "target_label" => target = written(value),
            "replacement" => replacement = written(value),
            "separator" => separator = written(value),
            "action" => action = written(value),
            "modulus" => modulus = value.as_u64().or(if value.is_null() { Some(0) } else { None }),
            _ => {}
        }
    }
    let word = action.as_ref().map(|word| word.value.parse::<Action>());
    well_formed &= !matches!(word, Some(Err(())));
    let mut regex_error = None;
    let pattern = match &regex {
        Some(regex) => patterns.read(&regex.value).unwrap_or_else(|error| {
            regex_error = Some(error);
            default_regex()
        }),
        None => default_regex(),
    };
    let draft = Draft {
        source_labels: source_labels.map(|()| sources.iter().map(|text| text.value.as_str()).collect()),
        separator: separator.as_ref().map(|text| text.value.as_str()),
        regex: regex.as_ref().map(|text| text.value.as_str()),
        modulus,
        target_label: target.as_ref().map(|text| text.value.as_str()),
        replacement: replacement.as_ref().map(|text| text.value.as_str()),
        action: word.and_then(Result::ok),
    };
    let by_name = draft.action.is_some_and(Action::works_on_names);
    let named = regex.as_ref().filter(|_| by_name).and_then(|regex| words(regex, &pattern)).unwrap_or_default();
    let errors = [draft.problems(NameScheme::Utf8), draft.problems(NameScheme::Legacy)];
    RelabelStep {
        rule: draft.build_with(pattern),
        span: item.entry_at(0).map_or(item.span(), |entry| entry.key.span()),
        says_delete: regex.is_some() && says_delete(item),
        sources,
        regex,
        target,
        replacement,
        action,
        fields,
        regex_error,
        errors,
        well_formed,
        named,
        delete_field: deletable(item),
        delete_item: item.delete_item(),
        add_not_empty: item.append("regex: .+"),
    }
}

/// The fields that `labeldrop` and `labelkeep` refuse, with the edits that take them away.
fn deletable(item: Node<'_>) -> Vec<(String, Edit)> {
    let refused = ["separator", "replacement", "modulus", "target_label"];
    let entries = refused.iter().filter_map(|key| Some((*key, item.entry(key)?.delete()?)));
    let mut edits: Vec<(String, Edit)> = entries.map(|(key, edit)| (key.to_owned(), edit)).collect();
    let names: Option<Vec<&str>> =
        item.get("source_labels").map(|list| list.items().filter_map(Node::as_str).collect());
    let plain = |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if let (Some(names), Some(entry), None) = (names, item.entry("source_labels"), item.entry("regex"))
        && !names.is_empty()
        && names.iter().all(plain)
    {
        edits.push(("source_labels".to_owned(), Edit::replace(entry.span(), format!("regex: {}", names.join("|")))));
    }
    edits
}

/// The words of a regex that is nothing but words, each in its place.
fn words(regex: &Text, pattern: &Pattern) -> Option<Vec<Text>> {
    let mut at = 0;
    let word = |word: &String| {
        let range = at..at + word.len();
        at = range.end + 1;
        Text { value: word.clone(), span: regex.at(range.clone()), exact: regex.exact.map(|exact| exact.slice(range)) }
    };
    Some(pattern.words()?.iter().map(word).collect())
}

/// A scalar, or nothing written, which sets the field to the empty text.
fn written(value: Node<'_>) -> Option<Text> {
    text(value).or_else(|| value.is_null().then(|| Text { value: String::new(), span: value.key_span(), exact: None }))
}

/// A comment on the item, or on the line above it, that speaks of deleting.
fn says_delete(item: Node<'_>) -> bool {
    let all = item.yaml().text();
    let range = item.span().range();
    let Some(before) = all.get(..range.start) else { return false };
    let line = before.rfind('\n').unwrap_or(0);
    let start = before[..line].rfind('\n').map_or(0, |at| at + 1);
    let end = all[range.end..].find('\n').map_or(all.len(), |at| range.end + at);
    let comments = all.get(start..end).unwrap_or_default().lines().filter_map(|line| line.split_once('#'));
    comments
        .map(|(_, comment)| comment.to_ascii_lowercase())
        .any(|comment| ["delete", "remove", "drop", "unset"].iter().any(|word| comment.contains(word)))
}
