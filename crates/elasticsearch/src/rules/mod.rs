//! The rules, one line each.

use crate::model::Elasticsearch;
use confvet_core::{Rule, Set};

mod allocation_restricted;
mod auto_create_index;
mod bad_value;
mod breaker_limits;
mod cluster_name_default;
mod cluster_name_mismatch;
mod config_file_name;
mod container_config;
mod cors_open;
mod destructive_wildcards;
mod discovery_not_configured;
mod disk_watermarks;
mod duplicate_node_name;
mod duplicate_setting;
mod even_master_count;
mod index_setting_in_node_config;
mod initial_master_nodes_left;
mod initial_master_nodes_mismatch;
mod initial_master_nodes_missing;
mod jvm_env_ignored;
mod jvm_flag_harmful;
mod jvm_flag_unsupported;
mod jvm_heap_compressed_oops;
mod jvm_heap_dump;
mod jvm_heap_over_half_ram;
mod jvm_heap_set_twice;
mod jvm_heap_too_small;
mod jvm_heap_unequal;
mod jvm_line_format;
mod jvm_options_d_ignored;
mod loopback_in_cluster;
mod memory_lock;
mod minimum_master_nodes_ignored;
mod minimum_master_nodes_missing;
mod minimum_master_nodes_wrong;
mod no_master_or_data_node;
mod node_roles_conflict;
mod open_without_security;
mod path_data;
mod placeholder_unresolved;
mod recovery_gates;
mod removed_setting;
mod secure_setting_in_file;
mod seed_host_http_port;
mod seed_hosts_inconsistent;
mod seed_hosts_missing_node;
mod single_node_conflict;
mod ssl_incomplete;
mod thread_pool;
mod transport_tls_missing;
mod unknown_setting;
mod yaml_syntax;

/// Rules that see one configuration.
pub(crate) static FILE_RULES: &[&Rule<Elasticsearch>] = &[
    &auto_create_index::RULE,
    &bad_value::RULE,
    &breaker_limits::RULE,
    &cluster_name_default::RULE,
    &config_file_name::RULE,
    &container_config::RULE,
    &cors_open::RULE,
    &destructive_wildcards::RULE,
    &disk_watermarks::RULE,
    &duplicate_setting::RULE,
    &index_setting_in_node_config::RULE,
    &jvm_env_ignored::RULE,
    &jvm_flag_harmful::RULE,
    &jvm_flag_unsupported::RULE,
    &jvm_heap_compressed_oops::RULE,
    &jvm_heap_dump::RULE,
    &jvm_heap_set_twice::RULE,
    &jvm_heap_too_small::RULE,
    &jvm_heap_unequal::RULE,
    &jvm_line_format::RULE,
    &jvm_options_d_ignored::RULE,
    &memory_lock::RULE,
    &node_roles_conflict::RULE,
    &open_without_security::RULE,
    &path_data::RULE,
    &placeholder_unresolved::RULE,
    &removed_setting::RULE,
    &secure_setting_in_file::RULE,
    &ssl_incomplete::RULE,
    &thread_pool::RULE,
    &transport_tls_missing::RULE,
    &unknown_setting::RULE,
    &yaml_syntax::RULE,
];

/// Rules that see all configurations of a stack.
pub(crate) static SET_RULES: &[&Rule<Set<Elasticsearch>>] = &[
    &allocation_restricted::RULE,
    &cluster_name_mismatch::RULE,
    &discovery_not_configured::RULE,
    &duplicate_node_name::RULE,
    &even_master_count::RULE,
    &initial_master_nodes_left::RULE,
    &initial_master_nodes_mismatch::RULE,
    &initial_master_nodes_missing::RULE,
    &jvm_heap_over_half_ram::RULE,
    &loopback_in_cluster::RULE,
    &minimum_master_nodes_ignored::RULE,
    &minimum_master_nodes_missing::RULE,
    &minimum_master_nodes_wrong::RULE,
    &no_master_or_data_node::RULE,
    &recovery_gates::RULE,
    &seed_host_http_port::RULE,
    &seed_hosts_inconsistent::RULE,
    &seed_hosts_missing_node::RULE,
    &single_node_conflict::RULE,
];
