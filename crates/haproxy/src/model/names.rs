//! Which names a section, a proxy or a server uses: the quick answer to the many questions after what is not there.

/// A set of names of which only the shadows are kept, one bit each. A name without its bit is certainly not there; one
/// with it has to be looked up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Names(u64);

impl Names {
    /// These names.
    pub(crate) const fn of(names: &[&str]) -> Self {
        let mut set = 0;
        let mut index = 0;
        while index < names.len() {
            set |= bit(names[index].as_bytes());
            index += 1;
        }
        Self(set)
    }

    /// May the two share a name?
    pub(crate) fn may_meet(self, others: Names) -> bool {
        self.0 & others.0 != 0
    }

    pub(crate) fn add(&mut self, name: &str) {
        self.0 |= bit(name.as_bytes());
    }

    /// Adds a name; was it there maybe? False is certain.
    pub(crate) fn may_double(&mut self, name: &str) -> bool {
        let bit = bit(name.as_bytes());
        let held = self.0 & bit != 0;
        self.0 |= bit;
        held
    }

    /// Adds `first second`.
    pub(crate) fn add_pair(&mut self, first: &str, second: &str) {
        self.0 |= pair(first.as_bytes(), second.as_bytes());
    }

    /// Adds the names of another set.
    pub(crate) fn add_all(&mut self, others: Names) {
        self.0 |= others.0;
    }

    /// Inlined, so that the bit of a name that is written in the code is a constant.
    #[inline(always)]
    pub(crate) fn may_hold(self, name: &str) -> bool {
        self.0 & bit(name.as_bytes()) != 0
    }

    /// The same for `first second`.
    #[inline(always)]
    pub(crate) fn may_hold_pair(self, first: &str, second: &str) -> bool {
        self.0 & pair(first.as_bytes(), second.as_bytes()) != 0
    }
}

/// What the expressions of a section look at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Looks {
    /// The fetches, and the headers that clients could forge.
    names: Names,
    tls: bool,
    counters: bool,
}

impl Looks {
    /// Adds a fetch or a header.
    pub(crate) fn add(&mut self, name: &str) {
        self.names.add(name);
        self.tls |= ["ssl_", "req.ssl_", "req_ssl_"].iter().any(|prefix| name.starts_with(prefix));
        self.add_call(name);
    }

    /// Adds a fetch or a converter.
    pub(crate) fn add_call(&mut self, name: &str) {
        self.counters |= ["sc", "src_", "table_"].iter().any(|prefix| name.starts_with(prefix));
    }

    /// A statement was not read to its expressions, which may look at counters.
    pub(crate) fn is_unsure(&mut self) {
        self.counters = true;
    }

    /// May there be one of these fetches or headers? False is certain.
    pub(crate) fn may_hold(self, names: &[&str]) -> bool {
        names.iter().any(|name| self.names.may_hold(name))
    }

    /// Some fetch is about TLS.
    pub(crate) fn at_tls(self) -> bool {
        self.tls
    }

    /// May some fetch or converter read a counter? False is certain.
    pub(crate) fn may_count(self) -> bool {
        self.counters
    }
}

#[inline(always)]
const fn bit(name: &[u8]) -> u64 {
    match name {
        [] => 1,
        [only] => shadow(1, *only, *only, *only),
        [first, last] => shadow(2, *first, *last, *last),
        [first, second, .., last] => shadow(name.len(), *first, *second, *last),
    }
}

#[inline(always)]
const fn pair(first: &[u8], second: &[u8]) -> u64 {
    match (first, second) {
        ([start, next, ..], [.., end]) => shadow(first.len() + 1 + second.len(), *start, *next, *end),
        ([start], [.., end]) => shadow(2 + second.len(), *start, b' ', *end),
        _ => u64::MAX,
    }
}

/// The multiplier is the one of many under which the fewest names that are asked for share a bit with common ones.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "of the length the last digits do")]
const fn shadow(length: usize, first: u8, second: u8, last: u8) -> u64 {
    1 << (u32::from_le_bytes([length as u8, first, second, last]).wrapping_mul(0x8a81_d96f) >> 26)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_the_shadow_of_its_text() {
        for (first, second) in [("timeout", "server"), ("option", "httpchk"), ("stats", "auth")] {
            let mut names = Names::default();
            names.add_pair(first, second);
            assert!(names.may_hold(&format!("{first} {second}")) && names.may_hold_pair(first, second));
        }
        let mut names = Names::default();
        names.add("server");
        assert!(names.may_hold("server") && !names.may_hold("stick-table"));
        let maxconn = Names::of(&["maxconn"]);
        assert!(maxconn.may_hold("maxconn") && !maxconn.may_hold("minconn"));
    }
}
