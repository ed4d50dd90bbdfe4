/** How bad a finding is. */
export type Severity = "error" | "warning" | "info";

/** What kind of harm. `invalid`: the real program refuses to load the file. */
export type Category = "invalid" | "outage" | "data-loss" | "security" | "performance" | "maintainability";

/** `safe`: the meaning is what the author visibly wanted. `unsafe`: it changes behaviour. */
export type Safety = "safe" | "unsafe";

export interface File {
  /** `/`-separated. */
  path: string;
  text: string;
}

/** Lines and columns count from 1; columns count Unicode scalar values, not UTF-16 units. */
export interface Place {
  file: string;
  line: number;
  column: number;
  end_line: number;
  end_column: number;
}

export interface Position {
  line: number;
  column: number;
}

export interface Edit {
  file: string;
  start: Position;
  end: Position;
  text: string;
}

export interface Fix {
  title: string;
  safety: Safety;
  edits: Edit[];
}

export interface Diagnostic extends Place {
  rule: string;
  severity: Severity;
  category: Category;
  message: string;
  /** A remark beside the place. */
  label: string | null;
  /** What to write instead. */
  help: string | null;
  /** The other halves of a contradiction. */
  labels: (Place & { message: string })[];
  fixes: Fix[];
  url: string;
}

export interface Summary {
  files: number;
  by_system: Record<string, number>;
  errors: number;
  warnings: number;
  infos: number;
  fixable: number;
  unsafely_fixable: number;
}

/** The same document as `confvet lint --format json`. */
export interface Report {
  version: 1;
  diagnostics: Diagnostic[];
  errors: { file: string; message: string }[];
  summary: Summary;
}

export interface Fixed {
  /** All files, changed or not. */
  files: File[];
  /** How many fixes were applied. */
  applied: number;
  /** What is left. */
  report: Report;
}

export interface Detected {
  path: string;
  systems: { system: string; kind: string; reason: string }[];
  included_by: string[];
  template: boolean;
  config: boolean;
  stack: string | null;
  host: string | null;
}

export interface Rule {
  rule: string;
  title: string;
  severity: Severity;
  category: Category;
  fix: "none" | Safety;
  /** Versions of the system's main program for which it holds, as a semver requirement. */
  applies: string | null;
  /** Facts without which it stays quiet. */
  needs: string[];
  url: string;
}

export interface RulePage {
  title: string;
  /** Markdown. */
  body: string;
  sources: string[];
  examples: { role: "bad" | "good" | "fixed"; title: string; files: File[] }[];
}

export type Level = "off" | Severity;

export interface Options {
  /** Versions by program: `{ redis: "7.2" }`. Wins over a confvet.toml among the files. */
  target?: Record<string, string>;
  /** What no file says: `{ memory: "64GiB" }`. Wins over a confvet.toml among the files. */
  facts?: Record<string, string | number | boolean | string[] | Record<string, string>>;
  /** How loud rules are, by name, system or pattern: `{ "redis/*": "off" }`. */
  rules?: Record<string, Level>;
}

/** Loads the WebAssembly module. Call and await it once, before anything else. */
export function init(source?: RequestInfo | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

/** Lints files in memory. Throws an `Error` with a sentence when an option names what does not exist. */
export class Linter {
  constructor(options?: Options);
  /** Lints files as one tree; a confvet.toml among them counts for its directory. */
  lint(files: File[]): Report;
  /** Applies fixes until nothing changes; without `unsafe` only the safe ones. */
  fix(files: File[], options?: { unsafe?: boolean }): Fixed;
  /** Says what each file is taken for, and why. */
  detect(files: File | File[]): Detected[];
  /** The typed model of a file. `files` are those it may include. `null` when no system recognises it. */
  model(file: File, files?: File[]): { system: string; model: unknown } | null;
  /** All rules. */
  rules(): Rule[];
  /** The page of a rule. The pages are loaded when the first is asked for. */
  explain(rule: string): Promise<RulePage | undefined>;
  /** Gives the memory back. The linter cannot be used afterwards. */
  free(): void;
}

/** The version of the engine. */
export function version(): string;
