// Unpacks what `cargo xtask wasm` packed: a WebAssembly module whose code is taken apart into streams (wasm/build/src/pack.rs
// says how), each compressed with LZMA, and the operations of the module as a whole with PPMd.

import { damaged, Ppm } from "./ppm.js";

const MAGIC = "cvp3";

// The streams in the order in which they stand in the file.
const STREAMS = [
  "head",
  "tail",
  "families",
  "declared",
  "operation",
  "alignment",
  "offset",
  "get",
  "set",
  "index",
  "family",
  "member",
  "indirect",
  "branch",
  "small",
  "large",
  "float",
];

// The number of high bits of the byte before that are the context of a literal.
const CONTEXT = 2;

// Of how many low bits of the position matches depend: the tail holds words of four bytes, families have two.
const ALIGNMENT = { tail: 2, family: 1 };

// The alignment that loads and stores have by nature, as powers of two, from `i32.load` (0x28) on. With another one they are
// packed as operations from 0xe0 on, which WebAssembly does not have.
const NATURAL = [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2];
const UNNATURAL = 0xe0;

// Reading one of the first eight locals is packed as one of these operations, which WebAssembly does not have either.
const READ = 0xd8;
const READS = 8;

// How many numbers follow the operations that begin with 0xfc: conversions, then operations on memory and tables.
const BULK = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

/**
 * The module in a packed file, and its streams. A file that was packed with the streams of another module as its base needs
 * them again.
 */
export function unpack(file, base = {}) {
  if (![...MAGIC].every((letter, index) => file[index] === letter.charCodeAt(0))) {
    throw new Error("this is no packed module of confvet");
  }
  const header = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = MAGIC.length;
  const word = () => {
    if (at + 4 > file.length) damaged();
    at += 4;
    return header.getUint32(at - 4, true);
  };
  // By how many operations before it PPMd foretells one; 0 where it does not.
  const [whole, functions, imported, order] = [word(), word(), word(), word()];
  const sizes = STREAMS.map(() => [word(), word()]);
  if (whole > 1 << 26 || sizes.some(([size]) => size > whole)) damaged();
  const streams = {};
  STREAMS.forEach((name, index) => {
    const [size, packed] = sizes[index];
    const bytes = file.subarray(at, at + packed);
    streams[name] =
      name === "operation" && order > 0
        ? new Ppm().decode(bytes, size, order)
        : new Lzma(ALIGNMENT[name] ?? 0).decode(bytes, size, base[name]);
    at += packed;
  });
  return { module: new Joined(streams, whole, imported).join(functions), streams };
}

/** The operations as WebAssembly has them. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, operation) => {
  if (operation >= READ && operation < UNNATURAL) return 0x20;
  if (operation >= UNNATURAL && operation < UNNATURAL + NATURAL.length) return operation - UNNATURAL + 0x28;
  return operation;
});

/** Bytes and how far they are read. */
class Stream {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  next() {
    if (this.at >= this.bytes.length) damaged();
    return this.bytes[this.at++];
  }

  /** Reads over a LEB128 number. */
  skip() {
    while (this.next() >= 0x80);
  }

  /** A LEB128 number of at most 28 bits. */
  number() {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.next();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return damaged();
  }
}

// What integers and offsets are sorted by: the operations around theirs, which stands at `at`.
const smallGroup = (operations, at) =>
  (PLAIN[operations[at + 1]] << 16) | (PLAIN[operations[at + 2]] << 8) | PLAIN[operations[at - 1]];

function offsetGroup(operations, at) {
  if (PLAIN[operations[at]] >= 0x36) return 0;
  const before = operations[at - 1];
  return before >= READ && before < UNNATURAL ? before - READ + 1 : READS + 1;
}

