//! Builds `wasm/pkg`, the npm package: the module, its JavaScript face, the rule pages. No tool has to be installed by hand.
#![forbid(unsafe_code)]

mod pages;
mod sections;

use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What the module may weigh, gzipped. More would be felt on a phone.
const BUDGET: usize = 900_000;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("confvet-wasm-build: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let package = root.join("wasm/pkg");
    let module = compile(&root)?;
    let fresh = root.join("wasm/pkg.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    bind(&module, &fresh)?;
    optimise(&root, &fresh.join("confvet_wasm_bg.wasm"))?;
    copy_face(&root.join("wasm/js"), &fresh)?;
    fs::write(fresh.join("rules.json"), pages::to_json()?)?;
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::rename(&fresh, &package)?;
    report_size(&package.join("confvet_wasm_bg.wasm"))
}

fn compile(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["build", "-p", "confvet-wasm", "--target", "wasm32-unknown-unknown", "--profile", "wasm"];
    let status = Command::new(cargo).args(arguments).current_dir(root).status().context("cannot run cargo")?;
    ensure!(status.success(), "`cargo {}` failed", arguments.join(" "));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("wasm32-unknown-unknown/wasm/confvet_wasm.wasm"))
}

fn bind(module: &Path, out: &Path) -> Result<()> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(module).web(true)?.typescript(false).remove_producers_section(true);
    bindgen.generate(out).with_context(|| format!("wasm-bindgen failed on {}", module.display()))
}

/// Runs wasm-opt of the npm package binaryen, which the playground's lock file pins, when it is installed there.
fn optimise(root: &Path, module: &Path) -> Result<()> {
    let wasm_opt = root.join("wasm/playground/node_modules/.bin/wasm-opt");
    if !wasm_opt.exists() {
        println!("wasm-opt: not installed (`npm ci` in wasm/playground brings it); the module stays as it is");
        return Ok(());
    }
    let before = fs::metadata(module)?.len();
    let optimised = module.with_extension("opt");
    let status = Command::new(&wasm_opt)
        .args(["-Oz", "--all-features", "-o"])
        .arg(&optimised)
        .arg(module)
        .status()
        .with_context(|| format!("cannot run {}", wasm_opt.display()))?;
    if !status.success() {
        bail!("wasm-opt failed");
    }
    fs::rename(&optimised, module)?;
    println!("wasm-opt: {before} bytes to {} bytes", fs::metadata(module)?.len());
    Ok(())
}

fn copy_face(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name() == "package.json" {
            let mut manifest: serde_json::Value = serde_json::from_str(&fs::read_to_string(entry.path())?)?;
            manifest["version"] = env!("CARGO_PKG_VERSION").into();
            fs::write(target, serde_json::to_string_pretty(&manifest)? + "\n")?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn report_size(module: &Path) -> Result<()> {
    let bytes = fs::read(module)?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bytes)?;
    let zipped = encoder.finish()?.len();
    println!("module: {} bytes, {zipped} gzipped; the budget is {BUDGET}", bytes.len());
    for (name, size) in sections::sizes(&bytes) {
        println!("  {size:>9}  {name}");
    }
    ensure!(zipped <= BUDGET, "the module is {zipped} bytes gzipped; the budget is {BUDGET}");
    Ok(())
}
