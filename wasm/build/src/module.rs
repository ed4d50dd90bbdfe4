//! Reads a WebAssembly module as far as its size is concerned: sections, functions and their names.

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

pub(crate) const CUSTOM: u8 = 0;
pub(crate) const TYPE: u8 = 1;
pub(crate) const IMPORT: u8 = 2;
pub(crate) const FUNCTION: u8 = 3;
pub(crate) const TABLE: u8 = 4;
pub(crate) const MEMORY: u8 = 5;
pub(crate) const GLOBAL: u8 = 6;
pub(crate) const EXPORT: u8 = 7;
pub(crate) const ELEMENT: u8 = 9;
pub(crate) const CODE: u8 = 10;
pub(crate) const DATA: u8 = 11;

/// The custom section of names, and the part of it that names functions.
const NAME: &str = "name";
const FUNCTION_NAMES: u8 = 1;

pub(crate) const FUNCTION_KIND: u8 = 0;
pub(crate) const TABLE_KIND: u8 = 1;
pub(crate) const MEMORY_KIND: u8 = 2;
pub(crate) const GLOBAL_KIND: u8 = 3;

/// A section of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section<'a> {
    pub(crate) id: u8,
    /// What it holds.
    pub(crate) name: &'static str,
    /// Its content.
    pub(crate) bytes: &'a [u8],
}

/// The sections in the order of the module. What cannot be read ends the list.
pub(crate) fn sections(module: &[u8]) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    let mut rest = Bytes(module.get(8..).unwrap_or_default());
    while let Some(id) = rest.byte()
        && let Some(bytes) = rest.sized()
    {
        let name = NAMES.get(usize::from(id)).copied().unwrap_or("other");
        sections.push(Section { id, name, bytes });
    }
    sections
}

/// What the sections of one kind hold.
pub(crate) fn contents(module: &[u8], id: u8) -> impl Iterator<Item = Bytes<'_>> {
    sections(module).into_iter().filter(move |section| section.id == id).map(|section| Bytes(section.bytes))
}

/// The module without its custom sections, such as names.
pub(crate) fn without_names(module: &[u8]) -> Vec<u8> {
    let mut bare = module.get(..8).unwrap_or_default().to_vec();
    for section in sections(module).iter().filter(|section| section.id != CUSTOM) {
        push_section(&mut bare, section.id, section.bytes);
    }
    bare
}

/// The size of every function's body in bytes, with its name where the module has one.
pub(crate) fn functions(module: &[u8]) -> Vec<(usize, String)> {
    let content = |id: u8| contents(module, id);
    let imported = content(IMPORT).next().and_then(imported_functions).unwrap_or(0);
    let sizes = content(CODE).next().map(body_sizes).unwrap_or_default();
    let names = content(CUSTOM).find_map(function_names).unwrap_or_default();
    let mut functions: Vec<(usize, String)> = sizes.into_iter().map(|size| (size, String::new())).collect();
    for (index, name) in names {
        if let Some(function) = index.checked_sub(imported).and_then(|index| functions.get_mut(index)) {
            function.1 = name;
        }
    }
    functions
}

/// How many functions are imported.
pub(crate) fn imported_functions(mut bytes: Bytes<'_>) -> Option<usize> {
    let mut functions = 0;
    for _ in 0..bytes.number()? {
        bytes.sized()?;
        bytes.sized()?;
        match bytes.byte()? {
            FUNCTION_KIND => {
                bytes.number()?;
                functions += 1;
            }
            TABLE_KIND => {
                bytes.byte()?;
                bytes.limits()?;
            }
            MEMORY_KIND => drop(bytes.limits()?),
            GLOBAL_KIND => drop(bytes.take(2)?),
            _ => return None,
        }
    }
    Some(functions)
}

fn body_sizes(mut bytes: Bytes<'_>) -> Vec<usize> {
    let count = bytes.number().unwrap_or(0);
    std::iter::from_fn(|| bytes.sized().map(<[u8]>::len)).take(count).collect()
}

pub(crate) fn function_names(mut bytes: Bytes<'_>) -> Option<Vec<(usize, String)>> {
    if bytes.sized()? != NAME.as_bytes() {
        return None;
    }
    while let Some(kind) = bytes.byte() {
        let mut map = Bytes(bytes.sized()?);
        if kind == FUNCTION_NAMES {
            let count = map.number()?;
            let entry = || Some((map.number()?, String::from_utf8_lossy(map.sized()?).into_owned()));
            return Some(std::iter::from_fn(entry).take(count).collect());
        }
    }
    None
}

/// The section that names functions.
pub(crate) fn push_names<'a>(module: &mut Vec<u8>, names: impl ExactSizeIterator<Item = (usize, &'a str)>) {
    let mut map = Vec::new();
    push_number(&mut map, names.len());
    for (function, name) in names {
        push_number(&mut map, function);
        push_sized(&mut map, name.as_bytes());
    }
    let mut custom = Vec::new();
    push_sized(&mut custom, NAME.as_bytes());
    push_section(&mut custom, FUNCTION_NAMES, &map);
    push_section(module, CUSTOM, &custom);
}

/// Appends a LEB128 number.
pub(crate) fn push_number(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends bytes behind their length.
pub(crate) fn push_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    push_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends a section.
pub(crate) fn push_section(module: &mut Vec<u8>, id: u8, content: &[u8]) {
    module.push(id);
    push_sized(module, content);
}

/// What is left to read.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// A LEB128 number of at most five bytes.
    pub(crate) fn number(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for index in 0..5 {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// The least and, where there is one, the most of a table or memory.
    pub(crate) fn limits(&mut self) -> Option<(usize, Option<usize>)> {
        let has_most = match self.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let least = self.number()?;
        Some((least, if has_most { Some(self.number()?) } else { None }))
    }

    /// A length and as many bytes.
    pub(crate) fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length)
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn sections_are_measured() {
        let module = [HEAD, &[1, 2, 0, 0], &[10, 0x81, 0x01], &[0; 129]].concat();
        let sizes: Vec<_> = sections(&module).iter().map(|section| (section.name, section.bytes.len())).collect();
        assert_eq!(sizes, [("type", 2), ("code", 129)]);
        assert_eq!(sections(b""), []);
        assert_eq!(sections(&[HEAD, &[10, 5, 0]].concat()), []);
    }

    #[test]
    fn functions_have_their_names() {
        let import = [2, 7, 1, 1, b'a', 1, b'b', 0, 0];
        let code = [10, 6, 2, 1, 0xaa, 2, 0xbb, 0xbb];
        let names = [0, 15, 4, b'n', b'a', b'm', b'e', 1, 8, 2, 0, 1, b'i', 2, 2, b'f', b'g'];
        let module = [HEAD, &import, &code, &names].concat();
        assert_eq!(functions(&module), [(1, String::new()), (2, "fg".to_owned())]);
    }
}
