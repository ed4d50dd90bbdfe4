//! The rules, one line each.

mod add_header_content_type;
mod add_header_inheritance;
mod add_header_multiline;
mod alias_slash_mismatch;
mod alias_traversal;
mod allow_without_deny;
mod arg_count;
mod body_size_limit;
mod capture_missing;
mod comma_list;
mod default_server_missing;
mod deprecated;
mod directive_context;
mod duplicate_definition;
mod duplicate_directive;
mod dynamic_dns_defeated;
mod ecdh_unknown_group;
mod error_log_off;
mod filesystem_root;
mod header_name_colon;
mod host_header_spoofing;
mod hsts;
mod http2_misdirected;
mod http_splitting;
mod if_in_location;
mod include_unresolved;
mod invalid_regex;
mod invalid_value;
mod keepalive_requests_low;
mod known_cve;
mod limit_zone_behind_proxy;
mod listen_443_plain;
mod location_never_matches;
mod location_shadowed;
mod map_entry;
mod map_without_default;
mod missing_semicolon;
mod next_upstream_non_idempotent;
mod origin_regex;
mod proxy_buffer_sizes;
mod proxy_header_inheritance;
mod proxy_pass_normalized;
mod proxy_pass_slash_mismatch;
mod proxy_pass_uri_forbidden;
mod proxy_pass_variable_uri;
mod proxy_ssl_name;
mod proxy_timeout;
mod quic_bpf_reuseport;
mod realip_trust_all;
mod regex_exact_match;
mod regex_redos;
mod regex_unanchored;
mod resolve_ignored;
mod resolve_unqualified_name;
mod resolve_unsupported_version;
mod resolve_without_resolver;
mod resolve_without_zone;
mod resolver_cache_too_long;
mod resolver_external;
mod resolver_ipv6;
mod resolver_unused;
mod return_bypasses_access;
mod rewrite_loop;
mod root_in_location;
mod server_name_conflict;
mod server_name_suspicious;
mod server_tokens;
mod ssl_certificate_missing;
mod ssrf;
mod stapling_dead_ca;
mod stapling_without_resolver;
mod stub_status_exposed;
mod syntax;
mod try_files_uncached;
mod undefined_reference;
mod unknown_directive;
mod unknown_variable;
mod unreachable_after_return;
mod upstream_backup_unsupported;
mod upstream_host_header;
mod upstream_https_default_port;
mod upstream_keepalive_ineffective;
mod upstream_method_order;
mod upstream_no_usable_server;
mod upstream_single_server_params;
mod upstream_static_dns;
mod upstream_undefined;
mod upstream_unused;
mod upstream_zone_size;
mod valid_referers_none;
mod variable_upstream_without_resolver;
mod version_mismatch;
mod weak_tls;
mod websocket_headers;
mod worker_rlimit;

use crate::model::Nginx;
use confvet_core::Rule;

pub(crate) static FILE_RULES: &[&Rule<Nginx>] = &[
    &syntax::RULE,
    &missing_semicolon::RULE,
    &unknown_directive::RULE,
    &directive_context::RULE,
    &arg_count::RULE,
    &invalid_value::RULE,
    &duplicate_directive::RULE,
    &unknown_variable::RULE,
    &version_mismatch::RULE,
    &undefined_reference::RULE,
    &ssl_certificate_missing::RULE,
    &upstream_static_dns::RULE,
    &resolve_unsupported_version::RULE,
    &resolve_without_zone::RULE,
    &resolve_without_resolver::RULE,
    &variable_upstream_without_resolver::RULE,
    &dynamic_dns_defeated::RULE,
    &resolver_unused::RULE,
    &upstream_https_default_port::RULE,
    &upstream_backup_unsupported::RULE,
    &upstream_keepalive_ineffective::RULE,
    &upstream_no_usable_server::RULE,
    &next_upstream_non_idempotent::RULE,
    &proxy_pass_uri_forbidden::RULE,
    &proxy_pass_variable_uri::RULE,
    &proxy_header_inheritance::RULE,
    &http_splitting::RULE,
    &alias_traversal::RULE,
    &ssrf::RULE,
    &add_header_inheritance::RULE,
    &allow_without_deny::RULE,
    &return_bypasses_access::RULE,
    &filesystem_root::RULE,
    &weak_tls::RULE,
    &deprecated::RULE,
    &include_unresolved::RULE,
    &map_entry::RULE,
    &duplicate_definition::RULE,
    &invalid_regex::RULE,
    &listen_443_plain::RULE,
    &proxy_buffer_sizes::RULE,
    &resolver_external::RULE,
    &resolver_cache_too_long::RULE,
    &resolve_unqualified_name::RULE,
    &upstream_zone_size::RULE,
    &upstream_host_header::RULE,
    &proxy_ssl_name::RULE,
    &upstream_method_order::RULE,
    &upstream_undefined::RULE,
    &proxy_pass_slash_mismatch::RULE,
    &location_shadowed::RULE,
    &location_never_matches::RULE,
    &server_name_conflict::RULE,
    &server_name_suspicious::RULE,
    &header_name_colon::RULE,
    &websocket_headers::RULE,
    &realip_trust_all::RULE,
    &alias_slash_mismatch::RULE,
    &host_header_spoofing::RULE,
    &add_header_multiline::RULE,
    &origin_regex::RULE,
    &stub_status_exposed::RULE,
    &valid_referers_none::RULE,
    &if_in_location::RULE,
    &regex_redos::RULE,
    &capture_missing::RULE,
    &error_log_off::RULE,
    &worker_rlimit::RULE,
    &ecdh_unknown_group::RULE,
    &known_cve::RULE,
    &upstream_unused::RULE,
    &upstream_single_server_params::RULE,
    &resolve_ignored::RULE,
    &resolver_ipv6::RULE,
    &add_header_content_type::RULE,
    &map_without_default::RULE,
    &default_server_missing::RULE,
    &hsts::RULE,
    &server_tokens::RULE,
    &regex_unanchored::RULE,
    &regex_exact_match::RULE,
    &keepalive_requests_low::RULE,
    &stapling_without_resolver::RULE,
    &stapling_dead_ca::RULE,
    &http2_misdirected::RULE,
    &quic_bpf_reuseport::RULE,
    &proxy_timeout::RULE,
    &body_size_limit::RULE,
    &root_in_location::RULE,
    &unreachable_after_return::RULE,
    &comma_list::RULE,
    &rewrite_loop::RULE,
    &limit_zone_behind_proxy::RULE,
    &try_files_uncached::RULE,
    &proxy_pass_normalized::RULE,
];
