//! Lints the configuration files that take production down, the way the real programs read them.
//!
//! ```
//! # #[cfg(feature = "redis")] {
//! use confvet::Linter;
//!
//! let linter = Linter::new().fact("redis_workload", "cache").unwrap();
//! let report = linter.lint_text("redis.conf", "maxmemory 2gb\nmaxmemory-policy noeviction\n");
//! for found in report.diagnostics() {
//!     let at = report.sources().start(found.primary.span);
//!     println!("line {}: {} ({})", at.line, found.message, found.rule);
//! }
//! # assert!(!report.diagnostics().is_empty());
//! # }
//! ```
//!
//! Each system is also a crate of its own with a typed model that is of use without the rules; they are re-exported
//! here, one module a system.
//!
//! # Features
//! - one for each system, all on by default;
//! - `fs` (on by default): reading directories, writing fixes, several threads. Without it the crate does no input or
//!   output, and builds for `wasm32-unknown-unknown`;
//! - `text` (on by default): the text of the rule pages.
#![forbid(unsafe_code)]

mod allow;
mod batch;
mod config;
mod engine;
mod fix;
#[cfg(feature = "fs")]
mod fs;
mod glob;
mod grouping;
mod json;
mod levels;
mod linter;
mod model;
mod parallel;
mod report;
mod systems;
mod value;

pub use config::CONFIG_NAME;
pub use confvet_core::{
    Category, Confidence, Detection, Diagnostic, Edit, Fact, FactError, FileId, Fix, Label, Position, RuleInfo, Safety,
    Severity, Source, Sources, Span, TargetError, apply, did_you_mean, units,
};
#[cfg(feature = "elasticsearch")]
pub use confvet_elasticsearch as elasticsearch;
#[cfg(feature = "haproxy")]
pub use confvet_haproxy as haproxy;
#[cfg(feature = "ipsec")]
pub use confvet_ipsec as ipsec;
#[cfg(feature = "nginx")]
pub use confvet_nginx as nginx;
#[cfg(feature = "patroni")]
pub use confvet_patroni as patroni;
#[cfg(feature = "prometheus")]
pub use confvet_prometheus as prometheus;
#[cfg(feature = "redis")]
pub use confvet_redis as redis;
pub use confvet_rules as rules;
pub use fix::Fixed;
#[cfg(feature = "fs")]
pub use fs::{LintError, Progress, WriteError, write_file};
pub use json::{rule_url, to_json};
pub use levels::{Level, LevelError};
pub use linter::{Linter, UnknownSystem};
pub use model::model;
pub use report::{FileReport, Placement, Report, Summary, SystemUse, Unreadable};
pub use systems::{SystemEntry, systems, target_names};
