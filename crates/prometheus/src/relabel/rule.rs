//! A relabel rule, and what Prometheus demands of one before it loads it.

use super::regex::{Dialect, Pattern, PatternError};
use super::template::{Part, Template};
use compact_str::CompactString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Writes the replacement to the target label if the regex matches. The default.
    #[default]
    Replace,
    /// Drops everything that does not match.
    Keep,
    /// Drops what matches.
    Drop,
    /// Drops what does not equal the target label (2.41).
    KeepEqual,
    /// Drops what equals the target label (2.41).
    DropEqual,
    /// Writes a hash of the value, modulo a number, to the target label.
    HashMod,
    /// Copies each label whose name matches to the expanded replacement.
    LabelMap,
    /// Deletes each label whose name matches.
    LabelDrop,
    /// Deletes each label whose name does not match.
    LabelKeep,
    /// Writes the value in small letters to the target label (2.36).
    Lowercase,
    /// Writes the value in capital letters to the target label (2.36).
    Uppercase,
}

impl Action {
    /// All words, in the order of the manual.
    pub const WORDS: &'static [&'static str] = &[
        "replace",
        "keep",
        "drop",
        "keepequal",
        "dropequal",
        "hashmod",
        "labelmap",
        "labeldrop",
        "labelkeep",
        "lowercase",
        "uppercase",
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Replace => "replace",
            Action::Keep => "keep",
            Action::Drop => "drop",
            Action::KeepEqual => "keepequal",
            Action::DropEqual => "dropequal",
            Action::HashMod => "hashmod",
            Action::LabelMap => "labelmap",
            Action::LabelDrop => "labeldrop",
            Action::LabelKeep => "labelkeep",
            Action::Lowercase => "lowercase",
            Action::Uppercase => "uppercase",
        }
    }

    /// The release that brought it, for those that were not always there.
    pub fn since(self) -> Option<(u64, u64)> {
        match self {
            Action::KeepEqual | Action::DropEqual => Some((2, 41)),
            Action::Lowercase | Action::Uppercase => Some((2, 36)),
            _ => None,
        }
    }

    /// It writes to `target_label`.
    pub fn writes_target(self) -> bool {
        matches!(self, Action::Replace | Action::HashMod | Action::Lowercase | Action::Uppercase)
    }

    /// It joins the values of `source_labels`, with a separator of the author's choice.
    pub fn joins_sources(self) -> bool {
        matches!(
            self,
            Action::Replace | Action::Keep | Action::Drop | Action::HashMod | Action::Lowercase | Action::Uppercase
        )
    }

    /// It looks at label names rather than at the values of `source_labels`.
    pub fn works_on_names(self) -> bool {
        matches!(self, Action::LabelMap | Action::LabelDrop | Action::LabelKeep)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Action {
    type Err = ();
    /// In any letter case, as Prometheus takes it.
    fn from_str(word: &str) -> Result<Self, ()> {
        Ok(match word.to_ascii_lowercase().as_str() {
            "replace" => Action::Replace,
            "keep" => Action::Keep,
            "drop" => Action::Drop,
            "keepequal" => Action::KeepEqual,
            "dropequal" => Action::DropEqual,
            "hashmod" => Action::HashMod,
            "labelmap" => Action::LabelMap,
            "labeldrop" => Action::LabelDrop,
            "labelkeep" => Action::LabelKeep,
            "lowercase" => Action::Lowercase,
            "uppercase" => Action::Uppercase,
            _ => return Err(()),
        })
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        word.parse().map_err(|()| D::Error::custom("expected an action such as `replace`"))
    }
}

/// Which names labels may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum NameScheme {
    /// Any text but the empty one: the default since 3.0.
    #[default]
    Utf8,
    /// `[A-Za-z_][A-Za-z0-9_]*`: 2.x, or `metric_name_validation_scheme: legacy`.
    Legacy,
}

impl NameScheme {
    /// May a label have this name?
    pub fn accepts(self, name: &str) -> bool {
        match self {
            NameScheme::Utf8 => !name.is_empty(),
            NameScheme::Legacy => {
                name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            }
        }
    }

