//! `patroni --validate-config`, with its questions to the machine answered in favour of the file.

use super::process::{self, Ended};
use super::{Answer, Peer, Trial};
use anyhow::Result;
use confvet::patroni;
use std::process::Command;

pub(super) const PEER: Peer = Peer {
    system: "patroni",
    program: "patroni",
    target: "patroni",
    kinds: &[],
    version: || process::version("patroni", "--version", "patroni"),
    check,
    circumstances: &["No module named"],
};

/// Does what `patroni --validate-config` does, in the Python that Patroni is installed for. Ports are free, stores are
/// reachable, directories and programs are there.
const VALIDATE: &str = r#"
import socket, sys
from patroni import validator
from patroni.config import Config
from patroni.exceptions import ConfigParseError

def is_ipv6(text):
    try:
        return bool(socket.inet_pton(socket.AF_INET6, text))
    except OSError:
        return False

class Endpoint:
    def connect_ex(self, _):
        return 1 if sys._getframe(1).f_locals["listen"] else 0
    def close(self):
        pass

class Network:
    def __getattr__(self, name):
        return getattr(socket, name)
    def getaddrinfo(self, host, port, *_):
        text = host or ""
        if any(sign in text for sign in "/ ;") or (":" in text and not is_ipv6(text)):
            raise socket.gaierror("no such host")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host or "0.0.0.0", port))]
    def socket(self, *_):
        return Endpoint()

class Programs:
    def which(self, name, path=None):
        return name

validator.socket = Network()
validator.shutil = Programs()
validator.data_directory_empty = lambda _: True
validator.BinDirectory.validate = lambda *_: iter(())
try:
    Config(sys.argv[1], validator=validator.schema)
except ConfigParseError as error:
    sys.exit(str(error.value))
"#;

/// Refusals of things with which the daemon works: see the page of `patroni/validate-config`.
const FALSE_ALARMS: &[(&str, &str)] =
    &[("parameters", "None is not a dictionary"), ("thread_stack_size", "Wrong value")];

fn check(trial: &Trial<'_>) -> Result<Answer> {
    trial.write_without(&[])?;
    let model = patroni::parse(trial.text).model;
    if model.is_template() {
        return Ok(Answer::Unclear("a template, which is filled in before Patroni reads it".to_owned()));
    }
    let mut command = Command::new("python3");
    command.args(["-c", VALIDATE]).arg(trial.directory.join(trial.file)).env_remove("PATRONI_CONFIGURATION");
    for (name, value) in supplied(&model) {
        command.env(name, value);
    }
    let run = process::run(&mut command, trial.directory, &[])?;
    let refusals: Vec<&str> = run.output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_false_alarm = |line: &&str| {
        let loopback = model.is_demo() && line.contains("must not contain \"127.0.0.1\"");
        loopback || FALSE_ALARMS.iter().any(|(key, words)| line.contains(key) && line.contains(words))
    };
    Ok(match run.ended {
        Ended::Itself(Some(0)) => Answer::Accepted,
        Ended::Itself(_) => match refusals.iter().rev().find(|line| !is_false_alarm(line)) {
            Some(refusal) => Answer::Rejected((*refusal).to_owned()),
            None => Answer::Accepted,
        },
        Ended::Said | Ended::TooLong => Answer::Unclear("no answer".to_owned()),
    })
}

/// What the environment supplies where the file leaves it out: most examples show only what they are about.
fn supplied(model: &patroni::Config) -> Vec<(&'static str, &'static str)> {
    let mut variables: Vec<(&str, &str)> = Vec::new();
    for (_, variable) in model.left_to_environment() {
        variables.push((
            variable,
            match variable {
                "PATRONI_RESTAPI_LISTEN" => "10.0.0.1:8008",
                "PATRONI_POSTGRESQL_LISTEN" => "10.0.0.1:5432",
                "PATRONI_ETCD3_HOSTS" => "10.0.0.5:2379",
                "PATRONI_POSTGRESQL_DATA_DIR" => "/nowhere",
                _ => "supplied",
            },
        ));
    }
    for (path, variable, value) in [
        ("restapi.connect_address", "PATRONI_RESTAPI_CONNECT_ADDRESS", "10.0.0.1:8008"),
        ("postgresql.connect_address", "PATRONI_POSTGRESQL_CONNECT_ADDRESS", "10.0.0.1:5432"),
    ] {
        if model.local(path).is_none() {
            variables.push((variable, value));
        }
    }
    variables
}
