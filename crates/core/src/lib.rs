//! What every confvet system shares: [`Sources`] and [`Span`]s, [`Diagnostic`]s with [`Fix`]es, the shape of a
//! [`Rule`] and of a [`System`], and what is known about the machine ([`Target`], [`Facts`]).
//!
//! This crate knows no configuration format and does no input or output.
#![forbid(unsafe_code)]

mod address;
mod diagnostic;
mod edit;
mod facts;
mod map;
mod rule;
mod set;
pub mod source;
mod span;
mod suggest;
mod system;
pub mod table;
mod target;
pub mod units;

pub use address::{Address, Host, HostId, Hosts};
pub use diagnostic::{Category, Diagnostic, Fix, Label, Report, Safety, Severity, UnknownWord};
pub use edit::{Edit, EditError, apply};
pub use facts::{Fact, FactError, FactKind, FactValue, Facts};
pub use map::{Keys, Map};
pub use rule::{Context, Findings, Rule, RuleInfo};
pub use semver::{Version, VersionReq};
pub use set::{Member, Set};
pub use source::{Position, Source, Sources};
pub use span::{FileId, Span, Spanned, spanned_protocol};
pub use suggest::{did_you_mean, nearest};
pub use system::{Confidence, Detection, Hint, HintScope, Identity, Input, Parsed, Statement, System, read_alone};
pub use target::{Target, TargetError, VersionError, parse_version};
