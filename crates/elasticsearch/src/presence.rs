//! Which keys a document may hold: a handful of bits that answer most questions with no, since rules ask for many settings
//! that few files have.

/// Bits for keys and for the blocks above them. A set bit says "perhaps".
#[derive(Debug, Clone, Default)]
pub(crate) struct Presence {
    keys: Bits,
    blocks: Bits,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bits([u64; 8]);

impl Bits {
    fn set(&mut self, text: &[u8]) {
        let place = place(text);
        self.0[place / 64] |= 1 << (place % 64);
    }

    fn has(&self, text: &[u8]) -> bool {
        let place = place(text);
        self.0[place / 64] & (1 << (place % 64)) != 0
    }
}

/// A bit for a text, from its length and a few of its bytes.
fn place(text: &[u8]) -> usize {
    let length = text.len();
    let Some(&last) = text.last() else { return 0 };
    let bytes = [last, text[length / 2], text[length / 4], text[length * 3 / 4]];
    let mixed = bytes.iter().fold(length, |mixed, &byte| mixed.wrapping_mul(31).wrapping_add(usize::from(byte)));
    mixed.wrapping_mul(0x9e37_79b9) >> 16 & 511
}

impl Presence {
    /// Notes a key.
    pub(crate) fn add(&mut self, key: &str) {
        let key = key.as_bytes();
        self.keys.set(key);
        for dot in memchr::memchr_iter(b'.', key) {
            self.blocks.set(&key[..dot]);
        }
    }

    /// May the key be there?
    pub(crate) fn may_hold(&self, key: &str) -> bool {
        self.keys.has(key.as_bytes())
    }

    /// May there be keys that start with this? Known for whole names only.
    pub(crate) fn may_hold_below(&self, prefix: &str) -> bool {
        match memchr::memrchr(b'.', prefix.as_bytes()) {
            Some(dot) => self.blocks.has(&prefix.as_bytes()[..dot]),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_denied() {
        let keys = ["cluster.name", "discovery.zen.ping.unicast.hosts", "a", "", "x.", "node.attr.ä"];
        let mut presence = Presence::default();
        for key in keys {
            presence.add(key);
        }
        for key in keys {
            assert!(presence.may_hold(key), "{key}");
        }
        for prefix in ["cluster.", "discovery.zen.", "discovery.zen.ping.uni", "node.attr.", "x.", "any"] {
            assert!(presence.may_hold_below(prefix), "{prefix}");
        }
        let others = ["node.name", "http.port", "path.data", "network.host", "xpack.security.enabled"];
        assert!(others.iter().filter(|key| presence.may_hold(key)).count() < 2);
        assert!(!presence.may_hold_below("xpack.security.") && !presence.may_hold_below("thread_pool."));
    }
}
