// Lints beside the page, so that typing never waits.

import { init, Linter, version } from "../../../pkg/index.js";
import type { Kind, Request, Requests, Response } from "./protocol";

const ready = init().then(() => new Linter());

const answers: { [K in Kind]: (linter: Linter, input: Requests[K]["input"]) => unknown } = {
  lint(linter, files) {
    const started = performance.now();
    const report = linter.lint(files);
    const millis = performance.now() - started;
    return { report, detected: linter.detect(files), millis };
  },
  fix: (linter, { files, unsafe }) => linter.fix(files, { unsafe }),
  explain: (linter, rule) => linter.explain(rule),
  rules: (linter) => linter.rules(),
  version: () => version(),
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
