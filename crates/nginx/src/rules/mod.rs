//! The rules, one line each.

mod add_header_inheritance;
mod alias_traversal;
mod allow_without_deny;
mod arg_count;
mod deprecated;
mod directive_context;
mod duplicate_definition;
mod duplicate_directive;
mod dynamic_dns_defeated;
mod filesystem_root;
mod http_splitting;
mod include_unresolved;
mod invalid_regex;
mod invalid_value;
mod listen_443_plain;
mod map_entry;
mod missing_semicolon;
mod next_upstream_non_idempotent;
mod proxy_buffer_sizes;
mod proxy_header_inheritance;
mod proxy_pass_slash_mismatch;
mod proxy_pass_uri_forbidden;
mod proxy_pass_variable_uri;
mod proxy_ssl_name;
mod resolve_unqualified_name;
mod resolve_unsupported_version;
mod resolve_without_resolver;
mod resolve_without_zone;
mod resolver_cache_too_long;
mod resolver_external;
mod resolver_unused;
mod return_bypasses_access;
mod ssl_certificate_missing;
mod ssrf;
mod syntax;
mod undefined_reference;
mod unknown_directive;
mod unknown_variable;
mod upstream_backup_unsupported;
mod upstream_host_header;
mod upstream_https_default_port;
mod upstream_keepalive_ineffective;
mod upstream_method_order;
mod upstream_no_usable_server;
mod upstream_static_dns;
mod upstream_undefined;
mod upstream_zone_size;
mod variable_upstream_without_resolver;
mod version_mismatch;
mod weak_tls;

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
];
