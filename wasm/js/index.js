// For browsers and bundlers: the module is fetched from beside this file.

import load from "./confvet_wasm.js";
import { provide } from "./api.js";

export { Linter, version } from "./api.js";

let ready;

export function init(source = new URL("./confvet_wasm_bg.wasm", import.meta.url)) {
  ready ??= load({ module_or_path: source }).then(
    () => provide(loadPages),
    (error) => {
      // A later call may try again.
      ready = undefined;
      throw new Error(`the WebAssembly module could not be loaded: ${error?.message ?? error}`, { cause: error });
    },
  );
  return ready;
}

async function loadPages() {
  const response = await fetch(new URL("./rules.json", import.meta.url));
  if (!response.ok) throw new Error(`the rule pages could not be loaded: the server answered ${response.status}`);
  return response.json();
}
