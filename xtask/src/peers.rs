//! `cargo xtask peers`: the real programs over fixtures and rule pages. What a program loads must have no `invalid`
//! finding at its version, what it refuses must have one.

mod haproxy;
mod ipsec;
mod nginx;
mod patroni;
mod process;
mod prometheus;
mod redis;
mod swanctl;

use crate::root;
use crate::table::Table;
use anyhow::{Context, Result, bail};
use confvet::rules::{self, Example};
use confvet::{CONFIG_NAME, Category, FileReport, Linter, Report, systems};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this system
    system: Option<String>,
}

/// A real program and how it is asked.
#[derive(Debug)]
struct Peer {
    system: &'static str,
    /// What must be installed.
    program: &'static str,
    /// What its version is called in `[target]`.
    target: &'static str,
    /// Kinds of file it can judge; without any, the system's first kind.
    kinds: &'static [&'static str],
    /// The installed version.
    version: fn() -> Option<String>,
    check: fn(&Trial<'_>) -> Result<Answer>,
    /// What it says when it misses something on this machine that has nothing to do with the configuration.
    circumstances: &'static [&'static str],
}

static PEERS: &[Peer] =
    &[haproxy::PEER, ipsec::PEER, nginx::PEER, patroni::PEER, prometheus::PEER, redis::PEER, swanctl::PEER];

/// Systems whose program is not asked, and why.
const WITHOUT_PEER: &[(&str, &str)] = &[(
    "elasticsearch",
    "Elasticsearch has no command that only checks its configuration, and its server is in no registry that CI installs from",
)];

/// A configuration in a directory of its own.
#[derive(Debug)]
struct Trial<'a> {
    directory: &'a Path,
    /// Relative to the directory.
    file: &'a str,
    kind: &'a str,
    text: &'a str,
    /// Lines, from 1, with an `invalid` finding: they must reach the program as they are.
    kept: BTreeSet<u32>,
}

impl Trial<'_> {
    /// Writes the file without the lines that start with one of the words: they need what this machine has not.
    /// Blank lines stand in their place, so that line numbers stay.
    fn write_without(&self, words: &[&str]) -> Result<()> {
        let mut text = String::with_capacity(self.text.len());
        for (line, number) in self.text.lines().zip(1..) {
            let word = line.trim_start().split([' ', '\t', ';', '=']).next().unwrap_or_default();
            let dropped = !self.kept.contains(&number) && words.iter().any(|other| word.eq_ignore_ascii_case(other));
            text.push_str(if dropped { "" } else { line });
            text.push('\n');
        }
        let path = self.directory.join(self.file);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// What a program says.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Accepted,
    Rejected(String),
    /// It loads the rest and leaves a part out: both verdicts agree with that.
    Partly,
    /// It could not be asked.
    Unclear(String),
}

/// One configuration to compare.
struct Case {
    name: String,
    /// All files beside it, itself included.
    files: Vec<(String, String)>,
    file: String,
}

/// A disagreement that stays, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// As the disagreement is printed.
    case: String,
    #[expect(dead_code, reason = "for the reader; required so that nobody leaves it out")]
    reason: String,
}

