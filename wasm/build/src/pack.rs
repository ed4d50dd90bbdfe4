//! Packs the module for the way to the browser; wasm/js/unpack.js undoes it.
//!
//! gzip looks back 32 kB and sees bytes. The code of a module is a long text of instructions: an operation, then a local, a
//! constant, an offset. Here each kind of these goes into a stream of its own, where it stands among its likes, sizes that
//! follow from the rest are left out, and every stream is compressed with LZMA.

use crate::code;
use crate::module::{Bytes, CODE};
use anyhow::{Context, Result};
use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};
use std::io::Write;

/// What a packed module begins with. A module as it is begins with `\0asm`.
const MAGIC: [u8; 4] = *b"cvp1";

/// One kind of what a module consists of. The order is that of the file.
#[derive(Clone, Copy)]
enum Stream {
    /// What stands before the code: types, imports, exports, tables.
    Head,
    /// What stands behind it: the data.
    Tail,
    /// The locals that functions declare.
    Declared,
    Operation,
    /// Alignments that differ from what the operation has by nature.
    Alignment,
    /// Offsets of loads and stores.
    Offset,
    /// Locals that are read.
    Get,
    /// Locals that are set.
    Set,
    /// Locals that are set and read.
    Tee,
    /// Globals, tables, types of blocks: short, and nearly always the same.
    Index,
    /// Functions that are called.
    Call,
    /// Types and tables of functions that are called through a table.
    Indirect,
    /// Where branches lead.
    Branch,
    /// Integers of 32 bits.
    Small,
    /// Integers of 64 bits.
    Large,
    Float,
}

const STREAMS: usize = 16;

impl Stream {
    /// The stream of what follows an operation other than a load or store.
    const fn of_operands(operation: u8) -> Self {
        match operation {
            0x0c..=0x0e => Self::Branch,
            0x10 => Self::Call,
            0x11 => Self::Indirect,
            0x20 => Self::Get,
            0x21 => Self::Set,
            0x22 => Self::Tee,
            0x41 => Self::Small,
            0x42 => Self::Large,
            0x43 | 0x44 => Self::Float,
            _ => Self::Index,
        }
    }
}

/// How LZMA sees the streams: so many high bits of the byte before are the context of a literal. Found by trying; unpack.js
/// has the same number.
const CONTEXT: u32 = 2;

/// Of the tail, so many low bits of the position are a context of matches: it holds words of four bytes.
const TAIL_ALIGNMENT: u32 = 2;

const FIRST_ACCESS: u8 = 0x28;
const LAST_ACCESS: u8 = 0x3e;

/// The alignment that loads and stores have by nature, as powers of two, from `i32.load` on.
const NATURAL: [u8; 23] = [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2];

/// Where loads and stores with another alignment lie among the operations; WebAssembly has none there.
const UNNATURAL: u8 = 0xe0;

/// The streams of a module.
pub(crate) type Streams = [Vec<u8>; STREAMS];

/// A module in the packed form, and its streams. What is alike in the streams of `base` is not said again: to unpack the
/// module, those must be there.
pub(crate) fn pack(module: &[u8], base: Option<&Streams>) -> Result<(Vec<u8>, Streams)> {
    let (count, streams) =
        take_apart(module).context("the module has no code, or instructions that the packer does not know")?;
    let mut packed = MAGIC.to_vec();
    push_word(&mut packed, module.len())?;
    push_word(&mut packed, count)?;
    let compressed: Vec<Vec<u8>> = (0..STREAMS)
        .map(|index| compress(index, &streams[index], base.map(|base| &base[index])))
        .collect::<Result<_>>()?;
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

fn compress(index: usize, bytes: &[u8], base: Option<&Vec<u8>>) -> Result<Vec<u8>> {
    let options = LzmaOptions {
        dict_size: 1 << 24,
        lc: CONTEXT,
        lp: 0,
        pb: if index == Stream::Tail as usize { TAIL_ALIGNMENT } else { 0 },
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

/// The number of functions and the streams.
fn take_apart(module: &[u8]) -> Option<(usize, Streams)> {
    let mut walk = Walk { rest: module, streams: Default::default() };
    walk.rest = module.get(8..)?;
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
        return walk.rest.is_empty().then_some((count, walk.streams));
    }
}

/// The code that is taken apart, and the streams that come of it.
struct Walk<'a> {
    rest: &'a [u8],
    streams: Streams,
}

impl Walk<'_> {
    fn take(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn push(&mut self, stream: Stream, byte: u8) {
        self.streams[stream as usize].push(byte);
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

    /// Moves as many bytes to a stream.
    fn copy(&mut self, stream: Stream, length: usize) -> Option<()> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.streams[stream as usize].extend_from_slice(bytes);
        self.rest = rest;
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
            self.push(Stream::Operation, operation);
            self.copy(Stream::of_operands(operation), code::operands(operation, self.rest)?)?;
        }
        Some(())
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
        self.number(Stream::Offset).map(drop)
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
        let (count, streams) = take_apart(&module)?;
        assert_eq!(count, 1);
        assert_eq!(streams[Stream::Head as usize], [HEAD, &[1, 2, 0, 0], &[CODE]].concat());
        assert_eq!(streams[Stream::Tail as usize], [11, 1, 0]);
        Some(streams.into_iter().enumerate().skip(2).filter(|(_, bytes)| !bytes.is_empty()).collect())
    }

    #[test]
    fn each_kind_of_immediate_has_its_stream() {
        // One local of type i32; local.get 0, i32.load offset=8, i32.const 300, call 5, end
        let body = [1, 1, 0x7f, 0x20, 0, 0x28, 2, 8, 0x41, 0xac, 0x02, 0x10, 5, 0x0b];
        let expected = [
            (Stream::Declared as usize, vec![1, 1, 0x7f]),
            (Stream::Operation as usize, vec![0x20, 0x28, 0x41, 0x10, 0x0b]),
            (Stream::Offset as usize, vec![8]),
            (Stream::Get as usize, vec![0]),
            (Stream::Call as usize, vec![5]),
            (Stream::Small as usize, vec![0xac, 0x02]),
        ];
        assert_eq!(streams(&body).unwrap(), expected);
    }

    #[test]
    fn an_alignment_that_is_not_natural_is_kept() {
        let expected = [
            (Stream::Declared as usize, vec![0]),
            (Stream::Operation as usize, vec![UNNATURAL, 0x0b]),
            (Stream::Alignment as usize, vec![0]),
            (Stream::Offset as usize, vec![4]),
        ];
        assert_eq!(streams(&[0, 0x28, 0, 4, 0x0b]).unwrap(), expected);
    }

    #[test]
    fn blocks_end_within_the_body() {
        assert!(streams(&[0, 0x02, 0x40, 0x03, 0x40, 0x0b, 0x0b, 0x0b]).is_some());
        assert!(streams(&[0, 0x02, 0x40, 0x0b]).is_none());
    }

    #[test]
    fn what_is_unknown_or_would_come_back_otherwise_is_refused() {
        assert!(streams(&[0, 0xe0, 0, 0, 0x0b]).is_none());
        assert!(take_apart(&[HEAD, &[CODE, 5, 1, 0x82, 0, 0, 0x0b]].concat()).is_none());
        assert!(take_apart(HEAD).is_none());
        assert!(pack(b"", None).is_err());
    }
}
