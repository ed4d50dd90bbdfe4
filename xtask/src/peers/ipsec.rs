//! The configuration test of strongSwan's starter.

use super::process::{self, Ended};
use super::{Answer, Peer, Trial};
use anyhow::Result;
use std::process::Command;

pub(super) const PEER: Peer = Peer {
    system: "ipsec",
    program: "ipsec",
    target: "strongswan",
    kinds: &["ipsec.conf"],
    version: || process::version("ipsec", "version", "strongSwan"),
    check,
    circumstances: &["No such file or directory"],
};

/// Not in the search path: `ipsec` starts it.
const STARTER: &str = "/usr/lib/ipsec/starter";

fn check(trial: &Trial<'_>) -> Result<Answer> {
    trial.write_without(&[])?;
    let file = trial.directory.join(trial.file);
    let run = process::run(Command::new(STARTER).arg("--conftest").arg("--conf").arg(file), trial.directory, &[])?;
    let refuses = run.output.contains("config invalid!") || !run.succeeded();
    Ok(match run.ended {
        Ended::Said | Ended::TooLong => Answer::Unclear("no answer".to_owned()),
        Ended::Itself(_) if refuses => Answer::Rejected(run.line_with(&["fatal", "invalid", "#"])),
        // A connection that it cannot read is left out, the others are loaded.
        Ended::Itself(_) if run.output.contains("parsing error") => Answer::Partly,
        Ended::Itself(_) => Answer::Accepted,
    })
}