#[derive(Debug, Default)]
struct Tally {
    agree: usize,
    excepted: usize,
    other_version: usize,
    unclear: usize,
    disagreements: Vec<String>,
    unclear_cases: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<bool> {
    let peers: Vec<&Peer> =
        PEERS.iter().filter(|peer| args.system.as_deref().is_none_or(|only| only == peer.system)).collect();
    for (system, reason) in
        WITHOUT_PEER.iter().filter(|(system, _)| args.system.as_deref().is_none_or(|only| only == *system))
    {
        println!("skipped: {system}: {reason}");
        if args.system.is_some() {
            return Ok(true);
        }
    }
    if peers.is_empty() {
        let known: Vec<&str> = PEERS.iter().map(|peer| peer.system).collect();
        bail!("there is no program to compare with; known are {}", known.join(", "));
    }
    let exceptions = read_exceptions()?;
    let mut used = BTreeSet::new();
    let mut table = Table::new(["system", "program", "agree", "disagree", "excepted", "other version", "unclear"]);
    let mut all_agree = true;
    for peer in peers {
        if !systems().iter().any(|system| system.name == peer.system) {
            println!("skipped: {} is not in this build", peer.system);
            continue;
        }
        let Some(version) = (peer.version)() else {
            println!("skipped: {} is not installed", peer.program);
            continue;
        };
        let tally = compare(peer, &version, &exceptions, &mut used)?;
        for case in &tally.unclear_cases {
            println!("unclear: {case}");
        }
        for case in &tally.disagreements {
            println!("disagreement: {case}");
        }
        all_agree &= tally.disagreements.is_empty();
        let counts = [tally.agree, tally.disagreements.len(), tally.excepted, tally.other_version, tally.unclear];
        let [agree, disagree, excepted, other_version, unclear] = counts.map(|count| count.to_string());
        let program = format!("{} {version}", peer.program);
        table.row([peer.system.to_owned(), program, agree, disagree, excepted, other_version, unclear]);
    }
    println!("{table}");
    if args.system.is_none() {
        for name in exceptions.iter().filter(|name| !used.contains(*name)) {
            println!("this exception was not needed: {name}");
        }
    }
    Ok(all_agree)
}

fn read_exceptions() -> Result<BTreeSet<String>> {
    let path = root().join("peers-exceptions.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut parsed: BTreeMap<String, Vec<Exception>> =
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let exceptions = parsed.remove("exception").unwrap_or_default();
    Ok(exceptions.into_iter().map(|exception| exception.case).collect())
}

fn compare(peer: &Peer, version: &str, exceptions: &BTreeSet<String>, used: &mut BTreeSet<String>) -> Result<Tally> {
    let mut tally = Tally::default();
    let linter = Linter::new().target(peer.target, version)?;
    let others = systems().iter().find(|system| system.name == peer.system).map_or(&[][..], |system| system.targets);
    for case in page_cases(peer).into_iter().chain(fixture_cases(peer)?) {
        if !case.is_for(peer.target, version, others) {
            tally.other_version += 1;
            continue;
        }
        let report = linter.lint_files(case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let ours = first_invalid(&report, &case.file);
        let disagreement = match (peer.ask(&case, &report)?, ours) {
            (Answer::Unclear(reason), _) => {
                tally.unclear += 1;
                tally.unclear_cases.push(format!("{}: {reason}", case.name));
                continue;
            }
            (Answer::Accepted, Some(invalid)) => format!("{} accepts it, but: {invalid}", peer.program),
            (Answer::Rejected(reason), None) => format!("{} rejects it: {reason}", peer.program),
            (Answer::Accepted, None) | (Answer::Rejected(_), Some(_)) | (Answer::Partly, _) => {
                tally.agree += 1;
                continue;
            }
        };
        if exceptions.contains(&case.name) {
            used.insert(case.name);
            tally.excepted += 1;
        } else {
            tally.disagreements.push(format!("{}: {disagreement}", case.name));
        }
    }
    Ok(tally)
}

/// The first `invalid` finding in the file or in what it includes.
fn first_invalid(report: &Report, path: &str) -> Option<String> {
    let parts = parts(report, path);
    let invalid =
        |found: &&confvet::Diagnostic| found.category == Category::Invalid && parts.contains(&found.primary.span.file);
    let found = report.diagnostics().iter().find(invalid)?;
    Some(format!("line {}: {}: {}", report.sources().start(found.primary.span).line, found.rule, found.message))
}

fn parts(report: &Report, path: &str) -> BTreeSet<confvet::FileId> {
    let Some(file) = file_report(report, path) else { return BTreeSet::new() };
    let included = report.files().iter().filter(|part| part.included_by.contains(&file.file));
    included.chain([file]).map(|part| part.file).collect()
}

fn file_report<'a>(report: &'a Report, path: &str) -> Option<&'a FileReport> {
    report.files().iter().find(|file| report.sources().get(file.file).path() == path)
}

impl Peer {
    fn kinds(&self) -> &'static [&'static str] {
        if !self.kinds.is_empty() {
            return self.kinds;
        }
        let system = systems().iter().find(|system| system.name == self.system);
        system.map_or(&[], |system| &system.kinds[..system.kinds.len().min(1)])
    }

