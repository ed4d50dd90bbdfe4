//! The command through its binary.

mod bad_input;
mod command;
mod fixtures;
mod secrets;
mod support;
