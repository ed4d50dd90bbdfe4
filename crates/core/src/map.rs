//! Maps and sets that keep the order of insertion and whose machinery is compiled once.
//!
//! The maps of the standard library are compiled anew for every pair of types, which in WebAssembly weighs as much as a
//! system. Here the search, the growing and the sorting work on hashes and numbers; what is compiled for a type of keys
//! is hashing and comparing one of them, and for a type of values nothing but a `Vec`.

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};
use serde::{Serialize, Serializer};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, Hasher};

/// Keys, each of them once, in the order in which they came.
///
/// ```
/// use confvet_core::Keys;
/// let names: Keys<&str> = ["web", "db", "web"].into_iter().collect();
/// assert!(names.contains("db"));
/// assert!(names.iter().eq(&["web", "db"]));
/// assert!(names.sorted().eq(&["db", "web"]));
/// ```
#[derive(Debug, Clone)]
pub struct Keys<K> {
    keys: Vec<K>,
    index: Index,
}

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Self { keys: Vec::new(), index: Index::default() }
    }
}

impl<K> Keys<K> {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many different ones.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key, if it is the only one.
    pub fn only(&self) -> Option<&K> {
        if let [only] = &self.keys[..] { Some(only) } else { None }
    }

    /// In the order in which they came.
    pub fn iter(&self) -> std::slice::Iter<'_, K> {
        self.keys.iter()
    }
}

impl<K: Eq + Hash> Keys<K> {
    /// Adds a key; `true` if it was not there yet.
    pub fn insert(&mut self, key: K) -> bool {
        self.place(key).1
    }

    /// Is it there?
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.position(key).is_some()
    }

    /// How many different keys came before this one.
    pub fn position<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.index.find(hash(key), &|place| self.keys[place].borrow() == key)
    }

    /// Where a key is, and whether it came there by this.
    fn place(&mut self, key: K) -> (usize, bool) {
        let hash = hash(&key);
        if let Some(place) = self.index.find(hash, &|place| self.keys[place] == key) {
            return (place, false);
        }
        self.keys.push(key);
        (self.index.push(hash), true)
    }
}

impl<K: Ord> Keys<K> {
    /// In their own order.
    pub fn sorted(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.sorted_places().into_iter().map(|place| &self.keys[place])
    }

    fn sorted_places(&self) -> Vec<usize> {
        sorted_places(self.keys.len(), &|&a, &b| self.keys[a].cmp(&self.keys[b]))
    }
}

/// Equal whatever the order.
impl<K: Eq + Hash> PartialEq for Keys<K> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|key| other.contains(key))
    }
}

impl<K: Eq + Hash> Eq for Keys<K> {}

impl<K: Eq + Hash> Extend<K> for Keys<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<K: Eq + Hash> FromIterator<K> for Keys<K> {
    fn from_iter<I: IntoIterator<Item = K>>(all: I) -> Self {
        let mut keys = Self::new();
        keys.extend(all);
        keys
    }
}

impl<K> IntoIterator for Keys<K> {
    type Item = K;
    type IntoIter = std::vec::IntoIter<K>;
    fn into_iter(self) -> Self::IntoIter {
        self.keys.into_iter()
    }
}

impl<'a, K> IntoIterator for &'a Keys<K> {
    type Item = &'a K;
    type IntoIter = std::slice::Iter<'a, K>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Values by key, in the order in which the keys came.
///
/// ```
/// use confvet_core::Map;
/// let mut seen = Map::new();
/// assert_eq!(seen.earlier("port", 1), None);
/// assert_eq!(seen.earlier("port", 2), Some(&mut 1));
///
/// let mut lengths: Map<usize, Vec<&str>> = Map::new();
/// for word in ["three", "two", "seven"] {
///     lengths.or_default(word.len()).push(word);
/// }
/// assert_eq!(lengths.get(&5).unwrap(), &["three", "seven"]);
/// assert!(lengths.sorted().map(|(length, _)| *length).eq([3, 5]));
/// ```
#[derive(Debug, Clone)]
pub struct Map<K, V> {
    keys: Keys<K>,
    values: Vec<V>,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self { keys: Keys::new(), values: Vec::new() }
    }
}

impl<K, V> Map<K, V> {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Keys and values, in the order in which the keys came.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.keys.iter().zip(&self.values)
    }

    /// The keys, in the order in which they came.
    pub fn keys(&self) -> std::slice::Iter<'_, K> {
        self.keys.iter()
    }

    /// The values, in the order in which the keys came.
    pub fn values(&self) -> std::slice::Iter<'_, V> {
        self.values.iter()
    }

    /// The values, in the order in which the keys came.
    pub fn values_mut(&mut self) -> std::slice::IterMut<'_, V> {
        self.values.iter_mut()
    }

    /// The values, in the order in which the keys came.
    pub fn into_values(self) -> std::vec::IntoIter<V> {
        self.values.into_iter()
    }
}

impl<K: Eq + Hash, V> Map<K, V> {
    /// The value of a key.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.keys.position(key).map(|place| &self.values[place])
    }

    /// The value of a key, to change.
    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.keys.position(key).map(|place| &mut self.values[place])
    }

    /// Has this key a value?
    pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.keys.contains(key)
    }

    /// Gives a key this value and returns the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (place, is_new) = self.keys.place(key);
        if is_new {
            self.values.push(value);
            return None;
        }
        Some(std::mem::replace(&mut self.values[place], value))
    }

    /// The value that the key has already; if it has none, it gets this one.
    pub fn earlier(&mut self, key: K, value: V) -> Option<&mut V> {
        let (place, is_new) = self.keys.place(key);
        if is_new {
            self.values.push(value);
            return None;
        }
        Some(&mut self.values[place])
    }

    /// The value of a key, which gets this one if it has none.
    pub fn or_insert(&mut self, key: K, value: V) -> &mut V {
        self.or_insert_with(key, || value)
    }

    /// The value of a key, which gets the default if it has none.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.or_insert_with(key, V::default)
    }

    /// The value of a key, which gets the one that is made here if it has none.
    pub fn or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let (place, is_new) = self.keys.place(key);
        if is_new {
            self.values.push(make());
        }
        &mut self.values[place]
    }
}

