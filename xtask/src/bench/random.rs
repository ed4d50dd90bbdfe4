//! Random numbers that are the same in every run, so that figures can be compared.

/// `SplitMix64`.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A seed that follows from a name.
    pub(super) fn new(name: &str) -> Self {
        let fold = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which must not be 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % end
    }

    /// True in `percent` of all cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// An address of a private network.
    pub(super) fn address(&mut self) -> String {
        format!("10.{}.{}.{}", self.below(32), self.below(250), 1 + self.below(250))
    }

    /// A word such as services have for a name.
    pub(super) fn service(&mut self) -> String {
        let first = self.pick(&["cart", "orders", "search", "billing", "users", "media", "auth", "stock", "mail"]);
        let second = self.pick(&["api", "web", "worker", "cache", "db", "edge", "sync", "report", "gateway"]);
        format!("{first}-{second}")
    }
}
