// The files of the page, what was found in them, and what is open.

import type { Detected, Diagnostic, File, RulePage, Summary, System } from "../../../pkg/index.js";
import { ask } from "./engine";
import { EXAMPLES, type Example } from "./examples";
import { assign, CONFIG } from "./settings";
import { decode, encode } from "./share";

const TYPING_PAUSE = 120;
const EMPTY: Summary = { files: 0, by_system: {}, errors: 0, warnings: 0, infos: 0, fixable: 0, unsafely_fixable: 0 };

export type Drawer = "rule" | "settings" | "addresses" | "relabel" | null;

/** A place to bring into view; `at` makes two jumps to one place differ. */
export interface Jump {
  file: string;
  line: number;
  column: number;
  at: number;
}

/** A state that can be brought back. */
interface Kept {
  files: File[];
  active: string;
  story: string;
}

class Project {
  files: File[] = $state([]);
  active = $state("");
  diagnostics: Diagnostic[] = $state.raw([]);
  detected: Detected[] = $state.raw([]);
  summary: Summary = $state.raw(EMPTY);
  millis = $state(0);
  /** How often the engine has answered: two runs may take the same time. */
  answers = $state(0);
  story = $state("");
  error = $state("");
  /** What was just done, for a few seconds. */
  notice = $state("");
  /** What the last large step replaced; taken back by `undo`. */
  kept: Kept | undefined = $state.raw(undefined);
  systems: System[] = $state.raw([]);
  drawer: Drawer = $state(null);
  rule = $state("");
  page: RulePage | undefined = $state.raw(undefined);
  jump: Jump | undefined = $state.raw(undefined);
  /** Grows when texts change from outside the editor, which then takes them over. */
  revision = $state(0);
  /** Grows when another project is opened: the editor forgets the history of the last one. */
  generation = $state(0);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #round = 0;

  get current(): File | undefined {
    return this.files.find((file) => file.path === this.active);
  }

  start(): void {
    const shared = decode(location.hash.slice(1));
    if (shared) this.#replace(shared.files, shared.active, "");
    else if (EXAMPLES[0]) this.#replace(EXAMPLES[0].files, EXAMPLES[0].open, EXAMPLES[0].story);
    else this.#replace([{ path: "redis.conf", text: "" }], "redis.conf", "");
    void ask("systems", null).then((systems) => (this.systems = systems));
  }

  /** Opens other files instead of those that are there. */
  open(files: File[], active: string, story: string): void {
    this.#keep();
    this.#replace(files, active, story);
  }

  openExample(example: Example): void {
    this.open(example.files, example.open, example.story);
    this.notice = `opened: ${example.title}`;
  }

  #keep(): void {
    this.kept = { files: this.snapshot(), active: this.active, story: this.story };
  }

  #replace(files: File[], active: string, story: string): void {
    this.files = files.map((file) => ({ ...file }));
    this.active = active;
    this.story = story;
    this.generation += 1;
    this.revision += 1;
    void this.lint();
  }

  /** Takes back the last large step: another project, dropped files, a deleted file. */
  undo(): void {
    if (!this.kept) return;
    const { files, active, story } = this.kept;
    this.kept = undefined;
    this.#replace(files, active, story);
    this.notice = "taken back";
  }

  /** Adds files or replaces those of the same path. */
  merge(files: File[]): void {
    this.#keep();
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

  /** Adds an empty file and gives its path. */
  add(): string {
    const taken = new Set(this.files.map((file) => file.path));
    let path = "new.conf";
    for (let number = 2; taken.has(path); number++) path = `new-${number}.conf`;
    this.files.push({ path, text: "" });
    this.active = path;
    this.revision += 1;
    void this.lint();
    return path;
  }

  rename(from: string, to: string): boolean {
    const path = to.trim().replace(/^\/+/, "");
    if (path === from) return true;
    if (path === "" || this.files.some((file) => file.path === path)) return false;
    const file = this.files.find((other) => other.path === from);
    if (!file) return false;
    file.path = path;
    if (this.active === from) this.active = path;
    this.revision += 1;
    void this.lint();
    return true;
  }

  remove(path: string): void {
    this.#keep();
    const index = this.files.findIndex((file) => file.path === path);
    this.files = this.files.filter((file) => file.path !== path);
    if (this.active === path) this.active = (this.files[index] ?? this.files[index - 1])?.path ?? "";
    this.notice = `deleted ${path}`;
    this.revision += 1;
    void this.lint();
  }

  /** Says in confvet.toml what a file is; with no system, that its name and content decide. */
  correct(path: string, system: string, kind: string): void {
    const toml = this.files.find((file) => file.path === CONFIG)?.text ?? "";
    this.put(CONFIG, assign(toml, path, system, kind));
    this.notice = "written into confvet.toml";
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
      this.answers += 1;
      this.error = "";
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  async fixAll(unsafe: boolean): Promise<void> {
    const before = this.snapshot();
    try {
      const fixed = await ask("fix", { files: before, unsafe });
      this.kept = { files: before, active: this.active, story: this.story };
      for (const { path, text } of fixed.files) {
        const file = this.files.find((other) => other.path === path);
        if (file) file.text = text;
      }
      this.notice = fixed.applied === 1 ? "1 fix applied" : `${fixed.applied} fixes applied`;
    } catch (error) {
      this.notice = error instanceof Error ? error.message : String(error);
    }
    this.revision += 1;
    await this.lint();
  }

  go(file: string, line: number, column: number): void {
    this.active = file;
    this.jump = { file, line, column, at: performance.now() };
  }

  async explain(rule: string): Promise<void> {
    this.rule = rule;
    this.page = undefined;
    this.drawer = "rule";
    try {
      const page = await ask("explain", rule);
      if (this.rule === rule) this.page = page;
    } catch (error) {
      this.notice = error instanceof Error ? error.message : String(error);
    }
  }

  async share(): Promise<void> {
    history.replaceState(null, "", `#${encode({ files: this.snapshot(), active: this.active })}`);
    try {
      await navigator.clipboard.writeText(location.href);
      this.notice = "link copied; it holds the whole project";
    } catch {
      this.notice = "the link is in the address bar; it holds the whole project";
    }
  }
}

export const project = new Project();
