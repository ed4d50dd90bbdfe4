//! `cargo xtask fuzz`: cargo-fuzz on the nightly compiler, with the examples of the rule pages as seeds.

use crate::{root, target_directory};
use anyhow::{Context, Result, bail};
use confvet::systems;
use confvet_testkit::examples;
use std::fs;
use std::process::Command;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The system, such as redis
    system: String,
    /// Stop after so many seconds; by default only a failure stops it
    #[arg(long)]
    seconds: Option<u64>,
}

pub(crate) fn run(args: &Args) -> Result<bool> {
    let Some(system) = systems().iter().find(|system| system.name == args.system) else {
        let known: Vec<&str> = systems().iter().map(|system| system.name).collect();
        bail!("`{}` is no system; known are {}", args.system, known.join(", "));
    };
    let corpus = target_directory().join("fuzz/corpus").join(system.name);
    fs::create_dir_all(&corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
    let files = examples(system.name).into_iter().flatten().filter(|(path, _)| path != "confvet.toml");
    for (number, (_, text)) in files.enumerate() {
        // The first byte chooses the kind of file; a seed may well be read as another kind than it was written for.
        let choice = u8::try_from(number % system.kinds.len()).unwrap_or(0);
        let seed = [&[choice], text.as_bytes()].concat();
        let path = corpus.join(format!("page-{number}"));
        fs::write(&path, seed).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut command = Command::new("cargo");
    command
        .args(["+nightly", "fuzz", "run", "--fuzz-dir", "crates/fuzz", system.name])
        .arg(&corpus)
        .current_dir(root());
    command
        .args(args.seconds.map(|seconds| format!("-max_total_time={seconds}")).iter().flat_map(|limit| ["--", limit]));
    // The compiler that runs this program is named in the environment and would be taken for the nightly one.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    let status = command.status().context("cannot run cargo; is rustup installed?")?;
    if !status.success() {
        eprintln!("needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`");
    }
    Ok(status.success())
}
