//! Where the bytes of a WebAssembly module go, by section.

const NAMES: [&str; 13] = [
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
];

/// The sections and their sizes in bytes, largest first. What cannot be read ends the list.
pub(crate) fn sizes(module: &[u8]) -> Vec<(&'static str, usize)> {
    let mut sizes = Vec::new();
    let mut rest = module.get(8..).unwrap_or_default();
    while let Some((&id, tail)) = rest.split_first() {
        let Some((size, tail)) = leb128(tail) else { break };
        sizes.push((NAMES.get(usize::from(id)).copied().unwrap_or("other"), size));
        rest = tail.get(size..).unwrap_or_default();
    }
    sizes.sort_by_key(|&(_, size)| std::cmp::Reverse(size));
    sizes
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (index, &byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_measured() {
        let module = [&b"\0asm\x01\0\0\0"[..], &[1, 2, 0, 0], &[10, 0x81, 0x01], &[0; 129]].concat();
        assert_eq!(sizes(&module), [("code", 129), ("type", 2)]);
        assert_eq!(sizes(b""), []);
    }
}
