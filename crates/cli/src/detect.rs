//! `confvet detect`.

use crate::FAILED;
use crate::args::{DetectArgs, ListFormat};
use crate::style::Palette;
use anyhow::Result;
use confvet::{Confidence, FileReport, Linter, Report};
use std::io::{self, BufWriter, Write};

pub(crate) fn run(args: &DetectArgs) -> Result<u8> {
    let report = Linter::new().lint_paths(&args.paths);
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        ListFormat::Human => print_table(&mut out, &report, Palette::new(args.color))?,
        ListFormat::Json => print_json(&mut out, &report)?,
    }
    out.flush()?;
    for unreadable in report.unreadable() {
        eprintln!("confvet: cannot read {}: {}", unreadable.path, unreadable.reason);
    }
    Ok(if report.unreadable().is_empty() { 0 } else { FAILED })
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Sure => "sure",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

fn print_table(out: &mut impl Write, report: &Report, palette: Palette) -> Result<()> {
    let (bold, dim) = (palette.bold(), palette.dim());
    let path = |file: &FileReport| report.sources().get(file.file).path();
    let mut files: Vec<&FileReport> = report.files().iter().collect();
    files.sort_by_key(|file| path(file));
    for file in files {
        write!(out, "{bold}{}{bold:#}: ", path(file))?;
        if file.is_config {
            writeln!(out, "confvet's own configuration")?;
            continue;
        }
        if file.template {
            writeln!(out, "{dim}a template, left alone{dim:#}")?;
            continue;
        }
        if !file.is_linted() {
            writeln!(out, "{dim}no system recognises it{dim:#}")?;
            continue;
        }
        let mut parts: Vec<String> = Vec::new();
        for used in &file.systems {
            let found = &used.detection;
            parts.push(format!("{} {} ({}: {})", used.system, found.kind, confidence(found.confidence), found.reason));
        }
        for &includer in &file.included_by {
            parts.push(format!("included by {}", report.sources().get(includer).path()));
        }
        if let Some(placement) = &file.placement {
            parts.push(format!("stack {} ({})", placement.stack, placement.reason));
            if let Some((host, by)) = &placement.host {
                parts.push(format!("host {host} ({by})"));
            }
        }
        writeln!(out, "{}", parts.join("; "))?;
    }
    Ok(())
}

fn print_json(out: &mut impl Write, report: &Report) -> Result<()> {
    let to_json = |file: &FileReport| {
        let systems: Vec<serde_json::Value> = (file.systems.iter())
            .map(|used| {
                serde_json::json!({
                    "system": used.system,
                    "kind": used.detection.kind,
                    "confidence": confidence(used.detection.confidence),
                    "reason": used.detection.reason,
                })
            })
            .collect();
        let included_by: Vec<&str> =
            file.included_by.iter().map(|&includer| report.sources().get(includer).path()).collect();
        let host = file.placement.as_ref().and_then(|placement| placement.host.as_ref());
        serde_json::json!({
            "file": report.sources().get(file.file).path(),
            "config": file.is_config,
            "template": file.template,
            "systems": systems,
            "included_by": included_by,
            "stack": file.placement.as_ref().map(|placement| &placement.stack),
            "stack_reason": file.placement.as_ref().map(|placement| &placement.reason),
            "host": host.map(|(host, _)| host),
            "host_reason": host.map(|(_, reason)| reason),
        })
    };
    let files: Vec<serde_json::Value> = report.files().iter().map(to_json).collect();
    serde_json::to_writer_pretty(&mut *out, &files)?;
    writeln!(out)?;
    Ok(())
}
