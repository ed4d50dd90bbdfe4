// For browsers and bundlers: the module is fetched from beside this file, packed.

import load from "./confvet_wasm.js";
import { provide } from "./api.js";
import { unpack } from "./unpack.js";

export { Linter, version } from "./api.js";

let ready;

export function init(source = new URL("./confvet.packed", import.meta.url)) {
  ready ??= start(source).then(
    () => provide(loadPages),
    (error) => {
      // A later call may try again.
      ready = undefined;
      throw new Error(`the WebAssembly module could not be loaded: ${error?.message ?? error}`, { cause: error });
    },
  );
  return ready;
}

async function start(source) {
  const isModule = source instanceof WebAssembly.Module;
  await load({ module_or_path: isModule ? source : unpack(await bytesOf(source)) });
}

async function bytesOf(source) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const response = source instanceof Response ? source : await fetch(source);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function loadPages() {
  const response = await fetch(new URL("./rules.json", import.meta.url));
  if (!response.ok) throw new Error(`the rule pages could not be loaded: the server answered ${response.status}`);
  return response.json();
}