    /// May a label be named by this template once its references are filled in?
    pub fn accepts_template(self, template: &Template) -> bool {
        match self {
            NameScheme::Utf8 => !template.as_str().is_empty(),
            NameScheme::Legacy => {
                let word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                let escaped = template.as_str().contains("$$");
                let starts = !template.as_str().starts_with(|c: char| c.is_ascii_digit());
                let plain = template.parts().iter().all(|part| {
                    matches!(part, Part::Reference { .. }) || matches!(part, Part::Text(text) if word(text))
                });
                !template.as_str().is_empty() && plain && starts && !escaped
            }
        }
    }
}

/// A relabel rule with its defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RelabelRule {
    /// The labels whose values are joined. Default: none.
    pub source_labels: Vec<CompactString>,
    /// What is put between them. Default: `;`.
    pub separator: CompactString,
    /// What the joined value, or a label's name, must match. Default: `(.*)`. Shared by all rules with the same one.
    #[serde(serialize_with = "pattern")]
    pub regex: Arc<Pattern>,
    /// For `hashmod`. Default: 0.
    pub modulus: u64,
    /// The label that is written or compared. Default: none.
    pub target_label: Template,
    /// What is written. Default: `$1`.
    pub replacement: Template,
    /// What the rule does. Default: replace.
    pub action: Action,
}

fn pattern<S: serde::Serializer>(pattern: &Arc<Pattern>, serializer: S) -> Result<S::Ok, S::Error> {
    pattern.as_ref().serialize(serializer)
}

impl Default for RelabelRule {
    fn default() -> Self {
        Self {
            source_labels: Vec::new(),
            separator: CompactString::const_new(";"),
            regex: default_regex(),
            modulus: 0,
            target_label: Template::new(""),
            replacement: Template::new("$1"),
            action: Action::Replace,
        }
    }
}

/// `(.*)`, what a rule without a regex has.
pub fn default_regex() -> Arc<Pattern> {
    static DEFAULT: std::sync::OnceLock<Arc<Pattern>> = std::sync::OnceLock::new();
    Arc::clone(DEFAULT.get_or_init(|| Arc::new(Pattern::whole())))
}

/// A field of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `source_labels`
    SourceLabels,
    /// `separator`
    Separator,
    /// `regex`
    Regex,
    /// `modulus`
    Modulus,
    /// `target_label`
    TargetLabel,
    /// `replacement`
    Replacement,
    /// `action`
    Action,
}

impl Field {
    /// All fields, in the order of the manual.
    pub const ALL: &'static [Field] = &[
        Field::SourceLabels,
        Field::Separator,
        Field::Regex,
        Field::Modulus,
        Field::TargetLabel,
        Field::Replacement,
        Field::Action,
    ];

    /// The field that a key stands for.
    pub fn of_key(key: &str) -> Option<Field> {
        Some(match key {
            "source_labels" => Field::SourceLabels,
            "separator" => Field::Separator,
            "regex" => Field::Regex,
            "modulus" => Field::Modulus,
            "target_label" => Field::TargetLabel,
            "replacement" => Field::Replacement,
            "action" => Field::Action,
            _ => return None,
        })
    }

    /// The key.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::SourceLabels => "source_labels",
            Field::Separator => "separator",
            Field::Regex => "regex",
            Field::Modulus => "modulus",
            Field::TargetLabel => "target_label",
            Field::Replacement => "replacement",
            Field::Action => "action",
        }
    }
}

/// The same as [`NameScheme::accepts_template`], of which most texts need no template to be told.
fn accepts_template(scheme: NameScheme, text: &str) -> bool {
    scheme.accepts(text) || scheme == NameScheme::Legacy && scheme.accepts_template(&Template::new(text))
}

/// A rule that Prometheus refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleError {
    /// The action needs a field that is missing or empty.
    Needs(Field),
    /// The action refuses a field.
    Refuses(Field),
    /// A field that should name a label does not.
    BadName(Field),
    /// An entry of `source_labels` is no label name.
    BadSource(usize),
}

