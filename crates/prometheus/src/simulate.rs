//! A job simulated: its targets, or one that is given, through its relabel rules.

use crate::detect;
use crate::model::{self, Document};
use crate::relabel::{Labels, Semantics, TargetTrace, Trace, relabel, simulate_target};
use confvet_core::{Facts, Input, Sources, Target, Version, VersionError, did_you_mean, parse_version};
use serde::Serialize;

/// What became of the targets of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulation {
    /// The job.
    pub job: String,
    /// Each target, in the order of the file.
    pub targets: Vec<TargetTrace>,
    /// A sample through `metric_relabel_configs`, where one was given.
    pub metric: Option<Trace>,
}

/// Why there is nothing to simulate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SimulateError {
    /// No job has that name; the nearest one, and all there are.
    NoSuchJob {
        /// The name that was asked for.
        name: String,
        /// A name that was probably meant.
        near: Option<String>,
        /// The names of all jobs.
        known: Vec<String>,
    },
    /// The configuration is not among the files.
    NoSuchFile(String),
    /// The version is none.
    Version(VersionError),
    /// The job's targets come from a discovery, so labels must be given.
    NoTargets(String),
}

impl std::fmt::Display for SimulateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SimulateError::NoSuchJob { name, near: Some(near), .. } => {
                write!(f, "there is no job `{name}`; did you mean `{near}`?")
            }
            SimulateError::NoSuchJob { name, known, .. } => {
                write!(f, "there is no job `{name}`; the file has {}", known.join(", "))
            }
            SimulateError::NoSuchFile(path) => write!(f, "there is no file {path}"),
            SimulateError::Version(error) => error.fmt(f),
            SimulateError::NoTargets(job) => write!(
                f,
                "the targets of job `{job}` are discovered at run time: give the labels of one, such as `__address__=10.0.0.1:9100`"
            ),
        }
    }
}

impl std::error::Error for SimulateError {}

/// Runs a job's targets through its rules, as a version of Prometheus does: those that are given, else those that are
/// written in the configuration and its target files.
///
/// # Errors
/// If there is no such job, or nothing to run through it.
pub fn simulate_job(
    document: &Document,
    name: &str,
    given: &[Labels],
    sample: Option<&Labels>,
    version: Option<&Version>,
) -> Result<Simulation, SimulateError> {
    let job = document.jobs().find(|job| job.title() == name).ok_or_else(|| {
        let known: Vec<String> = document.jobs().map(|job| job.title().to_owned()).collect();
        let near = did_you_mean(name, known.iter().map(String::as_str)).map(str::to_owned);
        SimulateError::NoSuchJob { name: name.to_owned(), near, known }
    })?;
    let semantics = Semantics::of(version);
    let scheme = document.name_scheme(Some(job), semantics);
    let settings = document.job_settings(job);
    let run = |target: &Labels, group: &Labels| {
        let rules = job.relabel.iter().map(|step| &step.rule);
        simulate_target(&settings, target, group, rules, scheme, semantics)
    };
    let targets: Vec<TargetTrace> = if given.is_empty() {
        job.targets().map(|target| run(&target.labels(), &target.group_labels())).collect()
    } else {
        given.iter().map(|target| run(target, &Labels::new())).collect()
    };
    if targets.is_empty() && sample.is_none() {
        return Err(SimulateError::NoTargets(name.to_owned()));
    }
    let metric = sample.map(|sample| relabel(job.metric_relabel.iter().map(|step| &step.rule), sample, scheme));
    Ok(Simulation { job: name.to_owned(), targets, metric })
}

/// What to simulate.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SimulateRequest {
    /// The job's name.
    pub job: String,
    /// Discovered targets; without one, those that are written in the configuration.
    pub targets: Vec<Labels>,
    /// A scraped sample for `metric_relabel_configs`.
    pub sample: Option<Labels>,
    /// The version of Prometheus; without one, the newest.
    pub version: Option<String>,
}

/// Simulates a job of a configuration among some files; its included files and target files are looked up there.
///
/// # Errors
/// If there is no such file or job, or nothing to run through it.
pub fn simulate_file(sources: &Sources, path: &str, request: &SimulateRequest) -> Result<Simulation, SimulateError> {
    let file = sources.by_path(path).ok_or_else(|| SimulateError::NoSuchFile(path.to_owned()))?;
    let mut target = Target::new();
    if let Some(version) = &request.version {
        target.insert("prometheus", parse_version(version).map_err(SimulateError::Version)?);
    }
    let facts = Facts::new();
    let input = Input { sources, file, kind: detect::CONFIG, target: &target, facts: &facts };
    let document = model::read(&input).model;
    let version = target.version("prometheus");
    simulate_job(&document, &request.job, &request.targets, request.sample.as_ref(), version)
}
