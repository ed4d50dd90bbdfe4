//! `cargo xtask corpus DIR`: confvet beside the real programs' verdicts on real files.
//!
//! Each system's directory holds `accepted/`, `rejected/` and a MANIFEST.tsv. An accepted file must have no `invalid`
//! finding unless the program leaves out a part of it, a rejected one at least one; nothing may crash. Files elsewhere
//! (`templates/`) are left alone.

mod manifest;
mod peer;
mod verdict;
mod versions;

use crate::root;
use crate::table::Table;
use anyhow::{Context, Result, bail};
use confvet::{Severity, systems};
use manifest::{Entry, Truth};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use verdict::{Outcome, Verdict};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Holds one directory a system
    directory: PathBuf,
    /// Only this system
    #[arg(long)]
    system: Option<String>,
    /// Also list all findings of this severity on accepted files, for review by hand
    #[arg(long, value_enum)]
    list: Option<Listed>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Listed {
    Errors,
    Warnings,
}

/// The agreement below which the run fails, in percent.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Threshold {
    accepted: f64,
    rejected: f64,
}

/// Counts of one system.
#[derive(Debug, Default)]
struct Tally {
    accepted: Share,
    rejected: Share,
    unread: usize,
    undecided: usize,
    crashes: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Share {
    agreeing: usize,
    all: usize,
}

impl Share {
    fn percent(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "thousands of files at most")]
        (self.all > 0).then(|| 100.0 * self.agreeing as f64 / self.all as f64)
    }

    fn shown(self) -> String {
        self.percent().map_or_else(|| "–".to_owned(), |percent| format!("{percent:.1} % of {}", self.all))
    }

    fn is_below(self, floor: f64) -> bool {
        self.percent().is_some_and(|percent| percent < floor)
    }
}

pub(crate) fn run(args: &Args) -> Result<bool> {
    let thresholds = read_thresholds()?;
    let directories = system_directories(&args.directory, args.system.as_deref())?;
    let undecided = read_undecided()?;
    let mut table = Table::new(["system", "accepted", "rejected", "undecided", "unread", "crashes", "at least"]);
    let mut disagreements = String::new();
    let mut below: Vec<String> = Vec::new();
    for (system, directory) in directories {
        if system != "stack" && !systems().iter().any(|entry| entry.name == system) {
            let nothing = String::new;
            table.row([system, "not in this build".into(), nothing(), nothing(), nothing(), nothing(), nothing()]);
            continue;
        }
        let entries = manifest::read(&directory)?;
        let outcomes = verdict::judge(&system, &directory, entries)?;
        let no_verdict = undecided.get(&system).cloned().unwrap_or_default();
        for path in no_verdict.keys().filter(|path| !outcomes.iter().any(|outcome| outcome.entry.path == **path)) {
            println!("undecided.toml names {path}, which the manifest of {system} does not");
        }
        let tally = tally(&outcomes, &no_verdict);
        disagreements.extend(outcomes.iter().filter_map(|outcome| outcome.disagreement(&system)));
        let of_peer = peer::report(&outcomes);
        if !of_peer.is_empty() {
            println!("{system}: {of_peer}");
        }
        if let Some(listed) = args.list {
            print_findings(&system, &outcomes, listed);
        }
        let threshold = thresholds.get(&system);
        let too_low = threshold.is_some_and(|threshold| {
            tally.accepted.is_below(threshold.accepted) || tally.rejected.is_below(threshold.rejected)
        });
        if too_low || tally.crashes > 0 || !peer::all_agree(&outcomes) {
            below.push(system.clone());
        }
        table.row([
            system,
            tally.accepted.shown(),
            tally.rejected.shown(),
            tally.undecided.to_string(),
            tally.unread.to_string(),
            tally.crashes.to_string(),
            threshold.map_or_else(|| "–".to_owned(), |floor| format!("{} % / {} %", floor.accepted, floor.rejected)),
        ]);
    }
    if !disagreements.is_empty() {
        println!("Disagreements (what the real program says; the first `invalid` finding):\n{disagreements}");
    }
    println!("{table}");
    println!("unread: files that no system recognises by itself; undecided: not counted, see undecided.toml");
    if !below.is_empty() {
        println!(
            "agreement is below corpus-thresholds.toml, a peer's test comes out differently, or something crashed: {}",
            below.join(", ")
        );
    }
    Ok(below.is_empty())
}

fn read_thresholds() -> Result<BTreeMap<String, Threshold>> {
    let path = root().join("corpus-thresholds.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("in {}", path.display()))
}

/// By system: rows whose verdict does not say what the real program does with the file, and why.
fn read_undecided() -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    toml::from_str(include_str!("corpus/undecided.toml")).context("in undecided.toml")
}

fn system_directories(directory: &Path, only: Option<&str>) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.join(manifest::NAME).is_file() && only.is_none_or(|only| only == name) {
            found.push((name, path));
        }
    }
    if found.is_empty() {
        let of = only.map(|only| format!(" of {only}")).unwrap_or_default();
        bail!("no {}{of} below {}", manifest::NAME, directory.display());
    }
    found.sort();
    Ok(found)
}

fn tally(outcomes: &[Outcome], undecided: &BTreeMap<String, String>) -> Tally {
    let mut tally = Tally::default();
    for outcome in outcomes {
        tally.unread += usize::from(!outcome.recognised);
        tally.crashes += usize::from(matches!(outcome.verdict, Verdict::Crash(_)));
        if undecided.contains_key(&outcome.entry.path) {
            tally.undecided += 1;
            continue;
        }
        let share = match outcome.entry.truth {
            Truth::Accepted => &mut tally.accepted,
            Truth::Rejected => &mut tally.rejected,
        };
        share.all += 1;
        share.agreeing += usize::from(outcome.agrees());
    }
    tally
}

fn print_findings(system: &str, outcomes: &[Outcome], listed: Listed) {
    let severity = match listed {
        Listed::Errors => Severity::Error,
        Listed::Warnings => Severity::Warning,
    };
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.entry.truth == Truth::Accepted) {
        for finding in outcome.findings.iter().filter(|finding| finding.severity == severity) {
            *by_rule.entry(finding.rule).or_default() += 1;
            println!("{system}/{}:{finding}", outcome.entry.path);
        }
    }
    for (rule, count) in by_rule {
        println!("{count:6}  {rule}");
    }
    println!();
}

impl Outcome {
    /// One line for a file on which confvet and the real program disagree.
    fn disagreement(&self, system: &str) -> Option<String> {
        if self.agrees() {
            return None;
        }
        let Entry { path, .. } = &self.entry;
        let target: Vec<String> =
            self.target.iter().map(|(program, version)| format!(" {program} {version}")).collect();
        Some(format!("  {system}/{path}{}: {}\n", target.concat(), self.verdict))
    }
}
