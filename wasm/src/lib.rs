//! The façade behind a JavaScript face. Nothing of the linting is written here: values come in and go out as JSON texts, and
//! the package's own `index.js` gives them their types.
#![forbid(unsafe_code)]

mod options;

use confvet::prometheus::relabel::Labels;
use confvet::prometheus::{SimulateRequest, simulate_file};
use confvet::{FileReport, Linter, Report, Safety, Source, Sources};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// One file, as JavaScript hands it in and gets it back.
#[derive(Debug, Serialize, Deserialize)]
struct File {
    path: String,
    text: String,
}

/// What fixing came to.
#[derive(Debug, Serialize)]
struct Fixed {
    files: Vec<File>,
    applied: usize,
    report: serde_json::Value,
}

/// A linter with its target versions, facts and rule levels.
#[wasm_bindgen(js_name = RawLinter)]
#[derive(Debug)]
pub struct RawLinter {
    linter: Linter,
}

fn error(error: impl std::fmt::Display) -> JsError {
    JsError::new(&error.to_string())
}

fn read_files(json: &str) -> Result<Sources, JsError> {
    let files: Vec<File> = serde_json::from_str(json)
        .map_err(|problem| error(format!("files must be a list of {{path, text}}: {problem}")))?;
    Ok(files.into_iter().map(|file| Source::new(file.path, file.text)).collect())
}

fn write(value: &impl Serialize) -> Result<String, JsError> {
    serde_json::to_string(value).map_err(error)
}

#[wasm_bindgen(js_class = RawLinter)]
impl RawLinter {
    /// `options` is a JSON object with `target`, `facts` and `rules`, each optional.
    ///
    /// # Errors
    /// If it names a program, fact or rule that does not exist, or a value of the wrong type.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<RawLinter, JsError> {
        Ok(Self { linter: options::linter(options).map_err(|problem| JsError::new(&problem))? })
    }

    /// Lints files; gives the JSON of `confvet lint --format json`.
    ///
    /// # Errors
    /// If `files` is not a list of files.
    pub fn lint(&self, files: &str) -> Result<String, JsError> {
        write(&confvet::to_json(&self.linter.lint_sources(read_files(files)?)))
    }

    /// Lints files, applies fixes until nothing changes, and gives all files with the report of what is left.
    ///
    /// # Errors
    /// If `files` is not a list of files.
    pub fn fix(&self, files: &str, with_unsafe: bool) -> Result<String, JsError> {
        let safety = if with_unsafe { Safety::Unsafe } else { Safety::Safe };
        let fixed = self.linter.fix_sources(read_files(files)?, safety);
        let report = &fixed.report;
        let files = (report.sources().iter())
            .map(|(_, source)| File { path: source.path().to_owned(), text: source.text().to_owned() })
            .collect();
        write(&Fixed { files, applied: fixed.applied, report: confvet::to_json(report) })
    }

    /// Lints files, and says what each is taken for: `{report, detected}`.
    ///
    /// # Errors
    /// If `files` is not a list of files.
    pub fn inspect(&self, files: &str) -> Result<String, JsError> {
        let report = self.linter.lint_sources(read_files(files)?);
        let detected = report.files().iter().map(|file| Detected::new(&report, file)).collect();
        write(&Inspected { report: confvet::to_json(&report), detected })
    }
}

#[derive(Debug, Serialize)]
struct Inspected<'a> {
    report: serde_json::Value,
    detected: Vec<Detected<'a>>,
}

#[derive(Debug, Serialize)]
struct Detected<'a> {
    path: &'a str,
    systems: Vec<DetectedSystem<'a>>,
    included_by: Vec<&'a str>,
    template: bool,
    config: bool,
    stack: Option<&'a str>,
    host: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct DetectedSystem<'a> {
    system: &'a str,
    kind: &'a str,
    reason: &'a str,
}

