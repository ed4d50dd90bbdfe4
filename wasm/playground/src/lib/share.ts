// The whole project in the fragment of a URL, which no server ever sees.

import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";
import type { File } from "../../../pkg/index.js";

export function encode(files: File[]): string {
  const packed = deflateSync(strToU8(JSON.stringify(files.map(({ path, text }) => [path, text]))), { level: 9 });
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The files of a fragment, or nothing when it is no project of ours. */
export function decode(fragment: string): File[] | undefined {
  try {
    const binary = atob(fragment.replaceAll("-", "+").replaceAll("_", "/"));
    const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const pairs: unknown = JSON.parse(strFromU8(inflateSync(packed)));
    if (!Array.isArray(pairs)) return undefined;
    const files = pairs.map(([path, text]) => ({ path: String(path), text: String(text) }));
    return files.length > 0 ? files : undefined;
  } catch {
    return undefined;
  }
}
