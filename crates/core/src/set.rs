//! The configurations of one system that lie in one stack, as set rules see them.

use crate::{Address, Facts, FileId, HostId, Hosts, Identity, Parsed, Target, Version};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

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
    derived: Derived,
}

/// Values that rules work out of a whole set, each kept for the rules that come after.
#[derive(Debug, Default)]
struct Derived(OnceLock<Box<(Box<dyn Any + Send + Sync>, Derived)>>);

/// A copy starts without any: it may be changed.
impl Clone for Derived {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Derived {
    /// The value of this type, made the first time.
    fn get_or_make<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> &T {
        let mut make = Some(make);
        let mut slot = self;
        loop {
            let (value, next) = &**slot.0.get_or_init(|| {
                // The first empty slot is filled, and what was put there is found at once: there is no second one.
                let value: Box<dyn Any + Send + Sync> = match make.take() {
                    Some(make) => Box::new(make()),
                    None => Box::new(()),
                };
                Box::new((value, Self::default()))
            });
            match value.downcast_ref() {
                Some(value) => return value,
                None => slot = next,
            }
        }
    }
}

impl<M> Set<M> {
    /// The configurations of a stack, sorted by path.
    pub fn new(stack: impl Into<String>, complete: bool, members: Vec<Member<M>>, hosts: Arc<Hosts>) -> Self {
        Self { stack: stack.into(), complete, members, hosts, derived: Derived::default() }
    }

    /// A value that follows from the set, worked out by the first rule that asks for one of its type.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl FnOnce(&Self) -> T) -> &T {
        self.derived.get_or_make(|| make(self))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_made_once() {
        let derived = Derived::default();
        assert_eq!(*derived.get_or_make(|| 1_u8), 1);
        assert_eq!(*derived.get_or_make(|| "text"), "text");
        assert_eq!(*derived.get_or_make(|| 2_u8), 1);
        assert_eq!(*derived.clone().get_or_make(|| 3_u8), 3, "a copy starts anew");
    }
}
