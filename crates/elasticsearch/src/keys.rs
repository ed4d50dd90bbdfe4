//! The settings Elasticsearch knows: their types, and the versions that have them.

use crate::release::Release;
use std::sync::LazyLock;

/// What the value of a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Patterns of index names with `+` and `-`, or a boolean.
    AutoCreate,
    /// `true` or `false`.
    Bool,
    /// A size with a unit, base 1024.
    Bytes,
    /// One of these words; most are matched in any case.
    Enum(&'static [&'static str]),
    /// A Java double.
    Float,
    /// Anything below the key.
    Group,
    /// A signed 32-bit integer.
    Int,
    /// A list, or one text with commas.
    List,
    /// A signed 64-bit integer.
    Long,
    /// A size, or a share of the heap in per cent.
    Memory,
    /// A port, a range of ports, or several of them.
    Ports,
    /// `75/5m`.
    Rate,
    /// A share of the disk in use, or free bytes.
    RatioOrBytes,
    /// Belongs into the keystore; refused in the file.
    Secure,
    /// A password in clear text, from before the keystore.
    LegacySecret,
    /// Any text.
    Text,
    /// A duration with a unit.
    Time,
    /// Everything below is known.
    Prefix,
    /// Everything below may be known to a plugin.
    OpenPrefix,
    /// As [`Kind::OpenPrefix`], but closed from 6.3 to 7.17.
    OpenPrefixFrom8,
    /// Settings of indices, not of nodes.
    IndexPrefix,
    /// A name of 1.x and 2.x.
    Removed,
    /// Everything below is a name of 1.x and 2.x.
    RemovedPrefix,
}

impl Kind {
    /// Does the row stand for everything below it?
    pub fn is_prefix(self) -> bool {
        matches!(
            self,
            Kind::Prefix | Kind::OpenPrefix | Kind::OpenPrefixFrom8 | Kind::IndexPrefix | Kind::RemovedPrefix
        )
    }
}

/// Major, minor, patch.
pub type VersionTriple = (u16, u16, u16);

/// A setting, or a family of settings.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// The flattened key. `*` stands for one name without dots; a final dot for everything below.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Versions before this one do not have it.
    pub absent_before: Option<VersionTriple>,
    /// The version that brought it, where that is known exactly.
    pub since: Option<VersionTriple>,
    /// The version from which its use is deprecated, at the latest.
    pub deprecated: Option<VersionTriple>,
    /// The version that refuses it.
    pub removed: Option<VersionTriple>,
    /// What took its place, in words.
    pub replacement: Option<&'static str>,
    /// The key that means exactly the same.
    pub rename: Option<&'static str>,
}

/// What the target makes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has it.
    Known,
    /// It still has it, and the next major version does not.
    Deprecated(VersionTriple),
    /// It does not have it yet.
    NotYet,
    /// It does not have it any more, since this version.
    Gone(VersionTriple),
    /// The version is not known well enough.
    Unclear,
}

impl Key {
    /// What a release makes of this key.
    pub fn standing(&self, release: &Release) -> Standing {
        let before = |bound: VersionTriple| release.before(bound);
        if let Some(bound) = self.absent_before {
            match before(bound) {
                Some(true) => return Standing::NotYet,
                Some(false) => {}
                None => return Standing::Unclear,
            }
        }
        if let Some(bound) = self.removed {
            match before(bound) {
                Some(false) => return Standing::Gone(bound),
                Some(true) => {}
                None => return Standing::Unclear,
            }
        }
        if let (Some(deprecated), Some(removed)) = (self.deprecated, self.removed)
            && before(deprecated) == Some(false)
            && release.major().is_some_and(|major| u64::from(removed.0) == major + 1)
        {
            return Standing::Deprecated(deprecated);
        }
        Standing::Known
    }
}

include!(concat!(env!("OUT_DIR"), "/keys.rs"));

/// The row of a flattened key: the exact one, else the family with a `*`, else the longest prefix.
///
/// ```
/// use confvet_elasticsearch::keys::{Kind, find};
/// assert_eq!(find("node.name").unwrap().kind, Kind::Text);
/// assert_eq!(find("cluster.remote.eu.seeds").unwrap().name, "cluster.remote.*.seeds");
/// assert_eq!(find("node.attr.rack").unwrap().name, "node.attr.");
/// assert!(find("node.nmae").is_none());
/// ```
pub fn find(key: &str) -> Option<&'static Key> {
    let (mut family, mut prefix) = (None, None);
    for (branch, rest) in TREE.way(key) {
        let Some(rest) = rest else { return branch.row.or(family).or(prefix) };
        family = branch.row_of_any(rest).or(family);
        prefix = branch.below.or(prefix);
    }
    family.or(prefix)
}

/// Does a release admit everything below a prefix that the key starts with, whatever its own row says?
pub fn is_below_open_prefix(key: &str, release: &Release) -> bool {
    let open = |row: &Key| row.standing(release) == Standing::Known;
    TREE.way(key).any(|(branch, rest)| rest.is_some() && branch.below.is_some_and(open))
}

