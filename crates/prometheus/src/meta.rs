//! The labels that service discoveries set, by mechanism, role and version.

use confvet_core::Version;

/// A label of a service discovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetaLabel {
    /// The name, or the start of the names.
    pub name: &'static str,
    /// Is it one label or many?
    pub kind: MetaKind,
    /// The mechanism, as in `ec2_sd_configs`.
    pub sd: &'static str,
    /// The roles that set it; empty: all.
    pub roles: &'static [&'static str],
    /// The release that brought it.
    pub since: Option<(u16, u16, u16)>,
    /// The first release without it.
    pub removed: Option<(u16, u16, u16)>,
    /// The key of `attach_metadata` that has to be on.
    pub needs: Option<&'static str>,
}

/// Is it one label or many?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaKind {
    /// One label.
    Exact,
    /// Every label that starts with the name: tags, annotations.
    Prefix,
    /// A name of the documentation or the code that no target ever carries.
    NeverEmitted,
}

include!(concat!(env!("OUT_DIR"), "/meta.rs"));

/// All labels, sorted by name.
pub fn meta_labels() -> &'static [MetaLabel] {
    &LABELS
}

impl MetaLabel {
    /// Does this row stand for a name?
    pub fn covers(&self, name: &str) -> bool {
        match self.kind {
            MetaKind::Exact => self.name == name,
            MetaKind::Prefix => name.len() > self.name.len() && name.starts_with(self.name),
            MetaKind::NeverEmitted => false,
        }
    }

    /// Does a version set it?
    pub fn is_in(&self, version: &Version) -> bool {
        let at = |(major, minor, patch): (u16, u16, u16)| {
            (version.major, version.minor, version.patch) >= (u64::from(major), u64::from(minor), u64::from(patch))
        };
        self.since.is_none_or(at) && !self.removed.is_some_and(at)
    }
}

/// All rows that stand for a name; the labels of two mechanisms may share one.
pub(crate) fn rows_of(name: &str) -> Vec<&'static MetaLabel> {
    let exact = rows_named(name).iter().filter(|label| label.kind == MetaKind::Exact);
    // A prefix ends with an underscore, so only those parts of the name are looked up.
    let starts = name.match_indices('_').map(|(at, _)| &name[..=at]).filter(|start| start.len() < name.len());
    let prefixes = starts.flat_map(rows_named).filter(|label| label.kind == MetaKind::Prefix);
    exact.chain(prefixes).collect()
}

/// Does the name of some label start like this?
pub(crate) fn is_start(start: &str) -> bool {
    let emitted = |label: &MetaLabel| label.kind != MetaKind::NeverEmitted;
    let from = LABELS.partition_point(|label| label.name < start);
    let longer = LABELS[from..].iter().take_while(|label| label.name.starts_with(start)).any(emitted);
    longer || !rows_of(start).is_empty()
}

/// The rows with exactly this name.
fn rows_named(name: &str) -> &'static [MetaLabel] {
    let start = LABELS.partition_point(|label| label.name < name);
    let count = LABELS[start..].iter().take_while(|label| label.name == name).count();
    &LABELS[start..start + count]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_by_halving() {
        assert!(LABELS.is_sorted_by_key(|label| label.name));
        assert!(LABELS.iter().all(|label| label.kind != MetaKind::Prefix || label.name.ends_with('_')));
        let words = ["", "x", "a_b_c"];
        let names = LABELS.iter().flat_map(|label| words.map(|word| format!("{}{word}", label.name)));
        for name in names {
            let all: Vec<&MetaLabel> = LABELS.iter().filter(|label| label.covers(&name)).collect();
            let mut found = rows_of(&name);
            found.sort_by_key(|label| label.name);
            assert_eq!(found, all, "{name}");
        }
    }
}
