// Decodes what `cargo xtask wasm` packed with PPMd: the operations of the module's code.

// The escapes that a context with one symbol is given when it gets a second one, by how likely its symbol was.
const ESCAPES = [25, 14, 9, 7, 5, 5, 4, 4, 4, 3, 3, 3, 2, 2, 2, 2];

// What the first estimates of contexts with one symbol start from.
const FIRST_ESTIMATES = [0x3cdd, 0x1f3f, 0x59bf, 0x48f3, 0x64a1, 0x5abc, 0x6632, 0x6051];

// The frequency from which all frequencies of a context are halved.
const MOST = 124;

export function damaged() {
  throw new Error("the packed module is damaged");
}

function doubled(array) {
  const larger = new array.constructor(2 * array.length);
  larger.set(array);
  return larger;
}

/** One of two kinds of bytes, as a flag in one of two places. */
const kindOf = (symbol, flag) => (symbol >= 0x40 ? flag : 0);

/** A number for each count of symbols less one: such as behave alike have the same. */
const SIZE_CLASSES = new Uint8Array(256);
for (let count = 0, number = 0; count < 256; number++) {
  const width = Math.max(number - 2, 1);
  SIZE_CLASSES.fill(number, count, count + width);
  count += width;
}

/** The same, coarser. */
const sizeClass = (count) => (count > 11 ? 6 : count > 2 ? 4 : count > 1 ? 2 : 0);

/**
 * Decodes PPMd, variant H as in 7-Zip: each byte has the probability that it had behind the same bytes before, of which the
 * longest known sequence counts. Nothing is ever forgotten here: the packer takes as much memory as that needs.
 */
export class Ppm {
  constructor() {
    // Contexts from 1 on: how many symbols, the sum of their frequencies with that of the escape, the first symbol, the context
    // that is one byte shorter.
    this.contexts = 1;
    this.counts = new Uint16Array(1 << 18);
    this.sums = new Uint16Array(1 << 18);
    this.firsts = new Int32Array(1 << 18);
    this.suffixes = new Int32Array(1 << 18);
    // Symbols of contexts. What follows is a context, or the place in the text, negated, where one would begin.
    this.states = 0;
    this.symbols = new Uint8Array(1 << 19);
    this.frequencies = new Uint8Array(1 << 19);
    this.followers = new Int32Array(1 << 19);
    // The symbols that it cannot be, as those of longer contexts: such as have the number of this escape.
    this.masked = new Uint32Array(256);
    this.escapes = 0;
    // The symbols of contexts that get a longer one.
    this.grown = new Int32Array(64);
    this.estimates = Uint16Array.from({ length: 128 * 64 }, (_, index) => {
      return (1 << 14) - Math.floor(FIRST_ESTIMATES[index & 7] / ((index >> 6) + 2));
    });
    // How often contexts that are alike were left for a shorter one.
    this.sees = Array.from({ length: 25 << 4 }, (_, index) => ({ sum: (5 * (index >> 4) + 10) << 3, shift: 3, left: 4 }));
  }

  /** `order` is the length of the sequences. */
  decode(packed, size, order) {
    this.packed = packed;
    this.range = 0xffffffff;
    this.code = ((packed[1] << 24) | (packed[2] << 16) | (packed[3] << 8) | packed[4]) >>> 0;
    this.at = 5;
    // What was decoded, as far as contexts may yet grow out of it.
    this.text = new Uint8Array(size + 1);
    this.end = 0;
    // How much shorter the context is than it may be.
    this.fall = order;
    this.firstRun = -Math.min(order, 12) - 1;
    this.run = this.firstRun;
    this.success = 0;
    this.escape = 0;
    this.kind = 0;
    this.longest = this.context(256, 257, this.room(256), 0);
    this.shortest = this.longest;
    for (let symbol = 0; symbol < 256; symbol++) {
      this.symbols[symbol] = symbol;
      this.frequencies[symbol] = 1;
    }
    this.found = 0;
    const out = new Uint8Array(size);
    for (let index = 0; index < size; index++) out[index] = this.next();
    if (this.at > packed.length) damaged();
    return out;
  }

  context(count, sum, first, suffix) {
    const number = this.contexts++;
    if (number >= this.counts.length) {
      this.counts = doubled(this.counts);
      this.sums = doubled(this.sums);
      this.firsts = doubled(this.firsts);
      this.suffixes = doubled(this.suffixes);
    }
    this.counts[number] = count;
    this.sums[number] = sum;
    this.firsts[number] = first;
    this.suffixes[number] = suffix;
    return number;
  }

