//! Which configurations form one stack, and on which machine each lies.

use confvet_core::{Address, HostId, Hosts, Identity};
use globset::GlobSet;

/// One configuration as grouping sees it.
#[derive(Debug)]
pub(crate) struct Unit<'a> {
    pub(crate) path: &'a str,
    pub(crate) system: &'static str,
    pub(crate) identity: &'a Identity,
    pub(crate) files: Vec<&'a str>,
}

/// A stack declared in confvet.toml.
#[derive(Debug, Clone, Default)]
pub(crate) struct StackDecl {
    pub(crate) name: String,
    pub(crate) files: GlobSet,
    pub(crate) complete: bool,
    pub(crate) hosts: Vec<(String, Vec<Address>)>,
    pub(crate) file_hosts: Vec<(String, String)>,
}

/// Configurations that belong together.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) complete: bool,
    pub(crate) units: Vec<usize>,
    pub(crate) hosts: Hosts,
    pub(crate) host_of: Vec<Option<HostId>>,
}

pub(crate) fn group(root: &str, units: &[Unit<'_>], declared: &[StackDecl]) -> Vec<Stack> {
    let _ = declared;
    vec![Stack {
        name: root.to_owned(),
        complete: false,
        units: (0..units.len()).collect(),
        hosts: Hosts::default(),
        host_of: vec![None; units.len()],
    }]
}
