// The npm package, called as its users call it. `cargo xtask wasm` builds it, `node --test wasm/tests` runs this.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = { path: "redis.conf", text: "maxmemory 2gb\nmaxmemory-policy noeviction\n" };

let directory;
let confvet;

// The package stands in a node_modules of its own, so that Node finds it by its name and through its `exports`.
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "confvet-"));
  await mkdir(join(directory, "node_modules"));
  await symlink(join(root, "wasm/pkg"), join(directory, "node_modules/confvet"), "dir");
  await writeFile(join(directory, "entry.mjs"), 'export * from "confvet";\n');
  confvet = await import(pathToFileURL(join(directory, "entry.mjs")));
  await confvet.init();
});

after(() => rm(directory, { recursive: true, force: true }));

/** Asserts that something throws an `Error` whose message is a sentence a person can act on. */
function refuses(action, message) {
  assert.throws(action, (error) => {
    assert.ok(error instanceof Error, `${error} is no Error`);
    assert.match(error.message, message);
    return true;
  });
}

test("a finding has the shape of the command's JSON", () => {
  const linter = new confvet.Linter({ facts: { redis_workload: "cache" } });
  const report = linter.lint([CACHE]);
  assert.equal(report.version, 1);
  const found = report.diagnostics.find(({ rule }) => rule === "redis/noeviction-cache");
  assert.deepEqual(
    [found.file, found.line, found.column, found.end_line, found.end_column],
    ["redis.conf", 2, 18, 2, 28],
  );
  assert.equal(report.summary.by_system.redis, 1);
  linter.free();
});

test("columns count Unicode scalar values, and half a character does no harm", () => {
  const linter = new confvet.Linter();
  const { diagnostics } = linter.lint([{ path: "redis.conf", text: 'masterauth "😀" surplus\n' }]);
  assert.ok(diagnostics.length > 0);
  for (const { column } of diagnostics) assert.ok(column <= 24);
  assert.ok(linter.lint([{ path: "redis.conf", text: "# \ud83d\nport 6379\n" }]).summary.files === 1);
  linter.free();
});

test("options change what is found", () => {
  const files = [CACHE];
  const rules = ({ diagnostics }) => diagnostics.map(({ rule }) => rule);
  const cache = new confvet.Linter({ facts: { redis_workload: "cache" } });
  assert.ok(rules(cache.lint(files)).includes("redis/noeviction-cache"));
  const store = new confvet.Linter({ facts: { redis_workload: "store" } });
  assert.ok(!rules(store.lint(files)).includes("redis/noeviction-cache"));
  const quiet = new confvet.Linter({ facts: { redis_workload: "cache" }, rules: { "redis/*": "off" } });
  assert.deepEqual(rules(quiet.lint(files)), []);
  const loud = new confvet.Linter({ facts: { redis_workload: "cache" }, rules: { "redis/noeviction-cache": "info" } });
  const found = loud.lint(files).diagnostics.find(({ rule }) => rule === "redis/noeviction-cache");
  assert.equal(found.severity, "info");
});

test("a confvet.toml among the files counts", () => {
  const linter = new confvet.Linter();
  const toml = { path: "confvet.toml", text: '[facts]\nredis_workload = "cache"\n' };
  const rules = (files) => linter.lint(files).diagnostics.map(({ rule }) => rule);
  assert.ok(rules([CACHE, toml]).includes("redis/noeviction-cache"));
});

test("fixes are applied, the unsafe ones only on demand", () => {
  const linter = new confvet.Linter({ facts: { redis_workload: "cache" } });
  const careful = linter.fix([CACHE]);
  assert.equal(careful.files[0].text, CACHE.text);
  const bold = linter.fix([CACHE], { unsafe: true });
  assert.ok(bold.applied > 0);
  assert.notEqual(bold.files[0].text, CACHE.text);
  assert.ok(!bold.report.diagnostics.some(({ rule }) => rule === "redis/noeviction-cache"));
});

test("every rule has a page, and a name that is none has no page", async () => {
  const linter = new confvet.Linter();
  const rules = linter.rules();
  assert.ok(rules.length > 300);
  for (const { rule, title } of rules) {
    const page = await linter.explain(rule);
    assert.equal(page.title, title);
    assert.ok(page.body.length > 0 && page.sources.length > 0, rule);
  }
  assert.equal(await linter.explain("redis/nothing"), undefined);
});

test("files are recognised, and their models can be read", () => {
  const linter = new confvet.Linter();
  const [detected] = linter.detect(CACHE);
  assert.deepEqual(
    detected.systems.map(({ system }) => system),
    ["redis"],
  );
  assert.equal(linter.model(CACHE).system, "redis");
  assert.equal(linter.model({ path: "letter.txt", text: "Dear all,\n" }), null);
  const systems = linter.systems().map(({ system }) => system);
  assert.deepEqual(systems, ["elasticsearch", "haproxy", "ipsec", "nginx", "patroni", "prometheus", "redis"]);
});