  /** Room for so many symbols. */
  room(count) {
    const first = this.states;
    this.states += count;
    if (this.states > this.symbols.length) {
      this.symbols = doubled(this.symbols);
      this.frequencies = doubled(this.frequencies);
      this.followers = doubled(this.followers);
    }
    return first;
  }

  copyState(from, to) {
    this.symbols[to] = this.symbols[from];
    this.frequencies[to] = this.frequencies[from];
    this.followers[to] = this.followers[from];
  }

  /** Moves a symbol in front of others, which move back by one. */
  moveState(from, to) {
    const symbol = this.symbols[from];
    const frequency = this.frequencies[from];
    const follower = this.followers[from];
    for (let state = from; state > to; state--) this.copyState(state - 1, state);
    this.symbols[to] = symbol;
    this.frequencies[to] = frequency;
    this.followers[to] = follower;
  }

  find(context, symbol) {
    let state = this.firsts[context];
    while (this.symbols[state] !== symbol) state++;
    return state;
  }

  normalise() {
    while (this.range < 0x1000000) {
      this.code = ((this.code << 8) | this.packed[this.at++]) >>> 0;
      this.range = (this.range << 8) >>> 0;
    }
  }

  threshold(total) {
    this.range = Math.floor(this.range / total);
    return Math.floor(this.code / this.range);
  }

  take(start, size) {
    this.code -= start * this.range;
    this.range *= size;
  }

  next() {
    const context = this.shortest;
    const count = this.counts[context];
    const first = this.firsts[context];
    if (count === 1) {
      const symbol = this.symbols[first];
      if (this.isOnly(context, first)) return symbol;
      this.masked[symbol] = ++this.escapes;
      return this.behindEscape(context);
    }
    const { symbols, frequencies } = this;
    const total = this.sums[context];
    const wanted = this.threshold(total);
    let below = 0;
    for (let state = first; state < first + count; state++) {
      const symbol = symbols[state];
      if (wanted < below + frequencies[state]) {
        this.take(below, frequencies[state]);
        this.normalise();
        this.found = state;
        if (state === first) this.likeliest(context);
        else this.other(context);
        this.nextContext();
        return symbol;
      }
      below += frequencies[state];
    }
    this.success = 0;
    if (wanted >= total) damaged();
    this.take(below, total - below);
    this.kind = kindOf(symbols[this.found], 8);
    this.escapes++;
    this.mask(first, count);
    return this.behindEscape(context);
  }

  mask(first, count) {
    for (let state = first; state < first + count; state++) this.masked[this.symbols[state]] = this.escapes;
  }

  /** Is it the only symbol of this context? */
  isOnly(context, state) {
    const symbol = this.symbols[state];
    this.kind = kindOf(this.symbols[this.found], 8);
    const index =
      ((this.frequencies[state] - 1) << 6) +
      this.success +
      (this.run < 0 ? 0x20 : 0) +
      sizeClass(this.counts[this.suffixes[context]]) +
      kindOf(symbol, 16) +
      this.kind;
    const estimate = this.estimates[index];
    const bound = (this.range >>> 14) * estimate;
    const lower = estimate - ((estimate + 32) >> 7);
    if (this.code >= bound) {
      this.estimates[index] = lower;
      this.escape = ESCAPES[lower >> 10];
      this.code -= bound;
      this.range -= bound;
      this.success = 0;
      return false;
    }
    this.estimates[index] = lower + 128;
    this.range = bound;
    this.normalise();
    this.found = state;
    this.success = 1;
    this.run++;
    if (this.frequencies[state] < 128) this.frequencies[state]++;
    this.nextContext();
    return true;
  }

