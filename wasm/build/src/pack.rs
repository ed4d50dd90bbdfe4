//! Packs the module for the way to the browser; wasm/js/unpack.js undoes it.
//!
//! gzip looks back 32 kB and sees bytes. The code of a module is a long text of instructions: an operation, then a local, a
//! constant, an offset. Here each kind of these goes into a stream of its own, where it stands among its likes, sizes that
//! follow from the rest are left out, and every stream is compressed with LZMA.
//!
//! In the module as a whole operations are the exception: PPMd foretells each by the dozen before, which is smaller by an eighth
//! and takes three times as long to unpack. Parts are there to be ready sooner.
//!
//! Three kinds of operands say less when they are put otherwise. Constants and offsets are sorted by the operations around
//! them: what is added to an address has other values than what is shifted by. Calls name a family, which is all versions of
//! one generic function, and how long ago this version was called: so copies of one generic function call alike.

use crate::code;
use crate::module::{
    Bytes, CODE, CUSTOM, IMPORT, contents, function_names, imported_functions, push_number, without_names,
};
use anyhow::{Context, Result};
use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};
use ppmd_rust::Ppmd7Encoder;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;

/// What a packed module begins with. A module as it is begins with `\0asm`.
const MAGIC: [u8; 4] = *b"cvp3";

/// One kind of what a module consists of. The order is that of the file.
#[derive(Clone, Copy)]
enum Stream {
    /// What stands before the code: types, imports, exports, tables.
    Head,
    /// What stands behind it: the data.
    Tail,
    /// How many functions each family has.
    Families,
    /// The locals that functions declare.
    Declared,
    /// Operations, with the local in them where the first few locals are read.
    Operation,
    /// Alignments that differ from what the operation has by nature.
    Alignment,
    /// Offsets of stores, then of loads by the local that is read just before.
    Offset,
    /// Locals that are read, but for the first few.
    Get,
    /// Locals that are set.
    Set,
    /// Globals, tables, types of blocks: short, and nearly always the same.
    Index,
    /// The families of functions that are called, in two bytes each; imported functions come behind all families.
    Family,
    /// Which one of a family with several: 0 is the next that was not called yet, 1 that called last.
    Member,
    /// Types and tables of functions that are called through a table.
    Indirect,
    /// Where branches lead.
    Branch,
    /// Integers of 32 bits, by the two operations that follow and the one before.
    Small,
    /// Integers of 64 bits.
    Large,
    Float,
}

const STREAMS: usize = 17;

impl Stream {
    /// The stream of what follows an operation other than a load or store, a call or an integer of 32 bits.
    const fn of_operands(operation: u8) -> Self {
        match operation {
            0x0c..=0x0e => Self::Branch,
            0x11 => Self::Indirect,
            GET => Self::Get,
            0x21 | 0x22 => Self::Set,
            0x42 => Self::Large,
            0x43 | 0x44 => Self::Float,
            _ => Self::Index,
        }
    }

    /// Of how many low bits of the position matches depend: the tail holds words of four bytes, families have two.
    const fn alignment(index: usize) -> u32 {
        const TAIL: usize = Stream::Tail as usize;
        const FAMILY: usize = Stream::Family as usize;
        match index {
            TAIL => 2,
            FAMILY => 1,
            _ => 0,
        }
    }
}

/// How LZMA sees the streams: so many high bits of the byte before are the context of a literal. Found by trying; unpack.js
/// has the same number.
const CONTEXT: u32 = 2;

/// By how many operations before it PPMd foretells one.
const ORDER: u32 = 12;

/// Bytes of memory for PPMd. It would forget everything when they were used up, which unpacking never does.
const MEMORY: u32 = 1 << 28;

const GET: u8 = 0x20;
const SMALL: u8 = 0x41;
const FIRST_ACCESS: u8 = 0x28;
const FIRST_STORE: u8 = 0x36;
const LAST_ACCESS: u8 = 0x3e;

/// The alignment that loads and stores have by nature, as powers of two, from `i32.load` on.
const NATURAL: [u8; 23] = [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2];

/// Where loads and stores with another alignment lie among the operations; WebAssembly has none there.
const UNNATURAL: u8 = 0xe0;

