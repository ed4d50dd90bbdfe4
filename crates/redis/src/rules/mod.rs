//! The list of rules, in the order of their pages: one line a rule.

use crate::model::Document;
use confvet_core::{Rule, Set};

/// Rules that see one file with its includes.
pub(crate) static FILE_RULES: &[&Rule<Document>] = &[];

/// Rules that see all files of one stack.
pub(crate) static SET_RULES: &[&Rule<Set<Document>>] = &[];
