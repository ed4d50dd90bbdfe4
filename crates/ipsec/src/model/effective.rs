//! Inheritance: what `also` and `conn %default` make of a section, in the order in which each program applies them.

use crate::dialect::{Dialect, Program};
use crate::keys::{Key, KeySet, SectionKind};
use crate::syntax::conf::{Conf, Section, Setting};
use compact_str::CompactString;
use confvet_core::{Keys, Map, Span};
use std::rc::Rc;

/// The section that all others inherit from.
pub(crate) const DEFAULT: &str = "%default";

/// No honest file nests `also` deeper.
const MAX_ALSO_DEPTH: usize = 32;

/// No honest section has more ancestors.
const MAX_LINEAGE: usize = 64;

/// How a section came to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// It sets the value itself.
    Own,
    /// Through `also`.
    Also,
    /// From `%default`.
    Default,
}

/// A value in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inherited {
    /// The key under which the program stores it.
    pub key: Key,
    /// Index of the setting it comes from.
    pub setting: u32,
    /// How.
    pub via: Via,
}

/// The values in force of one section, sorted by key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effective {
    values: Vec<Inherited>,
    /// One bit a key: most keys that are asked for are not set.
    present: KeySet,
}

impl Effective {
    /// The value in force of a key.
    pub fn get(&self, key: Key) -> Option<Inherited> {
        if !self.present.contains(key) {
            return None;
        }
        self.values.binary_search_by_key(&key, |inherited| inherited.key).ok().map(|index| self.values[index])
    }

    /// All values in force.
    pub fn iter(&self) -> impl Iterator<Item = Inherited> {
        self.values.iter().copied()
    }

    fn insert_if_new(&mut self, inherited: Inherited) {
        if self.present.insert(inherited.key) {
            let at = self.values.partition_point(|old| old.key < inherited.key);
            self.values.insert(at, inherited);
        }
    }

    fn remove_empty(&mut self, conf: &Conf) {
        let Self { values, present } = self;
        values.retain(|inherited| {
            let keep = !conf.settings[inherited.setting as usize].value.is_empty();
            if !keep {
                present.remove(inherited.key);
            }
            keep
        });
    }
}

/// All sections of one kind that share a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub name: CompactString,
    /// Indexes of the sections, in the order of the files.
    pub sections: Vec<usize>,
    /// The groups it names in `also`, in order, with the settings that do.
    pub parents: Vec<(u32, Option<usize>)>,
}

/// What is wrong with an `also`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlsoFault {
    /// No section of that name.
    Missing {
        /// A section of a similar name.
        near: Option<CompactString>,
    },
    /// It closes a loop: the names on the way.
    Loop(Vec<CompactString>),
    /// It stands in `%default`.
    InDefault,
    /// It names `%default`.
    NamesDefault,
}

/// An `also` that does not do what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoProblem {
    /// Why.
    pub fault: AlsoFault,
    /// Index of the setting.
    pub setting: u32,
}

/// An own value that an inherited one overrides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overridden {
    /// Index of the own setting that has no effect.
    pub own: u32,
    /// Index of the inherited one that is in force.
    pub inherited: u32,
    /// Index of the `also` that brings it, for libreswan.
    pub also: Option<u32>,
}

/// What a section sets: keys with the index of the setting, sorted by key.
type Assignments = Rc<[(Key, u32)]>;

/// The sections of one kind with their inheritance.
pub(crate) struct Inheritance<'a> {
    conf: &'a Conf,
    program: &'a Program,
    pub(crate) groups: Vec<Group>,
    default: Option<usize>,
    /// For libreswan: what each group assigns, `%default` left out.
    flat: Vec<Option<Vec<(Key, u32)>>>,
    /// For strongSwan: the ancestors of each group.
    lineage: Vec<Option<Rc<[usize]>>>,
    own: Vec<Option<Assignments>>,
    /// The ancestors of a section without `also`.
    only_default: Rc<[usize]>,
}

