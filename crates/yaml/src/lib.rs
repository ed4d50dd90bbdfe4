#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod de;
mod diagnose;
mod dialect;
mod flatten;
mod offsets;
mod parse;
mod problem;
mod tree;

pub use dialect::{Dialect, Duplicates, Value};
pub use flatten::{Leaf, Leaves};
pub use parse::Limits;
pub use problem::{ProblemKind, SyntaxProblem};
pub use tree::{Document, Entry, Field, Kind, Node, Style, Yaml};
