// The package and the command say the same: for every tree in fixtures/ and every example of a rule page, the document of
// `confvet lint --format json` equals that of `Linter.lint`, byte for byte once the keys are sorted.
// CONFVET names the command; `cargo xtask playground --test` builds it and sets the variable.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Linter } from "../pkg/node.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const command = process.env.CONFVET;
const linter = new Linter();

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

const canonical = (value) => JSON.stringify(sorted(value), null, 1);

function fromCommand(directory) {
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, maxBuffer: 1 << 28 };
    execFile(command, ["lint", "--format", "json", "."], options, (error, stdout, stderr) => {
      // 1: there are findings; 2 with a document: a confvet.toml has mistakes.
      if (stdout === "") reject(new Error(`the command failed in ${directory}: ${error?.message} ${stderr}`));
      else resolve(JSON.parse(stdout));
    });
  });
}

async function readTree(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({ path: relative(directory, path), text: await readFile(path, "utf8") })),
  );
}

/** Runs work over items, as many at a time as there are processors. */
async function overAll(items, work) {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  // All have ended before the first failure is told, so that nobody works in a directory that is being taken away.
  const ends = await Promise.allSettled(Array.from({ length: availableParallelism() }, worker));
  const failed = ends.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
}

test("the command is there", () => {
  assert.ok(command, "set CONFVET to the path of the command");
});

test("every tree in fixtures/", async () => {
  const fixtures = join(root, "fixtures");
  const trees = [];
  for (const system of await readdir(fixtures)) {
    for (const tree of await readdir(join(fixtures, system))) trees.push(join(fixtures, system, tree));
  }
  assert.ok(trees.length >= 14);
  let found = 0;
  await overAll(trees, async (tree) => {
    const report = linter.lint(await readTree(tree));
    assert.equal(canonical(report), canonical(await fromCommand(tree)), relative(root, tree));
    found += report.diagnostics.length;
  });
  assert.ok(found > 100);
  console.log(`# ${trees.length} trees with ${found} findings are the same`);
});

test("every example of a rule page", async () => {
  const pages = JSON.parse(await readFile(join(root, "wasm/pkg/rules.json"), "utf8"));
  const directory = await mkdtemp(join(tmpdir(), "confvet-parity-"));
  const examples = Object.entries(pages).flatMap(([rule, page]) =>
    page.examples.filter(({ files }) => files.length > 0).map(({ files }, index) => ({ rule, index, files })),
  );
  let found = 0;
  try {
    await overAll(examples, async ({ rule, index, files }) => {
      const place = join(directory, rule.replace("/", "-"), String(index));
      await mkdir(place, { recursive: true });
      // A path from the root is one from the example's own root.
      const relative = files.map(({ path, text }) => ({ path: path.replace(/^\//, ""), text }));
      for (const { path, text } of relative) {
        await mkdir(dirname(join(place, path)), { recursive: true });
        // The package knows no permissions; these are the ones that no rule has anything to say about.
        await writeFile(join(place, path), text, { mode: 0o600 });
      }
      const report = linter.lint(relative);
      assert.equal(canonical(report), canonical(await fromCommand(place)), `${rule}, example ${index + 1}`);
      found += report.diagnostics.length;
      await rm(place, { recursive: true });
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  assert.ok(examples.length > 1000 && found > 1000);
  console.log(`# ${examples.length} examples with ${found} findings are the same`);
});
