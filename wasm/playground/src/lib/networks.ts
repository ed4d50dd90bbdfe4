// Networks written anywhere in the files, and which of them overlap: what the address map draws.

import type { File } from "../../../pkg/index.js";

export interface Network {
  text: string;
  file: string;
  line: number;
  column: number;
  /** First and last address, as numbers. */
  first: number;
  last: number;
  overlaps: boolean;
}

const CIDR = /(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})(?![\w.])/g;

/** All IPv4 networks of the files, smallest address first. Host routes and the whole Internet are not drawn. */
export function networksOf(files: File[]): Network[] {
  const networks: Network[] = [];
  for (const file of files) {
    file.text.split("\n").forEach((text, index) => {
      const comment = text.search(/(^|\s)#/);
      for (const match of text.matchAll(CIDR)) {
        if (comment >= 0 && match.index > comment) continue;
        const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
        if (Math.max(a, b, c, d) > 255 || bits > 31 || bits < 1) continue;
        const size = 2 ** (32 - bits);
        const address = ((a * 256 + b) * 256 + c) * 256 + d;
        const first = Math.floor(address / size) * size;
        const column = [...text.slice(0, match.index)].length + 1;
        const last = first + size - 1;
        networks.push({ text: match[0], file: file.path, line: index + 1, column, first, last, overlaps: false });
      }
    });
  }
  networks.sort((x, y) => x.first - y.first || y.last - x.last);
  let widest: Network | undefined;
  for (const network of networks) {
    // The same network named twice is no overlap.
    if (widest && network.first <= widest.last && !(network.first === widest.first && network.last === widest.last)) {
      network.overlaps = true;
      widest.overlaps = true;
    }
    if (!widest || network.last > widest.last) widest = network;
  }
  return networks;
}

export function showAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
