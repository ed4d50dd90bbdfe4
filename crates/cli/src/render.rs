//! Printing reports.

mod human;

pub(crate) use human::human;

use crate::style::Palette;
use anyhow::Result;
use confvet::{Diagnostic, Report, systems};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::io::Write;

/// `path:line:column: severity: message (rule)`, one line a finding.
pub(crate) fn concise(out: &mut impl Write, report: &Report, palette: Palette) -> Result<()> {
    for found in report.diagnostics() {
        let span = found.primary.span;
        let path = report.sources().get(span.file).path();
        let at = report.sources().start(span);
        let severity = palette.severity(found.severity);
        let dim = palette.dim();
        let fixable = if found.fixes.is_empty() { "" } else { " [fixable]" };
        writeln!(
            out,
            "{path}:{}:{}: {severity}{}{severity:#}: {} {dim}({}){fixable}{dim:#}",
            at.line, at.column, found.severity, found.message, found.rule
        )?;
    }
    Ok(())
}

/// One JSON document.
pub(crate) fn json(out: &mut impl Write, report: &Report) -> Result<()> {
    serde_json::to_writer_pretty(&mut *out, &confvet::to_json(report))?;
    writeln!(out)?;
    Ok(())
}

/// Findings counted by rule, most first.
pub(crate) fn statistics(out: &mut impl Write, report: &Report, palette: Palette) -> Result<()> {
    let mut counts: BTreeMap<&str, (usize, &Diagnostic)> = BTreeMap::new();
    for found in report.diagnostics() {
        let entry = counts.entry(found.rule).or_insert((0, found));
        entry.0 += 1;
        if found.severity > entry.1.severity {
            entry.1 = found;
        }
    }
    let mut rows: Vec<(&str, (usize, &Diagnostic))> = counts.into_iter().collect();
    rows.sort_by_key(|&(rule, (count, _))| (std::cmp::Reverse(count), rule));
    let width = rows.iter().map(|(rule, _)| rule.len()).max().unwrap_or_default();
    for (rule, (count, worst)) in rows {
        let title = confvet::rules::find(rule).map_or("", |info| info.title);
        let severity = palette.severity(worst.severity);
        writeln!(out, "{count:>6}  {severity}{:<7}{severity:#}  {rule:width$}  {title}", worst.severity)?;
    }
    Ok(())
}

/// The closing line: files by system, findings by severity, how many can be fixed.
pub(crate) fn summary(out: &mut impl Write, report: &Report, palette: Palette) -> Result<()> {
    let summary = report.summary();
    let (bold, dim) = (palette.bold(), palette.dim());
    if summary.files == 0 {
        writeln!(out, "{dim}no configuration files found; `confvet detect` says what each file is taken for{dim:#}")?;
        return Ok(());
    }
    let title = |name: &str| systems().iter().find(|system| system.name == name).map_or("", |system| system.title);
    let by_system: Vec<String> =
        summary.by_system.iter().map(|(system, count)| format!("{count} {}", title(system))).collect();
    let files = plural(summary.files, "file");
    let read = format!("{files} ({})", by_system.join(", "));
    if report.diagnostics().is_empty() {
        writeln!(out, "{bold}{read}: nothing found{bold:#}")?;
        return Ok(());
    }
    let counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.infos, "info")];
    let counts: Vec<String> =
        counts.into_iter().filter(|&(count, _)| count > 0).map(|(count, word)| plural(count, word)).collect();
    writeln!(out, "{bold}{read}: {}{bold:#}", counts.join(", "))?;
    match (summary.fixable, summary.unsafely_fixable) {
        (0, 0) => {}
        (safe, 0) => writeln!(out, "{dim}{safe} fixable with `--fix`{dim:#}")?,
        (0, risky) => writeln!(out, "{dim}{risky} fixable with `--unsafe-fixes`{dim:#}")?,
        (safe, risky) => {
            writeln!(out, "{dim}{safe} fixable with `--fix`, {risky} more with `--unsafe-fixes`{dim:#}")?;
        }
    }
    Ok(())
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// A unified diff.
pub(crate) fn diff(out: &mut impl Write, path: &str, before: &str, after: &str, palette: Palette) -> Result<()> {
    let diff = TextDiff::from_lines(before, after);
    let unified = diff.unified_diff().context_radius(3).header(path, path).to_string();
    for line in unified.split_inclusive('\n') {
        let style = match line.as_bytes().first() {
            Some(b'+') => palette.added(),
            Some(b'-') => palette.removed(),
            Some(b'@') => palette.dim(),
            _ => anstyle::Style::new(),
        };
        let (content, end) = line.strip_suffix('\n').map_or((line, ""), |content| (content, "\n"));
        write!(out, "{style}{content}{style:#}{end}")?;
    }
    Ok(())
}
