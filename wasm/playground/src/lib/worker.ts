// Lints beside the page, so that typing never waits.

import { type File, initLazily, Linter, prepare } from "../../../pkg/index.js";
import type { Kind, Request, Requests, Response } from "./protocol";

const ready = initLazily().then(() => new Linter());

function named(files: File[], path: string): File {
  return files.find((file) => file.path === path) ?? { path, text: "" };
}

/** The files with the one that is asked about among them. */
function among(files: File[], path: string): File[] {
  const file = named(files, path);
  return files.includes(file) ? files : [...files, file];
}

const answers: { [K in Kind]: (linter: Linter, input: Requests[K]["input"]) => unknown } = {
  async lint(linter, files) {
    await prepare(files);
    const started = performance.now();
    const { report, detected } = linter.inspect(files);
    return { report, detected, millis: performance.now() - started };
  },
  async fix(linter, { files, unsafe }) {
    await prepare();
    return linter.fix(files, { unsafe });
  },
  explain: (linter, rule) => linter.explain(rule),
  systems: (linter) => linter.systems(),
  async model(linter, { path, files }) {
    await prepare(among(files, path));
    return linter.model(named(files, path), files);
  },
  async relabel(linter, { path, files, request }) {
    await prepare(among(files, path));
    return linter.relabel(named(files, path), request, files);
  },
};

self.addEventListener("message", async (event: MessageEvent<Request>) => {
  const { id, kind, input } = event.data;
  let response: Response;
  try {
    const answer = answers[kind] as (linter: Linter, input: unknown) => unknown;
    response = { id, output: await answer(await ready, input) };
  } catch (error) {
    response = { id, error: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(response);
});