const PROMETHEUS = {
  path: "prometheus.yml",
  text: `scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["db1:9100", "old:9100"]
    relabel_configs:
      - source_labels: [__address__]
        regex: "old:.*"
        action: drop
      - source_labels: [__address__]
        regex: "([^:]+):\\\\d+"
        target_label: host
`,
};

test("relabelling shows every step", () => {
  const linter = new confvet.Linter();
  const { targets } = linter.relabel(PROMETHEUS, { job: "node" });
  const [kept, dropped] = targets;
  assert.equal(kept.verdict, "scraped");
  assert.equal(kept.labels.host, "db1");
  assert.deepEqual(kept.trace.steps[1].captures, ["db1:9100", "db1"]);
  assert.deepEqual(kept.trace.steps[1].changes, [{ name: "host", before: null, after: "db1" }]);
  assert.equal(dropped.verdict, "dropped");
  assert.equal(dropped.rule, 0);
  const given = linter.relabel(PROMETHEUS, { job: "node", targets: [{ __address__: "web7:9100" }] });
  assert.equal(given.targets[0].labels.host, "web7");
});

test("what is thrown is an Error with a sentence", async () => {
  const linter = new confvet.Linter();
  refuses(() => new confvet.Linter({ fact: {} }), /unknown option `fact`; known are target, facts, rules/);
  refuses(() => new confvet.Linter({ target: { redis: "seven" } }), /^target `redis`: `seven` is no version/);
  refuses(() => new confvet.Linter({ facts: { memroy: "1GiB" } }), /`memroy` is no fact; did you mean `memory`\?/);
  refuses(() => new confvet.Linter({ rules: { "redis/noeviction-cache": "loud" } }), /^rules: `loud`/);
  refuses(() => linter.lint("redis.conf"), /files must be a list of \{ path, text \}/);
  refuses(() => linter.lint([{ path: "redis.conf" }]), /each file must be an object/);
  refuses(() => linter.lint([CACHE, CACHE]), /two files have the path `redis\.conf`/);
  refuses(() => linter.relabel(PROMETHEUS, { job: "nod" }), /there is no job `nod`; did you mean `node`\?/);
  refuses(() => linter.relabel(PROMETHEUS, { job: "node", version: "new" }), /`new`/);
  refuses(() => linter.relabel(PROMETHEUS, { name: "node" }), /unknown option `name`/);
  linter.free();
  refuses(() => linter.lint([CACHE]), /this linter was freed/);
});

test("what is packed unpacks, and what is damaged is refused", async () => {
  const { unpack } = await import(pathToFileURL(join(root, "wasm/pkg/unpack.js")));
  const whole = await readFile(join(root, "wasm/pkg/confvet.packed"));
  const start = performance.now();
  const unpacked = unpack(whole).module;
  console.log(`# unpacked in ${(performance.now() - start).toFixed()} ms`);
  assert.ok((await readFile(join(root, "wasm/pkg/confvet_wasm_bg.wasm"))).equals(unpacked));
  const packed = await readFile(join(root, "wasm/pkg/parts/primary.packed"));
  const { module, streams } = unpack(packed);
  assert.ok(WebAssembly.validate(module));
  const part = await readFile(join(root, "wasm/pkg/parts/redis.packed"));
  assert.ok(WebAssembly.validate(unpack(part, streams).module));
  assert.throws(() => unpack(part));
  refuses(() => unpack(new TextEncoder().encode("<!doctype html>")), /no packed module of confvet/);
  refuses(() => unpack(packed.subarray(0, 100)), /damaged/);
  refuses(() => unpack(packed.subarray(0, packed.length - 1000)), /damaged/);
});

test("in a browser's copy of the package nothing works before init, and the error says so", async () => {
  const api = await import(pathToFileURL(join(root, "wasm/pkg/api.js")) + "?before-init");
  refuses(() => new api.Linter(), /call `await init\(\)` first/);
  refuses(() => api.version(), /call `await init\(\)` first/);
});

test("the version is that of package.json", async () => {
  const manifest = JSON.parse(await readFile(join(root, "wasm/pkg/package.json"), "utf8"));
  assert.equal(confvet.version(), manifest.version);
});

test("the program in examples/ runs and ends with 1 when there are findings", async () => {
  await copyFile(join(root, "examples/npm/lint.mjs"), join(directory, "lint.mjs"));
  const { code, stdout } = await new Promise((resolve) => {
    const program = [join(directory, "lint.mjs"), join(root, "fixtures/redis/broken")];
    execFile(process.execPath, program, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout: stdout + stderr });
    });
  });
  assert.equal(code, 1, stdout);
  assert.match(stdout, /\.conf:\d+:\d+: error: /);
});
