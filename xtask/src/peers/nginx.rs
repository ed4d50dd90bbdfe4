//! `nginx -t`.

use super::process::{self, Ended};
use super::{Answer, Peer, Trial};
use anyhow::{Context, Result};
use std::fs;
use std::process::Command;
use std::sync::OnceLock;

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
        "getpwnam(",
        // What it knows of curves and ciphers is OpenSSL's.
        "SSL_CTX_set",
    ],
};

/// Users, logs and modules of this machine.
const NEUTRALISED: &[&str] = &["user", "pid", "error_log", "access_log", "load_module"];

fn check(trial: &Trial<'_>) -> Result<Answer> {
    trial.write_without(NEUTRALISED)?;
    let file = trial.directory.join(trial.file);
    if let Some(certificate) = certificate() {
        let path = trial.directory.join("certificate.of.the.peer.pem");
        fs::write(&path, certificate).context("cannot write the certificate")?;
        let text = fs::read_to_string(&file).context("cannot read the configuration again")?;
        fs::write(&file, trial.with_certificate(&text, &path.display().to_string()))
            .context("cannot write it again")?;
    }
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

/// A certificate with its key, made once; `None` without openssl.
fn certificate() -> Option<&'static [u8]> {
    static CERTIFICATE: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let made = CERTIFICATE.get_or_init(|| {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=peer"]);
        let output = openssl.args(["-keyout", "-", "-out", "-"]).output().ok()?;
        output.status.success().then_some(output.stdout)
    });
    made.as_deref()
}

impl Trial<'_> {
    /// The text with every certificate and key on a line of its own replaced, if its name holds no variable.
    fn with_certificate(&self, text: &str, path: &str) -> String {
        let mut replaced = String::with_capacity(text.len());
        for (line, number) in text.lines().zip(1..) {
            let statement = line.trim();
            let directive = ["ssl_certificate", "ssl_certificate_key"].into_iter().find(|directive| {
                let value = statement.strip_prefix(directive).and_then(|rest| rest.strip_suffix(';'));
                value.is_some_and(|value| value.starts_with(char::is_whitespace) && !value.contains(['$', ';']))
            });
            match directive.filter(|_| !self.kept.contains(&number)) {
                Some(directive) => replaced.push_str(&format!("{directive} {path};")),
                None => replaced.push_str(line),
            }
            replaced.push('\n');
        }
        replaced
    }
}
