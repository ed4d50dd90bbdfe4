// For browsers and bundlers: the module is fetched from beside this file.

import load from "./confvet_wasm.js";
import { providePages } from "./api.js";

export { Linter, version } from "./api.js";

let ready;

/** Loads the WebAssembly module. Call and await it once, before anything else; further calls cost nothing. */
export function init(source = new URL("./confvet_wasm_bg.wasm", import.meta.url)) {
  ready ??= load({ module_or_path: source }).then(() => undefined);
  return ready;
}

providePages(async () => {
  const response = await fetch(new URL("./rules.json", import.meta.url));
  if (!response.ok) throw new Error(`the rule pages could not be loaded: ${response.status}`);
  return response.json();
});
