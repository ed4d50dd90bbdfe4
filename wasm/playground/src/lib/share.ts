// The whole project in the fragment of a URL, which no server ever sees.

import { deflateSync, Inflate, strFromU8, strToU8 } from "fflate";
import type { File } from "../../../pkg/index.js";

export interface Shared {
  files: File[];
  /** The path of the open file. */
  active: string;
}

/** A fragment that unpacks to more is no project but an attempt to fill the visitor's memory. */
const MAX_BYTES = 32_000_000;
const STEP = 16_384;

export function encode({ files, active }: Shared): string {
  const open = files.findIndex(({ path }) => path === active);
  const packed = deflateSync(strToU8(JSON.stringify([open, files.map(({ path, text }) => [path, text])])), { level: 9 });
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The project of a fragment, or nothing when it is none of ours. */
export function decode(fragment: string): Shared | undefined {
  if (fragment === "") return undefined;
  try {
    const binary = atob(fragment.replaceAll("-", "+").replaceAll("_", "/"));
    const [open, pairs] = JSON.parse(strFromU8(unpack(Uint8Array.from(binary, (character) => character.charCodeAt(0)))));
    const files: File[] = pairs.map(([path, text]: unknown[]) => ({ path: String(path), text: String(text) }));
    const active = (files[open] ?? files[0])?.path;
    const distinct = new Set(files.map(({ path }) => path)).size === files.length;
    return active !== undefined && distinct ? { files, active } : undefined;
  } catch {
    return undefined;
  }
}

function unpack(packed: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const inflate = new Inflate((chunk) => {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error("the shared project is too large");
    chunks.push(chunk);
  });
  for (let start = 0; start < packed.length; start += STEP) {
    inflate.push(packed.subarray(start, start + STEP), start + STEP >= packed.length);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
