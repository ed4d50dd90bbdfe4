//! The rules, one line each.

mod arg_count;
mod directive_context;
mod duplicate_directive;
mod dynamic_dns_defeated;
mod invalid_value;
mod missing_semicolon;
mod next_upstream_non_idempotent;
mod proxy_header_inheritance;
mod proxy_pass_uri_forbidden;
mod proxy_pass_variable_uri;
mod resolve_unsupported_version;
mod resolve_without_resolver;
mod resolve_without_zone;
mod resolver_unused;
mod ssl_certificate_missing;
mod syntax;
mod undefined_reference;
mod unknown_directive;
mod unknown_variable;
mod upstream_backup_unsupported;
mod upstream_https_default_port;
mod upstream_keepalive_ineffective;
mod upstream_no_usable_server;
mod upstream_static_dns;
mod variable_upstream_without_resolver;
mod version_mismatch;

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
];
