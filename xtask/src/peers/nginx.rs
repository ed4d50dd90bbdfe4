//! `nginx -t`.

use super::process::{self, Ended};
use super::{Answer, Peer, Trial};
use anyhow::{Context, Result};
use std::fs;
use std::process::Command;

pub(super) const PEER: Peer = Peer {
    system: "nginx",
    program: "nginx",
    target: "nginx",
    kinds: &[],
    version: || process::version("nginx", "-v", "nginx/"),
    check,
    circumstances: &[
        "host not found",
        "cannot load certificate",
        "open() ",
        "bind() ",
        "mkdir() ",
        "could not build optimal",
        "dlopen() ",
        "BIO_new_file() failed",
        "no resolver defined",
    ],
};

/// Users, logs and modules of this machine.
const NEUTRALISED: &[&str] = &["user", "pid", "error_log", "access_log", "load_module"];

fn check(trial: &Trial<'_>) -> Result<Answer> {
    trial.write_without(NEUTRALISED)?;
    let file = trial.directory.join(trial.file);
    let folder = file.parent().unwrap_or(trial.directory);
    // Every distribution has it beside nginx.conf, and no example shows it.
    let types = folder.join("mime.types");
    if !types.exists() {
        fs::write(&types, "types { text/html html; }\n").context("cannot write mime.types")?;
    }
    let mut command = Command::new("nginx");
    command.arg("-t").arg("-p").arg(trial.directory).arg("-c").arg(&file);
    let pid = trial.directory.join("nginx.pid");
    command.arg("-e").arg(trial.directory.join("error.log")).arg("-g").arg(format!("pid {};", pid.display()));
    let run = process::run(&mut command, trial.directory, &[])?;
    Ok(match run.ended {
        Ended::Itself(Some(0)) => Answer::Accepted,
        Ended::Itself(_) => Answer::Rejected(run.line_with(&["[emerg]"])),
        Ended::Said | Ended::TooLong => Answer::Unclear("no answer".to_owned()),
    })
}
