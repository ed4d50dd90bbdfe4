//! Running a program for a limited time, and not a moment longer than needed.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(5);

/// What became of a run.
#[derive(Debug)]
pub(super) struct Run {
    /// Standard output and standard error, as they came.
    pub(super) output: String,
    pub(super) ended: Ended,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself; `None` after a signal.
    Itself(Option<i32>),
    /// We ended it, because it said what we waited for.
    Said,
    /// We ended it, because it took too long.
    TooLong,
}

impl Run {
    pub(super) fn succeeded(&self) -> bool {
        self.ended == Ended::Itself(Some(0))
    }

    fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.output.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// The first line with one of the words and the one after it, or else the last line.
    pub(super) fn line_with(&self, words: &[&str]) -> String {
        let from_word = self.lines().skip_while(|line| !words.iter().any(|word| line.contains(word)));
        let found: Vec<&str> = from_word.take(2).collect();
        if found.is_empty() { self.last_lines(1) } else { found.join(" | ") }
    }

    pub(super) fn last_lines(&self, count: usize) -> String {
        let mut last: Vec<&str> = self.lines().rev().take(count).collect();
        last.reverse();
        if last.is_empty() { "it says nothing".to_owned() } else { last.join(" | ") }
    }
}

/// Runs the command until it ends, or says one of the words.
pub(super) fn run(command: &mut Command, directory: &Path, until: &[&str]) -> Result<Run> {
    let log = directory.join("output.of.the.peer");
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let second = file.try_clone().context("cannot use the log twice")?;
    command.stdin(Stdio::null()).stdout(file).stderr(second).current_dir(directory);
    let mut child = command.spawn().with_context(|| format!("cannot run {command:?}"))?;
    let start = Instant::now();
    let read = || fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for the program")? {
            return Ok(Run { output: read(), ended: Ended::Itself(status.code()) });
        }
        let output = read();
        let said = until.iter().any(|words| output.contains(words));
        if said || start.elapsed() > LONGEST {
            child.kill().context("cannot end the program")?;
            child.wait().context("cannot wait for the program")?;
            return Ok(Run { output, ended: if said { Ended::Said } else { Ended::TooLong } });
        }
        sleep(PAUSE);
    }
}

/// What a program prints about its version, from the first digit after the marker on.
pub(super) fn version(program: &str, argument: &str, marker: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    version_after(&text, marker)
}

fn version_after(text: &str, marker: &str) -> Option<String> {
    let (_, after) = text.split_once(marker)?;
    let after = after.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = after.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after.len());
    Some(after[..end].trim_end_matches('.').to_owned()).filter(|version| !version.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        for (text, marker, version) in [
            ("Redis server v=7.0.15 sha=0 malloc=jemalloc-5.3.0", "v=", Some("7.0.15")),
            ("nginx version: nginx/1.22.1\n", "nginx/", Some("1.22.1")),
            ("HAProxy version 2.6.12-1+deb12u4 2026/10/17", "version", Some("2.6.12")),
            ("Linux strongSwan U5.9.8/K6.1", "strongSwan", Some("5.9.8")),
            ("something else", "v=", None),
        ] {
            assert_eq!(version_after(text, marker).as_deref(), version, "{text}");
        }
    }

    #[test]
    fn a_program_that_says_the_word_is_ended() {
        let directory = tempfile::tempdir().unwrap();
        let run = run(Command::new("sh").args(["-c", "echo ready; sleep 60"]), directory.path(), &["ready"]).unwrap();
        assert_eq!(run.ended, Ended::Said);
    }

    #[test]
    fn a_program_that_ends_has_a_code_and_words() {
        let directory = tempfile::tempdir().unwrap();
        let run = run(Command::new("sh").args(["-c", "echo one; echo two error >&2; exit 3"]), directory.path(), &[]);
        let run = run.unwrap();
        assert_eq!(run.ended, Ended::Itself(Some(3)));
        assert_eq!(run.line_with(&["error"]), "two error");
        assert_eq!(run.line_with(&["one"]), "one | two error");
        assert_eq!(run.line_with(&["none"]), "two error");
        assert!(!run.succeeded());
    }
}
