// Lints beside the page, so that typing never waits.

import { type File, init, Linter } from "../../../pkg/index.js";
import type { Kind, Request, Requests, Response } from "./protocol";

const ready = init().then(() => new Linter());

function named(files: File[], path: string): File {
  return files.find((file) => file.path === path) ?? { path, text: "" };
}

const answers: { [K in Kind]: (linter: Linter, input: Requests[K]["input"]) => unknown } = {
  lint(linter, files) {
    const started = performance.now();
    const { report, detected } = linter.inspect(files);
    return { report, detected, millis: performance.now() - started };
  },
  fix: (linter, { files, unsafe }) => linter.fix(files, { unsafe }),
  explain: (linter, rule) => linter.explain(rule),
  systems: (linter) => linter.systems(),
  model: (linter, { path, files }) => linter.model(named(files, path), files),
  relabel: (linter, { path, files, request }) => linter.relabel(named(files, path), request, files),
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