/// Is there any row below this part of a key?
pub fn has_below(part: &str) -> bool {
    let has_more = |branch: &Branch| branch.below.is_some() || !branch.branches.is_empty();
    TREE.way(part).any(|(branch, rest)| rest.is_none() && has_more(branch))
}

/// All rows.
pub fn all() -> &'static [Key] {
    &KEYS
}

/// A name of keys in the tree of names, so that looking one up costs a few short comparisons for each of its names.
#[derive(Default)]
struct Branch {
    name: &'static str,
    /// The row whose key ends here.
    row: Option<&'static Key>,
    /// The row for everything below.
    below: Option<&'static Key>,
    /// Sorted by length, then by name: the length ends most comparisons. A `*` comes first.
    branches: Vec<Branch>,
}

static TREE: LazyLock<Branch> = LazyLock::new(|| {
    let mut root = Branch::default();
    for row in KEYS.iter() {
        let stem = row.name.strip_suffix('.');
        let branch = stem.unwrap_or(row.name).split('.').fold(&mut root, |branch, name| {
            // Rows come sorted, so that those of one name follow each other.
            if branch.branches.last().is_none_or(|last| last.name != name) {
                branch.branches.push(Branch { name, ..Branch::default() });
            }
            let last = branch.branches.len() - 1;
            &mut branch.branches[last]
        });
        *(if stem.is_some() { &mut branch.below } else { &mut branch.row }) = Some(row);
    }
    root.sort();
    root
});

impl Branch {
    /// Puts the branches below in their order. The names of keys are few, and so are the levels.
    fn sort(&mut self) {
        self.branches.sort_unstable_by_key(|branch| (branch.name.len(), branch.name));
        self.branches.iter_mut().for_each(Branch::sort);
    }

    /// This branch and those that the names of a key lead to, each with what is left of the key; `None` at its end.
    fn way<'k>(&'static self, key: &'k str) -> impl Iterator<Item = (&'static Branch, Option<&'k str>)> {
        std::iter::successors(Some((self, Some(key))), |&(branch, rest)| {
            let (name, rest) = first_name(rest?);
            let order = |next: &Branch| next.name.len().cmp(&name.len()).then_with(|| next.name.cmp(name));
            let next = branch.branches.binary_search_by(order).ok()?;
            Some((&branch.branches[next], rest))
        })
    }

    /// The row of a key whose first name may be anything.
    fn row_of_any(&'static self, key: &str) -> Option<&'static Key> {
        let any = self.branches.first().filter(|first| first.name == "*")?;
        let (_, rest) = first_name(key);
        any.way(rest?).find(|(_, rest)| rest.is_none())?.0.row
    }
}

/// The name before the first dot, and what follows the dot.
fn first_name(key: &str) -> (&str, Option<&str>) {
    match memchr::memchr(b'.', key.as_bytes()) {
        Some(dot) => (&key[..dot], Some(&key[dot + 1..])),
        None => (key, None),
    }
}

/// The known key nearest to a misspelt one. Secure settings are never suggested.
pub fn nearest(key: &str) -> Option<&'static str> {
    let plain = |row: &&Key| {
        !row.kind.is_prefix() && !row.name.contains('*') && !matches!(row.kind, Kind::Removed | Kind::Secure)
    };
    confvet_core::did_you_mean(key, KEYS.iter().filter(plain).map(|row| row.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_rename_is_a_key() {
        assert!(KEYS.is_sorted_by(|a, b| a.name < b.name));
        for row in KEYS.iter() {
            if let Some(rename) = row.rename {
                assert!(find(rename).is_some(), "{} becomes {rename}", row.name);
            }
        }
    }

    #[test]
    fn the_longest_prefix_wins() {
        assert_eq!(find("xpack.monitoring.exporters.a.b").map(|row| row.name), Some("xpack.monitoring.exporters."));
        assert_eq!(find("index.number_of_shards").map(|row| row.kind), Some(Kind::IndexPrefix));
        assert_eq!(find("threadpool.bulk.size").map(|row| row.kind), Some(Kind::RemovedPrefix));
        assert_eq!(find("äöü.x"), None);
        assert_eq!(find("node.attr"), None, "nothing is below");
        assert_eq!(find("node.attr.").map(|row| row.name), Some("node.attr."));
    }

    #[test]
    fn every_row_is_found_by_its_own_name() {
        for row in KEYS.iter() {
            let key = row.name.replace('*', "of-nobody");
            assert_eq!(find(&key), Some(row));
            let parent = key.trim_end_matches('.').rsplit_once('.').map(|(parent, _)| parent);
            assert!(parent.is_none_or(|parent| row.name.contains('*') || has_below(parent)), "{key}");
        }
        assert!(has_below("discovery.zen") && !has_below("cluster.name") && !has_below("discovery.ze"));
    }
}
