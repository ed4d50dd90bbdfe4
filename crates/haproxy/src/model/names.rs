//! Which names a section, a proxy or a server uses: the quick answer to the many questions after what is not there.

/// A set of names of which only the shadows are kept, one bit each. A name without its bit is certainly not there; one
/// with it has to be looked up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Names(u64);

impl Names {
    pub(crate) fn add(&mut self, name: &str) {
        self.0 |= bit(name.as_bytes());
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

#[inline(always)]
const fn bit(name: &[u8]) -> u64 {
    match name {
        [] => 1,
        [only] => shadow(1, *only, *only),
        [first, .., last] => shadow(name.len(), *first, *last),
    }
}

#[inline(always)]
const fn pair(first: &[u8], second: &[u8]) -> u64 {
    match (first, second) {
        ([start, ..], [.., end]) => shadow(first.len() + 1 + second.len(), *start, *end),
        _ => u64::MAX,
    }
}

#[inline(always)]
const fn shadow(length: usize, first: u8, last: u8) -> u64 {
    1 << ((length * 11 + first as usize * 5 + last as usize) % 64)
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
    }
}
