//! Where the keys of a document stand, found without comparing many of them: rules ask for the same few settings again and
//! again, and for many more that few files have.

/// A small table of places by a few bytes of each key, and bits for the blocks above the keys.
#[derive(Debug, Clone)]
pub(crate) struct Presence {
    /// For each place of a key: nothing, its position and one more, or [`SHARED`].
    keys: Box<[u16; PLACES]>,
    blocks: [u64; PLACES / 64],
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// It is not there.
    Nowhere,
    /// If it is there, then at this position.
    At(usize),
    /// Nobody knows.
    Somewhere,
}

const PLACES: usize = 512;

/// Several keys share the place, or the position is too large to be noted.
const SHARED: u16 = u16::MAX;

impl Default for Presence {
    fn default() -> Self {
        Self { keys: Box::new([0; PLACES]), blocks: [0; PLACES / 64] }
    }
}

/// A place for a text, from its length and a few of its bytes.
fn place(text: &[u8]) -> usize {
    let length = text.len();
    let Some(&last) = text.last() else { return 0 };
    let bytes = [last, text[length / 2], text[length / 4], text[length * 3 / 4]];
    let mixed = bytes.iter().fold(length, |mixed, &byte| mixed.wrapping_mul(31).wrapping_add(usize::from(byte)));
    (mixed.wrapping_mul(0x9e37_79b9) >> 16) % PLACES
}

impl Presence {
    /// Notes where a key stands first. Keys come in the order of their positions, each once.
    pub(crate) fn add(&mut self, key: &str, position: usize) {
        let key = key.as_bytes();
        let slot = &mut self.keys[place(key)];
        let noted = u16::try_from(position + 1).unwrap_or(SHARED);
        *slot = if *slot == 0 { noted } else { SHARED };
        for dot in memchr::memchr_iter(b'.', key) {
            let place = place(&key[..dot]);
            self.blocks[place / 64] |= 1 << (place % 64);
        }
    }

    /// Where a key may stand.
    pub(crate) fn find(&self, key: &str) -> Whereabouts {
        match self.keys[place(key.as_bytes())] {
            0 => Whereabouts::Nowhere,
            SHARED => Whereabouts::Somewhere,
            noted => Whereabouts::At(usize::from(noted) - 1),
        }
    }

    /// May there be keys that start with this? Known for whole names only.
    pub(crate) fn may_hold_below(&self, prefix: &str) -> bool {
        let prefix = prefix.as_bytes();
        memchr::memrchr(b'.', prefix).is_none_or(|dot| {
            let place = place(&prefix[..dot]);
            self.blocks[place / 64] & (1 << (place % 64)) != 0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_denied() {
        let keys = ["", "a", "cluster.name", "discovery.zen.ping.unicast.hosts", "node.attr.ä", "x."];
        let mut presence = Presence::default();
        for (position, key) in keys.iter().enumerate() {
            presence.add(key, position);
        }
        for (position, key) in keys.iter().enumerate() {
            assert!(matches!(presence.find(key), Whereabouts::Somewhere | Whereabouts::At(_)), "{key}");
            assert!(presence.find(key) == Whereabouts::Somewhere || presence.find(key) == Whereabouts::At(position));
        }
        for prefix in ["cluster.", "discovery.zen.", "discovery.zen.ping.uni", "node.attr.", "x.", "any"] {
            assert!(presence.may_hold_below(prefix), "{prefix}");
        }
        let others = ["node.name", "http.port", "path.data", "network.host", "xpack.security.enabled"];
        assert!(others.iter().filter(|key| presence.find(key) != Whereabouts::Nowhere).count() < 2);
        assert!(!presence.may_hold_below("xpack.security.") && !presence.may_hold_below("thread_pool."));
    }

    #[test]
    fn positions_that_cannot_be_noted_are_somewhere() {
        let mut presence = Presence::default();
        presence.add("cluster.name", 70_000);
        assert_eq!(presence.find("cluster.name"), Whereabouts::Somewhere);
    }
}