/// A rule as it is written: what is absent has its default. `None` inside stands for what is not written.
#[derive(Debug, Clone, Default)]
pub struct Draft<'a> {
    /// `source_labels`
    pub source_labels: Option<Vec<&'a str>>,
    /// `separator`
    pub separator: Option<&'a str>,
    /// `regex`
    pub regex: Option<&'a str>,
    /// `modulus`
    pub modulus: Option<u64>,
    /// `target_label`
    pub target_label: Option<&'a str>,
    /// `replacement`
    pub replacement: Option<&'a str>,
    /// `action`
    pub action: Option<Action>,
}

impl Draft<'_> {
    /// What Prometheus would refuse, all at once.
    pub fn problems(&self, scheme: NameScheme) -> Vec<RuleError> {
        let action = self.action.unwrap_or_default();
        let mut problems = Vec::new();
        let target = self.target_label.unwrap_or_default();
        let sources = self.source_labels.as_deref().unwrap_or_default();
        let separator = self.separator.is_some_and(|separator| separator != ";");
        let replacement = self.replacement.is_some_and(|replacement| replacement != "$1");
        let modulus = self.modulus.is_some_and(|modulus| modulus != 0);
        if action == Action::HashMod && !modulus {
            problems.push(RuleError::Needs(Field::Modulus));
        }
        let equal = matches!(action, Action::KeepEqual | Action::DropEqual);
        if (action.writes_target() || equal) && target.is_empty() {
            problems.push(RuleError::Needs(Field::TargetLabel));
        }
        if !target.is_empty() {
            let fits = match action {
                Action::Replace => accepts_template(scheme, target),
                Action::HashMod | Action::Lowercase | Action::Uppercase => scheme.accepts(target),
                _ => true,
            };
            if !fits {
                problems.push(RuleError::BadName(Field::TargetLabel));
            }
        }
        match action {
            Action::Lowercase | Action::Uppercase if replacement => {
                problems.push(RuleError::Refuses(Field::Replacement));
            }
            Action::LabelMap if !accepts_template(scheme, self.replacement.unwrap_or("$1")) => {
                problems.push(RuleError::BadName(Field::Replacement));
            }
            Action::KeepEqual | Action::DropEqual => {
                let refused = [
                    (self.regex.is_some(), Field::Regex),
                    (modulus, Field::Modulus),
                    (separator, Field::Separator),
                    (replacement, Field::Replacement),
                ];
                problems.extend(refused.into_iter().filter(|(is, _)| *is).map(|(_, field)| RuleError::Refuses(field)));
            }
            Action::LabelDrop | Action::LabelKeep => {
                let refused = [
                    (self.source_labels.is_some(), Field::SourceLabels),
                    (!target.is_empty(), Field::TargetLabel),
                    (modulus, Field::Modulus),
                    (separator, Field::Separator),
                    (replacement, Field::Replacement),
                ];
                problems.extend(refused.into_iter().filter(|(is, _)| *is).map(|(_, field)| RuleError::Refuses(field)));
            }
            _ => {}
        }
        for (index, source) in sources.iter().enumerate() {
            if source.is_empty() {
                problems.push(RuleError::BadSource(index));
            }
        }
        problems
    }

    /// The rule with its defaults filled in.
    ///
    /// # Errors
    /// If Go refuses the regex.
    pub fn build(&self, dialect: Dialect) -> Result<RelabelRule, PatternError> {
        let regex = match self.regex {
            Some(regex) => Arc::new(Pattern::with_dialect(regex, dialect)?),
            None => default_regex(),
        };
        Ok(self.build_with(regex))
    }

    /// The rule with its defaults filled in, and with a regex that is already read.
    pub fn build_with(&self, regex: Arc<Pattern>) -> RelabelRule {
        let sources = self.source_labels.iter().flatten().map(|&name| name.into()).collect();
        RelabelRule {
            source_labels: sources,
            separator: self.separator.unwrap_or(";").into(),
            regex,
            modulus: self.modulus.unwrap_or_default(),
            target_label: Template::new(self.target_label.unwrap_or_default()),
            replacement: Template::new(self.replacement.unwrap_or("$1")),
            action: self.action.unwrap_or_default(),
        }
    }
}
