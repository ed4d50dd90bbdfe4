// The worker, as functions that give promises.

import type { Kind, Request, Requests, Response } from "./protocol";

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const waiting = new Map<number, { resolve: (output: unknown) => void; reject: (error: Error) => void }>();
let next = 0;

worker.addEventListener("message", (event: MessageEvent<Response>) => {
  const response = event.data;
  const promise = waiting.get(response.id);
  waiting.delete(response.id);
  if ("error" in response) promise?.reject(new Error(response.error));
  else promise?.resolve(response.output);
});

worker.addEventListener("error", (event) => {
  const error = new Error(event.message || "the engine could not be loaded");
  for (const promise of waiting.values()) promise.reject(error);
  waiting.clear();
});

export function ask<K extends Kind>(kind: K, input: Requests[K]["input"]): Promise<Requests[K]["output"]> {
  const id = next++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: (output) => resolve(output as Requests[K]["output"]), reject });
    worker.postMessage({ id, kind, input } satisfies Request<K>);
  });
}