/** A stream of LEB128 numbers that is sorted by groups: where each group begins follows from how many numbers it has. */
function groups(operations, bytes, belongs, group) {
  const counts = new Map();
  for (let at = 0; at < operations.length; at++) {
    if (belongs(PLAIN[operations[at]])) {
      const key = group(operations, at);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const all = new Stream(bytes);
  const streams = new Map();
  for (const key of [...counts.keys()].sort((one, other) => one - other)) {
    streams.set(key, new Stream(bytes, all.at));
    for (let count = counts.get(key); count > 0; count--) all.skip();
  }
  return streams;
}

/** The functions that are called: each belongs to a family, which says who was called already, and when. */
class Functions {
  constructor(streams, imported) {
    this.family = streams.family;
    this.member = streams.member;
    this.imported = imported;
    this.families = [];
    for (let first = imported; streams.families.at < streams.families.bytes.length; ) {
      const size = streams.families.number();
      this.families.push({ first, size, uncalled: undefined, called: [] });
      first += size;
    }
  }

  next() {
    const number = (this.family.next() << 8) | this.family.next();
    if (number >= this.families.length) return number - this.families.length;
    const family = this.families[number];
    if (family.size === 1) return family.first;
    family.uncalled ??= Array.from({ length: family.size }, (_, index) => family.first + index);
    const { uncalled, called } = family;
    const member = this.member.number();
    // The next one that was not called, one of those called, the last one first, or one of the others.
    const found =
      member > 0 && member <= called.length
        ? called.splice(called.length - member, 1)
        : uncalled.splice(Math.max(member - called.length, 0), 1);
    if (found.length === 0) damaged();
    called.push(found[0]);
    return found[0];
  }
}

/** Puts the streams together again. */
class Joined {
  constructor(streams, whole, imported) {
    this.streams = {};
    for (const name of Object.keys(streams)) this.streams[name] = new Stream(streams[name]);
    const { operation, offset, small } = streams;
    this.smalls = groups(operation, small, (code) => code === 0x41, smallGroup);
    this.offsets = groups(operation, offset, (code) => code >= 0x28 && code <= 0x3e, offsetGroup);
    this.functions = new Functions(this.streams, imported);
    this.out = new Uint8Array(whole);
    this.at = 0;
  }

  join(functions) {
    const { head, tail } = this.streams;
    this.append(head.bytes);
    // The size of the section, which the number of functions follows, is what tail leaves.
    const end = this.out.length - tail.bytes.length;
    const section = this.at;
    let length = end - section;
    for (let width = 1; width <= 5; width++) {
      if (widthOf(end - section - width) === width) length = end - section - width;
    }
    this.number(length);
    this.number(functions);
    for (let index = 0; index < functions; index++) this.body();
    if (this.at !== end) damaged();
    this.append(tail.bytes);
    return this.out;
  }

  append(bytes) {
    if (this.at + bytes.length > this.out.length) damaged();
    this.out.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A LEB128 number in as few bytes as it takes. */
  number(value) {
    for (; value >= 0x80; value >>>= 7) this.out[this.at++] = (value & 0x7f) | 0x80;
    this.out[this.at++] = value;
  }

  /** Copies a LEB128 number and gives its value. */
  copy(stream) {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = stream.next();
      this.out[this.at++] = byte;
      if (shift < 28) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return damaged();
  }

  body() {
    const start = this.at;
    const { declared, operation } = this.streams;
    for (let groups = this.copy(declared); groups > 0; groups--) {
      this.copy(declared);
      this.out[this.at++] = declared.next();
    }
    for (let depth = 1; depth > 0; ) {
      const packed = operation.next();
      const code = PLAIN[packed];
      this.out[this.at++] = code;
      if (code >= 0x02 && code <= 0x04) depth++;
      else if (code === 0x0b) depth--;
      if (packed >= READ && packed < UNNATURAL) this.out[this.at++] = packed - READ;
      else this.immediates(code, packed !== code);
    }
    const size = this.at - start;
    const width = widthOf(size);
    this.out.copyWithin(start + width, start, this.at);
    this.at = start;
    this.number(size);
    this.at += size;
  }

  immediates(code, unnatural) {
    const { streams } = this;
    const { bytes: operations, at } = streams.operation;
    if (code === 0x20) this.copy(streams.get);
    else if (code === 0x21 || code === 0x22) this.copy(streams.set);
    else if (code === 0x41) this.copy(this.smalls.get(smallGroup(operations, at - 1)));
    else if (code === 0x42) this.copy(streams.large);
    else if (code === 0x10) this.number(this.functions.next());
    else if (code >= 0x28 && code <= 0x3e) {
      if (unnatural) this.copy(streams.alignment);
      else this.out[this.at++] = NATURAL[code - 0x28];
      this.copy(this.offsets.get(offsetGroup(operations, at - 1)));
    } else if (code === 0x0c || code === 0x0d) this.copy(streams.branch);
    else if (code === 0x0e) for (let count = this.copy(streams.branch); count >= 0; count--) this.copy(streams.branch);
    else if (code === 0x11) for (let count = 2; count > 0; count--) this.copy(streams.indirect);
    else if (code === 0x43 || code === 0x44) {
      for (let count = 4 * (code - 0x42); count > 0; count--) this.out[this.at++] = streams.float.next();
    } else if (code === 0xfc) {
      const kind = this.copy(streams.index);
      for (let count = BULK[kind] ?? damaged(); count > 0; count--) this.copy(streams.index);
    } else if (takesIndex(code)) this.copy(streams.index);
  }
}

const widthOf = (value) => (value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5);

/** Blocks, globals, tables, memory, references. */
const takesIndex = (code) =>
  (code >= 0x02 && code <= 0x04) || (code >= 0x23 && code <= 0x26) || code === 0x3f || code === 0x40 || code === 0xd0 || code === 0xd2;

const probabilities = (count) => new Uint16Array(count).fill(1 << 10);

/** Decodes LZMA: matches and literals, each bit of which is coded with the probability that was learnt in its context. */
class Lzma {
  constructor(alignment) {
    this.mask = (1 << alignment) - 1;
    this.literals = probabilities(0x300 << CONTEXT);
    this.isMatch = probabilities(12 << 4);
    this.isRepeat = probabilities(12);
    this.isOlder = probabilities(12);
    this.isThird = probabilities(12);
    this.isFourth = probabilities(12);
    this.isLong = probabilities(12 << 4);
    // Of a length: two choices, then trees for short ones by position, for middle ones by position, for long ones.
    this.length = probabilities(2 + 128 + 128 + 256);
    this.repeatLength = probabilities(2 + 128 + 128 + 256);
    this.slots = probabilities(4 << 6);
    this.low = probabilities(128);
    this.lowest = probabilities(16);
  }

  /** `base` is what stands before, so that matches may lead there. */
  decode(packed, size, base = new Uint8Array()) {
    this.packed = packed;
    this.at = 5;
    // The range and the code within it, where integers of 32 bits are fast.
    this.coder = Uint32Array.of(0xffffffff, (packed[1] << 24) | (packed[2] << 16) | (packed[3] << 8) | packed[4]);
    const whole = base.length + size;
    const out = new Uint8Array(whole);
    out.set(base);
    let [state, end] = [0, base.length];
    // The distances of the last four matches.
    let [first, second, third, fourth] = [1, 1, 1, 1];
    while (end < whole) {
      const aligned = end & this.mask;
      if (this.bit(this.isMatch, (state << 4) + aligned) === 0) {
        out[end] = this.literal(out, end, state >= 7 ? first : 0);
        end++;
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      let length;
      if (this.bit(this.isRepeat, state) === 1) {
        if (this.bit(this.isOlder, state) === 1) {
          if (this.bit(this.isThird, state) === 0) [first, second] = [second, first];
          else if (this.bit(this.isFourth, state) === 0) [first, second, third] = [third, first, second];
          else [first, second, third, fourth] = [fourth, first, second, third];
        } else if (this.bit(this.isLong, (state << 4) + aligned) === 0) {
          if (first > end) damaged();
          out[end] = out[end - first];
          end++;
          state = state < 7 ? 9 : 11;
          continue;
        }
        length = this.lengthOf(this.repeatLength, aligned);
        state = state < 7 ? 8 : 11;
      } else {
        length = this.lengthOf(this.length, aligned);
        [second, third, fourth] = [first, second, third];
        first = this.distance(length);
        state = state < 7 ? 7 : 10;
      }
      if (first > end || end + length > whole) damaged();
      // Byte by byte: what is copied may reach into itself.
      for (const stop = end + length; end < stop; end++) out[end] = out[end - first];
    }
    if (this.at > packed.length) damaged();
    return out.subarray(base.length);
  }

  /** `distance` is that of the match before, or 0. */
  literal(out, end, distance) {
    const base = 0x300 * ((end > 0 ? out[end - 1] : 0) >>> (8 - CONTEXT));
    let symbol = 1;
    if (distance > 0) {
      if (distance > end) damaged();
      // The byte that would have continued the match is a context: it is just that one that it is not.
      for (let expected = out[end - distance] << 1; symbol < 0x100; expected <<= 1) {
        const wanted = expected & 0x100;
        const bit = this.bit(this.literals, base + 0x100 + wanted + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== wanted >> 8) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.bit(this.literals, base + symbol);
    return symbol & 0xff;
  }

  lengthOf(model, aligned) {
    if (this.bit(model, 0) === 0) return 2 + this.tree(model, 2 + (aligned << 3), 3);
    if (this.bit(model, 1) === 0) return 10 + this.tree(model, 130 + (aligned << 3), 3);
    return 18 + this.tree(model, 258, 8);
  }

  distance(length) {
    const slot = this.tree(this.slots, Math.min(length - 2, 3) << 6, 6);
    if (slot < 4) return slot + 1;
    const count = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** count;
    if (slot < 14) return base + this.reverseTree(this.low, base - slot, count) + 1;
    return base + this.direct(count - 4) * 16 + this.reverseTree(this.lowest, 0, 4) + 1;
  }

  refill() {
    this.coder[0] <<= 8;
    this.coder[1] = (this.coder[1] << 8) | this.packed[this.at++];
  }

  bit(model, index) {
    const { coder } = this;
    if (coder[0] < 0x1000000) this.refill();
    const probability = model[index];
    const bound = Math.imul(coder[0] >>> 11, probability) >>> 0;
    if (coder[1] < bound) {
      coder[0] = bound;
      model[index] = probability + ((2048 - probability) >> 5);
      return 0;
    }
    coder[0] -= bound;
    coder[1] -= bound;
    model[index] = probability - (probability >> 5);
    return 1;
  }

  /** A number of bits that are as often 0 as 1. */
  direct(count) {
    const { coder } = this;
    let value = 0;
    for (; count > 0; count--) {
      if (coder[0] < 0x1000000) this.refill();
      coder[0] >>>= 1;
      const bit = coder[1] >= coder[0] ? 1 : 0;
      if (bit === 1) coder[1] -= coder[0];
      value = value * 2 + bit;
    }
    return value;
  }

  /** A number whose bits, the highest first, have those before them as context. */
  tree(model, base, count) {
    let node = 1;
    for (let left = count; left > 0; left--) node = (node << 1) | this.bit(model, base + node);
    return node - (1 << count);
  }

  /** The same with the lowest bit first. */
  reverseTree(model, base, count) {
    let [node, value] = [1, 0];
    for (let index = 0; index < count; index++) {
      const bit = this.bit(model, base + node);
      node = (node << 1) | bit;
      value |= bit << index;
    }
    return value;
  }
}
