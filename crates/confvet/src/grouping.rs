//! Which configurations belong together (a *stack*), on which machine each is deployed, and which are copies.
//!
//! Set rules and stack rules compare what this module puts together, so every doubt is decided for not comparing.

mod environment;
mod machines;

use crate::glob::Globs;
use confvet_core::{Address, HostId, Hosts, Identity, Map};
use environment::Environments;
use std::fmt;

/// One configuration as grouping sees it.
#[derive(Debug, Clone)]
pub(crate) struct Unit<'a> {
    /// The file it starts from, `/`-separated, relative to the linted directory or to the place of confvet.toml.
    pub(crate) path: &'a str,
    pub(crate) system: &'static str,
    pub(crate) identity: &'a Identity,
    /// The texts of the file and of what it includes, in order: what makes two configurations the same.
    pub(crate) texts: Vec<&'a str>,
}

/// A `[[stack]]` of confvet.toml.
#[derive(Debug, Clone, Default)]
pub(crate) struct StackDecl {
    pub(crate) name: String,
    /// Relative to the place of confvet.toml.
    pub(crate) files: Globs,
    pub(crate) complete: bool,
    /// A machine's name and its addresses.
    pub(crate) hosts: Vec<(String, Vec<Address>)>,
    /// A path and the name (or an address) of the machine it is deployed on.
    pub(crate) file_hosts: Vec<(String, String)>,
}

/// Configurations that may be compared with each other.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    /// As declared, or the directory with the environment.
    pub(crate) name: String,
    /// Every file is here, says confvet.toml.
    pub(crate) complete: bool,
    /// Indexes of the units, sorted by path.
    pub(crate) units: Vec<usize>,
    pub(crate) hosts: Hosts,
    /// The machine of each of `units`.
    pub(crate) host_of: Vec<Option<HostId>>,
    /// How the machine of each of `units` is known.
    pub(crate) placed_by: Vec<Option<PlacedBy>>,
    /// For each of `units` the unit (an index as in `units`) it is a mere copy of. Set rules look at the original only.
    pub(crate) copy_of: Vec<Option<usize>>,
    pub(crate) reason: Reason,
}

/// Why the files are one stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// confvet.toml says so.
    Declared,
    /// They were linted together, and nothing tells them apart.
    SameRoot,
    /// They belong to this environment or to this example; others of the same directory do not.
    Environment(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Declared => f.write_str("declared in confvet.toml"),
            Reason::SameRoot => f.write_str("linted together"),
            Reason::Environment(name) => write!(f, "environment `{name}`"),
        }
    }
}

/// How the machine of a configuration is known; the first that holds counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PlacedBy {
    /// `[stack.file]` of confvet.toml.
    Declaration,
    /// A directory is named like the machine.
    Directory,
    /// The file is named like the machine.
    FileName,
    /// It states its own address or name.
    OwnAddress,
    /// A configuration in the same directory is placed.
    Neighbour,
}

impl fmt::Display for PlacedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PlacedBy::Declaration => "by confvet.toml",
            PlacedBy::Directory => "by the name of its directory",
            PlacedBy::FileName => "by the name of the file",
            PlacedBy::OwnAddress => "by the address it states",
            PlacedBy::Neighbour => "by the file beside it",
        })
    }
}

/// Sorts the units found under `root` into stacks: the declared ones in their order, then the inferred ones. Every unit
/// is in exactly one stack, and no stack is empty.
pub(crate) fn group(root: &str, units: &[Unit<'_>], declared: &[StackDecl]) -> Vec<Stack> {
    let mut by_path: Vec<usize> = (0..units.len()).collect();
    by_path.sort_by_key(|&unit| (units[unit].path, units[unit].system, unit));
    let mut declared_units: Vec<Vec<usize>> = vec![Vec::new(); declared.len()];
    let mut rest = Vec::new();
    for unit in by_path {
        match declared.iter().position(|stack| stack.files.is_match(units[unit].path)) {
            Some(stack) => declared_units[stack].push(unit),
            None => rest.push(unit),
        }
    }
    let environments = Environments::among(rest.iter().map(|&unit| units[unit].path));
    let mut inferred: Map<Option<String>, Vec<usize>> = Map::new();
    for unit in rest {
        inferred.or_default(environments.of(units[unit].path)).push(unit);
    }
    let declared = (declared.iter().zip(declared_units))
        .filter(|(_, members)| !members.is_empty())
        .map(|(declaration, members)| stack(units, members, declaration, Reason::Declared));
    let inferred = inferred.into_sorted().into_iter().map(|(environment, members)| {
        let root = if root.is_empty() { "." } else { root };
        let (name, reason) = match environment {
            None => (root.to_owned(), Reason::SameRoot),
            Some(name) => (format!("{root} ({name})"), Reason::Environment(name)),
        };
        stack(units, members, &StackDecl { name, ..StackDecl::default() }, reason)
    });
    declared.chain(inferred).collect()
}

fn stack(all: &[Unit<'_>], members: Vec<usize>, declaration: &StackDecl, reason: Reason) -> Stack {
    let units: Vec<&Unit<'_>> = members.iter().map(|&unit| &all[unit]).collect();
    let (hosts, places) = machines::place(&units, declaration);
    let (host_of, placed_by): (Vec<_>, Vec<_>) = places.into_iter().map(Option::unzip).unzip();
    let copy_of = copies(&units, &host_of).into_iter().map(|original| original.map(|at| members[at])).collect();
    Stack {
        name: declaration.name.clone(),
        complete: declaration.complete,
        units: members,
        hosts,
        host_of,
        placed_by,
        copy_of,
        reason,
    }
}

/// For each unit an earlier one with the same cluster, the same member and the same text. Two files that are deployed on
/// different machines are no copies, however alike they are.
fn copies(units: &[&Unit<'_>], host_of: &[Option<HostId>]) -> Vec<Option<usize>> {
    let mut originals: Map<_, Map<Option<HostId>, usize>> = Map::new();
    let mut copy_of = vec![None; units.len()];
    for (index, unit) in units.iter().enumerate() {
        let (Some(cluster), Some(member)) = (&unit.identity.cluster, &unit.identity.member) else { continue };
        let alike = originals.or_default((unit.system, &cluster.value, &member.value, &unit.texts));
        let host = host_of[index];
        let original = match host {
            None => alike.values().next().copied(),
            Some(_) => alike.get(&host).or_else(|| alike.get(&None)).copied(),
        };
        match original {
            Some(original) => copy_of[index] = Some(original),
            None => {
                alike.insert(host, index);
            }
        }
    }
    copy_of
}

#[cfg(test)]
mod tests;
