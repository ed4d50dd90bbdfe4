//! The `confvet` command: arguments, rendering, exit codes. What is linted and how stands in the library.
#![forbid(unsafe_code)]

mod args;
mod detect;
mod explain;
mod lint;
mod progress;
mod relabel;
mod render;
mod rules;
mod style;

use anyhow::{Context, Result, bail};
use args::{Args, Command, ModelArgs};
use clap::{CommandFactory, Parser};
use std::io::{self, Write};
use std::process::ExitCode;

/// Models are many small values, which the allocators of most C libraries are slow at: a quarter of a run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Findings at or above `--fail-on`.
const FOUND: u8 = 1;
/// Wrong usage, a wrong configuration, or something that could not be read or written.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match args.command {
        Command::Lint(args) => lint::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Detect(args) => detect::run(&args),
        Command::Model(args) => print_model(&args),
        Command::Relabel(args) => relabel::run(&args),
        Command::Completions { shell } => print_completions(shell),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("confvet: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

/// Whoever reads our output has seen enough, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn print_completions(shell: clap_complete::Shell) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "confvet", &mut script);
    io::stdout().write_all(&script)?;
    Ok(0)
}

fn print_model(args: &ModelArgs) -> Result<u8> {
    let directory = args.file.parent().filter(|parent| !parent.as_os_str().is_empty());
    // The whole directory is read, so that includes are found.
    let paths = [directory.unwrap_or(std::path::Path::new(".")), args.file.as_path()];
    let report = confvet::Linter::new().lint_paths(&paths);
    let shown = args.file.display().to_string();
    let path = shown.strip_prefix("./").unwrap_or(&shown);
    if let Some(unreadable) = report.unreadable().iter().find(|unreadable| unreadable.path == path) {
        bail!("cannot read {path}: {}", unreadable.reason);
    }
    let model = confvet::model(report.sources(), path);
    let (_, model) =
        model.with_context(|| format!("no system recognises {path}; `confvet detect {path}` says more"))?;
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &model)?;
    writeln!(out)?;
    Ok(0)
}
