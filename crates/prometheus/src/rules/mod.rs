//! The rules, one a file; each reads like its page.

use crate::model::Document;
use confvet_core::Rule;

mod bad_target_address;
mod conflicting_settings;
mod duplicate_key;
mod duplicate_name;
mod env_not_expanded;
mod extra_document;
mod identity_collapsed;
mod implicit_port;
mod interval_exceeds_lookback;
mod invalid_value;
mod label_wrong_stage;
mod meta_label_unavailable;
mod meta_label_unknown;
mod missing_required;
mod null_resets_default;
mod promql_syntax;
mod query_in_metrics_path;
mod range_too_short;
mod relabel_bad_fields;
mod relabel_bad_reference;
mod relabel_bad_regex;
mod relabel_drops_everything;
mod removed_or_changed;
mod required_label_removed;
mod rule_invalid;
mod sd_split_list;
mod series_collision;
mod timeout_exceeds_interval;
mod tls_without_https;
mod unknown_key;
mod wrong_type;
mod yaml_syntax;

pub(crate) static FILE_RULES: &[&Rule<Document>] = &[
    &yaml_syntax::RULE,
    &unknown_key::RULE,
    &wrong_type::RULE,
    &duplicate_key::RULE,
    &missing_required::RULE,
    &invalid_value::RULE,
    &conflicting_settings::RULE,
    &duplicate_name::RULE,
    &null_resets_default::RULE,
    &extra_document::RULE,
    &env_not_expanded::RULE,
    &removed_or_changed::RULE,
    &timeout_exceeds_interval::RULE,
    &interval_exceeds_lookback::RULE,
    &bad_target_address::RULE,
    &implicit_port::RULE,
    &query_in_metrics_path::RULE,
    &tls_without_https::RULE,
    &sd_split_list::RULE,
    &relabel_bad_fields::RULE,
    &relabel_bad_regex::RULE,
    &relabel_bad_reference::RULE,
    &relabel_drops_everything::RULE,
    &meta_label_unknown::RULE,
    &meta_label_unavailable::RULE,
    &label_wrong_stage::RULE,
    &required_label_removed::RULE,
    &series_collision::RULE,
    &identity_collapsed::RULE,
    &rule_invalid::RULE,
    &promql_syntax::RULE,
    &range_too_short::RULE,
];
