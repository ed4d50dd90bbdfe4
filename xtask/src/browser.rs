//! What the browser part needs and how it is built and tested: Node, the npm packages of the playground, Chromium.

mod tools;

use crate::checks::run_cargo;
use crate::{root, target_directory};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Arguments of `cargo xtask wasm`.
#[derive(Debug, clap::Args)]
pub(crate) struct WasmArgs {
    /// Also print in which crates the bytes lie
    #[arg(long)]
    sizes: bool,
}

/// Arguments of `cargo xtask playground`.
#[derive(Debug, clap::Args)]
pub(crate) struct PlaygroundArgs {
    /// Test the package in Node and the page in Chromium
    #[arg(long)]
    test: bool,
    /// Serve the page on loopback until interrupted
    #[arg(long, conflicts_with = "test")]
    serve: bool,
    /// The port to serve on
    #[arg(long, default_value_t = 4173, requires = "serve")]
    port: u16,
    /// Save the pictures of the page, light, dark and narrow, into this directory
    #[arg(long, conflicts_with = "serve", value_name = "DIRECTORY")]
    pictures: Option<PathBuf>,
}

pub(crate) fn wasm(args: &WasmArgs) -> Result<bool> {
    install_packages()?;
    let mut arguments = vec!["run", "--package", "confvet-wasm-build"];
    if args.sizes {
        arguments.extend(["--", "--sizes"]);
    }
    run_cargo("npm package", &arguments)
}

pub(crate) fn playground(args: &PlaygroundArgs) -> Result<bool> {
    wasm(&WasmArgs { sizes: false })?;
    npm("types of the playground", &["run", "check"])?;
    npm("playground", &["run", "build"])?;
    if args.serve {
        let port = args.port.to_string();
        return npm("serve", &["run", "preview", "--", "--port", &port, "--strictPort"]);
    }
    if let Some(directory) = &args.pictures {
        let directory = std::path::absolute(directory)?;
        fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
        let chromium = tools::chromium()?;
        let script = playground_directory().join("tests/pictures.mjs");
        let mut command = Command::new("node");
        command.arg(script).arg(directory).env("CHROMIUM", chromium);
        run("pictures", &mut command)?;
    }
    if args.test {
        test()?;
    }
    Ok(true)
}

/// Builds the package and the page and tests them: a step of `cargo xtask test`.
pub(crate) fn test_all() -> Result<bool> {
    playground(&PlaygroundArgs { test: true, serve: false, port: 0, pictures: None })
}

/// The tests of the package and of the page; both are built.
fn test() -> Result<()> {
    let chromium = tools::chromium()?;
    run_cargo("the command, for comparison", &["build", "--package", "confvet-cli"])?;
    let command = target_directory().join("debug/confvet");
    ensure!(command.exists(), "{} is not there after building it", command.display());
    let reporter = "--test-reporter=spec";
    let mut package = Command::new("node");
    let files = ["wasm/tests/package.test.mjs", "wasm/tests/parts.test.mjs", "wasm/tests/parity.test.mjs"];
    package.args(["--test", reporter]).args(files).env("CONFVET", command);
    run("tests of the npm package", &mut package)?;
    let mut page = Command::new("node");
    page.args(["--test", reporter, "wasm/playground/tests/page.test.mjs"]).env("CHROMIUM", chromium);
    run("tests of the playground", &mut page)
}

fn playground_directory() -> PathBuf {
    root().join("wasm/playground")
}

/// Installs what package-lock.json names, unless just that is installed.
fn install_packages() -> Result<()> {
    tools::node()?;
    let lock = fs::read(playground_directory().join("package-lock.json"))?;
    let stamp = playground_directory().join("node_modules/.confvet-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    npm("npm packages", &["ci", "--no-audit", "--no-fund"])?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

fn npm(name: &str, arguments: &[&str]) -> Result<bool> {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(playground_directory());
    run(name, &mut command)?;
    Ok(true)
}

fn run(name: &str, command: &mut Command) -> Result<()> {
    let shown: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    let shown = format!("{} {}", command.get_program().to_string_lossy(), shown.join(" "));
    println!("── {name}: {shown}");
    if command.get_current_dir().is_none() {
        command.current_dir(root());
    }
    let status = command.status().with_context(|| format!("cannot run `{shown}` for the step `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed; again with: {shown}");
    }
    Ok(())
}
