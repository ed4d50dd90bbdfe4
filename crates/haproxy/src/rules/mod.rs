//! The list of rules.

mod ambiguous_name;
mod check_ineffective;
mod database_in_http_mode;
mod default_server_order;
mod deprecated_keyword;
mod duplicate_name;
mod empty_argument;
mod env_not_expanded;
mod http_check_request;
mod http_feature_in_tcp_mode;
mod invalid_combination;
mod invalid_value;
mod keyword_ignored;
mod keyword_not_allowed;
mod missing_timeouts;
mod mode_mismatch;
mod patroni_check_target;
mod patroni_no_role_check;
mod patroni_no_session_shutdown;
mod patroni_pool_members;
mod patroni_reload_keeps_sessions;
mod patroni_replica_endpoint;
mod patroni_slow_detection;
mod patroni_unusable_endpoint;
mod patroni_writer_endpoint;
mod redis_no_role_check;
mod removed_keyword;
mod server_without_check;
mod suspicious_acl_pattern;
mod syntax_error;
mod time_without_unit;
mod undefined_reference;
mod unknown_keyword;
mod unquoted_hash;
mod value_read_partly;

use crate::model::Haproxy;
use confvet_core::Rule;

/// Rules that see one configuration, in the order of the catalogue.
pub(crate) static FILE_RULES: &[&Rule<Haproxy>] = &[
    &syntax_error::RULE,
    &empty_argument::RULE,
    &unknown_keyword::RULE,
    &keyword_not_allowed::RULE,
    &keyword_ignored::RULE,
    &invalid_value::RULE,
    &value_read_partly::RULE,
    &removed_keyword::RULE,
    &deprecated_keyword::RULE,
    &undefined_reference::RULE,
    &duplicate_name::RULE,
    &ambiguous_name::RULE,
    &invalid_combination::RULE,
    &time_without_unit::RULE,
    &unquoted_hash::RULE,
    &env_not_expanded::RULE,
    &suspicious_acl_pattern::RULE,
    &patroni_writer_endpoint::RULE,
    &patroni_replica_endpoint::RULE,
    &patroni_unusable_endpoint::RULE,
    &patroni_no_role_check::RULE,
    &patroni_check_target::RULE,
    &patroni_no_session_shutdown::RULE,
    &patroni_reload_keeps_sessions::RULE,
    &patroni_slow_detection::RULE,
    &patroni_pool_members::RULE,
    &redis_no_role_check::RULE,
    &missing_timeouts::RULE,
    &server_without_check::RULE,
    &check_ineffective::RULE,
    &http_check_request::RULE,
    &default_server_order::RULE,
    &http_feature_in_tcp_mode::RULE,
    &mode_mismatch::RULE,
    &database_in_http_mode::RULE,
];
