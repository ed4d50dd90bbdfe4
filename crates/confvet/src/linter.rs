//! The way in: what to lint, on which versions, with which rules.

use crate::engine::{self, Options};
use crate::fix::{self, Fixed};
use crate::levels::{Level, LevelError};
use crate::report::Report;
use crate::systems::{systems, target_names};
use confvet_core::{FactError, Safety, Source, Sources, TargetError, did_you_mean};

/// A name that is no system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no system{}", .near.map_or_else(|| format!("; known are {}", .known.join(", ")), |near| format!("; did you mean `{near}`?")))]
pub struct UnknownSystem {
    name: String,
    near: Option<&'static str>,
    known: Vec<&'static str>,
}

/// Lints files. Cheap to make and to clone; every method that sets something takes and gives back the linter.
///
/// ```
/// # #[cfg(feature = "redis")] {
/// let report = confvet::Linter::new()
///     .fact("redis_workload", "cache")
///     .unwrap()
///     .lint_text("redis.conf", "maxmemory 2gb\nmaxmemory-policy noeviction\n");
/// let found = &report.diagnostics()[0];
/// assert_eq!(found.rule, "redis/noeviction-cache");
/// assert_eq!(report.sources().start(found.primary.span).line, 2);
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Linter {
    options: Options,
}

impl Linter {
    /// A linter with nothing said: versions and facts come from confvet.toml alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the version a program will have (`"nginx"`, `"1.27.3"`). Wins over confvet.toml.
    ///
    /// # Errors
    /// If the program is not known ([`target_names`]), or the version cannot be read.
    pub fn target(mut self, program: &str, version: &str) -> Result<Self, TargetError> {
        self.options.target.set(program, version, &target_names())?;
        Ok(self)
    }

    /// Sets a fact (`"memory"`, `"64GiB"`). Wins over confvet.toml.
    ///
    /// # Errors
    /// If there is no such fact, or the text is no value of its type.
    pub fn fact(mut self, name: &str, value: &str) -> Result<Self, FactError> {
        self.options.facts.set_text(name, value)?;
        Ok(self)
    }

    /// Sets how loud a rule is; a system's name or a name with `*` means many rules. Wins over confvet.toml.
    ///
    /// # Errors
    /// If no rule has such a name.
    pub fn rule(mut self, pattern: &str, level: Level) -> Result<Self, LevelError> {
        self.options.levels.set(pattern, level)?;
        Ok(self)
    }

    /// Runs only the rules that a pattern names; several calls add up.
    ///
    /// # Errors
    /// If no rule has such a name.
    pub fn select(mut self, pattern: &str) -> Result<Self, LevelError> {
        self.options.levels.select(pattern)?;
        Ok(self)
    }

    /// Leaves out the rules that a pattern names.
    ///
    /// # Errors
    /// If no rule has such a name.
    pub fn ignore(mut self, pattern: &str) -> Result<Self, LevelError> {
        self.options.levels.ignore(pattern)?;
        Ok(self)
    }

    /// Says that every file belongs to a system, whatever it looks like.
    ///
    /// # Errors
    /// If there is no such system.
    pub fn system(mut self, name: &str) -> Result<Self, UnknownSystem> {
        let Some(system) = systems().iter().find(|system| system.name == name) else {
            let known: Vec<&str> = systems().iter().map(|system| system.name).collect();
            let near = did_you_mean(name, known.iter().copied());
            return Err(UnknownSystem { name: name.to_owned(), near, known });
        };
        self.options.system = Some((system.name, None));
        Ok(self)
    }

    /// Text of a confvet.toml that holds for all files for which the run has none of their own.
    #[must_use]
    pub fn config(mut self, text: impl Into<String>) -> Self {
        self.options.config = Some(text.into());
        self
    }

    /// Lints one text. The name decides, with the content, what it is.
    pub fn lint_text(&self, name: &str, text: &str) -> Report {
        self.lint_files([(name, text)])
    }

    /// Lints files that are in memory, as one tree. A confvet.toml among them counts for its directory.
    pub fn lint_files(&self, files: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Report {
        self.lint_sources(files.into_iter().map(|(path, text)| Source::new(path, text)).collect())
    }

    /// The names of the systems whose code a run over these files, or the model of one of them, may need: perhaps more
    /// than it will, never fewer. Sorted. For whoever loads that code in parts.
    pub fn needed_systems(&self, sources: &Sources) -> Vec<&'static str> {
        engine::needed_systems(sources, &self.options).sorted().copied().collect()
    }

    /// Lints [`Sources`].
    pub fn lint_sources(&self, sources: Sources) -> Report {
        engine::run(sources, &self.options)
    }

    /// Lints, applies fixes (with [`Safety::Safe`] only the safe ones) and lints again, until nothing changes. A fix
    /// that would make the real program refuse a file is taken back.
    pub fn fix_sources(&self, sources: Sources, safety: Safety) -> Fixed {
        self.fix_report(self.lint_sources(sources), safety)
    }

    /// Like [`Linter::fix_sources`], from a report of this linter.
    pub fn fix_report(&self, report: Report, safety: Safety) -> Fixed {
        fix::fix(report, safety, |sources| self.lint_sources(sources))
    }

    #[cfg(feature = "fs")]
    pub(crate) fn with_working_directory(&self, directory: String) -> Self {
        let mut linter = self.clone();
        linter.options.working_directory = directory;
        linter
    }

    #[cfg(feature = "fs")]
    pub(crate) fn has_forced_system(&self) -> bool {
        self.options.system.is_some()
    }
}
