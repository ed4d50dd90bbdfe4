// The editor: highlighting by what the file is, squiggles exactly on the spans, quick fixes.

import { closeBrackets } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { nginx } from "@codemirror/legacy-modes/mode/nginx";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { type Diagnostic as Squiggle, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Diagnostic, Fix } from "../../../pkg/index.js";
import { offsetOf } from "./offsets";

export interface Callbacks {
  typed(path: string, text: string): void;
  explain(rule: string): void;
  go(file: string, line: number, column: number): void;
  /** Applies a fix whose edits reach into other files. */
  fixElsewhere(fix: Fix): void;
}

// The colours stand in app.css, for light and dark.
const colours = HighlightStyle.define([
  { tag: [tags.comment, tags.meta], color: "var(--syntax-comment)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.propertyName, tags.definition(tags.propertyName), tags.attributeName], color: "var(--syntax-key)" },
  { tag: [tags.string, tags.special(tags.string), tags.attributeValue], color: "var(--syntax-text)" },
  { tag: [tags.number, tags.bool, tags.atom, tags.null], color: "var(--syntax-number)" },
  { tag: [tags.heading, tags.strong], fontWeight: "600" },
]);

function languageOf(path: string): Extension {
  if (/\.ya?ml$/.test(path)) return yaml();
  if (/\.toml$/.test(path)) return StreamLanguage.define(toml);
  if (/nginx|sites-|conf\.d/.test(path)) return StreamLanguage.define(nginx);
  if (/\.(options|properties|ini)$/.test(path)) return StreamLanguage.define(properties);
  return StreamLanguage.define(shell);
}

export function makeState(path: string, text: string, dark: Compartment, isDark: boolean, callbacks: Callbacks): EditorState {
  return EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      closeBrackets(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      syntaxHighlighting(colours),
      languageOf(path),
      dark.of(EditorView.darkTheme.of(isDark)),
      EditorView.lineWrapping,
      placeholder("Type or paste a configuration, or drop files or a folder anywhere on the page."),
      EditorView.contentAttributes.of({ "aria-label": `text of ${path}` }),
      // Tab indents; Escape then Tab leaves the editor, as the editor's documentation has it.
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...lintKeymap, indentWithTab]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) callbacks.typed(path, update.state.doc.toString());
      }),
    ],
  });
}

function tooltip(found: Diagnostic, callbacks: Callbacks): Node {
  const box = document.createElement("div");
  box.className = "tip";
  const message = document.createElement("p");
  message.append(...withCode(found.message));
  box.append(message);
  if (found.help) {
    const help = document.createElement("p");
    help.className = "tip-help";
    help.append("help: ", ...withCode(found.help));
    box.append(help);
  }
  for (const label of found.labels) {
    const jump = document.createElement("button");
    jump.type = "button";
    jump.className = "tip-link";
    jump.textContent = `${label.file}:${label.line} ${label.message}`;
    jump.addEventListener("click", () => callbacks.go(label.file, label.line, label.column));
    box.append(jump);
  }
  const explain = document.createElement("button");
  explain.type = "button";
  explain.className = "tip-link tip-rule";
  explain.textContent = found.rule;
  explain.addEventListener("click", () => callbacks.explain(found.rule));
  box.append(explain);
  return box;
}

/** A sentence with its backticked words as `<code>` elements. */
export function withCode(sentence: string): Node[] {
  return sentence.split("`").map((part, index) => {
    if (index % 2 === 0) return document.createTextNode(part);
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  });
}

export function squiggles(doc: Text, path: string, found: Diagnostic[], callbacks: Callbacks): Squiggle[] {
  return found
    .filter((diagnostic) => diagnostic.file === path)
    .map((diagnostic) => {
      const from = offsetOf(doc, diagnostic.line, diagnostic.column);
      const to = Math.max(from, offsetOf(doc, diagnostic.end_line, diagnostic.end_column));
      return {
        from,
        to,
        severity: diagnostic.severity,
        source: diagnostic.rule,
        message: diagnostic.message,
        renderMessage: () => tooltip(diagnostic, callbacks),
        actions: diagnostic.fixes.map((fix) => ({
          name: fix.safety === "safe" ? `Fix: ${fix.title}` : `Fix (changes behaviour): ${fix.title}`,
          apply: (view: EditorView) => applyFix(view, path, fix, callbacks),
        })),
      };
    });
}

function applyFix(view: EditorView, path: string, fix: Fix, callbacks: Callbacks): void {
  if (fix.edits.some((edit) => edit.file !== path)) {
    callbacks.fixElsewhere(fix);
    return;
  }
  const doc = view.state.doc;
  const changes = fix.edits.map((edit) => ({
    from: offsetOf(doc, edit.start.line, edit.start.column),
    to: offsetOf(doc, edit.end.line, edit.end.column),
    insert: edit.text,
  }));
  view.dispatch({ changes, userEvent: "input.fix" });
}

export function showDiagnostics(view: EditorView, path: string, found: Diagnostic[], callbacks: Callbacks): void {
  view.dispatch(setDiagnostics(view.state, squiggles(view.state.doc, path, found, callbacks)));
}
