//! swanctl with a charon of its own, which reads the connections and starts none of them.

use super::process;
use super::{Answer, Peer, Trial};
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(super) const PEER: Peer = Peer {
    system: "ipsec",
    program: "swanctl",
    target: "strongswan",
    kinds: &["swanctl.conf"],
    version: || process::version("swanctl", "--version", "strongSwan"),
    check,
    circumstances: &["No such file or directory"],
};

const CHARON: &str = "/usr/lib/ipsec/charon";
const LONGEST_START: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);

fn check(trial: &Trial<'_>) -> Result<Answer> {
    // A connection that starts, or waits for traffic, would reach out of the case: into the network and the kernel.
    trial.write_without(&["start_action"])?;
    let file = trial.directory.join(trial.file);
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    if text.contains("start_action") {
        return Ok(Answer::Unclear("it would start connections".to_owned()));
    }
    let Some(mut daemon) = Daemon::start(trial.directory)? else {
        return Ok(Answer::Unclear("charon does not start here".to_owned()));
    };
    let mut command = Command::new("swanctl");
    command.args(["--load-all", "--noprompt", "--uri", &daemon.uri]).arg("--file").arg(&file);
    let run = process::run(&mut command, trial.directory, &[])?;
    daemon.stop()?;
    let refusals = ["discarded", "invalid value", "unknown option", "syntax error", "parsing"];
    let refuses = refusals.iter().any(|words| run.output.contains(words));
    Ok(match refuses {
        true => Answer::Rejected(run.line_with(&refusals)),
        false if run.succeeded() => Answer::Accepted,
        false => Answer::Rejected(run.last_lines(2)),
    })
}

/// A charon that listens to swanctl alone.
struct Daemon {
    child: Child,
    uri: String,
}

impl Daemon {
    /// `None` where it cannot run: without root, or where another charon runs already.
    fn start(directory: &Path) -> Result<Option<Self>> {
        let socket = directory.join("charon.vici");
        let uri = format!("unix://{}", socket.display());
        let settings = directory.join("strongswan.of.the.peer");
        let text = format!(
            "charon {{\n  port = 0\n  port_nat_t = 0\n  plugins {{\n    vici {{\n      socket = {uri}\n    }}\n  }}\n}}\n"
        );
        fs::write(&settings, text).with_context(|| format!("cannot write {}", settings.display()))?;
        let log = directory.join("output.of.the.daemon");
        let log = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(CHARON);
        command.env("STRONGSWAN_CONF", &settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let Ok(child) = command.spawn() else { return Ok(None) };
        let mut daemon = Self { child, uri };
        let start = Instant::now();
        while start.elapsed() < LONGEST_START {
            if socket.exists() {
                return Ok(Some(daemon));
            }
            if daemon.child.try_wait().context("cannot wait for charon")?.is_some() {
                return Ok(None);
            }
            sleep(PAUSE);
        }
        daemon.stop()?;
        Ok(None)
    }

    /// Asks it to end, so that it takes its own files away.
    fn stop(&mut self) -> Result<()> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().is_ok_and(|status| status.success());
        if !asked {
            self.child.kill().context("cannot end charon")?;
        }
        self.child.wait().context("cannot wait for charon")?;
        Ok(())
    }
}
