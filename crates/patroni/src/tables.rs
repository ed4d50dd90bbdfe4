//! The keys of patroni.yml and where they belong.

include!(concat!(env!("OUT_DIR"), "/keys.rs"));

/// Is the key known in this section? Sections are written with dots; the root is empty.
pub fn is_known(section: &str, key: &str) -> bool {
    PLACES.binary_search(&&*format!("{section}/{key}")).is_ok()
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
