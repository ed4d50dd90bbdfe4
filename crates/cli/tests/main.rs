//! The command through its binary.

mod bad_input;
mod command;
mod elasticsearch;
mod fixtures;
mod relabel;
mod secrets;
mod support;