/// Where reading the first few locals lies among the operations; WebAssembly has none there either.
const READ: u8 = 0xd8;
const READS: u8 = 8;

/// The operation as WebAssembly has it.
const fn plain(operation: u8) -> u8 {
    match operation {
        READ..UNNATURAL => GET,
        UNNATURAL..=0xf6 => operation - UNNATURAL + FIRST_ACCESS,
        _ => operation,
    }
}

/// The streams of a module.
pub(crate) type Streams = [Vec<u8>; STREAMS];

/// What a module is to a browser.
#[derive(Clone, Copy)]
pub(crate) enum Role<'a> {
    /// All there is.
    Whole,
    /// What parts come to.
    Primary,
    /// Comes to the primary module, whose streams these are. What is alike in them is not said again.
    Part(&'a Streams),
}

/// A module in the packed form, and its streams. The names of the functions, from which families are told, are not packed.
pub(crate) fn pack(module: &[u8], role: Role<'_>) -> Result<(Vec<u8>, Streams)> {
    let families = families(module);
    let module = without_names(module);
    let imported = families.imported;
    let (count, streams) = take_apart(&module, families)
        .context("the module has no code, or instructions that the packer does not know")?;
    let mut packed = MAGIC.to_vec();
    push_word(&mut packed, module.len())?;
    push_word(&mut packed, count)?;
    push_word(&mut packed, imported)?;
    packed.extend(if matches!(role, Role::Whole) { ORDER } else { 0 }.to_le_bytes());
    let compressed: Vec<Vec<u8>> =
        (0..STREAMS).map(|index| compress(index, &streams[index], role)).collect::<Result<_>>()?;
    for (bytes, compressed) in streams.iter().zip(&compressed) {
        push_word(&mut packed, bytes.len())?;
        push_word(&mut packed, compressed.len())?;
    }
    packed.extend(compressed.concat());
    Ok((packed, streams))
}

fn push_word(out: &mut Vec<u8>, value: usize) -> Result<()> {
    out.extend(u32::try_from(value)?.to_le_bytes());
    Ok(())
}

fn compress(index: usize, bytes: &[u8], role: Role<'_>) -> Result<Vec<u8>> {
    if index == Stream::Operation as usize && matches!(role, Role::Whole) {
        let mut encoder = Ppmd7Encoder::new(Vec::new(), ORDER, MEMORY)?;
        encoder.write_all(bytes)?;
        return Ok(encoder.finish(false)?);
    }
    let base = if let Role::Part(base) = role { Some(&base[index]) } else { None };
    let options = LzmaOptions {
        dict_size: 1 << 24,
        lc: CONTEXT,
        lp: 0,
        pb: Stream::alignment(index),
        mode: EncodeMode::Normal,
        nice_len: LzmaOptions::NICE_LEN_MAX,
        mf: MfType::Bt4,
        depth_limit: 1000,
        preset_dict: base.filter(|base| !base.is_empty()).cloned(),
    };
    let mut writer = LzmaWriter::new_no_header(Vec::new(), &options, false)?;
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

/// The families that the functions of a module belong to.
fn families(module: &[u8]) -> Families {
    let content = |id: u8| contents(module, id);
    let imported = content(IMPORT).next().and_then(imported_functions).unwrap_or_default();
    let count = content(CODE).next().and_then(|mut code| code.number()).unwrap_or_default();
    let names: HashMap<usize, String> = content(CUSTOM).filter_map(function_names).flatten().collect();
    Families::new(imported, (imported..imported + count).map(|function| names.get(&function).map(|name| family(name))))
}

/// The name without what tells the versions of one generic function apart: a hash in the end, and what wasm-opt appends.
pub(crate) fn family(name: &str) -> &str {
    match name.rfind("17h") {
        Some(at) if name[at + 3..].starts_with(|first: char| first.is_ascii_hexdigit()) => &name[..at],
        _ => name,
    }
}

/// The functions that stand side by side and have the same name, and which of them were called so far.
pub(crate) struct Families {
    imported: usize,
    /// How many functions each has.
    sizes: Vec<usize>,
    /// The family of each function, imported ones left out.
    of: Vec<usize>,
    members: Vec<Members>,
}

impl Families {
    fn new<'a>(imported: usize, names: impl Iterator<Item = Option<&'a str>>) -> Self {
        let (mut sizes, mut of, mut before) = (Vec::new(), Vec::new(), None);
        for name in names {
            match sizes.last_mut() {
                Some(size) if name.is_some() && name == before => *size += 1,
                _ => sizes.push(1),
            }
            of.push(sizes.len() - 1);
            before = name;
        }
        let mut first = imported;
        let members = sizes.iter().map(|size| {
            first += size;
            Members { uncalled: (first - size..first).collect(), called: Vec::new() }
        });
        let members = members.collect();
        Self { imported, sizes, of, members }
    }

    /// The family of a function that is called now, and which one of several it is.
    fn call(&mut self, function: usize) -> Option<(usize, Option<usize>)> {
        let Some(own) = function.checked_sub(self.imported) else {
            return Some((self.sizes.len() + function, None));
        };
        let family = *self.of.get(own)?;
        if self.sizes[family] == 1 {
            return Some((family, None));
        }
        Some((family, Some(self.members[family].call(function)?)))
    }
}

