//! The list of rules: one line a rule.

mod address_invalid;
mod archive_misconfigured;
mod bootstrap_drift;
mod bootstrap_paused;
mod cluster_no_candidate;
mod connect_address_unreachable;
mod credentials_differ;
mod dcs_differs;
mod dcs_section;
mod dcs_transport;
mod duplicate_key;
mod dynamic_number_with_unit;
mod hba_ambiguous_address;
mod hba_list_ignored;
mod hba_locks_out_patroni;
mod hba_missing;
mod hba_no_replication;
mod hba_shadowed;
mod hba_ssl_disabled;
mod hba_syntax;
mod hba_trust_remote;
mod hba_zero_mask;
mod initdb_options;
mod invalid_value;
mod member_identity;
mod memory_overcommit;
mod method_undefined;
mod misplaced_key;
mod missing_required;
mod parameter_bad_value;
mod parameter_below_minimum;
mod parameter_ignored;
mod parameter_unknown;
mod restapi_client_cert;
mod restapi_tls_differs;
mod restapi_unprotected;
mod rewind_impossible;
mod slots_misconfigured;
mod synchronous_mode_ineffective;
mod tag_misread;
mod timing_inequality;
mod unknown_key;
mod unsafe_durability;
mod version_gated;
mod watchdog_ineffective;
mod wrong_type;
mod yaml_invalid;

use crate::model::{Config, Document};
use confvet_core::{Rule, Set};

/// Rules that see one file.
pub(crate) static FILE_RULES: &[&Rule<Document>] = &[
    &yaml_invalid::RULE,
    &duplicate_key::RULE,
    &missing_required::RULE,
    &wrong_type::RULE,
    &misplaced_key::RULE,
    &address_invalid::RULE,
    &dynamic_number_with_unit::RULE,
    &timing_inequality::RULE,
    &synchronous_mode_ineffective::RULE,
    &bootstrap_paused::RULE,
    &method_undefined::RULE,
    &parameter_ignored::RULE,
    &parameter_below_minimum::RULE,
    &parameter_bad_value::RULE,
    &unsafe_durability::RULE,
    &archive_misconfigured::RULE,
    &rewind_impossible::RULE,
    &hba_syntax::RULE,
    &hba_zero_mask::RULE,
    &hba_trust_remote::RULE,
    &hba_shadowed::RULE,
    &hba_no_replication::RULE,
    &hba_locks_out_patroni::RULE,
    &hba_ssl_disabled::RULE,
    &hba_missing::RULE,
    &hba_list_ignored::RULE,
    &restapi_unprotected::RULE,
    &restapi_client_cert::RULE,
    &connect_address_unreachable::RULE,
    &dcs_section::RULE,
    &tag_misread::RULE,
    &watchdog_ineffective::RULE,
    &slots_misconfigured::RULE,
    &memory_overcommit::RULE,
    &hba_ambiguous_address::RULE,
    &unknown_key::RULE,
    &parameter_unknown::RULE,
    &initdb_options::RULE,
    &dcs_transport::RULE,
    &version_gated::RULE,
    &invalid_value::RULE,
];

/// Rules that see all files of one stack.
pub(crate) static SET_RULES: &[&Rule<Set<Document>>] = &[
    &member_identity::RULE,
    &credentials_differ::RULE,
    &dcs_differs::RULE,
    &restapi_tls_differs::RULE,
    &cluster_no_candidate::RULE,
    &bootstrap_drift::RULE,
];

/// The configurations of each cluster that names itself, by cluster.
fn clusters(set: &Set<Document>) -> Vec<(&str, Vec<&Config>)> {
    let named = set.clusters().into_iter().filter(|(name, _)| !name.is_empty());
    named
        .map(|(name, members)| (name, members.into_iter().filter_map(|member| member.model().config()).collect()))
        .collect()
}
