//! What the server refuses, found while a file is read: the rules of the same names report it.

use confvet_core::{Category, Edit, Findings, Safety, Severity, Span};

/// Which rule a problem belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// `prometheus/yaml-syntax`
    YamlSyntax,
    /// `prometheus/unknown-key`
    UnknownKey,
    /// `prometheus/wrong-type`
    WrongType,
    /// `prometheus/duplicate-key`
    DuplicateKey,
    /// `prometheus/missing-required`
    MissingRequired,
    /// `prometheus/invalid-value`
    InvalidValue,
    /// `prometheus/duplicate-name`
    DuplicateName,
    /// `prometheus/removed-or-changed`
    RemovedOrChanged,
    /// `prometheus/timeout-exceeds-interval`
    Timeout,
    /// `prometheus/env-not-expanded`
    Environment,
    /// `prometheus/relabel-bad-fields`
    RelabelFields,
    /// `prometheus/relabel-bad-regex`
    RelabelRegex,
    /// `prometheus/rule-invalid`
    RuleInvalid,
    /// `prometheus/promql-syntax`
    Promql,
    /// `prometheus/conflicting-settings`
    Conflict,
    /// `prometheus/null-resets-default`
    NullDefault,
    /// `prometheus/extra-document`
    ExtraDocument,
}

/// Something wrong with one token.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The rule it belongs to.
    pub check: Check,
    /// The token.
    pub span: Span,
    /// What is wrong, in the user's own words.
    pub message: String,
    /// The other half of a contradiction.
    pub related: Option<(Span, String)>,
    /// What to write instead.
    pub help: Option<String>,
    /// Another severity than the rule's.
    pub severity: Option<Severity>,
    /// Another category than the rule's.
    pub category: Option<Category>,
    /// A change that mends it.
    pub fix: Option<(Safety, String, Vec<Edit>)>,
}

impl Problem {
    pub(crate) fn new(check: Check, span: Span, message: impl Into<String>) -> Self {
        Self {
            check,
            span,
            message: message.into(),
            related: None,
            help: None,
            severity: None,
            category: None,
            fix: None,
        }
    }

    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    #[must_use]
    pub(crate) fn related(self, span: Span, message: impl Into<String>) -> Self {
        Self { related: Some((span, message.into())), ..self }
    }

    #[must_use]
    pub(crate) fn milder(self, severity: Severity, category: Category) -> Self {
        Self { severity: Some(severity), category: Some(category), ..self }
    }

    #[must_use]
    pub(crate) fn fix(self, safety: Safety, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { fix: Some((safety, title.into(), edits)), ..self }
    }
}

/// Reports the problems that belong to one rule.
pub(crate) fn report(problems: &[Problem], check: Check, findings: &mut Findings) {
    for problem in problems.iter().filter(|problem| problem.check == check) {
        let mut report = findings.report(problem.span, problem.message.clone());
        if let Some((span, message)) = &problem.related {
            report = report.label(*span, message.clone());
        }
        if let Some(help) = &problem.help {
            report = report.help(help.clone());
        }
        if let Some(severity) = problem.severity {
            report = report.severity(severity);
        }
        if let Some(category) = problem.category {
            report = report.category(category);
        }
        if let Some((safety, title, edits)) = &problem.fix {
            report.suggest_as(*safety, title.clone(), edits.clone());
        }
    }
}
