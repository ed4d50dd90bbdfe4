//! The list of rules: one line a rule.

mod env_placeholder;
mod inline_comment;
mod invalid_value;
mod lexical_error;
mod memory_unit;
mod number_suffix_ignored;
mod save_format;
mod unknown_directive;
mod wrong_arity;

use crate::model::Document;
use confvet_core::{Rule, Set};

/// Rules that see one file with its includes.
pub(crate) static FILE_RULES: &[&Rule<Document>] = &[
    &unknown_directive::RULE,
    &invalid_value::RULE,
    &wrong_arity::RULE,
    &inline_comment::RULE,
    &lexical_error::RULE,
    &memory_unit::RULE,
    &number_suffix_ignored::RULE,
    &env_placeholder::RULE,
    &save_format::RULE,
];

/// Rules that see all files of one stack.
pub(crate) static SET_RULES: &[&Rule<Set<Document>>] = &[];