    /// What kind of its system's files this is, if the program can judge it.
    fn kind_of(&self, file: &FileReport) -> Option<&'static str> {
        let of_system = file.systems.iter().find(|reader| reader.system == self.system)?;
        let is_root = file.included_by.is_empty();
        Some(of_system.detection.kind).filter(|kind| is_root && self.kinds().contains(kind))
    }

    /// Puts the files of a case into a directory of their own and runs the program there.
    fn ask(&self, case: &Case, report: &Report) -> Result<Answer> {
        let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
        for (path, text) in &case.files {
            let path = directory.path().join(path.trim_start_matches('/'));
            let folder = path.parent().unwrap_or(directory.path());
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let Some(file) = file_report(report, &case.file) else { bail!("{} is gone", case.file) };
        let is_here = |found: &&confvet::Diagnostic| found.primary.span.file == file.file;
        let invalid = report.diagnostics().iter().filter(|found| found.category == Category::Invalid).filter(is_here);
        let kept = invalid.flat_map(|found| {
            report.sources().start(found.primary.span).line..=report.sources().end(found.primary.span).line
        });
        let trial = Trial {
            directory: directory.path(),
            file: case.file.trim_start_matches('/'),
            kind: self.kind_of(file).unwrap_or_default(),
            text: report.sources().get(file.file).text(),
            kept: kept.collect(),
        };
        let answer = (self.check)(&trial)?;
        Ok(match answer {
            Answer::Rejected(reason) if self.circumstances.iter().any(|words| reason.contains(words)) => {
                Answer::Unclear(reason)
            }
            answer => answer,
        })
    }
}

impl Case {
    /// Does the confvet.toml nearest to the file, if it names a version, name the installed one? If it names another
    /// program of the system only (Valkey, libreswan), the case is for that.
    fn is_for(&self, target: &str, installed: &str, programs: &[&str]) -> bool {
        let nearest = (self.files.iter())
            .filter(|(path, _)| path.rsplit('/').next() == Some(CONFIG_NAME))
            .filter(|(path, _)| self.file.starts_with(path.trim_end_matches(CONFIG_NAME)))
            .max_by_key(|(path, _)| path.len());
        let Some((_, text)) = nearest else { return true };
        let config: toml::Table = text.parse().unwrap_or_default();
        let wanted = |program: &str| config.get("target")?.get(program)?.as_str();
        match wanted(target) {
            Some(wanted) => installed.split('.').zip(wanted.split('.').take(2)).all(|(a, b)| a == b),
            None => !programs.iter().any(|program| wanted(program).is_some()),
        }
    }
}

/// One case for each file of each example that the program can judge.
fn page_cases(peer: &Peer) -> Vec<Case> {
    let prefix = format!("{}/", peer.system);
    let pages = rules::all().iter().filter(|rule| rule.name.starts_with(&prefix));
    let mut cases = Vec::new();
    for page in pages.filter_map(|rule| rules::page(rule.name)) {
        let Ok(examples) = page.examples() else { continue };
        for example in examples {
            cases.extend(example_cases(peer, page.info.name, &example));
        }
    }
    cases
}

fn example_cases(peer: &Peer, rule: &str, example: &Example) -> Vec<Case> {
    let files: Vec<(String, String)> =
        example.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
    let title = if example.title.is_empty() { String::new() } else { format!(": {}", example.title) };
    let named = |file: &str| format!("{rule} {:?}{title}, {file}", example.role);
    cases(peer, &files, named)
}