  /** The symbol is none of those of this context: it is one of a shorter one. */
  behindEscape(context) {
    const { symbols, frequencies, masked, escapes } = this;
    for (;;) {
      this.normalise();
      const seen = this.counts[context];
      do {
        this.fall++;
        context = this.suffixes[context];
        if (context === 0) damaged();
      } while (this.counts[context] === seen);
      this.shortest = context;
      const count = this.counts[context];
      const first = this.firsts[context];
      let sum = 0;
      for (let state = first; state < first + count; state++) {
        if (masked[symbols[state]] !== escapes) sum += frequencies[state];
      }
      const see = this.seeOf(context, count, seen);
      const weight = see === undefined ? 1 : escapeWeight(see);
      const wanted = this.threshold(sum + weight);
      if (wanted < sum) {
        let state = first;
        let below = 0;
        while (masked[symbols[state]] === escapes || wanted >= below + frequencies[state]) {
          if (masked[symbols[state]] !== escapes) below += frequencies[state];
          state++;
        }
        this.take(below, frequencies[state]);
        this.normalise();
        if (see !== undefined && see.shift < 7 && --see.left === 0) {
          see.sum = (see.sum << 1) & 0xffff;
          see.left = 3 << see.shift++;
        }
        const symbol = symbols[state];
        this.found = state;
        this.run = this.firstRun;
        this.raise(context);
        this.updateModel();
        return symbol;
      }
      if (wanted >= sum + weight) damaged();
      this.take(sum, weight);
      if (see !== undefined) see.sum = (see.sum + sum + weight) & 0xffff;
      this.mask(first, count);
    }
  }

  /** What is known of escapes from contexts like this one; nothing of the empty context, which has all symbols. */
  seeOf(context, count, seen) {
    if (count === 256) return undefined;
    const open = count - seen;
    const index =
      (SIZE_CLASSES[open - 1] << 4) +
      (open < this.counts[this.suffixes[context]] - count ? 1 : 0) +
      (this.sums[context] < 11 * count ? 2 : 0) +
      (seen > open ? 4 : 0) +
      this.kind;
    return this.sees[index];
  }

  /** Makes the symbol that was found more frequent. */
  raise(context) {
    this.sums[context] += 4;
    this.frequencies[this.found] += 4;
    if (this.frequencies[this.found] > MOST) this.rescale(context);
  }

  likeliest(context) {
    this.success = 2 * this.frequencies[this.found] > this.sums[context] ? 1 : 0;
    this.run += this.success;
    this.raise(context);
  }

  other(context) {
    this.success = 0;
    this.sums[context] += 4;
    const frequency = (this.frequencies[this.found] += 4);
    if (frequency > this.frequencies[this.found - 1]) {
      this.moveState(this.found, this.found - 1);
      this.found--;
      if (frequency > MOST) this.rescale(context);
    }
  }

  nextContext() {
    const follower = this.followers[this.found];
    if (this.fall === 0 && follower > 0) {
      this.shortest = follower;
      this.longest = follower;
    } else {
      this.updateModel();
    }
  }

  /** Halves the frequencies of a context and sorts its symbols by them. */
  rescale(context) {
    const { frequencies } = this;
    const count = this.counts[context];
    const first = this.firsts[context];
    this.moveState(this.found, first);
    this.found = first;
    const round = this.fall === 0 ? 0 : 1;
    let escape = this.sums[context] - frequencies[first];
    let sum = (frequencies[first] + 4 + round) >> 1;
    frequencies[first] = sum;
    for (let state = first + 1; state < first + count; state++) {
      escape -= frequencies[state];
      const frequency = (frequencies[state] + round) >> 1;
      frequencies[state] = frequency;
      sum += frequency;
      let place = state;
      while (place > first && frequency > frequencies[place - 1]) place--;
      this.moveState(state, place);
    }
    let left = count;
    while (frequencies[first + left - 1] === 0) left--;
    escape += count - left;
    this.counts[context] = left;
    if (left === 1) {
      let frequency = frequencies[first];
      do {
        escape >>= 1;
        frequency = (frequency + 1) >> 1;
      } while (escape > 1);
      frequencies[first] = frequency;
      return;
    }
    this.sums[context] = sum + escape - (escape >> 1);
  }

  /** Learns from the symbol that was found in the context `shortest`. */
  updateModel() {
    const context = this.shortest;
    const symbol = this.symbols[this.found];
    if (this.frequencies[this.found] < MOST / 4 && this.suffixes[context] !== 0) {
      this.raiseShorter(this.suffixes[context], symbol);
    }
    if (this.fall === 0) {
      const longer = this.createContexts();
      this.shortest = longer;
      this.longest = longer;
      this.followers[this.found] = longer;
      return;
    }
    this.text[this.end++] = symbol;
    let place = -this.end;
    let next = this.followers[this.found];
    if (next === 0) {
      this.followers[this.found] = place;
      next = context;
    } else {
      if (next < 0) next = this.createContexts();
      this.fall--;
      if (this.fall === 0) {
        place = next;
        if (this.longest !== context) this.end--;
      }
    }
    let longer = this.longest;
    this.shortest = next;
    this.longest = next;
    const frequency = this.frequencies[this.found];
    const rest = this.sums[context] - this.counts[context] - (frequency - 1);
    for (; longer !== context; longer = this.suffixes[longer]) {
      this.addSymbol(longer, symbol, frequency, place, this.counts[context], rest);
    }
  }

