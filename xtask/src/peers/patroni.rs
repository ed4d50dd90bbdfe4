//! `patroni --validate-config`.

use super::process::{self, Ended};
use super::{Answer, Peer, Trial};
use anyhow::Result;
use std::process::Command;

pub(super) const PEER: Peer = Peer {
    system: "patroni",
    program: "patroni",
    target: "patroni",
    kinds: &[],
    version: || process::version("patroni", "--version", "patroni"),
    check,
    circumstances: &[
        "does not exist",
        "didn't pass validation: Could not find",
        "Port ",
        "is not reachable",
        "not a directory",
    ],
};

fn check(trial: &Trial<'_>) -> Result<Answer> {
    trial.write_without(&[])?;
    let mut command = Command::new("patroni");
    command.arg("--validate-config").arg(trial.directory.join(trial.file));
    let run = process::run(&mut command, trial.directory, &[])?;
    Ok(match run.ended {
        Ended::Itself(Some(0)) => Answer::Accepted,
        Ended::Itself(_) => Answer::Rejected(run.line_with(&["is not", "didn't pass"])),
        Ended::Said | Ended::TooLong => Answer::Unclear("no answer".to_owned()),
    })
}
