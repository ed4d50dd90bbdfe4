//! Relabelling: the rules, the regular expressions and replacement texts in them, and an engine that shows every step.

mod address;
mod engine;
mod regex;
mod rule;
mod target;
mod template;

pub use address::PortSlip;
pub use engine::{Change, Labels, Outcome, Step, Trace, relabel, relabel_in_place};
pub use regex::{Captures, Dialect, Pattern, PatternError, PatternErrorKind};
pub use rule::{Action, Draft, Field, NameScheme, RelabelRule, RuleError, default_regex};
pub use target::{JobSettings, Semantics, TargetTrace, TargetVerdict, simulate_target};
pub use template::{Part, Reference, Template};

pub(crate) use engine::constant_name;
pub(crate) use target::discovered;
