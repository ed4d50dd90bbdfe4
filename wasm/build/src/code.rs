//! The instructions of WebAssembly, as far as it must be known where each ends.

use crate::module::Bytes;

/// What opens a block that an `end` closes.
pub(crate) const BLOCKS: std::ops::RangeInclusive<u8> = 0x02..=0x04;
pub(crate) const END: u8 = 0x0b;
pub(crate) const CALL: u8 = 0x10;
/// Who calls a function whose reference is taken cannot be told. The compiler takes none: it goes through the table.
const REF_FUNC: u8 = 0xd2;
/// What begins the operations that have a number behind it: conversions, then operations on the whole memory and on tables.
const PREFIX: u8 = 0xfc;

/// How many numbers follow each of these.
const PREFIXED: [usize; 18] = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

/// How many bytes of operands follow an operation; `None` if it is unknown here or cut off.
pub(crate) fn operands(operation: u8, rest: &[u8]) -> Option<usize> {
    let first = || Bytes(rest).number();
    let count = match operation {
        // What takes nothing: control, parametric, numeric.
        0x00 | 0x01 | 0x05 | END | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => 0,
        // Blocks, branches, calls; locals, globals, tables; memory.size, memory.grow, integers; references.
        0x02..=0x04 | 0x0c | 0x0d | CALL | 0x20..=0x26 | 0x3f..=0x42 | 0xd0 | REF_FUNC => 1,
        // call_indirect; loads and stores.
        0x11 | 0x28..=0x3e => 2,
        // f32.const, f64.const.
        0x43 => return (rest.len() >= 4).then_some(4),
        0x44 => return (rest.len() >= 8).then_some(8),
        // br_table: a count, as many places, and one for all other values.
        0x0e => first()?.checked_add(2)?,
        PREFIX => 1 + PREFIXED.get(first()?)?,
        _ => return None,
    };
    let mut length = 0;
    for _ in 0..count {
        length += number_length(rest.get(length..)?)?;
    }
    Some(length)
}

/// The length of the declarations of locals, at the beginning of a body.
pub(crate) fn declarations(body: &[u8]) -> Option<usize> {
    let mut bytes = Bytes(body);
    for _ in 0..bytes.number()? {
        bytes.number()?;
        bytes.byte()?;
    }
    Some(body.len() - bytes.0.len())
}

/// The functions that a body calls by number, in the order of its instructions.
pub(crate) fn calls(body: &[u8]) -> Option<Vec<usize>> {
    let mut calls = Vec::new();
    let mut bytes = Bytes(&body[declarations(body)?..]);
    while let Some(operation) = bytes.byte() {
        let operands = bytes.take(operands(operation, bytes.0)?)?;
        match operation {
            CALL => calls.push(Bytes(operands).number()?),
            REF_FUNC => return None,
            _ => {}
        }
    }
    Some(calls)
}

/// The integers in a body that may be addresses: constants and offsets of loads and stores.
pub(crate) fn numbers(body: &[u8]) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    let mut bytes = Bytes(&body[declarations(body)?..]);
    while let Some(operation) = bytes.byte() {
        let mut operands = Bytes(bytes.take(operands(operation, bytes.0)?)?);
        match operation {
            0x41 => numbers.extend(operands.number()),
            0x28..=0x3e => {
                operands.number()?;
                numbers.extend(operands.number());
            }
            _ => {}
        }
    }
    Some(numbers)
}

/// The length of a LEB128 number.
fn number_length(bytes: &[u8]) -> Option<usize> {
    bytes.iter().take(10).position(|byte| byte & 0x80 == 0).map(|last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_have_their_length() {
        assert_eq!(operands(0x6a, &[]), Some(0));
        assert_eq!(operands(0x41, &[0xac, 0x02, 0x20]), Some(2));
        assert_eq!(operands(0x28, &[2, 0x80, 0x01, 0]), Some(3));
        assert_eq!(operands(0x0e, &[2, 0, 1, 0x80, 0x01, 9]), Some(5));
        assert_eq!(operands(0xfc, &[10, 0, 0, 9]), Some(3));
        assert_eq!(operands(0x44, &[0; 9]), Some(8));
        assert_eq!(operands(0xfd, &[0]), None);
        assert_eq!(operands(CALL, &[0x80]), None);
    }
}
