//! The configurations of one system that lie in one stack, as set rules see them.

use crate::{Address, Facts, FileId, HostId, Hosts, Identity, Parsed, Target, Version};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One configuration within a [`Set`].
#[derive(Debug, Clone)]
pub struct Member<M> {
    /// The configuration, with its files and secrets.
    pub parsed: Parsed<M>,
    /// What it says about itself.
    pub identity: Identity,
    /// The file it starts from.
    pub file: FileId,
    /// What detection said the file is.
    pub kind: &'static str,
    /// The machine it is deployed on, when that is known.
    pub host: Option<HostId>,
    /// The versions it will run on.
    pub target: Arc<Target>,
    /// What no file says about it.
    pub facts: Arc<Facts>,
}

impl<M> Member<M> {
    /// The typed model.
    pub fn model(&self) -> &M {
        &self.parsed.model
    }

    /// The version of a program on this member's machine, if it is known.
    pub fn version(&self, program: &str) -> Option<&Version> {
        self.target.version(program)
    }
}

/// All configurations of one system in one stack.
///
/// They may belong to several clusters: see [`Set::clusters`].
#[derive(Debug, Clone)]
pub struct Set<M> {
    /// The stack's name, or its directory.
    pub stack: String,
    /// Every file of the stack is here: rules may call something missing.
    pub complete: bool,
    /// The configurations, sorted by path.
    pub members: Vec<Member<M>>,
    /// The machines of the stack.
    pub hosts: Arc<Hosts>,
}

impl<M> Set<M> {
    /// The members by cluster, in the order of the clusters' names. Members that name no cluster form one of their own,
    /// under the empty name.
    pub fn clusters(&self) -> BTreeMap<&str, Vec<&Member<M>>> {
        let mut clusters: BTreeMap<&str, Vec<&Member<M>>> = BTreeMap::new();
        for member in &self.members {
            let name = member.identity.cluster.as_ref().map_or("", |cluster| cluster.value.as_str());
            clusters.entry(name).or_default().push(member);
        }
        clusters
    }

    /// Do two addresses mean the same machine of this stack?
    pub fn same_host(&self, a: &Address, b: &Address) -> bool {
        self.hosts.same(a, b)
    }
}
