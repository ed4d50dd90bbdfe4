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
    kinds: &["redis-conf", "sentinel-conf"],
    version: || process::version("redis-server", "--version", "v="),
    check,
    circumstances: &["No such file or directory", "Can't resolve instance hostname", "Permission denied", "Can't open"],
};

/// Ports, paths and names of this machine.
const NEUTRALISED: &[&str] = &[
    "bind",
    "port",
    "tls-port",
    "unixsocket",
    "dir",
    "logfile",
    "pidfile",
    "daemonize",
    "loadmodule",
    "aclfile",
    "syslog-enabled",
    "supervised",
    "tls-cert-file",
    "tls-key-file",
    "tls-ca-cert-file",
    "tls-ca-cert-dir",
];

fn check(trial: &Trial<'_>) -> Result<Answer> {
    trial.write_without(NEUTRALISED)?;
    let sentinel = trial.kind == "sentinel-conf";
    let mut command = Command::new("redis-server");
    command.arg(trial.directory.join(trial.file));
    if sentinel {
        let port = TcpListener::bind("127.0.0.1:0").context("no free port")?.local_addr()?.port();
        command.args(["--sentinel", "--port", &port.to_string()]);
    } else {
        let socket = trial.directory.join("redis.sock");
        command.arg("--port").arg("0").arg("--unixsocket").arg(socket);
    }
    command.arg("--dir").arg(trial.directory);
    let run = process::run(&mut command, trial.directory, &["eady to accept connections", "Sentinel ID is"])?;
    Ok(match run.ended {
        Ended::Said => Answer::Accepted,
        Ended::TooLong => Answer::Unclear("neither ready nor refused".to_owned()),
        Ended::Itself(_) if run.output.contains("FATAL CONFIG FILE ERROR") => {
            let reason = run.output.lines().skip_while(|line| !line.contains("FATAL CONFIG FILE ERROR")).skip(1);
            Answer::Rejected(reason.collect::<Vec<_>>().join(" | "))
        }
        Ended::Itself(_) => Answer::Rejected(run.line_with(&["#"])),
    })
}
