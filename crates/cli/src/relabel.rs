//! `confvet relabel FILE --job NAME`: a target's way through the relabel rules of its job, step by step.

use crate::args::{ListFormat, RelabelArgs};
use anyhow::{Context, Result, bail};
use confvet::prometheus::relabel::{Labels, Outcome, Step, TargetTrace, TargetVerdict, Trace};
use confvet::prometheus::{SimulateRequest, Simulation, simulate_file};
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub(crate) fn run(args: &RelabelArgs) -> Result<u8> {
    let directory = args.file.parent().filter(|parent| !parent.as_os_str().is_empty());
    // The whole directory is read, so that included files and target files are found.
    let paths = [directory.unwrap_or(Path::new(".")), args.file.as_path()];
    let report = confvet::Linter::new().lint_paths(&paths);
    let shown = args.file.display().to_string();
    let path = shown.strip_prefix("./").unwrap_or(&shown);
    if let Some(unreadable) = report.unreadable().iter().find(|unreadable| unreadable.path == path) {
        bail!("cannot read {path}: {}", unreadable.reason);
    }
    let request = SimulateRequest {
        job: args.job.clone(),
        targets: targets(args)?,
        sample: if args.metric.is_empty() { None } else { Some(labels(&args.metric)?) },
        version: args.prometheus.clone(),
    };
    let simulation = simulate_file(report.sources(), path, &request)?;
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &simulation)?;
            writeln!(out)?;
        }
        ListFormat::Human => print(&mut out, &simulation)?,
    }
    out.flush()?;
    Ok(0)
}

fn targets(args: &RelabelArgs) -> Result<Vec<Labels>> {
    match &args.targets {
        Some(path) => {
            let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            serde_json::from_slice(&text).with_context(|| format!("{} is no list of label objects", path.display()))
        }
        None if args.labels.is_empty() => Ok(Vec::new()),
        None => Ok(vec![labels(&args.labels)?]),
    }
}

fn labels(pairs: &[String]) -> Result<Labels> {
    let split = |pair: &String| {
        let pair = pair.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.to_owned()));
        pair.filter(|(name, _)| !name.is_empty())
    };
    let read = |pair: &String| split(pair).with_context(|| format!("`{pair}` is no label; write `name=value`"));
    pairs.iter().map(read).collect()
}

fn print(out: &mut impl Write, simulation: &Simulation) -> io::Result<()> {
    for (index, target) in simulation.targets.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "job {}, target {} of {}", simulation.job, index + 1, simulation.targets.len())?;
        print_target(out, target)?;
    }
    if let Some(metric) = &simulation.metric {
        writeln!(out, "job {}, sample", simulation.job)?;
        print_trace(out, metric)?;
        if let Some(labels) = &metric.output {
            writeln!(out, "stored")?;
            print_labels(out, labels)?;
        }
    }
    Ok(())
}

fn print_target(out: &mut impl Write, target: &TargetTrace) -> io::Result<()> {
    print_trace(out, &target.trace)?;
    match &target.verdict {
        TargetVerdict::Scraped { labels, url, .. } => {
            writeln!(out, "scraped at {url}, with the labels")?;
            print_labels(out, labels)
        }
        TargetVerdict::Dropped { rule } => writeln!(out, "dropped by rule {}", rule + 1),
        TargetVerdict::Failed { reason } => writeln!(out, "not scraped: {reason}"),
    }
}

fn print_trace(out: &mut impl Write, trace: &Trace) -> io::Result<()> {
    print_labels(out, &trace.input)?;
    for step in &trace.steps {
        print_step(out, step)?;
    }
    Ok(())
}

fn print_labels(out: &mut impl Write, labels: &Labels) -> io::Result<()> {
    let width = labels.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    for (name, value) in labels {
        writeln!(out, "    {name:width$}  {value}")?;
    }
    Ok(())
}

fn print_step(out: &mut impl Write, step: &Step) -> io::Result<()> {
    let value = step.value.as_ref().map_or_else(String::new, |value| format!(" on \"{value}\""));
    let matched = match (step.outcome, step.matched) {
        (Outcome::Dropped, _) => ": dropped",
        (Outcome::Unknown, _) => ": the regex is too large to be run here",
        (_, Some(true)) => ": matches",
        (_, Some(false)) => ": no match",
        (_, None) => "",
    };
    writeln!(out, "rule {}, {}{value}{matched}", step.rule + 1, step.action)?;
    for change in &step.changes {
        match (&change.before, &change.after) {
            (None, Some(after)) => writeln!(out, "  + {}  {after}", change.name)?,
            (Some(before), None) => writeln!(out, "  - {}  {before}", change.name)?,
            (Some(before), Some(after)) => writeln!(out, "  ~ {}  {before} -> {after}", change.name)?,
            (None, None) => {}
        }
    }
    if step.ambiguous {
        writeln!(out, "  two labels are copied to one name; which one wins is not defined")?;
    }
    Ok(())
}
