//! Sets of characters.

use super::unicode;

/// The last character there is.
const LAST: u32 = 0x10_FFFF;

/// A set of characters by their numbers, half of surrogate pairs among them: ranges that are sorted and do not touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CharSet(Vec<(u32, u32)>);

impl CharSet {
    pub(super) fn new(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        ranges.dedup_by(|next, before| {
            let touches = next.0 <= before.1.saturating_add(1);
            if touches {
                before.1 = before.1.max(next.1);
            }
            touches
        });
        Self(ranges)
    }

    /// Every character.
    pub(super) fn any() -> Self {
        Self(vec![(0, LAST)])
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.iter().copied()
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let c = c as u32;
        let index = self.0.partition_point(|&(_, last)| last < c);
        self.0.get(index).is_some_and(|&(first, _)| first <= c)
    }

    /// All the others.
    pub(super) fn negated(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for &(first, last) in &self.0 {
            if next < first {
                ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= LAST {
            ranges.push((next, LAST));
        }
        Self(ranges)
    }

    /// With all characters that differ from these in case only.
    pub(super) fn folded(self) -> Self {
        let pairs = unicode::folding();
        let mut set = self;
        // From any character to the smallest of its kind, and from there to all of them.
        for _ in 0..2 {
            let mut ranges = set.0.clone();
            for &(first, last) in &set.0 {
                let start = pairs.partition_point(|&(c, _)| c < first);
                let inside = pairs[start..].iter().take_while(|&&(c, _)| c <= last);
                ranges.extend(inside.map(|&(_, other)| (other, other)));
            }
            set = Self::new(ranges);
        }
        set
    }

    /// The only character in it.
    pub(super) fn single(&self) -> Option<char> {
        match self.0.as_slice() {
            &[(first, last)] if first == last => char::from_u32(first),
            _ => None,
        }
    }

    /// Has it every character, with or without the line end? Labels hold none.
    pub(super) fn is_any(&self) -> bool {
        self.negated().0.iter().all(|&(first, last)| first == last && first == u32::from('\n'))
    }

    /// All characters in it, if they are at most `limit`.
    pub(super) fn chars(&self, limit: usize) -> Option<Vec<char>> {
        let count: usize = self.0.iter().map(|&(first, last)| (last - first) as usize + 1).sum();
        let all = || self.0.iter().flat_map(|&(first, last)| first..=last).filter_map(char::from_u32).collect();
        (count <= limit).then(all)
    }
}
