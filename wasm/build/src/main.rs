//! Builds `wasm/pkg`, the npm package: the module, its JavaScript face, the rule pages. `cargo xtask wasm` runs it, after
//! installing wasm-opt. With `--sizes` it says in which crates the bytes lie.
#![forbid(unsafe_code)]

mod code;
mod functions;
mod module;
mod order;
mod pack;
mod pages;
mod split;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use pack::Role;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What a browser loads at most, with all systems: more is felt on a phone.
const BUDGET: usize = 900_000;

/// A panic ends in a trap, which is an `Error` in JavaScript, without the text and the place of every panic in the module.
/// That alike functions of two systems stay two, each with its own name, is what the parts are cut by.
const RUSTFLAGS: [&str; 5] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Csymbol-mangling-version=legacy",
    "-Zmerge-functions=disabled",
];

const MODULE: &str = "confvet_wasm_bg.wasm";
const WHOLE: &str = "whole.wasm";

/// The module as a whole, packed for the way to the browser.
const PACKED: &str = "confvet.packed";

/// What all systems need, and the directory of what only one of them does, packed for the way to the browser.
const PRIMARY: &str = "parts/primary.packed";
const PARTS: &str = "parts";

/// The systems, each of which is a part; wasm/js/index.js has the same list.
const SYSTEMS: [&str; 7] = ["elasticsearch", "haproxy", "ipsec", "nginx", "patroni", "prometheus", "redis"];

/// What every browser of the last years and Node 20 understand. `--all-features` would let wasm-opt use more than that.
const FEATURES: [&str; 8] = [
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

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
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let package = root.join("wasm/pkg");
    let linked = compile(&root, &target)?;
    let work = target.join("wasm-package");
    optimise(&root, &linked, &work)?;
    let fresh = root.join("wasm/pkg.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::create_dir_all(&fresh)?;
    fs::copy(work.join("bound/confvet_wasm.js"), fresh.join("confvet_wasm.js"))?;
    fs::copy(work.join(WHOLE), fresh.join(MODULE))?;
    fs::copy(work.join(PACKED), fresh.join(PACKED))?;
    fs::create_dir(fresh.join(PARTS))?;
    fs::copy(work.join(PRIMARY), fresh.join(PRIMARY))?;
    for system in SYSTEMS {
        fs::copy(work.join(packed_part(system)), fresh.join(packed_part(system)))?;
    }
    copy_face(&root.join("wasm/js"), &fresh)?;
    fs::write(fresh.join("rules.json"), pages::to_json()?)?;
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::rename(&fresh, &package)?;
    if std::env::args().any(|argument| argument == "--sizes") {
        print_crates(&work.join("bound").join(MODULE))?;
    }
    report_sizes(&package)
}

/// Compiles the crate for browsers with a standard library built for size, as docs/wasm.md explains. What is unstable about
/// that is fixed by the pinned toolchain.
fn compile(root: &Path, target: &Path) -> Result<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = [
        "build",
        "--package=confvet-wasm",
        "--target=wasm32-unknown-unknown",
        "--profile=wasm",
        "-Zbuild-std=std,panic_abort",
        "-Zbuild-std-features=optimize_for_size",
        // Comparing, copying and allocating memory is what parsers do all day, and takes few functions.
        "--config=profile.wasm.package.compiler_builtins.opt-level=3",
        "--config=profile.wasm.package.memchr.opt-level=3",
        "--config=profile.wasm.package.core.opt-level=3",
        "--config=profile.wasm.package.dlmalloc.opt-level=3",
    ];
    let library = sysroot(root)?.join("lib/rustlib/src/rust/library");
    ensure!(
        library.is_dir(),
        "the sources of the standard library are not in {}; `rustup component add rust-src` installs them",
        library.display()
    );
    let mut command = Command::new(cargo);
    command.args(arguments).env("RUSTC_BOOTSTRAP", "1").env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\x1f"));
    let status = command.current_dir(root).status().context("cannot run cargo")?;
    ensure!(status.success(), "`cargo {}` failed", arguments.join(" "));
    Ok(target.join("wasm32-unknown-unknown/wasm/confvet_wasm.wasm"))
}

/// Where the toolchain lies.
fn sysroot(root: &Path) -> Result<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root).output();
    let output = output.context("cannot run rustc")?;
    ensure!(output.status.success(), "`rustc --print sysroot` failed");
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// The part of a system, below the package.
fn packed_part(system: &str) -> String {
    format!("{PARTS}/{system}.packed")
}

