//! `haproxy -c`.

use super::process::{self, Ended};
use super::{Answer, Peer, Trial};
use anyhow::Result;
use std::process::Command;

pub(super) const PEER: Peer = Peer {
    system: "haproxy",
    program: "haproxy",
    target: "haproxy",
    kinds: &[],
    version: || process::version("haproxy", "-v", "version"),
    check,
    circumstances: &[
        "unable to stat SSL certificate",
        "unable to load",
        "No such file or directory",
        "could not resolve address",
        "failed to open",
        "Can't open",
        "cannot open",
    ],
};

/// Users and folders of this machine.
const NEUTRALISED: &[&str] = &["chroot", "user", "group", "uid", "gid", "ca-base", "crt-base"];

/// The program ends so when a configuration is in order but listens nowhere.
const NOTHING_LISTENS: i32 = 2;

fn check(trial: &Trial<'_>) -> Result<Answer> {
    trial.write_without(NEUTRALISED)?;
    let file = trial.directory.join(trial.file);
    let run = process::run(Command::new("haproxy").arg("-c").arg("-f").arg(file), trial.directory, &[])?;
    Ok(match run.ended {
        Ended::Itself(Some(0 | NOTHING_LISTENS)) => Answer::Accepted,
        Ended::Itself(_) => Answer::Rejected(run.line_with(&["[ALERT]"])),
        Ended::Said | Ended::TooLong => Answer::Unclear("no answer".to_owned()),
    })
}
