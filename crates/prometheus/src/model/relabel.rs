//! A relabel rule as it is written: the rule, and where each of its fields stands.

use super::Text;
use super::read::text;
use crate::relabel::{
    Action, Dialect, Draft, Field, NameScheme, Pattern, PatternError, RelabelRule, RuleError, constant_name, default_regex,
};
use confvet_core::Span;
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
    /// The item up to its last character, for edits.
    #[serde(skip)]
    pub(crate) whole: Span,
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

    /// Where the value of a field stands; the key, if nothing is written.
    pub fn value_span(&self, field: Field) -> Option<Span> {
        self.fields.iter().find(|(key, _, _)| key == field.as_str()).map(|(_, key, value)| {
            if value.is_empty() { *key } else { *value }
        })
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
            Action::Replace => {
                self.constant_target() == Some(name) && self.rule.replacement.constant() == Some("")
            }
            _ => false,
        }
    }
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
    let mut whole = item.span();
    for field in item.fields() {
        let Some(key) = field.key.text() else { continue };
        let value = field.value;
        fields.push((key.to_owned(), field.key.span(), value.span()));
        whole = if whole.is_empty() { field.key.span() } else { whole };
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
        whole,
    }
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
    comments.map(|(_, comment)| comment.to_ascii_lowercase()).any(|comment| {
        ["delete", "remove", "drop", "unset"].iter().any(|word| comment.contains(word))
    })
}
