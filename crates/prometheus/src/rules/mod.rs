//! The rules.
use crate::model::Document;
use confvet_core::Rule;
pub(crate) static FILE_RULES: &[&Rule<Document>] = &[];
