//! The list of rules: one line a rule.

/// A check that looks at each configuration of a file.
macro_rules! each_config {
    ($check:path) => {
        |document, ctx, findings| document.configs().for_each(|config| $check(config, ctx, findings))
    };
}

/// A check that looks at each document of a file.
macro_rules! each_part {
    ($check:path) => {
        |document, ctx, findings| document.parts().iter().for_each(|part| $check(part, ctx, findings))
    };
}

mod address_invalid;
mod archive_misconfigured;
mod bootstrap_drift;
mod bootstrap_paused;
mod cluster_no_candidate;
mod connect_address_unreachable;
mod credentials_differ;
mod dcs_differs;
mod dcs_quorum;
mod dcs_section;
mod dcs_transport;
mod duplicate_key;
mod dynamic_number_with_unit;
mod hba_ambiguous_address;
mod hba_list_ignored;
mod hba_locks_out_patroni;
mod hba_method;
mod hba_missing;
mod hba_no_replication;
mod hba_shadowed;
mod hba_ssl_disabled;
mod hba_syntax;
mod hba_trust_remote;
mod hba_zero_mask;
mod health_check_dead;
mod health_check_wrong_role;
mod initdb_options;
mod invalid_value;
mod member_identity;
mod memory_overcommit;
mod method_undefined;
mod misplaced_key;
mod missing_required;
mod old_layout;
mod parameter_bad_value;
mod parameter_below_minimum;
mod parameter_ignored;
mod parameter_unknown;
mod replication_capacity;
mod restapi_client_cert;
mod restapi_tls_differs;
mod restapi_unprotected;
mod rewind_impossible;
mod scope_differs;
mod slots_misconfigured;
mod sync_unsatisfiable;
mod synchronous_mode_ineffective;
mod tag_misread;
mod timing_inequality;
mod unknown_key;
mod unsafe_durability;
mod validate_config;
mod version_gated;
mod watchdog_ineffective;
mod wrong_type;
mod yaml_invalid;

use crate::Document;
use crate::model::Config;
use confvet_core::{Map, Rule, Set};

/// Rules that see one file.
pub(crate) static FILE_RULES: &[&Rule<Document>] = &[
    &yaml_invalid::RULE,
    &duplicate_key::RULE,
    &missing_required::RULE,
    &old_layout::RULE,
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
    &hba_ssl_disabled::RULE,
    &hba_list_ignored::RULE,
    &restapi_unprotected::RULE,
    &restapi_client_cert::RULE,
    &connect_address_unreachable::RULE,
    &dcs_section::RULE,
    &watchdog_ineffective::RULE,
    &memory_overcommit::RULE,
    &hba_ambiguous_address::RULE,
    &hba_method::RULE,
    &unknown_key::RULE,
    &parameter_unknown::RULE,
    &initdb_options::RULE,
    &dcs_transport::RULE,
    &invalid_value::RULE,
    &validate_config::RULE,
];

/// Rules that see all files of one stack.
pub(crate) static SET_RULES: &[&Rule<Set<Document>>] = &[
    &hba_no_replication::RULE,
    &hba_locks_out_patroni::RULE,
    &hba_missing::RULE,
    &member_identity::RULE,
    &credentials_differ::RULE,
    &dcs_differs::RULE,
    &restapi_tls_differs::RULE,
    &cluster_no_candidate::RULE,
    &bootstrap_drift::RULE,
    &version_gated::RULE,
    &tag_misread::RULE,
    &slots_misconfigured::RULE,
    &scope_differs::RULE,
    &sync_unsatisfiable::RULE,
    &replication_capacity::RULE,
    &dcs_quorum::RULE,
    &health_check_wrong_role::RULE,
    &health_check_dead::RULE,
];

/// The configurations of a cluster that names itself.
struct Cluster<'a> {
    /// Namespace and scope.
    name: &'a str,
    /// Its configurations, by path.
    members: Vec<&'a Config>,
}

/// Clusters with more members than this are made by programs; comparing each pair would take too long.
const LARGEST: usize = 50;

impl<'a> Cluster<'a> {
    /// Each member with each other one.
    fn pairs(&self) -> impl Iterator<Item = (&'a Config, &'a Config)> + '_ {
        let few = if self.members.len() > LARGEST { &[] } else { self.members.as_slice() };
        few.iter()
            .flat_map(move |first| few.iter().map(move |second| (*first, *second)))
            .filter(|(a, b)| !std::ptr::eq(*a, *b))
    }
}

/// The cluster of a configuration.
fn cluster_of<'c, 'a>(clusters: &'c [Cluster<'a>], config: &Config) -> Option<&'c Cluster<'a>> {
    let name = config.cluster()?.value;
    clusters.binary_search_by(|cluster| cluster.name.cmp(name)).ok().map(|at| &clusters[at])
}

/// The clusters of a stack, by name.
fn clusters(set: &Set<Document>) -> Vec<Cluster<'_>> {
    let mut clusters: Map<&str, Vec<&Config>> = Map::new();
    for config in set.members.iter().flat_map(|member| member.model().configs()) {
        if let Some(name) = config.cluster() {
            clusters.or_default(name.value).push(config);
        }
    }
    clusters.into_sorted().into_iter().map(|(name, members)| Cluster { name, members }).collect()
}
