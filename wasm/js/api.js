// The typed face of the WebAssembly module, the same in browsers, bundlers and Node.

import { RawLinter, rawModel, rawRules, rawVersion } from "./confvet_wasm.js";

let pages;
let loadPages = () => Promise.reject(new Error("call init() first"));

/** Says where the rule pages come from: a function that gives the parsed rules.json. */
export function providePages(load) {
  loadPages = load;
}

function checkFiles(files) {
  if (!Array.isArray(files)) throw new TypeError("files must be a list of { path, text }");
  for (const file of files) {
    if (typeof file?.path !== "string" || typeof file?.text !== "string") {
      throw new TypeError("each file must be an object { path, text } of two strings");
    }
  }
  return JSON.stringify(files.map(({ path, text }) => ({ path, text })));
}

export class Linter {
  #raw;

  constructor({ target = {}, facts = {}, rules = {}, ...unknown } = {}) {
    const [name] = Object.keys(unknown);
    if (name !== undefined) throw new TypeError(`unknown option \`${name}\`; known are target, facts, rules`);
    this.#raw = new RawLinter(JSON.stringify({ target, facts, rules }));
  }

  lint(files) {
    return JSON.parse(this.#raw.lint(checkFiles(files)));
  }

  fix(files, { unsafe = false } = {}) {
    return JSON.parse(this.#raw.fix(checkFiles(files), unsafe));
  }

  detect(files) {
    return JSON.parse(this.#raw.detect(checkFiles(Array.isArray(files) ? files : [files])));
  }

  model(file, files = [file]) {
    return JSON.parse(rawModel(checkFiles(files), file.path));
  }

  rules() {
    return JSON.parse(rawRules());
  }

  async explain(rule) {
    pages ??= loadPages();
    return (await pages)[rule];
  }

  /** Gives the memory back. The linter cannot be used afterwards. */
  free() {
    this.#raw.free();
  }
}

export function version() {
  return rawVersion();
}
