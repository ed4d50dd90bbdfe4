// What the page and its worker say to each other.

import type { Detected, File, Fixed, Report, Rule, RulePage } from "../../../pkg/index.js";

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
  rules: { input: null; output: Rule[] };
  version: { input: null; output: string };
}

export type Kind = keyof Requests;

export interface Request<K extends Kind = Kind> {
  id: number;
  kind: K;
  input: Requests[K]["input"];
}

export type Response = { id: number; output: unknown } | { id: number; error: string };
