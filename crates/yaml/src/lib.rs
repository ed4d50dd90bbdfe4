#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod de;
mod diagnose;
mod dialect;
mod edit;
mod flatten;
mod offsets;
mod parse;
mod problem;
mod relax;
pub mod schema;
mod tree;
mod validate;

pub use dialect::{Dialect, Duplicates, Value};
pub use flatten::{Leaf, Leaves};
pub use parse::Limits;
pub use problem::{ProblemKind, SyntaxProblem};
pub use tree::{Document, Entry, Field, Kind, Node, Style, Yaml};
