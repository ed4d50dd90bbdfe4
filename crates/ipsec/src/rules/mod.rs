//! The rules: one file each, one line each here.

mod aggressive_psk;
mod broken_also;
mod conflicting_keys;
mod conn_never_loaded;
mod deprecated;
mod duplicate_conn;
mod duplicate_key;
mod gateway_sysctl;
mod ikev1;
mod ikev1_single_subnet;
mod indentation;
mod inherited_wins;
mod invalid_proposal;
mod invalid_subnet;
mod invalid_value;
mod ip_forward;
mod kernel;
mod mirror_auth;
mod mirror_ike_version;
mod mirror_proposals;
mod mirror_selectors;
mod no_dead_peer_recovery;
mod no_pfs;
mod nobody_initiates;
mod peer_unset;
mod placeholder;
mod psk_any_peer;
mod public_subnet;
mod rekey_margin;
mod reserved_subnet;
mod secret_missing;
mod secrets_permissions;
mod secrets_syntax;
mod subnet_conflict;
mod subnet_host_bits;
mod subnet_overlap;
mod swanctl_discarded;
mod swanctl_syntax;
mod syntax;
mod transport_with_subnets;
mod unauthenticated_esp;
mod unknown_auth_method;
mod unknown_key;
mod weak_crypto;
mod weak_psk;

use crate::model::Ipsec;
use confvet_core::{Rule, Set};

pub(crate) static FILE_RULES: &[&Rule<Ipsec>] = &[
    &aggressive_psk::RULE,
    &broken_also::RULE,
    &conflicting_keys::RULE,
    &conn_never_loaded::RULE,
    &deprecated::RULE,
    &duplicate_conn::RULE,
    &duplicate_key::RULE,
    &ikev1::RULE,
    &ikev1_single_subnet::RULE,
    &indentation::RULE,
    &inherited_wins::RULE,
    &invalid_proposal::RULE,
    &invalid_subnet::RULE,
    &invalid_value::RULE,
    &no_dead_peer_recovery::RULE,
    &no_pfs::RULE,
    &peer_unset::RULE,
    &placeholder::RULE,
    &psk_any_peer::RULE,
    &public_subnet::RULE,
    &rekey_margin::RULE,
    &reserved_subnet::RULE,
    &secret_missing::RULE,
    &secrets_permissions::RULE,
    &secrets_syntax::RULE,
    &subnet_conflict::RULE,
    &subnet_host_bits::RULE,
    &subnet_overlap::RULE,
    &swanctl_discarded::RULE,
    &swanctl_syntax::RULE,
    &syntax::RULE,
    &transport_with_subnets::RULE,
    &unauthenticated_esp::RULE,
    &unknown_auth_method::RULE,
    &unknown_key::RULE,
    &weak_crypto::RULE,
    &weak_psk::RULE,
];

pub(crate) static SET_RULES: &[&Rule<Set<Ipsec>>] = &[
    &gateway_sysctl::RULE,
    &ip_forward::RULE,
    &mirror_auth::RULE,
    &mirror_ike_version::RULE,
    &mirror_proposals::RULE,
    &mirror_selectors::RULE,
    &nobody_initiates::RULE,
];
