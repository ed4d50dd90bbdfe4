// What the page and its worker say to each other.

import type { Detected, File, Fixed, Relabelled, RelabelRequest, Report, RulePage, System } from "../../../pkg/index.js";

export interface Linted {
  report: Report;
  detected: Detected[];
  /** Time spent linting, in milliseconds, measured in the worker. */
  millis: number;
}

export interface Requests {
  lint: { input: File[]; output: Linted };
  fix: { input: { files: File[]; unsafe: boolean }; output: Fixed };
  explain: { input: string; output: RulePage | undefined };
  systems: { input: null; output: System[] };
  model: { input: { path: string; files: File[] }; output: { system: string; model: unknown } | null };
  relabel: { input: { path: string; files: File[]; request: RelabelRequest }; output: Relabelled };
}

export type Kind = keyof Requests;

export interface Request<K extends Kind = Kind> {
  id: number;
  kind: K;
  input: Requests[K]["input"];
}

export type Response = { id: number; output: unknown } | { id: number; error: string };
