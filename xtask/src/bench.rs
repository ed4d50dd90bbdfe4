//! `cargo xtask bench`: throughput, files a second and cold start, each beside its budget.

mod generate;

use crate::checks::cargo;
use crate::table::Table;
use crate::{root, target_directory};
use anyhow::{Context, Result, bail};
use confvet::{Linter, Source, Sources, systems};
use generate::{Format, Generator, Tree};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Bytes of generated input for one figure of throughput.
const INPUT_SIZE: usize = 4 << 20;
/// Runs of which the fastest counts: everything else on the machine only adds time.
const ROUNDS: usize = 5;
/// An input that takes longer is not made larger: what is so slow is far from its budget.
const LONG_ENOUGH: Duration = Duration::from_millis(500);
const TREE_FILES: usize = 10_000;
/// 10,000 files in a second on two cores.
const FILES_A_SECOND: f64 = 5_000.0;
/// Files of fewer bytes are counted, not weighed: what each costs at least (a name to look at, a model, a place in a
/// stack) is more than what its bytes do.
const SMALL_FILE: usize = 4 << 10;
/// Starts of which the median counts.
const STARTS: usize = 101;
const COLD_START: Duration = Duration::from_millis(5);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Fail when a budget is missed
    #[arg(long)]
    check: bool,
    /// Only the throughput of this system
    #[arg(long)]
    system: Option<String>,
    /// Measure nothing; say what is found in the generated inputs, which should be little
    #[arg(long)]
    findings: bool,
}

/// One figure beside its budget.
struct Figure {
    what: String,
    input: String,
    measured: String,
    budget: String,
    holds: bool,
}

pub(crate) fn run(args: &Args) -> Result<bool> {
    if args.findings {
        return print_findings(args.system.as_deref());
    }
    if cfg!(debug_assertions) {
        return run_optimised(args);
    }
    let mut figures = throughput(args.system.as_deref())?;
    if args.system.is_none() {
        let confvet = build_command()?;
        figures.push(files_a_second(&confvet)?);
        figures.push(cold_start(&confvet)?);
    }
    let mut table = Table::new(["what", "input", "measured", "budget", ""]);
    let all_hold = figures.iter().all(|figure| figure.holds);
    for Figure { what, input, measured, budget, holds } in figures {
        table.row([what, input, measured, budget, if holds { "✓" } else { "✗" }.to_owned()]);
    }
    println!("{table}");
    Ok(all_hold || !args.check)
}

/// Runs the release build of this program: figures of a debug build mean nothing.
fn run_optimised(args: &Args) -> Result<bool> {
    let mut command = Command::new(cargo());
    command.args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench"]).current_dir(root());
    command.args(args.check.then_some("--check"));
    command.args(args.system.iter().flat_map(|system| ["--system", system]));
    Ok(command.status().context("cannot run cargo")?.success())
}

/// The release build of `confvet`.
fn build_command() -> Result<PathBuf> {
    let build = ["build", "--quiet", "--release", "--package", "confvet-cli"];
    let status = Command::new(cargo()).args(build).current_dir(root()).status().context("cannot run cargo")?;
    if !status.success() {
        bail!("the release build of confvet-cli failed");
    }
    Ok(target_directory().join("release/confvet").with_extension(std::env::consts::EXE_EXTENSION))
}

/// The time this thread computes, where the system says it (Linux), so that other programs do not disturb the figures;
/// elsewhere the time that passes.
struct ThreadClock {
    computed: Option<Duration>,
    passed: Instant,
}

impl ThreadClock {
    fn start() -> Self {
        Self { computed: Self::computed(), passed: Instant::now() }
    }

    fn computed() -> Option<Duration> {
        let statistics = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        statistics.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    }

    fn elapsed(&self) -> Duration {
        let computed = Self::computed().zip(self.computed).map(|(now, then)| now.saturating_sub(then));
        computed.filter(|time| !time.is_zero()).unwrap_or_else(|| self.passed.elapsed())
    }
}

fn print_findings(only: Option<&str>) -> Result<bool> {
    const SAMPLE: usize = 50_000;
    for generator in generators(only)? {
        let files = generator.files(SAMPLE);
        let report = linter(generator)?.lint_files(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let mut by_rule: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for found in report.diagnostics() {
            by_rule.entry(found.rule).or_insert((0, &found.message)).0 += 1;
        }
        println!("{}: {} files", generator.name(), files.len());
        for (rule, (count, first)) in by_rule {
            println!("{count:6}  {rule}: {first}");
        }
    }
    Ok(true)
}

fn linter(generator: &Generator) -> Result<Linter> {
    let mut linter = Linter::new();
    for (program, version) in generator.target {
        linter = linter.target(program, version)?;
    }
    Ok(linter)
}

/// Those whose systems are in this build.
fn generators(only: Option<&str>) -> Result<Vec<&'static Generator>> {
    let generators: Vec<&Generator> = (generate::all())
        .filter(|generator| systems().iter().any(|system| system.name == generator.system))
        .filter(|generator| only.is_none_or(|only| only == generator.system))
        .collect();
    if let Some(only) = only.filter(|_| generators.is_empty()) {
        bail!("no inputs are generated for `{only}`, or this build does not have it");
    }
    Ok(generators)
}

