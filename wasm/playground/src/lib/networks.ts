// Networks written anywhere in the files, and which of them overlap: what the address map draws.

import type { File } from "../../../pkg/index.js";

export interface Network {
  text: string;
  file: string;
  line: number;
  column: number;
  family: 4 | 6;
  /** First and last address, as numbers. */
  first: bigint;
  last: bigint;
  /** A larger or smaller network that shares addresses with it. */
  overlaps: Network | undefined;
}

const V4 = /(?<![\w.])(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\/(\d{1,2})(?![\w.])/g;
const V6 = /(?<![\w.:])([0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})\/(\d{1,3})(?![\w.])/g;

function parseV4(text: string): bigint | undefined {
  const bytes = text.split(".").map(Number);
  return bytes.some((byte) => byte > 255) ? undefined : bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function parseV6(text: string): bigint | undefined {
  const [head = "", tail, more] = text.split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":"));
  const [left, right] = [words(head), words(tail ?? "")];
  const gap = 8 - left.length - right.length;
  // `::` stands for one word at least; without it there are eight.
  if (more !== undefined || [...left, ...right].includes("") || (tail === undefined ? gap !== 0 : gap < 1)) return undefined;
  const all = [...left, ...Array<string>(gap).fill("0"), ...right];
  return all.reduce((sum, word) => sum * 65_536n + BigInt(`0x${word}`), 0n);
}

/** All networks of the files, smallest address first. Single addresses and the whole Internet are not drawn. */
export function networksOf(files: File[]): Network[] {
  const networks: Network[] = [];
  for (const file of files) {
    file.text.split("\n").forEach((text, index) => {
      const comment = text.search(/(^|\s)#/);
      const add = (match: RegExpExecArray, family: 4 | 6) => {
        if (comment >= 0 && match.index > comment) return;
        const width = family === 4 ? 32 : 128;
        const bits = Number(match[2]);
        const address = family === 4 ? parseV4(match[1] ?? "") : parseV6(match[1] ?? "");
        if (address === undefined || bits < 1 || bits >= width) return;
        const size = 1n << BigInt(width - bits);
        const first = (address / size) * size;
        const column = [...text.slice(0, match.index)].length + 1;
        const place = { text: match[0], file: file.path, line: index + 1, column };
        networks.push({ ...place, family, first, last: first + size - 1n, overlaps: undefined });
      };
      for (const match of text.matchAll(V4)) add(match, 4);
      for (const match of text.matchAll(V6)) add(match, 6);
    });
  }
  networks.sort((x, y) => x.family - y.family || order(x.first, y.first) || order(y.last, x.last));
  markOverlaps(networks);
  return networks;
}

function order(x: bigint, y: bigint): number {
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The networks are sorted, each behind those that contain it. The same network named twice is no overlap. */
function markOverlaps(networks: Network[]): void {
  /** The network that reaches furthest so far. */
  let widest: Network | undefined;
  for (const network of networks) {
    if (widest && widest.family === network.family && network.first <= widest.last) {
      if (!same(widest, network)) {
        network.overlaps = widest;
        widest.overlaps ??= network;
      }
    } else {
      widest = network;
    }
  }
  // What is named twice overlaps in both places.
  for (const [index, network] of networks.entries()) {
    const twin = networks[index - 1];
    if (twin && same(twin, network)) network.overlaps ??= twin.overlaps;
  }
}

function same(x: Network, y: Network): boolean {
  return x.family === y.family && x.first === y.first && x.last === y.last;
}

/** An address as text; of IPv6 only as far as something stands in it. */
export function showAddress(address: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".");
  const words = Array.from({ length: 8 }, (_, index) => ((address >> BigInt(112 - 16 * index)) & 65_535n).toString(16));
  let end = words.length;
  while (end > 0 && words[end - 1] === "0") end -= 1;
  return end >= 7 ? words.join(":") : `${words.slice(0, end).join(":")}::`;
}
