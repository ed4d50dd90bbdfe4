// The project as a zip.

import { strToU8, zipSync } from "fflate";
import type { File } from "../../../pkg/index.js";

export function downloadZip(files: File[]): void {
  const entries = Object.fromEntries(files.map(({ path, text }) => [path, strToU8(text)]));
  const url = URL.createObjectURL(new Blob([zipSync(entries)], { type: "application/zip" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "confvet.zip";
  link.click();
  URL.revokeObjectURL(url);
}
