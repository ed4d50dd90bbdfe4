// The files of the page, what was found in them, and what is open.

import type { Detected, Diagnostic, File, RulePage, Summary } from "../../../pkg/index.js";
import { ask } from "./engine";
import { EXAMPLES, type Example } from "./examples";
import { decode, encode } from "./share";

const TYPING_PAUSE = 120;
const EMPTY: Summary = { files: 0, by_system: {}, errors: 0, warnings: 0, infos: 0, fixable: 0, unsafely_fixable: 0 };

export type Drawer = "rule" | "settings" | "addresses" | null;

/** A place to bring into view; `at` makes two jumps to one place differ. */
export interface Jump {
  file: string;
  line: number;
  column: number;
  at: number;
}

class Project {
  files: File[] = $state([]);
  active = $state("");
  diagnostics: Diagnostic[] = $state.raw([]);
  detected: Detected[] = $state.raw([]);
  summary: Summary = $state.raw(EMPTY);
  millis = $state(0);
  story = $state("");
  error = $state("");
  notice = $state("");
  drawer: Drawer = $state(null);
  rule = $state("");
  page: RulePage | undefined = $state.raw(undefined);
  jump: Jump | undefined = $state.raw(undefined);
  /** Grows when texts change from outside the editor, which then takes them over. */
  revision = $state(0);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #round = 0;

  get current(): File | undefined {
    return this.files.find((file) => file.path === this.active);
  }

  start(): void {
    const shared = decode(location.hash.slice(1));
    if (shared) this.open(shared, "");
    else if (EXAMPLES[0]) this.openExample(EXAMPLES[0]);
    else this.open([{ path: "redis.conf", text: "" }], "");
  }

  open(files: File[], story: string): void {
    this.files = files.map((file) => ({ ...file }));
    this.active = (files.find((file) => !file.path.endsWith("confvet.toml")) ?? files[0])?.path ?? "";
    this.story = story;
    this.revision += 1;
    void this.lint();
  }

  openExample(example: Example): void {
    this.open(example.files, example.story);
  }

  /** Adds files or replaces those of the same path. */
  merge(files: File[]): void {
    for (const file of files) {
      const known = this.files.find((other) => other.path === file.path);
      if (known) known.text = file.text;
      else this.files.push({ ...file });
    }
    if (files[0]) this.active = files[0].path;
    this.story = "";
    this.revision += 1;
    void this.lint();
  }

  add(): void {
    const taken = new Set(this.files.map((file) => file.path));
    let path = "new.conf";
    for (let number = 2; taken.has(path); number++) path = `new-${number}.conf`;
    this.files.push({ path, text: "" });
    this.active = path;
    this.revision += 1;
    void this.lint();
  }

  rename(from: string, to: string): boolean {
    const path = to.trim().replace(/^\/+/, "");
    if (path === "" || (path !== from && this.files.some((file) => file.path === path))) return false;
    const file = this.files.find((other) => other.path === from);
    if (!file) return false;
    file.path = path;
    if (this.active === from) this.active = path;
    this.revision += 1;
    void this.lint();
    return true;
  }

  remove(path: string): void {
    this.files = this.files.filter((file) => file.path !== path);
    if (this.active === path) this.active = this.files[0]?.path ?? "";
    this.revision += 1;
    void this.lint();
  }

  /** What the editor says was typed. */
  type(path: string, text: string): void {
    const file = this.files.find((other) => other.path === path);
    if (!file || file.text === text) return;
    file.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.lint(), TYPING_PAUSE);
  }

  /** Replaces the text of a file that may not exist yet. */
  put(path: string, text: string): void {
    const file = this.files.find((other) => other.path === path);
    if (file) file.text = text;
    else this.files.push({ path, text });
    this.revision += 1;
    void this.lint();
  }

  snapshot(): File[] {
    return this.files.map(({ path, text }) => ({ path, text }));
  }

  async lint(): Promise<void> {
    clearTimeout(this.#timer);
    const round = ++this.#round;
    try {
      const { report, detected, millis } = await ask("lint", this.snapshot());
      // A newer text is already being linted.
      if (round !== this.#round) return;
      this.diagnostics = report.diagnostics;
      this.summary = report.summary;
      this.detected = detected;
      this.millis = millis;
      this.error = "";
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  async fixAll(unsafe: boolean): Promise<void> {
    const fixed = await ask("fix", { files: this.snapshot(), unsafe });
    for (const { path, text } of fixed.files) {
      const file = this.files.find((other) => other.path === path);
      if (file) file.text = text;
    }
    this.notice = fixed.applied === 1 ? "1 fix applied" : `${fixed.applied} fixes applied`;
    this.revision += 1;
    await this.lint();
  }

  go(file: string, line: number, column: number): void {
    this.active = file;
    this.jump = { file, line, column, at: performance.now() };
  }

  async explain(rule: string): Promise<void> {
    this.rule = rule;
    this.drawer = "rule";
    this.page = await ask("explain", rule);
  }

  async share(): Promise<void> {
    history.replaceState(null, "", `#${encode(this.snapshot())}`);
    try {
      await navigator.clipboard.writeText(location.href);
      this.notice = "link copied";
    } catch {
      this.notice = "the link is in the address bar";
    }
  }
}

export const project = new Project();
