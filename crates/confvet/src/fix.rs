//! Applying fixes until nothing changes, without ever leaving a file worse than it was.

use crate::Report;
use confvet_core::{Category, Diagnostic, Edit, FileId, Fix, Safety, Sources, apply};
use std::collections::{BTreeMap, BTreeSet};

/// How often fixes are applied and the files linted again, at most. Real files settle in two or three rounds.
const ROUNDS: usize = 10;

/// What fixing came to.
#[derive(Debug)]
pub struct Fixed {
    /// What is left after the last round.
    pub report: Report,
    /// The files whose text changed, as path and new text.
    pub changed: Vec<(String, String)>,
    /// How many fixes were applied.
    pub applied: usize,
}

/// Lints, applies the fixes up to `safety`, and again, until nothing changes.
pub(crate) fn fix(first: Report, safety: Safety, lint: impl Fn(Sources) -> Report) -> Fixed {
    let original: BTreeMap<String, String> = texts(first.sources());
    let mut report = first;
    let mut applied = 0;
    let mut frozen: BTreeSet<String> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let (edits, count) = choose(&report, safety, &frozen);
        if count == 0 {
            break;
        }
        let next = lint(rewrite(&report, &edits));
        let worse = files_that_got_worse(&report, &next);
        if worse.is_empty() {
            applied += count;
            report = next;
            continue;
        }
        // A fix that makes the program refuse a file is taken back, together with all others of that round that touch
        // the file, and the file is left alone from then on.
        frozen.extend(worse);
    }
    let changed = texts(report.sources()).into_iter().filter(|(path, text)| original.get(path) != Some(text)).collect();
    Fixed { report, changed, applied }
}

fn texts(sources: &Sources) -> BTreeMap<String, String> {
    sources.iter().map(|(_, source)| (source.path().to_owned(), source.text().to_owned())).collect()
}

/// The edits of the first applicable fix of each finding, as long as they do not touch one another. A fix is applied
/// as a whole or not at all.
fn choose(report: &Report, safety: Safety, frozen: &BTreeSet<String>) -> (BTreeMap<FileId, Vec<Edit>>, usize) {
    let mut chosen: BTreeMap<FileId, BTreeMap<(u32, u32), Edit>> = BTreeMap::new();
    let mut count = 0;
    let may_change = |edit: &Edit| {
        let source = report.sources().get(edit.span.file);
        source.first_bad_byte().is_none() && !frozen.contains(source.path())
    };
    for diagnostic in report.diagnostics() {
        let Some(fix) = applicable_fix(diagnostic, safety) else { continue };
        let free = |edit: &Edit| {
            chosen.get(&edit.span.file).is_none_or(|taken| {
                let before = taken.range(..=(edit.span.start, u32::MAX)).next_back();
                let after = taken.range((edit.span.start, 0)..).next();
                [before, after].into_iter().flatten().all(|(_, taken)| !taken.conflicts_with(edit))
            })
        };
        if fix.edits.iter().all(|edit| may_change(edit) && free(edit)) {
            for edit in &fix.edits {
                let taken = chosen.entry(edit.span.file).or_default();
                taken.insert((edit.span.start, edit.span.end), edit.clone());
            }
            count += 1;
        }
    }
    (chosen.into_iter().map(|(file, edits)| (file, edits.into_values().collect())).collect(), count)
}

fn applicable_fix(diagnostic: &Diagnostic, safety: Safety) -> Option<&Fix> {
    diagnostic.fixes.iter().find(|fix| fix.safety <= safety && !fix.edits.is_empty())
}

fn rewrite(report: &Report, edits: &BTreeMap<FileId, Vec<Edit>>) -> Sources {
    let rewritten = report.sources().iter().map(|(id, source)| {
        let fixed = edits.get(&id).and_then(|edits| apply(source.text(), edits).ok());
        match fixed {
            Some(text) => source.with_text(text),
            None => source.clone(),
        }
    });
    rewritten.collect()
}

fn files_that_got_worse(before: &Report, after: &Report) -> Vec<String> {
    let refused = |report: &Report| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for diagnostic in report.diagnostics().iter().filter(|diagnostic| diagnostic.category == Category::Invalid) {
            let path = report.sources().get(diagnostic.primary.span.file).path();
            *counts.entry(path.to_owned()).or_default() += 1;
        }
        counts
    };
    let before = refused(before);
    let after = refused(after);
    after
        .into_iter()
        .filter(|(path, count)| before.get(path).is_none_or(|was| count > was))
        .map(|(path, _)| path)
        .collect()
}
