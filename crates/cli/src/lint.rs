//! `confvet lint`.

use crate::args::{Format, LintArgs};
use crate::progress::Bar;
use crate::render;
use crate::style::Palette;
use crate::{FAILED, FOUND};
use anyhow::{Context, Result, bail};
use confvet::{Fixed, Linter, Report, Safety};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

pub(crate) fn run(args: &LintArgs) -> Result<u8> {
    let linter = make_linter(args)?;
    let palette = Palette::new(args.color);
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return lint_stdin(args, &linter, palette);
    }
    let bar = Bar::new();
    let report = linter.lint_paths_with(&args.paths, |progress| bar.update(progress));
    drop(bar);
    let mut out = BufWriter::new(io::stdout().lock());
    let Some(safety) = safety(args) else {
        print(args, &mut out, &report, palette)?;
        out.flush()?;
        return Ok(exit_code(args, &report, complain(&report)));
    };
    let unreadable = complain(&report);
    let before = if args.diff { shown_texts(&report) } else { BTreeMap::new() };
    let fixed = linter.fix_paths(report, safety);
    if args.diff {
        for (path, _) in &fixed.changed {
            let before = before.get(path).map_or("", String::as_str);
            render::diff(&mut out, path, before, &shown_text(&fixed.report, path), palette)?;
        }
        out.flush()?;
        if !args.quiet {
            eprintln!("{}", fixes_line("would apply", &fixed, fixed.changed.len()));
        }
        return Ok(if unreadable { FAILED } else { u8::from(!fixed.changed.is_empty()) * FOUND });
    }
    let mut failed = unreadable;
    let mut written = 0;
    for (path, text) in &fixed.changed {
        match confvet::write_file(path, text) {
            Ok(()) => written += 1,
            Err(error) => {
                eprintln!("confvet: {error}");
                failed = true;
            }
        }
    }
    if written < fixed.changed.len() {
        // What could not be written is as it was, and so are its findings.
        let report = linter.lint_paths(&args.paths);
        print(args, &mut out, &report, palette)?;
        out.flush()?;
        return Ok(FAILED);
    }
    print(args, &mut out, &fixed.report, palette)?;
    out.flush()?;
    if !args.quiet && fixed.applied > 0 {
        eprintln!("{}", fixes_line("applied", &fixed, written));
    }
    Ok(exit_code(args, &fixed.report, failed))
}

/// The texts of all files as they may be shown: a difference holds lines around it, and those may hold secrets.
fn shown_texts(report: &Report) -> BTreeMap<String, String> {
    let shown = |(file, source): (confvet::FileId, &confvet::Source)| {
        (source.path().to_owned(), report.shown_text(file).into_owned())
    };
    report.sources().iter().map(shown).collect()
}

fn shown_text<'a>(report: &'a Report, path: &str) -> Cow<'a, str> {
    report.sources().by_path(path).map_or(Cow::Borrowed(""), |file| report.shown_text(file))
}

fn fixes_line(verb: &str, fixed: &Fixed, files: usize) -> String {
    let plural = |count: usize, word: &str| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    let fixes = if fixed.applied == 1 { "1 fix".to_owned() } else { format!("{} fixes", fixed.applied) };
    format!("{verb} {fixes} in {}", plural(files, "file"))
}

fn make_linter(args: &LintArgs) -> Result<Linter> {
    let mut linter = Linter::new();
    for target in &args.target {
        let (program, version) = split(target, "--target", "nginx=1.27.3")?;
        linter = linter.target(program, version).context("--target")?;
    }
    for fact in &args.fact {
        let (name, value) = split(fact, "--fact", "memory=64GiB")?;
        linter = linter.fact(name, value).context("--fact")?;
    }
    for rule in &args.select {
        linter = linter.select(rule).context("--select")?;
    }
    for rule in &args.ignore {
        linter = linter.ignore(rule).context("--ignore")?;
    }
    if let Some(system) = &args.system {
        linter = linter.system(system).context("--system")?;
    }
    Ok(linter)
}

fn split<'a>(pair: &'a str, option: &str, example: &str) -> Result<(&'a str, &'a str)> {
    match pair.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.trim(), value.trim())),
        _ => bail!("{option} `{pair}`: write a name and a value, such as `{example}`"),
    }
}

fn safety(args: &LintArgs) -> Option<Safety> {
    match (args.unsafe_fixes, args.fix || args.diff) {
        (true, _) => Some(Safety::Unsafe),
        (false, true) => Some(Safety::Safe),
        (false, false) => None,
    }
}

/// Names on standard error what could not be read; was there any?
fn complain(report: &Report) -> bool {
    for unreadable in report.unreadable() {
        eprintln!("confvet: cannot read {}: {}", unreadable.path, unreadable.reason);
    }
    !report.unreadable().is_empty()
}

fn exit_code(args: &LintArgs, report: &Report, failed: bool) -> u8 {
    if failed || report.has_config_errors() {
        FAILED
    } else if report.worst().is_some_and(|worst| worst >= args.fail_on.severity()) {
        FOUND
    } else {
        0
    }
}

fn print(args: &LintArgs, out: &mut impl Write, report: &Report, palette: Palette) -> Result<()> {
    if args.format == Format::Json {
        return render::json(out, report);
    }
    if args.statistics {
        render::statistics(out, report, palette)?;
    } else if args.format == Format::Concise {
        render::concise(out, report, palette)?;
    } else {
        render::human(out, report, palette)?;
    }
    if !args.quiet {
        render::summary(out, report, palette)?;
    }
    Ok(())
}

fn lint_stdin(args: &LintArgs, linter: &Linter, palette: Palette) -> Result<u8> {
    if args.paths.len() > 1 {
        bail!("`-` stands for standard input and cannot be linted together with other paths");
    }
    let Some(name) = &args.stdin_filename else {
        bail!("standard input has no name; say what it would be called, such as `--stdin-filename redis.conf`");
    };
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    let report = linter.lint_stdin(name, bytes);
    let failed = complain(&report);
    let mut out = BufWriter::new(io::stdout().lock());
    let Some(safety) = safety(args) else {
        print(args, &mut out, &report, palette)?;
        out.flush()?;
        return Ok(exit_code(args, &report, failed));
    };
    let input = report.files().last().map(|file| report.sources().get(file.file));
    let (path, before) = input.map(|source| (source.path().to_owned(), source.text().to_owned())).unwrap_or_default();
    let before_shown = shown_text(&report, &path).into_owned();
    let fixed = linter.fix_paths(report, safety);
    let after = fixed.changed.iter().find(|(changed, _)| *changed == path).map_or(before.as_str(), |(_, text)| text);
    if args.diff {
        render::diff(&mut out, &path, &before_shown, &shown_text(&fixed.report, &path), palette)?;
        out.flush()?;
        return Ok(u8::from(before != after) * FOUND);
    }
    // The fixed text goes to standard output, so that an editor can take it; what is left to say goes beside it.
    out.write_all(after.as_bytes())?;
    out.flush()?;
    print(args, &mut io::stderr().lock(), &fixed.report, palette)?;
    Ok(exit_code(args, &fixed.report, failed))
}
