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

/** A system that is linted. */
export interface System {
  /** As in rule names. */
  system: string;
  /** As people write it. */
  title: string;
  /** The kinds of file it reads; the main one first. */
  kinds: string[];
  /** The programs whose versions matter; the main one first. */
  targets: string[];
}

export interface RulePage {
  title: string;
  /** Markdown. */
  body: string;
  sources: string[];
  examples: { role: "bad" | "good" | "fixed"; title: string; files: File[] }[];
}

/** A set of labels. No value and an empty one are the same. */
export type Labels = Record<string, string>;

/** What to run through the relabel rules of a job. */
export interface RelabelRequest {
  /** `job_name`. */
  job: string;
  /** Labels of discovered targets; without any, the targets that are written in the files. */
  targets?: Labels[];
  /** A scraped sample, for `metric_relabel_configs`. */
  sample?: Labels;
  /** The version of Prometheus; the newest without it. */
  version?: string;
}

export type RelabelAction =
  | "replace"
  | "keep"
  | "drop"
  | "keepequal"
  | "dropequal"
  | "hashmod"
  | "labelmap"
  | "labeldrop"
  | "labelkeep"
  | "lowercase"
  | "uppercase";

/** What one rule did. */
export interface RelabelStep {
  /** Which rule, from 0. */
  rule: number;
  action: RelabelAction;
  /** The values of its source labels, joined; `null` for rules that look at names. */
  value: string | null;
  /** `null` for actions without a condition, and for a pattern too large to be run here. */
  matched: boolean | null;
  /** What the match captured, the whole value first. */
  captures: (string | null)[];
  /** The names that matched, for rules that look at names. */
  matched_names: string[];
  /** What changed, by name; no `before`: the label is new, no `after`: it is gone. */
  changes: { name: string; before: string | null; after: string | null }[];
  /** Two labels were copied to one name with different values. */
  ambiguous: boolean;
  outcome: "continued" | "dropped" | "unknown";
  /** The labels behind the rule. */
  labels: Labels;
}

export interface RelabelTrace {
  /** The labels it started from. */
  input: Labels;
  /** One entry for every rule that ran; a drop is the last. */
  steps: RelabelStep[];
  /** The labels that are left; `null` if the set was dropped. */
  output: Labels | null;
}

/** A target's way through its job, and what comes of it. */
export type RelabelTarget = { trace: RelabelTrace } & (
  | { verdict: "scraped"; internal: Labels; labels: Labels; url: string }
  | { verdict: "dropped"; rule: number }
  | { verdict: "failed"; reason: string }
);

export interface Relabelled {
  job: string;
  /** In the order of the files. */
  targets: RelabelTarget[];
  /** The sample's way through `metric_relabel_configs`, if one was given. */
  metric: RelabelTrace | null;
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

/**
 * Loads the WebAssembly module. Call and await it before anything else; further calls cost nothing. `source` says where
 * the module as a whole, confvet_wasm_bg.wasm, is, when the package's own files cannot be fetched from beside each other.
 */
export function init(source?: RequestInfo | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

/**
 * Loads only what all systems need, about half of the module, instead of `init()`. Then `await prepare(files)` comes before
 * what is done with files. In Node everything is there at once.
 */
export function initLazily(): Promise<void>;

/**
 * Loads the parts of the systems that these files may belong to; what is there already costs nothing. Without files, or
 * before `fix`, all of them.
 */
export function prepare(files?: File[]): Promise<void>;

/**
 * Lints files in memory. Whatever is thrown is an `Error` whose message is a sentence: an option that does not exist, a
 * version that is none, a call before `init()`.
 */
export class Linter {
  constructor(options?: Options);
  /** Lints files as one tree; a confvet.toml among them counts for its directory. */
  lint(files: File[]): Report;
  /** Applies fixes until nothing changes; without `unsafe` only the safe ones. */
  fix(files: File[], options?: { unsafe?: boolean }): Fixed;
  /** `lint` and `detect` in one run. */
  inspect(files: File[]): { report: Report; detected: Detected[] };
  /** Says what each file is taken for, and why. */
  detect(files: File | File[]): Detected[];
  /** The typed model of a file. `files` are those it may include. `null` when no system recognises it. */
  model(file: File, files?: File[]): { system: string; model: unknown } | null;
  /**
   * Runs targets of a job of a prometheus.yml, and a sample, through its relabel rules and shows every step. `files` are
   * those it may include, and its target files.
   */
  relabel(file: File, request: RelabelRequest, files?: File[]): Relabelled;
  /** All rules. */
  rules(): Rule[];
  /** All systems, with their kinds of file. */
  systems(): System[];
  /** The page of a rule; `undefined` when there is no such rule. The pages are loaded when the first is asked for. */
  explain(rule: string): Promise<RulePage | undefined>;
  /** Gives the memory back. The linter cannot be used afterwards. */
  free(): void;
}

/** The version of the engine. */
export function version(): string;
