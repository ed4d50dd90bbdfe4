// For Node: the module is read from beside this file, at once.

import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { initSync } from "./confvet_wasm.js";
import { provide } from "./api.js";

export { Linter, version } from "./api.js";

initSync({ module: readFileSync(new URL("./confvet_wasm_bg.wasm", import.meta.url)) });
provide(async () => JSON.parse(await readFile(new URL("./rules.json", import.meta.url), "utf8")));

// There is nothing to load in Node. These are here so that the same program runs in a browser.

export async function init() {}

export async function initLazily() {}

export async function prepare() {}
