//! What confvet says about the files of a corpus, each as the program of the stated version would read it.

use super::manifest::{Entry, Truth};
use super::versions::Versions;
use anyhow::{Context, Result};
use confvet::{Category, FileId, Level, Linter, Report, Severity, Source, Sources};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

/// One finding, in words.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[derive(Debug)]
pub(super) enum Verdict {
    /// No `invalid` finding.
    Clean,
    /// The first `invalid` finding.
    Invalid(String),
    /// What the panic said.
    Crash(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Clean => f.write_str("rejected; none"),
            Verdict::Invalid(finding) => write!(f, "accepted; {finding}"),
            Verdict::Crash(message) => write!(f, "crash: {message}"),
        }
    }
}

#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) entry: Entry,
    pub(super) target: BTreeMap<String, String>,
    pub(super) verdict: Verdict,
    /// Does some system take the file for its own, or is it a template?
    pub(super) recognised: bool,
    pub(super) findings: Vec<Finding>,
}

impl Outcome {
    fn is_crash(&self) -> bool {
        matches!(self.verdict, Verdict::Crash(_))
    }

    /// The program takes the file and leaves out a part of it, which is `invalid` too.
    fn loses_a_part(&self) -> bool {
        let mut refusing = self.entry.refuse_a_part.iter();
        refusing.any(|(program, version)| self.target.get(program) == Some(version))
    }

    pub(super) fn agrees(&self) -> bool {
        match self.verdict {
            Verdict::Clean => self.entry.truth == Truth::Accepted,
            Verdict::Invalid(_) => self.entry.truth == Truth::Rejected || self.loses_a_part(),
            Verdict::Crash(_) => false,
        }
    }
}

/// Files that are linted together, since they may include each other, and the versions they are for.
type GroupKey = (String, BTreeMap<String, String>);

pub(super) fn judge(system: &str, directory: &Path, entries: Vec<Entry>) -> Result<Vec<Outcome>> {
    let versions = Versions::of_system(system)?;
    let mut groups: BTreeMap<GroupKey, Vec<Entry>> = BTreeMap::new();
    let folders = folders_of_a_group(system);
    for entry in entries {
        let target = versions.of(&entry);
        groups.entry((group_of(&entry.path, folders).to_owned(), target)).or_default().push(entry);
    }
    let mut outcomes = Vec::new();
    for ((name, target), entries) in groups {
        let group = Group::lint(system, directory, name, &target, &entries)?;
        let first = outcomes.len();
        for entry in entries {
            let (verdict, recognised, findings) = group.assess(&entry);
            outcomes.push(Outcome { entry, target: target.clone(), verdict, recognised, findings });
        }
        if let Err(message) = group.together
            && !outcomes[first..].iter().any(Outcome::is_crash)
        {
            outcomes[first].verdict = Verdict::Crash(format!("together with its folder: {message}"));
        }
    }
    outcomes.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
    Ok(outcomes)
}

/// A verdict, whether some system recognised the file, and all findings in it.
type Assessment = (Verdict, bool, Vec<Finding>);

/// Files that were linted together.
struct Group {
    name: String,
    linter: Linter,
    /// A linter that takes every file for the system's, if the corpus is of one system.
    forced: Option<Linter>,
    files: Vec<(String, Vec<u8>)>,
    /// The error is what a panic said.
    together: Result<Report, String>,
}

impl Group {
    fn lint(
        system: &str,
        directory: &Path,
        name: String,
        target: &BTreeMap<String, String>,
        entries: &[Entry],
    ) -> Result<Self> {
        let linter = linter(target)?;
        let files = group_files(directory, &name, entries)?;
        let together = lint(&linter, &files);
        Ok(Self { forced: linter.clone().system(system).ok(), name, linter, files, together })
    }

    fn assess(&self, entry: &Entry) -> Assessment {
        let name = shown_name(entry, &self.name);
        let alone = || self.files.iter().filter(|(path, _)| *path == name).cloned().collect::<Vec<_>>();
        let assess_alone = |linter: &Linter| match lint(linter, &alone()) {
            Ok(report) => assess(&report, &name),
            Err(message) => (Verdict::Crash(message), true, Vec::new()),
        };
        let seen = match &self.together {
            Ok(report) => assess(report, &name),
            // A crash is the fault of one file: find out whose.
            Err(_) => assess_alone(&self.linter),
        };
        match &self.forced {
            // The program refused it because it was told to read it, so confvet is told to read it too; another linter
            // was told to read its tests.
            Some(forced) if (entry.truth == Truth::Rejected || entry.peer.is_some()) && !seen.1 => {
                let (verdict, _, findings) = assess_alone(forced);
                (verdict, false, findings)
            }
            // What a page calls a configuration is one, whatever the name of the cutting.
            Some(forced) if entry.is_cutting && !seen.1 => assess_alone(forced),
            _ => seen,
        }
    }
}

/// How many folders below `accepted/` or `rejected/` lead to the files of one set-up: for IPsec the program and the
/// set-up, elsewhere the set-up.
fn folders_of_a_group(system: &str) -> usize {
    if system == "ipsec" { 2 } else { 1 }
}

/// So many folders below `accepted/` or `rejected/`, or the whole path of a file that does not lie so deep.
fn group_of(path: &str, folders: usize) -> &str {
    let below = path.split_once('/').map_or(path, |(_, below)| below);
    below.match_indices('/').nth(folders - 1).map_or(path, |(end, _)| &below[..end])
}