impl<K: Ord, V> Map<K, V> {
    /// The same in the order of the keys.
    #[must_use]
    pub fn into_sorted(mut self) -> Self {
        let mut order = self.keys.sorted_places();
        self.keys.index = self.keys.index.reordered(&order);
        reorder(&mut order, &mut |a, b| {
            self.keys.keys.swap(a, b);
            self.values.swap(a, b);
        });
        self
    }

    /// Keys and values, in the order of the keys.
    pub fn sorted(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.keys.sorted_places().into_iter().map(|place| (&self.keys.keys[place], &self.values[place]))
    }
}

impl<K: Eq + Hash, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        for (key, value) in pairs {
            self.insert(key, value);
        }
    }
}

/// The last value of each key counts.
impl<K: Eq + Hash, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = Self::new();
        map.extend(pairs);
        map
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Zip<std::vec::IntoIter<K>, std::vec::IntoIter<V>>;
    fn into_iter(self) -> Self::IntoIter {
        self.keys.into_iter().zip(self.values)
    }
}

/// Equal whatever the order.
impl<K: Eq + Hash, V: PartialEq> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: Eq + Hash, V: Eq> Eq for Map<K, V> {}

/// As an object, in the order of the keys.
impl<K: Ord + Serialize, V: Serialize> Serialize for Map<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.sorted())
    }
}

/// Where the keys with a hash are: what of a map does not depend on any type.
#[derive(Debug, Clone, Default)]
struct Index {
    /// The hash of each key.
    hashes: Vec<u32>,
    /// Open addressing: places of keys plus one, at most half of them taken. Empty as long as the keys are few.
    slots: Vec<u32>,
}

/// So many keys are looked through one by one.
const FEW: usize = 8;

impl Index {
    fn find(&self, hash: u32, is_same: &dyn Fn(usize) -> bool) -> Option<usize> {
        if self.slots.is_empty() {
            return (0..self.hashes.len()).find(|&place| self.hashes[place] == hash && is_same(place));
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let place = (self.slots[slot] as usize).checked_sub(1)?;
            if self.hashes[place] == hash && is_same(place) {
                return Some(place);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Makes a key with this hash the last one, and says which place that is.
    fn push(&mut self, hash: u32) -> usize {
        let place = self.hashes.len();
        self.hashes.push(hash);
        if place >= FEW {
            if place * 2 < self.slots.len() {
                self.fill(place);
            } else {
                self.slots = vec![0; (place * 4).next_power_of_two()];
                (0..=place).for_each(|place| self.fill(place));
            }
        }
        place
    }

    fn reordered(&self, order: &[usize]) -> Self {
        let mut index = Self::default();
        for &place in order {
            index.push(self.hashes[place]);
        }
        index
    }

    fn fill(&mut self, place: usize) {
        let mask = self.slots.len() - 1;
        let mut slot = self.hashes[place] as usize & mask;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = u32::try_from(place + 1).unwrap_or(u32::MAX);
    }
}

/// The numbers below `count` in the order of what they stand for; equals stay in the order of the numbers.
fn sorted_places(count: usize, compare: &dyn Fn(&usize, &usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(compare);
    places
}

/// Moves to each place what `order` names there, by swaps. The order is used up.
fn reorder(order: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut place = start;
        loop {
            let from = std::mem::replace(&mut order[place], place);
            if from == start {
                break;
            }
            swap(place, from);
            place = from;
        }
    }
}

/// The hash of a key. Its seed is another in every process, so that nobody can write keys that fall into one place.
fn hash<Q: Hash + ?Sized>(key: &Q) -> u32 {
    let mut hasher = KeyHasher(SeedableRandomState::with_seed(0, SharedSeed::global_random()).build_hasher());
    key.hash(&mut hasher);
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}

/// foldhash, not inlined into the hashing of every type.
struct KeyHasher(FoldHasher<'static>);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn write_u8(&mut self, byte: u8) {
        self.0.write_u8(byte);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_however_many_there_are() {
        let mut map = Map::new();
        for number in 0..1_000_u32 {
            assert_eq!(map.insert(number.to_string(), number), None);
            assert!((0..=number).rev().step_by(7).all(|known| map.get(known.to_string().as_str()) == Some(&known)));
            assert!(!map.contains_key((number + 1).to_string().as_str()));
        }
        assert_eq!(map.insert("7".to_owned(), 0), Some(7));
        assert_eq!(map.len(), 1_000);
        assert!(map.keys().map(String::as_str).take(3).eq(["0", "1", "2"]));
        assert!(map.sorted().map(|(key, _)| key.as_str()).take(3).eq(["0", "1", "10"]));
        let sorted = map.clone().into_sorted();
        assert!(sorted.iter().eq(map.sorted()));
        assert_eq!(sorted, map, "and everything is still found");
    }

    #[test]
    fn equal_hashes_are_told_apart() {
        let mut index = Index::default();
        for place in 0..40 {
            assert_eq!(index.find(7, &|other| other == place), None);
            assert_eq!(index.push(7), place);
            assert_eq!(index.find(7, &|other| other == place), Some(place));
        }
        assert_eq!(index.find(8, &|_| true), None);
    }
}