/// The functions of a family.
struct Members {
    /// In their order.
    uncalled: Vec<usize>,
    /// That called last comes last.
    called: Vec<usize>,
}

impl Members {
    /// 0 for the first that was not called yet, then those called, the last one first, then the others not called yet.
    fn call(&mut self, function: usize) -> Option<usize> {
        let number = match self.called.iter().rposition(|&other| other == function) {
            Some(at) => {
                self.called.remove(at);
                self.called.len() + 1 - at
            }
            None => {
                let at = self.uncalled.iter().position(|&other| other == function)?;
                self.uncalled.remove(at);
                if at == 0 { 0 } else { self.called.len() + at }
            }
        };
        self.called.push(function);
        Some(number)
    }
}

/// The number of functions and the streams.
fn take_apart(module: &[u8], families: Families) -> Option<(usize, Streams)> {
    let mut walk =
        Walk { rest: module.get(8..)?, streams: Default::default(), families, smalls: Vec::new(), offsets: Vec::new() };
    loop {
        let id = walk.take()?;
        let head = module.len() - walk.rest.len();
        let size = walk.skip_number()?;
        let (section, behind) = walk.rest.split_at_checked(size)?;
        if id != CODE {
            walk.rest = behind;
            continue;
        }
        walk.streams[Stream::Head as usize].extend_from_slice(&module[..head]);
        walk.streams[Stream::Tail as usize].extend_from_slice(behind);
        walk.rest = section;
        let count = walk.skip_number()?;
        for _ in 0..count {
            walk.body()?;
        }
        walk.sort();
        return walk.rest.is_empty().then_some((count, walk.streams));
    }
}

