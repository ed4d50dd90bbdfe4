//! A job simulated: its targets, or one that is given, through its relabel rules.

use crate::model::Document;
use crate::relabel::{Labels, Semantics, TargetTrace, Trace, relabel, simulate_target};
use confvet_core::{Version, did_you_mean};
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
