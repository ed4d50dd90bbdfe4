//! Applying fixes until nothing changes, without ever leaving a file worse than it was.

use crate::Report;
use confvet_core::{Category, Diagnostic, Edit, FileId, Fix, Keys, Map, Safety, Sources, Span, apply};
use std::collections::BTreeMap;

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
    let original: Map<String, String> = texts(first.sources());
    let mut report = first;
    let mut applied = 0;
    let mut frozen: Keys<String> = Keys::new();
    for _ in 0..ROUNDS {
        let chosen = choose(&report, safety, &frozen);
        if chosen.fixes.is_empty() {
            break;
        }
        let next = lint(rewrite(&report, &chosen.edits));
        let mut spoilt = files_that_got_worse(&report, &next);
        spoilt.extend(files_fixed_in_vain(&report, &next, &chosen.fixes));
        if spoilt.is_empty() {
            applied += chosen.fixes.len();
            report = next;
            continue;
        }
        // A fix that makes the program refuse a file, or that leaves its finding as it was, is taken back, together with
        // all others of that round that touch the file, and the file is left alone from then on.
        frozen.extend(spoilt);
    }
    let changed = texts(report.sources())
        .into_sorted()
        .into_iter()
        .filter(|(path, text)| original.get(path) != Some(text))
        .collect();
    Fixed { report, changed, applied }
}

fn texts(sources: &Sources) -> Map<String, String> {
    sources.iter().map(|(_, source)| (source.path().to_owned(), source.text().to_owned())).collect()
}

/// What one round applies.
#[derive(Default)]
struct Chosen<'a> {
    /// For each file, sorted by place.
    edits: Map<FileId, Vec<Edit>>,
    /// The findings they mend, and how.
    fixes: Vec<(&'a Diagnostic, &'a Fix)>,
}

/// The edits of the first applicable fix of each finding, as long as they do not touch one another. A fix is applied
/// as a whole or not at all.
fn choose<'a>(report: &'a Report, safety: Safety, frozen: &Keys<String>) -> Chosen<'a> {
    let mut taken: Map<FileId, BTreeMap<(u32, u32), &Edit>> = Map::new();
    let mut fixes = Vec::new();
    let may_change = |edit: &Edit| {
        let source = report.sources().get(edit.span.file);
        source.first_bad_byte().is_none() && !frozen.contains(source.path())
    };
    for diagnostic in report.diagnostics() {
        let Some(fix) = applicable_fix(diagnostic, safety) else { continue };
        let free = |edit: &Edit| {
            taken.get(&edit.span.file).is_none_or(|taken| {
                let before = taken.range(..=(edit.span.start, u32::MAX)).next_back();
                let after = taken.range((edit.span.start, 0)..).next();
                [before, after].into_iter().flatten().all(|(_, taken)| !taken.conflicts_with(edit))
            })
        };
        if fix.edits.iter().all(|edit| may_change(edit) && free(edit)) {
            for edit in &fix.edits {
                taken.or_default(edit.span.file).insert((edit.span.start, edit.span.end), edit);
            }
            fixes.push((diagnostic, fix));
        }
    }
    let edits = taken.into_iter().map(|(file, edits)| (file, edits.into_values().cloned().collect())).collect();
    Chosen { edits, fixes }
}

fn applicable_fix(diagnostic: &Diagnostic, safety: Safety) -> Option<&Fix> {
    diagnostic.fixes.iter().find(|fix| fix.safety <= safety && !fix.edits.is_empty())
}

fn rewrite(report: &Report, edits: &Map<FileId, Vec<Edit>>) -> Sources {
    report.sources().rewritten(|id, source| {
        let fixed = edits.get(&id).and_then(|edits| apply(source.text(), edits).ok());
        fixed.map_or_else(|| source.clone(), |text| source.with_text(text))
    })
}

fn files_that_got_worse(before: &Report, after: &Report) -> Vec<String> {
    let refused = |report: &Report| {
        let mut counts: Map<String, usize> = Map::new();
        for diagnostic in report.diagnostics().iter().filter(|diagnostic| diagnostic.category == Category::Invalid) {
            let path = report.sources().get(diagnostic.primary.span.file).path();
            *counts.or_default(path.to_owned()) += 1;
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

/// The files in which a fix was applied whose finding stands there as often as before, with the same fix: applying it
/// again and again would only make the file longer.
fn files_fixed_in_vain(before: &Report, after: &Report, fixes: &[(&Diagnostic, &Fix)]) -> Vec<String> {
    let path = |report: &Report, span: Span| report.sources().get(span.file).path().to_owned();
    let finding = |report: &Report, found: &Diagnostic, fix: &Fix| {
        let texts: Vec<String> = fix.edits.iter().map(|edit| edit.text.clone()).collect();
        (found.rule, path(report, found.primary.span), found.message.clone(), texts)
    };
    let count = |report: &Report| {
        let mut counts: Map<_, usize> = Map::new();
        for found in report.diagnostics() {
            found.fixes.iter().for_each(|fix| *counts.or_default(finding(report, found, fix)) += 1);
        }
        counts
    };
    let (were, are) = (count(before), count(after));
    let in_vain = |(found, fix): &&(&Diagnostic, &Fix)| {
        let finding = finding(before, found, fix);
        are.get(&finding).is_some_and(|are| were.get(&finding).is_none_or(|were| are >= were))
    };
    let edits = fixes.iter().filter(in_vain).flat_map(|(_, fix)| &fix.edits);
    edits.map(|edit| path(before, edit.span)).collect()
}
