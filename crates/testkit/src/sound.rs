//! What must hold for every input: spans that fit, fixes that can be applied, settle and break nothing.

use confvet::{Category, Edit, FileId, Linter, Report, Safety, Source, Sources, apply};
use std::collections::BTreeSet;

/// Path and text.
pub type File = (String, String);

/// The files of every example on the rule pages of a system, one list an example.
///
/// # Panics
/// If a page cannot be read, which the tests of the pages report better.
pub fn examples(system: &str) -> Vec<Vec<File>> {
    let of_system = |name: &&str| name.split_once('/').is_some_and(|(of, _)| of == system);
    let pages = confvet::rules::all().iter().map(|rule| rule.name).filter(of_system).filter_map(confvet::rules::page);
    let examples = pages.flat_map(|page| page.examples().unwrap_or_else(|error| panic!("{error}")));
    examples.map(|example| example.files.into_iter().map(|file| (file.path, file.text)).collect()).collect()
}

/// Every span and every edit lies within its file and between characters, every fix can be applied, and no message ends
/// like a sentence.
///
/// # Panics
/// If that does not hold.
pub fn assert_sound(report: &Report) {
    for found in report.diagnostics() {
        let edits = found.fixes.iter().flat_map(|fix| &fix.edits);
        for span in found.spans().chain(edits.map(|edit| edit.span)) {
            let source = report.sources().get(span.file);
            let fits = source.text().get(span.range()).is_some();
            assert!(fits, "{}: {span:?} is no place in {}:\n{}", found.rule, source.path(), source.text());
        }
        assert!(!found.message.ends_with('.'), "{}: `{}` ends like a sentence", found.rule, found.message);
    }
}

/// The rules that say a program refuses a file.
fn refusals(report: &Report) -> BTreeSet<&'static str> {
    let refused = report.diagnostics().iter().filter(|found| found.category == Category::Invalid);
    refused.map(|found| found.rule).collect()
}

/// Fixing once leaves nothing to fix, and nothing that was accepted is refused afterwards: with the safe fixes alone, and
/// with all.
///
/// # Panics
/// If that does not hold.
pub fn assert_fixes_settle(linter: &Linter, report: Report) {
    let accepted = refusals(&report).is_empty();
    let before = report.sources().clone();
    let safe = linter.fix_sources(before.clone(), Safety::Safe);
    let all = linter.fix_report(report, Safety::Unsafe);
    for (safety, fixed) in [(Safety::Safe, safe), (Safety::Unsafe, all)] {
        assert_sound(&fixed.report);
        let after = fixed.report.sources().clone();
        let again = linter.fix_sources(after.clone(), safety);
        let shown = || format!("{:#?}\nbecame\n{:#?}", show(&before), show(&after));
        assert!(again.changed.is_empty(), "fixing ({safety:?}) twice changes {:?}\n{}", again.changed, shown());
        let refused = refusals(&fixed.report);
        assert!(!accepted || refused.is_empty(), "fixing ({safety:?}) brings {refused:?}\n{}", shown());
    }
}

/// Each fix by itself leaves what was accepted accepted. The linter takes a fix back that does not, which would hide the
/// mistake; in damaged files a fix may also lay open a fault that was there before.
///
/// # Panics
/// If that does not hold.
pub fn assert_fixes_accepted(linter: &Linter, report: &Report) {
    if !refusals(report).is_empty() {
        return;
    }
    for (rule, fix) in report.diagnostics().iter().flat_map(|found| found.fixes.iter().map(|fix| (found.rule, fix))) {
        let rewrite = |(id, source): (FileId, &Source)| {
            let edits: Vec<Edit> = fix.edits.iter().filter(|edit| edit.span.file == id).cloned().collect();
            let text = apply(source.text(), &edits).unwrap_or_else(|error| panic!("{rule}: `{}`: {error}", fix.title));
            Source::new(source.path(), text)
        };
        let fixed = linter.lint_sources(report.sources().iter().map(rewrite).collect());
        let refused = refusals(&fixed);
        let shown = || format!("{:#?}\nbecame\n{:#?}", show(report.sources()), show(fixed.sources()));
        assert!(refused.is_empty(), "{rule}: `{}` brings {refused:?}\n{}", fix.title, shown());
    }
}

fn show(sources: &Sources) -> Vec<(&str, &str)> {
    sources.iter().map(|(_, source)| (source.path(), source.text())).collect()
}
