//! The command line.

use clap::{Parser, Subcommand, ValueEnum};
use confvet::Severity;
use std::path::PathBuf;

/// Finds what takes production down in your configuration files.
#[derive(Debug, Parser)]
#[command(name = "confvet", version, propagate_version = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lint files and directories
    Lint(Box<LintArgs>),
    /// Show the page of a rule: what it says, why, and how to mend it
    Explain(ExplainArgs),
    /// List all rules
    Rules(RulesArgs),
    /// Say what each file is taken for, and why
    Detect(DetectArgs),
    /// Print the typed model of a file as JSON
    Model(ModelArgs),
    /// Run the targets of a Prometheus job through its relabel rules, step by step
    Relabel(RelabelArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct LintArgs {
    /// Files and directories; `-` reads standard input
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// How to print findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    /// Apply safe fixes
    #[arg(long)]
    pub(crate) fix: bool,

    /// Apply unsafe fixes too: they may change behaviour
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,

    /// Show what fixes would change, and write nothing
    #[arg(long)]
    pub(crate) diff: bool,

    /// Exit with 1 when a finding is at least this severe
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,

    /// Run only these rules; a system or a pattern such as `redis/acl-*` names many
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,

    /// Leave these rules out
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    /// What the named files are, when it cannot be told from them
    #[arg(long, value_name = "NAME")]
    pub(crate) system: Option<String>,

    /// Version the files will run on, such as `nginx=1.27.3`
    #[arg(long, value_name = "PROGRAM=VERSION")]
    pub(crate) target: Vec<String>,

    /// Something no file says, such as `memory=64GiB`
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) fact: Vec<String>,

    /// The name that standard input would have as a file
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<PathBuf>,

    /// Count findings by rule instead of showing each
    #[arg(long)]
    pub(crate) statistics: bool,

    /// Print findings only, no closing line
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// When to colour
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The rule, such as `redis/noeviction-cache`
    pub(crate) rule: String,

    /// When to colour
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RulesArgs {
    /// Only the rules of a system
    #[arg(long, value_name = "NAME")]
    pub(crate) system: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,

    /// When to colour
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DetectArgs {
    /// Files and directories
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,

    /// When to colour
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ModelArgs {
    /// The file
    pub(crate) file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RelabelArgs {
    /// The prometheus.yml
    pub(crate) file: PathBuf,

    /// The job
    #[arg(long, value_name = "NAME")]
    pub(crate) job: String,

    /// The labels of a discovered target; without them the job's own targets are used
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    pub(crate) labels: Vec<String>,

    /// A JSON file with the labels of several targets: a list of objects
    #[arg(long, value_name = "FILE", conflicts_with = "labels")]
    pub(crate) targets: Option<PathBuf>,

    /// The labels of a scraped sample, for the metric relabel rules
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    pub(crate) metric: Vec<String>,

    /// The version of Prometheus; without it the newest
    #[arg(long, value_name = "VERSION")]
    pub(crate) prometheus: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Source lines with carets, help and fixes
    Human,
    /// One line a finding
    Concise,
    /// One JSON document, of a stable shape
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table
    Human,
    /// JSON
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors only
    Error,
    /// Warnings and errors
    Warning,
    /// Any finding
    Info,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// When standard output is a terminal and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl FailOn {
    pub(crate) fn severity(self) -> Severity {
        match self {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
        }
    }
}
