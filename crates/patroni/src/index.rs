//! Finding values by their path without walking the tree each time: rules ask for some hundred of them in every file.

use confvet_yaml::{Entry, Node};
use std::collections::HashMap;

/// Keys are indexed down to this depth; nothing that Patroni reads lies deeper.
const DEEPEST: usize = 6;
/// Files with more keys than this are not written by people; aliases must not make them endless.
const MOST: usize = 20_000;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// Where a path begins: the root, or a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path(u64);

impl Path {
    /// The root.
    pub(crate) const ROOT: Path = Path(OFFSET);
    /// `bootstrap.dcs`.
    pub(crate) const DCS: Path = Path::ROOT.below("bootstrap.dcs");

    /// The path of a key, or of several with dots between them, below this one.
    pub(crate) const fn below(self, path: &str) -> Path {
        let bytes = path.as_bytes();
        let mut hash = (self.0 ^ b'.' as u64).wrapping_mul(PRIME);
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(PRIME);
            at += 1;
        }
        Path(hash)
    }
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    layer: u32,
    value: u32,
    parent: u64,
}

/// Values by the hash of their path. Later layers win, and their nulls take away what earlier ones set.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    slots: HashMap<u64, Slot, Hashed>,
}

impl Default for Index {
    fn default() -> Self {
        // As many keys as most files have.
        Self { slots: HashMap::with_capacity_and_hasher(96, Hashed) }
    }
}

/// For maps whose keys are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashed;

impl std::hash::BuildHasher for Hashed {
    type Hasher = Same;
    fn build_hasher(&self) -> Same {
        Same(0)
    }
}

/// A hasher that hands a number on.
pub(crate) struct Same(u64);

impl std::hash::Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl Index {
    /// Adds the keys of a layer, which win over those of earlier layers.
    pub(crate) fn add<'a>(&mut self, layer: u32, root: Node<'a>) {
        let mut todo = vec![(root.target(), Path::ROOT, 0)];
        while let Some((node, path, depth)) = todo.pop() {
            let mut put = |entry: Entry<'a>| {
                let Some(key) = entry.key.text() else { return };
                let here = path.below(key);
                let known = self.slots.get(&here.0);
                // Of equal keys in a mapping the last counts, and they come last first.
                if self.slots.len() >= MOST || known.is_some_and(|slot| slot.layer == layer) {
                    return;
                }
                if known.is_some() && !entry.value.is_mapping() {
                    self.remove(here);
                    if entry.value.is_null() {
                        return;
                    }
                }
                self.slots.insert(here.0, Slot { layer, value: entry.value.number(), parent: path.0 });
                if depth + 1 < DEEPEST && entry.value.is_mapping() {
                    todo.push((entry.value.target(), here, depth + 1));
                }
            };
            let has_merge = node.entries().any(Entry::is_merge);
            node.entries().rev().filter(|entry| !has_merge || !entry.is_merge()).for_each(&mut put);
            if has_merge {
                for field in node.fields().into_iter().filter(|field| field.merged_by.is_some()) {
                    put(Entry { key: field.key, value: field.value });
                }
            }
        }
    }

    /// Takes a key away with everything below it.
    pub(crate) fn remove(&mut self, path: Path) {
        let mut gone = vec![path.0];
        while let Some(hash) = gone.pop() {
            self.slots.remove(&hash);
            gone.extend(self.slots.iter().filter(|(_, slot)| slot.parent == hash).map(|(&hash, _)| hash));
        }
    }

    /// The layer and the number of a value.
    pub(crate) fn find(&self, path: Path) -> Option<(usize, u32)> {
        let slot = self.slots.get(&path.0)?;
        Some((slot.layer as usize, slot.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confvet_core::FileId;
    use confvet_yaml::{Dialect, Yaml};

    #[test]
    fn merges_and_later_layers_are_applied() {
        let first = Yaml::parse(
            FileId(0),
            "x: &x {ttl: 1, a: {b: 2}}\ny: {<<: *x, ttl: 3}\nz: {k: 1}\nn: 1\nn: 4\n",
            Dialect::PyYaml,
        );
        let second = Yaml::parse(FileId(1), "z: null\ny: {ttl: 5}\n", Dialect::PyYaml);
        let layers = [&first, &second];
        let mut index = Index::default();
        index.add(0, first.root().unwrap());
        index.add(1, second.root().unwrap());
        let text = |path: &str| {
            let (layer, number) = index.find(Path::ROOT.below(path))?;
            layers[layer].node(number)?.text()
        };
        assert_eq!(text("y.ttl"), Some("5"));
        assert_eq!(text("y.a.b"), Some("2"));
        assert_eq!(text("x.ttl"), Some("1"));
        assert_eq!(text("n"), Some("4"));
        assert_eq!(text("z"), None);
        assert_eq!(text("z.k"), None);
    }
}
