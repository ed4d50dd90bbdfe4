//! `cargo xtask`: what developers of confvet run.
#![forbid(unsafe_code)]

mod bench;
mod browser;
mod checks;
mod corpus;
mod fuzz;
mod new_rule;
mod peers;
mod picture;
mod table;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The same as the command has, so that the benchmark measures what users get.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What developers of confvet run.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that must hold before a change goes in: format, clippy, tests, doctests, WebAssembly
    /// builds, the npm package and the playground in Chromium
    Test,
    /// Compare confvet with the real programs' verdicts on a directory of real files
    Corpus(corpus::Args),
    /// Measure throughput, files a second and cold start against their budgets
    Bench(bench::Args),
    /// Feed random bytes to a system until something breaks, starting from the examples of its pages
    Fuzz(fuzz::Args),
    /// Write the page, the file and the list entry of a new rule
    NewRule(new_rule::Args),
    /// Build the npm package in wasm/pkg and print its size
    Wasm(browser::WasmArgs),
    /// Build the web page; test it in Chromium, or serve it
    Playground(browser::PlaygroundArgs),
    /// Draw the terminal picture of the README from real output
    Picture,
    /// Run the real programs over fixtures and rule pages and compare their verdicts with confvet's
    Peers(peers::Args),
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Test => checks::run(),
        Command::Corpus(args) => corpus::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::NewRule(args) => new_rule::run(&args),
        Command::Wasm(args) => browser::wasm(&args),
        Command::Playground(args) => browser::playground(&args),
        Command::Picture => picture::run(),
        Command::Peers(args) => peers::run(&args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo puts what it builds, and this program what it generates.
fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
