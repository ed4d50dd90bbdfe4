// For browsers and bundlers: the module is fetched from beside this file, as a whole or, lazily, as what all systems need and
// the part of each system.

import load from "./confvet_wasm.js";
import { have, missing, need, provide } from "./api.js";
import { unpack } from "./unpack.js";

export { Linter, version } from "./api.js";

// Each written out, so that bundlers see the files.
const PARTS = {
  elasticsearch: new URL("./parts/elasticsearch.packed", import.meta.url),
  haproxy: new URL("./parts/haproxy.packed", import.meta.url),
  ipsec: new URL("./parts/ipsec.packed", import.meta.url),
  nginx: new URL("./parts/nginx.packed", import.meta.url),
  patroni: new URL("./parts/patroni.packed", import.meta.url),
  prometheus: new URL("./parts/prometheus.packed", import.meta.url),
  redis: new URL("./parts/redis.packed", import.meta.url),
};

// What all systems need.
const PRIMARY = new URL("./parts/primary.packed", import.meta.url);

const WHOLE = new URL("./confvet.packed", import.meta.url);

let ready;
// The exports of the primary module, which parts import, and its streams, with which they are packed.
let primary;
let base;
const parts = new Map();

export async function init(source) {
  await start(() => (source === undefined ? loadWhole() : load({ module_or_path: source })));
  await prepare();
}

export function initLazily() {
  return start(loadPrimary);
}

export async function prepare(files) {
  await ready;
  const wanted = missing(files);
  await Promise.all(wanted.map(loadPart));
}

function start(loadModule) {
  ready ??= loadModule().then(
    () => provide(loadPages),
    (error) => {
      // A later call may try again.
      ready = undefined;
      throw failed(error);
    },
  );
  return ready;
}

const failed = (error) =>
  new Error(`the WebAssembly module could not be loaded: ${error?.message ?? error}`, { cause: error });

async function loadWhole() {
  await load({ module_or_path: unpack(await fetched(WHOLE)).module });
}

async function loadPrimary() {
  const { module, streams } = unpack(await fetched(PRIMARY));
  primary = await load({ module_or_path: module });
  base = streams;
  need(Object.keys(PARTS));
}

/** A part puts its functions into the table of the primary module, whose memory it shares. */
function loadPart(name) {
  if (!parts.has(name)) {
    const instantiate = (packed) => WebAssembly.instantiate(unpack(packed, base).module, { p: primary });
    const loaded = fetched(PARTS[name]).then(instantiate).then(
      () => {
        have(name);
        if (missing().length === 0) base = undefined;
      },
      (error) => {
        parts.delete(name);
        throw failed(error);
      },
    );
    parts.set(name, loaded);
  }
  return parts.get(name);
}

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function loadPages() {
  const response = await fetch(new URL("./rules.json", import.meta.url));
  if (!response.ok) throw new Error(`the rule pages could not be loaded: the server answered ${response.status}`);
  return response.json();
}