  raiseShorter(context, symbol) {
    const { frequencies } = this;
    let state = this.find(context, symbol);
    if (this.counts[context] === 1) {
      if (frequencies[state] < 32) frequencies[state]++;
      return;
    }
    if (state !== this.firsts[context] && frequencies[state] >= frequencies[state - 1]) {
      this.moveState(state, state - 1);
      state--;
    }
    if (frequencies[state] < MOST - 9) {
      frequencies[state] += 2;
      this.sums[context] += 2;
    }
  }

  /** Gives a context a symbol that it did not have and that a shorter one, of `count` symbols, has with this frequency. */
  addSymbol(context, symbol, frequency, place, count, rest) {
    const own = this.counts[context];
    let sum;
    // Room is doubled when it is used up.
    if ((own & (own - 1)) === 0) {
      const [from, to] = [this.firsts[context], this.room(2 * own)];
      for (let index = 0; index < own; index++) this.copyState(from + index, to + index);
      this.firsts[context] = to;
    }
    const first = this.firsts[context];
    if (own === 1) {
      const only = this.frequencies[first];
      this.frequencies[first] = only < MOST / 4 - 1 ? 2 * only : MOST - 4;
      sum = this.frequencies[first] + this.escape + (count > 3 ? 1 : 0);
    } else {
      sum = this.sums[context];
      sum += (2 * own < count ? 1 : 0) + (4 * own <= count && sum <= 8 * own ? 2 : 0);
    }
    const share = 2 * (sum + 6) * frequency;
    const all = rest + sum;
    let given;
    if (share < 6 * all) {
      given = 1 + (share > all ? 1 : 0) + (share >= 4 * all ? 1 : 0);
      sum += 3;
    } else {
      given = 4 + (share >= 9 * all ? 1 : 0) + (share >= 12 * all ? 1 : 0) + (share >= 15 * all ? 1 : 0);
      sum += given;
    }
    this.setState(first + own, symbol, given, place);
    this.counts[context] = own + 1;
    this.sums[context] = sum;
  }

  setState(state, symbol, frequency, follower) {
    this.symbols[state] = symbol;
    this.frequencies[state] = frequency;
    this.followers[state] = follower;
  }

  /**
   * The context behind the symbol that was found, where there is but a place in the text yet: makes it, and those behind the
   * same symbol in shorter contexts.
   */
  createContexts() {
    const symbol = this.symbols[this.found];
    const place = this.followers[this.found];
    const { grown } = this;
    let depth = 0;
    if (this.fall !== 0) grown[depth++] = this.found;
    let context = this.shortest;
    while (this.suffixes[context] !== 0) {
      context = this.suffixes[context];
      const state = this.find(context, symbol);
      const follower = this.followers[state];
      if (follower !== place) {
        context = follower;
        if (depth === 0) return context;
        break;
      }
      grown[depth++] = state;
    }
    const only = this.text[-place];
    const frequency = this.firstFrequency(context, only);
    while (depth > 0) {
      const state = this.room(1);
      this.setState(state, only, frequency, place - 1);
      context = this.context(1, 0, state, context);
      this.followers[grown[--depth]] = context;
    }
    return context;
  }

  /** The frequency of the only symbol of a new context, which that of a shorter one suggests. */
  firstFrequency(context, symbol) {
    const frequency = this.frequencies[this.find(context, symbol)];
    if (this.counts[context] === 1) return frequency;
    const own = frequency - 1;
    const rest = this.sums[context] - this.counts[context] - own;
    if (2 * own <= rest) return 5 * own > rest ? 2 : 1;
    return 2 + Math.floor((2 * own + rest - 1) / (2 * rest));
  }
}

/** The weight of an escape beside the frequencies of symbols. */
function escapeWeight(see) {
  const weight = see.sum >> see.shift;
  see.sum = (see.sum - weight) & 0xffff;
  return Math.max(weight, 1);
}
