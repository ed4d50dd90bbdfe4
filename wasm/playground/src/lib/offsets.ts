// The engine counts columns in Unicode scalar values, the editor offsets in UTF-16 units.

import type { Text } from "@codemirror/state";

/** The editor's offset of a line and a column, both from 1; what lies outside the text gives its nearest end. */
export function offsetOf(doc: Text, line: number, column: number): number {
  if (line > doc.lines) return doc.length;
  const { from, text } = doc.line(Math.max(line, 1));
  let units = 0;
  let scalars = 1;
  for (const scalar of text) {
    if (scalars >= column) break;
    units += scalar.length;
    scalars += 1;
  }
  return from + units;
}