/// One case for each file that the program can judge, named by `name`.
fn cases(peer: &Peer, files: &[(String, String)], name: impl Fn(&str) -> String) -> Vec<Case> {
    let report = Linter::new().lint_files(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let judged = report.files().iter().filter(|file| peer.kind_of(file).is_some());
    let path = |file: &FileReport| report.sources().get(file.file).path().to_owned();
    judged.map(path).map(|file| Case { name: name(&file), files: files.to_vec(), file }).collect()
}

/// Each folder of `fixtures/` is a project; its files are what the command would read.
fn fixture_cases(peer: &Peer) -> Result<Vec<Case>> {
    let fixtures = root().join("fixtures");
    if !fixtures.is_dir() {
        return Ok(Vec::new());
    }
    let report = Linter::new().lint_path(&fixtures)?;
    let root = format!("{}/", root().display());
    let files: Vec<(String, String)> = (report.sources().iter())
        .map(|(_, source)| (source.path().trim_start_matches(&root).to_owned(), source.text().to_owned()))
        .collect();
    Ok(cases(peer, &files, str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(config: &str) -> Case {
        let files = vec![
            ("a/confvet.toml".to_owned(), config.to_owned()),
            ("b/confvet.toml".to_owned(), "[target]\nredis = \"1.0\"\n".to_owned()),
        ];
        Case { name: String::new(), files, file: "a/b/redis.conf".to_owned() }
    }

    #[test]
    fn a_case_for_another_version_is_left_out() {
        let is_for = |config: &str| case(config).is_for("redis", "7.0.15", &["redis", "valkey"]);
        assert!(is_for("[target]\nredis = \"7.0\"\n"));
        assert!(is_for("[target]\nredis = \"7\"\n"));
        assert!(is_for("[target]\nnginx = \"1.25\"\n"));
        assert!(is_for("[target]\nredis = \"7.0\"\nvalkey = \"8.0\"\n"));
        assert!(!is_for("[target]\nredis = \"7.2.4\"\n"));
        assert!(!is_for("[target]\nvalkey = \"8.0\"\n"));
    }

    #[test]
    fn lines_that_this_machine_cannot_serve_are_blanked_unless_they_are_wrong() {
        let directory = tempfile::tempdir().unwrap();
        let trial = Trial {
            directory: directory.path(),
            file: "x.conf",
            kind: "",
            text: "Dir /nowhere\nmaxmemory 1gb\n  dir: 7\ndir wrong\n",
            kept: BTreeSet::from([4]),
        };
        trial.write_without(&["dir"]).unwrap();
        let written = fs::read_to_string(directory.path().join("x.conf")).unwrap();
        assert_eq!(written, "\nmaxmemory 1gb\n  dir: 7\ndir wrong\n");
    }

    #[test]
    fn peers_name_kinds_and_programs_that_exist() {
        for peer in PEERS {
            let Some(system) = systems().iter().find(|system| system.name == peer.system) else { continue };
            assert!(system.targets.contains(&peer.target), "{}", peer.target);
            for kind in peer.kinds {
                assert!(system.kinds.contains(kind), "{kind}");
            }
        }
    }

    /// What the installed program says about one file.
    fn answer(peer: &Peer, file: &str, text: &str) -> Answer {
        let directory = tempfile::tempdir().unwrap();
        let kind = peer.kinds.first().copied().unwrap_or_default();
        let trial = Trial { directory: directory.path(), file, kind, text, kept: BTreeSet::new() };
        (peer.check)(&trial).unwrap()
    }

    #[test]
    fn installed_programs_answer() {
        for (peer, file, good, bad) in [
            (redis::PEER, "redis.conf", "port 80\ndir /nowhere\nmaxmemory 1gb\n", "maxmemory 1gx\n"),
            (
                nginx::PEER,
                "nginx.conf",
                "user nobody;\nevents {}\nhttp { include mime.types; }\n",
                "events {}\nhttp { bogus on; }\n",
            ),
            (haproxy::PEER, "haproxy.cfg", "global\n    chroot /nowhere\n", "global\n    bogus\n"),
            (ipsec::PEER, "ipsec.conf", "conn a\n    left=192.0.2.1\n", "bogus section\n    left=192.0.2.1\n"),
            (patroni::PEER, "patroni.yml", "scope: main\n", "scope: main\ntags: {nofailover: \"false\"}\n"),
            (
                prometheus::PEER,
                "prometheus.yml",
                "scrape_configs:\n  - job_name: a\n",
                "scrape_configs:\n  - job_nam: a\n",
            ),
        ] {
            if (peer.version)().is_none() {
                continue;
            }
            assert_eq!(answer(&peer, file, good), Answer::Accepted, "{}", peer.program);
            assert!(matches!(answer(&peer, file, bad), Answer::Rejected(_)), "{}", peer.program);
        }
    }

    #[test]
    fn every_exception_has_a_reason() {
        read_exceptions().unwrap();
        let without = toml::from_str::<BTreeMap<String, Vec<Exception>>>("[[exception]]\ncase = \"x\"\n");
        assert!(without.is_err());
    }
}