impl<'a> Inheritance<'a> {
    pub(crate) fn new(conf: &'a Conf, program: &'a Program, kind: SectionKind) -> Self {
        let mut by_name: Map<&str, usize> = Map::new();
        let mut groups: Vec<Group> = Vec::new();
        for (index, section) in conf.sections.iter().enumerate().filter(|(_, section)| section.kind == kind) {
            let group = *by_name.or_insert_with(section.name.as_str(), || {
                let (name, sections) = (section.name.clone(), Vec::with_capacity(1));
                groups.push(Group { name, sections, parents: Vec::new() });
                groups.len() - 1
            });
            groups[group].sections.push(index);
        }
        for group in &mut groups {
            let mut parents = Vec::new();
            for section in sections_in_force(group, conf, program) {
                for index in section.first..section.end {
                    let setting = &conf.settings[index as usize];
                    if setting.key == Some(Key::ALSO)
                        && setting.key_in(program.dialect, program.version).is_some()
                        && !setting.value.is_empty()
                        && !setting.hole
                    {
                        parents.push((index, by_name.get(setting.value.as_str()).copied()));
                    }
                }
            }
            group.parents = parents;
        }
        let default = by_name.get(DEFAULT).copied();
        let count = groups.len();
        Self {
            conf,
            program,
            groups,
            default,
            flat: vec![None; count],
            lineage: vec![None; count],
            own: vec![None; count],
            only_default: default.into_iter().collect(),
        }
    }

    /// The values in force of a group.
    pub(crate) fn resolve(&mut self, group: usize) -> Effective {
        let mut effective = Effective::default();
        if self.program.is_libreswan() {
            let own = self.own(group);
            for (key, setting) in self.flatten(group, 0) {
                let via = if own.contains(&(key, setting)) { Via::Own } else { Via::Also };
                effective.insert_if_new(Inherited { key, setting, via });
            }
            if let Some(default) = self.default {
                for &(key, setting) in self.own(default).iter() {
                    effective.insert_if_new(Inherited { key, setting, via: Via::Default });
                }
            }
        } else {
            self.resolve_strongswan(group, &mut effective);
        }
        effective.remove_empty(self.conf);
        effective
    }

    /// Own settings from the last to the first, then those of the ancestors: what comes first stays.
    fn resolve_strongswan(&mut self, group: usize, effective: &mut Effective) {
        let ancestors = self.ancestors(group, 0);
        let (conf, program) = (self.conf, self.program);
        let Effective { values, present } = effective;
        for &section in self.groups[group].sections.iter().rev() {
            let section = &conf.sections[section];
            values.reserve((section.end - section.first) as usize + 8 * ancestors.len());
            for setting in (section.first..section.end).rev() {
                let known = conf.settings[setting as usize].key_in(program.dialect, program.version);
                let Some(key) = known.filter(|&key| key != Key::ALSO) else { continue };
                if present.insert(key) {
                    values.push(Inherited { key, setting, via: Via::Own });
                }
            }
        }
        for &ancestor in ancestors.iter() {
            let via = if Some(ancestor) == self.default { Via::Default } else { Via::Also };
            for &(key, setting) in self.own(ancestor).iter() {
                if present.insert(key) {
                    values.push(Inherited { key, setting, via });
                }
            }
        }
        values.sort_unstable_by_key(|inherited| inherited.key);
    }

    /// What a group sets itself, each key once, sorted by key.
    fn own(&mut self, group: usize) -> Assignments {
        if let Some(own) = &self.own[group] {
            return own.clone();
        }
        let own: Assignments = self.assignments(group).into();
        self.own[group] = Some(own.clone());
        own
    }

    fn assignments(&self, group: usize) -> Vec<(Key, u32)> {
        let mut own: Vec<(Key, u32)> = Vec::new();
        let first_wins = self.program.is_libreswan_since((5, 0, 0));
        let skip_empty = self.program.is_libreswan() && !first_wins;
        for section in sections_in_force(&self.groups[group], self.conf, self.program) {
            for index in section.first..section.end {
                let setting = &self.conf.settings[index as usize];
                let known = setting.key_in(self.program.dialect, self.program.version);
                let Some(key) = known.filter(|&key| key != Key::ALSO) else { continue };
                if skip_empty && setting.value.is_empty() {
                    continue;
                }
                own.push((if self.program.is_libreswan() { key.canonical(Dialect::Libreswan) } else { key }, index));
            }
        }
        // Of one key the first in this order stays.
        own.sort_unstable_by_key(|&(key, index)| (key, if first_wins { index } else { u32::MAX - index }));
        own.dedup_by_key(|(key, _)| *key);
        own
    }

