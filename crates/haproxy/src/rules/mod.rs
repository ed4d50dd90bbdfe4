//! The list of rules.

mod admin_socket_exposed;
mod ambiguous_name;
mod check_ineffective;
mod cookie_persistence;
mod database_in_http_mode;
mod default_server_order;
mod deprecated_keyword;
mod dns_server_without_resolvers;
mod duplicate_bind;
mod duplicate_name;
mod empty_argument;
mod env_not_expanded;
mod forwarded_header_spoof;
mod http_check_request;
mod http_feature_in_tcp_mode;
mod invalid_combination;
mod invalid_value;
mod keyword_ignored;
mod keyword_not_allowed;
mod logging_missing;
mod maxconn_relations;
mod missing_timeouts;
mod mode_mismatch;
mod no_route;
mod patroni_check_target;
mod patroni_no_role_check;
mod patroni_no_session_shutdown;
mod patroni_pool_members;
mod patroni_reload_keeps_sessions;
mod patroni_replica_endpoint;
mod patroni_slow_detection;
mod patroni_unusable_endpoint;
mod patroni_writer_endpoint;
mod redirect_loop;
mod redis_no_role_check;
mod removed_keyword;
mod server_without_check;
mod short_tcp_idle_timeout;
mod sni_routing;
mod ssl_verify;
mod ssl_weak;
mod stats_exposed;
mod stick_table_usage;
mod suspicious_acl_pattern;
mod syntax_error;
mod time_without_unit;
mod undefined_reference;
mod unknown_keyword;
mod unquoted_hash;
mod unreachable_rule;
mod unused_definition;
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
    &short_tcp_idle_timeout::RULE,
    &server_without_check::RULE,
    &check_ineffective::RULE,
    &http_check_request::RULE,
    &default_server_order::RULE,
    &http_feature_in_tcp_mode::RULE,
    &mode_mismatch::RULE,
    &database_in_http_mode::RULE,
    &unreachable_rule::RULE,
    &no_route::RULE,
    &unused_definition::RULE,
    &duplicate_bind::RULE,
    &sni_routing::RULE,
    &redirect_loop::RULE,
    &dns_server_without_resolvers::RULE,
    &maxconn_relations::RULE,
    &stick_table_usage::RULE,
    &stats_exposed::RULE,
    &admin_socket_exposed::RULE,
    &ssl_verify::RULE,
    &ssl_weak::RULE,
    &forwarded_header_spoof::RULE,
    &cookie_persistence::RULE,
    &logging_missing::RULE,
];
