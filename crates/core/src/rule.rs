//! The shape of a rule, what it is told, and where it puts its findings.

use crate::diagnostic::Draft;
use crate::{Category, Diagnostic, Facts, FileId, Report, Safety, Severity, Sources, Span, Target, Version};

/// What a rule's page says about it.
#[derive(Debug, Clone, Copy)]
pub struct RuleInfo {
    /// `system/name`.
    pub name: &'static str,
    /// The heading of the page.
    pub title: &'static str,
    /// The usual severity; a finding may carry its own.
    pub severity: Severity,
    /// The usual category; a finding may carry its own.
    pub category: Category,
    /// Whether the rule offers fixes, and how safe they usually are.
    pub fix: Option<Safety>,
    /// Versions of the system's main target for which the rule holds, as a semver requirement. `None`: any.
    pub applies: Option<&'static str>,
    /// Facts without which the rule stays quiet.
    pub needs: &'static [&'static str],
    /// Rules that stay quiet on the same tokens when this one speaks.
    pub supersedes: &'static [&'static str],
}

/// A check over a model. `M` is one configuration for a file rule, a [`Set`](crate::Set) for a set rule, a whole stack
/// for a stack rule.
///
/// The check is a pure function: it reads the model and the context, and files findings.
#[derive(Debug)]
pub struct Rule<M: ?Sized> {
    /// `system/name`; the page of the same name says the rest.
    pub name: &'static str,
    /// The check.
    pub check: fn(&M, &Context<'_>, &mut Findings),
}

/// What is known beside the model.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// All files of the run.
    pub sources: &'a Sources,
    /// The versions the files will run on.
    pub target: &'a Target,
    /// What no file says.
    pub facts: &'a Facts,
}

impl<'a> Context<'a> {
    /// The text under a span, for quoting the user's own words.
    pub fn text(&self, span: Span) -> &'a str {
        self.sources.text(span)
    }

    /// The path of a file.
    pub fn path(&self, file: FileId) -> &'a str {
        self.sources.get(file).path()
    }

    /// The line a span starts on, from 1.
    pub fn line(&self, span: Span) -> u32 {
        self.sources.start(span).line
    }

    /// The version of a program, if it is known.
    pub fn version(&self, program: &str) -> Option<&'a Version> {
        self.target.version(program)
    }
}

/// Where one rule puts what it finds.
#[derive(Debug)]
pub struct Findings {
    info: &'static RuleInfo,
    found: Vec<Draft>,
}

impl Findings {
    /// An empty list for one rule.
    pub fn new(info: &'static RuleInfo) -> Self {
        Self { info, found: Vec::new() }
    }

    /// Files a finding; the returned [`Report`] adds labels, help and fixes to it.
    pub fn report(&mut self, span: Span, message: impl Into<String>) -> Report<'_> {
        let diagnostic = Diagnostic::new(self.info, span, message);
        let safety = self.info.fix.unwrap_or(Safety::Unsafe);
        Report { draft: self.found.push_mut(Draft { diagnostic, safety }) }
    }

    /// What was found, in the order it was filed.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found.into_iter().map(|draft| draft.diagnostic).collect()
    }
}
