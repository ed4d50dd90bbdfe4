// Lints a directory with the npm package and applies what can be mended safely: node lint.mjs DIRECTORY [--fix]
// Build the package first (`cargo xtask wasm`), then `npm install` here.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { init, Linter } from "confvet";

const [directory = ".", option] = process.argv.slice(2);

const files = [];
for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  files.push({ path: relative(directory, path).replaceAll(sep, "/"), text: await readFile(path, "utf8") });
}

await init();
const linter = new Linter({ target: { redis: "7.2" } });
let { diagnostics } = linter.lint(files);

if (option === "--fix") {
  const fixed = linter.fix(files);
  for (const [index, { path, text }] of fixed.files.entries()) {
    if (text !== files[index].text) await writeFile(join(directory, path), text);
  }
  diagnostics = fixed.report.diagnostics;
  console.log(`${fixed.applied} fixes applied`);
}

for (const { file, line, column, severity, message, rule } of diagnostics) {
  console.log(`${file}:${line}:${column}: ${severity}: ${message} (${rule})`);
}
const worst = diagnostics.find(({ severity }) => severity === "error");
if (worst) {
  const page = await linter.explain(worst.rule);
  console.log(`\n${worst.rule}: ${page.title}`);
}
process.exitCode = diagnostics.length > 0 ? 1 : 0;
