//! The rules, one line each.

use crate::model::Elasticsearch;
use confvet_core::{Rule, Set};

mod cluster_name_mismatch;
mod discovery_not_configured;
mod disk_watermarks;
mod duplicate_setting;
mod index_setting_in_node_config;
mod initial_master_nodes_mismatch;
mod initial_master_nodes_missing;
mod jvm_flag_unsupported;
mod jvm_heap_compressed_oops;
mod jvm_heap_over_half_ram;
mod jvm_heap_set_twice;
mod jvm_heap_unequal;
mod jvm_line_format;
mod jvm_options_d_ignored;
mod minimum_master_nodes_ignored;
mod minimum_master_nodes_missing;
mod minimum_master_nodes_wrong;
mod no_master_or_data_node;
mod node_roles_conflict;
mod open_without_security;
mod removed_setting;
mod secure_setting_in_file;
mod seed_host_http_port;
mod seed_hosts_inconsistent;
mod seed_hosts_missing_node;
mod single_node_conflict;
mod transport_tls_missing;
mod unknown_setting;
mod yaml_syntax;

/// Rules that see one configuration.
pub(crate) static FILE_RULES: &[&Rule<Elasticsearch>] = &[
    &disk_watermarks::RULE,
    &duplicate_setting::RULE,
    &index_setting_in_node_config::RULE,
    &jvm_flag_unsupported::RULE,
    &jvm_heap_compressed_oops::RULE,
    &jvm_heap_set_twice::RULE,
    &jvm_heap_unequal::RULE,
    &jvm_line_format::RULE,
    &jvm_options_d_ignored::RULE,
    &minimum_master_nodes_ignored::RULE,
    &node_roles_conflict::RULE,
    &open_without_security::RULE,
    &removed_setting::RULE,
    &secure_setting_in_file::RULE,
    &transport_tls_missing::RULE,
    &unknown_setting::RULE,
    &yaml_syntax::RULE,
];

/// Rules that see all configurations of a stack.
pub(crate) static SET_RULES: &[&Rule<Set<Elasticsearch>>] = &[
    &cluster_name_mismatch::RULE,
    &discovery_not_configured::RULE,
    &initial_master_nodes_mismatch::RULE,
    &initial_master_nodes_missing::RULE,
    &jvm_heap_over_half_ram::RULE,
    &minimum_master_nodes_missing::RULE,
    &minimum_master_nodes_wrong::RULE,
    &no_master_or_data_node::RULE,
    &seed_host_http_port::RULE,
    &seed_hosts_inconsistent::RULE,
    &seed_hosts_missing_node::RULE,
    &single_node_conflict::RULE,
];