impl<'a> Detected<'a> {
    fn new(report: &'a Report, file: &'a FileReport) -> Self {
        let path = |id| report.sources().get(id).path();
        let placement = file.placement.as_ref();
        Self {
            path: path(file.file),
            systems: (file.systems.iter())
                .map(|used| DetectedSystem {
                    system: used.system,
                    kind: used.detection.kind,
                    reason: &used.detection.reason,
                })
                .collect(),
            included_by: file.included_by.iter().map(|&includer| path(includer)).collect(),
            template: file.template,
            config: file.is_config,
            stack: placement.map(|placement| placement.stack.as_str()),
            host: placement.and_then(|placement| placement.host.as_ref()).map(|(host, _)| host.as_str()),
        }
    }
}

#[derive(Serialize)]
struct Model {
    model: serde_json::Value,
    system: &'static str,
}

/// The typed model of one file of `files` as JSON: `{system, model}`, or `null` when no system recognises it.
///
/// # Errors
/// If `files` is not a list of files.
#[wasm_bindgen(js_name = rawModel)]
pub fn raw_model(files: &str, path: &str) -> Result<String, JsError> {
    let model = confvet::model(&read_files(files)?, path);
    write(&model.map(|(system, model)| Model { model, system }))
}

/// The names of the systems that linting these files, or the model of one of them, may need: a list of texts. The code of
/// these must be there before it begins.
///
/// # Errors
/// If `files` is not a list of files.
#[wasm_bindgen(js_name = rawNeeds)]
pub fn raw_needs(files: &str) -> Result<String, JsError> {
    write(&Linter::new().needed_systems(&read_files(files)?))
}

/// What of a job is to be run through its relabel rules; see [`SimulateRequest`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelabelRequest {
    job: String,
    #[serde(default)]
    targets: Vec<Labels>,
    sample: Option<Labels>,
    version: Option<String>,
}

/// A job of the prometheus.yml at `path`, its targets and a sample run through its relabel rules: the JSON of
/// `confvet relabel --format json`. `request` is a JSON object `{job, targets, sample, version}`, of which only `job` must
/// be there.
///
/// # Errors
/// If there is no such file, job or version, or nothing to run through the rules.
#[wasm_bindgen(js_name = rawRelabel)]
pub fn raw_relabel(files: &str, path: &str, request: &str) -> Result<String, JsError> {
    let request: RelabelRequest = serde_json::from_str(request)
        .map_err(|problem| error(format!("what to relabel must be {{job, targets, sample, version}}: {problem}")))?;
    let RelabelRequest { job, targets, sample, version } = request;
    let request = SimulateRequest { job, targets, sample, version };
    write(&simulate_file(&read_files(files)?, path, &request).map_err(error)?)
}

/// The systems, each with the kinds of file it reads and the programs whose versions matter.
///
/// # Errors
/// Never; the type is that of the other functions.
#[wasm_bindgen(js_name = rawSystems)]
pub fn raw_systems() -> Result<String, JsError> {
    let systems: Vec<serde_json::Value> = (confvet::systems().iter())
        .map(|system| {
            serde_json::json!({
                "system": system.name,
                "title": system.title,
                "kinds": system.kinds,
                "targets": system.targets,
            })
        })
        .collect();
    write(&systems)
}

/// All rules, without the text of their pages.
///
/// # Errors
/// Never; the type is that of the other functions.
#[wasm_bindgen(js_name = rawRules)]
pub fn raw_rules() -> Result<String, JsError> {
    let rules: Vec<serde_json::Value> = (confvet::rules::all().iter())
        .map(|rule| {
            serde_json::json!({
                "rule": rule.name,
                "title": rule.title,
                "severity": rule.severity,
                "category": rule.category,
                "fix": rule.fix.map_or("none", Safety::as_str),
                "applies": rule.applies,
                "needs": rule.needs,
                "url": confvet::rule_url(rule.name),
            })
        })
        .collect();
    write(&rules)
}

/// The version of the engine.
#[wasm_bindgen(js_name = rawVersion)]
pub fn raw_version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