/// The code that is taken apart, and the streams that come of it.
struct Walk<'a> {
    rest: &'a [u8],
    streams: Streams,
    families: Families,
    /// Integers of 32 bits, each with the place of its operation.
    smalls: Vec<(usize, &'a [u8])>,
    /// Offsets of loads and stores, each with the place of its operation.
    offsets: Vec<(usize, &'a [u8])>,
}

impl<'a> Walk<'a> {
    fn take(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn push(&mut self, stream: Stream, byte: u8) {
        self.streams[stream as usize].push(byte);
    }

    fn push_number(&mut self, stream: Stream, value: usize) {
        push_number(&mut self.streams[stream as usize], value);
    }

    /// A LEB128 number that goes into no stream: unpacking counts again, and writes it in as few bytes as it takes, as the
    /// tools that made the module do.
    fn skip_number(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for index in 0..5 {
            let byte = self.take()?;
            value |= usize::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return (index == 0 || byte != 0).then_some(value);
            }
        }
        None
    }

    /// The next bytes.
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    /// Moves as many bytes to a stream.
    fn copy(&mut self, stream: Stream, length: usize) -> Option<()> {
        let bytes = self.bytes(length)?;
        self.streams[stream as usize].extend_from_slice(bytes);
        Some(())
    }

    /// Moves a LEB128 number of at most five bytes to a stream.
    fn number(&mut self, stream: Stream) -> Option<usize> {
        let mut bytes = Bytes(self.rest);
        let value = bytes.number()?;
        self.copy(stream, self.rest.len() - bytes.0.len())?;
        Some(value)
    }

    fn body(&mut self) -> Option<()> {
        self.skip_number()?;
        for _ in 0..self.number(Stream::Declared)? {
            self.number(Stream::Declared)?;
            self.copy(Stream::Declared, 1)?;
        }
        let mut depth = 1_usize;
        while depth > 0 {
            let operation = self.take()?;
            if (FIRST_ACCESS..=LAST_ACCESS).contains(&operation) {
                self.access(operation)?;
                continue;
            }
            if code::BLOCKS.contains(&operation) {
                depth += 1;
            } else if operation == code::END {
                depth -= 1;
            }
            if operation == GET && self.rest.first().is_some_and(|&local| local < READS) {
                let local = self.take()?;
                self.push(Stream::Operation, READ + local);
                continue;
            }
            self.push(Stream::Operation, operation);
            match operation {
                code::CALL => self.call()?,
                SMALL => {
                    let value = self.bytes(code::operands(operation, self.rest)?)?;
                    self.smalls.push((self.here(), value));
                }
                _ => self.copy(Stream::of_operands(operation), code::operands(operation, self.rest)?)?,
            }
        }
        Some(())
    }

    /// The place of the last operation.
    fn here(&self) -> usize {
        self.streams[Stream::Operation as usize].len() - 1
    }

    /// A load or store.
    fn access(&mut self, operation: u8) -> Option<()> {
        let index = operation - FIRST_ACCESS;
        if self.rest.first() == NATURAL.get(usize::from(index)) {
            self.take()?;
            self.push(Stream::Operation, operation);
        } else {
            self.push(Stream::Operation, index + UNNATURAL);
            self.number(Stream::Alignment)?;
        }
        let mut bytes = Bytes(self.rest);
        bytes.number()?;
        let offset = self.bytes(self.rest.len() - bytes.0.len())?;
        self.offsets.push((self.here(), offset));
        Some(())
    }

    fn call(&mut self) -> Option<()> {
        let function = self.skip_number()?;
        let (family, member) = self.families.call(function)?;
        self.streams[Stream::Family as usize].extend(u16::try_from(family).ok()?.to_be_bytes());
        if let Some(member) = member {
            self.push_number(Stream::Member, member);
        }
        Some(())
    }

    /// Fills the streams of what is sorted by the operations around it.
    fn sort(&mut self) {
        let operations = &self.streams[Stream::Operation as usize];
        let mut smalls: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        let mut offsets: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        for &(at, value) in &self.smalls {
            let near = |place: Option<usize>| place.and_then(|at| operations.get(at)).map_or(0, |&code| plain(code));
            smalls
                .entry((near(Some(at + 1)), near(Some(at + 2)), near(at.checked_sub(1))))
                .or_default()
                .extend_from_slice(value);
        }
        for &(at, value) in &self.offsets {
            let before = at.checked_sub(1).map_or(0, |before| operations[before]);
            let group = match before {
                _ if plain(operations[at]) >= FIRST_STORE => 0,
                READ..UNNATURAL => before - READ + 1,
                _ => READS + 1,
            };
            offsets.entry(group).or_default().extend_from_slice(value);
        }
        self.streams[Stream::Small as usize] = smalls.into_values().flatten().collect();
        self.streams[Stream::Offset as usize] = offsets.into_values().flatten().collect();
        for size in std::mem::take(&mut self.families.sizes) {
            self.push_number(Stream::Families, size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";

    /// The streams of a module with one function of this body, but for the head.
    fn streams(body: &[u8]) -> Option<Vec<(usize, Vec<u8>)>> {
        let size = body.len() as u8;
        let module = [HEAD, &[1, 2, 0, 0], &[CODE, size + 2, 1, size], body, &[11, 1, 0]].concat();
        let (count, streams) = take_apart(&module, Families::new(1, [None].into_iter()))?;
        assert_eq!(count, 1);
        assert_eq!(streams[Stream::Head as usize], [HEAD, &[1, 2, 0, 0], &[CODE]].concat());
        assert_eq!(streams[Stream::Tail as usize], [11, 1, 0]);
        assert_eq!(streams[Stream::Families as usize], [1]);
        Some(streams.into_iter().enumerate().skip(3).filter(|(_, bytes)| !bytes.is_empty()).collect())
    }

    #[test]
    fn each_kind_of_immediate_has_its_stream() {
        // One local of type i32; local.get 0, local.get 9, i32.load offset=8, i32.const 300, call 0, local.tee 2, end
        let body = [1, 1, 0x7f, 0x20, 0, 0x20, 9, 0x28, 2, 8, 0x41, 0xac, 0x02, 0x10, 0, 0x22, 2, 0x0b];
        let expected = [
            (Stream::Declared as usize, vec![1, 1, 0x7f]),
            (Stream::Operation as usize, vec![READ, 0x20, 0x28, 0x41, 0x10, 0x22, 0x0b]),
            (Stream::Offset as usize, vec![8]),
            (Stream::Get as usize, vec![9]),
            (Stream::Set as usize, vec![2]),
            (Stream::Family as usize, vec![0, 1]),
            (Stream::Small as usize, vec![0xac, 0x02]),
        ];
        assert_eq!(streams(&body).unwrap(), expected);
    }

    #[test]
    fn integers_and_offsets_are_sorted_by_what_stands_around_them() {
        // Behind drop: i32.const 1, i32.shl; i32.const 2, i32.add; i32.const 3, i32.shl; behind nop: i32.const 4, i32.shl.
        let shl = |value: u8| [0x1a, 0x41, value, 0x74];
        let body =
            [&[0], &shl(1)[..], &[0x1a, 0x41, 2, 0x6a], &shl(3), &[0x1a, 0x01, 0x41, 4, 0x74, 0x1a, 0x0b]].concat();
        assert_eq!(streams(&body).unwrap().last(), Some(&(Stream::Small as usize, vec![2, 4, 1, 3])));
        // Loads by a computed address and by the locals 3 and 1, and a store.
        let body = [0, 0x28, 2, 1, 0x20, 3, 0x28, 2, 2, 0x20, 1, 0x28, 2, 3, 0x36, 2, 4, 0x0b];
        let streams = streams(&body).unwrap();
        assert!(streams.contains(&(Stream::Offset as usize, vec![4, 3, 2, 1])), "{streams:?}");
    }

    #[test]
    fn calls_name_a_family_and_one_of_it() {
        let names = ["a17h01E", "a17h02E", "a17h03E", "b", "c17h01E"];
        let mut families = Families::new(2, names.iter().map(|name| Some(family(name))));
        assert_eq!(families.sizes, [3, 1, 1]);
        let calls = [2, 3, 2, 2, 3, 4, 5, 5, 6, 1].map(|function| families.call(function).unwrap());
        let a = |member| (0, Some(member));
        assert_eq!(calls, [a(0), a(0), a(2), a(1), a(2), a(0), (1, None), (1, None), (2, None), (4, None)]);
        assert_eq!(families.call(7), None);
        // The last one first: it stands behind none that was called, and one that was not.
        let mut families = Families::new(2, names.iter().map(|name| Some(family(name))));
        assert_eq!([4, 4, 3, 2].map(|function| families.call(function).unwrap()), [a(2), a(1), a(2), a(0)]);
    }

    #[test]
    fn blocks_end_within_the_body() {
        assert!(streams(&[0, 0x02, 0x40, 0x03, 0x40, 0x0b, 0x0b, 0x0b]).is_some());
        assert!(streams(&[0, 0x02, 0x40, 0x0b]).is_none());
    }

    #[test]
    fn what_is_unknown_or_would_come_back_otherwise_is_refused() {
        assert!(streams(&[0, 0xe0, 0, 0, 0x0b]).is_none());
        assert!(
            take_apart(&[HEAD, &[CODE, 5, 1, 0x82, 0, 0, 0x0b]].concat(), Families::new(0, [].into_iter())).is_none()
        );
        assert!(take_apart(HEAD, Families::new(0, [].into_iter())).is_none());
        assert!(pack(b"", Role::Whole).is_err());
    }
}
