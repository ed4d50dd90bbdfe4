//! Relabelling: the rules, the regular expressions and replacement texts in them, and an engine that shows every step.

mod address;
mod engine;
mod patterns;
mod regex;
mod rule;
mod target;
mod template;

pub use address::PortSlip;
pub use engine::{Change, Labels, Outcome, Step, Trace, relabel};
pub use regex::{Captures, Dialect, Pattern, PatternError, PatternErrorKind};
pub use rule::{Action, Draft, Field, NameScheme, RelabelRule, RuleError, default_regex};
pub use target::{JobSettings, Semantics, TargetTrace, TargetVerdict, simulate_target};
pub use template::{Part, Reference, Template};

pub(crate) use engine::{FlatLabels, LabelSet, constant_name, relabel_in_place};
pub(crate) use patterns::Patterns;
