//! The list of rules: one line a rule.

mod acl_syntax;
mod cluster_config;
mod env_placeholder;
mod eviction_on_datastore;
mod info_snapshot;
mod inline_comment;
mod invalid_value;
mod lexical_error;
mod maxmemory_size;
mod maxmemory_unset;
mod memory_unit;
mod no_promotable_replica;
mod noeviction_cache;
mod number_suffix_ignored;
mod open_to_world;
mod persistence_mismatch;
mod replica_auth_missing;
mod requirepass_ignored;
mod save_format;
mod sentinel_auth;
mod sentinel_mismatch;
mod sentinel_quorum;
mod sentinel_statement;
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
    &cluster_config::RULE,
    &open_to_world::RULE,
    &weak_password::RULE,
    &requirepass_ignored::RULE,
    &acl_syntax::RULE,
    &tls_incomplete::RULE,
    &unreachable_listener::RULE,
    &sentinel_statement::RULE,
    &info_snapshot::RULE,
];

/// Rules that see all files of one stack.
pub(crate) static SET_RULES: &[&Rule<Set<Document>>] = &[
    &noeviction_cache::RULE,
    &volatile_policy_no_ttl::RULE,
    &maxmemory_unset::RULE,
    &persistence_mismatch::RULE,
    &replica_auth_missing::RULE,
    &no_promotable_replica::RULE,
    &sentinel_quorum::RULE,
    &sentinel_mismatch::RULE,
    &sentinel_auth::RULE,
];
