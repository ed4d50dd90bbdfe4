//! The keys of patroni.yml and where they belong, and the variables that Patroni reads.

/// A variable, and the key it sets.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// Empty where it sets none.
    pub(crate) key: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/keys.rs"));
include!(concat!(env!("OUT_DIR"), "/variables.rs"));
include!(concat!(env!("OUT_DIR"), "/ignored_variables.rs"));

/// The keys of one section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys {
    places: &'static [&'static str],
    /// Where the key begins in each of them.
    start: usize,
}

impl Keys {
    /// Sections are written with dots; the root is empty.
    pub(crate) fn of(section: &str) -> Self {
        let slash = |place: &[u8]| place.get(section.len()).copied().unwrap_or_default();
        let order = |place: &&str| {
            let place = place.as_bytes();
            let head = &place[..place.len().min(section.len())];
            head.cmp(section.as_bytes()).then_with(|| slash(place).cmp(&b'/'))
        };
        let from = PLACES.partition_point(|place| order(place).is_lt());
        let count = PLACES[from..].partition_point(|place| order(place).is_eq());
        Self { places: &PLACES[from..from + count], start: section.len() + 1 }
    }

    /// Is the key among them?
    pub(crate) fn has(self, key: &str) -> bool {
        self.places.binary_search_by(|place| place[self.start..].cmp(key)).is_ok()
    }
}

/// Is the key known in this section? Sections are written with dots; the root is empty.
pub fn is_known(section: &str, key: &str) -> bool {
    Keys::of(section).has(key)
}

/// The key that a variable sets, in front of whatever the file says; `PATRONI_CONFIGURATION` sets none.
pub(crate) fn key_of_variable(name: &str) -> Option<&'static str> {
    let at = VARIABLES.binary_search_by_key(&name, |variable| variable.name).ok()?;
    VARIABLES.get(at).map(|variable| variable.key).filter(|key| !key.is_empty())
}

/// Is the key known in any section?
pub fn is_known_anywhere(key: &str) -> bool {
    PLACES.iter().any(|place| place.strip_suffix(key).is_some_and(|section| section.ends_with('/')))
}

/// The keys of a section.
pub fn keys_of(section: &str) -> impl Iterator<Item = &'static str> {
    PLACES
        .iter()
        .filter_map(move |place| place.rsplit_once('/').filter(|(known, _)| *known == section).map(|(_, key)| key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_their_section() {
        assert!(PLACES.is_sorted());
        assert!(is_known("", "scope"));
        assert!(is_known("bootstrap.dcs", "ttl"));
        assert!(!is_known("", "ttl"));
    }
}