    /// strongSwan: the sections a group inherits from, the strongest first. Of repeated ones the last stays.
    fn ancestors(&mut self, group: usize, depth: usize) -> Rc<[usize]> {
        if let Some(lineage) = &self.lineage[group] {
            return lineage.clone();
        }
        if Some(group) == self.default || depth > MAX_ALSO_DEPTH {
            return Rc::from([]);
        }
        if self.groups[group].parents.is_empty() {
            return self.only_default.clone();
        }
        // While it is being made it is empty: a loop ends here.
        self.lineage[group] = Some(Rc::from([]));
        let parents: Vec<usize> = self.groups[group].parents.iter().filter_map(|&(_, parent)| parent).collect();
        let parents: Vec<usize> = parents.into_iter().filter(|&parent| Some(parent) != self.default).collect();
        let mut all = Vec::new();
        for &parent in parents.iter().rev().take(MAX_LINEAGE) {
            all.push(parent);
            all.extend(self.ancestors(parent, depth + 1).iter());
        }
        if parents.is_empty() {
            all.extend(self.default);
        }
        let mut seen = Keys::new();
        let mut lineage: Vec<usize> = all.into_iter().rev().filter(|&ancestor| seen.insert(ancestor)).collect();
        lineage.truncate(MAX_LINEAGE);
        lineage.reverse();
        let lineage: Rc<[usize]> = lineage.into();
        self.lineage[group] = Some(lineage.clone());
        lineage
    }

    /// libreswan: what a group assigns, with `also` expanded; the first of a key wins.
    fn flatten(&mut self, group: usize, depth: usize) -> Vec<(Key, u32)> {
        if let Some(flat) = &self.flat[group] {
            return flat.clone();
        }
        if depth > MAX_ALSO_DEPTH {
            return Vec::new();
        }
        self.flat[group] = Some(Vec::new());
        let mut seen = Keys::new();
        let mut flat: Vec<(Key, u32)> = Vec::new();
        let in_place = self.program.is_libreswan_since((5, 0, 0));
        let own = self.own(group);
        let mut add = |assignments: Vec<(Key, u32)>| {
            flat.extend(assignments.into_iter().filter(|(key, _)| seen.insert(*key)));
        };
        let parents = self.groups[group].parents.clone();
        if in_place {
            // Both lists ascend by the place in the file.
            let mut own = own.to_vec();
            own.sort_by_key(|&(_, setting)| setting);
            let mut rest = own.into_iter().peekable();
            for (also, parent) in parents {
                let mut before = Vec::new();
                while let Some(assignment) = rest.next_if(|&(_, setting)| setting < also) {
                    before.push(assignment);
                }
                add(before);
                let inherited = parent.map(|parent| self.flatten(parent, depth + 1)).unwrap_or_default();
                add(inherited);
            }
            add(rest.collect());
        } else {
            add(own.to_vec());
            for (_, parent) in parents {
                let inherited = parent.map(|parent| self.flatten(parent, depth + 1)).unwrap_or_default();
                add(inherited);
            }
        }
        self.flat[group] = Some(flat.clone());
        flat
    }

    /// Own values that have no effect, for the dialects and versions where that can happen.
    pub(crate) fn overridden(&mut self, group: usize, effective: &Effective) -> Vec<Overridden> {
        let mut all = Vec::new();
        if self.program.is_libreswan_since((5, 0, 0)) {
            for &(key, own) in self.own(group).iter() {
                let Some(winner) = effective.get(key).filter(|winner| winner.via == Via::Also) else { continue };
                let also = self.groups[group].parents.iter().map(|&(also, _)| also).filter(|&also| also < own).max();
                if self.value(own) != self.value(winner.setting) {
                    all.push(Overridden { own, inherited: winner.setting, also });
                }
            }
        } else if self.program.is_strongswan() {
            for (weak, strong) in [(Key::KEYLIFE, Key::LIFETIME), (Key::REKEYMARGIN, Key::MARGINTIME)] {
                let (Some(a), Some(b)) = (effective.get(weak), effective.get(strong)) else { continue };
                let (own, winner) = match (a.via == Via::Own, b.via == Via::Own) {
                    (true, false) => (a, b),
                    (false, true) => (b, a),
                    _ => continue,
                };
                if self.value(own.setting) != self.value(winner.setting) {
                    all.push(Overridden { own: own.setting, inherited: winner.setting, also: None });
                }
            }
        }
        all
    }

    fn value(&self, setting: u32) -> &str {
        &self.conf.settings[setting as usize].value
    }

    /// What is wrong with the `also` lines.
    pub(crate) fn problems(&self) -> Vec<AlsoProblem> {
        let mut problems = Vec::new();
        for (index, group) in self.groups.iter().enumerate() {
            for &(setting, parent) in &group.parents {
                let fault = if Some(index) == self.default {
                    AlsoFault::InDefault
                } else if self.value(setting) == DEFAULT {
                    AlsoFault::NamesDefault
                } else if parent.is_none() {
                    let names = self.groups.iter().map(|group| group.name.as_str()).filter(|&name| name != DEFAULT);
                    // Beyond some dozens it is not a slip.
                    let near = confvet_core::did_you_mean(
                        self.value(setting),
                        names.take(if problems.len() < 64 { usize::MAX } else { 0 }),
                    );
                    let near = near.map(CompactString::new);
                    AlsoFault::Missing { near }
                } else {
                    continue;
                };
                problems.push(AlsoProblem { fault, setting });
            }
        }
        problems.extend(self.loops());
        problems
    }

