//! Which resources use which: within one template, and within all files of one directory for Terraform, which reads them
//! as one module.

use super::{Cloud, Resource, ResourceKind};
use crate::model::{Document, Workload};
use confvet_core::{Map, Set, Span};

/// The files about ElastiCache and MemoryDB of a set, and who uses which parameter group.
#[derive(Debug)]
pub(crate) struct Modules<'a> {
    clouds: Vec<&'a Cloud>,
    uses: &'a Uses,
}

/// The place of a resource: its file among all of them, and its place there.
type Place = (usize, usize);

/// Who uses which parameter group. Resources are known by their headers.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    group_of: Map<Span, Place>,
    users_of: Map<Span, Vec<Place>>,
    /// What the groups are for whose own names do not tell.
    inherited: Map<Span, Workload>,
}

/// By what a parameter group is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    /// The name of the resource in the files.
    Resource(&'a str),
    /// The name that it has at AWS.
    Literal(&'a str),
}

/// The files that are read together: a directory, or a file alone.
type Scope<'a> = Result<&'a str, usize>;

impl Uses {
    pub(crate) fn of(clouds: &[&Cloud]) -> Self {
        let scope = |file: usize| -> Scope<'_> { clouds[file].directory.as_deref().ok_or(file) };
        let mut groups: Map<(Scope<'_>, bool, Key<'_>), Vec<Place>> = Map::new();
        for (file, cloud) in clouds.iter().enumerate() {
            for (index, group) in cloud.resources.iter().enumerate() {
                if group.kind != ResourceKind::ParameterGroup {
                    continue;
                }
                let name = group.text("name").or(group.text("parameter_group_name"));
                let keys = [Some(Key::Resource(&group.name)), name.map(Key::Literal)];
                for key in keys.into_iter().flatten() {
                    groups.or_default((scope(file), group.is_memorydb, key)).push((file, index));
                }
            }
        }
        let mut uses = Self::default();
        for (file, cloud) in clouds.iter().enumerate() {
            for (index, user) in cloud.resources.iter().enumerate().filter(|(_, resource)| resource.uses_a_group()) {
                let Some(value) = user.attribute("parameter_group_name") else { continue };
                let key = match (&value.reference, &value.text) {
                    (Some(reference), _) => Key::Resource(reference),
                    (None, Some(name)) => Key::Literal(name),
                    (None, None) => continue,
                };
                let found = groups.get(&(scope(file), user.is_memorydb, key));
                let Some(place) = found.and_then(|places| nearest(places, file)) else { continue };
                let group = &clouds[place.0].resources[place.1];
                uses.group_of.insert(user.header, place);
                uses.users_of.or_default(group.header).push((file, index));
            }
        }
        for (&group, users) in uses.users_of.iter() {
            let mut workloads = users.iter().map(|&(file, index)| clouds[file].resources[index].workload);
            if let Some(Some(first)) = workloads.next()
                && workloads.all(|workload| workload == Some(first))
            {
                uses.inherited.insert(group, first);
            }
        }
        uses
    }

    /// The places of those that use a group.
    pub(super) fn users_of(&self, group: &Resource) -> &[Place] {
        self.users_of.get(&group.header).map_or(&[], Vec::as_slice)
    }
}

/// The group of the same file, else the only one: of several modules in one directory nobody knows which is meant.
fn nearest(places: &[Place], file: usize) -> Option<Place> {
    let start = places.partition_point(|&(other, _)| other < file);
    match (places.get(start), places) {
        (Some(&own), _) if own.0 == file => Some(own),
        (_, [only]) => Some(*only),
        _ => None,
    }
}

impl<'a> Modules<'a> {
    pub(crate) fn of(set: &'a Set<Document>) -> Self {
        let clouds: Vec<&Cloud> = set.members.iter().filter_map(|member| member.model().cloud()).collect();
        let uses = set.derived(|_| Uses::of(&clouds));
        Self { clouds, uses }
    }

    /// The files, in the order of the set.
    pub(crate) fn clouds(&self) -> impl Iterator<Item = &'a Cloud> {
        self.clouds.iter().copied()
    }

    /// Parameter groups, and modules that hold parameters.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &'a Resource> {
        self.clouds().flat_map(Cloud::groups)
    }

    /// The parameter group that a replication group or a cluster uses, if it is here.
    pub(crate) fn group_of(&self, user: &Resource) -> Option<&'a Resource> {
        self.uses.group_of.get(&user.header).and_then(|&place| self.resource(place))
    }

    /// The replication groups and clusters that use a parameter group.
    pub(crate) fn users_of(&self, group: &Resource) -> impl Iterator<Item = &'a Resource> {
        let users = self.uses.users_of(group).iter();
        users.filter_map(|&place| self.resource(place))
    }

    /// What a resource is used for: as its own names say, else as all those say that use it.
    pub(crate) fn workload_of(&self, resource: &Resource) -> Option<Workload> {
        resource.workload.or_else(|| self.uses.inherited.get(&resource.header).copied())
    }

    fn resource(&self, (file, index): Place) -> Option<&'a Resource> {
        self.clouds.get(file)?.resources.get(index)
    }
}
