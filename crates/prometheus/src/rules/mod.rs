//! The rules, one a file; each reads like its page.

use crate::model::Document;
use confvet_core::Rule;

mod address_regex_keeps_port;
mod alert_label_from_value;
mod alert_without_for;
mod alerts_go_nowhere;
mod bad_target_address;
mod conflicting_settings;
mod duplicate_key;
mod duplicate_name;
mod duplicate_rule;
mod env_not_expanded;
mod extra_document;
mod hidden_label_stored;
mod honor_labels_missing;
mod identity_collapsed;
mod implicit_port;
mod insecure_transport;
mod interval_exceeds_lookback;
mod invalid_value;
mod job_label_lost;
mod label_wrong_stage;
mod labelmap_collision;
mod meta_label_unavailable;
mod meta_label_unknown;
mod missing_file;
mod missing_required;
mod null_resets_default;
mod promql_syntax;
mod query_in_metrics_path;
mod range_too_short;
mod relabel_bad_fields;
mod relabel_bad_reference;
mod relabel_bad_regex;
mod relabel_dead_rule;
mod relabel_drops_everything;
mod relabel_ignored_field;
mod removed_or_changed;
mod required_label_removed;
mod rule_invalid;
mod sd_split_list;
mod series_collision;
mod template_label_lost;
mod timeout_exceeds_interval;
mod tls_without_https;
mod unknown_job_selector;
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
    &missing_file::RULE,
    &removed_or_changed::RULE,
    &timeout_exceeds_interval::RULE,
    &interval_exceeds_lookback::RULE,
    &bad_target_address::RULE,
    &implicit_port::RULE,
    &query_in_metrics_path::RULE,
    &tls_without_https::RULE,
    &sd_split_list::RULE,
    &honor_labels_missing::RULE,
    &insecure_transport::RULE,
    &relabel_bad_fields::RULE,
    &relabel_bad_regex::RULE,
    &relabel_ignored_field::RULE,
    &relabel_bad_reference::RULE,
    &relabel_drops_everything::RULE,
    &relabel_dead_rule::RULE,
    &meta_label_unknown::RULE,
    &meta_label_unavailable::RULE,
    &label_wrong_stage::RULE,
    &required_label_removed::RULE,
    &series_collision::RULE,
    &identity_collapsed::RULE,
    &job_label_lost::RULE,
    &hidden_label_stored::RULE,
    &labelmap_collision::RULE,
    &address_regex_keeps_port::RULE,
    &rule_invalid::RULE,
    &promql_syntax::RULE,
    &range_too_short::RULE,
    &alert_label_from_value::RULE,
    &alert_without_for::RULE,
    &template_label_lost::RULE,
    &duplicate_rule::RULE,
    &alerts_go_nowhere::RULE,
    &unknown_job_selector::RULE,
];
