//! The list of rules: one line a rule.

mod acl_syntax;
mod acl_user;
mod cloudformation_function;
mod cluster_config;
mod dangerous_switches;
mod duplicate_directive;
mod elasticache_family;
mod elasticache_parameter;
mod elasticache_replication_group;
mod elasticache_reserved_memory;
mod env_placeholder;
mod eviction_on_datastore;
mod include_problem;
mod info_snapshot;
mod inline_comment;
mod invalid_value;
mod lexical_error;
mod maxmemory_size;
mod maxmemory_unset;
mod memory_unit;
mod min_replicas;
mod no_promotable_replica;
mod noeviction_cache;
mod number_suffix_ignored;
mod open_to_world;
mod persistence_mismatch;
mod process_settings;
mod rename_command;
mod replica_auth_missing;
mod replica_memory;
mod replica_writable;
mod replication_limits;
mod requirepass_ignored;
mod save_format;
mod sentinel_auth;
mod sentinel_mismatch;
mod sentinel_quorum;
mod sentinel_statement;
mod sentinel_timing;
mod tls_incomplete;
mod tls_plaintext_gap;
mod unknown_directive;
mod unreachable_listener;
mod volatile_policy_no_ttl;
mod weak_durability;
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
    &open_to_world::RULE,
    &weak_password::RULE,
    &requirepass_ignored::RULE,
    &acl_syntax::RULE,
    &tls_incomplete::RULE,
    &unreachable_listener::RULE,
    &sentinel_statement::RULE,
    &duplicate_directive::RULE,
    &include_problem::RULE,
    &weak_durability::RULE,
    &dangerous_switches::RULE,
    &acl_user::RULE,
    &process_settings::RULE,
    &info_snapshot::RULE,
    &elasticache_parameter::RULE,
    &cloudformation_function::RULE,
];

/// Rules that see all files of one stack.
pub(crate) static SET_RULES: &[&Rule<Set<Document>>] = &[
    &noeviction_cache::RULE,
    &volatile_policy_no_ttl::RULE,
    &maxmemory_unset::RULE,
    &persistence_mismatch::RULE,
    &replica_auth_missing::RULE,
    &no_promotable_replica::RULE,
    &replica_writable::RULE,
    &min_replicas::RULE,
    &replication_limits::RULE,
    &replica_memory::RULE,
    &sentinel_quorum::RULE,
    &sentinel_mismatch::RULE,
    &sentinel_auth::RULE,
    &sentinel_timing::RULE,
    &maxmemory_size::RULE,
    &cluster_config::RULE,
    &rename_command::RULE,
    &tls_plaintext_gap::RULE,
    &eviction_on_datastore::RULE,
    &elasticache_reserved_memory::RULE,
    &elasticache_replication_group::RULE,
    &elasticache_family::RULE,
];
