//! Where a name stands in a sorted table: one look into a table of slots instead of a search.

/// Slots of each table: a power of two, and at least twice as many as there are names.
pub(crate) const SLOTS: usize = 1024;

/// The slot where the search for a name begins. Both ends of a name and its length tell nearly all of them apart.
pub(crate) fn first_slot(name: &[u8]) -> usize {
    let word = |part: &[u8]| {
        let mut bytes = [0; 8];
        bytes[..part.len()].copy_from_slice(part);
        u64::from_le_bytes(bytes)
    };
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (word(name), 0),
    };
    let mixed = (first ^ last.rotate_left(29) ^ ((name.len() as u64) << 56)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 54).unwrap_or_default() % SLOTS
}
