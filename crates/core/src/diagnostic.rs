//! What a finding is made of: severity, category, labels, fixes.

use crate::{Edit, RuleInfo, Span};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Will hurt under load, at failover or at the next upgrade.
    Warning,
    /// Broken now, or refused by the program.
    Error,
}

/// What kind of harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// The real program (at the target version) refuses to load this. Nothing else carries it.
    Invalid,
    /// The service stops or degrades.
    Outage,
    /// Data is lost or diverges.
    DataLoss,
    /// Somebody gets in, or reads what he should not.
    Security,
    /// Slower or hungrier than it need be.
    Performance,
    /// People will misread or mis-edit it.
    Maintainability,
}

/// May a fix be applied without a person looking at it?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// The meaning is what the author visibly wanted, and nothing else changes.
    Safe,
    /// Right in most cases, but it changes behaviour: needs `--unsafe-fixes`.
    Unsafe,
}

/// A word that is not in one of confvet's vocabularies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {vocabulary}; expected one of {}", .expected.join(", "))]
pub struct UnknownWord {
    word: String,
    vocabulary: &'static str,
    expected: &'static [&'static str],
}

impl Severity {
    /// All of them, mildest first.
    pub const WORDS: &'static [&'static str] = &["info", "warning", "error"];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl FromStr for Severity {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "info" => Ok(Severity::Info),
            "warning" => Ok(Severity::Warning),
            "error" => Ok(Severity::Error),
            _ => Err(UnknownWord { word: word.to_owned(), vocabulary: "severity", expected: Self::WORDS }),
        }
    }
}

impl Category {
    /// All of them.
    pub const WORDS: &'static [&'static str] =
        &["invalid", "outage", "data-loss", "security", "performance", "maintainability"];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Invalid => "invalid",
            Category::Outage => "outage",
            Category::DataLoss => "data-loss",
            Category::Security => "security",
            Category::Performance => "performance",
            Category::Maintainability => "maintainability",
        }
    }
}

impl FromStr for Category {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "invalid" => Ok(Category::Invalid),
            "outage" => Ok(Category::Outage),
            "data-loss" => Ok(Category::DataLoss),
            "security" => Ok(Category::Security),
            "performance" => Ok(Category::Performance),
            "maintainability" => Ok(Category::Maintainability),
            _ => Err(UnknownWord { word: word.to_owned(), vocabulary: "category", expected: Self::WORDS }),
        }
    }
}

impl Safety {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place and what to say about it. The message may be empty: then the place is only underlined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A short remark, lower case, without a full stop.
    pub message: String,
}

/// A change that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative: "set the policy to `allkeys-lru`".
    pub title: String,
    /// May it be applied unseen?
    pub safety: Safety,
    /// The edits; they never overlap, and may lie in several files.
    pub edits: Vec<Edit>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule, as `system/name`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What kind of harm.
    pub category: Category,
    /// One sentence with the user's own values in backticks, lower case, without a full stop.
    pub message: String,
    /// The token that should change.
    pub primary: Label,
    /// The other halves of a contradiction.
    pub secondary: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// Changes that mend it, best first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A bare finding of `rule`, with the severity and category of its page.
    pub fn new(rule: &RuleInfo, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule: rule.name,
            severity: rule.severity,
            category: rule.category,
            message: shorten(message.into()),
            primary: Label { span, message: String::new() },
            secondary: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// The primary span and all secondary ones.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        std::iter::once(self.primary.span).chain(self.secondary.iter().map(|label| label.span))
    }
}

/// A quoted value longer than this is cut in messages: nobody reads on, and a line of a megabyte would fill the screen.
const LONGEST_QUOTE: usize = 160;

/// Cuts overlong values between backticks.
fn shorten(message: String) -> String {
    if message.len() <= LONGEST_QUOTE {
        return message;
    }
    let cut = |(index, part): (usize, &str)| match part.char_indices().nth(LONGEST_QUOTE) {
        Some((at, _)) if index % 2 == 1 => format!("{}…", &part[..at]),
        _ => part.to_owned(),
    };
    message.split('`').enumerate().map(cut).collect::<Vec<_>>().join("`")
}

/// A finding with what is known of it only while it is written.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) diagnostic: Diagnostic,
    /// The safety of fixes that do not state their own.
    pub(crate) safety: Safety,
}

/// A finding that is being written; returned by [`Findings::report`](crate::Findings::report).
// One pointer: it travels through a chain of calls in a register.
#[derive(Debug)]
pub struct Report<'a> {
    pub(crate) draft: &'a mut Draft,
}

impl Report<'_> {
    /// A remark beside the primary span ("20 bytes").
    pub fn here(self, message: impl Into<String>) -> Self {
        self.draft.diagnostic.primary.message = shorten(message.into());
        self
    }

    /// A second place: the other half of the contradiction.
    pub fn label(self, span: Span, message: impl Into<String>) -> Self {
        self.draft.diagnostic.secondary.push(Label { span, message: shorten(message.into()) });
        self
    }

    /// What to write instead.
    pub fn help(self, message: impl Into<String>) -> Self {
        self.draft.diagnostic.help = Some(shorten(message.into()));
        self
    }

    /// Another severity than the page's, for rules whose severity depends on the case.
    pub fn severity(self, severity: Severity) -> Self {
        self.draft.diagnostic.severity = severity;
        self
    }

    /// Another category than the page's. [`Category::Invalid`] keeps its strict meaning.
    pub fn category(self, category: Category) -> Self {
        self.draft.diagnostic.category = category;
        self
    }

    /// A change that mends it, as safe as the page says.
    pub fn suggest(self, title: impl Into<String>, edits: impl IntoIterator<Item = Edit>) -> Self {
        let safety = self.draft.safety;
        self.suggest_as(safety, title, edits)
    }

    /// A change that mends it, with its own safety. Without an edit nothing is suggested.
    pub fn suggest_as(self, safety: Safety, title: impl Into<String>, edits: impl IntoIterator<Item = Edit>) -> Self {
        let edits = join_insertions(edits.into_iter().collect());
        if !edits.is_empty() {
            self.draft.diagnostic.fixes.push(Fix { title: title.into(), safety, edits });
        }
        self
    }
}

/// Makes one insertion of those at the same place, in the order in which the rule gave them.
fn join_insertions(edits: Vec<Edit>) -> Vec<Edit> {
    let mut joined: Vec<Edit> = Vec::new();
    for edit in edits {
        match joined.iter_mut().find(|other| edit.span.is_empty() && other.span == edit.span) {
            Some(other) => other.text.push_str(&edit.text),
            None => joined.push(edit),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insertions_at_one_place_are_one() {
        let at = Span::new(crate::FileId(0), 3..3);
        let joined = join_insertions(vec![Edit::replace(at, "a\n"), Edit::insert_after(at, "b\n")]);
        assert_eq!(joined, [Edit::replace(at, "a\nb\n")]);
    }

    #[test]
    fn overlong_values_are_cut_and_sentences_are_not() {
        let sentence = "a sentence ".repeat(40);
        assert_eq!(shorten(sentence.clone()), sentence);
        let cut = shorten(format!("got `{}`: no", "ä".repeat(1_000)));
        assert_eq!(cut, format!("got `{}…`: no", "ä".repeat(LONGEST_QUOTE)));
    }
}
