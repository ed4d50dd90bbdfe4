//! `promtool check`.

use super::process::{self, Ended};
use super::{Answer, Peer, Trial};
use anyhow::Result;
use std::process::Command;

pub(super) const PEER: Peer = Peer {
    system: "prometheus",
    program: "promtool",
    target: "prometheus",
    kinds: &["prometheus-config", "prometheus-rules"],
    version: || process::version("promtool", "--version", "version"),
    check,
    circumstances: &[
        "no such file or directory",
        "does not point to an existing file",
        // Distributions leave some kinds of discovery out.
        "_sd_configs not found in type",
        // Asks the cloud it would run in.
        "EC2 SD configuration requires a region",
    ],
};

fn check(trial: &Trial<'_>) -> Result<Answer> {
    trial.write_without(&[])?;
    let mut command = Command::new("promtool");
    match trial.kind {
        "prometheus-rules" => command.args(["check", "rules"]),
        _ => command.args(["check", "config", "--syntax-only"]),
    };
    command.arg(trial.directory.join(trial.file));
    let run = process::run(&mut command, trial.directory, &[])?;
    Ok(match run.ended {
        Ended::Itself(Some(0)) => Answer::Accepted,
        Ended::Itself(_) => Answer::Rejected(run.line_with(&["FAILED:", "error"])),
        Ended::Said | Ended::TooLong => Answer::Unclear("no answer".to_owned()),
    })
}
