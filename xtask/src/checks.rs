//! `cargo xtask test`: everything that must hold before a change goes in. Stops at the first step that fails.

use crate::{browser, root};
use anyhow::{Context, Result, bail};
use std::process::Command;
use std::time::Instant;

const WASM: &str = "wasm32-unknown-unknown";

/// Programs for developers and users; everything else must also build for the browser.
const NATIVE_ONLY: [&str; 3] = ["confvet-cli", "confvet-wasm-build", "xtask"];

struct Step {
    name: &'static str,
    arguments: Vec<&'static str>,
}

fn steps() -> Vec<Step> {
    let step = |name, arguments: &[&'static str]| Step { name, arguments: arguments.to_vec() };
    let mut engine = vec!["build", "--target", WASM, "--workspace", "--exclude", "confvet"];
    engine.extend(NATIVE_ONLY.iter().flat_map(|package| ["--exclude", package]));
    vec![
        step("format", &["fmt", "--all", "--check"]),
        step("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        // Without a target selection cargo runs unit tests, integration tests, examples and doctests.
        step("documentation", &["doc", "--workspace", "--no-deps", "--quiet"]),
        step("tests and doctests", &["test", "--workspace"]),
        step("WebAssembly build of the crates", &engine),
        step(
            "WebAssembly build of the façade",
            &[
                "build",
                "--target",
                WASM,
                "--package",
                "confvet",
                "--no-default-features",
                "--features",
                "all-systems,text",
            ],
        ),
    ]
}

pub(crate) fn run() -> Result<bool> {
    let start = Instant::now();
    add_wasm_target()?;
    for step in steps() {
        run_cargo(step.name, &step.arguments)?;
    }
    browser::test_all()?;
    println!("── all {} steps and the browser passed in {:.0} s", steps().len(), start.elapsed().as_secs_f32());
    Ok(true)
}

/// Runs cargo in the root of the repository, saying what it runs.
pub(crate) fn run_cargo(name: &str, arguments: &[&str]) -> Result<bool> {
    println!("── {name}: cargo {}", arguments.join(" "));
    let status = Command::new(cargo()).args(arguments).current_dir(root()).status();
    let status = status.with_context(|| format!("cannot run cargo for the step `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed; again with: cargo {}", arguments.join(" "));
    }
    Ok(true)
}

/// The cargo that runs us.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn add_wasm_target() -> Result<()> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()).output();
    let sysroot = sysroot.context("cannot run rustc")?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout);
    let library = std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(WASM);
    if library.is_dir() {
        return Ok(());
    }
    println!("── adding the target {WASM}: rustup target add {WASM}");
    let added = Command::new("rustup").args(["target", "add", WASM]).current_dir(root()).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => bail!("the target {WASM} is missing and `rustup target add {WASM}` failed; is there a network?"),
        Err(error) => bail!(
            "the target {WASM} is missing and rustup cannot be run ({error}); install the target with the package \
             manager your Rust comes from"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_native_program_is_left_out_of_the_browser_build() {
        let steps = steps();
        let engine = steps.iter().find(|step| step.name == "WebAssembly build of the crates").unwrap();
        for package in NATIVE_ONLY {
            let pair = ["--exclude", package];
            assert!(engine.arguments.windows(2).any(|window| window == pair), "{package}");
        }
    }
}
