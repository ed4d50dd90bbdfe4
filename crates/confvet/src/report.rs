//! What a run found.

use confvet_core::{Category, Detection, Diagnostic, FileId, Safety, Severity, Sources, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A system that reads a file.
#[derive(Debug, Clone)]
pub struct SystemUse {
    /// The system.
    pub system: &'static str,
    /// What it took the file for, and why.
    pub detection: Detection,
}

/// What a configuration belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The stack's name: as declared, or its directory.
    pub stack: String,
    /// Why these files are one stack: "linted together".
    pub reason: String,
    /// The machine it is deployed on, and how that is known: "by the name of its directory".
    pub host: Option<(String, String)>,
}

/// What confvet made of one file.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// The file.
    pub file: FileId,
    /// Is it a confvet.toml?
    pub is_config: bool,
    /// Is it a template, which is left alone?
    pub template: bool,
    /// The systems that read it by themselves; empty when none recognises it.
    pub systems: Vec<SystemUse>,
    /// The files whose configuration includes it.
    pub included_by: Vec<FileId>,
    /// What it belongs to. `None` for files that are included by another, or that no system reads.
    pub placement: Option<Placement>,
}

impl FileReport {
    /// Did any system read the file, by itself or as an include?
    pub fn is_linted(&self) -> bool {
        !self.systems.is_empty() || !self.included_by.is_empty()
    }
}

/// A file or directory that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its path.
    pub path: String,
    /// Why, as a clause: "permission denied".
    pub reason: String,
}

/// Counts for a closing line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Files that some system read.
    pub files: usize,
    /// The same, by system.
    pub by_system: BTreeMap<&'static str, usize>,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// Findings whose first fix is safe.
    pub fixable: usize,
    /// Findings that have only unsafe fixes.
    pub unsafely_fixable: usize,
}

/// What a run found: diagnostics, sorted by path, position and rule, and the files they point into.
#[derive(Debug)]
pub struct Report {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    secrets: Vec<Span>,
    files: Vec<FileReport>,
    unreadable: Vec<Unreadable>,
}

impl Report {
    pub(crate) fn new(
        sources: Sources,
        diagnostics: Vec<Diagnostic>,
        secrets: Vec<Span>,
        files: Vec<FileReport>,
    ) -> Self {
        Self { sources, diagnostics, secrets, files, unreadable: Vec::new() }
    }

    #[cfg(feature = "fs")]
    pub(crate) fn with_unreadable(self, mut unreadable: Vec<Unreadable>) -> Self {
        unreadable.sort_by(|a, b| a.path.cmp(&b.path));
        Self { unreadable, ..self }
    }

    /// The findings, sorted by path, position and rule.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The files the findings point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// What was made of each file, in the order of [`Report::sources`].
    pub fn files(&self) -> &[FileReport] {
        &self.files
    }

    /// What could not be read.
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// Does confvet.toml hold something that cannot be used?
    pub fn has_config_errors(&self) -> bool {
        crate::engine::has_config_errors(&self.diagnostics)
    }

    /// Does the real program refuse any of the files?
    pub fn has_invalid(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.category == Category::Invalid)
    }

    /// Keeps the findings for which `keep` is true.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.diagnostics.retain(keep);
    }

    /// The worst severity found.
    pub fn worst(&self) -> Option<Severity> {
        self.diagnostics.iter().map(|diagnostic| diagnostic.severity).max()
    }

    /// The text of a file with every byte of a secret replaced by `*`, so that it can be shown.
    pub fn shown_text(&self, file: FileId) -> Cow<'_, str> {
        let text = self.sources.get(file).text();
        let from = self.secrets.partition_point(|span| span.file < file);
        let spans = self.secrets[from..].iter().take_while(|span| span.file == file);
        let mut shown = String::new();
        let mut done = 0;
        for span in spans {
            let range = span.range();
            let start = range.start.max(done);
            let (Some(before), Some(secret)) = (text.get(done..start), text.get(start..range.end)) else { continue };
            shown.push_str(before);
            shown.extend(secret.bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }));
            done = range.end;
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        shown.push_str(&text[done..]);
        Cow::Owned(shown)
    }

    /// Counts for a closing line.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for file in self.files.iter().filter(|file| file.is_linted()) {
            summary.files += 1;
            for system in &file.systems {
                *summary.by_system.entry(system.system).or_default() += 1;
            }
        }
        for diagnostic in &self.diagnostics {
            match diagnostic.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning => summary.warnings += 1,
                Severity::Info => summary.infos += 1,
            }
            match diagnostic.fixes.first().map(|fix| fix.safety) {
                Some(Safety::Safe) => summary.fixable += 1,
                Some(Safety::Unsafe) => summary.unsafely_fixable += 1,
                None => {}
            }
        }
        summary
    }
}
