//! The hash of a keyword.

/// Mixes the length, the first bytes and the last ones: keywords differ in one of them.
#[inline]
pub(crate) fn hash(name: &[u8]) -> usize {
    let (first, last) = if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
    } else {
        let byte = |at: usize| name.get(at).copied().map_or(0, u64::from);
        (byte(0) << 16 | byte(1) << 8 | byte(2), 0)
    };
    let mixed = first ^ last.rotate_left(29) ^ (name.len() as u64) << 56;
    // The upper half of the product depends on all bits.
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

/// The two names, compared by the same pieces.
#[inline]
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    if one.len() <= 16
        && let (Some(first), Some(last)) = (one.first_chunk::<8>(), one.last_chunk::<8>())
    {
        return Some(first) == other.first_chunk() && Some(last) == other.last_chunk();
    }
    if one.len() < 8
        && let (Some(first), Some(last)) = (one.first_chunk::<4>(), one.last_chunk::<4>())
    {
        return Some(first) == other.first_chunk() && Some(last) == other.last_chunk();
    }
    one == other
}
