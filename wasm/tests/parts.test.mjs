// The module in parts says what the module as a whole does, with only those parts loaded that it says it needs: every tree in
// fixtures/, two of them together, and every example of a rule page, in a fresh instance for each set of systems.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { rawNeeds } from "../pkg/confvet_wasm.js";
import { Linter } from "../pkg/node.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const whole = new Linter();

/** A worker's whole program: the package as a browser has it, but for where files are fetched from. */
const IN_PARTS = `
  import { readFile } from "node:fs/promises";
  import { parentPort, workerData } from "node:worker_threads";
  const fetched = [];
  globalThis.fetch = async (url) => {
    fetched.push(new URL(url).pathname.split("/").at(-1));
    return new Response(await readFile(new URL(url)));
  };
  const { initLazily, Linter, prepare } = await import(workerData.index);
  await initLazily();
  const linter = new Linter();
  const answers = [];
  for (const files of workerData.trees) {
    await prepare(files);
    const models = files.map((file) => linter.model(file, files));
    answers.push(JSON.stringify([linter.inspect(files), models, linter.rules(), linter.systems()]));
  }
  parentPort.postMessage({ answers, fetched });
`;

function inParts(trees) {
  return new Promise((resolve, reject) => {
    const index = new URL("../pkg/index.js", import.meta.url).href;
    const program = new URL(`data:text/javascript,${encodeURIComponent(IN_PARTS)}`);
    const worker = new Worker(program, { workerData: { index, trees } });
    worker.on("message", resolve);
    worker.on("error", reject);
  });
}

async function readTree(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({ path: relative(directory, path), text: await readFile(path, "utf8") })),
  );
}

async function allTrees() {
  const trees = [];
  const fixtures = join(root, "fixtures");
  for (const system of await readdir(fixtures)) {
    for (const tree of await readdir(join(fixtures, system))) trees.push(await readTree(join(fixtures, system, tree)));
  }
  // Two systems in one project: a tree beside the one after the next, which is another system's.
  const below = (directory, files) => files.map(({ path, text }) => ({ path: `${directory}/${path}`, text }));
  const pairs = trees.map((files, index) => [...below("a", files), ...below("b", trees[(index + 2) % trees.length])]);
  trees.push(...pairs);
  const pages = JSON.parse(await readFile(join(root, "wasm/pkg/rules.json"), "utf8"));
  for (const { examples } of Object.values(pages)) {
    for (const { files } of examples) if (files.length > 0) trees.push(files);
  }
  return trees;
}

test("what is loaded in parts is what is there as a whole", async () => {
  const groups = new Map();
  for (const files of await allTrees()) {
    const needed = rawNeeds(JSON.stringify(files));
    groups.set(needed, [...(groups.get(needed) ?? []), files]);
  }
  const systems = whole.systems().map(({ system }) => system);
  for (const system of systems) assert.ok(groups.has(JSON.stringify([system])), `no tree needs ${system} alone`);
  const queue = [...groups].values();
  let compared = 0;
  const work = async () => {
    for (const [needed, trees] of queue) {
      const { answers, fetched } = await inParts(trees);
      const parts = JSON.parse(needed).map((system) => `${system}.packed`);
      assert.deepEqual(fetched.sort(), ["primary.packed", ...parts].sort());
      trees.forEach((files, index) => {
        const models = files.map((file) => whole.model(file, files));
        const expected = JSON.stringify([whole.inspect(files), models, whole.rules(), whole.systems()]);
        assert.equal(answers[index], expected, `${needed}: ${files.map(({ path }) => path).join(", ")}`);
        compared += 1;
      });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  assert.ok(compared > 1000);
  console.log(`# ${compared} trees, ${groups.size} sets of systems`);
});

test("a part that is missing is told before it is needed, and everything works once all are there", async () => {
  const files = [{ path: "redis.conf", text: "maxmemory 2gb\nmaxmemory-policy noeviction\n" }];
  const program = `
    import { readFile } from "node:fs/promises";
    import { parentPort, workerData } from "node:worker_threads";
    globalThis.fetch = async (url) => new Response(await readFile(new URL(url)));
    const { init, initLazily, Linter, prepare } = await import(workerData.index);
    await initLazily();
    const linter = new Linter();
    const attempt = (action) => { try { return action(); } catch (error) { return error.message; } };
    const early = attempt(() => linter.lint(workerData.files));
    await prepare(workerData.files);
    const lint = attempt(() => linter.lint(workerData.files).summary.files);
    const fix = attempt(() => linter.fix(workerData.files));
    await init();
    const fixed = attempt(() => linter.fix(workerData.files).applied);
    parentPort.postMessage({ early, lint, fix, fixed });
  `;
  const index = new URL("../pkg/index.js", import.meta.url).href;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), { workerData: { index, files } });
  const told = await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject));
  assert.match(told.early, /^the part for redis is not loaded yet: call `await prepare\(files\)` first$/);
  assert.equal(told.lint, 1);
  assert.match(told.fix, /^the part for elasticsearch and haproxy and .* is not loaded yet/);
  assert.equal(typeof told.fixed, "number");
});