/// The path under which a file is linted: within its group, or the name it had where it comes from.
fn shown_name(entry: &Entry, group: &str) -> String {
    let below = entry.path.split_once('/').map_or(entry.path.as_str(), |(_, below)| below);
    match below.strip_prefix(group).and_then(|rest| rest.strip_prefix('/')) {
        Some(within) => within.to_owned(),
        None => {
            (entry.original_name.clone().filter(|name| is_same_kind(below, name))).unwrap_or_else(|| below.to_owned())
        }
    }
}

/// Is the original a file of its own, and not a script or page that the file was cut out of?
fn is_same_kind(local: &str, original: &str) -> bool {
    let extension = |name: &str| name.rsplit_once('.').map(|(_, extension)| extension.to_owned());
    local.contains(original) || extension(local) == extension(original)
}

fn linter(target: &BTreeMap<String, String>) -> Result<Linter> {
    let mut linter = Linter::new();
    for (program, version) in target {
        linter = match program.strip_prefix("fact:") {
            Some(fact) => linter.fact(fact, version).context("versions.toml gives a fact that cannot be set")?,
            None => linter.target(program, version).context("versions.toml gives a target that cannot be set")?,
        };
    }
    for rule in confvet::rules::all().iter().filter(|rule| confvet::rules::is_off_by_default(rule.name)) {
        linter = linter.rule(rule.name, Level::At(rule.severity))?;
    }
    Ok(linter)
}

/// Paths and contents. A folder may be split: what is refused lies in `rejected/`, what it includes in `accepted/`.
fn group_files(directory: &Path, group: &str, entries: &[Entry]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    if let [entry] = entries
        && entry.path == group
    {
        let path = directory.join(&entry.path);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        return Ok(vec![(shown_name(entry, group), bytes)]);
    }
    for half in ["accepted", "rejected"] {
        read_tree(&directory.join(half).join(group), "", &mut files)?;
    }
    Ok(files)
}

fn read_tree(directory: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_tree(&entry.path(), &format!("{name}/"), files)?;
        } else {
            let bytes = fs::read(entry.path()).with_context(|| format!("cannot read {}", entry.path().display()))?;
            files.push((name, bytes));
        }
    }
    files.sort();
    Ok(())
}

/// The error is what a panic said.
fn lint(linter: &Linter, files: &[(String, Vec<u8>)]) -> Result<Report, String> {
    let sources: Sources = files.iter().map(|(path, bytes)| Source::from_bytes(path, bytes.clone())).collect();
    panic::catch_unwind(AssertUnwindSafe(|| linter.lint_sources(sources))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()
    })
}

fn assess(report: &Report, name: &str) -> Assessment {
    let file = report.files().iter().find(|file| report.sources().get(file.file).path() == name);
    // The program refuses a file for what is wrong in its includes too.
    let is_part = |part: FileId| {
        let part = report.files().iter().find(|of| of.file == part);
        file.zip(part).is_some_and(|(file, part)| part.file == file.file || part.included_by.contains(&file.file))
    };
    let found: Vec<_> = report.diagnostics().iter().filter(|found| is_part(found.primary.span.file)).collect();
    let describe = |found: &confvet::Diagnostic| {
        let at = report.sources().start(found.primary.span);
        format!("{}:{} {}: {}", at.line, at.column, found.rule, found.message)
    };
    let invalid = found.iter().find(|found| found.category == Category::Invalid);
    let verdict = invalid.map_or(Verdict::Clean, |found| Verdict::Invalid(describe(found)));
    let recognised = file.is_some_and(|file| file.is_linted() || file.template);
    let findings =
        found.iter().map(|found| Finding { rule: found.rule, severity: found.severity, text: describe(found) });
    (verdict, recognised, findings.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, original: Option<&str>) -> Entry {
        let original_name = original.map(str::to_owned);
        let (path, row) = (path.to_owned(), String::new());
        let refuse_a_part = std::collections::BTreeSet::new();
        Entry { path, original_name, truth: Truth::Accepted, is_cutting: false, row, peer: None, refuse_a_part }
    }

    #[test]
    fn a_lone_file_is_linted_under_its_first_name_and_a_folder_as_a_whole() {
        for (path, original, group, name) in [
            ("accepted/a__redis.conf", Some("redis.conf"), "accepted/a__redis.conf", "redis.conf"),
            ("accepted/jvm-5.6.options", Some("jvm.options"), "accepted/jvm-5.6.options", "jvm.options"),
            ("accepted/x__a.yaml__v1", Some("a.yaml"), "accepted/x__a.yaml__v1", "a.yaml"),
            ("accepted/bytes.h2.cfg", Some("bytes.vtc"), "accepted/bytes.h2.cfg", "bytes.h2.cfg"),
            ("accepted/made.yml", None, "accepted/made.yml", "made.yml"),
            ("rejected/h5bp/conf.d/x.conf", Some("x.conf"), "h5bp", "conf.d/x.conf"),
        ] {
            assert_eq!(group_of(path, 1), group);
            assert_eq!(shown_name(&entry(path, original), group), name);
        }
        assert_eq!(group_of("accepted/strongswan/net2net/moon/ipsec.conf", 2), "strongswan/net2net");
        assert_eq!(group_of("accepted/libreswan/a.conf", 2), "accepted/libreswan/a.conf");
    }

    #[test]
    fn a_folder_is_read_from_both_halves() {
        let directory = tempfile::tempdir().unwrap();
        for path in ["accepted/g/conf.d/a.conf", "rejected/g/nginx.conf"] {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let files = group_files(directory.path(), "g", &[entry("rejected/g/nginx.conf", None)]).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["conf.d/a.conf", "nginx.conf"]);
    }
}