    /// Every circle of `also`, once, at its last line. Depth-first, with the path kept by hand.
    fn loops(&self) -> Vec<AlsoProblem> {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut state = vec![State::New; self.groups.len()];
        let mut problems = Vec::new();
        for root in 0..self.groups.len() {
            if state[root] != State::New || Some(root) == self.default || self.groups[root].parents.is_empty() {
                continue;
            }
            // Each step: the group, the next of its parents to visit, the `also` that led here.
            let mut path: Vec<(usize, usize, u32)> = vec![(root, 0, u32::MAX)];
            state[root] = State::Open;
            while let Some(&mut (group, ref mut next, _)) = path.last_mut() {
                let Some(&(setting, parent)) = self.groups[group].parents.get(*next) else {
                    state[group] = State::Done;
                    path.pop();
                    continue;
                };
                *next += 1;
                let Some(parent) = parent.filter(|&parent| Some(parent) != self.default) else { continue };
                match state[parent] {
                    State::New => {
                        state[parent] = State::Open;
                        path.push((parent, 0, setting));
                    }
                    State::Open => {
                        let start = path.iter().position(|&(on_path, ..)| on_path == parent).unwrap_or(0);
                        let circle = &path[start..];
                        let alsos = circle.iter().skip(1).map(|&(_, _, also)| also).chain([setting]);
                        let last = alsos.max().unwrap_or(setting);
                        let mut names: Vec<CompactString> =
                            circle.iter().map(|&(group, ..)| self.groups[group].name.clone()).collect();
                        names.push(self.groups[parent].name.clone());
                        problems.push(AlsoProblem { fault: AlsoFault::Loop(names), setting: last });
                    }
                    State::Done => {}
                }
            }
        }
        problems
    }
}

/// strongSwan merges sections of one name; for libreswan the last replaces the others.
fn sections_in_force<'a>(group: &'a Group, conf: &'a Conf, program: &Program) -> impl Iterator<Item = &'a Section> {
    let keep = if program.is_libreswan() { 1 } else { group.sections.len() };
    group.sections[group.sections.len() - keep..].iter().map(|&section| &conf.sections[section])
}

/// A key that occurs twice in a section (strongSwan: in all sections of that name).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// Index of the first.
    pub first: u32,
    /// Index of the later one.
    pub later: u32,
    /// The values are the same.
    pub equal: bool,
    /// Which kind of section.
    pub section: SectionKind,
    /// Name of the section.
    pub name_span: Span,
}

/// All keys that occur twice in one section. strongSwan also merges repeated `config setup` and `%default`; of conns of
/// one name it is enough to say that there are two.
pub(crate) fn duplicates(conf: &Conf, program: &Program) -> Vec<Duplicate> {
    let mut all = Vec::new();
    let merges =
        |section: &Section| !program.is_libreswan() && (section.kind == SectionKind::Setup || section.name == DEFAULT);
    let mut merged: [Seen; 3] = Default::default();
    let mut own = Seen::default();
    for section in &conf.sections {
        let seen = if merges(section) { &mut merged[section.kind as usize] } else { &mut own };
        if !merges(section) {
            seen.keys = KeySet::default();
            seen.first.clear();
        }
        for index in section.first..section.end {
            let setting: &Setting = &conf.settings[index as usize];
            let known = setting.key_in(program.dialect, program.version);
            let Some(key) = known.filter(|&key| key != Key::ALSO) else { continue };
            let key = if program.is_libreswan() { key.canonical(Dialect::Libreswan) } else { key };
            if seen.keys.insert(key) {
                seen.first.push((key, index));
            } else if let Some(&(_, first)) = seen.first.iter().find(|(known, _)| *known == key) {
                let equal = conf.settings[first as usize].value == setting.value;
                let (later, section, name_span) = (index, section.kind, section.name_span);
                all.push(Duplicate { first, later, equal, section, name_span });
            }
        }
    }
    all
}

/// The keys of a section, each with the setting that has it first.
#[derive(Default)]
struct Seen {
    keys: KeySet,
    first: Vec<(Key, u32)>,
}
