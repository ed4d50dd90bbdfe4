//! redis-server, started on a socket in the case's directory and ended when it is ready.

use super::process::{self, Ended};
use super::{Answer, Peer, Trial};
use anyhow::{Context, Result};
use std::net::TcpListener;
use std::process::Command;

pub(super) const PEER: Peer = Peer {
    system: "redis",
    program: "redis-server",
    target: "redis",
    kinds: &["redis-conf", "sentinel-conf", "redis-acl"],
    version: || process::version("redis-server", "--version", "v="),
    check,
    circumstances: &[
        "No such file or directory",
        "Can't resolve instance hostname",
        "Permission denied",
        "Can't open",
        "Address already in use",
        "Failed to load certificate",
        "Failed to configure TLS",
    ],
};

/// Paths and services of this machine.
const SURROUNDINGS: &[&str] =
    &["dir", "logfile", "pidfile", "daemonize", "loadmodule", "aclfile", "syslog-enabled", "supervised"];

/// What it would listen on.
const NETWORK: &[&str] = &[
    "bind",
    "port",
    "tls-port",
    "unixsocket",
    "tls-cert-file",
    "tls-key-file",
    "tls-ca-cert-file",
    "tls-ca-cert-dir",
    "tls-replication",
    "tls-cluster",
];

fn check(trial: &Trial<'_>) -> Result<Answer> {
    if trial.kind == "redis-acl" {
        return check_users(trial);
    }
    // Where something is said to be wrong the network stays as it is: it may be what is wrong.
    let listens_as_written = !trial.kept.is_empty();
    let network = if listens_as_written { &[] } else { NETWORK };
    trial.write_without(&[SURROUNDINGS, network].concat())?;
    let mut command = Command::new("redis-server");
    command.arg(trial.directory.join(trial.file));
    let sentinel = trial.kind == "sentinel-conf";
    if sentinel {
        command.arg("--sentinel");
    }
    match (listens_as_written, sentinel) {
        (true, _) => {}
        (false, true) => {
            let port = TcpListener::bind("127.0.0.1:0").context("no free port")?.local_addr()?.port();
            command.args(["--port", &port.to_string()]);
        }
        (false, false) => {
            command.arg("--port").arg("0").arg("--unixsocket").arg(trial.directory.join("redis.sock"));
        }
    }
    ask(&mut command, trial)
}

/// An ACL file is read by a server that has nothing else to read.
fn check_users(trial: &Trial<'_>) -> Result<Answer> {
    let mut command = Command::new("redis-server");
    command.arg("--aclfile").arg(trial.directory.join(trial.file));
    command.arg("--port").arg("0").arg("--unixsocket").arg(trial.directory.join("redis.sock"));
    ask(&mut command, trial)
}

fn ask(command: &mut Command, trial: &Trial<'_>) -> Result<Answer> {
    command.arg("--dir").arg(trial.directory);
    let run = process::run(command, trial.directory, &["eady to accept connections", "Sentinel ID is"])?;
    Ok(match run.ended {
        Ended::Said => Answer::Accepted,
        Ended::TooLong => Answer::Unclear("neither ready nor refused".to_owned()),
        Ended::Itself(_) if run.output.contains("FATAL CONFIG FILE ERROR") => {
            let reason = run.output.lines().skip_while(|line| !line.contains("FATAL CONFIG FILE ERROR")).skip(1);
            Answer::Rejected(reason.collect::<Vec<_>>().join(" | "))
        }
        Ended::Itself(_) => Answer::Rejected(run.last_lines(2)),
    })
}