/// Parse and all rules, on one thread, over every kind of generated input.
fn throughput(only: Option<&str>) -> Result<Vec<Figure>> {
    let generators = generators(only)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(|| generators.into_iter().map(measure_throughput).collect())
}

fn measure_throughput(generator: &Generator) -> Result<Figure> {
    eprintln!("measuring {}", generator.name());
    let linter = linter(generator)?;
    // The input doubles until it is large, or until it takes so long that a larger one would tell nothing new.
    let mut size = INPUT_SIZE / 64;
    let (bytes, files, best, input) = loop {
        let files = generator.files(size);
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        let (mut best, mut findings) = lint_timed(&linter, generator, &files)?;
        if size < INPUT_SIZE && best < LONG_ENOUGH {
            size *= 2;
            continue;
        }
        for _ in 1..ROUNDS {
            let (time, found) = lint_timed(&linter, generator, &files)?;
            best = best.min(time);
            findings = found;
        }
        let input = format!("{:.1} MB, {} files, {findings} findings", megabytes(bytes), files.len());
        break (bytes, files.len(), best, input);
    };
    let megabytes_a_second = megabytes(bytes) / best.as_secs_f64();
    let what = generator.name();
    if bytes < files * SMALL_FILE {
        let rate = files_in(best, files);
        return Ok(Figure {
            what,
            input,
            measured: format!("{rate:.0} files/s, {megabytes_a_second:.1} MB/s"),
            budget: format!("{FILES_A_SECOND:.0} files/s"),
            holds: rate >= FILES_A_SECOND,
        });
    }
    let budget = match generator.format {
        Format::Lines => 100.0,
        Format::Yaml => 40.0,
    };
    Ok(Figure {
        what,
        input,
        measured: format!("{megabytes_a_second:.1} MB/s"),
        budget: format!("{budget:.0} MB/s"),
        holds: megabytes_a_second >= budget,
    })
}

#[expect(clippy::cast_precision_loss, reason = "some thousand files")]
fn files_in(time: Duration, files: usize) -> f64 {
    files as f64 / time.as_secs_f64()
}

/// The time one run takes, and how much it finds.
fn lint_timed(linter: &Linter, generator: &Generator, files: &[(String, String)]) -> Result<(Duration, usize)> {
    let sources: Sources = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    let start = ThreadClock::start();
    let report = linter.lint_sources(sources);
    let time = start.elapsed();
    if let Some(unread) = report.files().iter().find(|file| !file.is_linted()) {
        bail!("{}: {} is not recognised", generator.name(), report.sources().get(unread.file).path());
    }
    Ok((time, report.diagnostics().len()))
}

#[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// The command over a tree of small files, as a repository of a large installation has them.
fn files_a_second(confvet: &Path) -> Result<Figure> {
    let names: Vec<&str> = systems().iter().map(|system| system.name).collect();
    let tree = Tree::new(&names, TREE_FILES);
    let directory = generated().join("tree");
    tree.write(&directory)?;
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        lint(confvet, &directory)?;
        best = best.min(start.elapsed());
    }
    let rate = files_in(best, tree.len());
    Ok(Figure {
        what: "a tree of small files".to_owned(),
        input: format!("{} files", tree.len()),
        measured: format!("{rate:.0} files/s"),
        budget: format!("{FILES_A_SECOND:.0} files/s"),
        holds: rate >= FILES_A_SECOND,
    })
}

fn generated() -> PathBuf {
    target_directory().join("xtask")
}

fn lint(confvet: &Path, path: &Path) -> Result<()> {
    let status = Command::new(confvet).arg("lint").arg(path).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status.with_context(|| format!("cannot run {}", confvet.display()))?.code() {
        Some(0 | 1) => Ok(()),
        code => bail!("confvet lint {} ended with {code:?}", path.display()),
    }
}

/// How much longer a run over one small file takes than a process that does nothing.
fn cold_start(confvet: &Path) -> Result<Figure> {
    let file = generated().join("cold/redis.conf");
    fs::create_dir_all(file.parent().unwrap_or(&file)).context("cannot make the directory of the tiny file")?;
    fs::write(&file, "maxmemory 2gb\nmaxmemory-policy allkeys-lru\n").context("cannot write the tiny file")?;
    let mut nothing = Vec::with_capacity(STARTS);
    let mut ours = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let start = Instant::now();
        Command::new("true").status().context("cannot run `true`")?;
        nothing.push(start.elapsed());
        let start = Instant::now();
        lint(confvet, &file)?;
        ours.push(start.elapsed());
    }
    let over = median(ours).saturating_sub(median(nothing));
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(Figure {
        what: "cold start over an empty process".to_owned(),
        input: "1 file of 2 lines".to_owned(),
        measured: format!("{:.1} ms", milliseconds(over)),
        budget: format!("{:.0} ms", milliseconds(COLD_START)),
        holds: over <= COLD_START,
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