/// The module as it is shipped, as a whole and in parts: bound to JavaScript, its functions put in an order that compresses
/// well. What was made from the same linked module before is taken again.
fn optimise(root: &Path, linked: &Path, work: &Path) -> Result<()> {
    let stamp = work.join("stamp");
    let state = fingerprint(&[linked, &root.join("wasm/playground/package-lock.json"), &std::env::current_exe()?])?;
    if fs::read_to_string(&stamp).is_ok_and(|kept| kept == state) {
        return Ok(());
    }
    if work.exists() {
        fs::remove_dir_all(work)?;
    }
    let bound = work.join("bound");
    fs::create_dir_all(&bound)?;
    fs::create_dir(work.join(PARTS))?;
    bind(linked, &bound)?;
    // `-Oz` makes the module a quarter smaller and not one byte of that is left after compression: it takes away just what
    // compression would have folded. What helps is to bring the copies of one generic function together.
    const MERGE: [&str; 2] = ["--duplicate-function-elimination", "--debuginfo"];
    const ORDER: [&str; 4] =
        ["--reorder-locals", "--reorder-functions-by-name", "--strip-target-features", "--debuginfo"];
    let step = work.join("step.wasm");
    let run = |module: &[u8], passes: &[&str]| {
        fs::write(&step, module)?;
        wasm_opt(root, &step, passes)?;
        Ok::<_, anyhow::Error>(fs::read(&step)?)
    };
    let bound = fs::read(bound.join(MODULE))?;
    let whole = run(&order::rename(&run(&bound, &MERGE)?)?, &ORDER)?;
    fs::write(work.join(WHOLE), module::without_names(&whole))?;
    fs::write(work.join(PACKED), pack::pack(&whole, Role::Whole)?.0)?;
    // The parts are cut by names, so that functions of two systems may not become one before.
    let named = run(&order::rename(&bound)?, &ORDER)?;
    let split::Parts { primary, parts } = split::split(&named, &SYSTEMS)?;
    let (packed, base) = pack::pack(&run(&primary, &MERGE)?, Role::Primary)?;
    fs::write(work.join(PRIMARY), packed)?;
    for (system, part) in SYSTEMS.iter().zip(&parts) {
        fs::write(work.join(packed_part(system)), pack::pack(&run(part, &MERGE)?, Role::Part(&base))?.0)?;
    }
    fs::write(stamp, state)?;
    Ok(())
}

fn fingerprint(files: &[&Path]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(hasher.finish().to_string())
}

fn bind(module: &Path, out: &Path) -> Result<()> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(module).web(true)?.typescript(false).demangle(false).remove_producers_section(true);
    // Bundlers would take the module along that browsers do not load.
    bindgen.omit_default_module_path(true);
    bindgen.generate(out).with_context(|| format!("wasm-bindgen failed on {}", module.display()))
}

/// Changes a module by wasm-opt of the npm package binaryen, which the playground's lock file pins.
fn wasm_opt(root: &Path, module: &Path, passes: &[&str]) -> Result<()> {
    let program = root.join("wasm/playground/node_modules/.bin/wasm-opt");
    ensure!(program.exists(), "wasm-opt is missing; `cargo xtask wasm` installs it, or `npm ci` in wasm/playground");
    let status = Command::new(&program).arg(module).args(FEATURES).args(passes).arg("-o").arg(module).status();
    let status = status.with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(status.success(), "wasm-opt {} failed", passes.join(" "));
    Ok(())
}

fn copy_face(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name() == "package.json" {
            // As text: the order of the keys in `exports` has a meaning.
            let manifest = fs::read_to_string(entry.path())?;
            let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
            let placeholder = "\"version\": \"0.0.0\"";
            ensure!(manifest.contains(placeholder), "{} has no {placeholder}", entry.path().display());
            fs::write(target, manifest.replace(placeholder, &version))?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn gzipped(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// What lies where: code by crate, generics of the standard library by family.
fn print_crates(named: &Path) -> Result<()> {
    let bytes = fs::read(named)?;
    println!("code by crate, before gzip:");
    for (name, size, count) in functions::by_crate(&bytes) {
        println!("  {size:>9}  {name} ({count} functions)");
    }
    Ok(())
}

fn report_sizes(package: &Path) -> Result<()> {
    let module = fs::read(package.join(MODULE))?;
    println!("module: {} bytes, {} gzipped", module.len(), gzipped(&module)?);
    for section in module::sections(&module).iter().filter(|section| section.bytes.len() >= 1000) {
        println!("  {:>9} {:>9} gzipped  {}", section.bytes.len(), gzipped(section.bytes)?, section.name);
    }
    let size = |file: &str| gzipped(&fs::read(package.join(file))?);
    let whole = size(PACKED)?;
    println!("packed, as browsers load it: {whole} bytes with all systems; the budget is {BUDGET}");
    let primary = size(PRIMARY)?;
    println!("in parts: {primary} bytes for what all systems need");
    let (mut largest, mut total) = (0, primary);
    for system in SYSTEMS {
        let part = size(&packed_part(system))?;
        println!("  {part:>9}  {system}");
        (largest, total) = (largest.max(part), total + part);
    }
    println!("  {:>9}  with one system at most, {total} with all of them one by one", primary + largest);
    ensure!(whole <= BUDGET, "the packed module is {whole} bytes; the budget is {BUDGET}");
    Ok(())
}
