//! The rules, one line each.

use crate::model::Nginx;
use confvet_core::Rule;

pub(crate) static FILE_RULES: &[&Rule<Nginx>] = &[];
