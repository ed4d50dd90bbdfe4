//! The kernel settings and the gateways that lie in one directory tree, as the rules about both need them.

use crate::model::Ipsec;
use crate::syntax::sysctl::SysctlLine;
use confvet_core::{Map, Set};

/// One machine's files.
#[derive(Default)]
pub(super) struct Tree<'a> {
    /// Lines in the order of the kernel: `sysctl.d` by file name, `sysctl.conf` last.
    pub(super) lines: Vec<&'a SysctlLine>,
    /// The gateways.
    pub(super) gateways: Vec<&'a Ipsec>,
}

/// Every directory tree that holds both a gateway and kernel settings.
pub(super) fn trees(set: &Set<Ipsec>) -> Vec<Tree<'_>> {
    let mut by_tree: Map<&str, Tree<'_>> = Map::new();
    // Members are sorted by path: `sysctl.conf` sorts before `sysctl.d/`, but counts last.
    let mut members: Vec<&Ipsec> = set.members.iter().map(confvet_core::Member::model).collect();
    members.sort_by_key(|model| model.kind == "sysctl.conf" && !model.in_directory);
    for model in members {
        let tree = by_tree.or_default(model.tree.as_str());
        if model.kind == "sysctl.conf" {
            tree.lines.extend(&model.sysctl);
        } else {
            tree.gateways.push(model);
        }
    }
    by_tree.into_sorted().into_values().filter(|tree| !tree.lines.is_empty() && !tree.gateways.is_empty()).collect()
}
