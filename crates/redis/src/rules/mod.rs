//! The list of rules: one line a rule.

mod acl_syntax;
mod env_placeholder;
mod eviction_on_datastore;
mod inline_comment;
mod invalid_value;
mod lexical_error;
mod maxmemory_size;
mod maxmemory_unset;
mod memory_unit;
mod noeviction_cache;
mod number_suffix_ignored;
mod open_to_world;
mod requirepass_ignored;
mod save_format;
mod tls_incomplete;
mod unknown_directive;
mod unreachable_listener;
mod volatile_policy_no_ttl;
mod weak_password;
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
    &maxmemory_size::RULE,
    &eviction_on_datastore::RULE,
    &unreachable_listener::RULE,
    &tls_incomplete::RULE,
    &acl_syntax::RULE,
    &requirepass_ignored::RULE,
    &weak_password::RULE,
    &open_to_world::RULE,
];

/// Rules that see all files of one stack.
pub(crate) static SET_RULES: &[&Rule<Set<Document>>] =
    &[&noeviction_cache::RULE, &volatile_policy_no_ttl::RULE, &maxmemory_unset::RULE];
