// The typed face of the WebAssembly module, the same in browsers, bundlers and Node.

import { RawLinter, rawModel, rawNeeds, rawRelabel, rawRules, rawSystems, rawVersion } from "./confvet_wasm.js";

let loaded = false;
let pages;
let loadPages;

/** Says that the module is there, and where the rule pages come from: a function that gives the parsed rules.json. */
export function provide(load) {
  loaded = true;
  loadPages = load;
}

// The systems whose parts are not there yet; empty where the module came as a whole.
const absent = new Set();

/** Says that the module came without the parts of these systems. */
export function need(systems) {
  for (const system of systems) absent.add(system);
}

/** Says that the part of a system is there. */
export function have(system) {
  absent.delete(system);
}

// The last answer to which systems some files need: `prepare` asks, and what follows on it asks again.
let asked = { json: undefined, systems: [] };

function needs(json) {
  if (asked.json !== json) asked = { json, systems: JSON.parse(rawNeeds(json)) };
  return asked.systems;
}

/** The systems that linting these files, or the model of one of them, needs and that are not there; without files, all. */
export function missing(files) {
  if (absent.size === 0 || files === undefined) return [...absent];
  return missingFor(toJson(files));
}

function missingFor(json) {
  return absent.size === 0 ? [] : needs(json).filter((system) => absent.has(system));
}

function needParts(systems) {
  if (systems.length > 0) {
    throw new Error(`the part for ${systems.join(" and ")} is not loaded yet: call \`await prepare(files)\` first`);
  }
}

/** The files as the module reads them, once the parts for them are there. */
function ready(files) {
  const json = toJson(files);
  needParts(missingFor(json));
  return json;
}

function needModule() {
  if (!loaded) throw new Error("the module is not loaded yet: call `await init()` first");
}

// A half of a surrogate pair is no character, and would be refused on the way into the module.
const clean = (text) => text.toWellFormed();

function toJson(files) {
  if (!Array.isArray(files)) throw new TypeError("files must be a list of { path, text }");
  const paths = new Set();
  const checked = files.map((file) => {
    if (typeof file?.path !== "string" || typeof file?.text !== "string") {
      throw new TypeError("each file must be an object { path, text } of two strings");
    }
    if (paths.has(file.path)) throw new TypeError(`two files have the path \`${file.path}\``);
    paths.add(file.path);
    return { path: clean(file.path), text: clean(file.text) };
  });
  return JSON.stringify(checked);
}

function onlyKnown(object, known) {
  const unknown = Object.keys(object).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`unknown option \`${unknown}\`; known are ${known.join(", ")}`);
}

/** A file among those it may include or be read with. */
function among(file, files) {
  toJson([file]);
  return files.some(({ path }) => path === file.path) ? files : [...files, file];
}

export class Linter {
  #raw;

  constructor(options = {}) {
    needModule();
    onlyKnown(options, ["target", "facts", "rules"]);
    const { target = {}, facts = {}, rules = {} } = options;
    this.#raw = new RawLinter(JSON.stringify({ target, facts, rules }));
  }

  get #linter() {
    if (this.#raw === undefined) throw new Error("this linter was freed and cannot be used any more");
    return this.#raw;
  }

  lint(files) {
    return JSON.parse(this.#linter.lint(ready(files)));
  }

  fix(files, options = {}) {
    onlyKnown(options, ["unsafe"]);
    // What a fix writes may be taken for something else.
    needParts(missing());
    return JSON.parse(this.#linter.fix(toJson(files), options.unsafe === true));
  }

  inspect(files) {
    return JSON.parse(this.#linter.inspect(ready(files)));
  }

  detect(files) {
    return this.inspect(Array.isArray(files) ? files : [files]).detected;
  }

  model(file, files = []) {
    return JSON.parse(rawModel(ready(among(file, files)), file.path));
  }

  relabel(file, request, files = []) {
    onlyKnown(request, ["job", "targets", "sample", "version"]);
    return JSON.parse(rawRelabel(ready(among(file, files)), file.path, JSON.stringify(request)));
  }

  rules() {
    return JSON.parse(rawRules());
  }

  systems() {
    return JSON.parse(rawSystems());
  }

  async explain(rule) {
    // What failed to load may be asked for again.
    pages ??= loadPages().catch((error) => {
      pages = undefined;
      throw error;
    });
    return (await pages)[rule];
  }

  free() {
    this.#raw?.free();
    this.#raw = undefined;
  }
}

export function version() {
  needModule();
  return rawVersion();
}
